//! Arenas, their contestants, boards and counts.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use plaudit_app::view_model::{Method, Slice};
use plaudit_domain::{Outcome, RankingMethod, ScoreUnit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{ApiPath, ApiQuery, tagged},
    problem::Problem,
    responses::ReadProblems,
};
use crate::{
    board::{ArenaLog, LiveArena},
    http::AppState,
    store::Store,
};

/// For rank intervals; more change the middle 95 % of ranks hardly ever.
const RESAMPLES: u32 = 1000;

pub(super) fn find(state: &AppState, slug: &str) -> Result<Arc<LiveArena>, Problem> {
    let arena = slug.parse().ok().and_then(|slug| state.boards.arena(&slug));
    arena.ok_or_else(|| Problem::not_found("there is no such arena; /api/v1/arenas lists them"))
}

/// Votes by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Outcomes {
    left: u64,
    right: u64,
    tie: u64,
    both_bad: u64,
}

impl Outcomes {
    /// Of counts in the order of [`Outcome::ALL`].
    pub(super) fn of([left, right, tie, both_bad]: [u64; 4]) -> Self {
        Self { left, right, tie, both_bad }
    }
}

/// An arena and how much there is of it. Votes that were taken back or are left out of the boards are not counted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct ArenaBody {
    #[schema(value_type = String, example = "text")]
    slug: String,
    title: String,
    description: String,
    /// `text`, `image`, `image_edit`, `video` or `audio`.
    task: String,
    /// SPDX expression of its prompts and generations, where the host names one.
    license: Option<String>,
    contestants: u64,
    /// Prompts with generations that may be shown.
    prompts: u64,
    /// Generations that may be shown.
    generations: u64,
    /// Battles that somebody voted on.
    battles: u64,
    votes: u64,
    /// Of these, cast on this site.
    votes_here: u64,
    /// Of these, from imported files.
    votes_imported: u64,
    outcomes: Outcomes,
    /// Votes left out of the boards because their generations could not be reproduced.
    votes_excluded: u64,
}

/// All arenas.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ArenasBody {
    arenas: Vec<ArenaBody>,
}

async fn body(store: &Store, arena: &Arc<LiveArena>) -> Result<ArenaBody, Problem> {
    let figures = arena.figures(store).await?;
    let matchmaker = arena.matchmaker();
    let row = &arena.row;
    Ok(arena.with_log(|log| ArenaBody {
        slug: row.slug.to_string(),
        title: row.title.clone(),
        description: row.description.clone(),
        task: row.task.to_string(),
        license: row.license.clone(),
        contestants: log.contestants().len() as u64,
        prompts: u64::from(matchmaker.prompts()),
        generations: matchmaker.generations(),
        battles: figures.battles,
        votes: log.votes(Slice::All),
        votes_here: log.votes(Slice::Here),
        votes_imported: log.votes(Slice::Imported),
        outcomes: Outcomes::of(figures.outcomes),
        votes_excluded: log.excluded(),
    }))
}

/// All arenas, by name.
#[utoipa::path(get, path = "/api/v1/arenas", tag = "boards", responses((status = 200, description = "What was asked for", body = ArenasBody), ReadProblems))]
pub(super) async fn arenas(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut arenas = Vec::new();
    for arena in state.boards.arenas() {
        arenas.push(body(state.boards.store(), &arena).await?);
    }
    tagged(&headers, &ArenasBody { arenas })
}

/// One arena.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}", tag = "boards", params(("arena" = String, Path, example = "text")),
    responses((status = 200, description = "What was asked for", body = ArenaBody), ReadProblems))]
pub(super) async fn arena(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let arena = find(&state, &slug)?;
    tagged(&headers, &body(state.boards.store(), &arena).await?)
}

/// A contestant: everything that is needed to make its generations again, as far as it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContestantBody {
    slug: String,
    name: String,
    /// `language_model`, `image_model`, `baseline` or `imported`.
    #[schema(value_type = String)]
    kind: plaudit_domain::ContestantKind,
    description: String,
    /// Name, SHA-256, bytes and licence of its weights.
    #[schema(value_type = Option<Object>)]
    weights: Option<plaudit_domain::Weights>,
    /// Temperature and what else shapes its draws.
    #[schema(value_type = Option<Object>)]
    sampler: Option<plaudit_domain::Sampler>,
    system_prompt: Option<String>,
    /// What it draws with and in how many steps, where it draws.
    #[schema(value_type = Option<Object>)]
    drawing: Option<Box<plaudit_domain::Drawing>>,
}

