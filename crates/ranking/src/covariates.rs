//! Bradley-Terry with covariates of the battle: P(left beats right) = σ(θₗ − θᵣ + β₀ + Σ βₖxₖ).
//!
//! β₀ is what standing on the left is worth; each xₖ is the standardised difference of a feature of the two generations,
//! such as their lengths. The strengths are then what is left when position and style are accounted for.
//!
//! Sources: R. R. Davidson and R. J. Beaver, *On Extending the Bradley-Terry Model to Incorporate Within-Pair Order
//! Effects*, Biometrics 33 (1977), for the position; T. Li, A. Angelopoulos and W.-L. Chiang, *Does style matter?
//! Disentangling style and substance in Chatbot Arena* (2024), for features.

mod battles;
mod maximum;
mod regression;

use serde::{Deserialize, Serialize};

pub use self::battles::{FeatureBattles, FeatureDifference};
use self::{maximum::maximise, regression::Regression};
use crate::{
    BradleyTerry, DisplayScale, Interval, PairCounts, RankingError, degeneracy, error::check_option,
    interval::two_sided_quantile,
};

/// How [`bradley_terry_with_position`] and [`bradley_terry_with_features`] fit.
///
/// What is maximised is Σ loglik − `strength_penalty`/2 · ‖θ‖² − `coefficient_penalty`/2 · ‖β‖², everything in natural
/// log-odds, each battle counted once. Both are 0 by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CovariateOptions {
    /// λ ≥ 0 of the strengths, as in [`BradleyTerryOptions`](crate::BradleyTerryOptions::penalty).
    pub strength_penalty: f64,
    /// λ ≥ 0 of the coefficients, each in log-odds per standard deviation of its feature (the position's as it is).
    pub coefficient_penalty: f64,
    /// Whether [`bradley_terry_with_features`] also fits the position.
    pub with_position: bool,
}

impl CovariateOptions {
    /// What FastChat's style control does: an L2 penalty of ½ on all parameters. Its strengths are in factors of ten, so
    /// that theirs is ½ / ln²10 in natural log-odds.
    pub fn fastchat() -> Self {
        let per_ten = std::f64::consts::LN_10;
        Self { strength_penalty: 0.5 / (per_ten * per_ten), coefficient_penalty: 0.5, with_position: false }
    }
}

/// What a covariate is worth, in natural log-odds for the left side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// β: of standing on the left, or of a difference one standard deviation above the mean.
    pub log_odds: f64,
    /// Its sandwich standard error.
    pub standard_error: f64,
}

impl Effect {
    /// The normal interval of this two-sided level, in natural log-odds.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Interval, RankingError> {
        let reach = two_sided_quantile(level)? * self.standard_error;
        Ok(Interval { lower: self.log_odds - reach, upper: self.log_odds + reach })
    }

    /// How many standard errors it lies from no effect: standard normal if there is none. `None` where the votes leave
    /// no residuals to measure an error by.
    pub fn z(&self) -> Option<f64> {
        (self.standard_error > 0.0).then(|| self.log_odds / self.standard_error)
    }

    /// The effect in points: by so much the left one seems stronger than it is.
    pub fn points(&self, scale: &DisplayScale) -> f64 {
        scale.points(self.log_odds)
    }

    /// [`interval`](Self::interval) in points.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn points_interval(&self, scale: &DisplayScale, level: f64) -> Result<Interval, RankingError> {
        let Interval { lower, upper } = self.interval(level)?;
        Ok(Interval { lower: scale.points(lower), upper: scale.points(upper) })
    }
}

/// The effect of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureEffect {
    /// The feature's name.
    pub name: String,
    /// What a difference of one `deviation` is worth; `None` where all battles have the same difference, which says
    /// nothing.
    pub effect: Option<Effect>,
    /// Mean of the difference, left less right, over the battles.
    pub mean: f64,
    /// Its standard deviation over the battles (of the population, divisor N).
    pub deviation: f64,
}

/// Strengths and effects fitted together.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateFit {
    /// The strengths with position and features accounted for, mean zero, with the sandwich standard errors that allow
    /// for the coefficients being estimated too. Not the maximum of the plain model: [`differences`](crate::differences)
    /// and [`bootstrap`](crate::bootstrap) would read it as such.
    pub strengths: BradleyTerry,
    /// What standing on the left is worth; `None` if it was not asked for or nobody has a battle.
    pub position: Option<Effect>,
    /// One entry per feature, in the order of their names.
    pub features: Vec<FeatureEffect>,
}

