//! Reading: what the live board, the matchmaker and the pages ask for.

use plaudit_domain::{
    ArenaId, BattleId, ContestantId, ContestantKind, Drawing, Finish, GenerationId, Media, MediaId, Outcome, PromptId,
    Sampler, Service, Task, Timestamp, VoteId, VoterId, Weights,
};
use plaudit_runner::protocol::BackendKind;
use serde::{Deserialize, Serialize};

use super::{
    GenerationStatus, Store, StoreError,
    consent::{END, is_published},
    live::details_of,
    pool::read,
};

/// An arena as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ArenaRow {
    /// Its id.
    pub id: ArenaId,
    /// Name in addresses.
    pub slug: plaudit_domain::ArenaSlug,
    /// Name for people.
    pub title: String,
    /// What its contestants make.
    pub task: Task,
    /// A sentence or two.
    pub description: String,
    /// SPDX expression.
    pub license: Option<String>,
}

/// What is kept of a contestant beside its names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContestantDetails {
    /// What stands behind it.
    pub kind: ContestantKind,
    /// A sentence.
    #[serde(default)]
    pub description: String,
    /// Where its weights come from.
    #[serde(default)]
    pub weights: Option<Weights>,
    /// How it samples.
    #[serde(default)]
    pub sampler: Option<Sampler>,
    /// What it is told before every prompt.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// How it draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing: Option<Box<Drawing>>,
    /// The service that makes what it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
}

/// A contestant as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ContestantRow {
    /// Its id.
    pub id: ContestantId,
    /// Its arena.
    pub arena: ArenaId,
    /// Name in addresses.
    pub slug: plaudit_domain::ContestantSlug,
    /// Name for people.
    pub name: String,
    /// The rest.
    pub details: ContestantDetails,
}

/// What is kept of a generation beside its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerationDetails {
    /// The seed.
    pub seed: Option<u64>,
    /// Length in the contestant's tokens.
    pub tokens: Option<u32>,
    /// Why it ended.
    pub finish: Option<Finish>,
    /// What made it, where it was made here or in a visitor's browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<MadeBy>,
}

/// What made a generation, and all that is needed to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MadeBy {
    /// What it ran on.
    pub backend: BackendKind,
    /// The device in words.
    pub device: String,
    /// SHA-256 of the weights.
    pub weights_sha256: String,
    /// Its tokens, without the one that says the end.
    pub tokens: Vec<u32>,
    /// Tokens a second.
    pub tokens_per_second: Option<f64>,
}

/// What the matchmaker knows of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerationRef {
    /// Its id.
    pub id: GenerationId,
    /// For which prompt.
    pub prompt: PromptId,
    /// Who made it.
    pub contestant: ContestantId,
    /// Hash of what it is, so that identical ones are kept apart from each other.
    pub content_hash: [u8; 32],
}

/// A vote, as the live board reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteRow {
    /// Its id: the order of the log.
    pub id: VoteId,
    /// Who was on the left.
    pub left: ContestantId,
    /// Who was on the right.
    pub right: ContestantId,
    /// The answer.
    pub outcome: Outcome,
    /// Imported from a file.
    pub imported: bool,
    /// Who answered.
    pub voter: VoterId,
    /// When it was cast; when it was recorded, where an imported file does not say.
    pub cast_at: Timestamp,
}

/// An undo, as the live board reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithdrawalRow {
    /// Its id.
    pub id: VoteId,
    /// The withdrawn vote.
    pub vote: VoteId,
}

/// The exclusion of a battle from the boards, as the live board reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExclusionRow {
    /// Its id.
    pub id: VoteId,
    /// The vote that is left out.
    pub vote: VoteId,
}

/// What decides whether arenas must be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentVersion {
    /// Imported files.
    pub imports: i64,
    /// Contestants.
    pub contestants: i64,
    /// Counts up when the pool changes without an import.
    pub pool: i64,
}

/// A picture, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// Where it is and how large.
    pub media: Media,
    /// What is to be seen on it, where somebody wrote that down.
    pub description: Option<String>,
}

/// One side of a stored battle.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSide {
    /// How its generation was made.
    pub details: GenerationDetails,
    /// Whether it may be shown to anybody.
    pub status: GenerationStatus,
    /// What it is, where it is no text.
    pub picture: Option<StoredPicture>,
}

