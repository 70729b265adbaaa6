use std::collections::HashMap;

use plaudit_domain::Outcome;

/// Up to so many contestants a table of all ordered pairs (32 bytes each, 8 MiB at most) is cheaper than a look-up.
const DENSE: u32 = 512;

/// Counts of votes by who was shown left, who right, and the answer, of contestants that become known only as the
/// votes come. What a board needs of 20 million votes is as small as of a thousand.
///
/// ```
/// # use plaudit_datasets::PairTally;
/// # use plaudit_domain::Outcome;
/// let mut tally = PairTally::default();
/// tally.add(0, 2, Outcome::Left);
/// tally.add(0, 2, Outcome::Left);
/// tally.add(2, 0, Outcome::Tie);
/// assert_eq!(tally.counts(), [(0, 2, Outcome::Left, 2), (2, 0, Outcome::Tie, 1)]);
/// assert_eq!((tally.contestants(), tally.total()), (3, 3));
/// ```
#[derive(Debug, Clone, Default)]
pub struct PairTally {
    contestants: u32,
    total: u64,
    /// A power of two, so that the table grows seldom.
    width: u32,
    table: Vec<[u64; 4]>,
    /// The pairs with a number beyond the table.
    rest: HashMap<(u32, u32), [u64; 4], foldhash::fast::FixedState>,
}

impl PairTally {
    /// Counts one vote.
    pub fn add(&mut self, left: u32, right: u32, outcome: Outcome) {
        let highest = left.max(right);
        if highest >= self.contestants {
            self.contestants = highest + 1;
            self.widen();
        }
        self.total += 1;
        let cell = if highest < self.width {
            &mut self.table[(left * self.width + right) as usize]
        } else {
            self.rest.entry((left, right)).or_default()
        };
        cell[outcome as usize] += 1;
    }

    /// One more than the highest number seen.
    pub fn contestants(&self) -> u32 {
        self.contestants
    }

    /// How many votes were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Every `(left, right, outcome, count)` that occurred, in ascending order: what `PairCounts::add` takes.
    pub fn counts(&self) -> Vec<(u32, u32, Outcome, u64)> {
        let dense = self.table.iter().enumerate().map(|(place, cell)| {
            let place = place as u32;
            ((place / self.width, place % self.width), cell)
        });
        let rest = self.rest.iter().map(|(pair, cell)| (*pair, cell));
        let mut counts: Vec<_> = dense
            .chain(rest)
            .flat_map(|((left, right), cell)| {
                Outcome::ALL.map(|outcome| (left, right, outcome, cell[outcome as usize]))
            })
            .filter(|(.., count)| *count > 0)
            .collect();
        counts.sort_unstable();
        counts
    }

    fn widen(&mut self) {
        let width = self.contestants.min(DENSE).next_power_of_two();
        if width <= self.width {
            return;
        }
        let mut table = vec![[0; 4]; (width * width) as usize];
        for (place, cell) in self.table.iter().enumerate() {
            let place = place as u32;
            table[(place / self.width * width + place % self.width) as usize] = *cell;
        }
        (self.width, self.table) = (width, table);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        // Each of them goes through tables of a quarter of a million pairs.
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn it_counts_what_was_added_in_whatever_order(
            votes in vec((0..700_u32, 0..700_u32, 0..4_usize), 0..200),
            rotation: prop::sample::Index,
        ) {
            let of = |votes: &[(u32, u32, usize)]| {
                let mut tally = PairTally::default();
                for &(left, right, outcome) in votes {
                    tally.add(left, right, Outcome::ALL[outcome]);
                }
                tally
            };
            let counts = of(&votes).counts();
            let mut rotated = votes.clone();
            if !rotated.is_empty() {
                let by = rotation.index(rotated.len());
                rotated.rotate_left(by);
            }
            prop_assert_eq!(&of(&rotated).counts(), &counts);
            prop_assert_eq!(of(&votes).total(), votes.len() as u64);
            for (left, right, outcome, count) in counts {
                let same = votes.iter().filter(|vote| (vote.0, vote.1, Outcome::ALL[vote.2]) == (left, right, outcome));
                prop_assert_eq!(count, same.count() as u64);
            }
        }
    }
}
