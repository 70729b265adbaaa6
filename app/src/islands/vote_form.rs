//! What every form with a ballot in it has: the controls, the keys, and the submission by script.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};
use plaudit_domain::Outcome;

use super::{
    ballot::Ballot,
    keys::{self, Action},
    live,
    verdict::Verdict,
    vote::{State, Vote},
};

/// What went wrong, the four answers, and what they came to.
#[component]
pub(super) fn VoteControls(vote: Vote) -> impl IntoView {
    let state = vote.state;
    let problem = move |state: &State| state.problem.as_ref().map(|problem| problem.text.clone()).unwrap_or_default();
    let over = move |state: &State| state.problem.as_ref().is_some_and(|problem| problem.over);
    view! {
        <p class="alert" role="alert" hidden=live::flag(move || state.with(|state| state.problem.is_none()))>
            {live::text(move || state.with(problem))}
            <a href=vote.next.get_value() hidden=live::flag(move || !state.with(over))>"Take a new battle"</a>
        </p>
        <Ballot vote/>
        <Verdict vote/>
    }
}

/// Votes as the pressed button says, without leaving the page.
pub(super) fn on_submit(vote: Vote, event: &ev::SubmitEvent) {
    event.prevent_default();
    let attribute = |name: &str| event.submitter().and_then(|button| button.get_attribute(name));
    // Enter somewhere in the form, and not on one of its buttons.
    if attribute("formmethod").is_some() {
        return;
    }
    let outcome = attribute("value").and_then(|word| word.parse::<Outcome>().ok());
    vote.perform(outcome.map_or(Action::Skip, Action::Vote));
}

/// Votes by keyboard, wherever on the page the focus is.
pub(super) fn listen(vote: Vote) {
    window_event_listener(ev::keydown, move |event| on_key(vote, &event));
}

fn on_key(vote: Vote, event: &ev::KeyboardEvent) {
    let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
    if modified || event.repeat() || event.is_composing() || event.default_prevented() || !vote.is_open() {
        return;
    }
    let key = event.key();
    if let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok())
        && belongs_to(&target, &key)
    {
        return;
    }
    let voted = vote.state.with_untracked(|state| state.receipt.is_some());
    if let Some(action) = keys::action(&key, voted) {
        event.prevent_default();
        vote.perform(action);
    }
}

/// Whether the focused element has its own use for the key: text is typed, a focused box scrolls, Enter presses.
fn belongs_to(target: &Element, key: &str) -> bool {
    // A ticked box has no use for letters and arrows: whoever has just ticked one votes on by keyboard.
    let selector = match key {
        "ArrowLeft" | "ArrowRight" => "input:not([type=checkbox]), textarea, select, [contenteditable], pre, .scroll",
        "Enter" => "input, textarea, select, [contenteditable], a, button, summary",
        _ => "input:not([type=checkbox]), textarea, select, [contenteditable]",
    };
    target.closest(selector).is_ok_and(|found| found.is_some())
}
