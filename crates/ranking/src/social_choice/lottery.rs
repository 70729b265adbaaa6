use microlp::{ComparisonOp, OptimizationDirection, Problem};

use super::Tournament;
use crate::{RankingError, error::check_option};

/// A mixture of contestants, as a move in the game in which two sides each pick one and the voters' margin decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Lottery {
    /// Per contestant its probability; `None` without a battle.
    pub probabilities: Vec<Option<f64>>,
    /// The most that any single contestant gains against the mixture, as margin of shares (−½ to ½): 0 where nothing beats
    /// it. Of a regularised game, what the regularisation costs.
    pub exploitability: f64,
    /// The contestant that beats every other one, if there is one.
    pub condorcet_winner: Option<u32>,
    /// Steps made by the iterative methods; 0 for the others.
    pub iterations: u32,
}

impl Lottery {
    fn of(tournament: &Tournament, probabilities: &[f64], iterations: u32) -> Self {
        let size = tournament.size();
        let gain = |row: usize| (0..size).map(|column| probabilities[column] * margin(tournament, row, column)).sum();
        let exploitability = (0..size).map(gain).fold(0.0, f64::max);
        Self {
            probabilities: tournament.spread(probabilities),
            exploitability,
            condorcet_winner: condorcet_winner(tournament).map(|place| tournament.index(place)),
            iterations,
        }
    }
}

/// From −½ to ½.
fn margin(tournament: &Tournament, row: usize, column: usize) -> f64 {
    if row == column { 0.0 } else { tournament.share(row, column) - 0.5 }
}

fn condorcet_winner(tournament: &Tournament) -> Option<usize> {
    let wins = |row: usize| (0..tournament.size()).all(|column| column == row || tournament.share(row, column) > 0.5);
    (0..tournament.size()).find(|&row| wins(row))
}

/// The maximal lottery: the mixture that no contestant beats in expectation (the minimax winner of the symmetric zero-sum
/// game over margins of shares). A Condorcet winner is the whole of it; otherwise it is a linear programme's answer, which
/// need not be the only one where margins tie.
///
/// Sources: P. C. Fishburn, *Probabilistic Social Choice Based on Simple Voting Comparisons*, Review of Economic Studies 51
/// (1984); as the solution concept of learning from preferences, G. Swamy et al., *A Minimaximalist Approach to
/// Reinforcement Learning from Human Feedback* (SPO, 2024).
///
/// # Errors
/// [`RankingError::LinearProgramme`] when the solver gives up.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, Tournament, maximal_lottery};
///
/// let mut counts = PairCounts::new(3);
/// for (winner, loser) in [(0, 1), (1, 2), (2, 0)] {
///     counts.add(winner, loser, Outcome::Left, 3)?;
///     counts.add(winner, loser, Outcome::Right, 1)?;
/// }
/// let lottery = maximal_lottery(&Tournament::new(&counts))?;
/// assert!(lottery.probabilities.iter().flatten().all(|share| (share - 1.0 / 3.0).abs() < 1e-9));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn maximal_lottery(tournament: &Tournament) -> Result<Lottery, RankingError> {
    let size = tournament.size();
    let mut probabilities = vec![0.0; size];
    if let Some(winner) = condorcet_winner(tournament) {
        probabilities[winner] = 1.0;
    } else if size > 0 {
        // The value of the game is 0, so all that is asked is that every contestant gains nothing. As the objective,
        // the largest of the gains that remain: 0 but for rounding.
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let worst = problem.add_var(1.0, (0.0, 1.0));
        let shares: Vec<_> = (0..size).map(|_| problem.add_var(0.0, (0.0, 1.0))).collect();
        problem.add_constraint(shares.iter().map(|share| (*share, 1.0)).collect::<Vec<_>>(), ComparisonOp::Eq, 1.0);
        for row in 0..size {
            let mut terms: Vec<_> = shares
                .iter()
                .enumerate()
                .map(|(column, share)| (*share, margin(tournament, row, column)))
                .filter(|(_, margin)| *margin != 0.0)
                .collect();
            terms.push((worst, -1.0));
            problem.add_constraint(terms, ComparisonOp::Le, 0.0);
        }
        let solved = problem.solve().map_err(|error| RankingError::LinearProgramme { reason: error.to_string() })?;
        let unsolved = || RankingError::LinearProgramme { reason: "the solver stopped early".to_owned() };
        let solution = solved.solution().ok_or_else(unsolved)?;
        for (probability, share) in probabilities.iter_mut().zip(&shares) {
            *probability = solution.var_value(*share).max(0.0);
        }
        let sum: f64 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|probability| *probability /= sum);
    }
    Ok(Lottery::of(tournament, &probabilities, 0))
}

