//! Live battles: what a browser handed in, what the server found out about it, and generations made here.

use std::future::Future;

use plaudit_domain::{
    ArenaId, ArenaSlug, BattleId, ContestantId, GenerationId, Media, MediaId, PromptId, Timestamp, VoteId,
};
use sqlx::{PgConnection, SqliteConnection};

use super::{
    GenerationDetails, Store, StoreError,
    import::INSERT_MEDIA,
    pool::{at, read},
    read::{id, media, media_columns, word},
    writer::{Answer, Command},
};
use crate::audit::exclusion_hash;

/// Whether a generation may be shown to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationStatus {
    /// Made by the host or imported.
    Pooled,
    /// A browser says that it made it; nobody but its maker sees it.
    Unchecked,
    /// The server made it again.
    Verified,
    /// The server made something else.
    Refuted,
}

impl GenerationStatus {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pooled => "pooled",
            Self::Unchecked => "unchecked",
            Self::Verified => "verified",
            Self::Refuted => "refuted",
        }
    }

    /// Whether everybody may see it.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Pooled | Self::Verified)
    }
}

impl std::str::FromStr for GenerationStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Pooled, Self::Unchecked, Self::Verified, Self::Refuted]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no status"))
    }
}

/// A generation to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewGeneration {
    /// Who made it.
    pub contestant: ContestantId,
    /// The text; of a picture what is to be seen on it, which may be nothing.
    pub text: String,
    /// The picture, where it is one; whoever stores this has put its bytes where they belong.
    pub media: Option<Media>,
    /// How it was made.
    pub details: GenerationDetails,
}

impl NewGeneration {
    /// Its content address.
    pub fn id(&self, prompt: PromptId) -> GenerationId {
        let content = self.media.as_ref().map_or(self.text.as_bytes(), |media| media.id.as_bytes());
        GenerationId::of(self.contestant, prompt, self.details.seed, content)
    }

    fn details_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(&self.details).map_err(|error| StoreError::damaged("generation", error))
    }
}

/// Store what a browser handed in.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishLive {
    /// The battle of the live ticket.
    pub battle: BattleId,
    /// Its arena.
    pub arena: ArenaId,
    /// The arena's name, of which prompts' ids are made.
    pub arena_slug: ArenaSlug,
    /// The prompt.
    pub prompt: String,
    /// The picture that was to be changed, which is there already.
    pub source: Option<MediaId>,
    /// Left.
    pub left: NewGeneration,
    /// Right.
    pub right: NewGeneration,
    /// Now.
    pub now: Timestamp,
}

impl FinishLive {
    /// The prompt's content address.
    pub fn prompt_id(&self) -> PromptId {
        match self.source {
            Some(source) => PromptId::of_edit(&self.arena_slug, &self.prompt, source),
            None => PromptId::of(&self.arena_slug, &self.prompt),
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishLiveAnswer {
    /// It is stored, or was before with the same texts.
    Stored,
    /// Other texts were handed in for this ticket before.
    Other,
}

/// Add a generation to the pool.
#[derive(Debug, Clone, PartialEq)]
pub struct AddGeneration {
    /// Its arena.
    pub arena: ArenaId,
    /// For which prompt.
    pub prompt: PromptId,
    /// The generation.
    pub generation: NewGeneration,
    /// Now.
    pub now: Timestamp,
}

/// Store what re-executing a live generation has shown.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeGeneration {
    /// The generation.
    pub generation: GenerationId,
    /// The live battle it was made for.
    pub battle: BattleId,
    /// The battle's arena.
    pub arena: ArenaId,
    /// Why it cannot come from its contestant; `None` when it was reproduced.
    pub refuted: Option<String>,
    /// The id of the exclusion, should there be one.
    pub exclusion: VoteId,
    /// Now.
    pub now: Timestamp,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeAnswer {
    /// It was not unchecked any more.
    Nothing,
    /// It is verified.
    Verified,
    /// It is refuted, and the battle's votes are left out.
    Excluded,
}

/// A live battle that was voted on and has a generation nobody looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UncheckedBattle {
    /// The vote, in whose order these come.
    pub vote: VoteId,
    /// The battle.
    pub battle: BattleId,
    /// Its arena.
    pub arena: ArenaId,
    /// Left and right.
    pub generations: [GenerationId; 2],
}

/// A generation with all that is needed to make it again.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredGeneration {
    /// Who made it.
    pub contestant: ContestantId,
    /// The prompt's text.
    pub prompt: String,
    /// The picture that was to be changed.
    pub source: Option<MediaId>,
    /// The text.
    pub text: String,
    /// The picture, where it is one.
    pub media: Option<MediaId>,
    /// How it was made.
    pub details: GenerationDetails,
    /// Whether it may be shown.
    pub status: GenerationStatus,
}

/// A prompt of an arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptRow {
    /// Its id.
    pub id: PromptId,
    /// Its text.
    pub text: String,
    /// A word such as `story`, where known.
    pub category: Option<String>,
    /// The picture that is to be changed.
    pub source: Option<MediaId>,
}

