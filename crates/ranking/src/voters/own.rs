use nalgebra::{Cholesky, DMatrix, DVector};

use super::crowd::{Ballot, Choice, lead_of};
use crate::{RankingError, bradley_terry::chances};

/// Newton's method climbs by damped steps; ordinary ballots take 3 to 6.
const MAX_ITERATIONS: u32 = 100;

/// A step that moves no strength by more than this is the last: Newton's error after it is its square.
const LAST_STEP: f64 = 1e-8;

/// A gradient of so many rounding errors is zero, of the terms that cancel in it or of the strengths themselves.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// After so many steps counts are so lopsided that their rounding at the busiest contestant is all that is left.
const PATIENCE: u32 = 20;

/// One voter's departures u from given strengths θ, under the prior u ~ N(0, τ²I): the maximum of
/// Σ loglik(θ + u) − ‖u‖²/(2τ²) over the contestants on the ballot. Everyone else's departure is 0 with variance τ².
pub(super) struct Own {
    /// The contestants on the ballot, ascending.
    pub(super) contestants: Vec<usize>,
    /// û of these. They sum to zero, as no vote says anything about the common level.
    pub(super) departures: DVector<f64>,
    /// (L + I/τ²)⁻¹ with L the negative Hessian of the log-likelihood, over these: their posterior covariance in Laplace's
    /// approximation.
    pub(super) covariance: DMatrix<f64>,
    /// log ∫ likelihood · prior du, in Laplace's approximation.
    pub(super) log_marginal: f64,
}

/// `start`: departures to begin with, as long as there are contestants on the ballot.
pub(super) fn own(
    ballot: &Ballot,
    strengths: &DVector<f64>,
    variance: f64,
    start: Option<&DVector<f64>>,
) -> Result<Own, RankingError> {
    let mut contestants: Vec<usize> = ballot.iter().flat_map(|choice| [choice.first, choice.second]).collect();
    contestants.sort_unstable();
    contestants.dedup();
    let size = contestants.len();
    let place = |contestant: usize| contestants.partition_point(|other| *other < contestant);
    let places: Vec<(usize, usize)> = ballot.iter().map(|choice| (place(choice.first), place(choice.second))).collect();
    let leads: Vec<f64> = ballot.iter().map(|choice| lead_of(strengths, choice)).collect();
    let precision = 1.0 / variance;
    let leads_at = |departures: &DVector<f64>| -> Vec<f64> {
        leads
            .iter()
            .zip(&places)
            .map(|(lead, &(first, second))| lead + departures[first] - departures[second])
            .collect()
    };
    let objective = |departures: &DVector<f64>| {
        let votes = ballot.iter().zip(leads_at(departures));
        votes.map(|(choice, lead)| choice.log_likelihood(lead)).sum::<f64>()
            - precision / 2.0 * departures.norm_squared()
    };
    let mut departures = start.filter(|start| start.len() == size).cloned().unwrap_or_else(|| DVector::zeros(size));
    let (mut last, mut gradient_norm) = (size == 0, 0.0);
    for iterations in 0..MAX_ITERATIONS {
        let mut gradient = &departures * -precision;
        let mut magnitude = gradient.abs();
        let mut hessian = DMatrix::from_diagonal_element(size, size, precision);
        for ((choice, lead), &(first, second)) in ballot.iter().zip(leads_at(&departures)).zip(&places) {
            let (wins, loses) = chances(lead);
            let (gained, lost) = (choice.first_score() * loses, choice.second_score() * wins);
            let residual = gained - lost;
            magnitude[first] += gained + lost;
            magnitude[second] += gained + lost;
            gradient[first] += residual;
            gradient[second] -= residual;
            let weight = choice.battles() * wins * loses;
            hessian[(first, first)] += weight;
            hessian[(second, second)] += weight;
            hessian[(first, second)] -= weight;
            hessian[(second, first)] -= weight;
        }
        gradient_norm = if size == 0 { 0.0 } else { gradient.amax() };
        let failed = RankingError::NotConverged { iterations, gradient_norm };
        let factor = Cholesky::new(hessian).ok_or(failed.clone())?;
        let reach = 1.0 + departures.iter().chain(&leads).fold(0.0, |largest, value| f64::max(largest, value.abs()));
        let is_flat = gradient.iter().zip(magnitude.iter()).all(|(entry, size)| entry.abs() <= ROUNDING * reach * size);
        let is_stuck = || iterations >= PATIENCE && gradient_norm <= ROUNDING * reach * magnitude.amax();
        if last || is_flat || is_stuck() {
            let log_determinant = 2.0 * factor.l_dirty().diagonal().iter().map(|entry| entry.ln()).sum::<f64>();
            let log_marginal = objective(&departures) - (log_determinant + size as f64 * variance.ln()) / 2.0;
            return Ok(Own { contestants, departures, covariance: factor.inverse(), log_marginal });
        }
        let mut step = factor.solve(&gradient);
        // It sums to zero, but for rounding against which huge counts are no help.
        step.add_scalar_mut(-step.mean());
        let change = step.amax();
        if !change.is_finite() {
            return Err(failed);
        }
        last = change <= LAST_STEP * (1.0 + departures.amax());
        // As in the fit of a board: the full step if it climbs enough, else the fraction that always does.
        let (full, spread) = (&departures + &step, step.max() - step.min());
        let climbs = || objective(&full) >= objective(&departures) + gradient.dot(&step) / 4.0;
        departures = if spread <= 1.0 || climbs() { full } else { departures + step * (spread.ln_1p() / spread) };
    }
    Err(RankingError::NotConverged { iterations: MAX_ITERATIONS, gradient_norm })
}

impl Own {
    /// Moves the strengths of the contestants on the ballot.
    pub(super) fn shift(&self, strengths: &mut DVector<f64>) {
        for (&contestant, departure) in self.contestants.iter().zip(self.departures.iter()) {
            strengths[contestant] += departure;
        }
    }

    /// By how much more than in the crowd a choice's first leads, with its posterior variance; `deviation` is that of the
    /// prior.
    pub(super) fn difference(&self, choice: &Choice, deviation: f64) -> (f64, f64) {
        let place = |contestant: usize| self.contestants.binary_search(&contestant).ok();
        let departure = |place: Option<usize>| place.map_or(0.0, |place| self.departures[place]);
        let variance =
            |place: Option<usize>| place.map_or(deviation * deviation, |place| self.covariance[(place, place)]);
        let (first, second) = (place(choice.first), place(choice.second));
        let shared = first.zip(second).map_or(0.0, |place| self.covariance[place]);
        (departure(first) - departure(second), (variance(first) + variance(second) - 2.0 * shared).max(0.0))
    }
}
