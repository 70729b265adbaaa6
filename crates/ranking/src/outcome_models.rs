//! Models of what voters answer, beyond "half a win each": ties and "both bad" as outcomes of their own, normal noise,
//! and pairs weighted alike.
//!
//! All of them are fitted exactly, by Newton's method over the strengths and the model's own parameters at once, with
//! sandwich errors, from the pair counts alone.

mod existence;
mod fit;
mod model;

use serde::{Deserialize, Serialize};

use self::fit::{Fitted, fit_or_prior};
pub use self::model::OutcomeModel;
use crate::{
    DisplayScale, Interval, PairCounts, RankingError,
    interval::{normal_intervals, two_sided_quantile},
    weak_penalty,
};

/// A fitted model. Every list has one entry per contestant; `None` for one without a battle.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeFit {
    /// Which model.
    pub model: OutcomeModel,
    /// Strengths with mean zero, in natural log-odds of a win against a loss; for [`OutcomeModel::Thurstone`] in units of
    /// log-odds too, see there.
    pub log_odds: Vec<Option<f64>>,
    /// Standard errors of `log_odds` by the sandwich H⁻¹GH⁻¹, in the mean-zero gauge; for contestants with few battles, and
    /// for everyone under the prior, at least those of H⁻¹, as [`bradley_terry_or_prior`](crate::bradley_terry_or_prior)
    /// has it.
    pub standard_errors: Vec<Option<f64>>,
    /// The tie parameter; `None` for a model without one. Without a single tie it is on its boundary, where it has no error.
    pub tie: Option<Parameter>,
    /// The bar of [`OutcomeModel::FourOutcomes`], in natural log-odds above the average contestant; `None` for other models
    /// and when no vote says that both are bad.
    pub bar: Option<Parameter>,
    /// Log-likelihood at the answer, in nats; of a quasi-likelihood where ties are half wins.
    pub log_likelihood: f64,
    /// Some strengths would be infinite or arbitrary without the [weak prior](crate::weak_penalty), which stood in.
    pub needs_prior: bool,
    /// Newton steps made.
    pub iterations: u32,
}

/// A parameter beside the strengths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its value.
    pub value: f64,
    /// Its standard error; `None` on a boundary.
    pub standard_error: Option<f64>,
}

impl Parameter {
    /// The normal interval of this two-sided level; `None` on a boundary.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Option<Interval>, RankingError> {
        let reach = two_sided_quantile(level)?;
        let around = |error: f64| Interval { lower: self.value - reach * error, upper: self.value + reach * error };
        Ok(self.standard_error.map(around))
    }
}

/// Probabilities of the answers to one battle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chances {
    /// The one contestant wins.
    pub win: f64,
    /// The other one wins.
    pub loss: f64,
    /// A tie of either kind; 0 for models that count ties as half wins.
    pub draw: f64,
}

/// Fits a model by maximum likelihood, or under the weak prior where the likelihood has no finite maximum.
///
/// # Errors
/// [`RankingError::NotConverged`] for counts beyond what 64-bit floats can balance; an option of the model out of its range.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{OutcomeModel, PairCounts, fit_outcomes};
///
/// // Davidson: of two contestants, the odds are the wins' and ν = ties / √(wins · losses).
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 40)?;
/// counts.add(0, 1, Outcome::Right, 10)?;
/// counts.add(0, 1, Outcome::Tie, 30)?;
/// let fit = fit_outcomes(&counts, OutcomeModel::Davidson)?;
/// let (Some(first), Some(second), Some(tie)) = (fit.log_odds[0], fit.log_odds[1], fit.tie) else { panic!() };
/// assert!((first - second - 4_f64.ln()).abs() < 1e-9);
/// assert!((tie.value - 1.5).abs() < 1e-9);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn fit_outcomes(counts: &PairCounts, model: OutcomeModel) -> Result<OutcomeFit, RankingError> {
    model.check()?;
    let fitted = fit_or_prior(counts, model, weak_penalty())?;
    Ok(fitted.spread(model))
}

impl OutcomeFit {
    /// Normal intervals of this two-sided level around `log_odds`.
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

    /// What the model expects when these two meet; a contestant without a battle counts as the average one.
    pub fn chances(&self, one: u32, other: u32) -> Chances {
        let strength = |index: u32| self.log_odds.get(index as usize).copied().flatten().unwrap_or_default();
        let [win, loss, tie, bad] = self.model.probabilities(
            strength(one) / self.model.unit(),
            strength(other) / self.model.unit(),
            self.extras(),
        );
        Chances { win, loss, draw: tie + bad }
    }

    /// The parameters as the model has them inside.
    fn extras(&self) -> [f64; 2] {
        let of = |parameter: Option<Parameter>| parameter.map(|parameter| parameter.value);
        let tie = of(self.tie).map_or(f64::NEG_INFINITY, |value| self.model.tie_inside(value));
        [tie, of(self.bar).unwrap_or(f64::NEG_INFINITY)]
    }
}

impl Fitted {
    fn spread(self, model: OutcomeModel) -> OutcomeFit {
        let Self { places, parameters, variances, active, log_likelihood, needs_prior, iterations } = self;
        let size = parameters.len() - 2;
        let unit = model.unit();
        let of = |values: &dyn Fn(usize) -> f64| places.iter().map(|place| place.map(values)).collect::<Vec<_>>();
        let parameter = |slot: usize| {
            let value = parameters[size + slot];
            (value, active[slot].then(|| variances[size + slot].sqrt()))
        };
        let tie = model.has_tie_parameter().then(|| {
            let (inside, error) = parameter(0);
            let (value, slope) = model.tie_outside(if active[0] { inside } else { f64::NEG_INFINITY });
            Parameter { value, standard_error: error.map(|error| error * slope) }
        });
        let bar = (model == OutcomeModel::FourOutcomes && active[1]).then(|| {
            let (value, standard_error) = parameter(1);
            Parameter { value, standard_error }
        });
        OutcomeFit {
            model,
            log_odds: of(&|place| parameters[place] * unit),
            standard_errors: of(&|place| variances[place].sqrt() * unit),
            tie,
            bar,
            log_likelihood,
            needs_prior,
            iterations,
        }
    }
}
