//! Requests and answers.
//!
//! From the outside in: security headers and a nonce for every answer, a page instead of a broken connection after a
//! panic, compression, refusal of cross-site posts, a limit on bodies, the voter's cookie, plain forms; then the routes.

mod body;
mod chat;
mod cross_site;
mod events;
mod forms;
mod headers;
mod media;
mod models;
mod own_votes;
mod session;
pub mod v1;

use std::{path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    extract::{FromRef, Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use leptos::{config::LeptosOptions, nonce::Nonce, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use plaudit_app::{
    App, Assets,
    api::ApiError,
    backend::Backend,
    problem_page_for, shell,
    view_model::{Method, Slice},
};
use plaudit_domain::{ArenaSlug, RankingMethod};
use serde::Deserialize;
use tokio::sync::watch;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, services::ServeDir};

use crate::{
    board::{BoardError, Boards, LiveArena},
    clock::Clock,
    exports::ExportDesk,
    imports::ImportDesk,
    judging::panel::JudgingDesk,
    media::MediaStore,
    models::Catalogue,
    secret::VoterCookies,
    ticket::MediaNames,
};
pub use chat::ChatDesk;
pub use headers::CspNonce;

/// What every request can reach.
#[derive(Clone)]
pub struct AppState {
    /// The service behind the pages.
    pub backend: Arc<dyn Backend>,
    /// The models whose files are served.
    pub models: Arc<Catalogue>,
    /// Where pictures are kept.
    pub media: MediaStore,
    /// Their names before a vote.
    pub media_names: MediaNames,
    /// The live boards, for the event stream.
    pub boards: Arc<Boards>,
    /// Judges and how far they agree with people.
    pub judging: Arc<JudgingDesk>,
    /// Files of votes, made when somebody orders them.
    pub exports: Arc<ExportDesk>,
    /// Takes files of votes in.
    pub imports: Arc<ImportDesk>,
    /// How often each network may ask /api/v1.
    pub limits: Arc<v1::ApiLimits>,
    /// The interface for whatever speaks OpenAI's protocol, where the host has turned it on.
    pub chat: Option<Arc<ChatDesk>>,
    /// The current time.
    pub clock: Clock,
    /// Makes and checks cookies.
    pub cookies: VoterCookies,
    /// Names of the page's files.
    pub assets: Assets,
    /// The folder of the page's files.
    pub site: PathBuf,
    /// The site's own origin, such as `https://arena.example`, when the host said so.
    pub origin: Option<Arc<str>>,
    /// Becomes true when the server stops; streams end then.
    pub stopping: watch::Receiver<bool>,
    /// Changes with every start; open pages reload when the developer's server comes back with another one.
    pub reload_token: Option<Arc<str>>,
}

impl AppState {
    /// Whether browsers reach the site over TLS.
    fn is_secure(&self) -> bool {
        self.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

/// Leptos wants its options in the state; the page's files are named by [`Assets`] instead.
impl FromRef<AppState> for LeptosOptions {
    fn from_ref(_: &AppState) -> Self {
        LeptosOptions::builder().output_name("plaudit").build()
    }
}

/// The whole site, without a listener, so that tests can call it in process.
pub fn router(state: AppState) -> Router {
    let context = {
        let backend = state.backend.clone();
        move || {
            provide_context(backend.clone());
            session::provide_request_context();
        }
    };
    let document = {
        let assets = state.assets.clone();
        move || shell(assets.clone())
    };
    let pages = Router::new()
        .leptos_routes_with_context(&state, generate_route_list(App), context.clone(), document.clone())
        .layer(middleware::from_fn_with_state(state.clone(), forms::answer_plain_forms))
        .layer(middleware::from_fn_with_state(state.clone(), session::know_voter))
        .layer(middleware::from_fn(body::limit));
    let data = Router::new()
        .route("/api/arena/{slug}/board", get(board))
        .route("/api/arena/{slug}/board/events", get(events::board))
        .route("/api/arena/{slug}/judges/events", get(events::judges))
        .route("/api/arena/{slug}/counts", get(counts))
        .route("/api/arena/{slug}/ranking", get(ranking))
        .route("/data/your-votes.json", get(own_votes::download))
        .route("/data/{arena}/{file}", get(v1::download))
        .route("/api/health", get(health))
        .route("/dev/reload", get(events::reload));
    let not_found = {
        move |request: axum::extract::Request| {
            let handler = leptos_axum::render_app_async_with_context(context.clone(), document.clone());
            async move {
                let mut response = handler(request).await.into_response();
                if response.status() == StatusCode::OK {
                    *response.status_mut() = StatusCode::NOT_FOUND;
                }
                response
            }
        }
    };
    // Not compressed: quantised weights and pictures do not get smaller, and a progress bar wants to know their length.
    let models = Router::new().route("/models/{*path}", get(models::file)).route("/media/{name}", get(media::file));
    // Who comes here has a key in a header that no page of another site can send.
    let keyed =
        Router::new().route("/v1/models", get(chat::models)).route("/v1/chat/completions", post(chat::completions));
    let files = ServeDir::new(&state.site).precompressed_br().precompressed_gzip().fallback(get(not_found));
    let panicked = {
        let assets = state.assets.clone();
        move |_: Box<dyn std::any::Any + Send>| {
            // The panic hook has logged where; the page gets nothing of it.
            problem(&assets, &ApiError::Internal { reference: "panic".to_owned() }, None)
        }
    };
    Router::new()
        .merge(pages)
        .merge(data)
        .fallback_service(files)
        .layer(middleware::from_fn(models::guard_folder))
        .layer(middleware::from_fn_with_state(state.clone(), cross_site::refuse))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new())
        .merge(models)
        .merge(keyed)
        .merge(v1::router(&state))
        .layer(middleware::from_fn_with_state(state.clone(), headers::secure))
        .with_state(state)
}

/// An error as a page of its own.
fn problem(assets: &Assets, error: &ApiError, back: Option<&str>) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = problem_page_for(assets, error, back);
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response();
    if let ApiError::TooManyRequests { wait_seconds } = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*wait_seconds));
    }
    retry_later(&mut response);
    response
}

