use serde::{Deserialize, Serialize};

use crate::{Interval, RankingError, error::check_option};

/// From natural log-odds to the points that people read: rating = `mean` + θ · `scale` / ln 10.
///
/// By default 400 points are odds of ten to one and the average contestant has 1000.
///
/// ```
/// use plaudit_ranking::DisplayScale;
///
/// assert_eq!(DisplayScale::default().rating(10_f64.ln()), 1400.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DisplayScale {
    /// Points per factor of ten in the odds.
    pub scale: f64,
    /// Points at θ = 0, which is the mean of the rated contestants.
    pub mean: f64,
}

impl Default for DisplayScale {
    fn default() -> Self {
        Self { scale: 400.0, mean: 1000.0 }
    }
}

impl DisplayScale {
    /// The default scale shifted so that a contestant with these log-odds has this rating.
    ///
    /// Intervals stay those of the mean-zero gauge: they do not shrink to a point at the anchor. Those of the distances
    /// from it are [`Differences::intervals_from`](crate::Differences::intervals_from).
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn anchored(log_odds: f64, rating: f64) -> Result<Self, RankingError> {
        check_option("log_odds", log_odds, true, "a finite number")?;
        check_option("rating", rating, true, "a finite number")?;
        let default = Self::default();
        Ok(Self { mean: rating - default.points(log_odds), ..default })
    }

    /// Points for a difference in natural log-odds, such as a standard error.
    pub fn points(&self, log_odds: f64) -> f64 {
        log_odds * (self.scale / std::f64::consts::LN_10)
    }

    /// The rating for natural log-odds.
    pub fn rating(&self, log_odds: f64) -> f64 {
        self.mean + self.points(log_odds)
    }

    /// Natural log-odds for a rating: the inverse of [`rating`](Self::rating).
    pub fn log_odds(&self, rating: f64) -> f64 {
        (rating - self.mean) / (self.scale / std::f64::consts::LN_10)
    }

    /// An interval of natural log-odds in points.
    pub fn interval(&self, log_odds: Interval) -> Interval {
        Interval { lower: self.rating(log_odds.lower), upper: self.rating(log_odds.upper) }
    }
}
