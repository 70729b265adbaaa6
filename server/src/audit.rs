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

/// The root of the Merkle tree of RFC 6962 over leaves that come one after the other. Memory grows with the tree's height.
#[derive(Debug, Clone, Default)]
pub struct MerkleRoot {
    leaves: u64,
    /// The roots of the complete subtrees, from the largest to the smallest: one for each bit of `leaves` that is set.
    subtrees: Vec<[u8; 32]>,
}

fn node_hash(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

impl MerkleRoot {
    /// Takes the next leaf's hash.
    pub fn push(&mut self, leaf: [u8; 32]) {
        let mut node = leaf;
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                node = node_hash(left, node);
            }
        }
        self.subtrees.push(node);
        self.leaves += 1;
    }

    /// How many leaves there were.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The root over all of them; over none the hash of nothing.
    pub fn root(&self) -> [u8; 32] {
        let smallest_first = self.subtrees.iter().rev().copied();
        smallest_first.reduce(|right, left| node_hash(left, right)).unwrap_or_else(|| Sha256::digest([]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition in section 2.1 of RFC 6962, word by word.
    fn defined(leaves: &[[u8; 32]]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                node_hash(defined(&leaves[..half]), defined(&leaves[half..]))
            }
        }
    }

    #[test]
    fn the_root_of_leaves_that_come_one_by_one_is_that_of_rfc_6962() {
        let leaves: Vec<[u8; 32]> = (0..70_u8).map(|number| leaf_hash(&number.to_string())).collect();
        let mut tree = MerkleRoot::default();
        for number in 0..=leaves.len() {
            assert_eq!((tree.root(), tree.leaves()), (defined(&leaves[..number]), number as u64));
            if let Some(leaf) = leaves.get(number) {
                tree.push(*leaf);
            }
        }
        // The first of the test vectors that go round with RFC 6962: one leaf without content.
        let empty: [u8; 32] = Sha256::new().chain_update([0]).finalize().into();
        assert_eq!(empty[..4], [0x6e, 0x34, 0x0b, 0x9c]);
    }

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
