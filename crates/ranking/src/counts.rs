use std::collections::BTreeMap;

use plaudit_domain::Outcome;
use serde::{Deserialize, Serialize};

use crate::RankingError;

/// Up to here a table of all pairs (80 bytes each, 11 MB at most) is cheaper than a look-up per battle.
const DENSE_CONTESTANTS: u32 = 512;

/// How often each outcome happened between each two contestants, by the order in which they were shown.
///
/// All that the ratings need to know of the votes: they are the sufficient statistics of the Bradley-Terry model, and
/// the order shown is kept so that position bias can be measured. Contestants are numbers from 0. Pairs that never met
/// take no space, and every iterator goes in the same order however the counts came about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct PairCounts {
    contestants: u32,
    /// By (first, second) with first < second, so that a fit reads a pair at once. No entry is all zeros, so that equal
    /// counts are equal values.
    cells: BTreeMap<(u32, u32), Cell>,
    /// The sum of everything above. As it fits in 64 bits, so does every partial sum.
    total: u64,
}

/// The outcomes of a pair in the order of [`Outcome::ALL`]: with its first on the left, then with its second there.
type Cell = [[u64; 4]; 2];

/// The outcomes of two contestants in one order shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedPair {
    /// Shown on the left.
    pub left: u32,
    /// Shown on the right.
    pub right: u32,
    /// Battles won by the left one.
    pub left_wins: u64,
    /// Battles won by the right one.
    pub right_wins: u64,
    /// Both equally good.
    pub ties: u64,
    /// Neither good enough.
    pub both_bad: u64,
}

/// The outcomes of two contestants in both orders together; `first < second`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnorderedPair {
    /// The contestant with the lower number.
    pub first: u32,
    /// The contestant with the higher number.
    pub second: u32,
    /// Battles won by the first.
    pub first_wins: u64,
    /// Battles won by the second.
    pub second_wins: u64,
    /// Both equally good.
    pub ties: u64,
    /// Neither good enough.
    pub both_bad: u64,
}

impl OrderedPair {
    /// Each outcome with its count, in the order of [`Outcome::ALL`].
    pub fn outcomes(&self) -> [(Outcome, u64); 4] {
        let counts = [self.left_wins, self.right_wins, self.ties, self.both_bad];
        std::array::from_fn(|slot| (Outcome::ALL[slot], counts[slot]))
    }
}

impl UnorderedPair {
    /// How often the two met.
    pub fn battles(&self) -> u64 {
        self.first_wins + self.second_wins + self.ties + self.both_bad
    }

    /// Ties of both kinds, each half a win for either side.
    pub fn draws(&self) -> u64 {
        self.ties + self.both_bad
    }
}

/// One contestant's battles, against everyone and on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Battles won.
    pub wins: u64,
    /// Battles lost.
    pub losses: u64,
    /// Both equally good.
    pub ties: u64,
    /// Neither good enough.
    pub both_bad: u64,
    /// Of all these, how many it stood on the left.
    pub shown_left: u64,
}

impl Record {
    /// How many battles there were.
    pub fn battles(&self) -> u64 {
        self.wins + self.losses + self.ties + self.both_bad
    }

    /// Wins, with either kind of tie as half a win.
    pub fn score(&self) -> f64 {
        self.wins as f64 + (self.ties + self.both_bad) as f64 / 2.0
    }

    /// Score per battle, from 0 to 1; `None` without a battle.
    pub fn win_rate(&self) -> Option<f64> {
        (self.battles() > 0).then(|| self.score() / self.battles() as f64)
    }
}

impl PairCounts {
    /// No battles yet between so many contestants.
    pub fn new(contestants: u32) -> Self {
        Self { contestants, cells: BTreeMap::new(), total: 0 }
    }

