//! Exports: ordered, followed, fetched.

use axum::{
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use plaudit_datasets::export::{Compression, ExportFormat};
use plaudit_domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::ToSchema;

use super::{
    answer::{ApiPath, names_tag},
    arenas::OutcomeWord,
    log::instant,
    problem::{Problem, ProblemBody},
    responses::{ReadProblems, WriteProblems},
    token::authorised,
};
use crate::{
    command::export::{Source, instant as read_instant},
    exports::{ExportId, ExportOrder, ExportState, FinishedExport, OrderError},
    http::{AppState, problem as problem_page},
    token::Scope,
};
use plaudit_app::api::ApiError;

/// An order with a thousand contestants.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a click on a download waits for its file before a page shows how far it is.
const PATIENCE: Duration = Duration::from_secs(4);
/// When to ask again.
const RETRY_SECONDS: u64 = 2;

macro_rules! format_words {
    // `tt`, because the derive of the description does not see through a `literal`.
    ($($word:ident = $text:tt),+ $(,)?) => {
        /// The forms in which votes leave; docs/DATA.md says what each holds.
        #[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
        enum FormatWord { $(#[serde(rename = $text)] $word),+ }

        impl From<FormatWord> for ExportFormat {
            fn from(word: FormatWord) -> Self {
                match word { $(FormatWord::$word => Self::$word),+ }
            }
        }
    };
}

format_words!(
    Csv = "csv",
    PlauditJsonl = "plaudit-jsonl",
    PlauditParquet = "plaudit-parquet",
    TrlPreference = "trl-preference",
    TrlPreferenceConversational = "trl-preference-conversational",
    TrlUnpaired = "trl-unpaired",
    SoftPreference = "soft-preference",
    RewardRows = "reward-rows",
    Arena55k = "arena-55k",
    Arena140k = "arena-140k",
    GenaiArena = "genai-arena",
    GenaiBench = "genai-bench",
    GenaiBenchParquet = "genai-bench-parquet",
    Argilla = "argilla",
    LabelStudio = "label-studio",
);

/// How the file is packed.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CompressionWord {
    #[default]
    None,
    Gzip,
    Zstd,
}

/// Where votes were cast.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceWord {
    /// Here.
    Cast,
    /// In an imported file.
    Imported,
}

/// What becomes of votes with texts that look as if they told an address, a telephone or a card number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PersonalWord {
    /// They are left out.
    #[default]
    Drop,
    /// Words in brackets stand in their places.
    Mask,
}

/// What to export.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderBody {
    #[schema(example = "text")]
    arena: String,
    format: FormatWord,
    #[serde(default)]
    compression: CompressionWord,
    /// Only votes from this day or instant on: `2026-09-21` or `2026-09-21T12:00:00Z`.
    #[schema(example = "2026-09-21")]
    since: Option<String>,
    /// Only votes before this day or instant.
    #[schema(example = "2026-12-31")]
    until: Option<String>,
    /// Only battles of these contestants.
    #[serde(default)]
    contestants: Vec<String>,
    /// Only these outcomes.
    #[serde(default)]
    outcomes: Vec<OutcomeWord>,
    /// Only prompts in these languages, as tags of BCP 47; `und` for those that were not recognised.
    #[serde(default)]
    #[schema(example = json!(["en"]))]
    languages: Vec<String>,
    source: Option<SourceWord>,
    /// Only battles whose answers the server made itself, imported, or made again with the same result.
    #[serde(default)]
    verified_only: bool,
    /// No votes with an answer that tells who made it: its contestant's name, or a well-known model as its own.
    #[serde(default)]
    without_leaks: bool,
    /// Also votes that were taken back or are left out of the boards, marked as such.
    #[serde(default)]
    with_excluded: bool,
    /// Only pairs of contestants with so many votes.
    #[serde(default, deserialize_with = "whole_number")]
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    min_votes_per_pair: Option<u64>,
    /// Of each prompt only the first vote.
    #[serde(default)]
    distinct_prompts: bool,
    #[serde(default)]
    personal: PersonalWord,
    /// Leave texts away.
    #[serde(default)]
    without_texts: bool,
}

