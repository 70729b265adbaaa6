use serde::{Deserialize, Serialize};

/// An instant: milliseconds since the Unix epoch, UTC.
///
/// The crate knows no clock; whoever has one makes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From fractional seconds since the epoch, as vote logs of other arenas write them.
    /// `None` when not finite or out of the years 1970 to 9999.
    pub fn from_unix_seconds(seconds: f64) -> Option<Self> {
        const YEAR_10000: f64 = 253_402_300_800.0;
        (seconds.is_finite() && (0.0..YEAR_10000).contains(&seconds)).then(|| Self((seconds * 1000.0).round() as i64))
    }

    /// This instant moved by so many milliseconds.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_the_year_ten_thousand_is_refused() {
        assert_eq!(Timestamp::from_unix_seconds(253_402_300_800.0), None);
        assert_eq!(Timestamp::from_unix_seconds(f64::NAN), None);
        assert_eq!(Timestamp::from_unix_seconds(-1.0), None);
        assert_eq!(Timestamp::from_unix_seconds(1_707_700_514.316_7), Some(Timestamp(1_707_700_514_317)));
    }
}
