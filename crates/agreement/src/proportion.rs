//! Shares and means over votes that come in questions, with intervals by formula.

use crate::{Absence, Estimate, Figure};

/// Sums over questions of some amount per vote, and of its squares: what the variance of a ratio of two sums needs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ratio {
    amount: f64,
    votes: f64,
    amount_squared: f64,
    amount_votes: f64,
    votes_squared: f64,
}

impl Ratio {
    /// One question, with the sum of the amount over its votes.
    pub(crate) fn add(&mut self, amount: f64, votes: f64) {
        self.amount += amount;
        self.votes += votes;
        self.amount_squared += amount * amount;
        self.amount_votes += amount * votes;
        self.votes_squared += votes * votes;
    }

    fn value(&self) -> Option<f64> {
        (self.votes > 0.0).then(|| self.amount / self.votes)
    }

    /// Of the ratio, with questions as the unit: Σ (amount − ratio · votes)² / (Σ votes)².
    fn variance(&self, value: f64) -> f64 {
        let squares = self.amount_squared - 2.0 * value * self.amount_votes + value * value * self.votes_squared;
        squares.max(0.0) / (self.votes * self.votes)
    }

    /// A mean with a normal interval, cut at `floor` and `ceiling`.
    pub(crate) fn mean(&self, quantile: f64, [floor, ceiling]: [f64; 2], empty: Absence) -> Figure {
        let Some(value) = self.value() else { return Figure::Absent(empty) };
        let reach = quantile * self.variance(value).sqrt();
        let (low, high) = ((value - reach).max(floor).min(value), (value + reach).min(ceiling).max(value));
        Figure::Estimate(Estimate { value, low, high, count: self.votes as u64, resamples: 0 })
    }

    /// A share with Wilson's interval, for as many votes as would be as informative if each were a question of its own.
    ///
    /// Sources: E. B. Wilson, *Probable inference* (1927); the effective number of L. Kish, *Survey Sampling* (1965).
    pub(crate) fn share(&self, quantile: f64, empty: Absence) -> Figure {
        let Some(value) = self.value() else { return Figure::Absent(empty) };
        let variance = self.variance(value);
        let alike = self.votes * self.votes / self.votes_squared;
        let effective = if variance > 0.0 { value * (1.0 - value) / variance } else { alike };
        // At 0 and 1 the variance is rounding, and within questions votes are never more telling than apart.
        let is_certain = value <= 0.0 || value >= 1.0;
        let effective = if is_certain { alike } else { effective.clamp(1.0_f64.min(self.votes), self.votes) };
        let square = quantile * quantile;
        let centre = (value + square / (2.0 * effective)) / (1.0 + square / effective);
        let reach = quantile / (1.0 + square / effective)
            * (value * (1.0 - value) / effective + square / (4.0 * effective * effective)).max(0.0).sqrt();
        let (low, high) = ((centre - reach).clamp(0.0, 1.0).min(value), (centre + reach).clamp(0.0, 1.0).max(value));
        Figure::Estimate(Estimate { value, low, high, count: self.votes as u64, resamples: 0 })
    }
}