/// A number without a fraction, which JSON may write with one: `5.0`. Up to what every reader of JSON gets whole.
fn whole_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    match Option::<f64>::deserialize(from)? {
        None => Ok(None),
        Some(number) if number.fract() == 0.0 && (0.0..=MOST).contains(&number) => Ok(Some(number as u64)),
        Some(number) => Err(serde::de::Error::custom(format!("{number} is no count"))),
    }
}

impl OrderBody {
    fn order(self) -> Result<ExportOrder, Problem> {
        let arena = self.arena.parse().map_err(|_| Problem::not_found("there is no such arena"))?;
        let contestants = self.contestants.iter().map(|slug| slug.parse());
        let contestants = contestants
            .collect::<Result<_, _>>()
            .map_err(|_| Problem::not_found("the arena has no such contestant"))?;
        let languages = self.languages.iter().map(|tag| tag.parse());
        let languages = languages.collect::<Result<_, String>>().map_err(Problem::unprocessable)?;
        let when = |text: Option<String>| -> Result<Option<Timestamp>, Problem> {
            text.map(|text| read_instant(&text).map_err(Problem::unprocessable)).transpose()
        };
        Ok(ExportOrder {
            compression: match self.compression {
                CompressionWord::None => Compression::None,
                CompressionWord::Gzip => Compression::Gzip,
                CompressionWord::Zstd => Compression::Zstd,
            },
            since: when(self.since)?,
            until: when(self.until)?,
            contestants,
            outcomes: self.outcomes.into_iter().map(Into::into).collect(),
            source: self.source.map(|source| match source {
                SourceWord::Cast => Source::Cast,
                SourceWord::Imported => Source::Imported,
            }),
            languages,
            verified_only: self.verified_only,
            without_leaks: self.without_leaks,
            with_excluded: self.with_excluded,
            min_votes_per_pair: self.min_votes_per_pair,
            distinct_prompts: self.distinct_prompts,
            mask_personal: self.personal == PersonalWord::Mask,
            without_texts: self.without_texts,
            ..ExportOrder::whole(arena, self.format.into())
        })
    }
}

/// Where a job is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateWord {
    /// Others are before it.
    Waiting,
    /// It is being written.
    Running,
    /// The file is there.
    Finished,
    /// There is no file; `reason` says why. The same order may be given again.
    Failed,
}

/// A file that can be fetched, in pieces too.
#[derive(Debug, Serialize, ToSchema)]
struct FileBody {
    /// Its address on this site.
    url: String,
    name: String,
    bytes: u64,
    /// Votes in it.
    votes: u64,
    rows: u64,
    /// Votes that are not in it because the form has no row for them or their voters did not agree, by reason.
    left_out: BTreeMap<String, u64>,
    /// SPDX expression of the arena's prompts and generations, where the host names one.
    license: Option<String>,
    /// RFC 3339. A day later the file may be gone.
    finished_at: Option<String>,
}

/// An export.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportBody {
    id: String,
    state: StateWord,
    /// Votes looked at, while it is running.
    votes_seen: Option<u64>,
    /// Votes to look at, while it is running.
    votes_to_see: Option<u64>,
    reason: Option<String>,
    file: Option<FileBody>,
}

pub(crate) fn file_url(id: &ExportId) -> String {
    ["/api/v1/exports/", id.as_str(), "/file"].concat()
}

