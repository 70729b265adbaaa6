//! Shares from 0 to 100 % as dots with intervals on one common axis, with lines for what they are measured by.

use leptos::prelude::*;
use plaudit_domain::agreement::{Absence, Figure};

use crate::format;

/// What judges are measured by, as vertical lines in every row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Marks {
    /// The best judge that does not look.
    pub(crate) baseline: Option<f64>,
    /// People against people.
    pub(crate) ceiling: Option<f64>,
}

/// The axis' ticks with their numbers.
pub(crate) fn share_ticks() -> impl IntoView {
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|tick| {
        view! { <text x=format::svg_percent(tick) y="14" text-anchor="middle">{format::whole(tick * 100.0)}</text> }
    });
    view! { <svg class="axis" width="100%" height="18" aria-hidden="true">{ticks.into_iter().collect_view()}</svg> }
}

/// A share with its interval. Its numbers stand in the cells beside it.
pub(crate) fn share_whisker(figure: &Figure, marks: Marks) -> impl IntoView + use<> {
    let line = |class: &'static str, share: f64| {
        let x = format::svg_percent(share);
        view! { <line class=class x1=x.clone() x2=x y1="0" y2="100%"/> }
    };
    let grid = [0.0, 0.25, 0.5, 0.75, 1.0].map(|tick| line("whisker__grid", tick));
    let marks = [("whisker__baseline", marks.baseline), ("whisker__ceiling", marks.ceiling)]
        .map(|(class, share)| share.map(|share| line(class, share)));
    let estimate = figure.estimate().copied();
    view! {
        <svg class="whisker" width="100%" height="28" aria-hidden="true">
            {grid.into_iter().collect_view()}
            {marks.into_iter().collect_view()}
            {estimate.map(|estimate| view! {
                <line
                    class="whisker__line"
                    x1=format::svg_percent(estimate.low)
                    x2=format::svg_percent(estimate.high)
                    y1="50%"
                    y2="50%"
                />
                <circle class="whisker__dot" cx=format::svg_percent(estimate.value) cy="50%" r="5"/>
            })}
        </svg>
    }
}

/// `55.9 %`, or a dash with the reason.
pub(crate) fn share_text(figure: &Figure) -> String {
    match figure.value() {
        Some(value) => tenth_percent(value),
        None => "–".to_owned(),
    }
}

/// `53.1 to 58.6 %`; the reason where there is no figure.
pub(crate) fn share_interval(figure: &Figure) -> String {
    match figure.estimate() {
        Some(estimate) => [&format::tenths(estimate.low * 100.0), " to ", &tenth_percent(estimate.high)].concat(),
        None => reason(figure).to_owned(),
    }
}

/// A share with one decimal.
pub(crate) fn tenth_percent(share: f64) -> String {
    [&format::tenths(share * 100.0), "\u{202f}%"].concat()
}

/// Why there is no figure.
pub(crate) fn reason(figure: &Figure) -> &'static str {
    figure.absence().map_or("", Absence::as_str)
}

#[cfg(test)]
mod tests {
    use plaudit_domain::agreement::Estimate;

    use super::*;

    #[test]
    fn a_figure_that_does_not_exist_says_why_and_never_looks_like_nought() {
        let absent = Figure::Absent(Absence::OneOrder);
        assert_eq!((share_text(&absent).as_str(), share_interval(&absent).as_str()), ("–", Absence::OneOrder.as_str()));
        let found = Figure::Estimate(Estimate { value: 0.5586, low: 0.531, high: 0.5861, count: 3, resamples: 1000 });
        assert_eq!(
            (share_text(&found).as_str(), share_interval(&found).as_str()),
            ("55.9\u{202f}%", "53.1 to 58.6\u{202f}%")
        );
    }
}