/// The statements of this file, written once and compiled for both engines.
pub(super) trait LiveStatements {
    fn keep_media(
        &mut self,
        generation: &NewGeneration,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    fn finish_live(
        &mut self,
        command: &FinishLive,
    ) -> impl Future<Output = Result<FinishLiveAnswer, StoreError>> + Send;
    fn add_generation(&mut self, command: &AddGeneration) -> impl Future<Output = Result<bool, StoreError>> + Send;
    fn judge(&mut self, command: &JudgeGeneration) -> impl Future<Output = Result<JudgeAnswer, StoreError>> + Send;
    fn renew_pool(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

const FIND_LIVE: &str = "SELECT left_generation_id, right_generation_id FROM live_battle WHERE battle_id = $1";
/// The primary key is what makes a live ticket work once, however many requests race.
const INSERT_LIVE: &str = "INSERT INTO live_battle (battle_id, arena_id, left_generation_id, right_generation_id, recorded_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (battle_id) DO NOTHING";
/// A prompt that the arena has already stays the arena's.
const INSERT_PROMPT: &str = "INSERT INTO prompt (id, arena_id, body, visitor, source_media_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
const INSERT_GENERATION: &str = "INSERT INTO generation (id, arena_id, contestant_id, prompt_id, body, details, status, \
     media_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
const JUDGE: &str = "UPDATE generation SET status = $1 WHERE id = $2 AND status = 'unchecked'";
const EXCLUDE: &str = "INSERT INTO battle_exclusion (id, battle_id, arena_id, reason, recorded_at, leaf_hash) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (battle_id) DO NOTHING";
/// A verified answer to what a visitor typed joins no pool.
const RENEW_POOL_FOR: &str = "UPDATE pool_version SET value = value + 1 WHERE name = 'main' AND EXISTS (SELECT 1 \
     FROM generation JOIN prompt ON prompt.id = generation.prompt_id WHERE generation.id = $1 AND prompt.visitor = $2)";
const RENEW_POOL: &str = "UPDATE pool_version SET value = value + 1 WHERE name = 'main'";

macro_rules! impl_live_statements {
    ($connection:ty) => {
        impl LiveStatements for $connection {
            async fn keep_media(&mut self, generation: &NewGeneration, now: Timestamp) -> Result<(), StoreError> {
                let Some(Media { id, kind, milliseconds, width, height, bytes, thumbnail }) = generation.media else {
                    return Ok(());
                };
                sqlx::query(INSERT_MEDIA)
                    .bind(&id.as_bytes()[..])
                    .bind(kind.as_str())
                    .bind(i64::from(width))
                    .bind(i64::from(height))
                    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
                    .bind(thumbnail.map(|media| media.as_bytes().to_vec()))
                    .bind(at(now))
                    .bind(milliseconds.map(i64::from))
                    .execute(&mut *self)
                    .await?;
                Ok(())
            }

            async fn finish_live(&mut self, command: &FinishLive) -> Result<FinishLiveAnswer, StoreError> {
                let prompt = command.prompt_id();
                let sides = [&command.left, &command.right];
                let ids = sides.map(|side| side.id(prompt));
                let found: Option<(Vec<u8>, Vec<u8>)> =
                    sqlx::query_as(FIND_LIVE).bind(&command.battle.as_bytes()[..]).fetch_optional(&mut *self).await?;
                if let Some((left, right)) = found {
                    let same = left == ids[0].as_bytes() && right == ids[1].as_bytes();
                    return Ok(if same { FinishLiveAnswer::Stored } else { FinishLiveAnswer::Other });
                }
                sqlx::query(INSERT_PROMPT)
                    .bind(&prompt.as_bytes()[..])
                    .bind(command.arena.0)
                    .bind(&command.prompt)
                    .bind(true)
                    .bind(command.source.map(|source| source.as_bytes().to_vec()))
                    .execute(&mut *self)
                    .await?;
                for (side, id) in sides.into_iter().zip(ids) {
                    self.keep_media(side, command.now).await?;
                    sqlx::query(INSERT_GENERATION)
                        .bind(&id.as_bytes()[..])
                        .bind(command.arena.0)
                        .bind(side.contestant.0)
                        .bind(&prompt.as_bytes()[..])
                        .bind(&side.text)
                        .bind(side.details_json()?)
                        .bind(GenerationStatus::Unchecked.as_str())
                        .bind(side.media.map(|media| media.id.as_bytes().to_vec()))
                        .execute(&mut *self)
                        .await?;
                }
                let inserted = sqlx::query(INSERT_LIVE)
                    .bind(&command.battle.as_bytes()[..])
                    .bind(command.arena.0)
                    .bind(&ids[0].as_bytes()[..])
                    .bind(&ids[1].as_bytes()[..])
                    .bind(at(command.now))
                    .execute(&mut *self)
                    .await?
                    .rows_affected();
                // Two requests raced and the other one won: as if this one had come later, without its generations.
                if inserted == 0 { Err(StoreError::Raced) } else { Ok(FinishLiveAnswer::Stored) }
            }

            async fn add_generation(&mut self, command: &AddGeneration) -> Result<bool, StoreError> {
                let AddGeneration { arena, prompt, generation, now } = command;
                self.keep_media(generation, *now).await?;
                let added = sqlx::query(INSERT_GENERATION)
                    .bind(&generation.id(*prompt).as_bytes()[..])
                    .bind(arena.0)
                    .bind(generation.contestant.0)
                    .bind(&prompt.as_bytes()[..])
                    .bind(&generation.text)
                    .bind(generation.details_json()?)
                    .bind(GenerationStatus::Pooled.as_str())
                    .bind(generation.media.map(|media| media.id.as_bytes().to_vec()))
                    .execute(&mut *self)
                    .await?
                    .rows_affected();
                Ok(added == 1)
            }

            async fn judge(&mut self, command: &JudgeGeneration) -> Result<JudgeAnswer, StoreError> {
                let status =
                    if command.refuted.is_some() { GenerationStatus::Refuted } else { GenerationStatus::Verified };
                let judged = sqlx::query(JUDGE)
                    .bind(status.as_str())
                    .bind(&command.generation.as_bytes()[..])
                    .execute(&mut *self)
                    .await?
                    .rows_affected();
                if judged == 0 {
                    return Ok(JudgeAnswer::Nothing);
                }
                let Some(reason) = &command.refuted else {
                    sqlx::query(RENEW_POOL_FOR)
                        .bind(&command.generation.as_bytes()[..])
                        .bind(false)
                        .execute(&mut *self)
                        .await?;
                    return Ok(JudgeAnswer::Verified);
                };
                sqlx::query(EXCLUDE)
                    .bind(&command.exclusion.as_bytes()[..])
                    .bind(&command.battle.as_bytes()[..])
                    .bind(command.arena.0)
                    .bind(reason)
                    .bind(at(command.now))
                    .bind(&exclusion_hash(command.exclusion, command.battle, reason)[..])
                    .execute(&mut *self)
                    .await?;
                Ok(JudgeAnswer::Excluded)
            }

            async fn renew_pool(&mut self) -> Result<(), StoreError> {
                sqlx::query(RENEW_POOL).execute(&mut *self).await?;
                Ok(())
            }
        }
    };
}

impl_live_statements!(SqliteConnection);
impl_live_statements!(PgConnection);

impl Store {
    /// Stores what a browser handed in for a live ticket: prompt, both generations and the battle, or nothing.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is stored then.
    pub async fn finish_live(&self, command: FinishLive) -> Result<FinishLiveAnswer, StoreError> {
        match self.writer.submit(Command::FinishLive(Box::new(command))).await? {
            Answer::FinishLive(answer) => Ok(answer),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Adds a generation to the pool. `false` when it was there before. Servers see it after [`Store::renew_pool`].
    ///
    /// # Errors
    /// [`StoreError`]; nothing is stored then.
    pub async fn add_generation(&self, command: AddGeneration) -> Result<bool, StoreError> {
        match self.writer.submit(Command::AddGeneration(Box::new(command))).await? {
            Answer::AddGeneration(added) => Ok(added),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Stores what re-executing a generation has shown. A refuted one excludes its battle in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is stored then.
    pub async fn judge_generation(&self, command: JudgeGeneration) -> Result<JudgeAnswer, StoreError> {
        match self.writer.submit(Command::Judge(Box::new(command))).await? {
            Answer::Judge(answer) => Ok(answer),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Tells servers to read the generations again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_pool(&self) -> Result<(), StoreError> {
        self.writer.submit(Command::RenewPool).await.map(drop)
    }

    /// Live battles with votes from `from` on that have an unchecked generation and are not excluded, in the order of
    /// the log, at most 256.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unchecked_battles(&self, from: VoteId) -> Result<Vec<UncheckedBattle>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>, i64, Vec<u8>, Vec<u8>);
        const SQL: &str = "SELECT vote.id, live_battle.battle_id, live_battle.arena_id, live_battle.left_generation_id, \
             live_battle.right_generation_id FROM vote JOIN live_battle ON live_battle.battle_id = vote.battle_id \
             JOIN generation l ON l.id = live_battle.left_generation_id \
             JOIN generation r ON r.id = live_battle.right_generation_id \
             LEFT JOIN battle_exclusion ON battle_exclusion.battle_id = vote.battle_id \
             WHERE vote.id >= $1 AND (l.status = 'unchecked' OR r.status = 'unchecked') AND battle_exclusion.id IS NULL \
             ORDER BY vote.id LIMIT 256";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).bind(&from.as_bytes()[..]).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(vote, battle, arena, left, right)| {
                Ok(UncheckedBattle {
                    vote: id("vote id", &vote)?,
                    battle: id("battle id", &battle)?,
                    arena: ArenaId(arena),
                    generations: [id("generation id", &left)?, id("generation id", &right)?],
                })
            })
            .collect()
    }

    /// A generation with all that is needed to make it again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn generation(&self, generation: GenerationId) -> Result<Option<StoredGeneration>, StoreError> {
        type Row = (i64, String, String, String, String, Option<Vec<u8>>, Option<Vec<u8>>);
        const SQL: &str = "SELECT generation.contestant_id, prompt.body, generation.body, generation.details, \
             generation.status, generation.media_id, prompt.source_media_id FROM generation \
             JOIN prompt ON prompt.id = generation.prompt_id WHERE generation.id = $1";
        let row: Option<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(&generation.as_bytes()[..]).fetch_optional(pool).await?);
        row.map(|(contestant, prompt, text, details, status, media, source)| {
            Ok(StoredGeneration {
                contestant: ContestantId(contestant),
                prompt,
                source: source.map(|key| id("media id", &key)).transpose()?,
                text,
                media: media.map(|key| id("media id", &key)).transpose()?,
                details: details_of(&details)?,
                status: word("status", &status)?,
            })
        })
        .transpose()
    }

    /// The arena's own prompts, by category and text; what visitors typed is not among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn prompts(&self, arena: ArenaId) -> Result<Vec<PromptRow>, StoreError> {
        type Row = (Vec<u8>, String, Option<String>, Option<Vec<u8>>);
        const SQL: &str = "SELECT id, body, category, source_media_id FROM prompt WHERE arena_id = $1 AND visitor = $2";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(false).fetch_all(pool).await?);
        let mut prompts = rows
            .into_iter()
            .map(|(prompt, text, category, source)| {
                let source = source.map(|source| id("media id", &source)).transpose()?;
                Ok(PromptRow { id: id("prompt id", &prompt)?, text, category, source })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        // Here and not in SQL: collations differ from one engine to the next.
        prompts.sort_by(|one, other| (&one.category, &one.text, one.id).cmp(&(&other.category, &other.text, other.id)));
        Ok(prompts)
    }

    /// What is in the pool of an arena, with its prompts' ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pooled_generations(&self, arena: ArenaId) -> Result<Vec<(PromptId, NewGeneration)>, StoreError> {
        type Row = (
            Vec<u8>,
            i64,
            String,
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
            "SELECT generation.prompt_id, generation.contestant_id, generation.body, generation.details, ",
            media_columns!(),
            " FROM generation LEFT JOIN media ON media.id = generation.media_id \
             WHERE generation.arena_id = $1 AND generation.status = 'pooled'"
        );
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(prompt, contestant, text, details, key, kind, width, height, bytes, thumbnail, milliseconds)| {
                let (details, contestant) = (details_of(&details)?, ContestantId(contestant));
                let media = media((key, kind, width, height, bytes, thumbnail, milliseconds))?;
                Ok((id("prompt id", &prompt)?, NewGeneration { contestant, text, media, details }))
            })
            .collect()
    }
}

pub(super) fn details_of(json: &str) -> Result<GenerationDetails, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::damaged("generation", error))
}