impl ExportBody {
    fn of(id: &ExportId, state: ExportState) -> Self {
        let plain = |state| Self {
            id: id.as_str().to_owned(),
            state,
            votes_seen: None,
            votes_to_see: None,
            reason: None,
            file: None,
        };
        match state {
            ExportState::Waiting => plain(StateWord::Waiting),
            ExportState::Running { seen, votes } => {
                Self { votes_seen: Some(seen), votes_to_see: Some(votes), ..plain(StateWord::Running) }
            }
            ExportState::Failed { reason } => Self { reason: Some(reason), ..plain(StateWord::Failed) },
            ExportState::Finished(export) => {
                let file = FileBody {
                    url: file_url(id),
                    name: export.download,
                    bytes: export.bytes,
                    votes: export.votes,
                    rows: export.rows,
                    left_out: export.left_out,
                    license: export.license,
                    finished_at: instant(export.finished_at),
                };
                Self { file: Some(file), ..plain(StateWord::Finished) }
            }
        }
    }
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Arena(_) | OrderError::Contestant(_) => Self::not_found(error.to_string()),
            OrderError::Compressed(_) => Self::unprocessable(error.to_string()),
            OrderError::Busy => Self::too_many_requests(error.to_string(), 30),
            OrderError::TooOften(often) => Self::too_many_requests(often.to_string(), often.wait_seconds),
            OrderError::Store(error) => Self::internal(&error),
            OrderError::Disk(error) => Self::internal(&error),
        }
    }
}

/// Orders an export. The same order of the same log is the same export, made once. 200 where its file is there already. Wants no
/// token; with one of the scope `exports:create` the order does not count against what its network may order.
#[utoipa::path(post, path = "/api/v1/exports", tag = "exports", request_body = OrderBody,
    security((), ("token" = ["exports:create"])),
    responses(
        (status = 401, description = "A token that is not a good one", body = ProblemBody),
        (status = 403, description = "The token is good for other things", body = ProblemBody),
        (status = 200, description = "The file is there", body = ExportBody),
        (status = 202, description = "It will be written; `Location` tells how far it is", body = ExportBody),
        (status = 422, description = "The fields do not fit each other, or a time is none", body = ProblemBody),
        WriteProblems))]
pub(super) async fn create(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let network = state.limits.network(&request);
    let (parts, body) = request.into_parts();
    // A page of another site cannot send this type without asking first, and is refused then.
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Problem::unsupported_media_type());
    }
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| Problem::too_large("an order is at most 64 KiB"))?;
    let order: OrderBody = serde_json::from_slice(&bytes).map_err(|error| Problem::bad_request(error.to_string()))?;
    let now = (state.clock)();
    let is_free = parts.headers.contains_key(header::AUTHORIZATION);
    if is_free {
        authorised(&state, &parts.headers, Scope::ExportsCreate).await?;
    }
    let allow = || if is_free { Ok(()) } else { state.limits.exports.take(network, now) };
    let id = state.exports.order(order.order()?, allow).await?;
    let found = state.exports.state(&id).unwrap_or(ExportState::Waiting);
    let status = if matches!(found, ExportState::Finished(_)) { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = [(header::LOCATION, ["/api/v1/exports/", id.as_str()].concat())];
    Ok((status, location, axum::Json(ExportBody::of(&id, found))).into_response())
}

fn find(state: &AppState, id: &str) -> Result<(ExportId, ExportState), Problem> {
    let id = ExportId::parse(id);
    let found = id.and_then(|id| state.exports.state(&id).map(|found| (id, found)));
    found.ok_or_else(|| Problem::not_found("there is no such export, or it is more than a day old; order it again"))
}

/// How far an export is.
#[utoipa::path(get, path = "/api/v1/exports/{id}", tag = "exports", params(("id" = String, Path)),
    responses((status = 200, description = "What was asked for", body = ExportBody), ReadProblems))]
pub(super) async fn progress(State(state): State<AppState>, ApiPath(id): ApiPath<String>) -> Result<Response, Problem> {
    let (id, found) = find(&state, &id)?;
    let is_open = matches!(found, ExportState::Waiting | ExportState::Running { .. });
    let mut response = axum::Json(ExportBody::of(&id, found)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_open {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    }
    Ok(response)
}

fn content_type(export: &FinishedExport) -> &'static str {
    match export.download.rsplit('.').next() {
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        Some("jsonl") => "application/x-ndjson",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("gz") => "application/gzip",
        Some("zst") => "application/zstd",
        _ => "application/octet-stream",
    }
}