    /// Counts `(left, right, outcome)` of each battle; faster than adding them one at a time.
    ///
    /// # Errors
    /// As [`add`](Self::add), for the first battle that is wrong.
    pub fn from_battles(
        contestants: u32,
        battles: impl IntoIterator<Item = (u32, u32, Outcome)>,
    ) -> Result<Self, RankingError> {
        let mut counts = Self::new(contestants);
        if contestants > DENSE_CONTESTANTS {
            for (left, right, outcome) in battles {
                counts.add(left, right, outcome, 1)?;
            }
            return Ok(counts);
        }
        let width = contestants as usize;
        // By order shown, and folded into pairs afterwards: which number is lower is a coin toss that no branch
        // predictor wins, once per battle. Counters so small that the table of some hundred contestants stays in the
        // processor's cache; what they cannot hold is carried over.
        let (mut table, mut low) = (vec![[0_u64; 4]; width * width], vec![[0_u16; 4]; width * width]);
        for (left, right, outcome) in battles {
            check_battle(left, right, contestants)?;
            let (cell, slot) = (left as usize * width + right as usize, slot(outcome));
            let count = &mut low[cell][slot];
            *count = count.wrapping_add(1);
            if *count == 0 {
                table[cell][slot] += 1 << u16::BITS;
            }
        }
        for (count, low) in table.as_flattened_mut().iter_mut().zip(low.as_flattened()) {
            *count += u64::from(*low);
            counts.total += *count;
        }
        let at = |left: u32, right: u32| table[left as usize * width + right as usize];
        let cells = (0..contestants).flat_map(|first| (first + 1..contestants).map(move |second| (first, second)));
        counts.cells = cells
            .map(|(first, second)| ((first, second), [at(first, second), at(second, first)]))
            .filter(|(_, cell)| cell.as_flattened().iter().fold(0, |all, count| all | count) > 0)
            .collect();
        Ok(counts)
    }

    /// How many contestants there are, with or without battles.
    pub fn contestants(&self) -> u32 {
        self.contestants
    }

    /// How many battles were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How often this outcome was given with these two in this order.
    pub fn count(&self, left: u32, right: u32, outcome: Outcome) -> u64 {
        let (pair, order) = place(left, right);
        self.cells.get(&pair).map_or(0, |cell| cell[order][slot(outcome)])
    }

    /// Counts `count` battles more.
    ///
    /// # Errors
    /// A contestant that does not exist, one against itself, or more than `u64::MAX` battles in all. Nothing is
    /// changed then.
    pub fn add(&mut self, left: u32, right: u32, outcome: Outcome, count: u64) -> Result<(), RankingError> {
        self.check(left, right)?;
        self.total = self.total.checked_add(count).ok_or(RankingError::TooMany)?;
        if count > 0 {
            let (pair, order) = place(left, right);
            self.cells.entry(pair).or_default()[order][slot(outcome)] += count;
        }
        Ok(())
    }

    /// Takes back `count` battles, as an undo or an exclusion does.
    ///
    /// # Errors
    /// A contestant that does not exist, one against itself, or fewer battles counted than are to be removed. Nothing
    /// is changed then.
    pub fn remove(&mut self, left: u32, right: u32, outcome: Outcome, count: u64) -> Result<(), RankingError> {
        self.check(left, right)?;
        let counted = self.count(left, right, outcome);
        let rest =
            counted.checked_sub(count).ok_or(RankingError::NotCounted { left, right, outcome, count, counted })?;
        self.total -= count;
        let (pair, order) = place(left, right);
        if let Some(cell) = self.cells.get_mut(&pair) {
            cell[order][slot(outcome)] = rest;
            if *cell == Cell::default() {
                self.cells.remove(&pair);
            }
        }
        Ok(())
    }

