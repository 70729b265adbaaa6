use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use plaudit_app::api::ApiError;

use super::api_error;

/// Far more than a ticket and an answer need.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Two texts of 20,000 characters with their tokens, in the form encoding that makes nine bytes of some characters.
const MAX_LIVE_BODY_BYTES: usize = 1024 * 1024;
/// Where a browser hands in what it generated.
const LIVE_PATH: &str = "/api/live/finish";

/// Reads the body before anybody else does, so that one that is too large is answered with 413 wherever it was sent.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let most = if request.uri().path() == LIVE_PATH { MAX_LIVE_BODY_BYTES } else { MAX_BODY_BYTES };
    let (parts, body) = request.into_parts();
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return api_error(&ApiError::TooLarge);
    }
    match to_bytes(body, most).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) if is_too_long(&error) => api_error(&ApiError::TooLarge),
        // The visitor's connection broke off.
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}
