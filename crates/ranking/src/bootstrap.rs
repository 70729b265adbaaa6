//! The exact multinomial bootstrap over pair counts.
//!
//! Resampling V votes with replacement gives counts that are multinomial with the observed shares, so that a resample
//! costs O(pairs) and never O(votes). Each resample is fitted anew; ranks and comparisons are read off the fits.
//!
//! Source: B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap* (1993); over votes of an arena: W.-L. Chiang
//! et al., *Chatbot Arena: An Open Platform for Evaluating LLMs by Human Preference* (2024).

mod alias;
mod multinomial;
mod sampler;

use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};

pub use self::multinomial::Multinomial;
use self::sampler::Sampler;
use crate::{
    BradleyTerry, Interval, PairCounts, RankingError, bradley_terry::Problem, error::check_option, refit::Refit,
};

/// How [`bootstrap`] draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootstrapOptions {
    /// How many times the votes are drawn anew. The ends of a 95 % interval of 100 resamples have a standard deviation
    /// of a quarter of a standard error, those of 1000 of a twelfth.
    pub resamples: u32,
    /// Equal seeds give equal draws, on every machine.
    pub seed: u64,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self { resamples: 1000, seed: 0 }
    }
}

/// The ranks that a contestant may have: 1 is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankInterval {
    /// The best of them.
    pub best: u32,
    /// The worst of them.
    pub worst: u32,
}

/// Strengths in every resample. A contestant without a battle has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Per contestant its column.
    columns: Vec<Option<usize>>,
    /// Natural log-odds, mean zero; a resample after the other.
    draws: Vec<f64>,
    rated: usize,
    /// Resamples without a finite maximum of the likelihood (see [`degeneracy`](crate::degeneracy)), or in which some
    /// contestant was not drawn at all. They were fitted under the [weak prior](crate::weak_penalty), because leaving
    /// them out would favour the resamples that look certain. Many of them mean that there are too few votes.
    pub with_prior: u32,
}

/// Draws the votes of `counts` anew and fits each draw like `fit`, with its penalty.
///
/// The draw is exactly multinomial, up to the 2⁻³² steps of its tables. Fits start at `fit` and are good to 5 · 10⁻⁹
/// in natural log-odds, a millionth of a point. Memory: 8 bytes per resample and contestant.
///
/// # Errors
/// No resamples; a fit of other contestants; whatever keeps a resample from being fitted.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{BootstrapOptions, BradleyTerryOptions, PairCounts, RankInterval, bootstrap, bradley_terry};
///
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 80)?;
/// counts.add(0, 1, Outcome::Right, 20)?;
/// let fit = bradley_terry(&counts, &BradleyTerryOptions::default())?;
/// let draws = bootstrap(&counts, &fit, &BootstrapOptions::default())?;
/// assert_eq!(draws.rank_intervals(0.95)?[0], Some(RankInterval { best: 1, worst: 1 }));
/// assert!(draws.better(0, 1).is_some_and(|share| share > 0.999));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn bootstrap(
    counts: &PairCounts,
    fit: &BradleyTerry,
    options: &BootstrapOptions,
) -> Result<Bootstrap, RankingError> {
    let resamples = options.resamples;
    check_option("resamples", f64::from(resamples), resamples > 0, "a number of at least 1")?;
    let problem = Problem::of(counts, fit)?;
    let mut result = Bootstrap {
        columns: problem.places(),
        draws: Vec::with_capacity(problem.size() * resamples as usize),
        rated: problem.size(),
        with_prior: 0,
    };
    if problem.size() == 0 {
        return Ok(result);
    }
    let start: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap_or_default()).collect();
    let mut refit = Refit::new(&problem, problem.gather(&start))?;
    let observed: Vec<f64> =
        problem.pairs.iter().flat_map(|pair| [pair.first_wins, pair.second_wins, pair.draws]).collect();
    let mut sampler = Sampler::new(&observed, resamples);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    for _ in 0..resamples {
        let cells = sampler.draw(&mut random);
        let under_prior = refit.fit(cells.as_chunks().0, &mut result.draws)?;
        result.with_prior += u32::from(under_prior);
    }
    Ok(result)
}

impl Bootstrap {
    /// How many resamples there are; 0 when nobody has a battle.
    pub fn resamples(&self) -> usize {
        self.draws.len().checked_div(self.rated).unwrap_or_default()
    }

