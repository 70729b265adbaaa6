use nalgebra::{Cholesky, DMatrix, DVector};

use super::{
    CovariateOptions,
    regression::{Regression, Row},
};
use crate::{
    RankingError,
    bradley_terry::{chances, check_size, softplus},
};

/// As for strengths alone: one step per factor e in the most lopsided ratio of counts at most.
const MAX_ITERATIONS: u32 = 200;

/// A step that changes the log-odds of no battle by more than this is the last.
const LAST_STEP: f64 = 1e-9;

/// A gradient of so many rounding errors is zero.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Steps after which parameters that still move are suspected of being on their way to infinity.
const SUSPICION: u32 = 10;

/// A move against the outcomes that is smaller than this share of the largest move is rounding.
const AGAINST: f64 = 1e-5;

/// The share of a covariate's square that strengths and covariates before it must leave unexplained.
const OWN_SHARE: f64 = 1e-10;

pub(super) struct Maximum {
    /// Strengths with mean zero, then coefficients.
    pub(super) parameters: DVector<f64>,
    /// Of the parameters: the diagonal of H⁻¹GH⁻¹.
    pub(super) variances: DVector<f64>,
    pub(super) iterations: u32,
    pub(super) gradient_norm: f64,
}

/// Newton's method, damped so that every step climbs, as for strengths alone: the bound on the curvature holds for every
/// logistic regression.
pub(super) fn maximise(regression: &Regression, options: &CovariateOptions) -> Result<Maximum, RankingError> {
    let count = regression.parameters();
    check_size(count)?;
    let mut parameters = DVector::zeros(count);
    if count == 0 {
        let variances = parameters.clone();
        return Ok(Maximum { parameters, variances, iterations: 0, gradient_norm: 0.0 });
    }
    check_told_apart(regression, options)?;
    let penalties = penalties(regression, options);
    let (mut last, mut before): (bool, Option<DVector<f64>>) = (false, None);
    for iterations in 0..=MAX_ITERATIONS {
        let (gradient, magnitude) = gradient(regression, &penalties, &parameters);
        let gradient_norm = gradient.amax();
        let failed = || {
            let infinite = before.as_ref().and_then(|step| infinite_effect(regression, &penalties, step, 1e-3));
            infinite.unwrap_or(RankingError::NotConverged { iterations, gradient_norm })
        };
        let Some(factor) = Cholesky::new(hessian(regression, &penalties, &parameters)) else { return Err(failed()) };
        let flat = gradient.iter().zip(magnitude.iter()).all(|(entry, size)| entry.abs() <= ROUNDING * size);
        if last || flat {
            let variances = variances(regression, &parameters, &factor.inverse());
            return Ok(Maximum { parameters, variances, iterations, gradient_norm });
        }
        let step = factor.solve(&gradient);
        let moves = regression.each().map(|(row, covariates)| regression.log_odds(row, covariates, &step).abs());
        let change = moves.fold(0.0, f64::max);
        if !change.is_finite() {
            return Err(failed());
        }
        if iterations >= SUSPICION
            && change > 0.1
            && let Some(error) = infinite_effect(regression, &penalties, &step, AGAINST)
        {
            return Err(error);
        }
        last = change <= LAST_STEP;
        let full = &parameters + &step;
        let here = || objective(regression, &penalties, &parameters);
        let climbs = || objective(regression, &penalties, &full) >= here() + gradient.dot(&step) / 4.0;
        parameters = if change <= 1.0 || climbs() { full } else { &parameters + &step * (change.ln_1p() / change) };
        centre(regression, &mut parameters);
        before = Some(step);
    }
    let gradient_norm = gradient(regression, &penalties, &parameters).0.amax();
    Err(RankingError::NotConverged { iterations: MAX_ITERATIONS, gradient_norm })
}

fn penalties(regression: &Regression, options: &CovariateOptions) -> DVector<f64> {
    DVector::from_fn(regression.parameters(), |index, _| {
        if index < regression.size() { options.strength_penalty } else { options.coefficient_penalty }
    })
}

fn objective(regression: &Regression, penalties: &DVector<f64>, parameters: &DVector<f64>) -> f64 {
    let loss = |(row, covariates): (&Row, &[f64])| {
        let log_odds = regression.log_odds(row, covariates, parameters);
        row.left_score() * softplus(-log_odds) + row.right_score() * softplus(log_odds)
    };
    let penalty: f64 = penalties.iter().zip(parameters.iter()).map(|(penalty, value)| penalty * value * value).sum();
    -regression.each().map(loss).sum::<f64>() - penalty / 2.0
}

/// The gradient, and the sum of the absolute values that cancel in each of its entries.
fn gradient(
    regression: &Regression,
    penalties: &DVector<f64>,
    parameters: &DVector<f64>,
) -> (DVector<f64>, DVector<f64>) {
    let size = regression.size();
    let mut gradient = -penalties.component_mul(parameters);
    let mut magnitude = gradient.abs();
    for (row, covariates) in regression.each() {
        let (wins, loses) = chances(regression.log_odds(row, covariates, parameters));
        let (gained, lost) = (row.left_score() * loses, row.right_score() * wins);
        gradient[row.left] += gained - lost;
        gradient[row.right] -= gained - lost;
        magnitude[row.left] += gained + lost;
        magnitude[row.right] += gained + lost;
        for (column, value) in covariates.iter().enumerate() {
            gradient[size + column] += (gained - lost) * value;
            magnitude[size + column] += (gained + lost) * value.abs();
        }
    }
    (gradient, magnitude)
}

