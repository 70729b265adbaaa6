//! Bringing a file in: one transaction for the whole of it, so that a damaged file leaves nothing behind.

use std::{collections::HashMap, future::Future};

use plaudit_datasets::{ImportedVote, Record};
use plaudit_domain::{ArenaId, Content, Contestant, ContestantId, GenerationId, Media, PromptId, Timestamp, VoteId};
use sqlx::{PgConnection, SqliteConnection};
use tokio::sync::mpsc;

use super::{
    ContestantDetails, GenerationDetails, Store, StoreError,
    pool::{at, transaction},
};
use crate::{audit::VoteLeaf, clock::random_bytes};

/// What is being imported.
#[derive(Debug, Clone)]
pub struct ImportJob {
    /// The file's name, without its folder.
    pub file_name: String,
    /// The format's name.
    pub format: String,
    /// Now.
    pub now: Timestamp,
}

/// What an import added; what was there before is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// New arenas.
    pub arenas: u64,
    /// New contestants.
    pub contestants: u64,
    /// New prompts.
    pub prompts: u64,
    /// New pictures.
    pub media: u64,
    /// New generations.
    pub generations: u64,
    /// New votes.
    pub votes: u64,
    /// Votes that were there before.
    pub votes_known: u64,
}

impl ImportCounts {
    /// All that was added.
    pub fn added(&self) -> u64 {
        self.arenas + self.contestants + self.prompts + self.media + self.generations + self.votes
    }
}

/// What the reader sends to the transaction.
#[derive(Debug)]
pub enum ImportMessage {
    /// Some records, in the file's order.
    Records(Vec<Record>),
    /// The file was read to its end, to see what it would add: nothing of it shall stay.
    Tried,
    /// The file was read to its end; so many of its rows were rejected.
    Finished {
        /// Rejected rows.
        rejected: u64,
    },
}

const INSERT_IMPORT: &str =
    "INSERT INTO import (id, file_name, format, added, rejected, recorded_at) VALUES ($1, $2, $3, 0, 0, $4)";
const FINISH_IMPORT: &str = "UPDATE import SET added = $1, rejected = $2 WHERE id = $3";
const FORGET_IMPORT: &str = "DELETE FROM import WHERE id = $1";
const INSERT_ARENA: &str = "INSERT INTO arena (id, slug, title, task, description, license) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (id) DO NOTHING";
const INSERT_CONTESTANT: &str = "INSERT INTO contestant (id, arena_id, slug, name, details) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (id) DO NOTHING";
/// A prompt that a visitor happened to type before becomes the arena's.
const INSERT_PROMPT: &str = "INSERT INTO prompt (id, arena_id, body, category, visitor, source_media_id) \
     VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (id) DO UPDATE SET visitor = excluded.visitor, category = excluded.category \
     WHERE prompt.visitor <> excluded.visitor";
pub(super) const INSERT_MEDIA: &str = "INSERT INTO media (id, media_type, width, height, byte_length, thumbnail_id, recorded_at, \
     milliseconds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
const INSERT_GENERATION: &str = "INSERT INTO generation (id, arena_id, contestant_id, prompt_id, body, details, media_id) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
const INSERT_BATTLE: &str = "INSERT INTO battle (id, arena_id, prompt_id, left_contestant_id, right_contestant_id, \
     left_generation_id, right_generation_id, import_id, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     ON CONFLICT (id) DO NOTHING";
const INSERT_VOTE: &str = "INSERT INTO vote (id, arena_id, battle_id, voter_id, outcome, cast_at, recorded_at, import_id, \
     anonymous, leaf_hash, origin_id) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 \
     WHERE NOT EXISTS (SELECT 1 FROM vote WHERE id = $11) ON CONFLICT DO NOTHING";
/// A vote from a site's own export: cast here, or imported before, whatever its voter was called there.
const KNOWN_VOTE: &str = "SELECT battle_id, outcome FROM vote WHERE id = $1 OR origin_id = $1";

