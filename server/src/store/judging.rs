//! Judges and what they said.

use std::future::Future;

use plaudit_agreement::Answer;
use plaudit_domain::{
    ArenaId, BattleId, ContestantId, GenerationId, JudgeId, JudgeSlug, JudgmentId, Outcome, PromptId, Timestamp,
    VoterId,
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, SqliteConnection};

use super::{
    Store, StoreError,
    consent::{END, is_published},
    pool::{at, read},
    read::{id, word},
    writer::{Answer as Written, Command},
};

/// Judgments in one transaction at the most.
pub const MAX_JUDGMENTS: usize = 256;

/// Where a judge runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgePlace {
    /// On this server.
    Server,
    /// Behind an API that this server asks.
    Remote,
    /// Somewhere else: its judgments are handed in with a token, or imported.
    Outside,
}

/// What is kept of a judge beside its names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeDetails {
    /// Where it runs.
    pub place: JudgePlace,
    /// What it does, in a sentence or two.
    pub description: String,
    /// Everything that decides its answers: model, digest of the weights, template, mode.
    #[serde(default)]
    pub provenance: serde_json::Value,
}

/// A version of a judge.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeRow {
    /// Its id.
    pub id: JudgeId,
    /// Name in addresses.
    pub slug: JudgeSlug,
    /// Which version.
    pub version: String,
    /// Name for people.
    pub name: String,
    /// The rest.
    pub details: JudgeDetails,
}

/// Who computed a judgment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgedBy {
    /// This server.
    Server,
    /// A visitor's browser.
    Browser,
    /// Whoever holds the judge's token.
    Token,
    /// A file.
    Import,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeFailure {
    /// The kind, as agreement counts it.
    pub kind: plaudit_agreement::Unparsed,
    /// In words, for the host.
    pub reason: String,
}

/// What an answer has cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct JudgmentCost {
    /// Time from question to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// Tokens read by the judge's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_read: Option<u64>,
    /// Tokens that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_written: Option<u64>,
    /// Money, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
}

/// What is kept of a judgment beside its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgmentDetails {
    /// Scores of the left and the right side, in the judge's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<(f64, f64)>,
    /// The judge's probability that the left side is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_probability: Option<f64>,
    /// How sure it is of its answer, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What it says for itself, or the text that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<JudgeFailure>,
    /// What it has cost.
    #[serde(default)]
    pub cost: JudgmentCost,
    /// Who computed it.
    pub by: JudgedBy,
}

/// A judgment: what a judge said of two generations in one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgment {
    /// Its id.
    pub id: JudgmentId,
    /// The judge.
    pub judge: JudgeId,
    /// Who made the left one is not known to the judge.
    pub left: GenerationId,
    /// The one on the right.
    pub right: GenerationId,
    /// The one whose prompt was asked, where the two answer different prompts; `None` in a battle.
    pub asked: Option<GenerationId>,
    /// The answer, in the order shown.
    pub answer: Answer,
    /// The rest.
    pub details: JudgmentDetails,
    /// When it was committed here.
    pub recorded_at: Timestamp,
}

/// Store judgments, all of them or none.
#[derive(Debug, Clone, PartialEq)]
pub struct AddJudgments {
    /// The arena of all of them.
    pub arena: ArenaId,
    /// At most [`MAX_JUDGMENTS`].
    pub judgments: Vec<Judgment>,
}

/// What became of judgments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AddedJudgments {
    /// New.
    pub added: u64,
    /// There before, with the same answer.
    pub known: u64,
    /// There before with another answer: not taken, and counted.
    pub conflicting: u64,
}

/// A vote on two stored generations, as judges are measured by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairVote {
    /// The battle.
    pub battle: BattleId,
    /// The contestants, in the order shown.
    pub contestants: [ContestantId; 2],
    /// The generations, in the order shown.
    pub generations: [GenerationId; 2],
    /// Who voted.
    pub voter: VoterId,
    /// The answer, in the order shown.
    pub outcome: Outcome,
    /// When it was cast; when it was recorded, where an imported file does not say.
    pub cast_at: Timestamp,
    /// May be shown to others than its voter.
    pub published: bool,
    /// What the two are.
    pub shown: Shown,
}

