//! Answers that know whether they changed, and the parts of requests, read so that every error has the API's form.

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use plaudit_domain::VoteId;
use serde::{Serialize, de::DeserializeOwned};

use super::problem::Problem;

/// Query parameters.
pub(super) struct ApiQuery<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(query) = Query::from_request_parts(parts, state).await?;
        Ok(Self(query))
    }
}

/// Parts of the address.
pub(super) struct ApiPath<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(path) = Path::from_request_parts(parts, state).await?;
        Ok(Self(path))
    }
}

/// JSON with a tag of its content; 304 where the client has it already. The tag is weak: the body may be compressed on its way.
pub(super) fn tagged(headers: &HeaderMap, body: &impl Serialize) -> Result<Response, Problem> {
    let json = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    let hash = blake3::hash(&json).to_hex();
    let tag = format!("W/\"{}\"", &hash[..32]);
    let caching = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "public, no-cache".to_owned())];
    if names_tag(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let content = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((caching, content, json).into_response())
}

/// Whether `If-None-Match` names this tag, by RFC 9110's weak comparison.
pub(super) fn names_tag(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| list.split(',').any(|known| known.trim() == "*" || opaque(known) == opaque(tag)))
}

/// A place in a list, opaque to whoever gets it: the id after which the next page begins.
pub(super) fn place<T: for<'a> TryFrom<&'a [u8]>>(cursor: Option<&str>) -> Result<T, Problem> {
    let bytes = match cursor {
        None => [0; 16],
        Some(text) => {
            let id: VoteId =
                text.parse().map_err(|_| Problem::bad_request("`cursor` is the `next` of another page"))?;
            *id.as_bytes()
        }
    };
    T::try_from(&bytes[..]).map_err(|_| Problem::bad_request("`cursor` is the `next` of another page"))
}

/// How many rows a page has: what was asked for, within its bounds.
pub(super) fn page_size(asked: Option<u32>, default: u32, most: u32) -> Result<u32, Problem> {
    match asked {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_request(format!("`limit` is a number from 1 to {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_every_form_that_clients_send() {
        let with =
            |value: &'static str| HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]);
        for (expected, value) in
            [(true, "W/\"a\""), (true, "\"a\""), (true, "\"b\", W/\"a\""), (true, "*"), (false, "\"b\""), (false, "a")]
        {
            assert_eq!(names_tag(&with(value), "W/\"a\""), expected, "{value}");
        }
        assert!(!names_tag(&HeaderMap::new(), "W/\"a\""));
    }
}
