//! `…/pairs` and `…/judgments`: how a judge that runs elsewhere gets its questions and hands its answers in, and what judges said.
//!
//! Questions are public: the pairs that people have voted on, without names. Answers want a token with the scope
//! `judgments:write`, which names the one judge whose they are.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use plaudit_agreement::{Answer, Unparsed};
use plaudit_domain::{BattleId, JudgeId, JudgmentId, MediaId, Outcome, VoteId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{ApiPath, ApiQuery, page_size, place, tagged},
    arenas::find,
    log::{instant, settled},
    problem::{Problem, ProblemBody},
    responses::{ReadProblems, WriteProblems},
    token::authorised,
};
use crate::{
    board::LiveArena,
    clock::random_bytes,
    http::AppState,
    judging::panel::ArenaJudging,
    store::{
        AddJudgments, AddedJudgments, JudgeFailure, JudgedBy, Judgment, JudgmentCost, JudgmentDetails, ListedJudgment,
        MAX_JUDGMENTS, StoreError,
    },
    token::Scope,
};

/// Pairs on one page at the most; a page of text answers is then some hundred kilobytes.
const MOST_PAIRS: u32 = 100;
/// 256 judgments with rationales of a thousand characters.
const MAX_BODY_BYTES: usize = 1 << 20;
/// What is kept of a rationale, in characters.
const KEPT_CHARACTERS: usize = 2000;

const DEFAULT_JUDGMENTS: u32 = 100;
const MOST_LISTED: u32 = 1000;

async fn judging(state: &AppState, slug: &str) -> Result<(Arc<LiveArena>, Arc<ArenaJudging>), Problem> {
    let arena = find(state, slug)?;
    let judging = state.judging.arena(&arena).await?;
    Ok((arena, judging))
}

/// Which page of pairs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PairsQuery {
    /// `next` of the page before this one.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{32}$")]
    after: Option<BattleId>,
    /// Pairs on a page; 100 unless said otherwise.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A question for judges.
#[derive(Debug, Serialize, ToSchema)]
struct PairBody {
    /// The first battle of these two.
    #[schema(value_type = String)]
    battle: BattleId,
    prompt: String,
    /// The text; of a picture what is to be seen on it, or nothing.
    left: String,
    right: String,
    /// The address of the picture, where these are pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    right_picture: Option<String>,
}

/// A page of questions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PairsBody {
    pairs: Vec<PairBody>,
    /// The `after` of the next page; none on the last one.
    #[schema(value_type = Option<String>)]
    next: Option<BattleId>,
    /// Pairs on all pages.
    total: u64,
}

/// The pairs of generations that people have voted on, without names: questions for a judge.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/pairs", tag = "judging",
    params(("arena" = String, Path, example = "text"), PairsQuery),
    responses((status = 200, description = "What was asked for", body = PairsBody), ReadProblems))]
pub(super) async fn pairs(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    ApiQuery(PairsQuery { after, limit }): ApiQuery<PairsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = page_size(limit, MOST_PAIRS, MOST_PAIRS)? as usize;
    let (_, judging) = judging(&state, &slug).await?;
    let start = match after {
        None => 0,
        Some(after) => match judging.pairs.iter().position(|pair| pair.battle == after) {
            Some(place) => place + 1,
            None => return Err(Problem::not_found("`after` is no battle of this list")),
        },
    };
    let page = &judging.pairs[start..judging.pairs.len().min(start + limit)];
    let mut pairs = Vec::with_capacity(page.len());
    for pair in page {
        let [left, right] = pair.generations;
        let (left, right) =
            (state.boards.store().generation(left).await?, state.boards.store().generation(right).await?);
        let (Some(left), Some(right)) = (left, right) else {
            return Err(StoreError::damaged("generation", "of a voted battle is missing").into());
        };
        let address = |media: Option<MediaId>| media.map(|media| format!("/media/{media}"));
        pairs.push(PairBody {
            battle: pair.battle,
            prompt: left.prompt,
            left: left.text,
            right: right.text,
            left_picture: address(left.media),
            right_picture: address(right.media),
        });
    }
    let next = page.last().filter(|_| start + page.len() < judging.pairs.len()).map(|pair| pair.battle);
    tagged(&headers, &PairsBody { pairs, next, total: judging.pairs.len() as u64 })
}

