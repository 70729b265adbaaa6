//! The installation's secret key and what it signs: the voter's cookie.

use data_encoding::BASE64URL_NOPAD;
use plaudit_domain::VoterId;

use crate::clock::random_bytes;

/// Name of the voter's cookie.
pub const COOKIE_NAME: &str = "plaudit_voter";
/// A year, in seconds.
const COOKIE_MAX_AGE_SECONDS: u32 = 365 * 24 * 3600;

/// 32 random bytes made on the first start and kept in the database, so that several servers on it share them.
#[derive(Clone)]
pub struct InstanceSecret([u8; 32]);

impl InstanceSecret {
    /// From stored bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key for one purpose; keys of different purposes tell nothing of each other.
    pub fn key(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0)
    }
}

impl std::fmt::Debug for InstanceSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("InstanceSecret(…)")
    }
}

/// Makes and checks voters' cookies: the random voter id and a keyed BLAKE3 tag over it.
#[derive(Debug, Clone)]
pub struct VoterCookies {
    key: [u8; 32],
}

impl VoterCookies {
    /// With the installation's key.
    pub fn new(secret: &InstanceSecret) -> Self {
        Self { key: secret.key("plaudit 2026 voter cookie") }
    }

    /// A voter never seen before.
    pub fn new_voter() -> VoterId {
        VoterId::from_bytes(random_bytes())
    }

    fn tag(&self, voter: VoterId) -> blake3::Hash {
        blake3::keyed_hash(&self.key, voter.as_bytes())
    }

    /// The cookie's value.
    pub fn value(&self, voter: VoterId) -> String {
        let mut bytes = voter.as_bytes().to_vec();
        bytes.extend_from_slice(self.tag(voter).as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The whole `Set-Cookie` header.
    pub fn set_cookie(&self, voter: VoterId, secure: bool) -> String {
        let secure = if secure { "; Secure" } else { "" };
        let value = self.value(voter);
        format!("{COOKIE_NAME}={value}; Path=/; Max-Age={COOKIE_MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax{secure}")
    }

    /// The voter of a `Cookie` header, if one of its cookies is ours and genuine.
    pub fn voter(&self, header: &str) -> Option<VoterId> {
        header.split(';').find_map(|cookie| {
            let value = cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=')?;
            let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
            let (id, tag) = bytes.split_at_checked(16)?;
            let voter = VoterId::try_from(id).ok()?;
            let tag: [u8; 32] = tag.try_into().ok()?;
            // `blake3::Hash` compares in constant time.
            (self.tag(voter) == blake3::Hash::from_bytes(tag)).then_some(voter)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(byte: u8) -> VoterCookies {
        VoterCookies::new(&InstanceSecret::from_bytes([byte; 32]))
    }

    #[test]
    fn a_cookie_is_known_again_among_others() {
        let voter = VoterCookies::new_voter();
        let header = format!("theme=dark; {COOKIE_NAME}={}; x=y", cookies(1).value(voter));
        assert_eq!(cookies(1).voter(&header), Some(voter));
    }

    #[test]
    fn a_forged_cookie_is_a_stranger() {
        let voter = VoterCookies::new_voter();
        let value = cookies(1).value(voter);
        assert_eq!(cookies(2).voter(&format!("{COOKIE_NAME}={value}")), None);
        assert_eq!(cookies(1).voter(&format!("{COOKIE_NAME}={}", &value[1..])), None);
        assert_eq!(cookies(1).voter(&format!("{COOKIE_NAME}=")), None);
        assert_eq!(cookies(1).voter(""), None);
        let mut other = value.into_bytes();
        other[3] = if other[3] == b'A' { b'B' } else { b'A' };
        assert_eq!(cookies(1).voter(&format!("{COOKIE_NAME}={}", String::from_utf8(other).unwrap())), None);
    }

    #[test]
    fn the_cookie_is_http_only_and_lax_and_secure_behind_tls() {
        let voter = VoterCookies::new_voter();
        let plain = cookies(1).set_cookie(voter, false);
        assert!(plain.contains("HttpOnly") && plain.contains("SameSite=Lax") && !plain.contains("Secure"), "{plain}");
        assert!(cookies(1).set_cookie(voter, true).ends_with("; Secure"));
    }
}