/// A battle with its answer, as its page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBattle {
    /// Its arena.
    pub arena: ArenaId,
    /// The prompt's text, where known.
    pub prompt: Option<String>,
    /// The picture that was to be changed, where the task was to change one.
    pub source: Option<Media>,
    /// Who was on the left.
    pub left: ContestantId,
    /// Who was on the right.
    pub right: ContestantId,
    /// What the left one made, where known.
    pub left_text: Option<String>,
    /// What the right one made, where known.
    pub right_text: Option<String>,
    /// How the left one's was made, where known.
    pub left_side: Option<StoredSide>,
    /// How the right one's was made, where known.
    pub right_side: Option<StoredSide>,
    /// A visitor's browser generated it.
    pub live: bool,
    /// Why its votes are left out of the boards.
    pub excluded: Option<String>,
    /// Somebody left it unanswered.
    pub skipped: bool,
    /// The votes, oldest first.
    pub votes: Vec<StoredVote>,
}

/// One vote on a stored battle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredVote {
    /// Its id.
    pub id: VoteId,
    /// Who cast it.
    pub voter: VoterId,
    /// The answer.
    pub outcome: Outcome,
    /// When it was cast, where known.
    pub cast_at: Option<Timestamp>,
    /// When it was committed here.
    pub recorded_at: Timestamp,
    /// Imported from a file.
    pub imported: bool,
    /// Taken back.
    pub withdrawn: bool,
    /// May be shown to others than its voter.
    pub published: bool,
}

/// An id out of a column.
pub(super) fn id<T: for<'a> TryFrom<&'a [u8]>>(what: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
    T::try_from(bytes).map_err(|_| StoreError::damaged(what, format!("{} bytes", bytes.len())))
}

/// A word or slug out of a column.
pub(super) fn word<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::damaged(what, text))
}

/// The columns of a picture or clip, as [`MediaColumns`] has them.
macro_rules! media_columns {
    () => {
        "media.id, media.media_type, media.width, media.height, media.byte_length, media.thumbnail_id, media.milliseconds"
    };
}
pub(super) use media_columns;

/// All null where there is none.
pub(super) type MediaColumns =
    (Option<Vec<u8>>, Option<String>, Option<i64>, Option<i64>, Option<i64>, Option<Vec<u8>>, Option<i64>);

pub(super) fn media(
    (key, kind, width, height, bytes, thumbnail, milliseconds): MediaColumns,
) -> Result<Option<Media>, StoreError> {
    let (Some(key), Some(kind), Some(width), Some(height), Some(bytes)) = (key, kind, width, height, bytes) else {
        return Ok(None);
    };
    let size = |number: i64| u32::try_from(number).map_err(|error| StoreError::damaged("media", error));
    Ok(Some(Media {
        id: id("media id", &key)?,
        kind: word("media type", &kind)?,
        milliseconds: milliseconds.map(size).transpose()?,
        width: size(width)?,
        height: size(height)?,
        bytes: bytes.unsigned_abs(),
        thumbnail: thumbnail.map(|key| id("media id", &key)).transpose()?,
    }))
}

fn picture(media: Option<Media>, body: &str) -> Option<StoredPicture> {
    media.map(|media| StoredPicture { media, description: Some(body.to_owned()).filter(|body| !body.is_empty()) })
}

/// Body, details and status of a generation, and the columns of its picture.
type SideColumns = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<i64>,
);

/// Text and making of a generation, where the battle has one.
fn side(
    (text, details, status, key, kind, width, height, bytes, thumbnail, milliseconds): SideColumns,
) -> Result<(Option<String>, Option<StoredSide>), StoreError> {
    let media = media((key, kind, width, height, bytes, thumbnail, milliseconds))?;
    let picture = picture(media, text.as_deref().unwrap_or_default());
    let text = text.filter(|_| picture.is_none());
    let made = match (details, status) {
        (Some(details), Some(status)) => {
            Some(StoredSide { details: details_of(&details)?, status: word("status", &status)?, picture })
        }
        _ => None,
    };
    Ok((text, made))
}

