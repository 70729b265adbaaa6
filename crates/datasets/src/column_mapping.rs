use std::str::FromStr;

use plaudit_domain::Outcome;

use crate::battles::{Dialect, Role};

/// Which columns of somebody's own table (or fields of JSON, or columns of Parquet) say what, and what its words for outcomes
/// mean.
///
/// ```
/// use plaudit_datasets::ColumnMapping;
///
/// let columns: ColumnMapping = "left=model_1,right=model_2,outcome=result".parse()?;
/// let columns = columns.with_outcomes("left=1,right=2,tie=0")?;
/// assert_eq!(columns.columns().collect::<Vec<_>>(), ["model_1", "model_2", "result"]);
/// # Ok::<(), plaudit_datasets::ColumnMappingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMapping {
    columns: Vec<(Role, String)>,
    words: Vec<(Outcome, String)>,
}

/// A mapping that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnMappingError {
    /// A part without `=`, or with nothing on one of its sides.
    #[error("{part:?} is no assignment: expected NAME=COLUMN, such as left=model_1")]
    NoAssignment {
        /// The part.
        part: String,
    },
    /// A name for something that no vote has.
    #[error("{name:?} is nothing that a vote has: expected left, right, outcome, voter, time, anonymous or category")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// A name for an outcome that there is not.
    #[error("{name:?} is no outcome: expected left, right, tie or both_bad")]
    UnknownOutcome {
        /// The name.
        name: String,
    },
    /// The same twice.
    #[error("{name:?} is assigned twice")]
    Twice {
        /// The name or column.
        name: String,
    },
    /// Something without which there is no vote.
    #[error("there is no column for {name}: left, right and outcome are needed")]
    Missing {
        /// What has no column.
        name: &'static str,
    },
}

const NAMES: [(&str, Role); 7] = [
    ("left", Role::Left),
    ("right", Role::Right),
    ("outcome", Role::Winner),
    ("voter", Role::Voter),
    ("time", Role::Time),
    ("anonymous", Role::Anonymous),
    ("category", Role::Category),
];

fn assignments(text: &str) -> impl Iterator<Item = Result<(&str, &str), ColumnMappingError>> {
    text.split(',').map(|part| {
        let pair = part.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let wrong = || ColumnMappingError::NoAssignment { part: part.to_owned() };
        pair.filter(|(name, value)| !name.is_empty() && !value.is_empty()).ok_or_else(wrong)
    })
}

impl FromStr for ColumnMapping {
    type Err = ColumnMappingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut columns: Vec<(Role, String)> = Vec::new();
        for pair in assignments(text) {
            let (name, column) = pair?;
            let role = NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, role)| role);
            let role = role.ok_or_else(|| ColumnMappingError::UnknownName { name: name.to_owned() })?;
            if columns.iter().any(|(known, other)| *known == role || other == column) {
                return Err(ColumnMappingError::Twice { name: name.to_owned() });
            }
            columns.push((role, column.to_owned()));
        }
        for (name, role) in &NAMES[..3] {
            if !columns.iter().any(|(known, _)| known == role) {
                return Err(ColumnMappingError::Missing { name });
            }
        }
        Ok(Self { columns, words: Vec::new() })
    }
}

impl ColumnMapping {
    /// With words for outcomes beside those that are known everywhere, as `left=1,right=2,tie=0`. Several words for one outcome
    /// are several assignments.
    ///
    /// # Errors
    /// What is no assignment, no outcome, or a word for two outcomes.
    pub fn with_outcomes(mut self, text: &str) -> Result<Self, ColumnMappingError> {
        for pair in assignments(text) {
            let (name, word) = pair?;
            let outcome = name.parse().map_err(|_| ColumnMappingError::UnknownOutcome { name: name.to_owned() })?;
            if self.words.iter().any(|(_, known)| known.eq_ignore_ascii_case(word)) {
                return Err(ColumnMappingError::Twice { name: word.to_owned() });
            }
            self.words.push((outcome, word.to_owned()));
        }
        Ok(self)
    }

    /// The columns that a file needs.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(_, column)| column.as_str())
    }

    /// By which of the names that are known everywhere a column goes. One with such a name whose place another column has taken
    /// goes by none.
    pub(crate) fn name_of<'n>(&self, column: &'n str) -> &'n str {
        if let Some((role, _)) = self.columns.iter().find(|(_, known)| known == column) {
            return Dialect::Pairwise.names(*role).first().copied().unwrap_or_default();
        }
        let Some((role, _)) = Dialect::Pairwise.role(column, &crate::CategoryColumn::Usual) else { return column };
        let outcomes = [Role::Winner, Role::Chosen, Role::BothEqual, Role::LeftWon, Role::RightWon, Role::Tied];
        let taken = outcomes.contains(&role) || self.columns.iter().any(|(known, _)| *known == role);
        if taken { "" } else { column }
    }

    /// What a word means: one of those given, else a side's own name.
    pub(crate) fn outcome(&self, word: &str, left: &str, right: &str) -> Option<Outcome> {
        let given = self.words.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(outcome, _)| *outcome);
        let named = if word == left {
            Some(Outcome::Left)
        } else if word == right {
            Some(Outcome::Right)
        } else {
            None
        };
        given.or(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_that_cannot_be_one_says_why() {
        let error = |text: &str| text.parse::<ColumnMapping>().unwrap_err().to_string();
        assert!(error("left=a,right=b").contains("outcome"));
        assert!(error("left=a,right=b,winner=c").contains("\"winner\""));
        assert!(error("left=a,right=a,outcome=c").contains("twice"));
        assert!(error("left=a,right,outcome=c").contains("\"right\""));
        let mapping: ColumnMapping = "left=a, right=b ,outcome=c".parse().unwrap();
        assert!(mapping.clone().with_outcomes("left=1,draw=0").unwrap_err().to_string().contains("\"draw\""));
        assert!(mapping.with_outcomes("left=1,right=1").unwrap_err().to_string().contains("twice"));
    }
}
