use std::collections::{BTreeMap, HashMap, HashSet};

use plaudit_app::view_model::Slice;
use plaudit_domain::{ContestantId, DayCounts, Outcome, PairOutcomes, Timestamp, VoteId, VoterId};
use plaudit_ranking::{PairCounts, RankingError};

use crate::store::{ContestantRow, ExclusionRow, VoteRow, WithdrawalRow};

/// An event that does not fit.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A vote names a contestant that its arena does not have.
    #[error("vote {0} names a contestant that the arena does not have")]
    UnknownContestant(VoteId),
    /// The counts refuse an event.
    #[error(transparent)]
    Counts(#[from] RankingError),
}

/// One vote in memory: 32 bytes, so that a million fit in 32 MB.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The vote.
    pub id: VoteId,
    /// Position of the left contestant.
    pub left: u32,
    /// Position of the right contestant.
    pub right: u32,
    /// Days since 1 January 1970, UTC.
    pub day: i32,
    /// The answer.
    pub outcome: Outcome,
    /// Imported from a file.
    pub imported: bool,
    /// Taken back.
    pub withdrawn: bool,
    /// Left out, because its battle's generations could not be reproduced.
    pub excluded: bool,
}

impl Entry {
    /// Whether a board counts it.
    pub fn is_counted(&self) -> bool {
        !self.withdrawn && !self.excluded
    }
}

/// Something that takes a vote off the boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Removal {
    Withdrawal,
    Exclusion,
}

/// The votes of one arena, in log order, and the pair counts they reduce to.
#[derive(Debug)]
pub struct ArenaLog {
    contestants: Vec<ContestantRow>,
    position: HashMap<ContestantId, u32>,
    entries: Vec<Entry>,
    removals: u64,
    /// Votes that are left out and were not taken back.
    excluded: u64,
    /// Removals seen before their vote: another server's events may arrive in either order.
    orphans: HashSet<(VoteId, Removal)>,
    here: Tally,
    imported: Tally,
}

#[derive(Debug)]
struct Tally {
    counts: PairCounts,
    voters: HashSet<VoterId>,
    votes: u64,
}

const DAY_MILLIS: i64 = 86_400_000;

fn day_of(time: Timestamp) -> i32 {
    i32::try_from(time.0.div_euclid(DAY_MILLIS)).unwrap_or_default()
}

impl Tally {
    fn new(contestants: usize) -> Self {
        Self { counts: PairCounts::new(contestants as u32), voters: HashSet::new(), votes: 0 }
    }
}

impl ArenaLog {
    /// An empty log.
    pub fn new(contestants: Vec<ContestantRow>) -> Self {
        let mut log = Self {
            contestants: Vec::new(),
            position: HashMap::new(),
            entries: Vec::new(),
            removals: 0,
            excluded: 0,
            orphans: HashSet::new(),
            here: Tally::new(0),
            imported: Tally::new(0),
        };
        log.set_contestants(contestants);
        log
    }

    /// Adds contestants that are new and renews what is known of the others. Positions never change.
    pub fn set_contestants(&mut self, contestants: Vec<ContestantRow>) {
        for contestant in contestants {
            match self.position.get(&contestant.id) {
                Some(position) => self.contestants[*position as usize] = contestant,
                None => {
                    self.position.insert(contestant.id, self.contestants.len() as u32);
                    self.contestants.push(contestant);
                }
            }
        }
        for tally in [&mut self.here, &mut self.imported] {
            // Cannot fail: contestants are only ever added.
            if let Err(error) = tally.counts.grow(self.contestants.len() as u32) {
                tracing::error!(%error, "the counts cannot grow");
            }
        }
    }

    /// Takes events in. An event already known does nothing, so this may be called with overlapping pieces of the log.
    ///
    /// # Errors
    /// [`LogError`]; events before the one at fault are taken in.
    pub fn apply(
        &mut self,
        votes: &[VoteRow],
        withdrawals: &[WithdrawalRow],
        exclusions: &[ExclusionRow],
    ) -> Result<(), LogError> {
        for vote in votes {
            self.apply_vote(vote)?;
        }
        for withdrawal in withdrawals {
            self.remove(withdrawal.vote, Removal::Withdrawal)?;
        }
        for exclusion in exclusions {
            self.remove(exclusion.vote, Removal::Exclusion)?;
        }
        Ok(())
    }

