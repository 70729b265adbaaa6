use serde::{Deserialize, Serialize};

use super::crowd::{Ballot, Choice};

/// How well a model predicts votes that it was not fitted to: log-loss in nats per vote, a tie as half a vote for either
/// side. Guessing ½ scores ln 2 ≈ 0.693; less is better.
///
/// Each voter's votes are dealt into folds, and each fold is predicted from all the others. So a voter's own other votes
/// say what kind of voter it is, as they do when a board is shown to that voter. Holding out whole voters would ask
/// another question, how the next stranger votes, which no knowledge of kinds of voters can answer well.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// −mean of the log-likelihood of a vote.
    pub log_loss: f64,
    /// Standard error of `log_loss`, with voters, not votes, as the independent units. Large, as some voters are harder
    /// to predict than others under any model.
    pub standard_error: f64,
    /// How much larger the loss is than that of the model it is compared with; below zero where this one predicts better.
    pub excess: f64,
    /// Standard error of `excess`, of the differences voter by voter: what makes voters hard for both models cancels.
    pub excess_error: f64,
}

/// Losses per ballot, summed over the folds.
#[derive(Clone)]
pub(super) struct Losses {
    losses: Vec<f64>,
    votes: Vec<f64>,
}

impl Losses {
    pub(super) fn new(ballots: usize) -> Self {
        Self { losses: vec![0.0; ballots], votes: vec![0.0; ballots] }
    }

    /// `chances` of a ballot and a choice: that the first wins, and that the second does.
    pub(super) fn add(&mut self, held: &[Ballot], chances: impl Fn(usize, &Choice) -> (f64, f64)) {
        for (index, ballot) in held.iter().enumerate() {
            for choice in ballot {
                let (first, second) = chances(index, choice);
                // A chance that rounds to zero must not cost an infinity.
                let cost = |chance: f64| -chance.max(f64::MIN_POSITIVE).ln();
                self.losses[index] += choice.first_score() * cost(first) + choice.second_score() * cost(second);
                self.votes[index] += choice.battles();
            }
        }
    }

    /// Nats per vote.
    pub(super) fn mean(&self) -> f64 {
        mean(&self.losses, &self.votes).0
    }

    pub(super) fn against(&self, reference: &Self) -> HeldOut {
        let (log_loss, standard_error) = mean(&self.losses, &self.votes);
        let differences: Vec<f64> =
            self.losses.iter().zip(&reference.losses).map(|(ours, theirs)| ours - theirs).collect();
        let (excess, excess_error) = mean(&differences, &self.votes);
        HeldOut { log_loss, standard_error, excess, excess_error }
    }
}

/// The ratio of the sums and its standard error, linearised, with voters as the units.
fn mean(sums: &[f64], votes: &[f64]) -> (f64, f64) {
    let total: f64 = votes.iter().sum();
    let voters = votes.iter().filter(|votes| **votes > 0.0).count() as f64;
    if total <= 0.0 {
        return (0.0, 0.0);
    }
    let mean = sums.iter().sum::<f64>() / total;
    let squares: f64 = sums.iter().zip(votes).map(|(sum, votes)| (sum - votes * mean).powi(2)).sum();
    (mean, (squares * voters / (voters - 1.0).max(1.0)).sqrt() / total)
}
