use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use plaudit_app::api::ApiError;

use super::{AppState, api_error, forms::wants_page, problem};

/// Refuses every request that could change something and does not come from our own pages.
pub(super) async fn refuse(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers(), state.origin.as_deref()) {
        return next.run(request).await;
    }
    tracing::warn!(
        path = request.uri().path(),
        site = ?request.headers().get("sec-fetch-site"),
        origin = ?request.headers().get(header::ORIGIN),
        "refused a cross-site request"
    );
    if wants_page(request.headers()) {
        problem(&state.assets, &ApiError::CrossSite, Some("/"))
    } else {
        api_error(&ApiError::CrossSite)
    }
}

/// `Sec-Fetch-Site` decides where a browser sends it. An older browser sends `Origin` with every post, and that must
/// name this site. Who sends neither is no browser; a script can say `Origin` as well as anything else.
fn is_own(headers: &HeaderMap, origin: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(claimed) = text(header::ORIGIN) else { return false };
    match origin {
        Some(origin) => claimed == origin,
        None => {
            let authority = claimed.strip_prefix("http://").or_else(|| claimed.strip_prefix("https://"));
            authority.is_some() && authority == text(header::HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_post() {
        let host = ("host", "arena.example");
        for (expected, pairs) in [
            (true, vec![host, ("sec-fetch-site", "same-origin")]),
            (false, vec![host, ("sec-fetch-site", "same-site")]),
            (false, vec![host, ("sec-fetch-site", "cross-site")]),
            (false, vec![host, ("sec-fetch-site", "none")]),
            (false, vec![host, ("sec-fetch-site", "cross-site"), ("origin", "https://arena.example")]),
            (true, vec![host, ("origin", "https://arena.example")]),
            (false, vec![host, ("origin", "https://evil.example")]),
            (false, vec![host, ("origin", "https://arena.example.evil.example")]),
            (false, vec![host, ("origin", "null")]),
            (false, vec![host]),
        ] {
            assert_eq!(is_own(&headers(&pairs), None), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_host_that_names_its_origin_is_held_to_it() {
        let origin = Some("https://arena.example");
        assert!(is_own(&headers(&[("host", "10.0.0.1:3000"), ("origin", "https://arena.example")]), origin));
        assert!(!is_own(&headers(&[("host", "arena.example"), ("origin", "http://arena.example")]), origin));
    }
}