    fn apply_vote(&mut self, vote: &VoteRow) -> Result<(), LogError> {
        // Events arrive nearly in order, so the place is nearly always the end.
        let place = match self.entries.last() {
            Some(last) if last.id >= vote.id => match self.entries.binary_search_by_key(&vote.id, |entry| entry.id) {
                Ok(_) => return Ok(()),
                Err(place) => place,
            },
            _ => self.entries.len(),
        };
        let position = |id| self.position.get(&id).copied().ok_or(LogError::UnknownContestant(vote.id));
        let (left, right) = (position(vote.left)?, position(vote.right)?);
        let tally = if vote.imported { &mut self.imported } else { &mut self.here };
        tally.counts.add(left, right, vote.outcome, 1)?;
        tally.votes += 1;
        tally.voters.insert(vote.voter);
        let VoteRow { id, outcome, imported, .. } = *vote;
        let day = day_of(vote.cast_at);
        self.entries
            .insert(place, Entry { id, left, right, day, outcome, imported, withdrawn: false, excluded: false });
        for removal in [Removal::Withdrawal, Removal::Exclusion] {
            if self.orphans.remove(&(id, removal)) {
                self.remove(id, removal)?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, vote: VoteId, removal: Removal) -> Result<(), LogError> {
        let Ok(place) = self.entries.binary_search_by_key(&vote, |entry| entry.id) else {
            self.orphans.insert((vote, removal));
            return Ok(());
        };
        let entry = self.entries[place];
        let known = match removal {
            Removal::Withdrawal => entry.withdrawn,
            Removal::Exclusion => entry.excluded,
        };
        if known {
            return Ok(());
        }
        // A vote can be both taken back and left out; it leaves the counts once.
        if entry.is_counted() {
            let tally = if entry.imported { &mut self.imported } else { &mut self.here };
            tally.counts.remove(entry.left, entry.right, entry.outcome, 1)?;
            tally.votes -= 1;
        }
        match removal {
            Removal::Withdrawal => {
                self.entries[place].withdrawn = true;
                self.excluded -= u64::from(entry.excluded);
            }
            Removal::Exclusion => {
                self.entries[place].excluded = true;
                self.excluded += u64::from(!entry.withdrawn);
            }
        }
        self.removals += 1;
        Ok(())
    }

    /// The number of events taken in. Servers on one database agree on it once they have read the same log.
    pub fn version(&self) -> u64 {
        self.entries.len() as u64 + self.removals
    }

    /// The contestants, by position.
    pub fn contestants(&self) -> &[ContestantRow] {
        &self.contestants
    }

    /// The contestant with this id.
    pub fn contestant(&self, id: ContestantId) -> Option<&ContestantRow> {
        self.position.get(&id).map(|position| &self.contestants[*position as usize])
    }

    /// A vote by its id.
    pub fn entry(&self, vote: VoteId) -> Option<&Entry> {
        self.entries.binary_search_by_key(&vote, |entry| entry.id).ok().map(|place| &self.entries[place])
    }

    /// The counted votes of a slice, in log order.
    pub fn entries(&self, slice: Slice) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| {
            entry.is_counted()
                && match slice {
                    Slice::All => true,
                    Slice::Here => !entry.imported,
                    Slice::Imported => entry.imported,
                }
        })
    }

    /// The counted votes of a slice, by the day on which they were cast and by pair in the order shown.
    pub fn days(&self, slice: Slice) -> Vec<DayCounts> {
        let mut days: BTreeMap<i32, BTreeMap<(u32, u32), [u64; 4]>> = BTreeMap::new();
        for Entry { left, right, day, outcome, .. } in self.entries(slice) {
            let place = Outcome::ALL.iter().position(|known| known == outcome).unwrap_or_default();
            days.entry(*day).or_default().entry((*left, *right)).or_default()[place] += 1;
        }
        let pairs = |pairs: BTreeMap<(u32, u32), [u64; 4]>| {
            pairs.into_iter().map(|((left, right), outcomes)| PairOutcomes { left, right, outcomes }).collect()
        };
        days.into_iter().map(|(day, counts)| DayCounts { day, pairs: pairs(counts) }).collect()
    }

    /// The counted votes of a slice, by pair in the order shown.
    pub fn pairs(&self, slice: Slice) -> Vec<PairOutcomes> {
        let mut pairs: BTreeMap<(u32, u32), [u64; 4]> = BTreeMap::new();
        for Entry { left, right, outcome, .. } in self.entries(slice) {
            let place = Outcome::ALL.iter().position(|known| known == outcome).unwrap_or_default();
            pairs.entry((*left, *right)).or_default()[place] += 1;
        }
        pairs.into_iter().map(|((left, right), outcomes)| PairOutcomes { left, right, outcomes }).collect()
    }

