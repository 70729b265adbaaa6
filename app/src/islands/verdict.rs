use leptos::prelude::*;

use super::{
    keys::Action,
    live,
    vote::{VERDICT_ID, Vote},
};
use crate::{components::labels, format, view_model::Receipt};

/// What the vote came to, the way back, and the way on. Its heading takes the focus when it appears.
#[component]
pub(super) fn Verdict(vote: Vote) -> impl IntoView {
    let state = vote.state;
    let of_receipt = move |read: fn(&Receipt) -> String| {
        live::text(move || state.with(|state| state.receipt.as_ref().map(read)).unwrap_or_default())
    };
    let seconds = move || state.with(|state| state.undo_seconds);
    let busy = move || if state.with(|state| state.pending.is_some()) { "true" } else { "false" };
    view! {
        <div class="verdict" hidden=live::flag(move || state.with(|state| state.receipt.is_none()))>
            <div class="verdict__words">
                <h2 class="verdict__heading" id=VERDICT_ID tabindex="-1">{of_receipt(title)}</h2>
                <p class="verdict__names" role="status">{of_receipt(names)}</p>
                <p class="verdict__more">
                    {of_receipt(|receipt| format::counted(receipt.votes, "vote", "votes"))}
                    " on this board · "
                    <a href=of_receipt(own_page)>"This battle’s page"</a>
                </p>
            </div>
            <div class="verdict__actions">
                <button
                    class="button verdict__undo"
                    type="button"
                    hidden=live::flag(move || seconds() == 0)
                    aria-disabled=live::word(busy)
                    aria-keyshortcuts="U"
                    on:click=move |_| vote.perform(Action::Undo)
                >
                    "Undo"
                    <span class="verdict__seconds" aria-hidden="true">
                        {live::text(move || [&seconds().to_string(), " s"].concat())}
                    </span>
                    <kbd aria-hidden="true">"U"</kbd>
                </button>
                {next(vote)}
            </div>
        </div>
    }
}

/// The way on: to the next page, or to another battle on this one.
fn next(vote: Vote) -> impl IntoView {
    let here = vote.again.map(|_| {
        view! {
            <button
                class="button button--primary verdict__next"
                type="button"
                aria-keyshortcuts="N Enter"
                on:click=move |_| vote.perform(Action::Next)
            >
                "Generate another"
                <kbd aria-hidden="true">"N"</kbd>
            </button>
        }
    });
    let elsewhere = if here.is_some() {
        view! { <a class="button" href=vote.next.get_value()>"Next battle"</a> }.into_any()
    } else {
        view! {
            <a class="button button--primary verdict__next" href=vote.next.get_value() aria-keyshortcuts="N Enter">
                "Next battle"
                <kbd aria-hidden="true">"N"</kbd>
            </a>
        }
        .into_any()
    };
    view! { {elsewhere} {here} }
}

fn title(receipt: &Receipt) -> String {
    if receipt.withdrawn { "Vote taken back" } else { labels::your_answer(receipt.outcome) }.to_owned()
}

fn names(receipt: &Receipt) -> String {
    ["A is ", &receipt.left.name, ", B is ", &receipt.right.name, "."].concat()
}

fn own_page(receipt: &Receipt) -> String {
    ["/arena/", receipt.arena.as_str(), "/battle/", &receipt.battle.to_string()].concat()
}
