//! A board by one method, as a table.

use leptos::prelude::*;
use plaudit_domain::{MethodRow, ScoreUnit};

use super::{
    axis::{Axis, axis_ticks, whisker},
    labels::KindTag,
};
use crate::{
    format,
    view_model::{CountedContestant, MethodBoardView},
};

/// The table of a board, the best first.
pub fn method_table(view: &MethodBoardView) -> impl IntoView + use<> {
    let unit = view.board.method.unit();
    let rows = &view.board.rows;
    // A place in an order has no distances to draw.
    let axis = (unit != ScoreUnit::Place).then(|| {
        Axis::around(
            rows.iter().flat_map(|row| [row.score, row.lower, row.upper]).flatten().map(|score| drawn(unit, score)),
        )
    });
    let has = |read: fn(&MethodRow) -> bool| rows.iter().any(read);
    let columns = Columns {
        unit,
        interval: has(|row| row.lower.is_some()),
        ranks: has(|row| row.best_rank.is_some()),
        fragility: has(|row| row.fragility.is_some()),
    };
    let caption =
        ["Ranking by ", view.board.method.name(), " over ", &format::counted(view.board.votes, "vote", "votes")];
    let body: Vec<_> = rows
        .iter()
        .filter_map(|row| Some(table_row(row, view.contestants.get(row.contestant as usize)?, columns, axis.as_ref())))
        .collect();
    view! {
        <table class="board__table method-table" class:has-interval=columns.interval role="table">
            <caption>{caption.concat()}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col" class="board__rank">"Rank"</th>
                    <th role="columnheader" scope="col" class="board__name">"Contestant"</th>
                    <th role="columnheader" scope="col" class="board__rating">{heading(unit)}</th>
                    {columns.interval.then(|| view! {
                        <th role="columnheader" scope="col" class="board__interval">"95\u{202f}% interval"</th>
                    })}
                    {axis.as_ref().map(|axis| view! {
                        <th role="columnheader" scope="col" class="board__whisker">
                            <span class="visually-hidden">"Score on a common axis"</span>
                            {axis_ticks(axis)}
                        </th>
                    })}
                    {columns.ranks.then(|| view! {
                        <th role="columnheader" scope="col" class="method-table__ranks">"Ranks, 95\u{202f}%"</th>
                    })}
                    {columns.fragility.then(|| view! {
                        <th role="columnheader" scope="col" class="method-table__fragility">"Votes to fall"</th>
                    })}
                    <th role="columnheader" scope="col" class="board__battles">"Battles"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{body}</tbody>
        </table>
    }
}

/// Which columns a board has.
#[derive(Clone, Copy)]
struct Columns {
    unit: ScoreUnit,
    interval: bool,
    ranks: bool,
    fragility: bool,
}

fn table_row(
    row: &MethodRow,
    contestant: &CountedContestant,
    columns: Columns,
    axis: Option<&Axis>,
) -> impl IntoView + use<> {
    let Columns { unit, .. } = columns;
    let dash = || "–".to_owned();
    let interval = row.lower.zip(row.upper);
    let ranks = row.best_rank.zip(row.worst_rank).map_or_else(dash, |(best, worst)| {
        if best == worst { best.to_string() } else { [&best.to_string(), "–", &worst.to_string()].concat() }
    });
    let whisker = axis.map(|axis| {
        let interval = interval.map(|(lower, upper)| (drawn(unit, lower), drawn(unit, upper)));
        view! { <td role="cell" class="board__whisker">{whisker(row.score.map(|score| drawn(unit, score)), interval, axis)}</td> }
    });
    view! {
        <tr role="row">
            <td role="cell" class="board__rank">{row.rank.map_or_else(dash, |rank| rank.to_string())}</td>
            <th role="rowheader" scope="row" class="board__name">
                <span class="board__contestant">{contestant.name.clone()}</span>
                <KindTag kind=contestant.kind/>
            </th>
            <td role="cell" class="board__rating">{row.score.map_or_else(dash, |score| written(unit, score))}</td>
            {columns.interval.then(|| view! {
                <td role="cell" class="board__interval">
                    {interval.map_or_else(dash, |(lower, upper)| [&written(unit, lower), "–", &written(unit, upper)].concat())}
                </td>
            })}
            {whisker}
            {columns.ranks.then(|| view! {
                <td role="cell" class="method-table__ranks"><span class="unit">"ranks "</span>{ranks}</td>
            })}
            {columns.fragility.then(|| view! {
                <td role="cell" class="method-table__fragility">
                    {row.fragility.map_or_else(dash, format::count)} <span class="unit">" to fall"</span>
                </td>
            })}
            <td role="cell" class="board__battles">
                {format::count(row.battles)} <span class="unit">{format::noun(row.battles, " battle", " battles")}</span>
            </td>
        </tr>
    }
}

fn heading(unit: ScoreUnit) -> &'static str {
    match unit {
        ScoreUnit::Points => "Rating",
        ScoreUnit::Share => "Share",
        ScoreUnit::Opponents => "Opponents",
        ScoreUnit::Place => "Place",
    }
}

/// A score as the axis has it: shares in per cent.
fn drawn(unit: ScoreUnit, score: f64) -> f64 {
    if unit == ScoreUnit::Share { score * 100.0 } else { score }
}

fn written(unit: ScoreUnit, score: f64) -> String {
    match unit {
        ScoreUnit::Points | ScoreUnit::Place => format::whole(score),
        ScoreUnit::Share => [&format::tenths(score * 100.0), "\u{202f}%"].concat(),
        ScoreUnit::Opponents => format::tenths(score),
    }
}
