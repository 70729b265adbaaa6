//! Reading votes with everything that may leave the house with them, page by page in log order.
//!
//! A page is votes and ids alone. Prompts and generations are read beside it, once however many battles they stand in:
//! joined, they were most of what an export read, and most of it again and again.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use plaudit_domain::{
    ArenaId, BattleId, ContestantId, GenerationId, MediaId, Outcome, PromptId, Timestamp, VoteId, VoterId,
};
use sqlx::QueryBuilder;

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
    pub prompt: Option<Arc<ExportPromptRow>>,
    /// Who was on the left.
    pub left: ContestantId,
    /// Who was on the right.
    pub right: ContestantId,
    /// What the left one made, where known.
    pub left_generation: Option<Arc<ExportGenerationRow>>,
    /// What the right one made, where known.
    pub right_generation: Option<Arc<ExportGenerationRow>>,
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

/// Prompts and generations that pages had, for the pages that follow.
#[derive(Debug, Default)]
pub struct ExportTexts {
    prompts: HashMap<PromptId, Arc<ExportPromptRow>>,
    generations: HashMap<GenerationId, Arc<ExportGenerationRow>>,
    /// Of their texts.
    bytes: usize,
}

/// Texts that are kept between two pages. An arena's pool has a tenth of it; live battles have texts of their own.
const MOST_TEXT_BYTES: usize = 64 << 20;
/// What an entry takes beside its text, roughly: a picture has none.
const ENTRY_BYTES: usize = 256;

impl ExportTexts {
    fn forget_if_many(&mut self) {
        if self.bytes > MOST_TEXT_BYTES {
            *self = Self::default();
        }
    }

    fn add_prompts(&mut self, rows: Vec<PromptColumns>) -> Result<(), StoreError> {
        for (key, text, category, visitor, source) in rows {
            let id = id("prompt id", &key)?;
            let source = source.map(|key| self::id("media id", &key)).transpose()?;
            self.bytes += text.len() + ENTRY_BYTES;
            self.prompts.insert(id, Arc::new(ExportPromptRow { id, text, category, visitor, source }));
        }
        Ok(())
    }

    fn add_generations(&mut self, rows: Vec<GenerationColumns>) -> Result<(), StoreError> {
        for (key, text, details, status, media) in rows {
            let id = id("generation id", &key)?;
            let media = media.map(|key| self::id("media id", &key)).transpose()?;
            let (details, status) = (details_of(&details)?, word("status", &status)?);
            self.bytes += text.len() + ENTRY_BYTES;
            self.generations.insert(id, Arc::new(ExportGenerationRow { id, text, media, details, status }));
        }
        Ok(())
    }
}

type PromptColumns = (Vec<u8>, String, Option<String>, bool, Option<Vec<u8>>);
type GenerationColumns = (Vec<u8>, String, String, String, Option<Vec<u8>>);

const PROMPTS: &str = "SELECT id, body, category, visitor, source_media_id FROM prompt WHERE id IN (";
const GENERATIONS: &str = "SELECT id, body, details, status, media_id FROM generation WHERE id IN (";

/// Ids that are asked for at once. Fewer are filled up, so that there is one statement, which is prepared once.
const ASKED_AT_ONCE: usize = 128;

fn filled_up<K>(keys: &[K]) -> impl Iterator<Item = &K> {
    keys.iter().chain(std::iter::repeat_n(keys, ASKED_AT_ONCE).flat_map(|keys| keys.last())).take(ASKED_AT_ONCE)
}

/// The ids that are not known yet, each once.
fn missing<K: Copy + Eq + Hash, V>(wanted: impl Iterator<Item = K>, known: &HashMap<K, V>) -> Vec<K> {
    let mut seen = std::collections::HashSet::new();
    wanted.filter(|key| !known.contains_key(key) && seen.insert(*key)).collect()
}

/// The columns of a page.
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
    left_contestant_id: i64,
    right_contestant_id: i64,
    left_generation_id: Option<Vec<u8>>,
    right_generation_id: Option<Vec<u8>>,
}

const PAGE: &str = concat!(
    "SELECT vote.id AS vote_id, vote.origin_id, vote.arena_id, vote.battle_id, vote.voter_id, vote.outcome, vote.cast_at, \
     vote.import_id, vote.anonymous, battle.probability, vote_withdrawal.id AS withdrawal_id, \
     battle_exclusion.id AS exclusion_id, ",
    is_published!("$2"),
    " AS published, battle.prompt_id, battle.left_contestant_id, battle.right_contestant_id, \
     battle.left_generation_id, battle.right_generation_id \
     FROM vote JOIN battle ON battle.id = vote.battle_id \
     LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id AND vote_withdrawal.id <= $2 \
     LEFT JOIN battle_exclusion ON battle_exclusion.battle_id = vote.battle_id AND battle_exclusion.id <= $2 \
     WHERE vote.id > $1 AND vote.id <= $2 AND vote.arena_id BETWEEN $3 AND $4 ORDER BY vote.id LIMIT $5"
);

/// A vote, and the ids of what it is about.
struct Bare {
    row: ExportRow,
    prompt: Option<PromptId>,
    generations: [Option<GenerationId>; 2],
}

impl Columns {
    fn bare(self) -> Result<Bare, StoreError> {
        let generation = |key: Option<Vec<u8>>| key.map(|key| id("generation id", &key)).transpose();
        Ok(Bare {
            prompt: self.prompt_id.map(|key| id("prompt id", &key)).transpose()?,
            generations: [generation(self.left_generation_id)?, generation(self.right_generation_id)?],
            row: ExportRow {
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
                prompt: None,
                left: ContestantId(self.left_contestant_id),
                right: ContestantId(self.right_contestant_id),
                left_generation: None,
                right_generation: None,
            },
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
        self.export_page_with(&mut ExportTexts::default(), arena, after, until, limit).await
    }

    /// The same, page after page: a text that an earlier one had is not read again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_page_with(
        &self,
        texts: &mut ExportTexts,
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
        let rows: Vec<Bare> = rows.into_iter().map(Columns::bare).collect::<Result<_, _>>()?;
        texts.forget_if_many();
        for keys in missing(rows.iter().filter_map(|row| row.prompt), &texts.prompts).chunks(ASKED_AT_ONCE) {
            let found: Vec<PromptColumns> = read!(self, pool => {
                let mut query = QueryBuilder::new(PROMPTS);
                let mut list = query.separated(", ");
                for key in filled_up(keys) {
                    list.push_bind(key.as_bytes().to_vec());
                }
                list.push_unseparated(")");
                query.build_query_as().fetch_all(pool).await?
            });
            texts.add_prompts(found)?;
        }
        let generations = rows.iter().flat_map(|row| row.generations).flatten();
        for keys in missing(generations, &texts.generations).chunks(ASKED_AT_ONCE) {
            let found: Vec<GenerationColumns> = read!(self, pool => {
                let mut query = QueryBuilder::new(GENERATIONS);
                let mut list = query.separated(", ");
                for key in filled_up(keys) {
                    list.push_bind(key.as_bytes().to_vec());
                }
                list.push_unseparated(")");
                query.build_query_as().fetch_all(pool).await?
            });
            texts.add_generations(found)?;
        }
        let with_texts = |Bare { row, prompt, generations: [left, right] }: Bare| ExportRow {
            prompt: prompt.and_then(|id| texts.prompts.get(&id).cloned()),
            left_generation: left.and_then(|id| texts.generations.get(&id).cloned()),
            right_generation: right.and_then(|id| texts.generations.get(&id).cloned()),
            ..row
        };
        Ok(rows.into_iter().map(with_texts).collect())
    }
}
