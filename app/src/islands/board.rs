//! The live leaderboard: the server's table, kept up to date by events.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::prelude::*;
use plaudit_domain::ArenaSlug;

use super::{
    board_row::Row,
    board_state::{Live, Shown},
    live,
    sent::Sent,
};
use crate::{
    components::{axis::axis_ticks, heat_map::heat_maps},
    format,
    view_model::{BoardView, Method, Slice},
};

/// A board that follows the votes.
#[island]
pub fn LiveBoard(
    /// The arena whose events to follow.
    arena: ArenaSlug,
    /// The board as the server rendered it.
    board: Sent<BoardView>,
) -> impl IntoView {
    let Sent(board) = board;
    let address = events_address(&arena, board.method, board.slice);
    let caption = caption(board.method, board.slice);
    let has_interval = board.method == Method::Bt;
    let board = Live::new(board);
    let (shown, notice) = (board.shown, board.notice);
    Effect::new(move |_| board.follow(&address));
    let note = move |shown: &Shown| shown.board.note.clone().unwrap_or_default();
    view! {
        <div class="board">
            <div class="board__facts">
                <p class="live" data-status=live::word(move || notice.with(|notice| notice.status.word()))>
                    <span class="live__dot" aria-hidden="true"></span>
                    {live::word(move || notice.with(|notice| notice.status.text()))}
                </p>
                <p>{live::text(move || shown.with(|shown| counts(&shown.board)))}</p>
                <p class="board__waiting" role="status">{live::text(move || waiting(notice.with(|notice| notice.waiting)))}</p>
            </div>
            <p class="board__note" hidden=live::flag(move || shown.with(note).is_empty())>
                {live::text(move || shown.with(note))}
            </p>
            <table
                class="board__table"
                class:has-interval=has_interval
                role="table"
                on:pointerenter=move |_| board.hold_for_pointer(true)
                on:pointerleave=move |_| board.hold_for_pointer(false)
                on:focusin=move |_| board.hold_for_focus(true)
                on:focusout=move |_| board.hold_for_focus(false)
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
                            {move || shown.with(|shown| axis_ticks(&shown.axis))}
                        </th>
                        <th role="columnheader" scope="col" class="board__battles">"Battles"</th>
                        <th role="columnheader" scope="col" class="board__wins">"Win rate"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || board.rows.get() key=|row| row.slug.clone() let(row)>
                        <Row row board=shown/>
                    </For>
                </tbody>
            </table>
            {move || shown.with(|shown| heat_maps(&shown.board))}
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

fn waiting(updates: u32) -> String {
    if updates == 0 {
        return String::new();
    }
    [&format::counted(u64::from(updates), "update", "updates"), " waiting"].concat()
}
