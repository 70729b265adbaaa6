use serde::{Deserialize, Serialize};

use crate::{AgreementError, Answer, Order};

/// One answer of a judge to one question, in one order. Everything is as the judge saw it: its left is what stood on the left
/// in this order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The order in which it saw the generations.
    pub order: Order,
    /// What it said.
    pub answer: Answer,
    /// Scores of left and right, more is better, in any unit; finite.
    pub scores: Option<[f64; 2]>,
    /// How sure it was.
    pub certainty: Option<Certainty>,
    /// The day to which the agreement counts, as a number of days since any fixed one: the battle's or the judgment's, as
    /// the caller wants to see it.
    pub day: Option<i32>,
}

/// How sure a judge says it is; from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The probability that its answer is right.
    Confidence(f64),
    /// The probability that what it saw on the left is better, given that one of the two is.
    LeftBetter(f64),
}

impl Verdict {
    /// An answer alone.
    pub fn new(order: Order, answer: Answer) -> Self {
        Self { order, answer, scores: None, certainty: None, day: None }
    }

    /// With the scores of left and right.
    #[must_use]
    pub fn with_scores(self, left: f64, right: f64) -> Self {
        Self { scores: Some([left, right]), ..self }
    }

    /// With how sure the judge was.
    #[must_use]
    pub fn with_certainty(self, certainty: Certainty) -> Self {
        Self { certainty: Some(certainty), ..self }
    }

    /// With the day to which it counts.
    #[must_use]
    pub fn on_day(self, day: i32) -> Self {
        Self { day: Some(day), ..self }
    }

    pub(crate) fn check(&self, judge: u32, question: u32) -> Result<(), AgreementError> {
        for score in self.scores.iter().flatten() {
            if !score.is_finite() {
                return Err(AgreementError::Score { judge, question, score: *score });
            }
        }
        if let Some(Certainty::Confidence(value) | Certainty::LeftBetter(value)) = self.certainty
            && !(0.0..=1.0).contains(&value)
        {
            return Err(AgreementError::Certainty { judge, question, value });
        }
        Ok(())
    }

    /// Score of the question's left generation less that of its right one.
    pub(crate) fn score_difference(&self) -> Option<f64> {
        let [left, right] = self.scores?;
        // Halved first: the difference of two huge scores would be infinite.
        let half = left / 2.0 - right / 2.0;
        Some(if self.order == Order::Swapped { -half } else { half })
    }

    pub(crate) fn confidence(&self) -> Option<f64> {
        match self.certainty? {
            Certainty::Confidence(value) => Some(value),
            Certainty::LeftBetter(_) => None,
        }
    }

    /// The probability that the question's left generation is better.
    pub(crate) fn left_better(&self) -> Option<f64> {
        match self.certainty? {
            Certainty::LeftBetter(value) if self.order == Order::Swapped => Some(1.0 - value),
            Certainty::LeftBetter(value) => Some(value),
            Certainty::Confidence(_) => None,
        }
    }
}
