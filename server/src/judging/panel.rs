//! Votes joined with judgments: what the pages of judges are computed from.
//!
//! Everything is computed anew when a vote or a judgment came, once for all who look, and at most for a fifth of the time. The
//! unit is the pair of generations: all battles of the same two are one question.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use plaudit_agreement::{
    Added, AgreementError, Baseline, Certainty, HumanCeiling, JudgeReport, Options, Order, Panel, Verdict,
};
use plaudit_app::view_model::judges::{JudgeCost, JudgeSummary, JudgedBasis};
use plaudit_domain::{ArenaId, BattleId, ContestantId, GenerationId, JudgeId, Timestamp, VoterId};

use crate::{
    board::{ArenaLog, LiveArena},
    store::{JudgePlace, JudgeRow, Judgment, PairVote, Store, StoreError},
};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;
/// A page that many look at while many vote is not computed for each vote: an older one is shown for so many times as long as
/// it took to compute.
const REST: u32 = 4;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The statistics.
    #[error("agreement: {0}")]
    Agreement(#[from] AgreementError),
    /// The computation was stopped.
    #[error("the computation did not end")]
    Stopped,
}

/// One pair of generations, in an order of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgedPair {
    /// The first battle of these two.
    pub battle: BattleId,
    /// Left and right.
    pub generations: [GenerationId; 2],
    /// Who made them.
    pub contestants: [ContestantId; 2],
    /// Every vote on it may be shown to others than its voter.
    pub published: bool,
}

/// One arena's judges.
#[derive(Debug)]
pub struct ArenaJudging {
    /// Of which votes and judgments it is.
    pub version: Version,
    /// What it rests on.
    pub basis: JudgedBasis,
    /// The judges that judged here, with their numbers in the panel as places: all versions, by slug, the oldest first.
    pub judges: Vec<JudgeRow>,
    /// Their reports, in the same order.
    pub summaries: Vec<JudgeSummary>,
    /// Judges that do not look.
    pub baselines: Vec<Baseline>,
    /// How far people agree with each other.
    pub ceiling: HumanCeiling,
    /// The pairs, with their numbers in the panel as places.
    pub pairs: Vec<JudgedPair>,
    /// The contestants, with their numbers in the panel as places.
    pub contestants: Vec<String>,
    /// For further questions.
    pub panel: Panel,
    known: HashMap<[GenerationId; 2], u32>,
}

/// What a computation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Events of the log.
    events: u64,
    /// Judgments, and refused ones.
    judgments: i64,
    /// Voters' choices about publication.
    choices: i64,
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.events, self.judgments, self.choices)
    }
}

struct Computed {
    at: Instant,
    took: Duration,
    judging: Arc<ArenaJudging>,
}

/// All arenas' judges, computed when somebody looks.
pub struct JudgingDesk {
    store: Store,
    arenas: Mutex<HashMap<ArenaId, Arc<tokio::sync::Mutex<Option<Computed>>>>>,
}

impl JudgingDesk {
    /// Over the database.
    pub fn new(store: Store) -> Self {
        Self { store, arenas: Mutex::default() }
    }

    /// What a page of this arena's judges would show now; it changes with every vote and every judgment.
    ///
    /// # Errors
    /// [`PanelError::Store`].
    pub async fn version(&self, arena: &LiveArena) -> Result<Version, PanelError> {
        let judgments = self.store.judgment_count(arena.row.id).await?;
        let choices = self.store.publication_choices().await?;
        Ok(Version { events: arena.with_log(ArenaLog::version), judgments, choices })
    }

    /// The judges of an arena, as of now or a moment ago.
    ///
    /// # Errors
    /// [`PanelError`].
    pub async fn arena(&self, arena: &Arc<LiveArena>) -> Result<Arc<ArenaJudging>, PanelError> {
        let place = {
            let mut arenas = self.arenas.lock().unwrap_or_else(PoisonError::into_inner);
            arenas.entry(arena.row.id).or_default().clone()
        };
        let mut computed = place.lock().await;
        let version = self.version(arena).await?;
        if let Some(known) = &*computed
            && (known.judging.version == version || known.at.elapsed() < known.took * REST)
        {
            return Ok(known.judging.clone());
        }
        let started = Instant::now();
        let id = arena.row.id;
        let votes = self.store.pair_votes(id).await?;
        let judgments = self.store.judgments(id).await?;
        let conflicts = self.store.judgment_conflicts(id).await?.into_iter().collect();
        let judges = self.store.judges().await?;
        let names = arena.with_log(|log| log.contestants().iter().map(|row| (row.id, row.name.clone())).collect());
        let work = move || compute(version, &votes, &judgments, judges, &conflicts, &names);
        let judging = Arc::new(tokio::task::spawn_blocking(work).await.map_err(|_| PanelError::Stopped)??);
        *computed = Some(Computed { at: Instant::now(), took: started.elapsed(), judging: judging.clone() });
        Ok(judging)
    }
}

/// The day of an instant.
fn day(time: Timestamp) -> i32 {
    i32::try_from(time.0.div_euclid(DAY_MILLIS)).unwrap_or(i32::MAX)
}

/// A judgment as a verdict on a pair of this order.
pub fn verdict(judgment: &Judgment, pair: [GenerationId; 2], day: i32) -> Verdict {
    let order = if [judgment.left, judgment.right] == pair { Order::Given } else { Order::Swapped };
    let mut verdict = Verdict::new(order, judgment.answer).on_day(day);
    let details = &judgment.details;
    if let Some((left, right)) = details.scores {
        verdict = verdict.with_scores(left, right);
    }
    if let Some(probability) = details.left_probability {
        verdict = verdict.with_certainty(Certainty::LeftBetter(probability));
    } else if let Some(confidence) = details.confidence {
        verdict = verdict.with_certainty(Certainty::Confidence(confidence));
    }
    verdict
}

