//! Handing in files of votes.

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::ApiQuery,
    problem::{Problem, ProblemBody},
    token::authorised,
};
use crate::{http::AppState, imports::ImportError, token::Scope};

/// When to try again while another file is imported.
const RETRY_SECONDS: u64 = 5;

/// What is handed in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// What to call the file in the log of imports; letters, digits, `.`, `_` and `-`.
    #[param(pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$", example = "votes.jsonl")]
    name: String,
    /// Put everything into this arena instead of the one that the file names.
    #[param(example = "text")]
    arena: Option<String>,
}

/// What an import added. What was there before is not counted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportBody {
    votes: u64,
    /// Votes that were there before, by their ids or because the same voter voted on the same battle.
    votes_known: u64,
    arenas: u64,
    contestants: u64,
    prompts: u64,
    generations: u64,
    /// Rows that were not understood; the host finds them listed with reasons in the data folder.
    rejected: u64,
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Name | ImportError::Broken => Self::bad_request(error.to_string()),
            ImportError::Busy => Self::too_many_requests(error.to_string(), RETRY_SECONDS),
            ImportError::TooLarge => Self::too_large(error.to_string()),
            ImportError::Refused(reason) => Self::unprocessable(reason),
            ImportError::Store(error) => Self::internal(&error),
            ImportError::Board(error) => Self::internal(&error),
            ImportError::Disk(error) => Self::internal(&error),
        }
    }
}

/// Imports a file of votes, whole or not at all: any that `plaudit import` reads, recognised by its content, packed with gzip or zstd
/// or not, at most 256 MiB. Importing it again adds nothing. Imported votes are told apart from those cast here. Wants a token with
/// the scope `votes:import`.
#[utoipa::path(post, path = "/api/v1/imports", tag = "imports", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    security(("token" = ["votes:import"])),
    responses(
        (status = 200, description = "It is imported", body = ImportBody),
        (status = 400, description = "A parameter cannot be read, or the file broke off", body = ProblemBody),
        (status = 401, description = "No token, or not a good one", body = ProblemBody),
        (status = 403, description = "The token is good for other things", body = ProblemBody),
        (status = 413, description = "The file is too large", body = ProblemBody),
        (status = 422, description = "The file cannot be read, or says other things than what is stored; nothing of it is imported", body = ProblemBody),
        (status = 429, description = "Too often, or another file is being imported; `Retry-After` says when to come back", body = ProblemBody)))]
pub(super) async fn import(
    State(state): State<AppState>,
    ApiQuery(query): ApiQuery<ImportQuery>,
    request: Request,
) -> Result<Response, Problem> {
    authorised(&state, request.headers(), Scope::VotesImport).await?;
    let arena = query.arena.map(|slug| slug.parse());
    let arena =
        arena.transpose().map_err(|_| Problem::bad_request("`arena` is a word of letters, digits and hyphens"))?;
    let report = state.imports.import(&query.name, arena, request.into_body().into_data_stream()).await?;
    let counts = report.counts;
    let body = ImportBody {
        votes: counts.votes,
        votes_known: counts.votes_known,
        arenas: counts.arenas,
        contestants: counts.contestants,
        prompts: counts.prompts,
        generations: counts.generations,
        rejected: report.rejected,
    };
    Ok(Json(body).into_response())
}
