//! Whether votes may be published: what their voters said when voting, and what they said later.

use plaudit_domain::{Timestamp, VoteId, VoterId};

use super::{
    Store, StoreError,
    pool::read,
    writer::{Answer, Command},
};

/// Says of a joined `vote` whether it may be published, as things stood at the event that the parameter names: an imported one
/// under the licence of its source; one cast here when its voter agreed, and has not said otherwise since.
macro_rules! is_published {
    ($until:literal) => {
        concat!(
            "(vote.import_id IS NOT NULL OR COALESCE((SELECT choice.agreed FROM publication_choice choice \
             WHERE choice.voter_id = vote.voter_id AND choice.recorded_at >= vote.recorded_at AND choice.id <= ",
            $until,
            " ORDER BY choice.id DESC LIMIT 1), vote.consent, FALSE))"
        )
    };
}

pub(super) use is_published;

/// After every event.
pub(super) const END: [u8; 16] = [255; 16];

/// Say of all of one's votes so far whether they may be published.
#[derive(Debug, Clone, Copy)]
pub struct ChoosePublication {
    /// The id of the new event.
    pub id: VoteId,
    /// Whose votes.
    pub voter: VoterId,
    /// Whether they may.
    pub agreed: bool,
    /// Now.
    pub now: Timestamp,
}

impl Store {
    /// Keeps a voter's choice. What the voter said before stays in the log.
    ///
    /// # Errors
    /// [`StoreError`]; what was said before holds then.
    pub async fn choose_publication(&self, choice: ChoosePublication) -> Result<(), StoreError> {
        match self.writer.submit(Command::ChoosePublication(choice)).await? {
            Answer::ChoosePublication => Ok(()),
            _ => Err(StoreError::Stopped),
        }
    }

    /// What a voter said last, with a vote or of all votes; `None` for one who was never asked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn publication_choice(&self, voter: VoterId) -> Result<Option<bool>, StoreError> {
        type Row = (bool, i64);
        const WITH_A_VOTE: &str = "SELECT consent, recorded_at FROM vote WHERE voter_id = $1 AND consent IS NOT NULL \
             ORDER BY id DESC LIMIT 1";
        const OF_ALL: &str =
            "SELECT agreed, recorded_at FROM publication_choice WHERE voter_id = $1 ORDER BY id DESC LIMIT 1";
        let mut said: Option<(i64, bool)> = None;
        for sql in [WITH_A_VOTE, OF_ALL] {
            let row: Option<Row> = read!(self, pool => sqlx::query_as(sql)
                .bind(&voter.as_bytes()[..])
                .fetch_optional(pool)
                .await?);
            // Of the same instant the choice of all holds, which is looked at last.
            if let Some((agreed, time)) = row.filter(|(_, time)| said.is_none_or(|(before, _)| *time >= before)) {
                said = Some((time, agreed));
            }
        }
        Ok(said.map(|(_, agreed)| agreed))
    }

    /// Counts up when somebody says of votes that were cast before whether they may be published.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn publication_choices(&self) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM publication_choice";
        let (count,): (i64,) = read!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok(count)
    }
}
