use plaudit_domain::Outcome;
use skillratings::{
    Outcomes,
    glicko2::{Glicko2Config, Glicko2Rating, decay_deviation, glicko2_rating_period},
};

use super::{OnlineRating, finite, result};
use crate::{RankingError, counts::check_battle, error::check_option};

/// Glicko-2's own centre, of which its formulas are independent but its implementation is not.
const CENTRE: f64 = 1500.0;

/// How [`glicko2`] rates. Defaults as in Glickman's example, around the mean of our other ratings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glicko2Options {
    /// Battles in a rating period. Glickman advises some 10 to 15 for each contestant on average.
    pub period: usize,
    /// Where everyone starts, in points.
    pub initial: f64,
    /// The deviation of a contestant of which nothing is known, in points; no deviation becomes larger. At most Glicko's own
    /// 350.
    pub deviation: f64,
    /// The volatility σ that everyone starts with: how much a strength drifts per period.
    pub volatility: f64,
    /// τ, how fast the volatility changes: 0.3 to 1.2.
    pub tau: f64,
}

impl Default for Glicko2Options {
    fn default() -> Self {
        Self { period: 100, initial: 1000.0, deviation: 350.0, volatility: 0.06, tau: 0.5 }
    }
}

/// Glicko-2 ratings in points after the battles in the order given; `None` for a contestant without a battle. Both kinds of
/// tie are a draw.
///
/// *Rating periods.* Each `period` battles in turn are one, and those that are left over at the end another. All battles of a
/// period count at once, with the ratings and deviations from before it, so that their order within it does not matter. After
/// a period, contestants without a battle in it become less certain by their volatility, from their first battle on. A period
/// of 1 is a rating after every battle; every other contestant then gains uncertainty with every battle, and the deviations
/// never become small. The method assumes that strengths drift; those of models do not, and its deviations then stay wider
/// than the votes warrant. The result depends on where periods begin. It is no maximum of a likelihood.
///
/// Source: M. E. Glickman, *Dynamic paired comparison models with stochastic variances*, Journal of Applied Statistics 28
/// (2001), and his *Example of the Glicko-2 system* (2013). Computed by the crate `skillratings`.
///
/// # Errors
/// A contestant that does not exist or stands against itself; an option that is not finite or not positive, a deviation
/// above 350, or a volatility or τ outside of 0.001 to 2; ratings that run out of range.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{Glicko2Options, glicko2};
///
/// let ratings = glicko2(3, [(0, 1, Outcome::Left), (0, 1, Outcome::Left)], &Glicko2Options::default())?;
/// let [Some(first), Some(second), None] = ratings[..] else { panic!("two of three have battles") };
/// assert!(first.interval(0.95)?.lower > second.interval(0.95)?.lower && first.deviation < 350.0);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn glicko2(
    contestants: u32,
    battles: impl IntoIterator<Item = (u32, u32, Outcome)>,
    options: &Glicko2Options,
) -> Result<Vec<Option<OnlineRating>>, RankingError> {
    let &Glicko2Options { period, initial, deviation, volatility, tau } = options;
    check_option("period", period as f64, period > 0, "a number of at least 1")?;
    check_option("initial", initial, true, "a finite number")?;
    check_option("deviation", deviation, deviation > 0.0 && deviation <= 350.0, "a number above 0, at most 350")?;
    let moderate = |value: f64| (0.001..=2.0).contains(&value);
    check_option("volatility", volatility, moderate(volatility), "a number from 0.001 to 2")?;
    check_option("tau", tau, moderate(tau), "a number from 0.001 to 2")?;
    let config = Glicko2Config { tau, ..Glicko2Config::default() };
    let unknown = Glicko2Rating { rating: CENTRE, deviation, volatility };
    let mut periods = Periods {
        config,
        unknown,
        ratings: vec![None; contestants as usize],
        results: vec![vec![]; contestants as usize],
    };
    let mut battles_in_period = 0;
    for (left, right, outcome) in battles {
        check_battle(left, right, contestants)?;
        periods.add(left as usize, right as usize, outcome);
        battles_in_period += 1;
        if battles_in_period == period {
            periods.close()?;
            battles_in_period = 0;
        }
    }
    if battles_in_period > 0 {
        periods.close()?;
    }
    let points =
        |rating: Glicko2Rating| OnlineRating { rating: rating.rating - CENTRE + initial, deviation: rating.deviation };
    Ok(periods.ratings.into_iter().map(|rating| rating.map(points)).collect())
}

struct Periods {
    config: Glicko2Config,
    unknown: Glicko2Rating,
    /// After the last period that is over; `None` before the first battle.
    ratings: Vec<Option<Glicko2Rating>>,
    /// Of the period under way: each contestant's opponents, as rated before it, and how it did.
    results: Vec<Vec<(Glicko2Rating, Outcomes)>>,
}

impl Periods {
    fn add(&mut self, left: usize, right: usize, outcome: Outcome) {
        for (one, other, score) in [(left, right, outcome.left_score()), (right, left, outcome.swapped().left_score())]
        {
            let opponent = self.ratings[other].unwrap_or(self.unknown);
            self.results[one].push((opponent, result(score)));
        }
    }

    fn close(&mut self) -> Result<(), RankingError> {
        for (rating, results) in self.ratings.iter_mut().zip(&mut self.results) {
            if rating.is_none() && results.is_empty() {
                continue;
            }
            let before = rating.unwrap_or(self.unknown);
            let mut after = if results.is_empty() {
                decay_deviation(&before)
            } else {
                glicko2_rating_period(&before, results, &self.config)
            };
            after.deviation = after.deviation.min(self.unknown.deviation);
            finite(OnlineRating { rating: after.rating, deviation: after.deviation })?;
            *rating = Some(after);
            results.clear();
        }
        Ok(())
    }
}
