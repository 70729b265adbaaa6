use nalgebra::DVector;

use super::problem::{Problem, Slope};
use crate::{RankingError, symmetric::Factor};

/// Ordinary boards take 5 to 8; one more per factor e in the most lopsided ratio of counts, which 64-bit counts bound.
const MAX_ITERATIONS: u32 = 200;

/// A step that changes no difference of strengths by more than this is the last: Newton's error after it is its square.
const LAST_STEP: f64 = 1e-9;

/// A gradient of so many rounding errors is zero.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// After so many steps counts are so lopsided that `LAST_STEP` may be out of reach: the strengths themselves round, and
/// a gradient that their rounding at the busiest contestant explains will not get smaller.
const PATIENCE: u32 = 50;

/// The maximum and what is needed to derive its variance.
pub(crate) struct Solution {
    /// Natural log-odds per rated contestant, mean zero.
    pub(crate) strengths: DVector<f64>,
    /// Of the negative Hessian with its gauge term; `None` when nobody has a battle.
    pub(crate) factor: Option<Factor>,
    pub(crate) gauge: f64,
    pub(crate) iterations: u32,
    pub(crate) gradient_norm: f64,
}

/// Newton's method, damped so that every step climbs: it converges from any start.
///
/// Along a step the curvature changes at most by the factor e^δ, with δ the largest change of a pair's difference
/// (F. Bach, *Self-concordant analysis for logistic regression*, Electronic Journal of Statistics 4 (2010)). Hence the
/// full step climbs whenever δ ≤ 1, and the fraction log(1+δ)/δ of it always does. A longer full step is tried first,
/// because it nearly always climbs too.
pub(crate) fn maximise(problem: &Problem, start: Option<&[f64]>) -> Result<Solution, RankingError> {
    let mut strengths = begin(problem, start);
    if problem.size() == 0 {
        return Ok(Solution { strengths, factor: None, gauge: 0.0, iterations: 0, gradient_norm: 0.0 });
    }
    let mut last = false;
    let mut slope = problem.slope(&strengths);
    for iterations in 0..=MAX_ITERATIONS {
        let Slope { gradient, magnitude, hessian, gauge } = slope;
        let gradient_norm = gradient.amax();
        let failed = RankingError::NotConverged { iterations, gradient_norm };
        let Some(factor) = Factor::new(hessian) else { return Err(failed) };
        let flat = gradient.iter().zip(magnitude.iter()).all(|(entry, size)| entry.abs() <= ROUNDING * size);
        let stuck = || gradient_norm <= ROUNDING * (1.0 + strengths.amax()) * magnitude.amax();
        if last || flat || (iterations >= PATIENCE && stuck()) {
            return Ok(Solution { strengths, factor: Some(factor), gauge, iterations, gradient_norm });
        }
        let step = factor.solve(&gradient);
        let change = problem.pairs.iter().map(|pair| (step[pair.first] - step[pair.second]).abs()).fold(0.0, f64::max);
        if !change.is_finite() {
            return Err(failed);
        }
        last = change <= LAST_STEP;
        let mut full = &strengths + &step;
        centre(&mut full);
        slope = problem.slope(&full);
        // Still uphill at its end: the step did not jump over the summit. Else a quarter of what a quadratic would gain is
        // enough to be sure that it did not go far beyond.
        let is_uphill = slope.gradient.dot(&step) >= 0.0;
        let climbs = || problem.objective(&full) >= problem.objective(&strengths) + gradient.dot(&step) / 4.0;
        if change <= 1.0 || is_uphill || climbs() {
            strengths = full;
        } else {
            strengths += step * (change.ln_1p() / change);
            centre(&mut strengths);
            slope = problem.slope(&strengths);
        }
    }
    Err(RankingError::NotConverged { iterations: MAX_ITERATIONS, gradient_norm: slope.gradient.amax() })
}

fn begin(problem: &Problem, start: Option<&[f64]>) -> DVector<f64> {
    let equal = DVector::zeros(problem.size());
    let Some(start) = start else { return equal };
    let mut warm = problem.gather(start);
    centre(&mut warm);
    // Also false for a start so far out that its likelihood is not a number.
    if problem.objective(&warm) > problem.objective(&equal) { warm } else { equal }
}

/// Moves all together so that their mean is zero.
fn centre(strengths: &mut DVector<f64>) {
    if !strengths.is_empty() {
        let mean = strengths.mean();
        strengths.add_scalar_mut(-mean);
    }
}
