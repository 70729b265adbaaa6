//! The ticket: the opaque, single-use, expiring right to vote on one battle.
//!
//! A ticket carries the whole battle, sealed with XChaCha20-Poly1305. So looking at a page writes nothing to the
//! database, and the browser holds nothing it could read. Every ticket has the same length, so its length tells nothing.
//! That it works once is not checked here: the battle's primary key in the store sees to it.
//!
//! A live ticket is the right to hand in what a browser generated for one battle. It is sealed with a key of its own,
//! so that neither kind can be taken for the other.

mod live;
mod media;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use data_encoding::BASE64URL_NOPAD;
use plaudit_domain::{ArenaId, BattleId, ContestantId, GenerationId, PromptId, Timestamp, VoterId};

use crate::{clock::random_bytes, secret::InstanceSecret};

pub use live::{LIVE_LIFETIME_MILLIS, LiveDraw};
pub use media::MediaNames;

/// How long a battle may stay open: four hours, for whoever comes back to a forgotten tab.
pub const TICKET_LIFETIME_MILLIS: i64 = 4 * 3600 * 1000;

const NONCE_BYTES: usize = 24;
/// The first byte: a battle from the pool, or one that the voter's browser generated.
const FROM_POOL: u8 = 1;
const LIVE: u8 = 2;
/// Kind, battle, voter, arena, prompt, two contestants, two generations, probability, expiry.
const PLAIN_BYTES: usize = 1 + 16 + 16 + 8 + 16 + 8 + 8 + 16 + 16 + 8 + 8;

/// A battle that was drawn and waits for its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenBattle {
    /// Its id, new with every draw.
    pub battle: BattleId,
    /// Who may answer.
    pub voter: VoterId,
    /// The arena.
    pub arena: ArenaId,
    /// The prompt.
    pub prompt: PromptId,
    /// Who is on the left.
    pub left: ContestantId,
    /// Who is on the right.
    pub right: ContestantId,
    /// What the left one made.
    pub left_generation: GenerationId,
    /// What the right one made.
    pub right_generation: GenerationId,
    /// The probability with which this pair of generations was drawn, both orders together.
    pub probability: f64,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
    /// The voter's browser generated it.
    pub live: bool,
}

/// Why a ticket is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// Not made with this installation's key, or changed.
    #[error("the ticket was not made here or was changed")]
    Invalid,
    /// Made for another voter.
    #[error("the ticket belongs to another voter")]
    Foreign,
    /// Its time is over.
    #[error("the ticket has expired")]
    Expired,
}

/// Seals texts of ours so that a browser can keep them for us and not read them.
#[derive(Clone)]
struct Sealer(XChaCha20Poly1305);

impl Sealer {
    fn new(secret: &InstanceSecret, purpose: &str) -> Self {
        Self(XChaCha20Poly1305::new(&secret.key(purpose).into()))
    }

    fn seal(&self, plain: &[u8]) -> String {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let mut sealed = nonce.to_vec();
        // Sealing some bytes in memory cannot fail; an empty ticket would be refused as invalid.
        sealed.extend(self.0.encrypt(&XNonce::from(nonce), plain).unwrap_or_default());
        BASE64URL_NOPAD.encode(&sealed)
    }

    fn unseal(&self, ticket: &str) -> Option<Vec<u8>> {
        let sealed = BASE64URL_NOPAD.decode(ticket.as_bytes()).ok()?;
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        self.0.decrypt(&XNonce::from(nonce), body).ok()
    }
}

/// Seals and opens tickets.
#[derive(Clone)]
pub struct TicketOffice {
    battles: Sealer,
    live: Sealer,
}

impl TicketOffice {
    /// With the installation's key.
    pub fn new(secret: &InstanceSecret) -> Self {
        Self {
            battles: Sealer::new(secret, "plaudit 2026 battle ticket"),
            live: Sealer::new(secret, "plaudit 2026 live ticket"),
        }
    }

    /// The ticket for a battle.
    pub fn seal(&self, battle: &OpenBattle) -> String {
        let mut plain = Vec::with_capacity(PLAIN_BYTES);
        plain.push(if battle.live { LIVE } else { FROM_POOL });
        plain.extend_from_slice(battle.battle.as_bytes());
        plain.extend_from_slice(battle.voter.as_bytes());
        plain.extend_from_slice(&battle.arena.0.to_le_bytes());
        plain.extend_from_slice(battle.prompt.as_bytes());
        plain.extend_from_slice(&battle.left.0.to_le_bytes());
        plain.extend_from_slice(&battle.right.0.to_le_bytes());
        plain.extend_from_slice(battle.left_generation.as_bytes());
        plain.extend_from_slice(battle.right_generation.as_bytes());
        plain.extend_from_slice(&battle.probability.to_le_bytes());
        plain.extend_from_slice(&battle.expires_at.0.to_le_bytes());
        self.battles.seal(&plain)
    }

