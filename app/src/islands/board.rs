//! The live leaderboard: the server's table, kept up to date by events.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::prelude::*;
use plaudit_domain::ArenaSlug;

use super::{board_row::Row, live::Live};
use crate::{
    components::{axis::Axis, heat_map::HeatMaps},
    format,
    view_model::{BoardView, Method, Slice},
};

/// A board that follows the votes.
#[island]
pub fn LiveBoard(
    /// The arena whose events to follow.
    arena: ArenaSlug,
    /// The board as the server rendered it.
    board: BoardView,
) -> impl IntoView {
    let address = events_address(&arena, board.method, board.slice);
    let caption = caption(board.method, board.slice);
    let has_interval = board.method == Method::Bt;
    let live = Live::new(board);
    Effect::new(move |_| live.follow(&address));
    let axis = Memo::new(move |_| live.board.with(axis_of));
    view! {
        <div class="board">
            <div class="board__facts">
                <p class="live" data-status=move || live.status.get().word()>
                    <span class="live__dot" aria-hidden="true"></span>
                    {move || live.status.get().text()}
                </p>
                <p>{move || live.board.with(counts)}</p>
                <p class="board__waiting" role="status">{move || waiting(live.waiting.get())}</p>
            </div>
            {move || live.board.with(|board| board.note.clone()).map(|note| view! { <p class="board__note">{note}</p> })}
            <table
                class="board__table"
                class:has-interval=has_interval
                role="table"
                on:pointerenter=move |_| live.hold_for_pointer(true)
                on:pointerleave=move |_| live.hold_for_pointer(false)
                on:focusin=move |_| live.hold_for_focus(true)
                on:focusout=move |_| live.hold_for_focus(false)
            >
                <caption>{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="board__rank">"Rank"</th>
                        <th role="columnheader" scope="col" class="board__name">"Contestant"</th>
                        <th role="columnheader" scope="col" class="board__rating">"Rating"</th>
                        <th role="columnheader" scope="col" class="board__interval">"95\u{202f}% interval"</th>
                        <th role="columnheader" scope="col" class="board__whisker">
                            <span class="visually-hidden">"Rating and interval on a common axis"</span>
                            {move || axis.with(axis_ticks)}
                        </th>
                        <th role="columnheader" scope="col" class="board__battles">"Battles"</th>
                        <th role="columnheader" scope="col" class="board__wins">"Win rate"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || live.rows.get() key=|row| row.slug.clone() let(row)>
                        <Row row axis/>
                    </For>
                </tbody>
            </table>
            <HeatMaps board=live.board/>
        </div>
    }
}

fn events_address(arena: &ArenaSlug, method: Method, slice: Slice) -> String {
    ["/api/arena/", arena.as_str(), "/board/events?method=", method.as_str(), "&votes=", slice.as_str()].concat()
}

fn caption(method: Method, slice: Slice) -> String {
    let method = match method {
        Method::Bt => "Ranking by Bradley-Terry rating, with 95\u{202f}% intervals",
        Method::Elo => "Ranking by Elo rating in the order of the votes",
    };
    let slice = match slice {
        Slice::All => ", all votes",
        Slice::Here => ", votes cast here",
        Slice::Imported => ", imported votes",
    };
    [method, slice].concat()
}

fn counts(board: &BoardView) -> String {
    let votes = format::counted(board.votes, "vote", "votes");
    if board.voters == 0 {
        return votes;
    }
    [&votes, " by ", &format::counted(board.voters, "voter", "voters")].concat()
}

fn waiting(updates: u32) -> Option<String> {
    (updates > 0).then(|| [&format::counted(u64::from(updates), "update", "updates"), " waiting"].concat())
}

fn axis_of(board: &BoardView) -> Axis {
    Axis::around(board.rows.iter().flat_map(|row| [row.rating, row.lower, row.upper]).flatten())
}

fn axis_ticks(axis: &Axis) -> impl IntoView + use<> {
    let ticks = axis.ticks.iter().map(|tick| {
        view! { <text x=format::svg_percent(axis.share(*tick)) y="14" text-anchor="middle">{format::whole(*tick)}</text> }
    });
    view! { <svg class="axis" width="100%" height="18" aria-hidden="true">{ticks.collect_view()}</svg> }
}
