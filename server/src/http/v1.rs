//! `/api/v1`: the data, for programs.
//!
//! Reads are open to every page and program (CORS), carry a tag of their content and answer 304 to whoever has it. Errors have
//! one form, [`problem::Problem`]. Each network may ask so often. What lets itself be changed wants a token with the
//! scope for it, or JSON that a page of another site cannot send.

mod answer;
mod arenas;
mod description;
mod exports;
mod imports;
mod judgments;
mod log;
mod problem;
mod responses;
mod token;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

pub use description::description;
pub(crate) use exports::{download, file_url};
use problem::Problem;

use super::AppState;
use crate::rate::{Network, RateLimiter};

/// How often each network may ask.
#[derive(Debug)]
pub struct ApiLimits {
    /// Proxies of the host's own before the server.
    pub proxies: u8,
    /// Every request.
    pub requests: RateLimiter,
    /// Orders of exports that are new work.
    pub exports: RateLimiter,
}

/// Requests at once; as much as a page that shows a few arenas asks for.
const BURST: u32 = 60;
/// Every format of one arena.
const EXPORTS_BURST: u32 = 16;
const EXPORTS_INTERVAL_MILLIS: u32 = 60_000;

impl ApiLimits {
    /// `requests_per_second` is what each network may ask for in the long run; with 0 it may ask for as much as it likes.
    pub fn new(proxies: u8, requests_per_second: u16) -> Self {
        let interval = 1000_u32.checked_div(u32::from(requests_per_second)).unwrap_or(0);
        let requests = RateLimiter::new(BURST.max(u32::from(requests_per_second)), interval);
        let exports = RateLimiter::new(EXPORTS_BURST, if interval == 0 { 0 } else { EXPORTS_INTERVAL_MILLIS });
        Self { proxies, requests, exports }
    }

    /// Who asks.
    pub(super) fn network(&self, request: &Request) -> Network {
        Network::of_request(request.extensions(), request.headers(), self.proxies)
    }
}

/// Everything under `/api/v1`.
pub(super) fn router(state: &AppState) -> Router<AppState> {
    let compressed = Router::new()
        .route("/openapi.json", get(description::openapi))
        .route("/arenas", get(arenas::arenas))
        .route("/arenas/{arena}", get(arenas::arena))
        .route("/arenas/{arena}/contestants", get(arenas::contestants))
        .route("/arenas/{arena}/board", get(arenas::board))
        .route("/arenas/{arena}/counts", get(arenas::counts))
        .route("/arenas/{arena}/battles", get(log::battles))
        .route("/arenas/{arena}/votes", get(log::votes))
        .route("/arenas/{arena}/pairs", get(judgments::pairs))
        .route("/arenas/{arena}/judgments", get(judgments::judgments).post(judgments::hand_in))
        .route("/imports", post(imports::import))
        .route("/exports", post(exports::create))
        .route("/exports/{id}", get(exports::progress))
        .layer(CompressionLayer::new());
    // Not compressed: pieces are of the file as it is.
    let api = Router::new()
        .route("/exports/{id}/file", get(exports::file))
        .merge(compressed)
        .fallback(async || Problem::not_found("there is nothing under this address; see /api/v1/openapi.json"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(middleware::from_fn_with_state(state.clone(), limit))
        .layer(middleware::from_fn(share))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| Problem::panicked().into_response()));
    // A nested router does not hear of its own root with a slash.
    Router::new().nest("/api/v1", api.clone()).route_service("/api/v1/", api.with_state(state.clone()))
}

async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let network = state.limits.network(&request);
    match state.limits.requests.take(network, (state.clock)()) {
        Ok(()) => next.run(request).await,
        Err(often) => Problem::too_many_requests(often.to_string(), often.wait_seconds).into_response(),
    }
}

/// Lets pages of other sites read, without cookies; what they ask before they do is answered here.
async fn share(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    if method == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        open(response.headers_mut());
        set(response.headers_mut(), header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
        set(response.headers_mut(), header::ACCESS_CONTROL_ALLOW_HEADERS, "If-None-Match, If-Range, Range");
        set(response.headers_mut(), header::ACCESS_CONTROL_MAX_AGE, "86400");
        return response;
    }
    let mut response = next.run(request).await;
    if matches!(method, Method::GET | Method::HEAD) {
        open(response.headers_mut());
    }
    response
}

fn open(headers: &mut HeaderMap) {
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Range, ETag, Retry-After");
    set(headers, HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
