use crate::Interval;

/// Ranks that respect uncertainty: 1 + the number of contestants whose lower bound lies above this one's upper bound.
///
/// One entry per contestant; `None` for one without an interval, which also counts for nobody. Contestants that the
/// data cannot tell apart share a rank, and several can be first. The unit of the bounds does not matter.
///
/// ```
/// use plaudit_ranking::{Interval, ranks};
///
/// let [strong, close, weak] = [(5.0, 9.0), (4.0, 6.0), (1.0, 3.0)].map(|(lower, upper)| Some(Interval { lower, upper }));
/// assert_eq!(ranks(&[weak, strong, None, close]), [Some(3), Some(1), None, Some(1)]);
/// ```
pub fn ranks(intervals: &[Option<Interval>]) -> Vec<Option<u32>> {
    let mut lower: Vec<f64> = intervals.iter().flatten().map(|interval| interval.lower).collect();
    lower.sort_by(f64::total_cmp);
    let above = |upper: f64| lower.len() - lower.partition_point(|bound| *bound <= upper);
    intervals.iter().map(|interval| interval.map(|interval| 1 + above(interval.upper) as u32)).collect()
}

/// Ranks by rating alone, for methods without an interval: 1 + the number of contestants with a higher rating.
///
/// Equal ratings share a rank and the next one is skipped (1, 2, 2, 4).
///
/// ```
/// assert_eq!(plaudit_ranking::ordinal_ranks(&[Some(3.0), None, Some(7.0), Some(3.0)]), [Some(2), None, Some(1), Some(2)]);
/// ```
pub fn ordinal_ranks(ratings: &[Option<f64>]) -> Vec<Option<u32>> {
    let points: Vec<_> =
        ratings.iter().map(|rating| rating.map(|value| Interval { lower: value, upper: value })).collect();
    ranks(&points)
}