/// The file of a finished export; in pieces with `Range`, so that a download that broke off goes on.
#[utoipa::path(get, path = "/api/v1/exports/{id}/file", tag = "exports", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The file", content(
            (Vec<u8> = "text/csv"),
            (Vec<u8> = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.apache.parquet"),
            (Vec<u8> = "application/gzip"),
            (Vec<u8> = "application/zstd"),
            (Vec<Object> = "application/json"),
        )),
        (status = 206, description = "The piece asked for", content(
            (Vec<u8> = "text/csv"),
            (Vec<u8> = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.apache.parquet"),
            (Vec<u8> = "application/gzip"),
            (Vec<u8> = "application/zstd"),
            (Vec<u8> = "application/json"),
        )),
        (status = 416, description = "The file does not reach so far"),
        ReadProblems))]
pub(super) async fn file(
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    let (_, found) = find(&state, &id)?;
    let ExportState::Finished(export) = found else {
        return Err(Problem::not_found("this export is not finished; /api/v1/exports/ID says how far it is"));
    };
    let tag = format!("\"{}\"", export.tag);
    if names_tag(request.headers(), &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let headers = request.headers_mut();
    // A piece of another writing of the file is no piece of this one.
    if headers.remove(header::IF_RANGE).is_some_and(|known| known.as_bytes() != tag.as_bytes()) {
        headers.remove(header::RANGE);
    }
    headers.remove(header::IF_MODIFIED_SINCE);
    headers.remove(header::IF_UNMODIFIED_SINCE);
    // Cannot fail: a file that cannot be read is an answer with a status.
    let Ok(response) = ServeFile::new(state.exports.path(&export)).oneshot(request).await;
    let mut response = response.map(Body::new);
    if response.status() == StatusCode::NOT_FOUND {
        return Err(Problem::not_found("this export has just been swept; order it again"));
    }
    let disposition = format!("attachment; filename=\"{}\"", export.download);
    let headers = response.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&export)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    for (name, value) in [(header::ETAG, tag), (header::CONTENT_DISPOSITION, disposition)] {
        // Slugs and digits are always valid in a header.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// The form that a file's name on /data means: `votes.csv`, `votes.jsonl`, `votes.parquet`, or FORMAT.EXTENSION.
fn named(file: &str) -> Option<ExportFormat> {
    match file {
        "votes.csv" => Some(ExportFormat::Csv),
        "votes.jsonl" => Some(ExportFormat::PlauditJsonl),
        "votes.parquet" => Some(ExportFormat::PlauditParquet),
        _ => crate::exports::FORMATS.into_iter().find(|format| {
            file.strip_suffix(format.extension()).and_then(|name| name.strip_suffix('.')) == Some(format.as_str())
        }),
    }
}

/// `/data/ARENA/votes.csv`: one click. Orders the export, waits a moment for it, and leads to the file, or to the page that shows
/// how far it is.
pub(crate) async fn download(
    State(state): State<AppState>,
    Path((arena, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let refuse = |error: ApiError| problem_page(&state.assets, &error, Some("/data"));
    let (Ok(arena), Some(format)) = (arena.parse(), named(&file)) else { return refuse(ApiError::NotFound) };
    let network = state.limits.network(&request);
    let now = (state.clock)();
    let ordered =
        state.exports.order(ExportOrder::whole(arena, format), || state.limits.exports.take(network, now)).await;
    let id = match ordered {
        Ok(id) => id,
        Err(OrderError::Arena(_) | OrderError::Contestant(_) | OrderError::Compressed(_)) => {
            return refuse(ApiError::NotFound);
        }
        Err(OrderError::Busy) => return refuse(ApiError::TooManyRequests { wait_seconds: 30 }),
        Err(OrderError::TooOften(often)) => {
            return refuse(ApiError::TooManyRequests { wait_seconds: often.wait_seconds });
        }
        Err(error @ (OrderError::Store(_) | OrderError::Disk(_))) => {
            let reference = data_encoding::HEXLOWER.encode(&crate::clock::random_bytes::<4>());
            tracing::error!(%error, reference, "an export was not ordered");
            return refuse(ApiError::Internal { reference });
        }
    };
    let location = match state.exports.wait(&id, PATIENCE).await {
        Some(ExportState::Finished(_)) => file_url(&id),
        _ => ["/exports/", id.as_str()].concat(),
    };
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}
