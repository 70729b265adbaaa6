use plaudit_domain::Outcome;

use crate::{RankingError, counts::check_battle, error::check_option};

/// How [`elo`] moves ratings. The default is what arenas use: K = 4, scale 400, base 10, start at 1000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EloOptions {
    /// The most points that one battle moves.
    pub k: f64,
    /// Points of difference that multiply the odds by `base`.
    pub scale: f64,
    /// See `scale`.
    pub base: f64,
    /// Where everyone starts, in points.
    pub initial: f64,
}

impl Default for EloOptions {
    fn default() -> Self {
        Self { k: 4.0, scale: 400.0, base: 10.0, initial: 1000.0 }
    }
}

/// Online Elo ratings in points: one pass over the battles in the order given. Both kinds of tie are half a win.
///
/// The rating after the last battle, and no estimate of a fixed strength: it follows the order of the votes, forgets
/// old ones, and differs from the maximum likelihood by tens of points even after millions of votes. It has no interval.
///
/// Source: Arpad E. Elo, *The Rating of Chessplayers, Past and Present* (1978); constants as in Chatbot Arena.
///
/// # Errors
/// A contestant that does not exist or stands against itself; an option that is not finite, or `k`, `scale` ≤ 0, or
/// `base` ≤ 1.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{EloOptions, elo};
///
/// let ratings = elo(2, [(0, 1, Outcome::Left)], &EloOptions::default())?;
/// assert_eq!(ratings, [1002.0, 998.0]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn elo(
    contestants: u32,
    battles: impl IntoIterator<Item = (u32, u32, Outcome)>,
    options: &EloOptions,
) -> Result<Vec<f64>, RankingError> {
    let &EloOptions { k, scale, base, initial } = options;
    check_option("k", k, k > 0.0, "a positive number")?;
    check_option("scale", scale, scale > 0.0, "a positive number")?;
    check_option("base", base, base > 1.0, "a number above 1")?;
    check_option("initial", initial, true, "a finite number")?;
    let rate = base.ln() / scale;
    let mut ratings = vec![initial; contestants as usize];
    for (left, right, outcome) in battles {
        check_battle(left, right, contestants)?;
        let (left, right) = (left as usize, right as usize);
        let expected = 1.0 / (1.0 + ((ratings[right] - ratings[left]) * rate).exp());
        let moved = k * (outcome.left_score() - expected);
        ratings[left] += moved;
        ratings[right] -= moved;
    }
    Ok(ratings)
}