/// An arena's contestants.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContestantsBody {
    contestants: Vec<ContestantBody>,
}

/// An arena's contestants, in the order in which counts name them.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/contestants", tag = "boards",
    params(("arena" = String, Path, example = "text")), responses((status = 200, description = "What was asked for", body = ContestantsBody), ReadProblems))]
pub(super) async fn contestants(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let contestants = find(&state, &slug)?.with_log(|log| {
        let contestant = |row: &crate::store::ContestantRow| ContestantBody {
            slug: row.slug.to_string(),
            name: row.name.clone(),
            kind: row.details.kind,
            description: row.details.description.clone(),
            weights: row.details.weights.clone(),
            sampler: row.details.sampler.clone(),
            system_prompt: row.details.system_prompt.clone(),
            drawing: row.details.drawing.clone(),
        };
        log.contestants().iter().map(contestant).collect()
    });
    tagged(&headers, &ContestantsBody { contestants })
}

/// Which votes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SliceWord {
    /// All of them.
    #[default]
    All,
    /// Those cast on this site.
    Here,
    /// Those imported from files.
    Imported,
}

impl From<SliceWord> for Slice {
    fn from(word: SliceWord) -> Self {
        match word {
            SliceWord::All => Self::All,
            SliceWord::Here => Self::Here,
            SliceWord::Imported => Self::Imported,
        }
    }
}

/// How a board is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MethodWord {
    /// Maximum likelihood with sandwich intervals: the board that the site shows first.
    #[default]
    BradleyTerry,
    Reweighted,
    Davidson,
    RaoKupper,
    FourOutcomes,
    Thurstone,
    WinRate,
    Borda,
    Copeland,
    Kemeny,
    MaximalLottery,
    RegularisedNash,
    /// Online, in the order of the log, K = 4; without intervals.
    Elo,
}

impl MethodWord {
    /// The method by counts; none for Elo, which reads the log.
    fn by_counts(self) -> Option<RankingMethod> {
        Some(match self {
            Self::BradleyTerry => RankingMethod::BradleyTerry,
            Self::Reweighted => RankingMethod::Reweighted,
            Self::Davidson => RankingMethod::Davidson,
            Self::RaoKupper => RankingMethod::RaoKupper,
            Self::FourOutcomes => RankingMethod::FourOutcomes,
            Self::Thurstone => RankingMethod::Thurstone,
            Self::WinRate => RankingMethod::WinRate,
            Self::Borda => RankingMethod::Borda,
            Self::Copeland => RankingMethod::Copeland,
            Self::Kemeny => RankingMethod::Kemeny,
            Self::MaximalLottery => RankingMethod::MaximalLottery,
            Self::RegularisedNash => RankingMethod::RegularisedNash,
            Self::Elo => return None,
        })
    }
}

/// Which board.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardQuery {
    /// How it is computed; `bradley-terry` unless said otherwise.
    #[serde(default)]
    #[param(inline, required = false)]
    method: MethodWord,
    /// Which votes count; `all` unless said otherwise.
    #[serde(default)]
    #[param(inline, required = false)]
    votes: SliceWord,
}

/// What a score is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum UnitWord {
    /// 400·log10 odds, mean 1000.
    Points,
    /// From 0 to 1.
    Share,
    /// Opponents beaten.
    Opponents,
    /// The place in an order: 1 is the best.
    Place,
}

/// The two ends of a 95 % interval.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct IntervalBody<T: ToSchema> {
    lower: T,
    upper: T,
}

/// One contestant on a board.
#[derive(Debug, Serialize, ToSchema)]
struct BoardRowBody {
    contestant: String,
    name: String,
    /// 1 + the number of contestants that are better with 95 % confidence, where the method has intervals; none without a battle.
    rank: Option<u32>,
    /// Ranks in the middle 95 % of 1,000 resamples; for `bradley-terry` alone.
    #[schema(inline)]
    rank_interval: Option<IntervalBody<u32>>,
    score: Option<f64>,
    /// 95 % interval of the score; none for methods without one.
    #[schema(inline)]
    interval: Option<IntervalBody<f64>>,
    battles: u64,
}

/// A ranking of one arena, best first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BoardBody {
    arena: String,
    method: MethodWord,
    /// Which votes were counted.
    slice: SliceWord,
    /// Changes with every event of the log.
    version: u64,
    votes: u64,
    unit: UnitWord,
    /// The votes do not determine finite ratings yet, so a weak prior stands behind them.
    needs_prior: bool,
    rows: Vec<BoardRowBody>,
}

