use std::{fmt, str::FromStr, sync::Arc};

use plaudit_domain::{
    ArenaSlug, BattleId, ContestantSlug, GenerationId, Outcome, PromptId, Task, Timestamp, VoteId, VoterId,
};

/// A vote with all that may leave the house with it. What is `None` is not known, or not for others to see.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedVote {
    /// The vote: the order of the log, and of every file.
    pub id: VoteId,
    /// Its id where it was cast first, if that is another site whose votes this one imported.
    pub origin: Option<VoteId>,
    /// The battle it is about; several voters may share one.
    pub battle: BattleId,
    /// Where the battle took place.
    pub arena: ArenaSlug,
    /// The arena's name for people.
    pub arena_title: Arc<str>,
    /// What the arena's contestants make.
    pub task: Task,
    /// The licence under which this row leaves, as an SPDX expression.
    pub license: Arc<str>,
    /// What was asked.
    pub prompt: Option<ExportedPrompt>,
    /// Shown on the left.
    pub left: ExportedSide,
    /// Shown on the right.
    pub right: ExportedSide,
    /// The answer.
    pub outcome: Outcome,
    /// How sure the voter was, from 0 to 1.
    pub strength: Option<f64>,
    /// When it was cast.
    pub cast_at: Option<Timestamp>,
    /// Who cast it, under a name that this export alone uses: see [`super::Pseudonyms`].
    pub voter: VoterId,
    /// Where it was cast.
    pub source: VoteSource,
    /// With which this pair was drawn, both orders together.
    pub probability: Option<f64>,
    /// Whether the voter could not see the names.
    pub anonymous: Option<bool>,
    /// Its battle is left out of the boards, because a generation could not be reproduced.
    pub excluded: bool,
    /// The voter took it back.
    pub withdrawn: bool,
    /// Whether one of the answers tells who made it: see [`super::Identity`].
    pub leaked: Option<bool>,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedPrompt {
    /// Its id, which follows from arena and text.
    pub id: PromptId,
    /// A hash of the text alone: what was asked in two arenas is the same here, and it is known where the text is left away.
    pub digest: [u8; 16],
    /// Its text, unless the export goes without texts.
    pub text: Option<Arc<str>>,
    /// A word such as `story`.
    pub category: Option<Arc<str>>,
    /// A tag of BCP 47.
    pub language: Option<Arc<str>>,
    /// The address of the picture that is to be changed, where the task is to change one.
    pub source: Option<Arc<str>>,
}

/// One side of a battle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSide {
    /// Who made it.
    pub contestant: ContestantSlug,
    /// The contestant's name for people.
    pub name: Arc<str>,
    /// The model or organisation behind it: contestants of one family are the same weights with other settings.
    pub family: Option<Arc<str>>,
    /// Its generation, whose id follows from contestant, prompt, seed and text.
    pub generation: Option<GenerationId>,
    /// What was shown.
    pub content: Option<Content>,
    /// The seed it was made with.
    pub seed: Option<u64>,
    /// What is known of how it was made.
    pub verification: Option<Verification>,
}

/// What a contestant made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text as the contestant wrote it.
    Text(Arc<str>),
    /// The address or file name of a picture or clip.
    Media(Arc<str>),
}

/// Where a vote was cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoteSource {
    /// On the site that exports it.
    Cast,
    /// In a file that the site imported.
    Imported,
}

/// What a host knows of how a generation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verification {
    /// Made by the host or imported.
    Pooled,
    /// A browser says that it made it.
    Unchecked,
    /// The host made it again and got the same.
    Verified,
    /// The host made it again and got something else.
    Refuted,
}

macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident = $word:literal),+) => {
        impl $type {
            /// Its word in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("{word:?} is no {}: expected {}", $what, [$($word),+].join(", "))),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words!(VoteSource, "source of votes", Cast = "cast", Imported = "imported");
words!(
    Verification,
    "state of a generation",
    Pooled = "pooled",
    Unchecked = "unchecked",
    Verified = "verified",
    Refuted = "refuted"
);

impl Content {
    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Media(_) => None,
        }
    }

    /// The address, where it is a picture or clip.
    pub fn media(&self) -> Option<&str> {
        match self {
            Self::Media(address) => Some(address),
            Self::Text(_) => None,
        }
    }
}

impl ExportedPrompt {
    /// The [`digest`](Self::digest) of a text: BLAKE3, cut to 16 bytes.
    pub fn digest_of(text: &str) -> [u8; 16] {
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        digest
    }
}

impl ExportedSide {
    pub(super) fn text(&self) -> Option<&str> {
        self.content.as_ref().and_then(Content::text)
    }

    pub(super) fn media(&self) -> Option<&str> {
        self.content.as_ref().and_then(Content::media)
    }
}

impl ExportedVote {
    pub(super) fn prompt_text(&self) -> Option<&str> {
        self.prompt.as_ref().and_then(|prompt| prompt.text.as_deref())
    }

    /// Prompt and both answers, where all three are texts that are known.
    pub(super) fn texts(&self) -> Option<[&str; 3]> {
        Some([self.prompt_text()?, self.left.text()?, self.right.text()?])
    }
}