    /// The pair counts of a slice.
    ///
    /// # Errors
    /// [`RankingError`] when counts overflow.
    pub fn counts(&self, slice: Slice) -> Result<PairCounts, RankingError> {
        match slice {
            Slice::Here => Ok(self.here.counts.clone()),
            Slice::Imported => Ok(self.imported.counts.clone()),
            Slice::All => {
                let mut counts = self.here.counts.clone();
                counts.merge(&self.imported.counts)?;
                Ok(counts)
            }
        }
    }

    /// Counted votes of a slice.
    pub fn votes(&self, slice: Slice) -> u64 {
        match slice {
            Slice::All => self.here.votes + self.imported.votes,
            Slice::Here => self.here.votes,
            Slice::Imported => self.imported.votes,
        }
    }

    /// Votes that were not taken back and are left out all the same, because their generations could not be reproduced.
    pub fn excluded(&self) -> u64 {
        self.excluded
    }

    /// Distinct voters of a slice; 0 where nobody can know. A log that names one voter for all of its votes (GenAI-Arena's
    /// has the proxy's address in every row) does not tell its voters apart.
    pub fn voters(&self, slice: Slice) -> u64 {
        let told_apart = self.imported.voters.len() > 1 || self.imported.votes <= 1;
        match slice {
            Slice::Here => self.here.voters.len() as u64,
            Slice::Imported if told_apart => self.imported.voters.len() as u64,
            Slice::All if told_apart => self.here.voters.union(&self.imported.voters).count() as u64,
            Slice::Imported | Slice::All => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use plaudit_domain::{ArenaId, ContestantKind};
    use proptest::prelude::*;

    use super::*;
    use crate::store::ContestantDetails;

    fn log() -> ArenaLog {
        let contestant = |id: i64| ContestantRow {
            id: ContestantId(id),
            arena: ArenaId(1),
            slug: format!("c{id}").parse().unwrap(),
            name: format!("C{id}"),
            details: ContestantDetails {
                kind: ContestantKind::Baseline,
                description: String::new(),
                weights: None,
                sampler: None,
                system_prompt: None,
                drawing: None,
                service: None,
            },
        };
        ArenaLog::new((1..=3).map(contestant).collect())
    }

    fn vote(number: i64, left: i64, right: i64, outcome: Outcome) -> VoteRow {
        VoteRow {
            id: VoteId::new(Timestamp(number), [0; 10]),
            left: ContestantId(left),
            right: ContestantId(right),
            outcome,
            imported: number % 2 == 0,
            voter: VoterId::from_bytes([number as u8; 16]),
            cast_at: Timestamp(number * DAY_MILLIS),
        }
    }

    fn withdrawal(number: i64) -> WithdrawalRow {
        WithdrawalRow { id: VoteId::new(Timestamp(number + 5), [9; 10]), vote: VoteId::new(Timestamp(number), [0; 10]) }
    }

    #[test]
    fn an_undone_vote_leaves_no_trace_on_the_board() {
        let (mut undone, never) = (log(), log());
        undone.apply(&[vote(1, 1, 2, Outcome::Left)], &[withdrawal(1)], &[]).unwrap();
        assert_eq!(undone.counts(Slice::All).unwrap(), never.counts(Slice::All).unwrap());
        assert_eq!(undone.votes(Slice::All), 0);
        assert_eq!(undone.version(), 2, "the log still holds both events");
    }

    #[test]
    fn a_vote_left_out_is_counted_apart_unless_it_was_taken_back_too() {
        let mut log = log();
        let exclusion = ExclusionRow { id: VoteId::new(Timestamp(9), [8; 10]), vote: withdrawal(1).vote };
        log.apply(&[], &[], &[exclusion]).unwrap();
        log.apply(&[vote(1, 1, 2, Outcome::Left), vote(3, 1, 2, Outcome::Left)], &[], &[exclusion]).unwrap();
        assert_eq!((log.votes(Slice::All), log.excluded(), log.version()), (1, 1, 3));
        assert_eq!(log.entries(Slice::All).count(), 1);
        log.apply(&[], &[withdrawal(1)], &[]).unwrap();
        assert_eq!((log.votes(Slice::All), log.excluded()), (1, 0));
    }

    #[test]
    fn a_log_with_one_name_for_all_does_not_count_as_one_voter() {
        let imported = |number, voter| VoteRow {
            imported: true,
            voter: VoterId::from_bytes([voter; 16]),
            ..vote(number, 1, 2, Outcome::Left)
        };
        let mut anonymous = log();
        anonymous.apply(&[imported(1, 7), imported(2, 7)], &[], &[]).unwrap();
        assert_eq!((anonymous.voters(Slice::Imported), anonymous.voters(Slice::All)), (0, 0));
        let mut named = log();
        named.apply(&[imported(1, 7), imported(2, 8)], &[], &[]).unwrap();
        assert_eq!((named.voters(Slice::Imported), named.voters(Slice::All)), (2, 2));
    }

    #[test]
    fn the_days_of_a_slice_add_up_to_its_counts() {
        let mut log = log();
        let votes = [vote(1, 1, 2, Outcome::Left), vote(2, 2, 1, Outcome::Tie), vote(3, 1, 2, Outcome::Left)];
        let same_day = VoteRow { cast_at: vote(1, 1, 2, Outcome::Left).cast_at, ..vote(5, 3, 2, Outcome::BothBad) };
        log.apply(&votes, &[withdrawal(3)], &[]).unwrap();
        log.apply(&[same_day], &[], &[]).unwrap();
        let days = log.days(Slice::All);
        assert_eq!(days.iter().map(|day| (day.day, day.pairs.len())).collect::<Vec<_>>(), [(1, 2), (2, 1)]);
        let mut sum = PairCounts::new(3);
        for pair in days.iter().flat_map(|day| &day.pairs) {
            for (outcome, count) in Outcome::ALL.into_iter().zip(pair.outcomes) {
                sum.add(pair.left, pair.right, outcome, count).unwrap();
            }
        }
        assert_eq!(sum, log.counts(Slice::All).unwrap());
        assert_eq!(log.days(Slice::Imported).len(), 1);
    }

    #[test]
    fn a_vote_on_an_unknown_contestant_is_an_error() {
        assert!(matches!(log().apply(&[vote(1, 1, 9, Outcome::Left)], &[], &[]), Err(LogError::UnknownContestant(_))));
    }

    proptest! {
        /// Another server's events arrive late, twice, and out of order; the board must not care.
        #[test]
        fn the_order_and_repetition_of_arrival_change_nothing(
            outcomes in prop::collection::vec((0_usize..4, 0_i64..3, any::<bool>()), 1..30),
            shuffle in prop::collection::vec(any::<prop::sample::Index>(), 60),
        ) {
            let votes: Vec<_> = outcomes.iter().enumerate()
                .map(|(number, (outcome, left, _))| vote(number as i64, left + 1, (left + 1) % 3 + 1, Outcome::ALL[*outcome]))
                .collect();
            let withdrawals: Vec<_> = outcomes.iter().enumerate().filter(|(_, (_, _, undone))| *undone)
                .map(|(number, _)| withdrawal(number as i64)).collect();
            // Every third vote is left out as well, whether it was taken back or not.
            let exclusions: Vec<_> = votes.iter().step_by(3)
                .map(|vote| ExclusionRow { id: VoteId::new(Timestamp(99), [9; 10]), vote: vote.id }).collect();
            let mut ordered = log();
            ordered.apply(&votes, &withdrawals, &exclusions).unwrap();
            let mut chaotic = log();
            for pick in &shuffle {
                if let Some(event) = withdrawals.get(pick.index(votes.len() + withdrawals.len())) {
                    chaotic.apply(&[], &[*event], &[]).unwrap();
                } else if let Some(event) = exclusions.get(pick.index(votes.len())) {
                    chaotic.apply(&[], &[], &[*event]).unwrap();
                } else {
                    chaotic.apply(&[votes[pick.index(votes.len())]], &[], &[]).unwrap();
                }
            }
            chaotic.apply(&votes, &withdrawals, &exclusions).unwrap();
            prop_assert_eq!(ordered.counts(Slice::All).unwrap(), chaotic.counts(Slice::All).unwrap());
            prop_assert_eq!(ordered.version(), chaotic.version());
            let ids = |log: &ArenaLog| log.entries(Slice::All).map(|entry| entry.id).collect::<Vec<_>>();
            prop_assert_eq!(ids(&ordered), ids(&chaotic));
        }
    }
}