/// The negative Hessian with its penalties, and with a term along the common level of the strengths, which nothing else
/// fixes: see [`Slope::gauge`](crate::bradley_terry::Problem).
fn hessian(regression: &Regression, penalties: &DVector<f64>, parameters: &DVector<f64>) -> DMatrix<f64> {
    let weight = |row: &Row, covariates: &[f64]| {
        let (wins, loses) = chances(regression.log_odds(row, covariates, parameters));
        row.battles() * wins * loses
    };
    let mut hessian = regression.information(weight);
    let size = regression.size();
    let trace: f64 = (0..size).map(|index| hessian[(index, index)]).sum();
    let shift = trace / (size * size) as f64;
    for column in 0..size {
        for row in column..size {
            hessian[(row, column)] += shift;
        }
    }
    for (index, penalty) in penalties.iter().enumerate() {
        hessian[(index, index)] += penalty;
    }
    hessian
}

/// The diagonal of H⁻¹GH⁻¹. The gauge term drops out of it, because G has no part along the common level.
fn variances(regression: &Regression, parameters: &DVector<f64>, inverse: &DMatrix<f64>) -> DVector<f64> {
    let mut spread = regression.information(|row, covariates| {
        let (wins, loses) = chances(regression.log_odds(row, covariates, parameters));
        let tied = (loses - wins) / 2.0;
        row.left_wins * loses * loses + row.right_wins * wins * wins + row.draws * tied * tied
    });
    spread.fill_upper_triangle_with_lower_triangle();
    let product = inverse * spread;
    let variance = |index: usize| product.row(index).transpose().dot(&inverse.column(index)).max(0.0);
    DVector::from_fn(inverse.nrows(), |index, _| variance(index))
}

/// Refuses a covariate that is a combination of the contestants and the covariates before it: eliminates in the
/// information of a board of equals and looks at what is left of each on the diagonal.
fn check_told_apart(regression: &Regression, options: &CovariateOptions) -> Result<(), RankingError> {
    if options.coefficient_penalty > 0.0 {
        return Ok(());
    }
    let (size, count) = (regression.size(), regression.parameters());
    let information = hessian(regression, &penalties(regression, options), &DVector::zeros(count));
    let failed = || RankingError::NotConverged { iterations: 0, gradient_norm: 0.0 };
    let contestants = Cholesky::new(information.view((0, 0), (size, size)).into_owned()).ok_or_else(failed)?;
    let mixed = information.view((size, 0), (count - size, size)).transpose();
    let own = information.view((size, size), (count - size, count - size));
    let mut rest = own - mixed.transpose() * contestants.solve(&mixed);
    for (column, covariate) in regression.covariates.iter().enumerate() {
        let pivot = rest[(column, column)];
        if pivot <= OWN_SHARE * own[(column, column)] {
            return Err(RankingError::Confounded { name: covariate.name.clone() });
        }
        for below in column + 1..count - size {
            let factor = rest[(below, column)] / pivot;
            for right in column + 1..=below {
                rest[(below, right)] -= factor * rest[(right, column)];
            }
        }
    }
    Ok(())
}

/// If no outcome and no penalty opposes going on in this direction for ever, the error that says so, and of which
/// covariate.
fn infinite_effect(
    regression: &Regression,
    penalties: &DVector<f64>,
    direction: &DVector<f64>,
    tolerance: f64,
) -> Option<RankingError> {
    let moves = || regression.each().map(|(row, covariates)| (row, regression.log_odds(row, covariates, direction)));
    let largest = moves().fold(0.0, |largest: f64, (_, moved)| largest.max(moved.abs()));
    let negligible = tolerance * largest;
    let opposed = moves().any(|(row, moved)| {
        (row.left_score() > 0.0 && moved < -negligible) || (row.right_score() > 0.0 && moved > negligible)
    });
    let penalised =
        direction.iter().zip(penalties.iter()).any(|(moved, penalty)| *penalty > 0.0 && moved.abs() > negligible);
    if opposed || penalised {
        return None;
    }
    let coefficients = direction.iter().skip(regression.size()).zip(&regression.covariates);
    let (_, covariate) = coefficients.max_by(|(one, _), (other, _)| one.abs().total_cmp(&other.abs()))?;
    Some(RankingError::InfiniteEffect { name: covariate.name.clone() })
}

/// Moves the strengths together so that their mean is zero.
fn centre(regression: &Regression, parameters: &mut DVector<f64>) {
    let mut strengths = parameters.rows_mut(0, regression.size());
    let mean = strengths.mean();
    strengths.add_scalar_mut(-mean);
}
