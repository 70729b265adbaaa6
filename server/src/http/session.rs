use axum::{
    extract::{Request, State},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use leptos::prelude::{provide_context, use_context};
use plaudit_domain::VoterId;

use super::{AppState, CspNonce, provide_nonce};
use crate::secret::VoterCookies;

/// Knows the voter by the cookie, or makes a new one. Only pages and posts get here, never files.
pub(super) async fn know_voter(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let known = request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .find_map(|cookies| state.cookies.voter(cookies));
    let voter = known.unwrap_or_else(VoterCookies::new_voter);
    request.extensions_mut().insert(voter);
    let mut response = next.run(request).await;
    if known.is_none()
        && let Ok(cookie) = HeaderValue::from_str(&state.cookies.set_cookie(voter, state.is_secure()))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Moves what the layers found out from the request into the context of its page or server function.
pub(super) fn provide_request_context() {
    let Some(parts) = use_context::<Parts>() else { return };
    if let Some(voter) = parts.extensions.get::<VoterId>() {
        provide_context(*voter);
    }
    if let Some(nonce) = parts.extensions.get::<CspNonce>() {
        provide_nonce(nonce);
    }
}
