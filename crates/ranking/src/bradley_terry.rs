//! The Bradley-Terry model: P(i beats j) = σ(θᵢ − θⱼ) with σ(x) = 1 / (1 + e⁻ˣ).
//!
//! Source: R. A. Bradley and M. E. Terry, *Rank Analysis of Incomplete Block Designs*, Biometrika 39 (1952).

mod covariance;
mod existence;
mod newton;
mod prior;
mod problem;

use crate::{DisplayScale, Interval, PairCounts, RankingError, error::check_option, interval::normal_intervals};
pub(crate) use covariance::{sandwich, score_variance};
pub use existence::{Degeneracy, degeneracy};
pub(crate) use newton::{Solution, maximise};
pub use prior::{FEW_BATTLES, Prior, bradley_terry_or_prior, weak_penalty};
pub use problem::MAX_RATED;
pub(crate) use problem::{Pair, Problem, chances, check_rated, check_size, softplus};

/// How [`bradley_terry`] fits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BradleyTerryOptions {
    /// λ ≥ 0 in the maximised Σ loglik − λ/2 · ‖θ‖², with θ in natural log-odds and every battle counted once.
    /// λ = 1/s² is a Gaussian prior of standard deviation s. 0, the default, is plain maximum likelihood.
    pub penalty: f64,
    /// Where to begin, one entry per contestant in natural log-odds: the previous fit of a live board saves steps and
    /// does not change the answer. A start that fits worse than equal strengths is not used.
    pub start: Option<Vec<f64>>,
    /// A contestant's variance is at least the inverse Hessian's times min(1, `guard_battles` / its battles): as if so
    /// many of its battles had been decisive. 0, the default, is the plain sandwich; `u64::MAX` is the wider of the
    /// two for everyone. See [`BradleyTerry::standard_errors`].
    pub guard_battles: u64,
}

/// A fitted model. Every list has one entry per contestant; `None` for one without a single battle.
#[derive(Debug, Clone, PartialEq)]
pub struct BradleyTerry {
    /// θ: strengths in natural log-odds. Their mean over the rated contestants is zero.
    pub log_odds: Vec<Option<f64>>,
    /// Standard errors of `log_odds`, in the same unit and in the mean-zero gauge: the uncertainty of a contestant's
    /// distance from the average of all rated ones. No contestant is certain by convention.
    ///
    /// They are the square roots of the diagonal of the sandwich H⁻¹GH⁻¹, with H the negative Hessian
    /// Σ n·p(1−p)·xxᵀ (+ λI) and G = Σ over outcomes count·(score−p)²·xxᵀ, x = +1 for one side and −1 for the other.
    ///
    /// *Why not H⁻¹.* H⁻¹ is right only if a battle's score has the variance p(1−p) of a coin. A tie scores ½, which
    /// lies nearer to p than 0 or 1 do, so the scores vary less; H takes each half win for half of an independent
    /// decisive battle. H⁻¹ is then too wide, by 12 % at 17 % ties. G measures the variance that the scores have.
    ///
    /// *With a penalty* H contains λ, and the sandwich is the sampling spread of the penalised estimate around its own
    /// expectation, which is drawn towards zero; it does not cover that bias. With few battles it also falls short
    /// without a penalty: residuals of an almost perfect fit say little, and all-tied equals leave none at all (G = 0).
    /// [`BradleyTerryOptions::guard_battles`] guards against both: H⁻¹ is the posterior variance (Laplace
    /// approximation) under the prior, and the guard fades as battles come in.
    ///
    /// Sources: P. J. Huber, *The behavior of maximum likelihood estimates under nonstandard conditions* (1967);
    /// H. White, *Maximum Likelihood Estimation of Misspecified Models*, Econometrica 50 (1982).
    pub standard_errors: Vec<Option<f64>>,
    /// Newton steps made.
    pub iterations: u32,
    /// Largest absolute entry of the gradient at the answer, in battles.
    pub gradient_norm: f64,
    /// The λ of this fit.
    pub penalty: f64,
}

impl BradleyTerry {
    /// Normal intervals of this two-sided level around `log_odds`, in natural log-odds.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn intervals(&self, level: f64) -> Result<Vec<Option<Interval>>, RankingError> {
        normal_intervals(&self.log_odds, &self.standard_errors, level)
    }

    /// The ratings in points.
    pub fn ratings(&self, scale: &DisplayScale) -> Vec<Option<f64>> {
        self.log_odds.iter().map(|log_odds| log_odds.map(|value| scale.rating(value))).collect()
    }

    /// [`intervals`](Self::intervals) in points.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn rating_intervals(&self, scale: &DisplayScale, level: f64) -> Result<Vec<Option<Interval>>, RankingError> {
        let points = |interval: Option<Interval>| interval.map(|interval| scale.interval(interval));
        Ok(self.intervals(level)?.into_iter().map(points).collect())
    }
}

/// Fits the model exactly: the maximum of the (penalised) likelihood to machine precision, with robust intervals.
///
/// `tie` and `both_bad` are half a win each. Contestants without battles are left out and come back as `None`; no
/// battles at all give a fit in which everyone is. Depends only on the counts: neither the order of the votes nor the
/// side on which a contestant was shown matters.
///
/// # Errors
/// [`RankingError::NoFiniteMaximum`] without a penalty when some ratings would be infinite or arbitrary (see
/// [`degeneracy`]); more than [`MAX_RATED`] contestants with battles; an invalid penalty or start; [`RankingError::NotConverged`] for counts beyond what 64-bit floats
/// can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{BradleyTerryOptions, PairCounts, bradley_terry};
///
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 3)?;
/// counts.add(0, 1, Outcome::Right, 1)?;
/// let fit = bradley_terry(&counts, &BradleyTerryOptions::default())?;
/// let (Some(first), Some(second)) = (fit.log_odds[0], fit.log_odds[1]) else { panic!("both have battles") };
/// assert!((first - second - 3_f64.ln()).abs() < 1e-12);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn bradley_terry(counts: &PairCounts, options: &BradleyTerryOptions) -> Result<BradleyTerry, RankingError> {
    let penalty = options.penalty;
    check_option("penalty", penalty, penalty >= 0.0, "a number of at least 0")?;
    let start = options.start.as_deref();
    check_start(counts.contestants(), start)?;
    check_rated(counts)?;
    if penalty == 0.0
        && let Some(degeneracy) = degeneracy(counts)
    {
        return Err(RankingError::NoFiniteMaximum(degeneracy));
    }
    let problem = Problem::new(counts, penalty);
    let solution = newton::maximise(&problem, start)?;
    Ok(describe(&problem, &solution, options.guard_battles))
}

/// The fit as everyone else reads it.
pub(crate) fn describe(problem: &Problem, solution: &Solution, guard_battles: u64) -> BradleyTerry {
    let variances = covariance::variances(problem, solution, guard_battles);
    BradleyTerry {
        log_odds: problem.spread(solution.strengths.as_slice()),
        standard_errors: problem.spread(&variances.iter().map(|variance| variance.sqrt()).collect::<Vec<_>>()),
        iterations: solution.iterations,
        gradient_norm: solution.gradient_norm,
        penalty: problem.penalty,
    }
}

fn check_start(contestants: u32, start: Option<&[f64]>) -> Result<(), RankingError> {
    let Some(start) = start else { return Ok(()) };
    if start.len() != contestants as usize {
        return Err(RankingError::DifferentContestants { expected: contestants, given: start.len() as u32 });
    }
    start.iter().try_for_each(|&value| check_option("start", value, true, "finite numbers"))
}
