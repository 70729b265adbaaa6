//! Plain forms: a browser without JavaScript, or before the wasm has loaded, posts to the same server functions.
//!
//! Such a browser wants a page, not JSON. So the server function is run as for a script, and its answer turned into
//! what a browser can show: a redirect to the page that follows, or a page that says what went wrong, with its status.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use plaudit_app::{api::ApiError, backend::NEXT_PAGE};

use super::{AppState, api_error, problem, retry_later};

/// Receipts and errors are a few kilobytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Whether the answer is for a person to read.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

pub(super) async fn answer_plain_forms(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let page = wants_page(request.headers());
    let back = same_site_path(request.headers());
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let (mut parts, body) = next.run(request).await.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_ANSWER_BYTES).await else {
        return problem(&state.assets, &ApiError::Internal { reference: "answer".to_owned() }, None);
    };
    let next_page = parts.headers.remove(NEXT_PAGE);
    if parts.status.is_success() {
        return match next_page {
            Some(location) if page => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
            _ => Response::from_parts(parts, Body::from(bytes)),
        };
    }
    // A server function that cannot read its arguments answers 500; our own error knows its status.
    let Ok(error) = serde_json::from_slice::<ApiError>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if page {
        return problem(&state.assets, &error, back.as_deref());
    }
    parts.status = api_error(&error).status();
    let mut response = Response::from_parts(parts, Body::from(bytes));
    retry_later(&mut response);
    response
}

/// The path of the page that sent the form, for the way back. A referrer of another site is not followed.
fn same_site_path(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let referrer = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = referrer.split_once("://")?;
    let path = rest.strip_prefix(host)?;
    path.starts_with('/').then(|| path.to_owned())
}
