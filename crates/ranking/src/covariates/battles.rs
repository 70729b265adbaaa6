use plaudit_domain::Outcome;

use crate::{PairCounts, RankingError, counts::check_battle, error::check_option};

/// How the features of two generations become one number per battle, before it is standardised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeatureDifference {
    /// (l − r) / (l + r + `offset`), from −1 to 1, and 0 where all of that is 0: for lengths and counts, where 200 to 100
    /// words is what 20 to 10 is. FastChat's offset, and the default, is 1. Features must not be negative.
    Ratio {
        /// At least 0. Keeps differences between very small counts small.
        offset: f64,
    },
    /// l − r: for features that are on a scale of their own, such as a share or a sentiment.
    Plain,
}

impl Default for FeatureDifference {
    fn default() -> Self {
        Self::Ratio { offset: 1.0 }
    }
}

/// Battles with numeric features of both generations, such as their lengths: what
/// [`bradley_terry_with_features`](crate::bradley_terry_with_features) reads. Takes 16 bytes per battle and 8 more per
/// feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureBattles {
    contestants: u32,
    names: Vec<String>,
    difference: FeatureDifference,
    pub(super) battles: Vec<FeatureBattle>,
    /// The differences of each battle, one battle after the other.
    pub(super) differences: Vec<f64>,
    total: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct FeatureBattle {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) outcome: Outcome,
    pub(super) count: u64,
}

impl FeatureBattles {
    /// No battles yet between so many contestants, with features of these names.
    ///
    /// # Errors
    /// An offset that is negative or not finite.
    pub fn new(
        contestants: u32,
        names: impl IntoIterator<Item = impl Into<String>>,
        difference: FeatureDifference,
    ) -> Result<Self, RankingError> {
        if let FeatureDifference::Ratio { offset } = difference {
            check_option("offset", offset, offset >= 0.0, "a number of at least 0")?;
        }
        let names = names.into_iter().map(Into::into).collect();
        Ok(Self { contestants, names, difference, battles: vec![], differences: vec![], total: 0 })
    }

    /// Adds `count` battles alike, with the features of the left and the right generation in the order of the names.
    ///
    /// # Errors
    /// A contestant that does not exist or stands against itself; another number of features than of names; a feature
    /// that is not finite, or negative where a ratio is asked for; more than `u64::MAX` battles. Nothing is changed then.
    pub fn add(
        &mut self,
        left: u32,
        right: u32,
        outcome: Outcome,
        left_features: &[f64],
        right_features: &[f64],
        count: u64,
    ) -> Result<(), RankingError> {
        check_battle(left, right, self.contestants)?;
        for given in [left_features.len(), right_features.len()] {
            if given != self.names.len() {
                return Err(RankingError::FeatureCount { expected: self.names.len(), given });
            }
        }
        let sides = left_features.iter().zip(right_features);
        let differences: Result<Vec<f64>, _> =
            self.names.iter().zip(sides).map(|(name, (&left, &right))| self.difference.of(name, left, right)).collect();
        let differences = differences?;
        self.total = self.total.checked_add(count).ok_or(RankingError::TooMany)?;
        if count > 0 {
            self.battles.push(FeatureBattle { left, right, outcome, count });
            self.differences.extend(differences);
        }
        Ok(())
    }

    /// The names of the features.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many battles were added.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The same battles without their features.
    ///
    /// # Errors
    /// None that [`add`](Self::add) has not refused.
    pub fn counts(&self) -> Result<PairCounts, RankingError> {
        let mut counts = PairCounts::new(self.contestants);
        for &FeatureBattle { left, right, outcome, count } in &self.battles {
            counts.add(left, right, outcome, count)?;
        }
        Ok(counts)
    }

    pub(super) fn contestants(&self) -> u32 {
        self.contestants
    }

    pub(super) fn differences_of(&self, battle: usize) -> &[f64] {
        &self.differences[battle * self.names.len()..][..self.names.len()]
    }
}

impl FeatureDifference {
    fn of(self, name: &str, left: f64, right: f64) -> Result<f64, RankingError> {
        let wrong = |value: f64, expected| RankingError::Feature { name: name.to_owned(), value, expected };
        if let Some(&value) = [left, right].iter().find(|value| !value.is_finite()) {
            return Err(wrong(value, "a finite number"));
        }
        let difference = match self {
            Self::Plain => left - right,
            Self::Ratio { offset } => {
                if left.min(right) < 0.0 {
                    return Err(wrong(left.min(right), "a number of at least 0"));
                }
                // Halves, because the sum of two finite numbers need not be one.
                let sum = left / 2.0 + right / 2.0 + offset / 2.0;
                if sum > 0.0 { (left / 2.0 - right / 2.0) / sum } else { 0.0 }
            }
        };
        // Adding zero turns −0 into 0, so that equal differences have equal bits.
        if difference.is_finite() { Ok(difference + 0.0) } else { Err(wrong(difference, "a finite difference")) }
    }
}
