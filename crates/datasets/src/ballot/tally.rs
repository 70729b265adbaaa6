use std::collections::{BTreeMap, HashMap};

use plaudit_domain::Outcome;

/// Up to so many contestants a table of all ordered pairs (8 bytes each, 8 MiB at most) is cheaper than a look-up.
const DENSE: u32 = 1024;

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
    /// Counts so small that those of a few hundred contestants stay in the processor's cache, where votes on pairs in
    /// no order find them; what does not fit is carried over to `rest`.
    table: Vec<[u16; 4]>,
    rest: HashMap<(u32, u32), [u64; 4], foldhash::fast::FixedState>,
}

impl PairTally {
    /// Counts one vote.
    #[inline]
    pub fn add(&mut self, left: u32, right: u32, outcome: Outcome) {
        let highest = left.max(right);
        if highest >= self.contestants {
            self.contestants = highest + 1;
            self.widen();
        }
        self.total += 1;
        if highest >= self.width {
            self.rest.entry((left, right)).or_default()[outcome as usize] += 1;
            return;
        }
        let count = &mut self.table[(left * self.width + right) as usize][outcome as usize];
        match count.checked_add(1) {
            Some(more) => *count = more,
            None => {
                self.rest.entry((left, right)).or_default()[outcome as usize] += u64::from(*count) + 1;
                *count = 0;
            }
        }
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
        let mut all: BTreeMap<(u32, u32), [u64; 4]> = self.rest.iter().map(|(pair, counts)| (*pair, *counts)).collect();
        for (place, small) in self.table.iter().enumerate().filter(|(_, small)| **small != [0; 4]) {
            let place = place as u32;
            let counts = all.entry((place / self.width, place % self.width)).or_default();
            for (count, more) in counts.iter_mut().zip(small) {
                *count += u64::from(*more);
            }
        }
        let each = |((left, right), counts): ((u32, u32), [u64; 4])| {
            Outcome::ALL.map(|outcome| (left, right, outcome, counts[outcome as usize]))
        };
        all.into_iter().flat_map(each).filter(|(.., count)| *count > 0).collect()
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
        // Each of them goes through a table of a million pairs.
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn it_counts_what_was_added_in_whatever_order(
            votes in vec((0..1200_u32, 0..1200_u32, 0..4_usize), 0..200),
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

    #[test]
    fn more_votes_than_a_small_count_holds_are_carried_over() {
        let mut tally = PairTally::default();
        for vote in 0..200_000_u32 {
            tally.add(vote % 2, 2, Outcome::Tie);
        }
        assert_eq!(tally.counts(), [(0, 2, Outcome::Tie, 100_000), (1, 2, Outcome::Tie, 100_000)]);
    }
}
