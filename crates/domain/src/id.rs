//! Typed ids. Mixing two kinds of id is a compile error.
//!
//! Ids of things that have content are derived from it (BLAKE3), so that importing the same thing twice gives the
//! same id. Ids of events (battles, votes) cast here are random but start with their time in milliseconds, as UUID
//! version 7 does (RFC 9562), so that an index on them is written at its end; the caller brings the clock and the
//! random bytes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ArenaSlug, ContestantSlug, JudgeSlug, MediaId, Timestamp};

/// A text that is not an id: 32 hexadecimal digits were expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 32 hexadecimal digits expected")]
pub struct IdError;

/// The first 16 bytes of the BLAKE3 hash of the parts, each preceded by its length, so that `["ab", "c"]` and
/// `["a", "bc"]` differ.
fn digest(context: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

macro_rules! id_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// From its 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.as_bytes();
                if digits.len() != 32 {
                    return Err(IdError);
                }
                let mut bytes = [0; 16];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let digit = |character: u8| (character as char).to_digit(16).ok_or(IdError);
                    *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
                }
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;

            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self).map_err(|_| IdError)
            }
        }
    };
}

id_type!(
    /// A prompt, addressed by arena and text.
    PromptId
);
id_type!(
    /// A generation, addressed by arena, contestant, prompt, seed and content.
    GenerationId
);
id_type!(
    /// A battle: time-ordered when drawn here, addressed by content when imported.
    BattleId
);
id_type!(
    /// A vote event, time-ordered.
    VoteId
);
id_type!(
    /// A pseudonymous voter. Never an IP address or a name.
    VoterId
);

id_type!(
    /// A judgment event, time-ordered.
    JudgmentId
);

/// An arena's number: the first 63 bits of a hash of its slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArenaId(pub i64);

/// A contestant's number: the first 63 bits of a hash of its arena and slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContestantId(pub i64);

/// A judge's number: the first 63 bits of a hash of its slug and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JudgeId(pub i64);

fn number(context: &str, parts: &[&[u8]]) -> i64 {
    let bytes = digest(context, parts);
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    (u64::from_be_bytes(first) >> 1) as i64
}

impl ArenaId {
    /// The id of the arena with this slug.
    pub fn of(slug: &ArenaSlug) -> Self {
        Self(number("plaudit 2026 arena id", &[slug.as_str().as_bytes()]))
    }
}

impl ContestantId {
    /// The id of this contestant of this arena.
    pub fn of(arena: &ArenaSlug, slug: &ContestantSlug) -> Self {
        Self(number("plaudit 2026 contestant id", &[arena.as_str().as_bytes(), slug.as_str().as_bytes()]))
    }
}

impl JudgeId {
    /// The id of this version of this judge. Another version is another judge: its judgments do not mix.
    pub fn of(slug: &JudgeSlug, version: &str) -> Self {
        Self(number("plaudit 2026 judge id", &[slug.as_str().as_bytes(), version.as_bytes()]))
    }
}

impl PromptId {
    /// The id of this prompt text in this arena.
    pub fn of(arena: &ArenaSlug, text: &str) -> Self {
        Self(digest("plaudit 2026 prompt id", &[arena.as_str().as_bytes(), text.as_bytes()]))
    }

    /// The id of this instruction for changing this picture: the same words for two pictures are two prompts.
    pub fn of_edit(arena: &ArenaSlug, text: &str, source: MediaId) -> Self {
        Self(digest("plaudit 2026 edit prompt id", &[arena.as_str().as_bytes(), text.as_bytes(), source.as_bytes()]))
    }
}

impl GenerationId {
    /// The content address of a generation.
    pub fn of(contestant: ContestantId, prompt: PromptId, seed: Option<u64>, content: &[u8]) -> Self {
        let seed = seed.map_or([0; 9], |seed| {
            let mut bytes = [1; 9];
            bytes[1..].copy_from_slice(&seed.to_le_bytes());
            bytes
        });
        Self(digest("plaudit 2026 generation id", &[&contestant.0.to_le_bytes(), prompt.as_bytes(), &seed, content]))
    }
}

fn time_ordered(now: Timestamp, random: [u8; 10]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&(now.0.max(0) as u64).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    // Version 7 and variant bits, so that the id is a valid UUID for whoever reads the log.
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

impl BattleId {
    /// A new battle drawn here.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        Self(time_ordered(now, random))
    }

    /// The id of a battle read from a file: the same row of the same file gives the same id.
    /// `parts` are the row's content; `repetition` counts identical rows before it.
    pub fn imported(arena: &ArenaSlug, parts: &[&[u8]], repetition: u64) -> Self {
        let content = digest("plaudit 2026 imported battle content", parts);
        Self(digest(
            "plaudit 2026 imported battle id",
            &[arena.as_str().as_bytes(), &content, &repetition.to_le_bytes()],
        ))
    }
}

impl VoteId {
    /// A new vote event.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        Self(time_ordered(now, random))
    }

    /// The smallest id an event of this instant can have: the lower end of a scan by time.
    pub fn floor(now: Timestamp) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&(now.0.max(0) as u64).to_be_bytes()[2..]);
        Self(bytes)
    }
}

impl JudgmentId {
    /// A new judgment event.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        Self(time_ordered(now, random))
    }
}

impl VoterId {
    /// The pseudonym of a voter of an imported file; the name in the file is hashed and not kept.
    pub fn imported(source: &str, name: &str) -> Self {
        Self(digest("plaudit 2026 imported voter id", &[source.as_bytes(), name.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text(bytes: [u8; 16]) {
            let id = BattleId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<BattleId>(), Ok(id));
        }

        #[test]
        fn ids_cast_later_sort_later(early in 0_i64..1 << 46, gap in 1_i64..1 << 40, random: [[u8; 10]; 2]) {
            let (first, second) = (VoteId::new(Timestamp(early), random[0]), VoteId::new(Timestamp(early + gap), random[1]));
            prop_assert!(first < second);
            prop_assert!(VoteId::floor(Timestamp(early)) <= first && first < VoteId::floor(Timestamp(early + gap)));
        }

        #[test]
        fn no_text_panics_the_parser(text in ".{0,40}") {
            let parsed = text.parse::<VoterId>();
            prop_assert!(parsed.is_err() || text.chars().count() == 32);
        }
    }

    #[test]
    fn content_addresses_tell_apart_what_differs_only_in_its_borders() {
        let arena: ArenaSlug = "text".parse().unwrap();
        assert_ne!(BattleId::imported(&arena, &[b"ab", b"c"], 0), BattleId::imported(&arena, &[b"a", b"bc"], 0));
        assert_ne!(BattleId::imported(&arena, &[b"ab"], 0), BattleId::imported(&arena, &[b"ab"], 1));
    }
}
