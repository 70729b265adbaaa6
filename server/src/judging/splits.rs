//! Whether halves of the voters want opposite things: an average over people who disagree is nobody's opinion, and a judge
//! cannot agree with it.

use plaudit_agreement::{InconsistencyOptions, Margins, Panel};
use plaudit_app::view_model::judges::{SplitBy, VoterSplit};
use plaudit_domain::Timestamp;

/// Fewer voters in a half say nothing of voters like them.
const LEAST: usize = 5;
/// Random dealings of the voters. More would tell p-values below ½ % apart.
const PERMUTATIONS: u32 = 199;
/// Margins of more contestants are counted, not fitted: a fit for each dealing would keep the page waiting.
const MOST_FITTED: u32 = 40;

/// What is known of a voter, by number in the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VoterSeen {
    votes: u64,
    first: Timestamp,
}

impl VoterSeen {
    /// Adds a vote. Voters whose votes were all left out for contradicting others keep a place without votes.
    pub(super) fn note(seen: &mut Vec<Self>, voter: u32, cast_at: Timestamp) {
        let place = voter as usize;
        if seen.len() <= place {
            seen.resize(place + 1, Self { votes: 0, first: Timestamp(i64::MAX) });
        }
        seen[place].votes += 1;
        seen[place].first = seen[place].first.min(cast_at);
    }
}

/// The voters in two halves, by how much they voted and by when they came; none where a half is too small.
pub(super) fn splits(panel: &Panel, seen: &[VoterSeen]) -> Vec<VoterSplit> {
    [SplitBy::Votes, SplitBy::Arrival].into_iter().filter_map(|by| split(panel, seen, by)).collect()
}

fn split(panel: &Panel, seen: &[VoterSeen], by: SplitBy) -> Option<VoterSplit> {
    let key = |voter: &VoterSeen| match by {
        SplitBy::Votes => i64::try_from(voter.votes).unwrap_or(i64::MAX),
        SplitBy::Arrival => voter.first.0,
    };
    let mut keys: Vec<i64> = seen.iter().filter(|voter| voter.votes > 0).map(key).collect();
    keys.sort_unstable();
    let middle = *keys.get(keys.len() / 2)?;
    let membership: Vec<u32> = seen.iter().map(|voter| u32::from(key(voter) >= middle)).collect();
    let second = keys.iter().filter(|key| **key >= middle).count();
    let first = keys.len() - second;
    if first.min(second) < LEAST {
        return None;
    }
    let margins = if panel.contestants() <= MOST_FITTED { Margins::Fitted } else { Margins::Counted };
    let options = InconsistencyOptions { margins, permutations: PERMUTATIONS, ..InconsistencyOptions::default() };
    let found = match panel.group_inconsistency(&membership, 2, &options) {
        Ok(found) => found.overall,
        Err(error) => {
            tracing::warn!(%error, "groups of voters cannot be compared");
            return None;
        }
    };
    Some(VoterSplit {
        by,
        voters: [first as u64, second as u64],
        opposed: found.coefficient?,
        by_chance: found.expected?,
        p_value: found.p_value?,
        pairs: found.pairs,
        opposed_pairs: found.opposed,
        dealings: PERMUTATIONS,
    })
}

#[cfg(test)]
mod tests {
    use plaudit_domain::Outcome;

    use super::*;

    /// All agree on the order of the first three contestants; the fourth is the best to early voters and the worst to late
    /// ones. All vote equally often.
    fn of_two_minds(voters: u32) -> (Panel, Vec<VoterSeen>) {
        let mut panel = Panel::new(4);
        let mut seen = Vec::new();
        for number in 0..4 {
            for (left, right) in [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)] {
                let question = panel.add_question(left, right).unwrap();
                for voter in 0..voters {
                    let is_early = voter < voters / 2;
                    let outcome = if right == 3 && is_early { Outcome::Right } else { Outcome::Left };
                    panel.add_vote(question, Some(voter), outcome).unwrap();
                    VoterSeen::note(&mut seen, voter, Timestamp(i64::from(voter) * 1_000 + number));
                }
            }
        }
        (panel, seen)
    }

    #[test]
    fn voters_who_came_late_and_want_the_opposite_are_seen() {
        let (panel, seen) = of_two_minds(20);
        let found = splits(&panel, &seen);
        // Nobody voted more than others: no split by votes.
        let [split] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((split.by, split.voters), (SplitBy::Arrival, [10, 10]));
        assert_eq!((split.pairs, split.opposed_pairs), (6, 3), "{split:?}");
        assert!(split.opposed > 0.3 && split.by_chance < 0.2 && split.p_value < 0.05, "{split:?}");
    }

    #[test]
    fn a_handful_of_voters_is_not_split() {
        let (panel, seen) = of_two_minds(8);
        assert!(splits(&panel, &seen).is_empty());
    }
}
