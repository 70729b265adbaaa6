use std::cmp::Ordering;

use nalgebra::DVector;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

use crate::{
    RankingError,
    bradley_terry::{maximise, softplus},
    voters::{
        crowd::{Ballot, Crowd, log_likelihood},
        own::own,
        random::weighted,
    },
};

/// Iterations that every start gets before the best is chosen.
const SHORT_RUN: usize = 12;

const MAX_ITERATIONS: usize = 1000;

/// An iteration that gains less, in nats over all votes, is the last.
const LAST_GAIN: f64 = 1e-6;

/// Variance of the departures of a voter's own strengths from the crowd's, where a start is drawn: wide enough to show
/// what is particular about the voter.
const START_VARIANCE: f64 = 1.0;

/// What is estimated. Strengths are natural log-odds with mean zero.
#[derive(Clone)]
pub(super) struct State {
    pub(super) strengths: Vec<DVector<f64>>,
    pub(super) weights: Vec<f64>,
}

/// What follows from a state: per ballot the groups' posterior probabilities.
pub(super) struct Expectation {
    pub(super) shares: Vec<Vec<f64>>,
    pub(super) log_likelihood: f64,
    /// With the priors.
    objective: f64,
}

/// A run of the algorithm.
pub(super) struct Em {
    pub(super) state: State,
    pub(super) expectation: Expectation,
    pub(super) trace: Vec<f64>,
    pub(super) is_converged: bool,
}

pub(super) fn best_of_restarts(crowd: &Crowd, groups: usize, restarts: u32, seed: u64) -> Result<Em, RankingError> {
    let everyone = crowd.fit()?.strengths;
    if groups == 1 {
        let em = Em::new(crowd, State { strengths: vec![everyone], weights: vec![1.0] });
        return Ok(Em { is_converged: true, ..em });
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let starts = Starts::new(crowd, everyone)?;
    let mut best: Option<Em> = None;
    for _ in 0..restarts {
        let mut em = Em::new(crowd, starts.draw(crowd, groups, &mut random));
        em.run(crowd, SHORT_RUN)?;
        if best.as_ref().is_none_or(|best| em.expectation.objective > best.expectation.objective) {
            best = Some(em);
        }
    }
    let mut best = best.ok_or(RankingError::NotConverged { iterations: 0, gradient_norm: 0.0 })?;
    best.run(crowd, MAX_ITERATIONS)?;
    Ok(best)
}

impl Em {
    fn new(crowd: &Crowd, state: State) -> Self {
        let expectation = state.expectation(crowd);
        Self { trace: vec![expectation.objective], state, expectation, is_converged: false }
    }

    fn run(&mut self, crowd: &Crowd, iterations: usize) -> Result<(), RankingError> {
        for _ in 0..iterations {
            if self.is_converged {
                break;
            }
            self.state = self.state.maximised(crowd, &self.expectation)?;
            let before = self.expectation.objective;
            self.expectation = self.state.expectation(crowd);
            self.trace.push(self.expectation.objective);
            self.is_converged = self.expectation.objective - before < LAST_GAIN;
        }
        Ok(())
    }
}

impl State {
    fn groups(&self) -> usize {
        self.weights.len()
    }

    fn expectation(&self, crowd: &Crowd) -> Expectation {
        // The logarithms of both chances, once per pair and not once per voter.
        let tables: Vec<Vec<[f64; 2]>> = self
            .strengths
            .iter()
            .map(|strengths| {
                let pairs = crowd.problem.pairs.iter();
                let leads = pairs.map(|pair| strengths[pair.first] - strengths[pair.second]);
                leads.map(|lead| [-softplus(-lead), -softplus(lead)]).collect()
            })
            .collect();
        let mut log_likelihood = 0.0;
        let mut shares = Vec::with_capacity(crowd.ballots.len());
        for ballot in &crowd.ballots {
            let joint = tables.iter().zip(&self.weights).map(|(table, weight)| {
                let likelihood = ballot.iter().map(|choice| {
                    let [wins, loses] = table[choice.pair];
                    choice.first_score() * wins + choice.second_score() * loses
                });
                weight.ln() + likelihood.sum::<f64>()
            });
            let mut joint: Vec<f64> = joint.collect();
            let largest = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            joint.iter_mut().for_each(|entry| *entry = (*entry - largest).exp());
            let sum: f64 = joint.iter().sum();
            joint.iter_mut().for_each(|entry| *entry /= sum);
            log_likelihood += largest + sum.ln();
            shares.push(joint);
        }
        let strengths = self.strengths.iter().map(DVector::norm_squared).sum::<f64>();
        let weights = self.weights.iter().map(|weight| weight.ln()).sum::<f64>() / self.groups() as f64;
        let objective = log_likelihood + weights - crowd.problem.penalty / 2.0 * strengths;
        Expectation { shares, log_likelihood, objective }
    }

    /// The M-step. Voters without votes have the weights for shares and leave them as they are.
    fn maximised(&self, crowd: &Crowd, expectation: &Expectation) -> Result<Self, RankingError> {
        let groups = self.groups();
        let mut next = Self { strengths: Vec::with_capacity(groups), weights: Vec::with_capacity(groups) };
        let voters = crowd.ballots.len() as f64;
        for (group, strengths) in self.strengths.iter().enumerate() {
            let shares: Vec<f64> = expectation.shares.iter().map(|shares| shares[group]).collect();
            next.weights.push((shares.iter().sum::<f64>() + 1.0 / groups as f64) / (voters + 1.0));
            let start = crowd.everywhere(strengths);
            next.strengths.push(maximise(&crowd.weighted(&shares), Some(&start))?.strengths);
        }
        Ok(next)
    }

    /// The groups from the heaviest to the lightest.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.groups()).collect();
        let strengths = |one: usize, other: usize| {
            let mut pairs = self.strengths[one].iter().zip(self.strengths[other].iter());
            pairs.find_map(|(one, other)| Some(other.total_cmp(one)).filter(|order| order.is_ne()))
        };
        order.sort_by(|&one, &other| {
            let by_weight = self.weights[other].total_cmp(&self.weights[one]);
            by_weight.then_with(|| strengths(one, other).unwrap_or(Ordering::Equal))
        });
        order
    }

    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        Self {
            strengths: order.iter().map(|&group| self.strengths[group].clone()).collect(),
            weights: order.iter().map(|&group| self.weights[group]).collect(),
        }
    }
}

