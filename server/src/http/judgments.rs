//! `/api/v1/arenas/{arena}/pairs` and `…/judgments`: how a judge that runs elsewhere gets its questions and hands its
//! answers in.
//!
//! Questions are public: the pairs that people have voted on, without names. Answers want the judge's token, which its host
//! makes with `plaudit judge token`.

use axum::{
    Json,
    body::to_bytes,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use plaudit_agreement::{Answer, Unparsed};
use plaudit_app::api::ApiError;
use plaudit_domain::{ArenaSlug, BattleId, JudgmentId, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

use super::{AppState, api_error, chat::bearer};
use crate::{
    board::LiveArena,
    clock::random_bytes,
    command::judge::token_hash,
    judging::panel::ArenaJudging,
    store::{
        AddJudgments, AddedJudgments, JudgeFailure, JudgedBy, Judgment, JudgmentCost, JudgmentDetails, MAX_JUDGMENTS,
        StoreError,
    },
};

/// Pairs on one page at the most; a page of text answers is then some hundred kilobytes.
const MOST_PAIRS: usize = 100;
/// 256 judgments with rationales of a thousand characters.
const MAX_BODY_BYTES: usize = 1 << 20;
/// What is kept of a rationale, in characters.
const KEPT_CHARACTERS: usize = 2000;

/// An error of ours, for who has no page.
fn broken(error: &dyn std::error::Error) -> Response {
    let reference = data_encoding::HEXLOWER.encode(&random_bytes::<4>());
    tracing::error!(%error, reference, "a request for judgments failed");
    api_error(&ApiError::Internal { reference })
}

fn refusal(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({ "error": message.into() }))).into_response()
}

async fn judging(state: &AppState, slug: &str) -> Result<(Arc<LiveArena>, Arc<ArenaJudging>), Response> {
    let slug: ArenaSlug = slug.parse().map_err(|_| api_error(&ApiError::NotFound))?;
    let arena = state.boards.arena(&slug).ok_or_else(|| api_error(&ApiError::NotFound))?;
    let judging = state.judging.arena(&arena).await.map_err(|error| broken(&error))?;
    Ok((arena, judging))
}

/// Which page of pairs.
#[derive(Debug, Deserialize)]
pub(super) struct PairsQuery {
    #[serde(default)]
    after: Option<BattleId>,
    #[serde(default)]
    limit: Option<usize>,
}

/// A question for judges.
#[derive(Debug, Serialize)]
struct PairBody {
    battle: BattleId,
    prompt: String,
    left: String,
    right: String,
}

pub(super) async fn pairs(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: Result<Query<PairsQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(PairsQuery { after, limit })) = query else { return api_error(&ApiError::BadRequest) };
    let limit = limit.unwrap_or(MOST_PAIRS).clamp(1, MOST_PAIRS);
    let (_, judging) = match judging(&state, &slug).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let start = match after {
        None => 0,
        Some(after) => match judging.pairs.iter().position(|pair| pair.battle == after) {
            Some(place) => place + 1,
            None => return refusal(StatusCode::BAD_REQUEST, "`after` is no battle of this list"),
        },
    };
    let page = &judging.pairs[start..judging.pairs.len().min(start + limit)];
    let mut bodies = Vec::with_capacity(page.len());
    for pair in page {
        let sides = [
            state.boards.store().generation(pair.generations[0]).await,
            state.boards.store().generation(pair.generations[1]).await,
        ];
        match sides {
            [Ok(Some(left)), Ok(Some(right))] => {
                bodies.push(PairBody { battle: pair.battle, prompt: left.prompt, left: left.text, right: right.text });
            }
            [Err(error), _] | [_, Err(error)] => return broken(&error),
            _ => return broken(&StoreError::damaged("generation", "of a voted battle is missing")),
        }
    }
    let next = page.last().filter(|_| start + page.len() < judging.pairs.len()).map(|pair| pair.battle);
    Json(json!({ "pairs": bodies, "next": next, "total": judging.pairs.len() })).into_response()
}

/// The order in which a judge saw the two sides of a battle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShownOrder {
    #[default]
    Given,
    Swapped,
}

/// The words of an answer: the four outcomes, `equal` for a tie of no kind, `none` for no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerWord {
    Left,
    Right,
    Tie,
    BothBad,
    Equal,
    None,
}

/// One judgment as handed in. `left` and `right` are as the judge saw them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct JudgmentBody {
    battle: BattleId,
    #[serde(default)]
    order: ShownOrder,
    answer: AnswerWord,
    #[serde(default)]
    scores: Option<(f64, f64)>,
    #[serde(default)]
    left_probability: Option<f64>,
    #[serde(default)]
    confidence: Option<f64>,
    #[serde(default)]
    rationale: Option<String>,
    #[serde(default)]
    cost: Option<JudgmentCost>,
}

#[derive(Debug, Deserialize)]
struct JudgmentsBody {
    judgments: Vec<serde_json::Value>,
}

/// What became of what was handed in.
#[derive(Debug, Default, Serialize)]
struct Receipt {
    #[serde(flatten)]
    counts: AddedJudgments,
    /// Battles that nobody voted on here, or whose generations are not public.
    unknown: Vec<BattleId>,
    /// Judgments that make no sense, by their place in the list.
    invalid: Vec<Invalid>,
}

#[derive(Debug, Serialize)]
struct Invalid {
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

pub(super) async fn hand_in(State(state): State<AppState>, Path(slug): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let store = state.boards.store();
    let token = bearer(&parts.headers).map(token_hash);
    let judge = match token {
        None => return refusal(StatusCode::UNAUTHORIZED, "send the judge's token as Authorization: Bearer TOKEN"),
        Some(hash) => match store.judge_of_token(hash).await {
            Ok(Some(judge)) => judge,
            Ok(None) => return refusal(StatusCode::UNAUTHORIZED, "this token is unknown or revoked"),
            Err(error) => return broken(&error),
        },
    };
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "at most one MiB at a time");
    };
    let list: JudgmentsBody = match serde_json::from_slice(&bytes) {
        Ok(list) => list,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, format!("expected {{\"judgments\": [...]}}: {error}")),
    };
    if list.judgments.len() > MAX_JUDGMENTS {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {MAX_JUDGMENTS} judgments at a time"));
    }
    let (arena, judging) = match judging(&state, &slug).await {
        Ok(found) => found,
        Err(response) => return response,
    };
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
        let pair = match store.voted_pair(body.battle).await {
            Ok(Some((of, pair))) if of == arena.row.id && judging.has_pair(pair) => pair,
            Ok(_) => {
                receipt.unknown.push(body.battle);
                continue;
            }
            Err(error) => return broken(&error),
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
    match store.add_judgments(AddJudgments { arena: arena.row.id, judgments }).await {
        Ok(counts) => receipt.counts = counts,
        Err(error) => return broken(&error),
    }
    Json(receipt).into_response()
}
