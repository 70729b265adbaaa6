//! `/media/{name}`: a picture, clip or sound, by the hash of its content or by a name made for one open battle.

use std::ops::Range;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use plaudit_app::api::ApiError;
use plaudit_domain::MediaKind;

use super::{AppState, api_error};

/// Neither kind of name ever stands for another content. Of an open battle's pictures only the browser that was given their names keeps a copy.
const BY_CONTENT: &str = "public, max-age=31536000, immutable";
const BY_NAME: &str = "private, max-age=31536000, immutable";

pub(super) async fn file(State(state): State<AppState>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (media, caching) = match (name.parse(), state.media_names.reveal(&name)) {
        (Ok(media), _) => (media, BY_CONTENT),
        (_, Some(media)) => (media, BY_NAME),
        _ => return api_error(&ApiError::NotFound),
    };
    let length = match state.media.length(media).await {
        Ok(Some(length)) => length,
        Ok(None) => return api_error(&ApiError::NotFound),
        Err(error) => return failed(&error),
    };
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let (status, range) = match asked.map_or(Asked::Whole, |range| asked_range(range, length)) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nothing => {
            let whole = format!("bytes */{length}");
            return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, whole)]).into_response();
        }
    };
    let bytes = match state.media.read(media, range.clone()).await {
        Ok(bytes) => bytes,
        Err(error) => return failed(&error),
    };
    // Its start says what it is. Of a part from the middle of a clip that is not there: it is read as well.
    let kind = if range.start == 0 && range.end >= START.min(length) {
        MediaKind::of_start(&bytes)
    } else {
        match state.media.read(media, 0..START.min(length)).await {
            Ok(start) => MediaKind::of_start(&start),
            Err(error) => return failed(&error),
        }
    };
    let fixed = [
        (header::CONTENT_TYPE, kind.as_str()),
        (header::CACHE_CONTROL, caching),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    let mut response = (status, fixed, bytes).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        if let Ok(place) = HeaderValue::from_str(&place) {
            response.headers_mut().insert(header::CONTENT_RANGE, place);
        }
    }
    response
}

fn failed(error: &crate::media::MediaError) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "a picture could not be read");
    api_error(&ApiError::Internal { reference: "media".to_owned() })
}

/// Bytes that tell what a file is.
const START: u64 = 12;

/// What a range asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// One range of bytes, as RFC 9110 has it. Several at once, or what is no range, ask for the whole: a server may say so.
fn asked_range(header: &str, length: u64) -> Asked {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", suffix) => match number(suffix) {
            Some(suffix) => length.saturating_sub(suffix)..length,
            None => return Asked::Whole,
        },
        (start, "") => match number(start) {
            Some(start) => start..length,
            None => return Asked::Whole,
        },
        (start, end) => match (number(start), number(end)) {
            (Some(start), Some(end)) if start <= end => start..end.saturating_add(1).min(length),
            _ => return Asked::Whole,
        },
    };
    if range.is_empty() { Asked::Nothing } else { Asked::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        assert_eq!(asked_range("bytes=0-9", 100), Asked::Part(0..10));
        assert_eq!(asked_range("bytes=90-200", 100), Asked::Part(90..100));
        assert_eq!(asked_range("bytes=90-", 100), Asked::Part(90..100));
        assert_eq!(asked_range("bytes=-10", 100), Asked::Part(90..100));
        assert_eq!(asked_range("bytes=-1000", 100), Asked::Part(0..100));
        assert_eq!(asked_range("bytes=100-", 100), Asked::Nothing);
        assert_eq!(asked_range("bytes=-0", 100), Asked::Nothing);
        for whole in ["bytes=9-0", "bytes=0-1,5-9", "bytes=x-", "bytes=-", "items=0-1", "bytes=1-18446744073709551616"]
        {
            assert_eq!(asked_range(whole, 100), Asked::Whole, "{whole}");
        }
    }
}
