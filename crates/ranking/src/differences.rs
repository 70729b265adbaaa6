use std::f64::consts::FRAC_1_SQRT_2;

use nalgebra::{Cholesky, DMatrix};

use crate::{
    BradleyTerry, Interval, PairCounts, RankingError,
    bradley_terry::{Problem, score_variance},
    interval::two_sided_quantile,
    normal_quantile,
};

/// How sure the order of any two contestants is, under the normal approximation of a fit.
///
/// Two intervals that overlap do not say that two contestants are equally good: their errors are correlated, and the
/// error of the difference is smaller than the sum of theirs. This is the full covariance, where
/// [`BradleyTerry::standard_errors`] has its diagonal alone.
#[derive(Debug, Clone)]
pub struct Differences {
    /// Per contestant its row.
    rows: Vec<Option<usize>>,
    log_odds: Vec<f64>,
    /// H⁻¹GH⁻¹.
    sandwich: DMatrix<f64>,
    /// H⁻¹; its gauge term cancels in differences.
    inverse: DMatrix<f64>,
    battles: Vec<u64>,
    guard_battles: u64,
}

/// The covariance of a fit of these counts; `guard_battles` as in
/// [`BradleyTerryOptions`](crate::BradleyTerryOptions::guard_battles), where the battles are those of the contestant with
/// fewer. Takes O(contestants³).
///
/// # Errors
/// A fit of other contestants; a Hessian that cannot be inverted, as counts beyond what 64-bit floats can balance give.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{BradleyTerryOptions, PairCounts, bradley_terry, differences};
///
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 60)?;
/// counts.add(0, 1, Outcome::Right, 40)?;
/// let fit = bradley_terry(&counts, &BradleyTerryOptions::default())?;
/// let differences = differences(&counts, &fit, 0)?;
/// // log(60/40) is two standard errors of √(1/60 + 1/40).
/// let error = differences.standard_error(0, 1).unwrap_or_default();
/// assert!((error - (1.0_f64 / 60.0 + 1.0 / 40.0).sqrt()).abs() < 1e-9);
/// assert!(differences.better(0, 1).is_some_and(|chance| chance > 0.97 && chance < 0.98));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn differences(counts: &PairCounts, fit: &BradleyTerry, guard_battles: u64) -> Result<Differences, RankingError> {
    let problem = Problem::of(counts, fit)?;
    let rows = problem.places();
    let given: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap_or_default()).collect();
    let strengths = problem.gather(&given);
    let size = problem.size();
    let mut result = Differences {
        rows,
        log_odds: strengths.as_slice().to_vec(),
        sandwich: DMatrix::zeros(size, size),
        inverse: DMatrix::zeros(size, size),
        battles: problem.battles.clone(),
        guard_battles,
    };
    if size == 0 {
        return Ok(result);
    }
    let slope = problem.slope(&strengths);
    let gradient_norm = slope.gradient.amax();
    let failed = RankingError::NotConverged { iterations: 0, gradient_norm };
    result.inverse = Cholesky::new(slope.hessian).ok_or(failed)?.inverse();
    let mut spread = DMatrix::<f64>::zeros(size, size);
    for pair in &problem.pairs {
        let weight = score_variance(pair, &strengths);
        spread[(pair.first, pair.first)] += weight;
        spread[(pair.second, pair.second)] += weight;
        spread[(pair.first, pair.second)] -= weight;
        spread[(pair.second, pair.first)] -= weight;
    }
    result.sandwich = &result.inverse * spread * &result.inverse;
    Ok(result)
}

impl Differences {
    /// Standard error of the difference of two contestants' natural log-odds; 0 for one and itself. `None` if either has
    /// no battle or does not exist.
    pub fn standard_error(&self, one: u32, other: u32) -> Option<f64> {
        let (one, other) = (self.row(one)?, self.row(other)?);
        let of = |matrix: &DMatrix<f64>| matrix[(one, one)] + matrix[(other, other)] - 2.0 * matrix[(one, other)];
        let fewer = self.battles[one].min(self.battles[other]).max(1);
        let share = (self.guard_battles as f64 / fewer as f64).min(1.0);
        Some(of(&self.sandwich).max(share * of(&self.inverse)).max(0.0).sqrt())
    }

    /// Intervals of this two-sided level for everyone's distance from `anchor`, in natural log-odds: what a board with a
    /// pinned contestant shows, where the anchor's own is a point and errors are those of differences. With
    /// [`DisplayScale::anchored(0.0, rating)`](crate::DisplayScale::anchored) they are in points around its rating.
    /// `None` for a contestant without a battle, and for all if the anchor has none.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn intervals_from(&self, anchor: u32, level: f64) -> Result<Vec<Option<Interval>>, RankingError> {
        let quantile = two_sided_quantile(level)?;
        let of = |contestant: u32| {
            let reach = quantile * self.standard_error(contestant, anchor)?;
            let centre = self.log_odds[self.row(contestant)?] - self.log_odds[self.row(anchor)?];
            Some(Interval { lower: centre - reach, upper: centre + reach })
        };
        Ok((0..self.rows.len() as u32).map(of).collect())
    }

    /// The chance that `one` is stronger than `other`: Φ of their distance in standard errors, ½ where nothing tells them
    /// apart. `None` if either has no battle or does not exist.
    pub fn better(&self, one: u32, other: u32) -> Option<f64> {
        let error = self.standard_error(one, other)?;
        let distance = self.log_odds[self.row(one)?] - self.log_odds[self.row(other)?];
        if error > 0.0 {
            return Some(libm::erfc(-distance / error * FRAC_1_SQRT_2) / 2.0);
        }
        Some(if distance == 0.0 { 0.5 } else { f64::from(u8::from(distance > 0.0)) })
    }

    /// The minimum detectable difference in natural log-odds: how far apart two contestants have to be, for votes like
    /// these to tell them apart at this two-sided level with this power. `None` if either has no battle.
    ///
    /// # Errors
    /// A level or power not strictly between 0 and 1.
    pub fn detectable(&self, one: u32, other: u32, level: f64, power: f64) -> Result<Option<f64>, RankingError> {
        let quantiles = normal_quantile(power)? + two_sided_quantile(level)?;
        Ok(self.standard_error(one, other).map(|error| (quantiles * error).max(0.0)))
    }

    fn row(&self, contestant: u32) -> Option<usize> {
        self.rows.get(contestant as usize).copied().flatten()
    }
}
