use nalgebra::DVector;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

use super::random::{below, shuffle};
use crate::{
    PairCounts, RankingError,
    bradley_terry::{Problem, Solution, maximise, softplus},
    error::check_option,
};

/// All voters over the contestants that have battles, renumbered without gaps.
///
/// The ballots stand in an order that depends only on what they say. Whatever is summed or drawn goes through them in
/// that order, so that no result depends on the order in which the voters were given.
pub(super) struct Crowd {
    /// With everyone's votes.
    pub(super) problem: Problem,
    pub(super) ballots: Vec<Ballot>,
    /// Per ballot the number of its voter.
    pub(super) voters: Vec<usize>,
}

/// One voter's votes, ascending by pair.
pub(super) type Ballot = Vec<Choice>;

/// One voter's votes between two contestants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    /// Its place in `Problem::pairs`.
    pub(super) pair: usize,
    pub(super) first: usize,
    pub(super) second: usize,
    /// Wins of the first, wins of the second, ties of both kinds.
    pub(super) cells: [f64; 3],
}

impl Choice {
    pub(super) fn battles(&self) -> f64 {
        self.cells.iter().sum()
    }

    pub(super) fn first_score(&self) -> f64 {
        self.cells[0] + self.cells[2] / 2.0
    }

    pub(super) fn second_score(&self) -> f64 {
        self.cells[1] + self.cells[2] / 2.0
    }

    /// The log-likelihood of these votes where the first leads by so many natural log-odds.
    pub(super) fn log_likelihood(&self, lead: f64) -> f64 {
        -self.first_score() * softplus(-lead) - self.second_score() * softplus(lead)
    }
}

/// How many battles a ballot holds.
pub(super) fn battles(ballot: &Ballot) -> f64 {
    ballot.iter().map(Choice::battles).sum()
}

impl Crowd {
    /// `penalty` is that of every fit of this crowd.
    pub(super) fn new(voters: &[PairCounts], penalty: f64) -> Result<Self, RankingError> {
        check_option("penalty", penalty, penalty > 0.0, "a positive number")?;
        let mut everyone = PairCounts::new(voters.first().map_or(0, PairCounts::contestants));
        voters.iter().try_for_each(|voter| everyone.merge(voter))?;
        let problem = Problem::new(&everyone, penalty);
        let places = problem.places();
        let ballot = |voter: &PairCounts| -> Ballot {
            let choice = |pair: crate::UnorderedPair| {
                let (first, second) = (places[pair.first as usize]?, places[pair.second as usize]?);
                let place = problem.pairs.binary_search_by_key(&(first, second), |pair| (pair.first, pair.second));
                let cells = [pair.first_wins as f64, pair.second_wins as f64, pair.draws() as f64];
                place.ok().map(|pair| Choice { pair, first, second, cells })
            };
            voter.pairs().filter_map(choice).collect()
        };
        let mut ballots: Vec<(usize, Ballot)> = voters.iter().map(ballot).enumerate().collect();
        let key = |ballot: &Ballot| -> Vec<(usize, [u64; 3])> {
            ballot.iter().map(|choice| (choice.pair, choice.cells.map(f64::to_bits))).collect()
        };
        ballots.sort_by_cached_key(|(_, ballot)| key(ballot));
        let (voters, ballots) = ballots.into_iter().unzip();
        Ok(Self { problem, ballots, voters })
    }

    /// The same contestants and pairs with other ballots, one per ballot of this.
    pub(super) fn with_ballots(&self, ballots: Vec<Ballot>) -> Self {
        let weights = vec![1.0; ballots.len()];
        let problem = self.problem.with_cells(&cells(&self.problem, &ballots, &weights));
        Self { problem, ballots, voters: self.voters.clone() }
    }

    /// Everyone's votes, each voter's counted with a weight.
    pub(super) fn weighted(&self, weights: &[f64]) -> Problem {
        self.problem.with_cells(&cells(&self.problem, &self.ballots, weights))
    }

    /// The board of all votes together.
    pub(super) fn fit(&self) -> Result<Solution, RankingError> {
        maximise(&self.problem, None)
    }

