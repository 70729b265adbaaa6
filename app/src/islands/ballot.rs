use leptos::prelude::*;
use plaudit_domain::Outcome;

use super::{
    keys::{self, Action},
    live,
    vote::Vote,
};
use crate::components::labels;

/// The four answers and the way out. Submit buttons, so that they work before any script does.
#[component]
pub(super) fn Ballot(vote: Vote) -> impl IntoView {
    let state = vote.state;
    let pending = move || state.with(|state| state.pending);
    let busy = move || live::word(move || if pending().is_some() { "true" } else { "false" });
    let answers = Outcome::ALL.map(|outcome| {
        let class = ["button ballot__answer ballot__answer--", outcome.as_str()].concat();
        let chosen = move || if pending() == Some(Action::Vote(outcome)) { "true" } else { "false" };
        view! {
            <button
                class=class
                type="submit"
                name="outcome"
                value=outcome.as_str()
                data-chosen=live::word(chosen)
                aria-disabled=busy()
                aria-keyshortcuts=keys::shortcuts(outcome)
            >
                {labels::outcome(outcome)}
                <kbd aria-hidden="true">{keys::hint(outcome)}</kbd>
            </button>
        }
    });
    view! {
        // Enter on the box below presses the form's first button, which would cast a vote. Outside of a dialog this one closes
        // nothing and sends nothing; a disabled one would be passed over.
        <button type="submit" formmethod="dialog" hidden></button>
        <div class="ballot" role="group" aria-label="Your vote" hidden=live::flag(move || state.with(|state| state.receipt.is_some()))>
            {answers.into_iter().collect::<Vec<_>>()}
            <button
                class="button button--quiet ballot__skip"
                type="submit"
                formaction="/api/skip"
                aria-disabled=busy()
                aria-keyshortcuts="S"
            >
                "Skip"
                <kbd aria-hidden="true">"S"</kbd>
            </button>
        </div>
        <p class="ballot__publish" hidden=live::flag(move || state.with(|state| state.receipt.is_some()))>
            <label>
                // Without `autocomplete` a browser may restore after a reload what this code then does not know of.
                <input
                    type="checkbox"
                    name="publish"
                    value="true"
                    autocomplete="off"
                    checked=vote.publish.get_untracked()
                    on:change=move |event| vote.publish.set(event_target_checked(&event))
                />
                " My vote may be published as open data; it counts either way."
            </label>
            " " <a href="/data#your-votes">"What this means"</a>
        </p>
        <p class="vote-bar__status" role="status">
            {live::word(move || if pending().is_some() { "Sending…" } else { "" })}
        </p>
    }
}
