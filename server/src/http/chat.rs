//! `/v1/chat/completions` and `/v1/models`: the contestants that run on this machine, for whatever speaks OpenAI's protocol.
//!
//! For hosts, not for visitors: it costs this machine's processor, so it wants a key and does one thing at a time. A request
//! names a contestant, with whose settings it is answered; a system message, temperature, top_p and max_tokens of the request
//! take the place of the contestant's own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use plaudit_domain::{Finish, Sampler};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;

use super::AppState;
use crate::{
    clock::random_bytes,
    engine::{Engine, EngineError, Order},
    store::ContestantRow,
};

/// Prompts are text; the longest context here is a few thousand tokens.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// Requests that may wait for the processor.
const MAX_WAITING: usize = 16;
/// However much a request asks for.
const MOST_TOKENS: u32 = 2048;

/// The host's side of the interface.
pub struct ChatDesk {
    key_hash: [u8; 32],
    engine: Arc<Engine>,
    turn: Semaphore,
    waiting: AtomicUsize,
}

impl ChatDesk {
    /// Open to who has the key.
    pub fn new(key: &str, engine: Arc<Engine>) -> Self {
        Self { key_hash: digest(key), engine, turn: Semaphore::new(1), waiting: AtomicUsize::new(0) }
    }

    /// Compares digests: how long that takes tells nothing about the key.
    fn admits(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| digest(token) == self.key_hash)
    }
}

fn digest(key: &str) -> [u8; 32] {
    blake3::derive_key("plaudit 2026 chat key", key.as_bytes())
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// An error in the protocol's own form.
fn refusal(status: StatusCode, kind: &str, message: impl Into<String>) -> Response {
    let body = json!({ "error": { "message": message.into(), "type": kind, "param": null, "code": null } });
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn invalid(message: impl Into<String>) -> Response {
    refusal(StatusCode::BAD_REQUEST, "invalid_request_error", message)
}

#[expect(clippy::result_large_err, reason = "the error is the answer to the request, made once")]
fn desk<'a>(state: &'a AppState, headers: &HeaderMap) -> Result<&'a Arc<ChatDesk>, Response> {
    let Some(desk) = &state.chat else {
        return Err(refusal(
            StatusCode::NOT_FOUND,
            "not_found_error",
            "this server offers no chat completions; its host turns them on with PLAUDIT_CHAT_KEY",
        ));
    };
    if desk.admits(headers) {
        Ok(desk)
    } else {
        Err(refusal(
            StatusCode::UNAUTHORIZED,
            "authentication_error",
            "send the host's key as Authorization: Bearer KEY",
        ))
    }
}

/// Contestants that can run here, each under `arena/contestant`.
fn players(state: &AppState) -> Vec<(String, ContestantRow, String, Sampler)> {
    let mut found = Vec::new();
    for arena in state.boards.arenas() {
        let rows = arena.with_log(|log| log.contestants().to_vec());
        for row in rows {
            let weights = row.details.weights.as_ref().map(|weights| weights.sha256.clone());
            if let (Some(weights), Some(sampler)) = (weights, row.details.sampler.clone())
                && state.models.by_digest(&weights).is_some()
            {
                found.push((format!("{}/{}", arena.row.slug, row.slug), row, weights, sampler));
            }
        }
    }
    found
}

pub(super) async fn models(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if let Err(refusal) = desk(&state, &headers) {
        return refusal;
    }
    let data: Vec<_> = players(&state)
        .into_iter()
        .map(|(name, row, ..)| json!({ "id": name, "object": "model", "owned_by": "plaudit", "name": row.name }))
        .collect();
    Json(json!({ "object": "list", "data": data })).into_response()
}

#[derive(Deserialize)]
struct ChatBody {
    model: String,
    messages: Vec<ChatMessage>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    top_p: Option<f64>,
    #[serde(default, alias = "max_completion_tokens")]
    max_tokens: Option<u32>,
    #[serde(default)]
    seed: Option<i64>,
    #[serde(default)]
    n: Option<u32>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    tools: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct ChatMessage {
    role: String,
    content: Content,
}

/// A text, or a list of parts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

impl Content {
    fn into_text(self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Parts(parts) => parts
                .into_iter()
                .map(|part| if part.kind == "text" { Ok(part.text) } else { Err(format!("{} is no text", part.kind)) })
                .collect(),
        }
    }
}

impl ChatBody {
    /// The system message and the user's, which is all that the contestants here know.
    fn conversation(&mut self) -> Result<(Option<String>, String), String> {
        let mut messages = std::mem::take(&mut self.messages);
        let user = match messages.pop() {
            Some(message) if message.role == "user" => message.content.into_text()?,
            _ => return Err("messages end with one of the user".to_owned()),
        };
        let system = match messages.pop() {
            None => None,
            Some(message) if matches!(message.role.as_str(), "system" | "developer") => {
                Some(message.content.into_text()?)
            }
            Some(message) => {
                return Err(format!("a message of the {} before the user's: one turn only", message.role));
            }
        };
        if messages.is_empty() { Ok((system, user)) } else { Err("one turn only: system, then user".to_owned()) }
    }