/// Voters as centres to start from.
struct Starts {
    everyone: DVector<f64>,
    /// Per ballot its own strengths, and how well they fit it.
    own: Vec<(DVector<f64>, f64)>,
}

impl Starts {
    fn new(crowd: &Crowd, everyone: DVector<f64>) -> Result<Self, RankingError> {
        let fit = |ballot: &Ballot| {
            let mut strengths = everyone.clone();
            own(ballot, &everyone, START_VARIANCE, None)?.shift(&mut strengths);
            let fit = log_likelihood(ballot, &strengths);
            Ok((strengths, fit))
        };
        Ok(Self { own: crowd.ballots.iter().map(fit).collect::<Result<_, RankingError>>()?, everyone })
    }

    fn draw(&self, crowd: &Crowd, groups: usize, random: &mut Xoshiro256PlusPlus) -> State {
        let weights = vec![1.0 / groups as f64; groups];
        if self.own.is_empty() {
            return State { strengths: vec![self.everyone.clone(); groups], weights };
        }
        let misfit = |strengths: &DVector<f64>| -> Vec<f64> {
            let pairs = crowd.ballots.iter().zip(&self.own);
            pairs.map(|(ballot, (_, best))| (best - log_likelihood(ballot, strengths)).max(0.0)).collect()
        };
        let mut least = misfit(&self.everyone);
        let mut strengths = Vec::with_capacity(groups);
        for group in 0..groups {
            let centre = &self.own[weighted(random, &least)].0;
            let to_centre = misfit(centre);
            // The first centre replaces the crowd, the others join those before them.
            if group == 0 {
                least = to_centre;
            } else {
                least.iter_mut().zip(to_centre).for_each(|(least, to_centre)| *least = least.min(to_centre));
            }
            strengths.push(centre.clone());
        }
        State { strengths, weights }
    }
}
