use leptos::prelude::*;

use super::{
    board_state::{LiveRow, Shown},
    live,
};
use crate::{
    components::{
        axis::{Axis, whisker},
        labels::KindTag,
    },
    format,
    view_model::BoardRow,
};

/// One contestant of a live board.
#[component]
pub(super) fn Row(row: LiveRow, board: RwSignal<Shown>) -> impl IntoView {
    let row = row.shown;
    view! {
        <tr role="row" class=live::word(move || row.with(|row| row.flash.class()))>
            {move || row.with(|row| board.with(|board| cells(&row.row, &board.axis)))}
        </tr>
    }
}

fn cells(row: &BoardRow, axis: &Axis) -> impl IntoView + use<> {
    let dash = || "–".to_owned();
    let interval = row.lower.zip(row.upper);
    let exact = row.rating.map(|rating| match interval {
        Some((lower, upper)) => {
            [&format::tenths(rating), ", interval ", &format::tenths(lower), " to ", &format::tenths(upper)].concat()
        }
        None => format::tenths(rating),
    });
    view! {
        <td role="cell" class="board__rank">{row.rank.map_or_else(dash, |rank| rank.to_string())}</td>
        <th role="rowheader" scope="row" class="board__name">
            <span class="board__contestant">{row.name.clone()}</span>
            <KindTag kind=row.kind/>
        </th>
        <td role="cell" class="board__rating" title=exact>{row.rating.map_or_else(dash, format::whole)}</td>
        <td role="cell" class="board__interval">
            {interval.map_or_else(dash, |(lower, upper)| [&format::whole(lower), "–", &format::whole(upper)].concat())}
        </td>
        <td role="cell" class="board__whisker">{whisker(row.rating, interval, axis)}</td>
        <td role="cell" class="board__battles">
            {format::count(row.battles)} <span class="unit">{format::noun(row.battles, " battle", " battles")}</span>
        </td>
        <td role="cell" class="board__wins">
            {row.win_rate.map_or_else(dash, format::percent)} <span class="unit">" won"</span>
        </td>
    }
}
