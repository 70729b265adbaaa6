//! The battle: a form that works by itself, and that votes without leaving the page once this code is there.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};
use plaudit_domain::{ArenaSlug, Outcome, Side};

use super::{
    ballot::Ballot,
    keys::{self, Action},
    live,
    verdict::Verdict,
    vote::{State, Vote},
};
use crate::{
    components::{labels, standing::standing},
    view_model::RevealedSide,
};

/// The form around a battle. Its children, the prompt and the two generations, stay as the server wrote them.
#[island]
pub fn BattleIsland(
    /// The right to vote once.
    ticket: String,
    /// The arena, for the way to the next battle.
    arena: ArenaSlug,
    /// Prompt and generations.
    children: Children,
) -> impl IntoView {
    let vote = Vote::new(ticket.clone(), &arena);
    let state = vote.state;
    provide_context(vote);
    window_event_listener(ev::keydown, move |event| on_key(vote, &event));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let word = event.submitter().and_then(|button| button.get_attribute("value"));
        let outcome = word.and_then(|word| word.parse::<Outcome>().ok());
        vote.perform(outcome.map_or(Action::Skip, Action::Vote));
    };
    let problem = move |state: &State| state.problem.as_ref().map(|problem| problem.text.clone()).unwrap_or_default();
    let over = move |state: &State| state.problem.as_ref().is_some_and(|problem| problem.over);
    view! {
        <form class="battle" method="post" action="/api/vote" on:submit=submit>
            <input type="hidden" name="ticket" value=ticket/>
            {children()}
            <div class="vote-bar">
                <p class="alert" role="alert" hidden=live::flag(move || state.with(|state| state.problem.is_none()))>
                    {live::text(move || state.with(problem))}
                    <a href=vote.next.get_value() hidden=live::flag(move || !state.with(over))>"Take a new battle"</a>
                </p>
                <Ballot vote/>
                <Verdict vote/>
            </div>
        </form>
    }
}

fn on_key(vote: Vote, event: &ev::KeyboardEvent) {
    let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
    if modified || event.repeat() || event.is_composing() || event.default_prevented() {
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
    let selector = match key {
        "ArrowLeft" | "ArrowRight" => "input, textarea, select, [contenteditable], pre, .scroll",
        "Enter" => "input, textarea, select, [contenteditable], a, button, summary",
        _ => "input, textarea, select, [contenteditable]",
    };
    target.closest(selector).is_ok_and(|found| found.is_some())
}

/// The name on a card: hidden until the vote is counted, with its place kept so that nothing moves.
#[island]
pub fn SideReveal(
    /// Whose name.
    side: Side,
) -> impl IntoView {
    // Always inside of a `BattleIsland`; alone it would stay as it is.
    let state = use_context::<Vote>().map_or_else(|| RwSignal::new(State::default()), |vote| vote.state);
    let revealed = move |read: fn(&RevealedSide, bool) -> String| {
        state.with(|state| {
            let receipt = state.receipt.as_ref()?;
            Some(read(if side == Side::Left { &receipt.left } else { &receipt.right }, receipt.withdrawn))
        })
    };
    let hidden = live::flag(move || state.with(|state| state.receipt.is_none()));
    let class = move || if state.with(|state| state.receipt.is_some()) { "reveal__name" } else { "reveal__hidden" };
    let name = move || revealed(|side, _| side.name.clone()).unwrap_or_else(|| "Name hidden until you vote".to_owned());
    let kind = move || revealed(|side, _| labels::kind(side.kind).unwrap_or_default().to_owned()).unwrap_or_default();
    view! {
        <div class="reveal">
            <p class=live::word(class)>
                {live::text(name)} " "
                <span class="tag" hidden=live::flag(move || kind().is_empty())>{live::text(kind)}</span>
            </p>
            <p class="reveal__standing" hidden=hidden>{live::text(move || revealed(standing).unwrap_or_default())}</p>
        </div>
    }
}