/// Which page of judgments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct JudgmentsQuery {
    /// `next` of the page before this one.
    #[param(pattern = "^[0-9a-f]{32}$")]
    cursor: Option<String>,
    /// Judgments on a page; 100 unless said otherwise.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Also what judges said under exchanged prompts, where one of the two answers another prompt; not unless said so.
    #[serde(default)]
    exchanged: bool,
}

/// One side as a judge saw it.
#[derive(Debug, Serialize, ToSchema)]
struct JudgedSideBody {
    contestant: String,
    /// Its id, as `battles` has it.
    generation: String,
    /// The judge's score, in its own unit.
    score: Option<f64>,
}

/// What a judge said of two generations in one order.
#[derive(Debug, Serialize, ToSchema)]
struct ListedJudgmentBody {
    id: String,
    judge: String,
    version: String,
    /// Shown to it on the left.
    left: JudgedSideBody,
    right: JudgedSideBody,
    /// `left` or `right`: whose prompt was asked, where the two answer different ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<&'static str>,
    #[schema(value_type = AnswerWord)]
    answer: &'static str,
    /// Why there is no answer.
    #[schema(value_type = Option<String>)]
    failure: Option<Unparsed>,
    left_probability: Option<f64>,
    confidence: Option<f64>,
    rationale: Option<String>,
    #[schema(value_type = CostBody)]
    cost: JudgmentCost,
    /// 1 for the first time that it was asked; only failures are tried again.
    #[schema(minimum = 1)]
    attempt: i64,
    /// `server`, `browser`, `token` or `import`: who computed it.
    #[schema(value_type = String)]
    by: JudgedBy,
    /// RFC 3339.
    recorded_at: Option<String>,
}

/// A page of judgments.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedJudgmentsBody {
    /// In the order in which they came.
    judgments: Vec<ListedJudgmentBody>,
    /// The `cursor` of the next page; none on the last one.
    next: Option<String>,
}

/// What judges said, all versions and attempts.
#[utoipa::path(get, path = "/api/v1/arenas/{arena}/judgments", tag = "judging",
    params(("arena" = String, Path, example = "text"), JudgmentsQuery),
    responses((status = 200, description = "What was asked for", body = ListedJudgmentsBody), ReadProblems))]
pub(super) async fn judgments(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    ApiQuery(query): ApiQuery<JudgmentsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let arena = find(&state, &slug)?;
    let limit = page_size(query.limit, DEFAULT_JUDGMENTS, MOST_LISTED)?;
    let after: JudgmentId = place(query.cursor.as_deref())?;
    let until: VoteId = settled((state.clock)());
    let until = JudgmentId::from_bytes(*until.as_bytes());
    let store = state.boards.store();
    let mut rows = store.judgments_page(arena.row.id, after, until, limit + 1, query.exchanged).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let judges: HashMap<JudgeId, _> = store.judges().await?.into_iter().map(|judge| (judge.id, judge)).collect();
    let judgments = rows
        .into_iter()
        .map(|row| {
            let judge = judges.get(&row.judge).ok_or_else(|| StoreError::damaged("judgment", "of an unknown judge"))?;
            listed(row, judge.slug.to_string(), judge.version.clone(), &arena)
        })
        .collect::<Result<_, StoreError>>()?;
    tagged(&headers, &ListedJudgmentsBody { judgments, next })
}

