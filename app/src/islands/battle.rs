//! The battle: a form that works by itself, and that votes without leaving the page once this code is there.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast};
use plaudit_domain::{ArenaSlug, Outcome, Side};

use super::{
    ballot::Ballot,
    keys::{self, Action},
    verdict::Verdict,
};
use crate::{
    api::{self, ApiError},
    components::{labels::KindTag, standing::Standing},
    view_model::Receipt,
};

/// What is known of the vote, shared by the form and by the names on the two cards.
#[derive(Clone, Copy)]
pub(crate) struct Vote {
    /// The right to vote.
    ticket: StoredValue<String>,
    /// The next battle's address.
    pub(super) next: StoredValue<String>,
    /// What the server is being asked at this moment.
    pub(super) pending: RwSignal<Option<Action>>,
    /// What went wrong, in words, and whether this battle is over because of it.
    pub(super) problem: RwSignal<Option<(String, bool)>>,
    /// What the server said of the vote.
    pub(super) receipt: RwSignal<Option<Receipt>>,
    /// Whole seconds left to undo.
    pub(super) undo_seconds: RwSignal<u32>,
}

impl Vote {
    fn new(ticket: String, arena: &ArenaSlug) -> Self {
        Self {
            ticket: StoredValue::new(ticket),
            next: StoredValue::new(["/arena/", arena.as_str()].concat()),
            pending: RwSignal::new(None),
            problem: RwSignal::new(None),
            receipt: RwSignal::new(None),
            undo_seconds: RwSignal::new(0),
        }
    }

    /// Does what the voter asked for, unless something is already under way: a double click is one vote.
    pub(super) fn perform(self, action: Action) {
        if self.pending.get_untracked().is_some() {
            return;
        }
        if action == Action::Next {
            self.next.with_value(|next| go_to(next));
            return;
        }
        if action == Action::Undo && self.undo_seconds.get_untracked() == 0 {
            return;
        }
        self.problem.set(None);
        self.pending.set(Some(action));
        spawn_local(async move {
            let answer = self.ask(action).await;
            self.pending.set(None);
            if let Err(error) = answer {
                self.problem.set(Some(explain(action, &error)));
            }
        });
    }

    async fn ask(self, action: Action) -> Result<(), ApiError> {
        match action {
            Action::Vote(outcome) => self.take(api::cast_vote(self.ticket.get_value(), outcome).await?),
            Action::Undo => {
                if let Some(battle) = self.receipt.with_untracked(|receipt| receipt.as_ref().map(|receipt| receipt.battle)) {
                    self.take(api::undo_vote(battle).await?);
                }
            }
            Action::Skip => go_to(&api::skip_battle(self.ticket.get_value()).await?),
            Action::Next => {}
        }
        Ok(())
    }

    fn take(self, receipt: Receipt) {
        let undo_millis = if receipt.withdrawn { 0 } else { receipt.undo_millis };
        self.receipt.set(Some(receipt));
        self.count_down(f64::from(undo_millis));
    }

    /// Shows how long the vote can be undone. The server alone decides; this only stops offering it.
    fn count_down(self, millis: f64) {
        let deadline = now_millis() + millis;
        let left = move || ((deadline - now_millis()).max(0.0) / 1000.0).ceil() as u32;
        self.undo_seconds.set(left());
        if millis == 0.0 {
            return;
        }
        let timer = StoredValue::new(None::<IntervalHandle>);
        let tick = move || {
            let withdrawn = self.receipt.with_untracked(|receipt| receipt.as_ref().is_some_and(|receipt| receipt.withdrawn));
            let seconds = if withdrawn { 0 } else { left() };
            if seconds != self.undo_seconds.get_untracked() {
                self.undo_seconds.set(seconds);
            }
            if seconds == 0
                && let Some(handle) = timer.get_value()
            {
                handle.clear();
            }
        };
        timer.set_value(set_interval_with_handle(tick, Duration::from_millis(200)).ok());
    }
}

/// What the voter reads, and whether only a new battle helps.
fn explain(action: Action, error: &ApiError) -> (String, bool) {
    let over = matches!(
        error,
        ApiError::TicketInvalid
            | ApiError::TicketExpired
            | ApiError::TicketForeign
            | ApiError::AlreadyVoted
            | ApiError::AlreadyLeft
            | ApiError::NotFound
    );
    let text = match (action, error) {
        (Action::Undo, ApiError::Offline) => "The server could not be reached, so your vote still stands.".to_owned(),
        (Action::Skip, ApiError::Offline) => "The server could not be reached. Check your connection and try again.".to_owned(),
        _ => error.to_string(),
    };
    (text, over)
}

fn now_millis() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

fn go_to(address: &str) {
    // Fails only for an address that is none; then the link beside the button remains.
    if let Err(error) = window().location().assign(address) {
        leptos::web_sys::console::error_1(&error);
    }
}

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
    provide_context(vote);
    window_event_listener(ev::keydown, move |event| on_key(vote, &event));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let word = event.submitter().and_then(|button| button.get_attribute("value"));
        let outcome = word.and_then(|word| word.parse::<Outcome>().ok());
        vote.perform(outcome.map_or(Action::Skip, Action::Vote));
    };
    view! {
        <form class="battle" method="post" action="/api/vote" on:submit=submit aria-busy=move || vote.pending.get().map(|_| "true")>
            <input type="hidden" name="ticket" value=ticket/>
            {children()}
            <div class="vote-bar">
                {move || vote.problem.get().map(|(text, over)| problem(vote, text, over))}
                {move || match vote.receipt.get() {
                    None => view! { <Ballot vote/> }.into_any(),
                    Some(receipt) => view! { <Verdict vote receipt/> }.into_any(),
                }}
            </div>
        </form>
    }
}

fn problem(vote: Vote, text: String, over: bool) -> impl IntoView {
    view! {
        <p class="alert" role="alert">
            {text}
            {over.then(|| view! { <a href=vote.next.get_value()>"Take a new battle"</a> })}
        </p>
    }
}

fn on_key(vote: Vote, event: &ev::KeyboardEvent) {
    let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
    if modified || event.repeat() || event.is_composing() || event.default_prevented() {
        return;
    }
    let key = event.key();
    if let Some(target) = event.target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok())
        && belongs_to(&target, &key)
    {
        return;
    }
    let voted = vote.receipt.with_untracked(Option::is_some);
    if let Some(action) = keys::action(&key, voted) {
        event.prevent_default();
        vote.perform(action);
    }
}

/// Whether the focused element has its own use for the key: text is typed, a focused box scrolls, Enter presses.
fn belongs_to(target: &leptos::web_sys::Element, key: &str) -> bool {
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
    let vote = use_context::<Vote>();
    let revealed = move || {
        let receipt = vote?.receipt.get()?;
        let withdrawn = receipt.withdrawn;
        let side = if side == Side::Left { receipt.left } else { receipt.right };
        Some(view! {
            <p class="reveal__name">
                {side.name.clone()}
                <KindTag kind=side.kind/>
            </p>
            <p class="reveal__standing"><Standing side withdrawn/></p>
        })
    };
    view! {
        <div class="reveal">
            {move || match revealed() {
                Some(view) => view.into_any(),
                None => view! { <p class="reveal__hidden">"Name hidden until you vote"</p> }.into_any(),
            }}
        </div>
    }
}
