//! `/data/your-votes.json`: what one visitor voted, for that visitor.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use plaudit_app::api::ApiError;
use plaudit_domain::Outcome;
use serde::Serialize;

use super::{AppState, api_error};
use crate::{clock::random_bytes, service::own_votes};

#[derive(Serialize)]
struct OwnVoteBody {
    id: String,
    arena: String,
    battle: String,
    left: String,
    right: String,
    outcome: Outcome,
    /// RFC 3339.
    recorded_at: Option<String>,
    withdrawn: bool,
    /// May be in data sets.
    published: bool,
}

#[derive(Serialize)]
struct OwnVotesBody {
    votes: Vec<OwnVoteBody>,
}

pub(super) async fn download(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let voter = cookies.find_map(|cookies| state.cookies.voter(cookies));
    let votes = match voter {
        Some(voter) => own_votes(state.boards.store(), voter).await,
        None => Ok(Vec::new()),
    };
    let votes = match votes {
        Ok(votes) => votes,
        Err(error) => {
            let reference = data_encoding::HEXLOWER.encode(&random_bytes::<4>());
            tracing::error!(%error, reference, "a voter's own votes were not read");
            return api_error(&ApiError::Internal { reference });
        }
    };
    let votes = votes.into_iter().filter_map(|vote| {
        let arena = state.boards.arena_by_id(vote.arena)?;
        let slug = |id| arena.with_log(|log| log.contestant(id).map(|contestant| contestant.slug.to_string()));
        Some(OwnVoteBody {
            id: vote.id.to_string(),
            arena: arena.row.slug.to_string(),
            battle: vote.battle.to_string(),
            left: slug(vote.left)?,
            right: slug(vote.right)?,
            outcome: vote.outcome,
            recorded_at: jiff::Timestamp::from_millisecond(vote.recorded_at.0).ok().map(|time| time.to_string()),
            withdrawn: vote.withdrawn,
            published: vote.published,
        })
    });
    let mut response = Json(OwnVotesBody { votes: votes.collect() }).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"plaudit-your-votes.json\""),
    );
    response
}