/// Fits strengths together with the advantage of standing on the left: P(left beats right) = σ(θₗ − θᵣ + β₀).
///
/// Exact (Newton's method to machine precision); standard errors are the sandwich H⁻¹GH⁻¹ of all parameters together,
/// for the reasons given at [`BradleyTerry::standard_errors`]. Takes O(contestants³ + pairs) per step.
///
/// # Errors
/// [`RankingError::NoFiniteMaximum`] as [`bradley_terry`](crate::bradley_terry); [`RankingError::Confounded`] where the
/// orders shown do not tell position from strength, as when each pair was shown in one order and nobody meets anybody in
/// a ring; [`RankingError::InfiniteEffect`] where the left side always wins; a penalty that is negative or not finite.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{CovariateOptions, PairCounts, bradley_terry_with_position};
///
/// // Equals, and three of four wins go to whoever stands on the left.
/// let mut counts = PairCounts::new(2);
/// for (left, right) in [(0, 1), (1, 0)] {
///     counts.add(left, right, Outcome::Left, 30)?;
///     counts.add(left, right, Outcome::Right, 10)?;
/// }
/// let fit = bradley_terry_with_position(&counts, &CovariateOptions::default())?;
/// let position = fit.position.ok_or("no battles")?;
/// assert!((position.log_odds - 3_f64.ln()).abs() < 1e-12);
/// // H = G = 80 · ¾ · ¼.
/// assert!((position.standard_error - (1.0_f64 / 15.0).sqrt()).abs() < 1e-12);
/// assert!(fit.strengths.log_odds[0].is_some_and(|strength| strength.abs() < 1e-12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bradley_terry_with_position(
    counts: &PairCounts,
    options: &CovariateOptions,
) -> Result<CovariateFit, RankingError> {
    check_penalties(options)?;
    check_existence(counts, options)?;
    solve(&Regression::of_counts(counts), options, Vec::new())
}

/// Fits strengths together with the effects of features (style control), and of the position if so asked.
///
/// A feature's covariate is the difference of the two generations' values (see [`FeatureDifference`]), standardised
/// over the battles: mean 0, standard deviation 1. Mean and deviation are taken as known in the standard errors. A feature
/// with the same difference in all battles has no effect that could be told and is left out (`None`).
///
/// Exact (Newton's method to machine precision) with sandwich standard errors of all parameters together. Battles alike
/// in contestants, order and differences are counted together first, which takes O(battles · log battles); then each of
/// the some ten steps takes O(rows · features² + (contestants + features)³), where rows are the battles that differ.
///
/// # Errors
/// [`RankingError::NoFiniteMaximum`] as [`bradley_terry`](crate::bradley_terry); [`RankingError::Confounded`] where
/// strengths and the features before it determine a feature; [`RankingError::InfiniteEffect`] where a feature decides the
/// battles, so that its coefficient would be infinite; a penalty that is negative or not finite.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{CovariateOptions, DisplayScale, FeatureBattles, FeatureDifference, bradley_terry_with_features};
///
/// // Equals, but the longer answer wins three of four battles.
/// let difference = FeatureDifference::default();
/// let mut battles = FeatureBattles::new(2, ["length"], difference)?;
/// for (left, right) in [(0, 1), (1, 0)] {
///     battles.add(left, right, Outcome::Left, &[300.0], &[100.0], 30)?;
///     battles.add(left, right, Outcome::Right, &[300.0], &[100.0], 10)?;
///     battles.add(left, right, Outcome::Right, &[100.0], &[300.0], 30)?;
///     battles.add(left, right, Outcome::Left, &[100.0], &[300.0], 10)?;
/// }
/// let fit = bradley_terry_with_features(&battles, &CovariateOptions::default())?;
/// let length = fit.features[0].effect.ok_or("all alike")?;
/// assert!((length.log_odds - 3_f64.ln()).abs() < 1e-12);
/// assert!((length.points(&DisplayScale::default()) - 400.0 * 3_f64.log10()).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bradley_terry_with_features(
    battles: &FeatureBattles,
    options: &CovariateOptions,
) -> Result<CovariateFit, RankingError> {
    check_penalties(options)?;
    check_existence(&battles.counts()?, options)?;
    let (regression, features) = Regression::of_battles(battles, options.with_position);
    solve(&regression, options, features)
}

fn check_penalties(options: &CovariateOptions) -> Result<(), RankingError> {
    for (name, penalty) in
        [("strength_penalty", options.strength_penalty), ("coefficient_penalty", options.coefficient_penalty)]
    {
        check_option(name, penalty, penalty >= 0.0, "a number of at least 0")?;
    }
    Ok(())
}

/// What the strengths alone lack, no coefficient can make good.
fn check_existence(counts: &PairCounts, options: &CovariateOptions) -> Result<(), RankingError> {
    let degeneracy = if options.strength_penalty == 0.0 { degeneracy(counts) } else { None };
    degeneracy.map_or(Ok(()), |degeneracy| Err(RankingError::NoFiniteMaximum(degeneracy)))
}

/// `features`: without their effects.
fn solve(
    regression: &Regression,
    options: &CovariateOptions,
    mut features: Vec<FeatureEffect>,
) -> Result<CovariateFit, RankingError> {
    let maximum = maximise(regression, options)?;
    let size = regression.size();
    let effect = |column: usize| Effect {
        log_odds: maximum.parameters[size + column],
        standard_error: maximum.variances[size + column].sqrt(),
    };
    let mut position = None;
    for (column, covariate) in regression.covariates.iter().enumerate() {
        match covariate.feature {
            Some(feature) => features[feature].effect = Some(effect(column)),
            None => position = Some(effect(column)),
        }
    }
    let errors: Vec<f64> = maximum.variances.iter().take(size).map(|variance| variance.sqrt()).collect();
    let strengths = BradleyTerry {
        log_odds: regression.spread(&maximum.parameters.as_slice()[..size]),
        standard_errors: regression.spread(&errors),
        iterations: maximum.iterations,
        gradient_norm: maximum.gradient_norm,
        penalty: options.strength_penalty,
    };
    Ok(CovariateFit { strengths, position, features })
}