/// Says when to come back, where coming back helps.
fn retry_later(response: &mut Response) {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
}

/// An error as JSON, as server functions answer too.
fn api_error(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(error)).into_response();
    retry_later(&mut response);
    response
}

/// Which board is asked for.
#[derive(Debug, Default, Deserialize)]
struct BoardQuery {
    #[serde(default)]
    method: Method,
    #[serde(default)]
    votes: Slice,
}

/// The arena and the board that an address asks for.
type BoardRequest = (Path<String>, Result<Query<BoardQuery>, axum::extract::rejection::QueryRejection>);

fn asked_board(state: &AppState, (Path(slug), query): BoardRequest) -> Result<(Arc<LiveArena>, BoardQuery), ApiError> {
    let Query(query) = query.map_err(|_| ApiError::BadRequest)?;
    let slug: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    Ok((state.boards.arena(&slug).ok_or(ApiError::NotFound)?, query))
}

async fn board(State(state): State<AppState>, asked: BoardRequest) -> Response {
    let (arena, query) = match asked_board(&state, asked) {
        Ok(found) => found,
        Err(error) => return api_error(&error),
    };
    let json = arena.board(query.method, query.votes).await.map(|snapshot| snapshot.json.clone());
    computed(&arena, json)
}

/// Which ranking is asked for.
#[derive(Debug, Default, Deserialize)]
struct RankingQuery {
    #[serde(default)]
    method: RankingMethod,
    #[serde(default)]
    votes: Slice,
}

/// A board by any method that reads counts, in full precision.
async fn ranking(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: Result<Query<RankingQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(RankingQuery { method, votes })) = query else { return api_error(&ApiError::BadRequest) };
    let Ok(slug) = slug.parse::<ArenaSlug>() else { return api_error(&ApiError::NotFound) };
    match state.backend.method_board(&slug, method, votes).await {
        Ok((_, view)) => ([(header::CACHE_CONTROL, "no-cache")], Json(view)).into_response(),
        Err(error) => api_error(&error),
    }
}

/// The pair counts behind the boards, day by day. Not personal: nobody's vote can be told from them.
async fn counts(State(state): State<AppState>, asked: BoardRequest) -> Response {
    match asked_board(&state, asked) {
        Ok((arena, query)) => computed(&arena, arena.counts(query.votes).await),
        Err(error) => api_error(&error),
    }
}

fn computed(arena: &LiveArena, json: Result<Arc<str>, BoardError>) -> Response {
    match json {
        Ok(json) => {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
            (headers, json.to_string()).into_response()
        }
        Err(error) => {
            tracing::error!(%error, arena = %arena.row.slug, "board failed");
            api_error(&ApiError::Internal { reference: "board".to_owned() })
        }
    }
}

async fn health(State(state): State<AppState>) -> Response {
    match state.boards.store().ping().await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// Puts the nonce of this answer into the context of its page.
fn provide_nonce(nonce: &CspNonce) {
    provide_context(Nonce::from_value(nonce.0.clone()));
}