/// The ends of an interval where both are numbers.
fn interval<T: ToSchema>(lower: Option<T>, upper: Option<T>) -> Option<IntervalBody<T>> {
    lower.zip(upper).map(|(lower, upper)| IntervalBody { lower, upper })
}

/// The published board.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/board", tag = "boards",
    params(("arena" = String, Path, example = "text"), BoardQuery),
    responses((status = 200, description = "What was asked for", body = BoardBody), ReadProblems))]
pub(super) async fn board(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    ApiQuery(query): ApiQuery<BoardQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let arena = find(&state, &slug)?;
    let slice = query.votes.into();
    let known = |method, slice, version, votes, unit, needs_prior, rows| BoardBody {
        arena: slug.clone(),
        method,
        slice,
        version,
        votes,
        unit,
        needs_prior,
        rows,
    };
    let body = match query.method.by_counts() {
        Some(method) => {
            let version = arena.with_log(ArenaLog::version);
            let board = arena.resampled_board(method, slice, RESAMPLES).await?;
            let contestants = arena.contestants();
            let rows = board.rows.iter().filter_map(|row| {
                let contestant = contestants.get(row.contestant as usize)?;
                Some(BoardRowBody {
                    contestant: contestant.slug.to_string(),
                    name: contestant.name.clone(),
                    rank: row.rank,
                    rank_interval: interval(row.best_rank, row.worst_rank),
                    score: row.score,
                    interval: interval(row.lower, row.upper),
                    battles: row.battles,
                })
            });
            let unit = match method.unit() {
                ScoreUnit::Points => UnitWord::Points,
                ScoreUnit::Share => UnitWord::Share,
                ScoreUnit::Opponents => UnitWord::Opponents,
                ScoreUnit::Place => UnitWord::Place,
            };
            known(query.method, query.votes, version, board.votes, unit, board.needs_prior, rows.collect())
        }
        None => {
            let snapshot = arena.board(Method::Elo, slice).await?;
            let board = &snapshot.board;
            let rows = board.rows.iter().map(|row| BoardRowBody {
                contestant: row.slug.to_string(),
                name: row.name.clone(),
                rank: row.rank,
                rank_interval: None,
                score: row.rating,
                interval: None,
                battles: row.battles,
            });
            let rows = rows.collect();
            known(query.method, query.votes, board.version, board.votes, UnitWord::Points, false, rows)
        }
    };
    tagged(&headers, &body)
}

/// Which votes are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CountsQuery {
    /// Which votes count; `all` unless said otherwise.
    #[serde(default)]
    #[param(inline, required = false)]
    votes: SliceWord,
}

/// What was voted on two contestants in the order in which they were shown.
#[derive(Debug, Serialize, ToSchema)]
struct PairCountBody {
    left: String,
    right: String,
    outcomes: Outcomes,
}

/// All that boards are computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountsBody {
    arena: String,
    slice: SliceWord,
    /// Changes with every event of the log.
    version: u64,
    votes: u64,
    pairs: Vec<PairCountBody>,
}

/// The counts behind the boards, by pair and order shown. Not personal: nobody's vote can be told from them.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/counts", tag = "boards",
    params(("arena" = String, Path, example = "text"), CountsQuery),
    responses((status = 200, description = "What was asked for", body = CountsBody), ReadProblems))]
pub(super) async fn counts(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    ApiQuery(query): ApiQuery<CountsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let arena = find(&state, &slug)?;
    let slice = query.votes.into();
    let work = move || {
        arena.with_log(|log| {
            let name = |position: u32| log.contestants()[position as usize].slug.to_string();
            let pairs = log.pairs(slice).into_iter().map(|pair| PairCountBody {
                left: name(pair.left),
                right: name(pair.right),
                outcomes: Outcomes::of(pair.outcomes),
            });
            let (version, votes) = (log.version(), log.votes(slice));
            CountsBody { arena: arena.row.slug.to_string(), slice: query.votes, version, votes, pairs: pairs.collect() }
        })
    };
    let body = tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))?;
    tagged(&headers, &body)
}

/// The four outcomes as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeWord {
    Left,
    Right,
    Tie,
    BothBad,
}

impl From<Outcome> for OutcomeWord {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Left => Self::Left,
            Outcome::Right => Self::Right,
            Outcome::Tie => Self::Tie,
            Outcome::BothBad => Self::BothBad,
        }
    }
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::Left => Self::Left,
            OutcomeWord::Right => Self::Right,
            OutcomeWord::Tie => Self::Tie,
            OutcomeWord::BothBad => Self::BothBad,
        }
    }
}
