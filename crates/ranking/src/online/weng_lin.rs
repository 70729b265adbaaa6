use std::f64::consts::LN_10;

use plaudit_domain::Outcome;
use skillratings::weng_lin::{WengLinConfig, WengLinRating};

use super::{OnlineRating, finite, result};
use crate::{RankingError, counts::check_battle, error::check_option};

/// How [`weng_lin`] rates. The defaults are those of TrueSkill and of the paper, 25 ± 25/3 with β = 25/6, in our unit:
/// 1000 ± 2β, and β such that 400 points are odds of ten to one between contestants that are known exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WengLinOptions {
    /// Where everyone starts, in points.
    pub initial: f64,
    /// The deviation of a contestant of which nothing is known, in points.
    pub deviation: f64,
    /// β, how much a single battle scatters, in points: between two contestants of known strength, a difference of √2 · β
    /// multiplies the odds by e.
    pub beta: f64,
    /// Each update keeps at least this share of the variance.
    pub least_share: f64,
}

impl Default for WengLinOptions {
    fn default() -> Self {
        let beta = 400.0 / LN_10 / std::f64::consts::SQRT_2;
        Self { initial: 1000.0, deviation: 2.0 * beta, beta, least_share: 1e-6 }
    }
}

/// Weng and Lin's Bayesian ratings in points, TrueSkill's analytic relative, after the battles in the order given; `None` for
/// a contestant without a battle. Both kinds of tie are a draw, half a win.
///
/// Every contestant's strength is believed to be normal; a battle moves the beliefs of its two by the gradient and the
/// curvature of the Bradley-Terry likelihood, averaged over them (the paper's Algorithm 1 for two teams of one). Each battle
/// is its own period and each vote is read once: O(votes). Beliefs only ever become narrower, as strengths are taken for
/// fixed, but slowly: the paper damps the curvature by γ = σ/c, and a deviation goes down as the cube root of the number of
/// battles, where the error of a fixed strength goes as the square root. Contestants are treated as independent. The result depends on the order of the battles, though less than [`elo`](crate::elo)'s.
///
/// Source: R. C. Weng and C.-J. Lin, *A Bayesian Approximation Method for Online Ranking*, Journal of Machine Learning
/// Research 12 (2011). Computed by the crate `skillratings`.
///
/// # Errors
/// A contestant that does not exist or stands against itself; an option that is not finite or not positive, or a
/// `least_share` above 1; ratings that run out of range.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{WengLinOptions, weng_lin};
///
/// let ratings = weng_lin(2, [(0, 1, Outcome::Left)], &WengLinOptions::default())?;
/// assert!(ratings[0].is_some_and(|rating| rating.rating > 1000.0));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn weng_lin(
    contestants: u32,
    battles: impl IntoIterator<Item = (u32, u32, Outcome)>,
    options: &WengLinOptions,
) -> Result<Vec<Option<OnlineRating>>, RankingError> {
    let &WengLinOptions { initial, deviation, beta, least_share } = options;
    check_option("initial", initial, true, "a finite number")?;
    check_option("deviation", deviation, deviation > 0.0, "a positive number")?;
    check_option("beta", beta, beta > 0.0, "a positive number")?;
    let is_share = least_share > 0.0 && least_share <= 1.0;
    check_option("least_share", least_share, is_share, "a number above 0, at most 1")?;
    let config = WengLinConfig { beta, uncertainty_tolerance: least_share };
    let unknown = WengLinRating { rating: 0.0, uncertainty: deviation };
    let mut ratings = vec![None; contestants as usize];
    for (left, right, outcome) in battles {
        check_battle(left, right, contestants)?;
        let (one, other) = (left as usize, right as usize);
        let before = [one, other].map(|index| ratings[index].unwrap_or(unknown));
        let (winner, loser) =
            skillratings::weng_lin::weng_lin(&before[0], &before[1], &result(outcome.left_score()), &config);
        for (index, after) in [(one, winner), (other, loser)] {
            finite(OnlineRating { rating: after.rating, deviation: after.uncertainty })?;
            ratings[index] = Some(after);
        }
    }
    let points =
        |rating: WengLinRating| OnlineRating { rating: rating.rating + initial, deviation: rating.uncertainty };
    Ok(ratings.into_iter().map(|rating| rating.map(points)).collect())
}
