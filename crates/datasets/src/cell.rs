use std::borrow::Cow;

use plaudit_domain::Timestamp;

use crate::{Reason, rejection::clip};

/// One field of a row, as far as its file tells what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'r> {
    /// Absent, null, or empty.
    Missing,
    /// A JSON text other than `null`.
    Json(&'r str),
    /// A table's cell with something in it, of no stated type.
    Plain(&'r str),
    /// The rest comes from files with typed columns.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only Parquet has typed columns"))]
    Text(&'r str),
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only Parquet has typed columns"))]
    Flag(bool),
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only Parquet has typed columns"))]
    Integer(i64),
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only Parquet has typed columns"))]
    Real(f64),
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only Parquet has typed columns"))]
    Millis(i64),
}

impl<'r> Cell<'r> {
    /// A cell of a table of text.
    #[inline]
    pub(crate) fn plain(text: &'r str) -> Self {
        if text.is_empty() { Self::Missing } else { Self::Plain(text) }
    }

    /// A text where the file says that it is one, or says nothing.
    #[inline]
    pub(crate) fn text(self, field: &'static str) -> Result<Option<Cow<'r, str>>, Reason> {
        match self {
            Self::Missing => Ok(None),
            Self::Json(raw) => match string(raw) {
                Some(text) => Ok(Some(text)),
                None => Err(self.wrong(field, "a text")),
            },
            Self::Plain(text) | Self::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Self::Flag(_) | Self::Integer(_) | Self::Real(_) | Self::Millis(_) => Err(self.wrong(field, "a text")),
        }
    }

    /// A text or a number that names something, without white space around it; blank is missing.
    #[inline]
    pub(crate) fn identifier(self, field: &'static str) -> Result<Option<Cow<'r, str>>, Reason> {
        let text = match self {
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Json(raw) if kind(raw) == "a number" => Some(Cow::Borrowed(raw)),
            _ => self.text(field)?,
        };
        Ok(text.map(trimmed).filter(|text| !text.is_empty()))
    }

    /// What slices the votes: a text, a number, true or false; nothing else, and then it is unknown.
    #[inline]
    pub(crate) fn category(self) -> Option<Cow<'r, str>> {
        match self {
            Self::Missing => None,
            Self::Flag(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
            Self::Json(raw) if kind(raw) == "true or false" => Some(Cow::Borrowed(raw)),
            _ => self.identifier("").ok().flatten(),
        }
    }

    /// True or false; `loose` takes 0 and 1 for them as well.
    #[inline]
    pub(crate) fn flag(self, field: &'static str, loose: bool) -> Result<Option<bool>, Reason> {
        let word = match self {
            Self::Missing => return Ok(None),
            Self::Flag(flag) => return Ok(Some(flag)),
            Self::Json(raw) => raw,
            Self::Plain(text) | Self::Text(text) => text,
            Self::Integer(0) => "0",
            Self::Integer(1) => "1",
            Self::Integer(_) | Self::Real(_) | Self::Millis(_) => return Err(self.wrong(field, "true or false")),
        };
        let typed = matches!(self, Self::Json(_));
        match word {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            "1" if loose => Ok(Some(true)),
            "0" if loose => Ok(Some(false)),
            _ if !typed && word.eq_ignore_ascii_case("true") => Ok(Some(true)),
            _ if !typed && word.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(self.wrong(field, "true or false")),
        }
    }

    /// An instant in seconds since 1970; `loose` takes dates of ISO 8601 as well, in UTC where they name no zone.
    #[inline]
    pub(crate) fn time(self, field: &'static str, loose: bool) -> Result<Option<Timestamp>, Reason> {
        let seconds = |seconds: f64| Timestamp::from_unix_seconds(seconds);
        let (text, found) = match self {
            Self::Missing => return Ok(None),
            Self::Json(raw) if kind(raw) == "a number" => (Cow::Borrowed(raw), raw.parse().ok().and_then(seconds)),
            Self::Json(_) if !loose => return Err(self.wrong(field, "a number")),
            Self::Integer(number) => (Cow::Owned(number.to_string()), seconds(number as f64)),
            Self::Real(number) => (Cow::Owned(number.to_string()), seconds(number)),
            Self::Millis(millis) => (Cow::Owned(millis.to_string()), seconds(millis as f64 / 1000.0)),
            _ => {
                let text = self.text(field)?.unwrap_or_default();
                let found = text.parse().ok().and_then(seconds).or_else(|| date(&text));
                (text, found)
            }
        };
        found.map(Some).ok_or_else(|| Reason::BadTimestamp(clip(&text, 40)))
    }

    /// As it stands, for a person to find the row.
    pub(crate) fn shown(self) -> Option<String> {
        match self {
            Self::Missing => None,
            Self::Json(text) | Self::Plain(text) | Self::Text(text) => Some(text.to_owned()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Integer(number) | Self::Millis(number) => Some(number.to_string()),
            Self::Real(number) => Some(number.to_string()),
        }
    }

    fn wrong(self, field: &'static str, expected: &'static str) -> Reason {
        let found = match self {
            Self::Json(raw) => kind(raw),
            Self::Missing => "null",
            Self::Plain(_) | Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
            Self::Integer(_) | Self::Real(_) => "a number",
            Self::Millis(_) => "a time",
        };
        Reason::WrongType { field, expected, found }
    }
}

/// What a JSON text is, by its first letter.
pub(crate) fn kind(text: &str) -> &'static str {
    match text.bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The content of a JSON string; `None` for anything else, and for one with half a surrogate pair.
pub(crate) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// The text without white space around it. Most texts have none, and of a letter in ASCII that is soon seen.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

#[inline]
pub(crate) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) if trim(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}

fn date(text: &str) -> Option<Timestamp> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Timestamp::from_unix_seconds(instant.as_millisecond() as f64 / 1000.0)
}
