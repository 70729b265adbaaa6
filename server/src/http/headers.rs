use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;

use super::AppState;
use crate::clock::random_bytes;

/// The nonce of one answer: scripts without it do not run.
#[derive(Debug, Clone)]
pub struct CspNonce(pub Arc<str>);

/// Gives every answer, errors and files included, its security headers.
pub(super) async fn secure(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = CspNonce(BASE64URL_NOPAD.encode(&random_bytes::<16>()).into());
    request.extensions_mut().insert(nonce.clone());
    let is_hashed_file = request.uri().path().starts_with("/pkg/");
    let is_page = !is_hashed_file && !request.uri().path().contains('.');
    let mut response = next.run(request).await;
    let is_found = response.status().is_success();
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
        nonce.0
    );
    // A nonce is letters, digits, - and _, so the policy is always a valid header.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    set(headers, "x-content-type-options", "nosniff");
    set(headers, "referrer-policy", "same-origin");
    set(headers, "cross-origin-opener-policy", "same-origin");
    // What is for everybody's pages has said so already.
    if !headers.contains_key("cross-origin-resource-policy") {
        set(headers, "cross-origin-resource-policy", "same-origin");
    }
    set(headers, "permissions-policy", "camera=(), microphone=(), geolocation=()");
    if state.is_secure() {
        set(headers, "strict-transport-security", "max-age=31536000");
    }
    if is_hashed_file && is_found {
        // The name changes with the content.
        set(headers, "cache-control", "public, max-age=31536000, immutable");
    } else if !headers.contains_key(header::CACHE_CONTROL) {
        // A battle page holds a ticket: going back must draw a new one, and no proxy may keep it.
        set(headers, "cache-control", if is_page { "private, no-store" } else { "public, max-age=300" });
    }
    response
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
