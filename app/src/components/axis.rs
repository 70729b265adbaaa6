//! The common axis of a board's whiskers.

use leptos::prelude::*;

use crate::format;

/// A range of ratings with round ticks.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    /// Round ratings at equal distances, from the low end to the high one.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// The smallest axis with at most six round steps that holds all these ratings.
    pub fn around(ratings: impl Iterator<Item = f64> + Clone) -> Self {
        let finite = || ratings.clone().filter(|rating| rating.is_finite());
        let (mut lowest, mut highest) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        if lowest > highest {
            (lowest, highest) = (1000.0, 1000.0);
        }
        let mut step = 10.0;
        // 10, 20, 50, 100, 200, 500, …
        let mut factors = [2.0, 2.5, 2.0].into_iter().cycle();
        loop {
            let low = (lowest / step).floor() * step;
            let high = ((highest / step).ceil() * step).max(low + step);
            let steps = ((high - low) / step).round();
            match factors.next() {
                Some(factor) if steps > 6.0 => step *= factor,
                _ => {
                    let ticks = (0..=steps as u32).map(|index| low + f64::from(index) * step).collect();
                    return Self { low, high, ticks };
                }
            }
        }
    }

    /// Where a rating lies: 0 at the low end, 1 at the high end.
    pub fn share(&self, rating: f64) -> f64 {
        ((rating - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// The axis itself: its ticks with their numbers.
pub fn axis_ticks(axis: &Axis) -> impl IntoView + use<> {
    let ticks = axis.ticks.iter().map(|tick| {
        view! { <text x=format::svg_percent(axis.share(*tick)) y="14" text-anchor="middle">{format::whole(*tick)}</text> }
    });
    view! { <svg class="axis" width="100%" height="18" aria-hidden="true">{ticks.collect_view()}</svg> }
}

/// The interval as a line and the rating as a dot, on the board's axis. Its numbers stand in the cells beside it.
pub fn whisker(rating: Option<f64>, interval: Option<(f64, f64)>, axis: &Axis) -> impl IntoView + use<> {
    let x = |rating: f64| format::svg_percent(axis.share(rating));
    let grid = axis.ticks.iter().map(|tick| {
        let x = x(*tick);
        view! { <line class="whisker__grid" x1=x.clone() x2=x y1="0" y2="100%"/> }
    });
    let line = interval.map(|(lower, upper)| {
        view! { <line class="whisker__line" x1=x(lower) x2=x(upper) y1="50%" y2="50%"/> }
    });
    let dot = rating.map(|rating| view! { <circle class="whisker__dot" cx=x(rating) cy="50%" r="5"/> });
    view! {
        <svg class="whisker" width="100%" height="28" aria-hidden="true">
            {grid.collect_view()}
            {line}
            {dot}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_every_rating() {
        let axis = Axis::around([812.3, 1000.0, 1187.9].into_iter());
        assert_eq!(axis.ticks, [800.0, 900.0, 1000.0, 1100.0, 1200.0]);
        assert!((axis.share(1000.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn wide_and_narrow_boards_get_few_ticks() {
        for (low, high) in [(999.0, 1001.0), (0.0, 5000.0), (-4000.0, 90_000.0), (1000.0, 1000.0), (1234.5, 1240.0)] {
            let axis = Axis::around([low, high].into_iter());
            assert!((2..=7).contains(&axis.ticks.len()), "{low}..{high}: {:?}", axis.ticks);
            assert!(axis.ticks[0] <= low && *axis.ticks.last().unwrap() >= high);
            assert!((0.0..=1.0).contains(&axis.share(low)));
        }
    }

    #[test]
    fn an_empty_board_has_an_axis_around_the_mean() {
        let axis = Axis::around(std::iter::empty());
        assert_eq!(axis.ticks, [1000.0, 1010.0]);
        assert_eq!(Axis::around([f64::NAN, f64::INFINITY].into_iter()), axis);
    }
}