    /// Opens a ticket for this voter at this time.
    ///
    /// # Errors
    /// [`TicketError`], in the order invalid, foreign, expired.
    pub fn open(&self, ticket: &str, voter: VoterId, now: Timestamp) -> Result<OpenBattle, TicketError> {
        let battle = self.unseal(ticket).ok_or(TicketError::Invalid)?;
        check(voter, battle.voter, now, battle.expires_at)?;
        Ok(battle)
    }

    fn unseal(&self, ticket: &str) -> Option<OpenBattle> {
        let plain = self.battles.unseal(ticket)?;
        let mut fields = Fields(&plain);
        let [kind] = fields.take()?;
        let battle = OpenBattle {
            battle: BattleId::from_bytes(fields.take()?),
            voter: VoterId::from_bytes(fields.take()?),
            arena: ArenaId(i64::from_le_bytes(fields.take()?)),
            prompt: PromptId::from_bytes(fields.take()?),
            left: ContestantId(i64::from_le_bytes(fields.take()?)),
            right: ContestantId(i64::from_le_bytes(fields.take()?)),
            left_generation: GenerationId::from_bytes(fields.take()?),
            right_generation: GenerationId::from_bytes(fields.take()?),
            probability: f64::from_le_bytes(fields.take()?),
            expires_at: Timestamp(i64::from_le_bytes(fields.take()?)),
            live: kind == LIVE,
        };
        (matches!(kind, FROM_POOL | LIVE) && fields.0.is_empty()).then_some(battle)
    }
}

fn check(asking: VoterId, owner: VoterId, now: Timestamp, expires_at: Timestamp) -> Result<(), TicketError> {
    if owner != asking {
        return Err(TicketError::Foreign);
    }
    if expires_at < now {
        return Err(TicketError::Expired);
    }
    Ok(())
}

/// Reads fixed-size fields off the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn office(byte: u8) -> TicketOffice {
        TicketOffice::new(&InstanceSecret::from_bytes([byte; 32]))
    }

    fn battle(voter: VoterId) -> OpenBattle {
        OpenBattle {
            battle: BattleId::from_bytes([1; 16]),
            voter,
            arena: ArenaId(5),
            prompt: PromptId::from_bytes([2; 16]),
            left: ContestantId(6),
            right: ContestantId(7),
            left_generation: GenerationId::from_bytes([3; 16]),
            right_generation: GenerationId::from_bytes([4; 16]),
            probability: 0.25,
            expires_at: Timestamp(1000),
            live: false,
        }
    }

    #[test]
    fn a_ticket_opens_for_its_voter_until_it_expires() {
        let voter = VoterId::from_bytes([9; 16]);
        let ticket = office(1).seal(&battle(voter));
        assert_eq!(office(1).open(&ticket, voter, Timestamp(1000)), Ok(battle(voter)));
        assert_eq!(office(1).open(&ticket, voter, Timestamp(1001)), Err(TicketError::Expired));
        assert_eq!(office(1).open(&ticket, VoterId::from_bytes([8; 16]), Timestamp(0)), Err(TicketError::Foreign));
        assert_eq!(office(2).open(&ticket, voter, Timestamp(0)), Err(TicketError::Invalid));
    }

    #[test]
    fn all_tickets_have_one_length_and_no_two_are_alike() {
        let voter = VoterId::from_bytes([9; 16]);
        let (first, second) = (office(1).seal(&battle(voter)), office(1).seal(&battle(voter)));
        assert_eq!(first.len(), second.len());
        assert_ne!(first, second);
        let live = OpenBattle { live: true, ..battle(voter) };
        let ticket = office(1).seal(&live);
        assert_eq!(ticket.len(), first.len(), "nor does the length tell a live battle");
        assert_eq!(office(1).open(&ticket, voter, Timestamp(0)), Ok(live));
    }

    proptest! {
        #[test]
        fn a_ticket_changed_in_any_letter_is_invalid(position in 0_usize..100, letter in "[A-Za-z0-9_-]") {
            let voter = VoterId::from_bytes([9; 16]);
            let ticket = office(1).seal(&battle(voter));
            let mut changed = ticket.clone();
            changed.replace_range(position..=position, &letter);
            prop_assume!(changed != ticket);
            prop_assert_eq!(office(1).open(&changed, voter, Timestamp(0)), Err(TicketError::Invalid));
        }

        #[test]
        fn no_text_panics_the_office(text in ".{0,400}") {
            prop_assert_eq!(office(1).open(&text, VoterId::from_bytes([9; 16]), Timestamp(0)), Err(TicketError::Invalid));
        }
    }
}