    fn check(&self) -> Result<(), String> {
        let within = |name, value: Option<f64>, range: std::ops::RangeInclusive<f64>| match value {
            Some(value) if !range.contains(&value) => {
                Err(format!("{name} is a number from {} to {}", range.start(), range.end()))
            }
            _ => Ok(()),
        };
        within("temperature", self.temperature, 0.0..=2.0)?;
        within("top_p", self.top_p, 0.0..=1.0)?;
        if self.n.is_some_and(|n| n != 1) {
            return Err("n is 1".to_owned());
        }
        if self.stream {
            return Err("stream is not offered".to_owned());
        }
        if self.tools.as_ref().is_some_and(|tools| !tools.is_null()) {
            return Err("tools are not offered".to_owned());
        }
        if self.max_tokens == Some(0) {
            return Err("max_tokens is at least 1".to_owned());
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct UsageView {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

/// Stops the computation when nobody waits for it any more.
struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One place in the queue.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Option<Self> {
        let before = count.fetch_add(1, Ordering::AcqRel);
        let place = Self(count);
        (before < MAX_WAITING).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(super) async fn completions(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let desk = match desk(&state, &parts.headers) {
        Ok(desk) => desk.clone(),
        Err(refusal) => return refusal,
    };
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", "at most 256 KiB");
    };
    let mut body: ChatBody = match serde_json::from_slice(&bytes) {
        Ok(body) => body,
        Err(error) => return invalid(format!("no chat completion request: {error}")),
    };
    if let Err(reason) = body.check() {
        return invalid(reason);
    }
    let (system, prompt) = match body.conversation() {
        Ok(conversation) => conversation,
        Err(reason) => return invalid(reason),
    };
    let Some((name, row, weights, mut sampler)) =
        players(&state).into_iter().find(|(name, row, ..)| *name == body.model || row.slug.as_str() == body.model)
    else {
        return refusal(
            StatusCode::NOT_FOUND,
            "not_found_error",
            format!("there is no contestant {:?} that runs here; GET /v1/models lists them", body.model),
        );
    };
    sampler.temperature = body.temperature.or(sampler.temperature);
    sampler.top_p = body.top_p.or(sampler.top_p);
    sampler.max_tokens = Some(body.max_tokens.or(sampler.max_tokens).unwrap_or(MOST_TOKENS).min(MOST_TOKENS));
    let seed = body.seed.map_or_else(|| u64::from_le_bytes(random_bytes()), i64::unsigned_abs) & ((1 << 53) - 1);
    let system_prompt = system.or_else(|| row.details.system_prompt.clone());
    let order = Order { prompt, system_prompt, sampler, seed };

    let Some(_place) = Waiting::enter(&desk.waiting) else {
        return refusal(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "the queue is full; come back in a moment");
    };
    let Ok(_turn) = desk.turn.acquire().await else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "server_error", "the server is stopping");
    };
    let stop = Arc::new(AtomicBool::new(false));
    let _stop_when_dropped = StopWhenDropped(stop.clone());
    let engine = desk.engine.clone();
    let work = tokio::task::spawn_blocking(move || -> Result<_, EngineError> {
        let model = engine.load(&weights)?;
        let read = model.prompt_tokens(&order)?;
        let made = model.generate(&order, &mut || !stop.load(Ordering::Relaxed))?;
        Ok((read, made))
    });
    match work.await {
        Ok(Ok((read, Some(made)))) => {
            let written = made.tokens.len() as u64;
            let usage = UsageView { prompt_tokens: read, completion_tokens: written, total_tokens: read + written };
            let finish = match made.finish {
                Finish::Stop => "stop",
                Finish::Length => "length",
            };
            Json(json!({
                "id": format!("chatcmpl-{}", data_encoding::HEXLOWER.encode(&random_bytes::<12>())),
                "object": "chat.completion",
                "created": (state.clock)().0 / 1000,
                "model": name,
                "choices": [{
                    "index": 0,
                    "message": { "role": "assistant", "content": made.text },
                    "finish_reason": finish,
                }],
                "usage": usage,
            }))
            .into_response()
        }
        Ok(Ok((_, None))) => refusal(StatusCode::SERVICE_UNAVAILABLE, "server_error", "the generation was stopped"),
        Ok(Err(EngineError::Prompt(reason))) => invalid(reason),
        Ok(Err(error)) => {
            tracing::error!(%error, "a chat completion failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the model failed; the log says why")
        }
        Err(error) => {
            tracing::error!(%error, "a chat completion broke off");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the computation broke off")
        }
    }
}
