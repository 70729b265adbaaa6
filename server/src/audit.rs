//! The leaves of the public log: one per event, without personal data.
//!
//! A leaf is a text of seven lines, its hash the leaf hash of RFC 6962: SHA-256 over a zero byte and the text. The hash
//! is committed in the same transaction as the event. Voters appear in no leaf; whoever knows a vote's id can find it.

use plaudit_domain::{ArenaSlug, BattleId, ContestantSlug, Outcome, Timestamp, VoteId};
use sha2::{Digest, Sha256};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

fn leaf_hash(text: &str) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(text.as_bytes()).finalize().into()
}

/// What a vote's leaf tells.
#[derive(Debug, Clone, Copy)]
pub struct VoteLeaf<'a> {
    /// The vote.
    pub id: VoteId,
    /// The battle.
    pub battle: BattleId,
    /// The arena.
    pub arena: &'a ArenaSlug,
    /// Who was on the left.
    pub left: &'a ContestantSlug,
    /// Who was on the right.
    pub right: &'a ContestantSlug,
    /// The answer.
    pub outcome: Outcome,
    /// When it was committed; only the day is told.
    pub recorded_at: Timestamp,
}

impl VoteLeaf<'_> {
    /// The leaf hash.
    pub fn hash(&self) -> [u8; 32] {
        let Self { id, battle, arena, left, right, outcome, recorded_at } = self;
        let day = recorded_at.0.div_euclid(DAY_MILLIS);
        leaf_hash(&format!("plaudit vote 1\n{id}\n{battle}\n{arena}\n{left} {right}\n{outcome}\n{day}\n"))
    }
}

/// The leaf hash of a withdrawal.
pub fn withdrawal_hash(withdrawal: VoteId, vote: VoteId) -> [u8; 32] {
    leaf_hash(&format!("plaudit withdrawal 1\n{withdrawal}\n{vote}\n"))
}

/// The leaf hash of the exclusion of a battle's votes.
pub fn exclusion_hash(exclusion: VoteId, battle: BattleId, reason: &str) -> [u8; 32] {
    leaf_hash(&format!("plaudit exclusion 1\n{exclusion}\n{battle}\n{reason}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_changes_with_the_answer_and_tells_the_day_alone() {
        let (arena, left, right) = ("text".parse().unwrap(), "a".parse().unwrap(), "b".parse().unwrap());
        let leaf = VoteLeaf {
            id: VoteId::from_bytes([1; 16]),
            battle: BattleId::from_bytes([2; 16]),
            arena: &arena,
            left: &left,
            right: &right,
            outcome: Outcome::Left,
            recorded_at: Timestamp(DAY_MILLIS * 20_000 + 5),
        };
        assert_ne!(leaf.hash(), VoteLeaf { outcome: Outcome::Right, ..leaf }.hash());
        assert_eq!(leaf.hash(), VoteLeaf { recorded_at: Timestamp(DAY_MILLIS * 20_000 + 77), ..leaf }.hash());
    }
}