/// What the two generations of a pair are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Texts.
    Texts,
    /// Pictures, so many pixels along the longest side of both.
    Pictures(u32),
    /// Clips or sounds, or one of these and a picture.
    Moving,
}

/// A generation with its prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PooledText {
    /// The generation.
    pub generation: GenerationId,
    /// Who made it.
    pub contestant: ContestantId,
    /// Its prompt.
    pub prompt_id: PromptId,
    /// The prompt's text.
    pub prompt: String,
    /// The generation's text.
    pub text: String,
}

/// The statements of this file, written once and compiled for both engines.
pub(super) trait JudgeStatements {
    fn add_judge(&mut self, judge: &JudgeRow, now: Timestamp) -> impl Future<Output = Result<bool, StoreError>> + Send;
    fn add_judgments(
        &mut self,
        command: &AddJudgments,
    ) -> impl Future<Output = Result<AddedJudgments, StoreError>> + Send;
}

/// A judge's version is what it was when it first came: its names may be made nicer, its provenance stays.
const INSERT_JUDGE: &str = "INSERT INTO judge (id, slug, version, name, details, recorded_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
const FIND_JUDGMENT: &str = "SELECT answer, attempt FROM judgment WHERE judge_id = $1 AND left_generation_id = $2 \
     AND right_generation_id = $3 ORDER BY attempt DESC LIMIT 1";
const INSERT_JUDGMENT: &str = "INSERT INTO judgment (id, arena_id, judge_id, left_generation_id, right_generation_id, \
     asked_generation_id, attempt, answer, details, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const INSERT_CONFLICT: &str = "INSERT INTO judgment_conflict (id, arena_id, judge_id, left_generation_id, \
     right_generation_id, answer, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) fn answer_word(answer: Answer) -> &'static str {
    match answer {
        Answer::Outcome(outcome) => outcome.as_str(),
        Answer::AnyTie => "equal",
        Answer::Unparsed(_) => "none",
    }
}

/// The answer behind a word; why there is none stands in the details.
pub(super) fn answer_of(word_: &str, details: &JudgmentDetails) -> Result<Answer, StoreError> {
    Ok(match word_ {
        "equal" => Answer::AnyTie,
        "none" => Answer::Unparsed(
            details.failure.as_ref().map_or(plaudit_agreement::Unparsed::NoVerdict, |failure| failure.kind),
        ),
        outcome => Answer::Outcome(word("answer", outcome)?),
    })
}

macro_rules! impl_judge_statements {
    ($connection:ty) => {
        impl JudgeStatements for $connection {
            async fn add_judge(&mut self, judge: &JudgeRow, now: Timestamp) -> Result<bool, StoreError> {
                let details =
                    serde_json::to_string(&judge.details).map_err(|error| StoreError::damaged("judge", error))?;
                let added = sqlx::query(INSERT_JUDGE)
                    .bind(judge.id.0)
                    .bind(judge.slug.as_str())
                    .bind(&judge.version)
                    .bind(&judge.name)
                    .bind(details)
                    .bind(at(now))
                    .execute(&mut *self)
                    .await?
                    .rows_affected();
                Ok(added == 1)
            }

            async fn add_judgments(&mut self, command: &AddJudgments) -> Result<AddedJudgments, StoreError> {
                let mut counts = AddedJudgments::default();
                for judgment in &command.judgments {
                    let (left, right) = (&judgment.left.as_bytes()[..], &judgment.right.as_bytes()[..]);
                    let answer = answer_word(judgment.answer);
                    let last: Option<(String, i64)> = sqlx::query_as(FIND_JUDGMENT)
                        .bind(judgment.judge.0)
                        .bind(left)
                        .bind(right)
                        .fetch_optional(&mut *self)
                        .await?;
                    let attempt = match last {
                        None => 1,
                        // A failure may be tried again; that it failed again is news as well.
                        Some((known, attempt)) if known == "none" => attempt + 1,
                        Some((known, _)) if known == answer => {
                            counts.known += 1;
                            continue;
                        }
                        // A judge that answered and now fails leaves its answer standing.
                        Some(_) if answer == "none" => {
                            counts.known += 1;
                            continue;
                        }
                        Some(_) => {
                            sqlx::query(INSERT_CONFLICT)
                                .bind(&judgment.id.as_bytes()[..])
                                .bind(command.arena.0)
                                .bind(judgment.judge.0)
                                .bind(left)
                                .bind(right)
                                .bind(answer)
                                .bind(at(judgment.recorded_at))
                                .execute(&mut *self)
                                .await?;
                            counts.conflicting += 1;
                            continue;
                        }
                    };
                    let details = serde_json::to_string(&judgment.details)
                        .map_err(|error| StoreError::damaged("judgment", error))?;
                    sqlx::query(INSERT_JUDGMENT)
                        .bind(&judgment.id.as_bytes()[..])
                        .bind(command.arena.0)
                        .bind(judgment.judge.0)
                        .bind(left)
                        .bind(right)
                        .bind(judgment.asked.as_ref().map(|asked| &asked.as_bytes()[..]))
                        .bind(attempt)
                        .bind(answer)
                        .bind(details)
                        .bind(at(judgment.recorded_at))
                        .execute(&mut *self)
                        .await?;
                    counts.added += 1;
                }
                Ok(counts)
            }
        }
    };
}