/// Steps of the extragradient method after which it gives up; it needs some hundreds.
const MOST_STEPS: u32 = 200_000;

/// The Nash equilibrium of the game with a price of `price`·KL(mixture ‖ even mixture) for either side, by the extragradient
/// method, whose last iterate converges linearly. As the price goes to 0 it goes to a maximal lottery.
///
/// With margins M and price τ a step is p′ ∝ p^(1−ητ)·exp(ηMp), then p ∝ p^(1−ητ)·exp(ηMp′), η = 1/(1 + τ). It ends when the
/// duality gap τ·log Σ exp((Mp)ᵢ/τ)/m + τ·KL(p ‖ even), which bounds what either side could gain, is at most 10⁻¹⁰.
///
/// Sources: G. M. Korpelevich, *The extragradient method for finding saddle points* (1976); as preference optimisation,
/// R. Zhou, M. Fazel, S. S. Du, *Extragradient Preference Optimization (EGPO)* (2025).
///
/// # Errors
/// A price that is not positive; [`RankingError::NotConverged`] with a price so small that the steps do not suffice.
pub fn regularised_nash(tournament: &Tournament, price: f64) -> Result<Lottery, RankingError> {
    check_option("price", price, price > 0.0, "a positive number")?;
    let size = tournament.size();
    if size == 0 {
        return Ok(Lottery::of(tournament, &[], 0));
    }
    let step = 1.0 / (1.0 + price);
    let mut logs = vec![-(size as f64).ln(); size];
    for iterations in 0..MOST_STEPS {
        let mixture = exponentials(&logs);
        let gains = gains(tournament, &mixture);
        if duality_gap(&mixture, &gains, price) <= 1e-10 {
            return Ok(Lottery::of(tournament, &mixture, iterations));
        }
        let half = exponentials(&moved(&logs, &gains, step, price));
        logs = moved(&logs, &self::gains(tournament, &half), step, price);
    }
    Err(RankingError::NotConverged { iterations: MOST_STEPS, gradient_norm: 0.5 })
}

/// The mean of the mixtures that self-play by multiplicative weights goes through in so many steps of 1/√steps: a maximal
/// lottery up to an exploitability of about 1/√steps. With the preferences of voters it is what SPPO does to a policy.
///
/// Sources: Y. Freund and R. E. Schapire, *Adaptive game playing using multiplicative weights* (1999); Y. Wu et al.,
/// *Self-Play Preference Optimization for Language Model Alignment* (SPPO, 2024).
///
/// # Errors
/// No steps.
pub fn self_play(tournament: &Tournament, steps: u32) -> Result<Lottery, RankingError> {
    check_option("steps", f64::from(steps), steps > 0, "a number of at least 1")?;
    let size = tournament.size();
    let step = 2.0 / f64::from(steps).sqrt();
    let mut logs = vec![0.0; size];
    let mut mean = vec![0.0; size];
    for _ in 0..steps {
        let mixture = exponentials(&logs);
        for (sum, probability) in mean.iter_mut().zip(&mixture) {
            *sum += probability / f64::from(steps);
        }
        logs = moved(&logs, &gains(tournament, &mixture), step, 0.0);
    }
    Ok(Lottery::of(tournament, &mean, steps))
}

fn gains(tournament: &Tournament, mixture: &[f64]) -> Vec<f64> {
    let gain =
        |row: usize| mixture.iter().enumerate().map(|(column, share)| share * margin(tournament, row, column)).sum();
    (0..mixture.len()).map(gain).collect()
}

/// Logarithms of weights after a step, up to a constant.
fn moved(logs: &[f64], gains: &[f64], step: f64, price: f64) -> Vec<f64> {
    let moved: Vec<f64> = logs.iter().zip(gains).map(|(log, gain)| log * (1.0 - step * price) + step * gain).collect();
    let largest = moved.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    moved.into_iter().map(|log| log - largest).collect()
}

fn exponentials(logs: &[f64]) -> Vec<f64> {
    let powers: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

fn duality_gap(mixture: &[f64], gains: &[f64], price: f64) -> f64 {
    let size = mixture.len() as f64;
    let largest = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = gains.iter().map(|gain| ((gain - largest) / price).exp()).sum();
    let best = largest + price * (sum / size).ln();
    let divergence: f64 = mixture.iter().filter(|share| **share > 0.0).map(|share| share * (share * size).ln()).sum();
    best + price * divergence
}
