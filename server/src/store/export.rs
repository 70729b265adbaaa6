//! Reading votes with everything that may leave the house with them, page by page in log order.

use plaudit_domain::{
    ArenaId, BattleId, ContestantId, GenerationId, MediaId, Outcome, PromptId, Timestamp, VoteId, VoterId,
};

use super::{
    GenerationDetails, GenerationStatus, Store, StoreError,
    consent::is_published,
    live::details_of,
    pool::read,
    read::{id, word},
};

/// A vote with its battle, as an export reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRow {
    /// Its id: the order of the log.
    pub id: VoteId,
    /// Its id where it was cast, if it was imported from another site.
    pub origin: Option<VoteId>,
    /// Its arena.
    pub arena: ArenaId,
    /// The battle.
    pub battle: BattleId,
    /// Who cast it. Never to be exported as it is.
    pub voter: VoterId,
    /// The answer.
    pub outcome: Outcome,
    /// When it was cast, where known.
    pub cast_at: Option<Timestamp>,
    /// Imported from a file.
    pub imported: bool,
    /// Whether the names were hidden, where known.
    pub anonymous: Option<bool>,
    /// With which the pair was drawn.
    pub probability: Option<f64>,
    /// Taken back.
    pub withdrawn: bool,
    /// Its battle is left out of the boards.
    pub excluded: bool,
    /// Its voter agreed that it leaves, or it came under the licence of the file that it was imported from.
    pub published: bool,
    /// What was asked, where known.
    pub prompt: Option<ExportPromptRow>,
    /// Who was on the left.
    pub left: ContestantId,
    /// Who was on the right.
    pub right: ContestantId,
    /// What the left one made, where known.
    pub left_generation: Option<ExportGenerationRow>,
    /// What the right one made, where known.
    pub right_generation: Option<ExportGenerationRow>,
}

/// A prompt, as an export reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPromptRow {
    /// Its id.
    pub id: PromptId,
    /// Its text.
    pub text: String,
    /// A word such as `story`, where known.
    pub category: Option<String>,
    /// A visitor typed it: it is not for others to see.
    pub visitor: bool,
    /// The picture that was to be changed.
    pub source: Option<MediaId>,
}

/// A generation, as an export reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportGenerationRow {
    /// Its id.
    pub id: GenerationId,
    /// Its text; of a picture a description, where there is one.
    pub text: String,
    /// Which picture it is, where it is one.
    pub media: Option<MediaId>,
    /// How it was made.
    pub details: GenerationDetails,
    /// Whether it may be shown.
    pub status: GenerationStatus,
}

/// The columns; of a join that found nothing, all are null.
#[derive(sqlx::FromRow)]
struct Columns {
    vote_id: Vec<u8>,
    origin_id: Option<Vec<u8>>,
    arena_id: i64,
    battle_id: Vec<u8>,
    voter_id: Vec<u8>,
    outcome: String,
    cast_at: Option<i64>,
    import_id: Option<Vec<u8>>,
    anonymous: Option<bool>,
    probability: Option<f64>,
    withdrawal_id: Option<Vec<u8>>,
    exclusion_id: Option<Vec<u8>>,
    published: bool,
    prompt_id: Option<Vec<u8>>,
    prompt_body: Option<String>,
    category: Option<String>,
    visitor: Option<bool>,
    source_media_id: Option<Vec<u8>>,
    left_contestant_id: i64,
    right_contestant_id: i64,
    left_id: Option<Vec<u8>>,
    left_body: Option<String>,
    left_details: Option<String>,
    left_status: Option<String>,
    left_media_id: Option<Vec<u8>>,
    right_id: Option<Vec<u8>>,
    right_body: Option<String>,
    right_details: Option<String>,
    right_status: Option<String>,
    right_media_id: Option<Vec<u8>>,
}

const PAGE: &str = concat!(
    "SELECT vote.id AS vote_id, vote.origin_id, vote.arena_id, vote.battle_id, vote.voter_id, vote.outcome, vote.cast_at, \
     vote.import_id, vote.anonymous, battle.probability, vote_withdrawal.id AS withdrawal_id, \
     battle_exclusion.id AS exclusion_id, ",
    is_published!("$2"),
    " AS published, prompt.id AS prompt_id, prompt.body AS prompt_body, prompt.category, \
     prompt.visitor, prompt.source_media_id, battle.left_contestant_id, battle.right_contestant_id, \
     l.id AS left_id, l.body AS left_body, l.details AS left_details, l.status AS left_status, \
     l.media_id AS left_media_id, r.media_id AS right_media_id, \
     r.id AS right_id, r.body AS right_body, r.details AS right_details, r.status AS right_status \
     FROM vote JOIN battle ON battle.id = vote.battle_id \
     LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id AND vote_withdrawal.id <= $2 \
     LEFT JOIN battle_exclusion ON battle_exclusion.battle_id = vote.battle_id AND battle_exclusion.id <= $2 \
     LEFT JOIN prompt ON prompt.id = battle.prompt_id \
     LEFT JOIN generation l ON l.id = battle.left_generation_id \
     LEFT JOIN generation r ON r.id = battle.right_generation_id \
     WHERE vote.id > $1 AND vote.id <= $2 AND vote.arena_id BETWEEN $3 AND $4 ORDER BY vote.id LIMIT $5"
);