/// Nobody's any more: of a visitor's prompt that the file had too there are generations.
const FORGET_PROMPT: &str = "DELETE FROM prompt WHERE id = $1 AND NOT EXISTS \
     (SELECT 1 FROM generation WHERE generation.arena_id = prompt.arena_id AND generation.prompt_id = prompt.id)";
const FORGET_GENERATION: &str = "DELETE FROM generation WHERE id = $1";

/// Who needs a text that an import has added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// No vote so far: it is for the pool.
    Pool,
    /// Votes alone that were here before, under texts of their own. An export that masks texts comes back so.
    KnownVotes,
    /// A vote that is new.
    NewVotes,
}

/// The texts that an import has added: some 30 bytes for each.
#[derive(Default)]
struct Added {
    prompts: HashMap<PromptId, Need>,
    generations: HashMap<GenerationId, Need>,
}

impl Added {
    fn needed_by(&mut self, vote: &ImportedVote, need: Need) {
        let generations = [vote.left_generation, vote.right_generation];
        let prompt = vote.prompt.and_then(|id| self.prompts.get_mut(&id));
        prompt.into_iter().for_each(|known| *known = need.max(*known));
        for id in generations.into_iter().flatten() {
            if let Some(known) = self.generations.get_mut(&id) {
                *known = need.max(*known);
            }
        }
    }
}

/// The ids of one import: time-ordered, and in the file's order among themselves.
struct EventIds {
    now: Timestamp,
    salt: [u8; 2],
    next: u64,
}

impl EventIds {
    fn next(&mut self) -> VoteId {
        let mut tail = [0; 10];
        // The first three bytes carry version and variant bits; the counter stands behind them, most significant first.
        tail[3..8].copy_from_slice(&self.next.to_be_bytes()[3..]);
        tail[8..].copy_from_slice(&self.salt);
        self.next += 1;
        VoteId::new(self.now, tail)
    }
}

