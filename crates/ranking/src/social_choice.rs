//! Rankings that assume no model of how voters answer: from who beats whom, and by how much.
//!
//! All of them read the shares of a [`Tournament`]: of the votes on two contestants, the share that prefers the one, ties
//! of both kinds as half.

mod cycles;
mod kemeny;
mod lottery;
mod scores;

pub use cycles::cycle_report;
pub use kemeny::{Kemeny, kemeny};
pub use lottery::{Lottery, maximal_lottery, regularised_nash, self_play};
pub use scores::{average_win_rates, borda, copeland};

use crate::PairCounts;

/// Shares and numbers of votes between the contestants that have battles, renumbered without gaps.
#[derive(Debug, Clone)]
pub struct Tournament {
    contestants: u32,
    /// Per contestant with battles its number in the counts.
    active: Vec<u32>,
    /// Row-major: the share that prefers the row to the column; ½ where the two never met.
    share: Vec<f64>,
    /// Row-major: votes that prefer the row, ties as half.
    votes: Vec<f64>,
    /// Row-major: votes between the two.
    met: Vec<f64>,
}

impl Tournament {
    /// That of these counts.
    pub fn new(counts: &PairCounts) -> Self {
        let records = counts.records();
        let active: Vec<u32> =
            (0..counts.contestants()).filter(|&index| records[index as usize].battles() > 0).collect();
        let size = active.len();
        let mut place = vec![0; records.len()];
        for (number, &index) in active.iter().enumerate() {
            place[index as usize] = number;
        }
        let mut tournament = Self {
            contestants: counts.contestants(),
            share: vec![0.5; size * size],
            votes: vec![0.0; size * size],
            met: vec![0.0; size * size],
            active,
        };
        for pair in counts.pairs() {
            let (first, second) = (place[pair.first as usize], place[pair.second as usize]);
            let (battles, draws) = (pair.battles() as f64, pair.draws() as f64 / 2.0);
            for (row, column, wins) in [(first, second, pair.first_wins), (second, first, pair.second_wins)] {
                let at = row * size + column;
                tournament.votes[at] = wins as f64 + draws;
                tournament.met[at] = battles;
                tournament.share[at] = tournament.votes[at] / battles;
            }
        }
        tournament
    }

    /// Contestants with battles.
    pub fn size(&self) -> usize {
        self.active.len()
    }

    /// The share of the votes on these two that prefers the row; ½ where they never met. By number without gaps.
    pub(crate) fn share(&self, row: usize, column: usize) -> f64 {
        self.share[row * self.size() + column]
    }

    /// Votes that prefer the row over the column, ties as half.
    pub(crate) fn votes(&self, row: usize, column: usize) -> f64 {
        self.votes[row * self.size() + column]
    }

    /// Votes between the two.
    pub(crate) fn met(&self, row: usize, column: usize) -> f64 {
        self.met[row * self.size() + column]
    }

    /// The number in the counts.
    pub(crate) fn index(&self, place: usize) -> u32 {
        self.active[place]
    }

    /// One value per contestant of the counts, `None` for those without battles.
    pub(crate) fn spread<T: Clone>(&self, values: &[T]) -> Vec<Option<T>> {
        let mut all = vec![None; self.contestants as usize];
        for (&index, value) in self.active.iter().zip(values) {
            all[index as usize] = Some(value.clone());
        }
        all
    }
}