impl Store {
    /// All arenas, by slug.
    ///
    /// # Errors
    /// [`StoreError`], as all reads.
    pub async fn arenas(&self) -> Result<Vec<ArenaRow>, StoreError> {
        type Row = (i64, String, String, String, String, Option<String>);
        const SQL: &str = "SELECT id, slug, title, task, description, license FROM arena ORDER BY slug";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, slug, title, task, description, license)| {
                let (slug, task) = (word("slug", &slug)?, word("task", &task)?);
                Ok(ArenaRow { id: ArenaId(id), slug, title, task, description, license })
            })
            .collect()
    }

    /// All contestants of all arenas.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contestants(&self) -> Result<Vec<ContestantRow>, StoreError> {
        type Row = (i64, i64, String, String, String);
        const SQL: &str = "SELECT id, arena_id, slug, name, details FROM contestant ORDER BY arena_id, slug";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, arena, slug, name, details)| {
                let details =
                    serde_json::from_str(&details).map_err(|error| StoreError::damaged("contestant", error))?;
                Ok(ContestantRow {
                    id: ContestantId(id),
                    arena: ArenaId(arena),
                    slug: word("slug", &slug)?,
                    name,
                    details,
                })
            })
            .collect()
    }

    /// The generations of one arena that may be shown to anybody, without their texts. Those for prompts that visitors
    /// typed are not among them, even where they are verified: what somebody asks a model may be private.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn generations(&self, arena: ArenaId) -> Result<Vec<GenerationRef>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>, i64, String, Option<Vec<u8>>);
        const SQL: &str = "SELECT generation.id, generation.prompt_id, generation.contestant_id, generation.body, \
             generation.media_id \
             FROM generation JOIN prompt ON prompt.id = generation.prompt_id WHERE generation.arena_id = $1 \
             AND generation.status IN ('pooled', 'verified') AND prompt.visitor = $2 \
             ORDER BY generation.prompt_id, generation.id";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(false).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(generation, prompt, contestant, body, media)| {
                // A picture's address is the hash of its content already.
                let media: Option<MediaId> = media.map(|key| id("media id", &key)).transpose()?;
                let hash = || *blake3::hash(body.trim().as_bytes()).as_bytes();
                Ok(GenerationRef {
                    id: id("generation id", &generation)?,
                    prompt: id("prompt id", &prompt)?,
                    contestant: ContestantId(contestant),
                    content_hash: media.map_or_else(hash, |media| *media.as_bytes()),
                })
            })
            .collect()
    }

    /// A prompt's text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn prompt_text(&self, prompt: PromptId) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT body FROM prompt WHERE id = $1";
        let row: Option<(String,)> =
            read!(self, pool => sqlx::query_as(SQL).bind(&prompt.as_bytes()[..]).fetch_optional(pool).await?);
        Ok(row.map(|(body,)| body))
    }

    /// A generation's text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn generation_text(&self, generation: GenerationId) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT body FROM generation WHERE id = $1";
        let row: Option<(String,)> =
            read!(self, pool => sqlx::query_as(SQL).bind(&generation.as_bytes()[..]).fetch_optional(pool).await?);
        Ok(row.map(|(body,)| body))
    }

    /// A generation's picture; `None` where it is a text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn generation_picture(&self, generation: GenerationId) -> Result<Option<StoredPicture>, StoreError> {
        type Row = (
            String,
            Option<Vec<u8>>,
            Option<String>,
            Option<i64>,
            Option<i64>,
            Option<i64>,
            Option<Vec<u8>>,
            Option<i64>,
        );
        const SQL: &str = concat!(
            "SELECT generation.body, ",
            media_columns!(),
            " FROM generation JOIN media ON media.id = generation.media_id WHERE generation.id = $1"
        );
        let row: Option<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(&generation.as_bytes()[..]).fetch_optional(pool).await?);
        let Some((body, key, kind, width, height, bytes, thumbnail, milliseconds)) = row else { return Ok(None) };
        Ok(picture(media((key, kind, width, height, bytes, thumbnail, milliseconds))?, &body))
    }

    /// Small pictures of the arena's pool, for different prompts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sample_media(&self, arena: ArenaId, limit: usize) -> Result<Vec<Media>, StoreError> {
        // Enough rows for as many prompts in most arenas; in others there are fewer pictures.
        type Row = (
            Vec<u8>,
            Option<Vec<u8>>,
            Option<String>,
            Option<i64>,
            Option<i64>,
            Option<i64>,
            Option<Vec<u8>>,
            Option<i64>,
        );
        const SQL: &str = concat!(
            "SELECT generation.prompt_id, ",
            media_columns!(),
            " FROM generation \
             JOIN prompt ON prompt.id = generation.prompt_id JOIN media ON media.id = generation.media_id \
             WHERE generation.arena_id = $1 AND generation.status IN ('pooled', 'verified') AND prompt.visitor = $2 \
             AND (media.media_type = 'image/png' OR media.thumbnail_id IS NOT NULL) \
             ORDER BY generation.prompt_id, generation.id LIMIT 100"
        );
        let mut rows: Vec<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(false).fetch_all(pool).await?);
        rows.dedup_by(|one, other| one.0 == other.0);
        let media = |(_, key, kind, width, height, bytes, thumbnail, lasts): Row| {
            media((key, kind, width, height, bytes, thumbnail, lasts)).transpose()
        };
        rows.into_iter().take(limit).filter_map(media).collect()
    }

    /// The picture that a prompt asks to be changed, where it does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn prompt_source(&self, prompt: PromptId) -> Result<Option<Media>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            media_columns!(),
            " FROM prompt JOIN media ON media.id = prompt.source_media_id WHERE prompt.id = $1"
        );
        let row: Option<MediaColumns> =
            read!(self, pool => sqlx::query_as(SQL).bind(&prompt.as_bytes()[..]).fetch_optional(pool).await?);
        row.map_or(Ok(None), media)
    }

    /// The pictures that an arena's own prompts ask to be changed, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sources(&self, arena: ArenaId) -> Result<Vec<Media>, StoreError> {
        const SQL: &str = concat!(
            "SELECT DISTINCT ",
            media_columns!(),
            " FROM prompt JOIN media ON media.id = prompt.source_media_id WHERE prompt.arena_id = $1 AND prompt.visitor = $2 \
             ORDER BY media.id"
        );
        let rows: Vec<MediaColumns> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(false).fetch_all(pool).await?);
        rows.into_iter().filter_map(|row| media(row).transpose()).collect()
    }

    /// The votes of one arena with ids from `from` on, in log order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn votes_from(&self, arena: ArenaId, from: VoteId) -> Result<Vec<VoteRow>, StoreError> {
        type Row = (Vec<u8>, i64, i64, String, Option<Vec<u8>>, Vec<u8>, i64);
        const SQL: &str = "SELECT vote.id, battle.left_contestant_id, battle.right_contestant_id, vote.outcome, vote.import_id, \
             vote.voter_id, COALESCE(vote.cast_at, vote.recorded_at) FROM vote JOIN battle ON battle.id = vote.battle_id \
             WHERE vote.arena_id = $1 AND vote.id >= $2 ORDER BY vote.id";
        let rows: Vec<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(&from.as_bytes()[..]).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(vote, left, right, outcome, import, voter, cast_at)| {
                Ok(VoteRow {
                    id: id("vote id", &vote)?,
                    left: ContestantId(left),
                    right: ContestantId(right),
                    outcome: word("outcome", &outcome)?,
                    imported: import.is_some(),
                    voter: id("voter id", &voter)?,
                    cast_at: Timestamp(cast_at),
                })
            })
            .collect()
    }

    /// The withdrawals of one arena with ids from `from` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdrawals_from(&self, arena: ArenaId, from: VoteId) -> Result<Vec<WithdrawalRow>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>);
        const SQL: &str = "SELECT id, vote_id FROM vote_withdrawal WHERE arena_id = $1 AND id >= $2 ORDER BY id";
        let rows: Vec<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(&from.as_bytes()[..]).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(withdrawal, vote)| {
                Ok(WithdrawalRow { id: id("withdrawal id", &withdrawal)?, vote: id("vote id", &vote)? })
            })
            .collect()
    }

    /// The exclusions of one arena with ids from `from` on, one row for each vote that is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exclusions_from(&self, arena: ArenaId, from: VoteId) -> Result<Vec<ExclusionRow>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>);
        const SQL: &str = "SELECT battle_exclusion.id, vote.id FROM battle_exclusion \
             JOIN vote ON vote.battle_id = battle_exclusion.battle_id \
             WHERE battle_exclusion.arena_id = $1 AND battle_exclusion.id >= $2 ORDER BY battle_exclusion.id";
        let rows: Vec<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(&from.as_bytes()[..]).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(exclusion, vote)| {
                Ok(ExclusionRow { id: id("exclusion id", &exclusion)?, vote: id("vote id", &vote)? })
            })
            .collect()
    }

    /// Imports, contestants and changes of the pool: when one of them changes, arenas must be read again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn content_version(&self) -> Result<ContentVersion, StoreError> {
        const SQL: &str = "SELECT (SELECT COUNT(*) FROM import), (SELECT COUNT(*) FROM contestant), \
             (SELECT value FROM pool_version WHERE name = 'main')";
        let (imports, contestants, pool): (i64, i64, i64) =
            read!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok(ContentVersion { imports, contestants, pool })
    }

    /// The pairs of generations that this voter already judged or skipped in this arena, newest first, at most 2,000 of each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pairs_seen(
        &self,
        arena: ArenaId,
        voter: VoterId,
    ) -> Result<Vec<(GenerationId, GenerationId)>, StoreError> {
        type Row = (Option<Vec<u8>>, Option<Vec<u8>>);
        const VOTED: &str = "SELECT battle.left_generation_id, battle.right_generation_id FROM vote \
             JOIN battle ON battle.id = vote.battle_id WHERE vote.voter_id = $1 AND vote.arena_id = $2 \
             ORDER BY vote.id DESC LIMIT 2000";
        const SKIPPED: &str = "SELECT left_generation_id, right_generation_id FROM battle \
             WHERE skipped_by = $1 AND arena_id = $2 ORDER BY id DESC LIMIT 2000";
        let mut pairs = Vec::new();
        for sql in [VOTED, SKIPPED] {
            let rows: Vec<Row> = read!(self, pool => sqlx::query_as(sql).bind(&voter.as_bytes()[..]).bind(arena.0).fetch_all(pool).await?);
            for (left, right) in rows.into_iter().filter_map(|(left, right)| Some((left?, right?))) {
                pairs.push((id("generation id", &left)?, id("generation id", &right)?));
            }
        }
        Ok(pairs)
    }

    /// A battle that was answered, with its votes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn battle(&self, battle: BattleId) -> Result<Option<StoredBattle>, StoreError> {
        type Row = (i64, Option<String>, i64, i64, Option<Vec<u8>>, bool, Option<String>);
        type Vote = (Vec<u8>, Vec<u8>, String, Option<i64>, i64, Option<Vec<u8>>, Option<Vec<u8>>, bool);
        const BATTLE: &str = "SELECT battle.arena_id, prompt.body, battle.left_contestant_id, battle.right_contestant_id, \
             battle.skipped_by, battle.live, battle_exclusion.reason \
             FROM battle LEFT JOIN prompt ON prompt.id = battle.prompt_id \
             LEFT JOIN battle_exclusion ON battle_exclusion.battle_id = battle.id WHERE battle.id = $1";
        const LEFT: &str = concat!(
            "SELECT generation.body, generation.details, generation.status, ",
            media_columns!(),
            " FROM battle LEFT JOIN generation ON generation.id = battle.left_generation_id \
             LEFT JOIN media ON media.id = generation.media_id WHERE battle.id = $1"
        );
        const RIGHT: &str = concat!(
            "SELECT generation.body, generation.details, generation.status, ",
            media_columns!(),
            " FROM battle LEFT JOIN generation ON generation.id = battle.right_generation_id \
             LEFT JOIN media ON media.id = generation.media_id WHERE battle.id = $1"
        );
        const SOURCE: &str = concat!(
            "SELECT ",
            media_columns!(),
            " FROM battle JOIN prompt ON prompt.id = battle.prompt_id JOIN media ON media.id = prompt.source_media_id \
             WHERE battle.id = $1"
        );
        const VOTES: &str = concat!(
            "SELECT vote.id, vote.voter_id, vote.outcome, vote.cast_at, vote.recorded_at, vote.import_id, \
             vote_withdrawal.id, ",
            is_published!("$2"),
            " FROM vote LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id \
             WHERE vote.battle_id = $1 ORDER BY vote.id"
        );
        let key = &battle.as_bytes()[..];
        let row: Option<Row> = read!(self, pool => sqlx::query_as(BATTLE).bind(key).fetch_optional(pool).await?);
        let Some((arena, prompt, left, right, skipped_by, live, excluded)) = row else { return Ok(None) };
        let (left_text, left_side) =
            side(read!(self, pool => sqlx::query_as::<_, SideColumns>(LEFT).bind(key).fetch_one(pool).await?))?;
        let (right_text, right_side) =
            side(read!(self, pool => sqlx::query_as::<_, SideColumns>(RIGHT).bind(key).fetch_one(pool).await?))?;
        let source: Option<MediaColumns> =
            read!(self, pool => sqlx::query_as(SOURCE).bind(key).fetch_optional(pool).await?);
        let source = source.map_or(Ok(None), media)?;
        let votes: Vec<Vote> =
            read!(self, pool => sqlx::query_as(VOTES).bind(key).bind(&END[..]).fetch_all(pool).await?);
        let votes = votes
            .into_iter()
            .map(|(vote, voter, outcome, cast_at, recorded_at, import, withdrawal, published)| {
                Ok(StoredVote {
                    id: id("vote id", &vote)?,
                    voter: id("voter id", &voter)?,
                    outcome: word("outcome", &outcome)?,
                    cast_at: cast_at.map(Timestamp),
                    recorded_at: Timestamp(recorded_at),
                    imported: import.is_some(),
                    withdrawn: withdrawal.is_some(),
                    published,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        let (arena, left, right) = (ArenaId(arena), ContestantId(left), ContestantId(right));
        Ok(Some(StoredBattle {
            arena,
            prompt,
            source,
            left,
            right,
            left_text,
            right_text,
            left_side,
            right_side,
            live,
            excluded,
            skipped: skipped_by.is_some(),
            votes,
        }))
    }
}