impl_judge_statements!(SqliteConnection);
impl_judge_statements!(PgConnection);

impl Store {
    /// Adds a judge. `false` when this version of it was there before.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is stored then.
    pub async fn add_judge(&self, judge: JudgeRow, now: Timestamp) -> Result<bool, StoreError> {
        match self.writer.submit(Command::AddJudge(Box::new(judge), now)).await? {
            Written::AddJudge(added) => Ok(added),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Stores judgments, all of them or none. One that is there already is not stored again.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is stored then.
    pub async fn add_judgments(&self, command: AddJudgments) -> Result<AddedJudgments, StoreError> {
        match self.writer.submit(Command::AddJudgments(Box::new(command))).await? {
            Written::AddJudgments(counts) => Ok(counts),
            _ => Err(StoreError::Stopped),
        }
    }

    /// All judges, by slug, the oldest version first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judges(&self) -> Result<Vec<JudgeRow>, StoreError> {
        type Row = (i64, String, String, String, String);
        const SQL: &str = "SELECT id, slug, version, name, details FROM judge ORDER BY recorded_at, id";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        let mut judges = rows
            .into_iter()
            .map(|(judge, slug, version, name, details)| {
                let details = serde_json::from_str(&details).map_err(|error| StoreError::damaged("judge", error))?;
                Ok(JudgeRow { id: JudgeId(judge), slug: word("slug", &slug)?, version, name, details })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        judges.sort_by(|one, other| one.slug.cmp(&other.slug));
        Ok(judges)
    }

    /// What the judges said in one arena, of battles and under exchanged prompts; of several attempts the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judgments(&self, arena: ArenaId) -> Result<Vec<Judgment>, StoreError> {
        const SQL: &str = "SELECT id, judge_id, left_generation_id, right_generation_id, asked_generation_id, answer, \
             details, recorded_at FROM judgment WHERE arena_id = $1 AND NOT EXISTS (SELECT 1 FROM judgment later \
             WHERE later.judge_id = judgment.judge_id AND later.left_generation_id = judgment.left_generation_id \
             AND later.right_generation_id = judgment.right_generation_id AND later.attempt > judgment.attempt) \
             ORDER BY id";
        let rows: Vec<JudgmentColumns> = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).fetch_all(pool).await?);
        rows.into_iter().map(judgment).collect()
    }