/// The statements of an import, written once and compiled for both engines.
trait ImportStatements {
    fn record(
        &mut self,
        job: &ImportJob,
        import: &[u8],
        ids: &mut EventIds,
        counts: &mut ImportCounts,
        added: &mut Added,
        record: &Record,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    fn forget_unneeded(
        &mut self,
        counts: &mut ImportCounts,
        added: &Added,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

fn details_of(contestant: &Contestant) -> Result<String, StoreError> {
    let Contestant { kind, description, weights, sampler, system_prompt, drawing, service, .. } = contestant.clone();
    let details = ContestantDetails { kind, description, weights, sampler, system_prompt, drawing, service };
    serde_json::to_string(&details).map_err(|error| StoreError::damaged("contestant", error))
}

/// A text; of a picture its description.
fn body_of(content: &Content) -> &str {
    match content {
        Content::Text(text) => text,
        Content::Picture { description, .. } => description.as_deref().unwrap_or_default(),
    }
}

fn media_of(content: &Content) -> Option<Vec<u8>> {
    match content {
        Content::Text(_) => None,
        Content::Picture { media, .. } => Some(media.as_bytes().to_vec()),
    }
}

fn leaf_of(vote: &ImportedVote, id: VoteId, now: Timestamp) -> [u8; 32] {
    let ImportedVote { arena, battle, left, right, outcome, .. } = vote;
    VoteLeaf { id, battle: *battle, arena, left, right, outcome: *outcome, recorded_at: now }.hash()
}

/// One id with two contents: one of the two files was changed.
fn differs(vote: &ImportedVote, known: Option<(Vec<u8>, String)>) -> Result<(), StoreError> {
    match (vote.origin, known) {
        (Some(origin), Some((battle, outcome)))
            if battle != vote.battle.as_bytes() || outcome != vote.outcome.as_str() =>
        {
            Err(StoreError::VoteDiffers { vote: origin })
        }
        _ => Ok(()),
    }
}

macro_rules! impl_import_statements {
    ($connection:ty) => {
        impl ImportStatements for $connection {
            async fn record(
                &mut self,
                job: &ImportJob,
                import: &[u8],
                ids: &mut EventIds,
                counts: &mut ImportCounts,
                added: &mut Added,
                record: &Record,
            ) -> Result<(), StoreError> {
                match record {
                    Record::Arena(arena) => {
                        counts.arenas += sqlx::query(INSERT_ARENA)
                            .bind(ArenaId::of(&arena.slug).0)
                            .bind(arena.slug.as_str())
                            .bind(&arena.title)
                            .bind(arena.task.as_str())
                            .bind(&arena.description)
                            .bind(arena.license.as_deref())
                            .execute(&mut *self)
                            .await?
                            .rows_affected();
                    }
                    Record::Contestant { arena, contestant } => {
                        counts.contestants += sqlx::query(INSERT_CONTESTANT)
                            .bind(ContestantId::of(arena, &contestant.slug).0)
                            .bind(ArenaId::of(arena).0)
                            .bind(contestant.slug.as_str())
                            .bind(&contestant.name)
                            .bind(details_of(contestant)?)
                            .execute(&mut *self)
                            .await?
                            .rows_affected();
                    }
                    Record::Prompt { arena, prompt } => {
                        let id = prompt.id(arena);
                        let new = sqlx::query(INSERT_PROMPT)
                            .bind(&id.as_bytes()[..])
                            .bind(ArenaId::of(arena).0)
                            .bind(&prompt.text)
                            .bind(prompt.category.as_deref())
                            .bind(false)
                            .bind(prompt.source.map(|media| media.as_bytes().to_vec()))
                            .execute(&mut *self)
                            .await?
                            .rows_affected();
                        if new == 1 {
                            added.prompts.insert(id, Need::Pool);
                        }
                        counts.prompts += new;
                    }
                    Record::Media(file) => {
                        let Media { id, kind, milliseconds, width, height, bytes, thumbnail } = file.media;
                        counts.media += sqlx::query(INSERT_MEDIA)
                            .bind(&id.as_bytes()[..])
                            .bind(kind.as_str())
                            .bind(i64::from(width))
                            .bind(i64::from(height))
                            .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
                            .bind(thumbnail.map(|media| media.as_bytes().to_vec()))
                            .bind(at(job.now))
                            .bind(milliseconds.map(i64::from))
                            .execute(&mut *self)
                            .await?
                            .rows_affected();
                    }
                    Record::Generation { arena, prompt, id, generation } => {
                        let details = GenerationDetails {
                            seed: generation.seed,
                            tokens: generation.tokens,
                            finish: generation.finish,
                            made: None,
                        };
                        let details = serde_json::to_string(&details)
                            .map_err(|error| StoreError::damaged("generation", error))?;
                        let new = sqlx::query(INSERT_GENERATION)
                            .bind(&id.as_bytes()[..])
                            .bind(ArenaId::of(arena).0)
                            .bind(ContestantId::of(arena, &generation.contestant).0)
                            .bind(&prompt.as_bytes()[..])
                            .bind(body_of(&generation.content))
                            .bind(details)
                            .bind(media_of(&generation.content))
                            .execute(&mut *self)
                            .await?
                            .rows_affected();
                        if new == 1 {
                            added.generations.insert(*id, Need::Pool);
                        }
                        counts.generations += new;
                    }
                    Record::Vote(vote) => {
                        sqlx::query(INSERT_BATTLE)
                            .bind(&vote.battle.as_bytes()[..])
                            .bind(ArenaId::of(&vote.arena).0)
                            .bind(vote.prompt.map(|id| id.as_bytes().to_vec()))
                            .bind(ContestantId::of(&vote.arena, &vote.left).0)
                            .bind(ContestantId::of(&vote.arena, &vote.right).0)
                            .bind(vote.left_generation.map(|id| id.as_bytes().to_vec()))
                            .bind(vote.right_generation.map(|id| id.as_bytes().to_vec()))
                            .bind(import)
                            .bind(at(job.now))
                            .execute(&mut *self)
                            .await?;
                        let id = ids.next();
                        let origin = vote.origin.as_ref().map(|id| &id.as_bytes()[..]);
                        let new = sqlx::query(INSERT_VOTE)
                            .bind(&id.as_bytes()[..])
                            .bind(ArenaId::of(&vote.arena).0)
                            .bind(&vote.battle.as_bytes()[..])
                            .bind(&vote.voter.as_bytes()[..])
                            .bind(vote.outcome.as_str())
                            .bind(vote.cast_at.map(at))
                            .bind(at(job.now))
                            .bind(import)
                            .bind(vote.anonymous)
                            .bind(&leaf_of(vote, id, job.now)[..])
                            .bind(origin)
                            .execute(&mut *self)
                            .await?
                            .rows_affected();
                        if new == 0 && origin.is_some() {
                            let known: Option<(Vec<u8>, String)> =
                                sqlx::query_as(KNOWN_VOTE).bind(origin).fetch_optional(&mut *self).await?;
                            differs(vote, known)?;
                            added.needed_by(vote, Need::KnownVotes);
                        } else if new == 1 {
                            added.needed_by(vote, Need::NewVotes);
                        }
                        counts.votes += new;
                        counts.votes_known += 1 - new;
                    }
                }
                Ok(())
            }

            async fn forget_unneeded(&mut self, counts: &mut ImportCounts, added: &Added) -> Result<(), StoreError> {
                for (id, _) in added.generations.iter().filter(|(_, need)| **need == Need::KnownVotes) {
                    let gone = sqlx::query(FORGET_GENERATION).bind(&id.as_bytes()[..]).execute(&mut *self).await?;
                    counts.generations -= gone.rows_affected();
                }
                for (id, _) in added.prompts.iter().filter(|(_, need)| **need == Need::KnownVotes) {
                    let gone = sqlx::query(FORGET_PROMPT).bind(&id.as_bytes()[..]).execute(&mut *self).await?;
                    counts.prompts -= gone.rows_affected();
                }
                Ok(())
            }
        }
    };
}

impl_import_statements!(SqliteConnection);
impl_import_statements!(PgConnection);

impl Store {
    /// Imports what comes through the channel, in one transaction. It commits only after [`ImportMessage::Finished`];
    /// a channel that closes before that rolls everything back, and the answer is `None`.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the file is stored then.
    pub async fn import(
        &self,
        job: &ImportJob,
        mut messages: mpsc::Receiver<ImportMessage>,
    ) -> Result<Option<ImportCounts>, StoreError> {
        let mut ids = EventIds { now: job.now, salt: random_bytes(), next: 0 };
        let import = VoteId::new(job.now, random_bytes());
        let mut tried = None;
        let outcome: Result<Option<ImportCounts>, StoreError> = transaction!(&*self.pool, connection => async {
            let import = &import.as_bytes()[..];
            let (mut counts, mut texts) = (ImportCounts::default(), Added::default());
            sqlx::query(INSERT_IMPORT).bind(import).bind(&job.file_name).bind(&job.format).bind(at(job.now))
                .execute(&mut *connection).await?;
            while let Some(message) = messages.recv().await {
                match message {
                    ImportMessage::Records(records) => {
                        for record in &records {
                            connection.record(job, import, &mut ids, &mut counts, &mut texts, record).await?;
                        }
                    }
                    ImportMessage::Tried => {
                        connection.forget_unneeded(&mut counts, &texts).await?;
                        tried = Some(counts);
                        return Err(StoreError::Stopped);
                    }
                    ImportMessage::Finished { rejected } => {
                        connection.forget_unneeded(&mut counts, &texts).await?;
                        let added = i64::try_from(counts.added()).unwrap_or(i64::MAX);
                        if added == 0 {
                            // The same file twice adds nothing, not even a trace of the second time.
                            sqlx::query(FORGET_IMPORT).bind(import).execute(&mut *connection).await?;
                        } else {
                            let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
                            sqlx::query(FINISH_IMPORT).bind(added).bind(rejected).bind(import)
                                .execute(&mut *connection).await?;
                        }
                        return Ok(Some(counts));
                    }
                }
            }
            Err(StoreError::Stopped)
        }.await);
        match outcome {
            // Only tried; or the reader hung up: it knows why, and tells its own error.
            Err(StoreError::Stopped) => Ok(tried),
            outcome => outcome,
        }
    }
}
