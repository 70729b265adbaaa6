use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no slug: 1 to 80 of a-z, 0-9 and single hyphens between them")]
pub struct SlugError(pub String);

const MAX_BYTES: usize = 80;

fn is_slug(text: &str) -> bool {
    (1..=MAX_BYTES).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Turns any name into slug letters: `"GPT 4 (Turbo)"` becomes `gpt-4-turbo`.
///
/// A name without a single ASCII letter or digit becomes `x` and the first eight hex digits of its BLAKE3 hash,
/// and a long one is cut and given the same suffix, so that different names stay different.
fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let trimmed = slug.trim_end_matches('-');
    let digest = || blake3::hash(name.as_bytes()).to_hex()[..8].to_owned();
    match trimmed.len() {
        0 => format!("x{}", digest()),
        1..=MAX_BYTES => trimmed.to_owned(),
        _ => format!("{}-{}", trimmed[..MAX_BYTES - 9].trim_end_matches('-'), digest()),
    }
}

macro_rules! slug_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Makes a slug out of any name; never fails, and different long names stay different.
            pub fn from_name(name: &str) -> Self {
                Self(slugify(name))
            }
        }

        impl FromStr for $name {
            type Err = SlugError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(SlugError(text.chars().take(100).collect())) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = SlugError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(slug: $name) -> Self {
                slug.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

slug_type!(
    /// The name of an arena in addresses and files, such as `image-generation`.
    ArenaSlug
);
slug_type!(
    /// The name of a contestant within its arena, such as `smollm2-135m-greedy`.
    ContestantSlug
);
slug_type!(
    /// The name of a judge, such as `longer-text`.
    JudgeSlug
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_with_path_or_markup_characters_are_refused() {
        for bad in ["", "-a", "a-", "a--b", "A", "a/b", "..", "a b", "<script>", "ä", &"a".repeat(81)] {
            assert!(bad.parse::<ArenaSlug>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_gives_a_valid_slug(name in ".{0,200}") {
            let slug = ContestantSlug::from_name(&name);
            prop_assert!(slug.as_str().parse::<ContestantSlug>().is_ok(), "{name:?} gave {slug:?}");
        }
    }
}