    /// Percentile intervals of this two-sided level, in natural log-odds.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn intervals(&self, level: f64) -> Result<Vec<Option<Interval>>, RankingError> {
        check_level(level)?;
        let tail = (1.0 - level) / 2.0;
        Ok(self.each(|column| {
            let mut values: Vec<f64> = self.column(column).collect();
            values.sort_by(f64::total_cmp);
            Interval { lower: quantile(&values, tail), upper: quantile(&values, 1.0 - tail) }
        }))
    }

    /// Medians over the resamples, in natural log-odds.
    pub fn medians(&self) -> Vec<Option<f64>> {
        self.each(|column| {
            let mut values: Vec<f64> = self.column(column).collect();
            values.sort_by(f64::total_cmp);
            quantile(&values, 0.5)
        })
    }

    /// The same resamples with this contestant at zero in each: intervals are then distances from it, and its own is a
    /// point. `None` if it has no battle or does not exist.
    pub fn relative_to(&self, contestant: u32) -> Option<Self> {
        let column = self.columns.get(contestant as usize).copied().flatten()?;
        let mut relative = self.clone();
        for draw in relative.draws.chunks_exact_mut(self.rated.max(1)) {
            let level = draw[column];
            draw.iter_mut().for_each(|strength| *strength -= level);
        }
        Some(relative)
    }

    /// Standard deviations over the resamples, in natural log-odds.
    pub fn standard_errors(&self) -> Vec<Option<f64>> {
        let count = self.resamples() as f64;
        self.each(|column| {
            let mean = self.column(column).sum::<f64>() / count;
            (self.column(column).map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt()
        })
    }

    /// The ranks that a contestant has in the middle `level` of the resamples, by strength alone: 1 + the number of
    /// contestants that are stronger there.
    ///
    /// # Errors
    /// A level not strictly between 0 and 1.
    pub fn rank_intervals(&self, level: f64) -> Result<Vec<Option<RankInterval>>, RankingError> {
        check_level(level)?;
        let mut ranks = vec![Vec::with_capacity(self.resamples()); self.rated];
        let mut order: Vec<usize> = (0..self.rated).collect();
        for draw in self.draws.chunks_exact(self.rated.max(1)) {
            order.sort_by(|one, other| draw[*other].total_cmp(&draw[*one]));
            let mut rank = 0;
            for (position, &column) in order.iter().enumerate() {
                if position == 0 || draw[column] < draw[order[position - 1]] {
                    rank = position as u32 + 1;
                }
                ranks[column].push(rank);
            }
        }
        // The tails are cut where at most their share of the resamples lies outside.
        let cut = (self.resamples() as f64 * (1.0 - level) / 2.0).floor() as usize;
        Ok(self.each(|column| {
            let mut ranks = ranks[column].clone();
            ranks.sort_unstable();
            RankInterval { best: ranks[cut], worst: ranks[ranks.len() - 1 - cut] }
        }))
    }

    /// The share of the resamples in which `one` is stronger than `other`; equal strengths count half. `None` if either
    /// has no battle or does not exist.
    pub fn better(&self, one: u32, other: u32) -> Option<f64> {
        let column = |contestant: u32| self.columns.get(contestant as usize).copied().flatten();
        let (one, other) = (column(one)?, column(other)?);
        let pairs = self.column(one).zip(self.column(other));
        let score = |(one, other): (f64, f64)| {
            if one > other { 1.0 } else { f64::from(u8::from(one == other)) / 2.0 }
        };
        Some(pairs.map(score).sum::<f64>() / self.resamples() as f64)
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        self.draws.iter().skip(column).step_by(self.rated.max(1)).copied()
    }

    fn each<T>(&self, read: impl Fn(usize) -> T) -> Vec<Option<T>> {
        self.columns.iter().map(|column| column.map(&read)).collect()
    }
}

fn check_level(level: f64) -> Result<(), RankingError> {
    check_option("level", level, level > 0.0 && level < 1.0, "a number strictly between 0 and 1")
}

/// Between the two nearest of the sorted values, as numpy has it by default.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use plaudit_domain::Outcome;

    use super::*;
    use crate::{BradleyTerryOptions, bradley_terry, bradley_terry::maximise};

    /// A millionth of a point.
    const TOLERANCE: f64 = 1e-6 * std::f64::consts::LN_10 / 400.0;

    /// Every third pair never met; strengths spread by three in natural log-odds.
    fn board(contestants: u32, battles: u64) -> PairCounts {
        let mut counts = PairCounts::new(contestants);
        for (first, second) in (0..contestants).flat_map(|first| (first + 1..contestants).map(move |to| (first, to))) {
            if (first * 7 + second * 5) % 3 == 0 && second != first + 1 {
                continue;
            }
            let lead = 3.0 * f64::from(second - first) / f64::from(contestants);
            let wins = (battles as f64 / (1.0 + lead.exp())).round() as u64;
            counts.add(first, second, Outcome::Left, wins).expect("valid battles");
            counts.add(second, first, Outcome::Left, battles - wins).expect("valid battles");
            counts.add(first, second, Outcome::Tie, u64::from(second % 4)).expect("valid battles");
        }
        counts
    }

    #[test]
    fn every_resample_is_fitted_to_a_millionth_of_a_point() {
        for (contestants, battles) in [(3, 40), (12, 9), (40, 30), (60, 300)] {
            let counts = board(contestants, battles);
            let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).expect("a maximum");
            let options = BootstrapOptions { resamples: 50, seed: 3 };
            let fast = bootstrap(&counts, &fit, &options).expect("resamples");
            assert_eq!(fast.with_prior, 0);
            let problem = Problem::new(&counts, 0.0);
            let observed: Vec<f64> =
                problem.pairs.iter().flat_map(|pair| [pair.first_wins, pair.second_wins, pair.draws]).collect();
            let mut sampler = Sampler::new(&observed, options.resamples);
            let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
            for draw in fast.draws.chunks_exact(fast.rated) {
                let exact =
                    maximise(&problem.with_cells(sampler.draw(&mut random).as_chunks().0), None).expect("a maximum");
                for (fast, exact) in draw.iter().zip(exact.strengths.iter()) {
                    assert!((fast - exact).abs() < TOLERANCE, "{contestants}: {fast} and {exact}");
                }
            }
        }
    }
}
