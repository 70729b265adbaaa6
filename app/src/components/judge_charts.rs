//! Pictures of one judge: position bias, reliability, its board beside people's, agreement by day.
//!
//! Each is an SVG whose numbers stand in words or a table beside it, for whoever cannot see it.

use leptos::prelude::*;
use plaudit_domain::agreement::{Calibration, DayAgreement, Figure, Position};

use super::share_axis::{share_interval, share_text, tenth_percent};
use crate::format;

/// Height of one contestant's row in a slope chart.
const ROW: u32 = 28;
/// More contestants would cross each other beyond recognition.
const MOST_SLOPES: usize = 30;

/// Whether a side is preferred wherever it stands.
pub(crate) fn position(position: &Position, swap: &Figure, abstention: &Figure) -> impl IntoView + use<> {
    let share = position.right_share;
    let z = position.z;
    let (swap, abstention) = (*swap, *abstention);
    share.estimate().copied().map(|estimate| {
        let x = |share: f64| format::svg_percent(share);
        let verdict = match z {
            Some(z) if z.abs() >= 1.96 => "more than chance would give",
            _ => "no more than chance would give",
        };
        view! {
            <section class="findings" aria-labelledby="position-heading">
                <h2 id="position-heading">"Does it prefer a side?"</h2>
                <svg class="judge__position" width="100%" height="40" aria-hidden="true">
                    <rect class="judge__side-a" x="0" y="8" width=x(1.0 - estimate.value) height="24"/>
                    <rect class="judge__side-b" x=x(1.0 - estimate.value) y="8" width=x(estimate.value) height="24"/>
                    <line class="judge__half" x1="50%" x2="50%" y1="0" y2="40"/>
                </svg>
                <p>
                    "Of its decisive answers "
                    {tenth_percent(estimate.value)}
                    " are for B, the one shown second ("
                    {share_interval(&share)}
                    {z.map(|z| [", ", &signed_tenths(z), " standard errors from a half"].concat())}
                    "): " {verdict} ". It says the same both ways on "
                    {share_text(&swap)} " of the pairs and abstains on " {share_text(&abstention)} "."
                </p>
            </section>
        }
    })
}

fn signed_tenths(number: f64) -> String {
    let text = format::tenths(number);
    if number > 0.0 { ["+", &text].concat() } else { text }
}

/// A reliability diagram: what was stated against what happened.
pub(crate) fn reliability(
    id: &'static str,
    heading: &'static str,
    event: &'static str,
    calibration: &Calibration,
) -> impl IntoView + use<> {
    let bins: Vec<_> = calibration.bins.iter().filter(|bin| bin.count > 0).copied().collect();
    let largest = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    let figures = [
        ("Expected calibration error", calibration.expected_calibration_error),
        ("Brier score", calibration.brier),
        ("Log-loss in nats", calibration.log_loss),
    ];
    (largest > 0).then(|| {
        // A square of 100 with the origin at the bottom left.
        let dots = bins.iter().filter_map(|bin| {
            let (stated, right) = (bin.mean_stated?, *bin.share_right.estimate()?);
            let radius = 1.2 + 2.3 * (bin.count as f64 / largest as f64).sqrt();
            let (x, y) = (stated * 100.0, |share: f64| 100.0 - share * 100.0);
            Some(view! {
                <line class="reliability__interval" x1=hundredth(x) x2=hundredth(x) y1=hundredth(y(right.low)) y2=hundredth(y(right.high))/>
                <circle class="reliability__dot" cx=hundredth(x) cy=hundredth(y(right.value)) r=hundredth(radius)/>
            })
        });
        let dots = dots.collect_view();
        let rows = bins.iter().map(|bin| view! {
            <tr>
                <th scope="row">{[&format::whole(bin.low * 100.0), "–", &format::percent(bin.high)].concat()}</th>
                <td>{bin.mean_stated.map_or_else(String::new, tenth_percent)}</td>
                <td>{share_text(&bin.share_right)}</td>
                <td>{format::count(bin.count)}</td>
            </tr>
        });
        let rows = rows.collect_view();
        let figures = figures.map(|(name, figure)| view! {
            <div><dt>{name}</dt><dd>{figure.value().map_or_else(|| "–".to_owned(), format::thousandths)}</dd></div>
        });
        view! {
            <section class="findings" aria-labelledby=id>
                <h2 id=id>{heading}</h2>
                <p class="muted">{["Stated (across) against how often ", event, " (up). On the diagonal it is exactly right."].concat()}</p>
                <div class="reliability">
                    <svg class="reliability__plot" viewBox="-4 -4 108 108" aria-hidden="true">
                        <rect class="reliability__frame" x="0" y="0" width="100" height="100"/>
                        <line class="reliability__diagonal" x1="0" y1="100" x2="100" y2="0"/>
                        {dots}
                    </svg>
                    <div>
                        <dl class="facts">{figures.into_iter().collect_view()}</dl>
                        <table class="findings__table">
                            <caption class="visually-hidden">"The bins of the reliability curve"</caption>
                            <thead><tr><th scope="col">"Stated"</th><th scope="col">"Mean"</th><th scope="col">"Happened"</th><th scope="col">"Votes"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </div>
            </section>
        }
    })
}

/// Two decimals, for coordinates.
fn hundredth(number: f64) -> String {
    format!("{number:.2}")
}

