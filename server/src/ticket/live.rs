use plaudit_domain::{ArenaId, BattleId, ContestantId, MediaId, Timestamp, VoterId};

use super::{Fields, TicketError, TicketOffice, check};

/// How long a browser may take to load models and to generate: half an hour.
pub const LIVE_LIFETIME_MILLIS: i64 = 30 * 60 * 1000;

/// A battle that was drawn for a visitor's browser to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveDraw {
    /// Its id, which the battle keeps when it is voted on.
    pub battle: BattleId,
    /// Whose browser generates.
    pub voter: VoterId,
    /// The arena.
    pub arena: ArenaId,
    /// Who is on the left.
    pub left: ContestantId,
    /// Who is on the right.
    pub right: ContestantId,
    /// The seed of the left one.
    pub left_seed: u64,
    /// The seed of the right one.
    pub right_seed: u64,
    /// The probability with which this pair of contestants was drawn, both orders together.
    pub probability: f64,
    /// Until when it may be handed in.
    pub expires_at: Timestamp,
    /// The picture that is to be changed.
    pub source: Option<MediaId>,
    /// The prompt.
    pub prompt: String,
}

const VERSION: u8 = 2;

impl TicketOffice {
    /// The right to hand in the generations of this draw.
    pub fn seal_live(&self, draw: &LiveDraw) -> String {
        let mut plain = vec![VERSION];
        plain.extend_from_slice(draw.battle.as_bytes());
        plain.extend_from_slice(draw.voter.as_bytes());
        plain.extend_from_slice(&draw.arena.0.to_le_bytes());
        plain.extend_from_slice(&draw.left.0.to_le_bytes());
        plain.extend_from_slice(&draw.right.0.to_le_bytes());
        plain.extend_from_slice(&draw.left_seed.to_le_bytes());
        plain.extend_from_slice(&draw.right_seed.to_le_bytes());
        plain.extend_from_slice(&draw.probability.to_le_bytes());
        plain.extend_from_slice(&draw.expires_at.0.to_le_bytes());
        let source = draw.source.map(|source| *source.as_bytes());
        plain.push(u8::from(source.is_some()));
        plain.extend_from_slice(&source.unwrap_or_default());
        plain.extend_from_slice(draw.prompt.as_bytes());
        self.live.seal(&plain)
    }

    /// Opens a live ticket for this voter at this time.
    ///
    /// # Errors
    /// [`TicketError`], in the order invalid, foreign, expired.
    pub fn open_live(&self, ticket: &str, voter: VoterId, now: Timestamp) -> Result<LiveDraw, TicketError> {
        let draw = self.unseal_live(ticket).ok_or(TicketError::Invalid)?;
        check(voter, draw.voter, now, draw.expires_at)?;
        Ok(draw)
    }

    fn unseal_live(&self, ticket: &str) -> Option<LiveDraw> {
        let plain = self.live.unseal(ticket)?;
        let mut fields = Fields(&plain);
        let [version] = fields.take()?;
        let draw = LiveDraw {
            battle: BattleId::from_bytes(fields.take()?),
            voter: VoterId::from_bytes(fields.take()?),
            arena: ArenaId(i64::from_le_bytes(fields.take()?)),
            left: ContestantId(i64::from_le_bytes(fields.take()?)),
            right: ContestantId(i64::from_le_bytes(fields.take()?)),
            left_seed: u64::from_le_bytes(fields.take()?),
            right_seed: u64::from_le_bytes(fields.take()?),
            probability: f64::from_le_bytes(fields.take()?),
            expires_at: Timestamp(i64::from_le_bytes(fields.take()?)),
            source: {
                let [is_there] = fields.take()?;
                let bytes: [u8; 32] = fields.take()?;
                (is_there == 1).then(|| MediaId::from_bytes(bytes))
            },
            prompt: String::from_utf8(fields.0.to_vec()).ok()?,
        };
        (version == VERSION).then_some(draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{secret::InstanceSecret, ticket::OpenBattle};
    use plaudit_domain::{GenerationId, PromptId};

    #[test]
    fn a_live_ticket_comes_back_whole_and_the_two_kinds_cannot_be_exchanged() {
        let office = TicketOffice::new(&InstanceSecret::from_bytes([1; 32]));
        let voter = VoterId::from_bytes([9; 16]);
        let draw = LiveDraw {
            battle: BattleId::from_bytes([1; 16]),
            voter,
            arena: ArenaId(5),
            left: ContestantId(6),
            right: ContestantId(7),
            left_seed: u64::MAX,
            right_seed: 2,
            probability: 0.5,
            expires_at: Timestamp(1000),
            source: Some(MediaId::of(b"picture")),
            prompt: "Why is the sky blue? 🌈".to_owned(),
        };
        let live = office.seal_live(&draw);
        assert_eq!(office.open_live(&live, voter, Timestamp(1000)), Ok(draw));
        assert_eq!(office.open_live(&live, voter, Timestamp(1001)), Err(TicketError::Expired));
        assert_eq!(office.open_live(&live, VoterId::from_bytes([8; 16]), Timestamp(0)), Err(TicketError::Foreign));
        assert_eq!(office.open(&live, voter, Timestamp(0)), Err(TicketError::Invalid));
        let battle = OpenBattle {
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
            live: true,
        };
        assert_eq!(office.open_live(&office.seal(&battle), voter, Timestamp(0)), Err(TicketError::Invalid));
    }
}
