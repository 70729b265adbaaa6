//! Judging as a job: every pair that people voted on, in both orders, once; it goes on where it stopped.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use plaudit_agreement::Answer;
use plaudit_domain::{ArenaId, BattleId, GenerationId, JudgmentId};
use tokio::task::JoinSet;

use super::{JudgingError, PairAnswer, PairJudge, PairQuestion, contrast::Contrast};
use crate::{
    clock::{Clock, random_bytes},
    store::{AddJudgments, JudgedBy, Judgment, JudgmentDetails, MAX_JUDGMENTS, Shown, Store, StoreError},
};

/// What was judged for so long is lost at the most when the power fails: judging it again costs time, and perhaps money.
const COMMIT_EVERY: Duration = Duration::from_secs(2);

/// What a job is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobOptions<'a> {
    /// The arena.
    pub arena: ArenaId,
    /// Whether to ask again where the judge had no answer.
    pub retry_failed: bool,
    /// Judge so many pairs at the most.
    pub most_pairs: Option<usize>,
    /// Questions with a known answer, the same for all judges: [`super::contrast::questions`].
    pub contrasts: &'a [Contrast],
}

/// What a job did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobTally {
    /// Judgments to make when it began.
    pub planned: u64,
    /// Judgments made.
    pub judged: u64,
    /// Those among them without an answer.
    pub failed: u64,
    /// It was told to stop before its end.
    pub stopped: bool,
}

/// Why a job ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The judge. What was judged before is stored.
    #[error(transparent)]
    Judging(#[from] JudgingError),
    /// A judge broke off.
    #[error("the judge's computation broke off")]
    Broken,
}

/// The same for the same generations in the same order, below 2⁵³.
fn seed(left: GenerationId, right: GenerationId) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("plaudit 2026 judgment seed");
    hasher.update(left.as_bytes()).update(right.as_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first) >> 11
}

/// The same for the same two generations in either order.
fn either_order([one, other]: [GenerationId; 2]) -> BattleId {
    let mut hasher = blake3::Hasher::new_derive_key("plaudit 2026 judged pair");
    hasher.update(one.min(other).as_bytes()).update(one.max(other).as_bytes());
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    BattleId::from_bytes(bytes)
}

/// A question in one order.
#[derive(Debug, Clone, Copy)]
struct Asked {
    pair: [GenerationId; 2],
    /// Whose prompt is asked, where the two answer different ones.
    prompt_of: Option<GenerationId>,
}

/// What is left to judge: pairs in the order of their first vote, then those with an exchanged prompt, each in both orders.
async fn plan(store: &Store, judge: &dyn PairJudge, options: JobOptions<'_>) -> Result<Vec<Asked>, StoreError> {
    let known: HashMap<_, _> = store
        .judgments_by(options.arena, judge.row().id)
        .await?
        .into_iter()
        .map(|(left, right, answered)| ([left, right], answered))
        .collect();
    let is_left = |pair: &[GenerationId; 2]| match known.get(pair) {
        None => true,
        Some(answered) => !answered && options.retry_failed,
    };
    let mut seen = HashSet::new();
    let mut plan = Vec::new();
    let mut pairs = 0;
    for vote in store.pair_votes(options.arena).await? {
        let [one, other] = vote.generations;
        if !judge.reads().can_read(vote.shown) {
            continue;
        }
        if !seen.insert([one.min(other), one.max(other)]) {
            continue;
        }
        let before = plan.len();
        let orders = [[one, other], [other, one]].into_iter().filter(is_left);
        plan.extend(orders.map(|pair| Asked { pair, prompt_of: None }));
        pairs += usize::from(plan.len() > before);
        if options.most_pairs.is_some_and(|most| pairs >= most) {
            break;
        }
    }
    // They are texts.
    let contrasts = if judge.reads().can_read(Shown::Texts) { options.contrasts } else { &[] };
    for &Contrast { asked, other } in contrasts {
        let orders = [[asked, other], [other, asked]].into_iter().filter(is_left);
        plan.extend(orders.map(|pair| Asked { pair, prompt_of: Some(asked) }));
    }
    Ok(plan)
}

