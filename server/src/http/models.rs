//! `/models/{name}/{file}`: the files that models' manifests name, and nothing else of their folders.

use axum::{
    body::Body,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use plaudit_app::api::ApiError;
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::{AppState, api_error};
use crate::models::{HEAD_TENSORS, HEAD_VOTES, MANIFEST, REWARD_HEAD};

/// The digest in an address makes it the address of one content for ever.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FileQuery {
    sha256: Option<String>,
}

pub(super) async fn file(
    State(state): State<AppState>,
    Path(path): Path<String>,
    query: Result<Query<FileQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let Some((name, file)) = path.split_once('/') else { return api_error(&ApiError::NotFound) };
    let asked = query.map(|Query(query)| query.sha256).unwrap_or_default();
    let (place, is_lasting) = match name {
        // It is trained anew under the same name; who asks compares digests, and keeps it by them.
        REWARD_HEAD => {
            let place = match file {
                HEAD_TENSORS => state.models.reward_head().map(|(tensors, _)| tensors),
                HEAD_VOTES => state.models.reward_votes(),
                _ => None,
            };
            let Some(place) = place else { return api_error(&ApiError::NotFound) };
            (place, false)
        }
        _ => {
            let Some(model) = state.models.by_name(name) else { return api_error(&ApiError::NotFound) };
            let Some((place, sha256)) = model.file(file) else { return api_error(&ApiError::NotFound) };
            (place, sha256.is_some() && asked.as_deref() == sha256)
        }
    };
    // Cannot fail: a file that cannot be read is an answer with a status.
    let Ok(response) = ServeFile::new(place).oneshot(request).await;
    let mut response = response.map(Body::new);
    if response.status().is_success() || response.status() == axum::http::StatusCode::NOT_MODIFIED {
        let headers = response.headers_mut();
        let caching = if is_lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        let content = if file == MANIFEST { "application/json" } else { "application/octet-stream" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    }
    response
}

/// The page's files may hold a folder `models` as well; however its address is spelled, only [`file`] reads from it.
pub(super) async fn guard_folder(request: Request, next: Next) -> Response {
    if is_model_address(request.uri().path()) {
        return api_error(&ApiError::NotFound);
    }
    next.run(request).await
}

fn is_model_address(path: &str) -> bool {
    let decoded = percent_decode(path);
    let first = decoded.split('/').find(|part| !part.is_empty() && *part != ".");
    first.is_some_and(|first| first.eq_ignore_ascii_case("models"))
}

/// `%2f` and the like; what is no valid escape stays as it is.
fn percent_decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = (first == b'%').then(|| tail.get(..2)).flatten();
        let value = escape.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match value {
            Some(value) => {
                bytes.push(value);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_known_however_it_is_spelled() {
        for path in
            ["/models/x/y", "//models/x", "/models%2Fx%2fy", "/%6dodels/x", "/./models/x", "/models", "/Models/x"]
        {
            assert!(is_model_address(path), "{path}");
        }
        for path in ["/", "/arena/models", "/pkg/models.js", "/modelsx", "/%"] {
            assert!(!is_model_address(path), "{path}");
        }
    }
}