fn listed(
    row: ListedJudgment,
    judge: String,
    version: String,
    arena: &LiveArena,
) -> Result<ListedJudgmentBody, StoreError> {
    let details = row.details;
    let side = |place: usize, score| {
        let slug = arena.with_log(|log| log.contestant(row.contestants[place]).map(|known| known.slug.to_string()));
        let contestant = slug.ok_or_else(|| StoreError::damaged("generation", "of an unknown contestant"))?;
        Ok::<_, StoreError>(JudgedSideBody { contestant, generation: row.generations[place].to_string(), score })
    };
    Ok(ListedJudgmentBody {
        id: row.id.to_string(),
        judge,
        version,
        left: side(0, details.scores.map(|scores| scores.0))?,
        right: side(1, details.scores.map(|scores| scores.1))?,
        asked: row.asked.map(|asked| if asked == row.generations[0] { "left" } else { "right" }),
        answer: crate::store::answer_word(row.answer),
        failure: match row.answer {
            Answer::Unparsed(why) => Some(why),
            _ => None,
        },
        left_probability: details.left_probability,
        confidence: details.confidence,
        rationale: details.rationale,
        cost: details.cost,
        attempt: row.attempt,
        by: details.by,
        recorded_at: instant(row.recorded_at),
    })
}

/// The order in which a judge saw the two sides of a battle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShownOrder {
    /// As in the battle.
    #[default]
    Given,
    /// The other way round.
    Swapped,
}

/// The words of an answer: the four outcomes, `equal` for a tie of no kind, `none` for no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AnswerWord {
    Left,
    Right,
    Tie,
    BothBad,
    Equal,
    None,
}

/// What an answer has cost.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of a `JudgmentCost`")]
struct CostBody {
    /// Time from question to answer.
    milliseconds: Option<u64>,
    /// Tokens read by the judge's model.
    tokens_read: Option<u64>,
    /// Tokens that it wrote.
    tokens_written: Option<u64>,
    /// Money, in US dollars.
    #[schema(minimum = 0)]
    usd: Option<f64>,
}

/// One judgment as handed in. `left` and `right` are as the judge saw them.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JudgmentBody {
    /// As `pairs` has it.
    #[schema(value_type = String, pattern = "^[0-9a-f]{32}$")]
    battle: BattleId,
    #[serde(default)]
    order: ShownOrder,
    answer: AnswerWord,
    /// Of the left and the right side, in the judge's own unit.
    #[serde(default)]
    #[schema(value_type = Option<Vec<f64>>, min_items = 2, max_items = 2)]
    scores: Option<(f64, f64)>,
    /// That the left side is better.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    left_probability: Option<f64>,
    /// How sure the judge is of its answer.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    confidence: Option<f64>,
    /// Its first 2,000 characters are kept.
    #[serde(default)]
    rationale: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<CostBody>)]
    cost: Option<JudgmentCost>,
}

/// Judgments as handed in: at most 256.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct JudgmentsBody {
    /// One that cannot be read is told in the receipt and keeps none of the others out.
    #[schema(value_type = Vec<JudgmentBody>, max_items = 256)]
    judgments: Vec<serde_json::Value>,
}

/// What became of what was handed in.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Receipt {
    #[serde(flatten)]
    #[schema(value_type = AddedBody)]
    counts: AddedJudgments,
    /// Battles that nobody voted on here, or whose generations are not public.
    #[schema(value_type = Vec<String>)]
    unknown: Vec<BattleId>,
    /// Judgments that make no sense, by their place in the list.
    invalid: Vec<Invalid>,
}

/// How many of them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of `AddedJudgments`")]
struct AddedBody {
    /// New.
    added: u64,
    /// There before, with the same answer.
    known: u64,
    /// There before with another answer: not taken, and counted.
    conflicting: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Invalid {
    #[schema(minimum = 0)]
    place: usize,
    reason: String,
}

impl JudgmentBody {
    fn check(&self) -> Result<(), String> {
        let share = |name, value: Option<f64>| match value {
            Some(value) if !(0.0..=1.0).contains(&value) => Err(format!("{name} is a number from 0 to 1")),
            _ => Ok(()),
        };
        share("left_probability", self.left_probability)?;
        share("confidence", self.confidence)?;
        if self.scores.is_some_and(|(left, right)| !left.is_finite() || !right.is_finite()) {
            return Err("scores are finite numbers".to_owned());
        }
        if self.cost.is_some_and(|cost| cost.usd.is_some_and(|usd| !usd.is_finite() || usd < 0.0)) {
            return Err("cost.usd is a number that is not negative".to_owned());
        }
        Ok(())
    }

