use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What one voter said of one battle. Exactly four answers; skipping is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The generation shown on the left is better.
    Left,
    /// The generation shown on the right is better.
    Right,
    /// Both are equally good.
    Tie,
    /// Neither is good enough to prefer.
    BothBad,
}

/// Where a generation was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Shown first: on the left, or on top on a phone.
    Left,
    /// Shown second.
    Right,
}

/// A word that names no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no outcome: expected left, right, tie or both_bad")]
pub struct OutcomeError(pub String);

impl Outcome {
    /// All four, in the order in which they are shown and counted.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Tie, Self::BothBad];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Tie => "tie",
            Self::BothBad => "both_bad",
        }
    }

    /// The same answer had the two sides been shown the other way round.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
            same => same,
        }
    }

    /// The score of the left side under the half-win convention: 1, 0, or ½ for both kinds of tie.
    pub fn left_score(self) -> f64 {
        match self {
            Self::Left => 1.0,
            Self::Right => 0.0,
            Self::Tie | Self::BothBad => 0.5,
        }
    }
}

impl FromStr for Outcome {
    type Err = OutcomeError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word).ok_or_else(|| OutcomeError(word.to_owned()))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_survives_its_word_and_swapping_twice() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
            assert_eq!(outcome.swapped().swapped(), outcome);
            assert!((outcome.left_score() + outcome.swapped().left_score() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn an_unknown_word_is_an_error_and_never_a_tie() {
        assert!("draw".parse::<Outcome>().is_err());
        assert!("".parse::<Outcome>().is_err());
    }
}
