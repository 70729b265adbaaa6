use leptos::prelude::*;
use plaudit_domain::Outcome;

use super::{
    battle::Vote,
    keys::{self, Action},
};
use crate::components::labels;

/// The four answers and the way out. Submit buttons, so that they work before any script does.
#[component]
pub(super) fn Ballot(vote: Vote) -> impl IntoView {
    let pending = move || vote.pending.get();
    let busy = move || pending().map(|_| "true");
    let answers = Outcome::ALL.map(|outcome| {
        let chosen = move || pending() == Some(Action::Vote(outcome));
        view! {
            <button
                class=["button ballot__answer ballot__answer--", outcome.as_str()].concat()
                class:is-chosen=chosen
                type="submit"
                name="outcome"
                value=outcome.as_str()
                aria-disabled=busy
                aria-keyshortcuts=keys::shortcuts(outcome)
            >
                {labels::outcome(outcome)}
                <kbd aria-hidden="true">{keys::hint(outcome)}</kbd>
            </button>
        }
    });
    view! {
        <div class="ballot" role="group" aria-label="Your vote">
            {answers.into_iter().collect_view()}
            <button
                class="button button--quiet ballot__skip"
                type="submit"
                formaction="/api/skip"
                aria-disabled=busy
                aria-keyshortcuts="S"
            >
                "Skip"
                <kbd aria-hidden="true">"S"</kbd>
            </button>
        </div>
        <p class="vote-bar__status" role="status">{move || pending().map(|_| "Sending…")}</p>
    }
}