    /// Adds all of `other`'s battles.
    ///
    /// # Errors
    /// Another number of contestants, or more than `u64::MAX` battles in all. Nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), RankingError> {
        if other.contestants != self.contestants {
            return Err(RankingError::DifferentContestants { expected: self.contestants, given: other.contestants });
        }
        self.total = self.total.checked_add(other.total).ok_or(RankingError::TooMany)?;
        for (pair, theirs) in &other.cells {
            let ours = self.cells.entry(*pair).or_default();
            for (count, more) in ours.as_flattened_mut().iter_mut().zip(theirs.as_flattened()) {
                *count += more;
            }
        }
        Ok(())
    }

    /// Makes room for contestants that joined later; the numbers of the others stay.
    ///
    /// # Errors
    /// Fewer contestants than there are.
    pub fn grow(&mut self, contestants: u32) -> Result<(), RankingError> {
        if contestants < self.contestants {
            return Err(RankingError::DifferentContestants { expected: self.contestants, given: contestants });
        }
        self.contestants = contestants;
        Ok(())
    }

    /// The pairs that met, apart by order shown. Ascending by pair; where both orders were shown, the one with the lower
    /// number on the left comes first.
    pub fn ordered_pairs(&self) -> impl Iterator<Item = OrderedPair> {
        let orders =
            |(&(first, second), &[here, there]): (&(u32, u32), &Cell)| [(first, second, here), (second, first, there)];
        let shown = |&(.., counts): &(u32, u32, [u64; 4])| counts != [0; 4];
        self.cells.iter().flat_map(orders).filter(shown).map(
            |(left, right, [left_wins, right_wins, ties, both_bad])| OrderedPair {
                left,
                right,
                left_wins,
                right_wins,
                ties,
                both_bad,
            },
        )
    }

    /// The pairs that met, both orders together, ascending by (first, second).
    pub fn pairs(&self) -> impl Iterator<Item = UnorderedPair> {
        self.cells.iter().map(|(&(first, second), [here, there])| UnorderedPair {
            first,
            second,
            first_wins: here[0] + there[1],
            second_wins: here[1] + there[0],
            ties: here[2] + there[2],
            both_bad: here[3] + there[3],
        })
    }

    /// Every contestant's record, in one pass; one entry per contestant.
    pub fn records(&self) -> Vec<Record> {
        let mut records = vec![Record::default(); self.contestants as usize];
        for (pair, (&(first, second), [here, there])) in self.pairs().zip(&self.cells) {
            let UnorderedPair { first_wins, second_wins, ties, both_bad, .. } = pair;
            for (index, wins, losses) in [(first, first_wins, second_wins), (second, second_wins, first_wins)] {
                let record = &mut records[index as usize];
                record.wins += wins;
                record.losses += losses;
                record.ties += ties;
                record.both_bad += both_bad;
            }
            records[first as usize].shown_left += here.iter().sum::<u64>();
            records[second as usize].shown_left += there.iter().sum::<u64>();
        }
        records
    }

    /// One contestant's record. Reads everything: for all of them take [`records`](Self::records).
    ///
    /// # Errors
    /// A contestant that does not exist.
    pub fn record(&self, contestant: u32) -> Result<Record, RankingError> {
        self.check_one(contestant)?;
        Ok(self.records()[contestant as usize])
    }

    fn check_one(&self, index: u32) -> Result<(), RankingError> {
        check_contestant(index, self.contestants)
    }

    fn check(&self, left: u32, right: u32) -> Result<(), RankingError> {
        check_battle(left, right, self.contestants)
    }
}

/// The pair that two contestants are, and which of its two orders this is.
fn place(left: u32, right: u32) -> ((u32, u32), usize) {
    if left < right { ((left, right), 0) } else { ((right, left), 1) }
}

/// Where an outcome stands in a cell: its place in [`Outcome::ALL`].
fn slot(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Left => 0,
        Outcome::Right => 1,
        Outcome::Tie => 2,
        Outcome::BothBad => 3,
    }
}

#[inline]
fn check_contestant(index: u32, contestants: u32) -> Result<(), RankingError> {
    if index < contestants { Ok(()) } else { Err(RankingError::UnknownContestant { index, contestants }) }
}

/// Refuses a battle of contestants that do not exist, or of one against itself.
#[inline]
pub(crate) fn check_battle(left: u32, right: u32, contestants: u32) -> Result<(), RankingError> {
    check_contestant(left, contestants)?;
    check_contestant(right, contestants)?;
    if left == right { Err(RankingError::AgainstItself { index: left }) } else { Ok(()) }
}

/// The serialised form: what a reader sees, checked on the way in.
#[derive(Serialize, Deserialize)]
struct Wire {
    contestants: u32,
    pairs: Vec<OrderedPair>,
}

impl From<PairCounts> for Wire {
    fn from(counts: PairCounts) -> Self {
        Self { contestants: counts.contestants, pairs: counts.ordered_pairs().collect() }
    }
}

impl TryFrom<Wire> for PairCounts {
    type Error = RankingError;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let mut counts = Self::new(wire.contestants);
        for pair in wire.pairs {
            counts.add(pair.left, pair.right, Outcome::Left, pair.left_wins)?;
            counts.add(pair.left, pair.right, Outcome::Right, pair.right_wins)?;
            counts.add(pair.left, pair.right, Outcome::Tie, pair.ties)?;
            counts.add(pair.left, pair.right, Outcome::BothBad, pair.both_bad)?;
        }
        Ok(counts)
    }
}