    /// What the judges said of two generations, in either order; of several attempts the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judgments_of(&self, pair: [GenerationId; 2]) -> Result<Vec<Judgment>, StoreError> {
        const SQL: &str = "SELECT id, judge_id, left_generation_id, right_generation_id, asked_generation_id, answer, \
             details, recorded_at FROM judgment WHERE left_generation_id = $1 AND right_generation_id = $2 \
             AND asked_generation_id IS NULL ORDER BY attempt, id";
        let mut found = Vec::new();
        for [left, right] in [pair, [pair[1], pair[0]]] {
            let rows: Vec<JudgmentColumns> = read!(self, pool => sqlx::query_as(SQL).bind(&left.as_bytes()[..]).bind(&right.as_bytes()[..]).fetch_all(pool).await?);
            for row in rows {
                let row = judgment(row)?;
                found.retain(|known: &Judgment| (known.judge, known.left) != (row.judge, row.left));
                found.push(row);
            }
        }
        Ok(found)
    }

    /// The pairs that a judge was asked about in one arena, left and right, and whether it had an answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judgments_by(
        &self,
        arena: ArenaId,
        judge: JudgeId,
    ) -> Result<Vec<(GenerationId, GenerationId, bool)>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>, i64);
        const SQL: &str = "SELECT left_generation_id, right_generation_id, \
             CAST(SUM(CASE WHEN answer = 'none' THEN 0 ELSE 1 END) AS BIGINT) FROM judgment \
             WHERE arena_id = $1 AND judge_id = $2 GROUP BY left_generation_id, right_generation_id";
        let rows: Vec<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(arena.0).bind(judge.0).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(left, right, answers)| Ok((id("generation id", &left)?, id("generation id", &right)?, answers > 0)))
            .collect()
    }

    /// Changes whenever a judgment or a conflict is added: the number of both.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judgment_count(&self, arena: ArenaId) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT (SELECT COUNT(*) FROM judgment WHERE arena_id = $1) \
             + (SELECT COUNT(*) FROM judgment_conflict WHERE arena_id = $1)";
        let (count,): (i64,) = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).fetch_one(pool).await?);
        Ok(count)
    }

    /// How often each judge handed in another answer than before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn judgment_conflicts(&self, arena: ArenaId) -> Result<Vec<(JudgeId, u64)>, StoreError> {
        const SQL: &str = "SELECT judge_id, COUNT(*) FROM judgment_conflict WHERE arena_id = $1 GROUP BY judge_id";
        let rows: Vec<(i64, i64)> = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(judge, count)| (JudgeId(judge), count.unsigned_abs())).collect())
    }

    /// What judges of this arena were asked under exchanged prompts: the generation whose prompt was asked, and the other one,
    /// ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contrasts(&self, arena: ArenaId) -> Result<Vec<[GenerationId; 2]>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>);
        const SQL: &str = "SELECT DISTINCT asked_generation_id, CASE WHEN left_generation_id = asked_generation_id \
             THEN right_generation_id ELSE left_generation_id END AS other FROM judgment \
             WHERE arena_id = $1 AND asked_generation_id IS NOT NULL ORDER BY asked_generation_id, other";
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL).bind(arena.0).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(asked, other)| Ok([id("generation id", &asked)?, id("generation id", &other)?]))
            .collect()
    }

    /// Stored generations that anybody may see, with prompt and text: so many at the most, by id, so that the same ones come
    /// as long as there are no more of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pooled_texts(&self, arena: ArenaId, most: u32) -> Result<Vec<PooledText>, StoreError> {
        type Row = (Vec<u8>, i64, Vec<u8>, String, String);
        const SQL: &str = "SELECT generation.id, generation.contestant_id, prompt.id, prompt.body, generation.body \
             FROM generation JOIN prompt ON prompt.id = generation.prompt_id AND prompt.visitor = $2 \
             WHERE generation.arena_id = $1 AND generation.status IN ('pooled', 'verified') \
             AND generation.media_id IS NULL ORDER BY generation.id LIMIT $3";
        let rows: Vec<Row> = read!(self, pool => {
            sqlx::query_as(SQL).bind(arena.0).bind(false).bind(i64::from(most)).fetch_all(pool).await?
        });
        rows.into_iter()
            .map(|(generation, contestant, prompt_id, prompt, text)| {
                Ok(PooledText {
                    generation: id("generation id", &generation)?,
                    contestant: ContestantId(contestant),
                    prompt_id: id("prompt id", &prompt_id)?,
                    prompt,
                    text,
                })
            })
            .collect()
    }

    /// The votes of one arena on texts, pictures or clips that are stored and may be shown (all judges there are read), without those withdrawn or
    /// left out, in the
    /// order of the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pair_votes(&self, arena: ArenaId) -> Result<Vec<PairVote>, StoreError> {
        type Pixels = Option<i64>;
        type Lasts = Option<i64>;
        type Row = (
            Vec<u8>,
            i64,
            i64,
            Vec<u8>,
            Vec<u8>,
            Vec<u8>,
            String,
            i64,
            Pixels,
            Pixels,
            Pixels,
            Pixels,
            Lasts,
            Lasts,
            bool,
        );
        const SQL: &str = concat!(
            "SELECT battle.id, battle.left_contestant_id, battle.right_contestant_id, \
             battle.left_generation_id, battle.right_generation_id, vote.voter_id, vote.outcome, \
             COALESCE(vote.cast_at, vote.recorded_at), lm.width, lm.height, rm.width, rm.height, \
             lm.milliseconds, rm.milliseconds, ",
            is_published!("$3"),
            " FROM vote JOIN battle ON battle.id = vote.battle_id \
             JOIN generation l ON l.id = battle.left_generation_id AND l.status IN ('pooled', 'verified') \
             JOIN generation r ON r.id = battle.right_generation_id AND r.status IN ('pooled', 'verified') \
             AND (l.media_id IS NULL) = (r.media_id IS NULL) \
             LEFT JOIN media lm ON lm.id = l.media_id LEFT JOIN media rm ON rm.id = r.media_id \
             JOIN prompt ON prompt.id = battle.prompt_id AND prompt.visitor = $2 \
             LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id \
             LEFT JOIN battle_exclusion ON battle_exclusion.battle_id = battle.id \
             WHERE vote.arena_id = $1 AND vote_withdrawal.id IS NULL AND battle_exclusion.id IS NULL ORDER BY vote.id"
        );
        let rows: Vec<Row> = read!(self, pool => sqlx::query_as(SQL)
            .bind(arena.0)
            .bind(false)
            .bind(&END[..])
            .fetch_all(pool)
            .await?);
        rows.into_iter()
            .map(|row| {
                let (battle, left, right, left_generation, right_generation, voter, outcome, cast_at, ..) = row;
                let (.., width, height, other_width, other_height, lasts, other_lasts, published) = row;
                let pixels = [width, height, other_width, other_height].into_iter().flatten().max();
                let shown = match pixels {
                    _ if lasts.or(other_lasts).is_some() => Shown::Moving,
                    Some(pixels) => Shown::Pictures(u32::try_from(pixels).unwrap_or(u32::MAX)),
                    None => Shown::Texts,
                };
                Ok(PairVote {
                    shown,
                    battle: id("battle id", &battle)?,
                    contestants: [ContestantId(left), ContestantId(right)],
                    generations: [id("generation id", &left_generation)?, id("generation id", &right_generation)?],
                    voter: id("voter id", &voter)?,
                    outcome: word("outcome", &outcome)?,
                    cast_at: Timestamp(cast_at),
                    published,
                })
            })
            .collect()
    }

    /// The generations of a battle that was voted on, in the order shown, and the battle's arena.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn voted_pair(&self, battle: BattleId) -> Result<Option<(ArenaId, [GenerationId; 2])>, StoreError> {
        type Row = (i64, Vec<u8>, Vec<u8>);
        const SQL: &str = "SELECT arena_id, left_generation_id, right_generation_id FROM battle WHERE id = $1 \
             AND left_generation_id IS NOT NULL AND right_generation_id IS NOT NULL \
             AND EXISTS (SELECT 1 FROM vote WHERE vote.battle_id = battle.id)";
        let row: Option<Row> =
            read!(self, pool => sqlx::query_as(SQL).bind(&battle.as_bytes()[..]).fetch_optional(pool).await?);
        row.map(|(arena, left, right)| {
            Ok((ArenaId(arena), [id("generation id", &left)?, id("generation id", &right)?]))
        })
        .transpose()
    }
}

type JudgmentColumns = (Vec<u8>, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>, String, String, i64);

fn judgment(row: JudgmentColumns) -> Result<Judgment, StoreError> {
    let (judgment, judge, left, right, asked, answer, details, recorded_at) = row;
    let details: JudgmentDetails =
        serde_json::from_str(&details).map_err(|error| StoreError::damaged("judgment", error))?;
    Ok(Judgment {
        id: id("judgment id", &judgment)?,
        judge: JudgeId(judge),
        left: id("generation id", &left)?,
        right: id("generation id", &right)?,
        asked: asked.map(|asked| id("generation id", &asked)).transpose()?,
        answer: answer_of(&answer, &details)?,
        details,
        recorded_at: Timestamp(recorded_at),
    })
}
