//! Tokens for /api/v1: what lets itself be changed wants one, and each is good for what its scopes say.

use std::{collections::BTreeSet, fmt, str::FromStr};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use plaudit_domain::{JudgeId, Timestamp};

use crate::clock::random_bytes;

/// Bytes of the hash that are a token's name for its host.
const NAMED_BYTES: usize = 6;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Handing in the judgments of the one judge that the token names.
    JudgmentsWrite,
    /// Importing files of votes.
    VotesImport,
    /// Ordering exports without the limit that networks have.
    ExportsCreate,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::JudgmentsWrite, Self::VotesImport, Self::ExportsCreate];

    /// The word on the command line, in the database and in the description of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JudgmentsWrite => "judgments:write",
            Self::VotesImport => "votes:import",
            Self::ExportsCreate => "exports:create",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// No scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope `{0}`; there are: judgments:write, votes:import, exports:create")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// What is kept of a token.
pub type TokenHash = [u8; 32];

/// A token as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its hash.
    pub hash: TokenHash,
    /// Who has it, in the host's words.
    pub name: String,
    /// What it is good for.
    pub scopes: BTreeSet<Scope>,
    /// In whose name judgments are.
    pub judge: Option<JudgeId>,
    /// When it was made.
    pub recorded_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl TokenRow {
    /// How the host names it: the start of the hash, which tells nothing about the token.
    pub fn id(&self) -> String {
        HEXLOWER.encode(&self.hash[..NAMED_BYTES])
    }

    /// Its scopes as one text.
    pub fn scopes_text(&self) -> String {
        self.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// A token that nobody has yet: 256 random bits. The start of the text says what it is to whoever finds it somewhere.
pub fn new_token() -> String {
    format!("plaudit_{}", BASE64URL_NOPAD.encode(&random_bytes::<32>()))
}

/// What is kept of a token. A fast hash is enough: there is nothing to guess in 256 random bits.
pub fn token_hash(token: &str) -> TokenHash {
    // The purpose is that of the first tokens, which are still good.
    blake3::derive_key("plaudit 2026 judge token", token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_known_by_its_word_alone() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        let error = "votes:*".parse::<Scope>().unwrap_err().to_string();
        assert!(Scope::ALL.iter().all(|scope| error.contains(scope.as_str())), "{error}");
    }

    #[test]
    fn a_token_is_kept_as_a_hash_and_named_by_its_start() {
        let token = new_token();
        assert!(token.len() > 40 && token != new_token());
        let row = TokenRow {
            hash: token_hash(&token),
            name: "lab".to_owned(),
            scopes: Scope::ALL.into(),
            judge: None,
            recorded_at: Timestamp(0),
            revoked_at: None,
        };
        assert_eq!(row.id().len(), 12);
        assert_eq!(row.scopes_text(), "judgments:write votes:import exports:create");
    }
}
