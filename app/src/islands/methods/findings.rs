//! What the counts say beside a board: circles of majorities, and which model of preference fits best.

use leptos::prelude::*;
use plaudit_domain::{CycleReport, FitScore};

use super::desk::Desk;
use crate::{format, islands::live, view_model::CountedContestant};

/// Contestants that beat each other in a circle.
#[component]
pub(super) fn Circles(desk: Desk) -> impl IntoView {
    let Desk { circles, shown, .. } = desk;
    view! {
        <section class="findings" aria-labelledby="circles-heading" hidden=live::flag(move || circles.with(Option::is_none))>
            <h2 id="circles-heading">"Circles"</h2>
            {move || circles.with(|report| report.as_ref().map(|report| shown.with(|shown| list(report, &shown.contestants))))}
        </section>
    }
}

fn list(report: &CycleReport, contestants: &[CountedContestant]) -> impl IntoView + use<> {
    let name = |position: u32| contestants.get(position as usize).map(|one| one.name.clone()).unwrap_or_default();
    let summary = if report.triples == 0 {
        "No three contestants have all met each other yet.".to_owned()
    } else if report.cyclic == 0 {
        let triples = format::counted(report.triples, "triple", "triples");
        [
            "None. Of ",
            &triples,
            " in which everybody met everybody, each can be put in an order that no majority contradicts.",
        ]
        .concat()
    } else {
        let triples = format::counted(report.triples, "triple", "triples");
        let share = format::percent(report.cyclic as f64 / report.triples as f64);
        [
            "Of ",
            &triples,
            " in which everybody met everybody, ",
            &format::count(report.cyclic),
            " (",
            &share,
            ") go round in a circle: the first beats the second, the second the third, and the third the first. \
             No ranking can show those; how sure each one is stands behind it.",
        ]
        .concat()
    };
    let items: Vec<_> = report
        .cycles
        .iter()
        .take(10)
        .map(|cycle| {
            let [first, second, third] = cycle.contestants.map(name);
            view! {
                <li>
                    {[&first, " → ", &second, " → ", &third, " → ", &first].concat()} " "
                    <span class="muted">{format::percent(cycle.confidence)}</span>
                </li>
            }
        })
        .collect();
    view! {
        <p>{summary}</p>
        <ol class="findings__list">{items}</ol>
    }
}

/// How well the models predict votes that they have not seen.
#[component]
pub(super) fn Fit(desk: Desk) -> impl IntoView {
    let fit = desk.fit;
    view! {
        <section class="findings" aria-labelledby="fit-heading" hidden=live::flag(move || fit.with(Vec::is_empty))>
            <h2 id="fit-heading">"Which model fits these votes best?"</h2>
            <p>
                "Each model predicts votes that it has not seen (five-fold cross-validation). A smaller loss is a better prediction; where intervals overlap, the votes do not tell the models apart."
            </p>
            {move || fit.with(|scores| table(scores))}
        </section>
    }
}

fn table(scores: &[FitScore]) -> impl IntoView + use<> {
    let rows: Vec<_> = scores
        .iter()
        .map(|score| {
            let name = score.method.map_or("Everybody alike", |method| method.name());
            let reach = 1.96 * score.log_loss_error;
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{format::thousandths(score.log_loss)}</td>
                    <td>"± "{format::thousandths(reach)}</td>
                    <td>{format::thousandths(score.brier)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="findings__table">
            <thead>
                <tr>
                    <th scope="col">"Model"</th>
                    <th scope="col">"Log-loss, nats"</th>
                    <th scope="col">"95\u{202f}%"</th>
                    <th scope="col">"Brier score"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