    fn answer(&self) -> Answer {
        match self.answer {
            AnswerWord::Left => Answer::Outcome(Outcome::Left),
            AnswerWord::Right => Answer::Outcome(Outcome::Right),
            AnswerWord::Tie => Answer::Outcome(Outcome::Tie),
            AnswerWord::BothBad => Answer::Outcome(Outcome::BothBad),
            AnswerWord::Equal => Answer::AnyTie,
            AnswerWord::None => Answer::Unparsed(Unparsed::NoVerdict),
        }
    }
}

/// Hands judgments in. Wants a token with the scope `judgments:write`, which names the judge whose they are.
#[utoipa::path(post, path = "/api/v1/arenas/{arena}/judgments", tag = "judging",
    params(("arena" = String, Path, example = "text")),
    request_body = JudgmentsBody, security(("token" = ["judgments:write"])),
    responses((status = 200, description = "What was asked for", body = Receipt), (status = 401, description = "No token, or not a good one", body = ProblemBody),
        (status = 403, description = "The token is good for other things", body = ProblemBody), WriteProblems))]
pub(super) async fn hand_in(
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let store = state.boards.store();
    let token = authorised(&state, &parts.headers, Scope::JudgmentsWrite).await?;
    let Some(judge) = token.judge else {
        return Err(Problem::forbidden("this token names no judge"));
    };
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        return Err(Problem::too_large("at most one MiB at a time"));
    };
    let list: JudgmentsBody = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("expected {{\"judgments\": [...]}}: {error}")))?;
    if list.judgments.len() > MAX_JUDGMENTS {
        return Err(Problem::too_large(format!("at most {MAX_JUDGMENTS} judgments at a time")));
    }
    let (arena, judging) = judging(&state, &slug).await?;
    let now = (state.clock)();
    let mut receipt = Receipt::default();
    let mut judgments = Vec::with_capacity(list.judgments.len());
    for (place, value) in list.judgments.into_iter().enumerate() {
        let body: JudgmentBody = match serde_json::from_value(value).map_err(|error| error.to_string()) {
            Ok(body) => body,
            Err(reason) => {
                receipt.invalid.push(Invalid { place, reason });
                continue;
            }
        };
        if let Err(reason) = body.check() {
            receipt.invalid.push(Invalid { place, reason });
            continue;
        }
        let pair = match store.voted_pair(body.battle).await? {
            Some((of, pair)) if of == arena.row.id && judging.has_pair(pair) => pair,
            _ => {
                receipt.unknown.push(body.battle);
                continue;
            }
        };
        let [left, right] = if body.order == ShownOrder::Given { pair } else { [pair[1], pair[0]] };
        let answer = body.answer();
        let failure = matches!(answer, Answer::Unparsed(_))
            .then(|| JudgeFailure { kind: Unparsed::NoVerdict, reason: "handed in without an answer".to_owned() });
        judgments.push(Judgment {
            id: JudgmentId::new(now, random_bytes()),
            judge,
            left,
            right,
            asked: None,
            answer,
            details: JudgmentDetails {
                scores: body.scores,
                left_probability: body.left_probability,
                confidence: body.confidence,
                rationale: body.rationale.map(|text| text.chars().take(KEPT_CHARACTERS).collect()),
                failure,
                cost: body.cost.unwrap_or_default(),
                by: JudgedBy::Token,
            },
            recorded_at: now,
        });
    }
    receipt.counts = store.add_judgments(AddJudgments { arena: arena.row.id, judgments }).await?;
    Ok(Json(receipt).into_response())
}