fn generation(
    row: (Option<Vec<u8>>, Option<String>, Option<String>, Option<String>),
    media: Option<Vec<u8>>,
) -> Result<Option<ExportGenerationRow>, StoreError> {
    let media = media.map(|key| id("media id", &key)).transpose()?;
    let (Some(key), Some(text), Some(details), Some(status)) = row else { return Ok(None) };
    let details = details_of(&details)?;
    Ok(Some(ExportGenerationRow {
        id: id("generation id", &key)?,
        text,
        media,
        details,
        status: word("status", &status)?,
    }))
}

impl Columns {
    fn row(self) -> Result<ExportRow, StoreError> {
        let prompt = match (self.prompt_id, self.prompt_body) {
            (Some(key), Some(text)) => Some(ExportPromptRow {
                id: id("prompt id", &key)?,
                text,
                category: self.category,
                visitor: self.visitor.unwrap_or(true),
                source: self.source_media_id.map(|key| id("media id", &key)).transpose()?,
            }),
            _ => None,
        };
        Ok(ExportRow {
            id: id("vote id", &self.vote_id)?,
            origin: self.origin_id.map(|key| id("origin id", &key)).transpose()?,
            arena: ArenaId(self.arena_id),
            battle: id("battle id", &self.battle_id)?,
            voter: id("voter id", &self.voter_id)?,
            outcome: word("outcome", &self.outcome)?,
            cast_at: self.cast_at.map(Timestamp),
            imported: self.import_id.is_some(),
            anonymous: self.anonymous,
            probability: self.probability,
            withdrawn: self.withdrawal_id.is_some(),
            excluded: self.exclusion_id.is_some(),
            published: self.published,
            prompt,
            left: ContestantId(self.left_contestant_id),
            right: ContestantId(self.right_contestant_id),
            left_generation: generation(
                (self.left_id, self.left_body, self.left_details, self.left_status),
                self.left_media_id,
            )?,
            right_generation: generation(
                (self.right_id, self.right_body, self.right_details, self.right_status),
                self.right_media_id,
            )?,
        })
    }
}

impl Store {
    /// The latest event, of all arenas: a vote, a withdrawal, an exclusion or a voter's choice about publication. The end of an
    /// export that shall not see those that come meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_event(&self) -> Result<Option<VoteId>, StoreError> {
        const SQL: &str = "SELECT id FROM vote UNION ALL SELECT id FROM vote_withdrawal \
             UNION ALL SELECT id FROM battle_exclusion UNION ALL SELECT id FROM publication_choice ORDER BY id DESC LIMIT 1";
        let row: Option<(Vec<u8>,)> = read!(self, pool => sqlx::query_as(SQL).fetch_optional(pool).await?);
        row.map(|(key,)| id("event id", &key)).transpose()
    }

    /// Up to `limit` events after `after` and not after `until`, in the order of their ids: each with its leaf hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_leaves(
        &self,
        after: VoteId,
        until: VoteId,
        limit: u32,
    ) -> Result<Vec<(VoteId, [u8; 32])>, StoreError> {
        const SQL: &str = "SELECT id, leaf_hash FROM vote WHERE id > $1 AND id <= $2 \
             UNION ALL SELECT id, leaf_hash FROM vote_withdrawal WHERE id > $1 AND id <= $2 \
             UNION ALL SELECT id, leaf_hash FROM battle_exclusion WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
        let rows: Vec<(Vec<u8>, Vec<u8>)> = read!(self, pool => sqlx::query_as(SQL)
            .bind(&after.as_bytes()[..])
            .bind(&until.as_bytes()[..])
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?);
        let leaf = |(key, hash): (Vec<u8>, Vec<u8>)| {
            let hash =
                <[u8; 32]>::try_from(hash.as_slice()).map_err(|error| StoreError::damaged("leaf hash", error))?;
            Ok((id("event id", &key)?, hash))
        };
        rows.into_iter().map(leaf).collect()
    }

    /// Up to `limit` votes after `after` and not after `until`, in log order, of one arena or of all, as they stood at the
    /// event `until`: what was taken back or left out later is not yet. Voters are told as they are stored, and texts whether or not they are for others to see: whoever exports them has to look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_page(
        &self,
        arena: Option<ArenaId>,
        after: VoteId,
        until: VoteId,
        limit: u32,
    ) -> Result<Vec<ExportRow>, StoreError> {
        // Arenas are numbers of 63 bits.
        let (lowest, highest) = arena.map_or((0, i64::MAX), |arena| (arena.0, arena.0));
        let rows: Vec<Columns> = read!(self, pool => sqlx::query_as(PAGE)
            .bind(&after.as_bytes()[..])
            .bind(&until.as_bytes()[..])
            .bind(lowest)
            .bind(highest)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?);
        rows.into_iter().map(Columns::row).collect()
    }
}
