use std::{fmt, str::FromStr};

use plaudit_domain::ContestantSlug;
use serde::Serialize;

use crate::export::ExportedVote;

/// What votes have in common that stand in the same split, so that nothing of the test split is known from the training
/// split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// The text of the prompt, in whatever arena. Votes without a known prompt go by their battles.
    Prompt,
    /// The two contestants, in either order.
    Pair,
    /// Each contestant belongs to one split; battles between the splits are left out.
    Contestant,
    /// Everything is for training.
    None,
}

impl SplitBy {
    const ALL: [Self; 4] = [Self::Prompt, Self::Pair, Self::Contestant, Self::None];

    /// Its word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Pair => "pair",
            Self::Contestant => "contestant",
            Self::None => "none",
        }
    }
}

impl fmt::Display for SplitBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for SplitBy {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|by| by.as_str() == word)
            .ok_or_else(|| format!("{word:?} is no way to split: expected prompt, pair, contestant or none"))
    }
}

/// How a dataset is split.
///
/// What decides is a hash of prompt, pair or contestant alone: a later export of more votes puts them where an earlier one
/// did, and with a larger share the test split only grows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Split {
    /// By what.
    pub by: SplitBy,
    /// The share of prompts, pairs or contestants in the test split, strictly between 0 and 1; not looked at for
    /// [`SplitBy::None`].
    pub test_share: f64,
    /// Another number gives another assignment.
    pub seed: u64,
}

/// Where a vote goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Train,
    Test,
    /// Between a contestant of each.
    Crossing,
}

pub(super) struct Splitter {
    split: Split,
    key: [u8; 32],
}

impl Splitter {
    pub(super) fn new(split: Split) -> Self {
        Self { split, key: blake3::derive_key("plaudit 2026 dataset split", &split.seed.to_le_bytes()) }
    }

    pub(super) fn place(&self, vote: &ExportedVote) -> Place {
        let (left, right) = (&vote.left.contestant, &vote.right.contestant);
        match self.split.by {
            SplitBy::None => Place::Train,
            SplitBy::Prompt => match &vote.prompt {
                Some(prompt) => self.of(b'p', &prompt.digest),
                None => self.of(b'b', vote.battle.as_bytes()),
            },
            SplitBy::Pair => {
                // Slugs hold no line ends.
                self.of(b'c', format!("{}\n{}", left.min(right), left.max(right)).as_bytes())
            }
            SplitBy::Contestant => {
                let place = |slug: &ContestantSlug| self.of(b'c', slug.as_str().as_bytes());
                let (left, right) = (place(left), place(right));
                if left == right { left } else { Place::Crossing }
            }
        }
    }

    fn of(&self, kind: u8, what: &[u8]) -> Place {
        let hash = blake3::Hasher::new_keyed(&self.key).update(&[kind]).update(what).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        // 53 bits, which a 64-bit float holds exactly.
        let fraction = (u64::from_be_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64;
        if fraction < self.split.test_share { Place::Test } else { Place::Train }
    }
}