fn compute(
    version: Version,
    votes: &[PairVote],
    judgments: &[Judgment],
    judges: Vec<JudgeRow>,
    conflicts: &HashMap<JudgeId, u64>,
    names: &BTreeMap<ContestantId, String>,
) -> Result<ArenaJudging, PanelError> {
    let options = Options::default();
    let numbers: HashMap<ContestantId, u32> =
        names.keys().enumerate().map(|(number, id)| (*id, u32::try_from(number).unwrap_or(u32::MAX))).collect();
    let mut panel = Panel::new(u32::try_from(names.len()).unwrap_or(u32::MAX));
    let mut basis = JudgedBasis::default();
    let mut pairs: Vec<JudgedPair> = Vec::new();
    let mut days: Vec<i32> = Vec::new();
    let mut questions: HashMap<[GenerationId; 2], u32> = HashMap::new();
    let mut voters: HashMap<VoterId, u32> = HashMap::new();
    for vote in votes {
        let [one, other] = vote.generations;
        // The board knows every contestant of its arena before a vote on it is read.
        let (Some(left), Some(right)) = (numbers.get(&vote.contestants[0]), numbers.get(&vote.contestants[1])) else {
            continue;
        };
        let question = match questions.get(&[one.min(other), one.max(other)]) {
            Some(question) => *question,
            None => {
                let question = panel.add_question(*left, *right)?;
                questions.insert([one.min(other), one.max(other)], question);
                pairs.push(JudgedPair {
                    battle: vote.battle,
                    generations: vote.generations,
                    contestants: vote.contestants,
                    published: true,
                });
                days.push(i32::MIN);
                question
            }
        };
        let place = question as usize;
        pairs[place].published &= vote.published;
        let outcome = if pairs[place].generations == vote.generations { vote.outcome } else { vote.outcome.swapped() };
        let next = u32::try_from(voters.len()).unwrap_or(u32::MAX);
        let voter = *voters.entry(vote.voter).or_insert(next);
        match panel.add_vote(question, Some(voter), outcome) {
            Ok(Added::New) => basis.votes += 1,
            // Another battle of the same two: the voter has said it already.
            Ok(Added::Repeated) => {}
            Err(AgreementError::VotedTwice { .. }) => basis.contradicting += 1,
            Err(error) => return Err(error.into()),
        }
        days[place] = days[place].max(day(vote.cast_at));
    }
    basis.pairs = u64::from(panel.questions());
    let mut by_judge: HashMap<JudgeId, Vec<&Judgment>> = HashMap::new();
    for judgment in judgments {
        by_judge.entry(judgment.judge).or_default().push(judgment);
    }
    let judges: Vec<_> = judges.into_iter().filter(|judge| by_judge.contains_key(&judge.id)).collect();
    let mut summaries = Vec::with_capacity(judges.len());
    for row in &judges {
        let number = panel.add_judge()?;
        let said = by_judge.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        for judgment in said {
            let (one, other) = (judgment.left, judgment.right);
            // Of pairs whose votes were all withdrawn nothing can be said.
            if let Some(question) = questions.get(&[one.min(other), one.max(other)]) {
                let place = *question as usize;
                panel.add_verdict(number, *question, verdict(judgment, pairs[place].generations, days[place]))?;
            }
        }
        let report = panel.report(number, &options)?;
        summaries.push(summary(row, report, said, conflicts.get(&row.id).copied().unwrap_or(0)));
    }
    let (baselines, ceiling) = (panel.baselines(None, &options)?, panel.ceiling(None, &options)?);
    let contestants = names.values().cloned().collect();
    Ok(ArenaJudging {
        version,
        basis,
        judges,
        summaries,
        baselines,
        ceiling,
        pairs,
        contestants,
        panel,
        known: questions,
    })
}

fn summary(row: &JudgeRow, report: JudgeReport, said: &[&Judgment], conflicts: u64) -> JudgeSummary {
    let mut times: Vec<u64> = said.iter().filter_map(|judgment| judgment.details.cost.milliseconds).collect();
    times.sort_unstable();
    let costs = said.iter().map(|judgment| judgment.details.cost);
    let tokens = costs.clone().map(|cost| cost.tokens_read.unwrap_or(0) + cost.tokens_written.unwrap_or(0)).sum();
    let usd = costs.filter_map(|cost| cost.usd).reduce(|sum, usd| sum + usd);
    JudgeSummary {
        slug: row.slug.clone(),
        version: row.version.clone(),
        name: row.name.clone(),
        description: row.details.description.clone(),
        place: match row.details.place {
            JudgePlace::Server => "on this server",
            JudgePlace::Remote => "behind an API",
            JudgePlace::Outside => "elsewhere",
        },
        report,
        cost: JudgeCost {
            judgments: said.len() as u64,
            median_milliseconds: times.get(times.len() / 2).copied(),
            tokens,
            usd,
        },
        conflicts,
    }
}

impl ArenaJudging {
    /// Whether people voted on these two.
    pub fn has_pair(&self, [one, other]: [GenerationId; 2]) -> bool {
        self.known.contains_key(&[one.min(other), one.max(other)])
    }

    /// The places of the newest version of each judge, by agreement with people, the best first.
    pub fn newest(&self) -> Vec<usize> {
        let newest = (0..self.judges.len())
            .filter(|place| self.judges.get(place + 1).is_none_or(|next| next.slug != self.judges[*place].slug));
        let mut places: Vec<_> = newest.collect();
        let key = |place: &usize| self.summaries[*place].report.votes.accuracy_three.value().unwrap_or(-1.0);
        places.sort_by(|one, other| key(other).total_cmp(&key(one)));
        places
    }
}
