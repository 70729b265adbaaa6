//! Ids, instants and words as files spell them.

use plaudit_domain::{Outcome, Timestamp};
use serde::{Serialize, Serializer};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// An id of 16 bytes in hexadecimal, without the formatting machinery: a row has five of them.
pub(super) struct Hex([u8; 32]);

impl Hex {
    pub(super) fn of(bytes: &[u8; 16]) -> Self {
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        // Digits are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An instant as ISO 8601 in UTC, with milliseconds: `2026-09-21T14:13:20.000Z`.
pub(super) struct Iso(pub(super) Timestamp);

impl Iso {
    pub(super) fn text(&self) -> String {
        let millis = self.0.0;
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(instant) => format!("{instant:.3}"),
            // Beyond what the calendar reaches; every reader of ours refuses such a time before it is stored.
            Err(_) => millis.to_string(),
        }
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.0 as f64 / 1000.0
}

/// FastChat's word for an outcome.
pub(super) fn fastchat_winner(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Left => "model_a",
        Outcome::Right => "model_b",
        Outcome::Tie => "tie",
        Outcome::BothBad => "tie (bothbad)",
    }
}

/// LMArena's word for an outcome since 2025.
pub(super) fn lmarena_winner(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::BothBad => "both_bad",
        other => fastchat_winner(other),
    }
}

/// GenAI-Arena's word for a vote.
pub(super) fn vote_type(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Left => "leftvote",
        Outcome::Right => "rightvote",
        Outcome::Tie => "tievote",
        Outcome::BothBad => "bothbad_vote",
    }
}
