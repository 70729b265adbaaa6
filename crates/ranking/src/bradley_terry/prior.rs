use std::f64::consts::LN_10;

use serde::{Deserialize, Serialize};

use super::{BradleyTerry, BradleyTerryOptions, Degeneracy, bradley_terry};
use crate::{PairCounts, RankingError};

/// The [`guard_battles`](BradleyTerryOptions::guard_battles) of [`bradley_terry_or_prior`]: the sandwich is right for
/// many battles, and after a single tie it would claim certainty. Up to so many battles the inverse Hessian's width is
/// the least; beyond, the guard fades, and past some 60 battles it rarely shows.
pub const FEW_BATTLES: u64 = 30;

/// λ of the weak prior for boards without a finite maximum: strengths spread around the mean with a standard deviation
/// of 400 points, that is ln 10 in natural log-odds, so λ = 1/ln²10 ≈ 0.1886.
///
/// The contestants of real arenas spread by some 100 points, so the prior allows for far more than they show. It holds
/// less information (0.19) than a single even battle (0.25). It is what scikit-learn's default C = 1 does with one ±ln 10 row per battle
/// (see [`penalty_from_sklearn_c`](crate::penalty_from_sklearn_c)).
pub fn weak_penalty() -> f64 {
    1.0 / (LN_10 * LN_10)
}

/// Whether a prior had to stand in for missing data. To be shown beside the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Prior {
    /// Plain maximum likelihood.
    None,
    /// A Gaussian prior around the mean, because without it some ratings would be infinite or arbitrary.
    Weak {
        /// Its λ: 1 over its variance in natural log-odds.
        penalty: f64,
        /// What is missing in the data.
        reason: Degeneracy,
    },
}

impl Prior {
    /// Whether there is one.
    pub fn is_used(&self) -> bool {
        *self != Self::None
    }
}

/// [`bradley_terry`] for a live board: maximum likelihood where it exists, else a fit under a weak Gaussian prior, and
/// which of the two it was. Finite ratings and intervals for any counts up to about a thousand million per pair.
///
/// Intervals are the sandwich, guarded by the inverse Hessian for contestants with about [`FEW_BATTLES`] battles or
/// fewer, and for everyone under the prior: a contestant that won everything leaves no residuals to measure.
///
/// Rounding: a strength is right to some 2⁻⁵² of all votes, for each opponent, over what holds it, which is the prior's λ at
/// least: nothing to be seen below 10⁹ votes, and up to a tenth of a log-odds where 10¹² votes stand beside one.
///
/// # Errors
/// A penalty that is not positive; [`RankingError::NotConverged`] for counts beyond what 64-bit floats can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{Degeneracy, PairCounts, Prior, bradley_terry_or_prior, weak_penalty};
///
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 1)?;
/// let (fit, prior) = bradley_terry_or_prior(&counts, weak_penalty())?;
/// assert!(fit.log_odds[0].is_some_and(|strength| strength > 0.0 && strength < 1.0));
/// assert!(matches!(prior, Prior::Weak { reason: Degeneracy::Separated { groups: 2, .. }, .. }));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn bradley_terry_or_prior(counts: &PairCounts, weak_penalty: f64) -> Result<(BradleyTerry, Prior), RankingError> {
    let positive = weak_penalty > 0.0;
    crate::error::check_option("weak_penalty", weak_penalty, positive, "a positive number")?;
    let likelihood = BradleyTerryOptions { guard_battles: FEW_BATTLES, ..Default::default() };
    match bradley_terry(counts, &likelihood) {
        Ok(fit) => Ok((fit, Prior::None)),
        Err(RankingError::NoFiniteMaximum(reason)) => {
            let penalised =
                BradleyTerryOptions { penalty: weak_penalty, guard_battles: u64::MAX, ..Default::default() };
            Ok((bradley_terry(counts, &penalised)?, Prior::Weak { penalty: weak_penalty, reason }))
        }
        Err(other) => Err(other),
    }
}
