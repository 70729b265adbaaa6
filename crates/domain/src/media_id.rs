use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text that is not the address of media: 64 lower-case hexadecimal digits were expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the address of media: 64 lower-case hexadecimal digits expected")]
pub struct MediaIdError;

/// The content address of a picture or clip: BLAKE3 of its bytes, whole, so that other tools find the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaId([u8; 32]);

impl MediaId {
    /// The address of these bytes.
    pub fn of(content: &[u8]) -> Self {
        Self(*blake3::hash(content).as_bytes())
    }

    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for MediaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MediaId({self})")
    }
}

impl FromStr for MediaId {
    type Err = MediaIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One spelling for one address: caches and logs compare letters.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(MediaIdError);
        }
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| MediaIdError)
    }
}

impl TryFrom<String> for MediaId {
    type Error = MediaIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MediaId> for String {
    fn from(id: MediaId) -> Self {
        id.to_string()
    }
}

impl TryFrom<&[u8]> for MediaId {
    type Error = MediaIdError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self).map_err(|_| MediaIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_its_text_and_has_one_spelling() {
        let id = MediaId::of(b"picture");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [id.to_string().to_uppercase(), id.to_string()[1..].to_owned(), "../etc/passwd".to_owned()] {
            assert_eq!(wrong.parse::<MediaId>(), Err(MediaIdError), "{wrong}");
        }
    }
}
