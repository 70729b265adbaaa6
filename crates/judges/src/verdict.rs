use plaudit_domain::Outcome;
use serde::{Deserialize, Serialize};

/// What a judge says of two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// What is shown on the left is better.
    Left,
    /// What is shown on the right is better.
    Right,
    /// Neither is better.
    Tie,
}

/// A judge's view of a battle in one order. Left and right are what is shown there in this order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The answer.
    pub answer: Preference,
    /// The score of what is shown on the left, in the judge's own unit: comparable within one judge only.
    pub left_score: f64,
    /// The score of what is shown on the right.
    pub right_score: f64,
    /// The probability that the left is better, as the judge's scores say without calibration; none where a judge claims
    /// none (always left, random).
    pub left_better: Option<f64>,
}

/// What was spent on a verdict. The time is the caller's to measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens that models read, those of templates and questions included.
    pub tokens_read: u64,
}

/// A judge's verdict on a battle, in both orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The judge's id.
    pub judge: String,
    /// As the battle was shown.
    pub shown: Reading,
    /// With the sides exchanged: its left is the battle's right.
    pub swapped: Reading,
    /// Whether the order could have made a difference; where not, `swapped` is the mirror of `shown`.
    pub depends_on_order: bool,
    /// What was spent.
    pub cost: Cost,
}

impl Preference {
    /// The same had the sides been exchanged.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
            Self::Tie => Self::Tie,
        }
    }

    /// From two scores of which the larger is better; `Tie` where they differ by no more than `tie_below`.
    pub(crate) fn between(left: f64, right: f64, tie_below: f64) -> Self {
        if (left - right).abs() <= tie_below {
            Self::Tie
        } else if left > right {
            Self::Left
        } else {
            Self::Right
        }
    }
}

impl From<Preference> for Outcome {
    fn from(preference: Preference) -> Self {
        match preference {
            Preference::Left => Self::Left,
            Preference::Right => Self::Right,
            Preference::Tie => Self::Tie,
        }
    }
}

impl Reading {
    /// The same reading with the sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self {
            answer: self.answer.swapped(),
            left_score: self.right_score,
            right_score: self.left_score,
            left_better: self.left_better.map(|probability| 1.0 - probability),
        }
    }
}

impl Verdict {
    /// What the judge says whichever way it is shown; none where the two orders contradict each other: an abstention.
    pub fn consistent(&self) -> Option<Preference> {
        (self.shown.answer == self.swapped.answer.swapped()).then_some(self.shown.answer)
    }

    /// The probability that the battle's left is better, averaged over both orders.
    pub fn left_better(&self) -> Option<f64> {
        Some((self.shown.left_better? + 1.0 - self.swapped.left_better?) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(answer: Preference, left_better: f64) -> Reading {
        Reading { answer, left_score: left_better, right_score: 1.0 - left_better, left_better: Some(left_better) }
    }

    fn verdict(shown: Reading, swapped: Reading) -> Verdict {
        Verdict { judge: "test/1".to_owned(), shown, swapped, depends_on_order: true, cost: Cost::default() }
    }

    #[test]
    fn the_same_side_in_both_orders_is_an_abstention() {
        let biased = verdict(reading(Preference::Left, 0.8), reading(Preference::Left, 0.6));
        assert_eq!(biased.consistent(), None);
        assert!((biased.left_better().unwrap() - 0.6).abs() < 1e-12);
        let steady = verdict(reading(Preference::Left, 0.8), reading(Preference::Right, 0.4));
        assert_eq!(steady.consistent(), Some(Preference::Left));
        let tied = verdict(reading(Preference::Tie, 0.5), reading(Preference::Tie, 0.5));
        assert_eq!(tied.consistent(), Some(Preference::Tie));
    }

    #[test]
    fn scores_within_the_threshold_tie() {
        assert_eq!(Preference::between(1.0, 1.0, 0.0), Preference::Tie);
        assert_eq!(Preference::between(1.0, 1.0005, 1e-3), Preference::Tie);
        assert_eq!(Preference::between(1.0, 1.002, 1e-3), Preference::Right);
    }
}
