//! Online ratings with an uncertainty: like [`elo`](crate::elo) they follow the order of the battles.

mod glicko2;
mod weng_lin;

use serde::{Deserialize, Serialize};

pub use self::{
    glicko2::{Glicko2Options, glicko2},
    weng_lin::{WengLinOptions, weng_lin},
};
use crate::{Interval, RankingError, interval::two_sided_quantile};

/// An online rating, in points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OnlineRating {
    /// The mean of what is believed of the strength after the last battle.
    pub rating: f64,
    /// The standard deviation of that belief.
    pub deviation: f64,
}

impl OnlineRating {
    /// The central interval of the belief with this probability.
    ///
    /// It is what the method believes and no confidence interval: how often such an interval holds the strength depends on
    /// whether the method's assumptions on drift and noise hold.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Interval, RankingError> {
        let reach = two_sided_quantile(level)? * self.deviation;
        Ok(Interval { lower: self.rating - reach, upper: self.rating + reach })
    }
}

/// Either side's result as the methods of games know it: both kinds of tie are a draw.
fn result(left_score: f64) -> skillratings::Outcomes {
    if left_score > 0.5 {
        skillratings::Outcomes::WIN
    } else if left_score < 0.5 {
        skillratings::Outcomes::LOSS
    } else {
        skillratings::Outcomes::DRAW
    }
}

/// Refuses a rating that ran out of the range of 64-bit floats.
fn finite(rating: OnlineRating) -> Result<OnlineRating, RankingError> {
    if rating.rating.is_finite() && rating.deviation.is_finite() { Ok(rating) } else { Err(RankingError::OutOfRange) }
}
