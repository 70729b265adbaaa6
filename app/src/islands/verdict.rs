use leptos::{html, prelude::*};

use super::{battle::Vote, keys::Action};
use crate::{components::labels, format, view_model::Receipt};

/// What the vote came to, the way back, and the way on. Takes the focus when it appears.
#[component]
pub(super) fn Verdict(vote: Vote, receipt: Receipt) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            // Cannot fail for an element that is in the page; without the focus the text is still there.
            heading.focus().unwrap_or_default();
        }
    });
    let title = if receipt.withdrawn { "Vote taken back" } else { labels::your_answer(receipt.outcome) };
    let own_page = ["/arena/", receipt.arena.as_str(), "/battle/", &receipt.battle.to_string()].concat();
    let names = ["A is ", &receipt.left.name, ", B is ", &receipt.right.name, "."].concat();
    let seconds = move || vote.undo_seconds.get();
    view! {
        <div class="verdict">
            <div class="verdict__words">
                <h2 class="verdict__heading" tabindex="-1" node_ref=heading>{title}</h2>
                <p class="verdict__names" role="status" aria-live="polite">{names}</p>
                <p class="verdict__more">
                    {format::counted(receipt.votes, "vote", "votes")}
                    " on this board · "
                    <a href=own_page>"This battle’s page"</a>
                </p>
            </div>
            <div class="verdict__actions">
                <button
                    class="button verdict__undo"
                    type="button"
                    hidden=move || seconds() == 0
                    aria-disabled=move || vote.pending.get().map(|_| "true")
                    aria-keyshortcuts="U"
                    on:click=move |_| vote.perform(Action::Undo)
                >
                    "Undo"
                    <span class="verdict__seconds" aria-hidden="true">{seconds}" s"</span>
                    <kbd aria-hidden="true">"U"</kbd>
                </button>
                <a class="button button--primary verdict__next" href=vote.next.get_value() aria-keyshortcuts="N Enter">
                    "Next battle"
                    <kbd aria-hidden="true">"N"</kbd>
                </a>
            </div>
        </div>
    }
}
