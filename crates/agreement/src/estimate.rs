use crate::{Absence, Estimate, Figure};

/// A value or why there is none, with how many observations it rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) value: Result<f64, Absence>,
    pub(crate) count: f64,
}

impl Measure {
    /// Of so many, or why there are none.
    pub(crate) fn share(part: f64, all: f64, empty: Absence) -> Self {
        Self { value: if all > 0.0 { Ok(part / all) } else { Err(empty) }, count: all }
    }

    /// With the percentiles of its resampled values, which are put into another order.
    pub(crate) fn figure(&self, resampled: &mut [f64], level: f64) -> Figure {
        let value = match self.value {
            Ok(value) => value,
            Err(absence) => return Figure::Absent(absence),
        };
        let tail = (1.0 - level) / 2.0;
        let (low, high) =
            (quantile(resampled, tail).unwrap_or(value), quantile(resampled, 1.0 - tail).unwrap_or(value));
        let (low, high) = (low.min(value), high.max(value));
        // Expected counts of a random judge are no whole numbers.
        let count = self.count.ceil() as u64;
        Figure::Estimate(Estimate { value, low, high, count, resamples: resampled.len() as u32 })
    }
}

/// Between the two nearest in order, as numpy has it by default.
fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let place = share * values.len().checked_sub(1)? as f64;
    let below = place.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some(low + (high - low) * (place - below as f64))
}