/// People's board on the left, the judge's on the right, a line for each contestant.
pub(crate) fn slopes(
    names: &[String],
    human: &[Option<f64>],
    judge: &[Option<f64>],
    kendall: &Figure,
) -> impl IntoView + use<> {
    let both: Vec<(usize, f64, f64)> = human
        .iter()
        .zip(judge)
        .enumerate()
        .filter_map(|(number, (human, judge))| Some((number, (*human)?, (*judge)?)))
        .collect();
    let order = |key: fn(&(usize, f64, f64)) -> f64| {
        let mut order: Vec<usize> = (0..both.len()).collect();
        order.sort_by(|one, other| key(&both[*other]).total_cmp(&key(&both[*one])));
        order
    };
    let (by_people, by_judge) = (order(|row| row.1), order(|row| row.2));
    let place_of = |order: &[usize], row: usize| order.iter().position(|found| *found == row).unwrap_or(0);
    let shown = both.len().min(MOST_SLOPES);
    let hidden = both.len() - shown;
    let height = ROW * shown as u32;
    let middle = |place: usize| (ROW * place as u32 + ROW / 2).to_string();
    // Of those that are shown, so that every line has both of its ends.
    let by_judge: Vec<usize> = by_judge.into_iter().filter(|row| by_people[..shown].contains(row)).collect();
    let lines: Vec<_> = by_people
        .iter()
        .take(shown)
        .enumerate()
        .map(|(people, row)| (people, place_of(&by_judge, *row), both[*row].0))
        .collect();
    let tau = kendall.value();
    (shown > 1).then(|| {
        let slopes = lines.iter().map(|(people, judge, _)| {
            let class = match people.abs_diff(*judge) {
                0 => "slope slope--same",
                1 => "slope",
                _ => "slope slope--far",
            };
            view! { <line class=class x1="0" x2="100%" y1=middle(*people) y2=middle(*judge)/> }
        });
        let slopes = slopes.collect_view();
        let people_names = lines.iter().map(|(people, _, contestant)| {
            let name = names.get(*contestant).cloned().unwrap_or_default();
            view! { <li><span class="slopes__place">{people + 1}</span> {name}</li> }
        });
        let people_names = people_names.collect_view();
        let judge_names = by_judge.iter().enumerate().map(|(place, row)| {
            let name = names.get(both[*row].0).cloned().unwrap_or_default();
            view! { <li><span class="slopes__place">{place + 1}</span> {name}</li> }
        });
        let judge_names = judge_names.collect_view();
        view! {
            <section class="findings findings--wide" aria-labelledby="boards-heading">
                <h2 id="boards-heading">"Its board beside people’s"</h2>
                <p class="muted">
                    "Bradley-Terry over the same pairs: from people’s votes on the left, from its answers on the right. "
                    {tau.map(|tau| ["Kendall’s τ-b of the two is ", &format::thousandths(tau), "."].concat())}
                    {(hidden > 0).then(|| [" Shown are the first ", &shown.to_string(), " of people’s board, and how the judge orders these."].concat())}
                </p>
                <div class="slopes">
                    <ol class="slopes__names slopes__names--people" aria-label="People’s board">{people_names}</ol>
                    <svg class="slopes__lines" width="100%" height=height.to_string() aria-hidden="true">{slopes}</svg>
                    <ol class="slopes__names" aria-label="The judge’s board">{judge_names}</ol>
                </div>
            </section>
        }
    })
}

/// Agreement by the day of the votes.
pub(crate) fn days(days: &[DayAgreement]) -> impl IntoView + use<> {
    let found: Vec<_> = days.iter().filter_map(|day| Some((day.day, *day.accuracy_three.estimate()?))).collect();
    (found.len() > 1).then(|| {
        let (first, last) = (found[0].0, found[found.len() - 1].0);
        let x = |day: i32| format::svg_percent(0.02 + 0.96 * f64::from(day - first) / f64::from((last - first).max(1)));
        let y = |share: f64| format::svg_percent(1.0 - share);
        let marks = found.iter().map(|(day, estimate)| {
            let title = [
                &format::day(*day),
                ": ",
                &tenth_percent(estimate.value),
                " of ",
                &format::counted(estimate.count, "vote", "votes"),
            ]
            .concat();
            view! {
                <g>
                    <title>{title}</title>
                    <line class="whisker__line" x1=x(*day) x2=x(*day) y1=y(estimate.low) y2=y(estimate.high)/>
                    <circle class="whisker__dot" cx=x(*day) cy=y(estimate.value) r="4"/>
                </g>
            }
        });
        let grid = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| {
            view! { <line class="whisker__grid" x1="0" x2="100%" y1=y(share) y2=y(share)/> }
        });
        view! {
            <section class="findings findings--wide" aria-labelledby="days-heading">
                <h2 id="days-heading">"Agreement over time"</h2>
                <p class="muted">
                    {["Share of three answers, by the day of the votes, from ", &format::day(first), " to ", &format::day(last), "; lines at every quarter."].concat()}
                </p>
                <svg class="judge__days" width="100%" height="180" role="img" aria-label="Agreement by day">
                    {grid.into_iter().collect_view()}
                    {marks.collect_view()}
                </svg>
            </section>
        }
    })
}