/// Asks a judge about all that is left. `progress` hears of every answer.
///
/// # Errors
/// [`JobError`]; what was judged before is stored, and the same job goes on from there.
pub async fn run(
    store: &Store,
    judge: &Arc<dyn PairJudge>,
    options: JobOptions<'_>,
    clock: &Clock,
    stop: &AtomicBool,
    mut progress: impl FnMut(&JobTally, &PairAnswer),
) -> Result<JobTally, JobError> {
    store.add_judge(judge.row().clone(), clock()).await?;
    let plan = plan(store, judge.as_ref(), options).await?;
    let mut tally = JobTally { planned: plan.len() as u64, ..JobTally::default() };
    let mut left = plan.into_iter();
    let mut working: JoinSet<Result<(Asked, PairAnswer), JobError>> = JoinSet::new();
    let mut fresh: Vec<Judgment> = Vec::new();
    let mut failure = None;
    let mut committed = Instant::now();
    loop {
        while failure.is_none() && working.len() < judge.parallel() {
            if stop.load(Ordering::Relaxed) {
                tally.stopped = tally.stopped || left.len() > 0;
                break;
            }
            let Some(asked) = left.next() else { break };
            let (store, judge) = (store.clone(), judge.clone());
            working.spawn(async move { ask(&store, judge, asked).await });
        }
        let Some(done) = working.join_next().await else { break };
        match done.map_err(|_| JobError::Broken).and_then(|answer| answer) {
            Ok((asked, answer)) => {
                tally.judged += 1;
                tally.failed += u64::from(matches!(answer.answer, Answer::Unparsed(_)));
                progress(&tally, &answer);
                fresh.push(judgment(judge.as_ref(), asked, answer, clock));
                if fresh.len() >= MAX_JUDGMENTS || committed.elapsed() >= COMMIT_EVERY {
                    commit(store, options.arena, &mut fresh).await?;
                    committed = Instant::now();
                }
            }
            // Those that are being worked on are waited for: they may have cost money.
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    commit(store, options.arena, &mut fresh).await?;
    failure.map_or(Ok(tally), Err)
}

async fn ask(store: &Store, judge: Arc<dyn PairJudge>, asked: Asked) -> Result<(Asked, PairAnswer), JobError> {
    let pair = asked.pair;
    let missing = || StoreError::damaged("generation", "of a voted battle is missing");
    let left = store.generation(pair[0]).await?.ok_or_else(missing)?;
    let right = store.generation(pair[1]).await?.ok_or_else(missing)?;
    let answer = tokio::task::spawn_blocking(move || {
        judge.judge(&PairQuestion {
            pair: either_order(pair),
            seed: seed(pair[0], pair[1]),
            prompt: if asked.prompt_of == Some(pair[1]) { &right.prompt } else { &left.prompt },
            left: &left.text,
            right: &right.text,
            pictures: left.media.zip(right.media).map(|(left, right)| [left, right]),
        })
    });
    Ok((asked, answer.await.map_err(|_| JobError::Broken)??))
}

fn judgment(judge: &dyn PairJudge, asked: Asked, answer: PairAnswer, clock: &Clock) -> Judgment {
    let now = clock();
    let PairAnswer { answer, scores, left_probability, confidence, rationale, failure, cost } = answer;
    // A score that is no number must not become a verdict.
    let finite = |value: f64| value.is_finite();
    let broken = scores.is_some_and(|(left, right)| !finite(left) || !finite(right))
        || left_probability.is_some_and(|value| !(0.0..=1.0).contains(&value))
        || confidence.is_some_and(|value| !(0.0..=1.0).contains(&value));
    let by = JudgedBy::Server;
    let (answer, details) = if broken {
        let kind = plaudit_agreement::Unparsed::NonFinite;
        let reason = format!("scores {scores:?}, probability {left_probability:?}, confidence {confidence:?}");
        let failure = Some(crate::store::JudgeFailure { kind, reason });
        let details =
            JudgmentDetails { scores: None, left_probability: None, confidence: None, rationale, failure, cost, by };
        (Answer::Unparsed(kind), details)
    } else {
        (answer, JudgmentDetails { scores, left_probability, confidence, rationale, failure, cost, by })
    };
    Judgment {
        id: JudgmentId::new(now, random_bytes()),
        judge: judge.row().id,
        left: asked.pair[0],
        right: asked.pair[1],
        asked: asked.prompt_of,
        answer,
        details,
        recorded_at: now,
    }
}

async fn commit(store: &Store, arena: ArenaId, fresh: &mut Vec<Judgment>) -> Result<(), StoreError> {
    if fresh.is_empty() {
        return Ok(());
    }
    store.add_judgments(AddJudgments { arena, judgments: std::mem::take(fresh) }).await?;
    Ok(())
}