    /// From one value per rated contestant to one per contestant, zero for the others: where a fit may begin.
    pub(super) fn everywhere(&self, strengths: &DVector<f64>) -> Vec<f64> {
        self.problem.spread(strengths.as_slice()).into_iter().map(Option::unwrap_or_default).collect()
    }

    /// From one value per ballot to one per voter.
    pub(super) fn in_order_of_voters<T>(&self, values: Vec<T>) -> Vec<T> {
        let mut placed: Vec<(usize, T)> = self.voters.iter().copied().zip(values).collect();
        placed.sort_by_key(|(voter, _)| *voter);
        placed.into_iter().map(|(_, value)| value).collect()
    }

    /// Deals every voter's votes into so many folds, equal up to one vote per fold, and returns per fold the crowd without
    /// it and the ballots in it. Costs O(cells), however many votes there are.
    pub(super) fn folds(&self, folds: u32, seed: u64) -> Result<Vec<(Self, Vec<Ballot>)>, RankingError> {
        check_option("folds", f64::from(folds), folds >= 2, "a number of at least 2")?;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let count = folds as usize;
        let mut held = vec![Vec::with_capacity(self.ballots.len()); count];
        for ballot in &self.ballots {
            let mut dealt: Vec<Ballot> =
                vec![ballot.iter().map(|choice| Choice { cells: [0.0; 3], ..*choice }).collect(); count];
            // What does not divide evenly goes round, in an order drawn anew for each voter.
            let mut rest = Vec::new();
            for (place, choice) in ballot.iter().enumerate() {
                for (cell, votes) in choice.cells.iter().enumerate() {
                    let each = (votes / f64::from(folds)).floor();
                    dealt.iter_mut().for_each(|fold| fold[place].cells[cell] = each);
                    let left = (votes - each * f64::from(folds)).max(0.0) as usize;
                    rest.extend(std::iter::repeat_n((place, cell), left.min(count)));
                }
            }
            shuffle(&mut random, &mut rest);
            let first = below(&mut random, count);
            for (turn, (place, cell)) in rest.into_iter().enumerate() {
                dealt[(first + turn) % count][place].cells[cell] += 1.0;
            }
            for (fold, mut dealt) in held.iter_mut().zip(dealt) {
                dealt.retain(|choice| choice.battles() > 0.0);
                fold.push(dealt);
            }
        }
        let folds = held.into_iter().map(|held| {
            let training = self.ballots.iter().zip(&held).map(|(all, held)| subtract(all, held)).collect();
            (self.with_ballots(training), held)
        });
        Ok(folds.collect())
    }
}

fn cells(problem: &Problem, ballots: &[Ballot], weights: &[f64]) -> Vec<[f64; 3]> {
    let mut cells = vec![[0.0; 3]; problem.pairs.len()];
    for (ballot, weight) in ballots.iter().zip(weights) {
        for choice in ballot {
            let sums = cells[choice.pair].iter_mut();
            sums.zip(choice.cells).for_each(|(sum, votes)| *sum += weight * votes);
        }
    }
    cells
}

/// What of a ballot is not in a part of it.
fn subtract(all: &Ballot, part: &Ballot) -> Ballot {
    let mut rest = all.clone();
    for choice in part {
        if let Ok(place) = rest.binary_search_by_key(&choice.pair, |choice| choice.pair) {
            rest[place].cells.iter_mut().zip(choice.cells).for_each(|(left, taken)| *left -= taken);
        }
    }
    rest.retain(|choice| choice.battles() > 0.0);
    rest
}

/// By how much a choice's first leads at these strengths.
pub(super) fn lead_of(strengths: &DVector<f64>, choice: &Choice) -> f64 {
    strengths[choice.first] - strengths[choice.second]
}

/// The log-likelihood of a ballot at these strengths.
pub(super) fn log_likelihood(ballot: &Ballot, strengths: &DVector<f64>) -> f64 {
    ballot.iter().map(|choice| choice.log_likelihood(lead_of(strengths, choice))).sum()
}
