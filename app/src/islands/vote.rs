//! The state of one battle in the browser, and what can be done to it.

use std::time::Duration;

use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};
use plaudit_domain::ArenaSlug;

use super::{
    browser::{focus_soon, go_to, now_millis},
    keys::Action,
    post::post,
};
use crate::{
    api::{ApiError, CastVote, SkipBattle, UndoVote},
    view_model::Receipt,
};

/// The heading of the verdict, which takes the focus after a vote.
pub(super) const VERDICT_ID: &str = "verdict";

/// Shared by the form and by the names on the two cards.
#[derive(Clone, Copy)]
pub(super) struct Vote {
    ticket: StoredValue<String>,
    /// The address of the next battle.
    pub(super) next: StoredValue<String>,
    /// All that changes.
    pub(super) state: RwSignal<State>,
    /// Whether the voter agrees that the vote is published.
    pub(super) publish: RwSignal<bool>,
    /// Counts how often another battle was asked for, where that is made on this page and not on the next one.
    pub(super) again: Option<RwSignal<u32>>,
}

/// How far the vote is.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// What the server is being asked at this moment.
    pub(super) pending: Option<Action>,
    /// What went wrong.
    pub(super) problem: Option<Problem>,
    /// What the server said of the vote.
    pub(super) receipt: Option<Receipt>,
    /// Whole seconds left to undo.
    pub(super) undo_seconds: u32,
    /// When they are over, on the browser's clock.
    undo_until_millis: f64,
}

/// What went wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) text: String,
    /// Only a new battle helps.
    pub(super) over: bool,
}

impl Vote {
    pub(super) fn new(ticket: String, arena: &ArenaSlug, publish: bool) -> Self {
        Self {
            ticket: StoredValue::new(ticket),
            next: StoredValue::new(["/arena/", arena.as_str()].concat()),
            state: RwSignal::new(State::default()),
            publish: RwSignal::new(publish),
            again: None,
        }
    }

    /// A vote on battles that this page makes one after the other. It takes no answer before [`Vote::open`].
    #[cfg(any(feature = "ssr", feature = "models"))]
    pub(super) fn on_live_battles(arena: &ArenaSlug, publish: bool) -> Self {
        Self { again: Some(RwSignal::new(0)), ..Self::new(String::new(), arena, publish) }
    }

    /// Takes answers with this ticket from now on; with none, takes no answers.
    #[cfg(any(feature = "ssr", feature = "models"))]
    pub(super) fn open(self, ticket: String) {
        self.ticket.set_value(ticket);
        self.state.set(State::default());
    }

    /// Whether there is something to answer.
    pub(super) fn is_open(self) -> bool {
        self.ticket.with_value(|ticket| !ticket.is_empty())
    }

    fn leave(self, next: &str) {
        match self.again {
            Some(again) => again.update(|count| *count += 1),
            None => go_to(next),
        }
    }

    /// Does what the voter asked for, unless something is already under way: a double click is one vote.
    pub(super) fn perform(self, action: Action) {
        let (busy, undo_seconds) = self.state.with_untracked(|state| (state.pending.is_some(), state.undo_seconds));
        if busy || !self.is_open() || action == Action::Undo && undo_seconds == 0 {
            return;
        }
        if action == Action::Next {
            return self.leave(&self.next.get_value());
        }
        self.state.update(|state| {
            state.problem = None;
            state.pending = Some(action);
        });
        spawn_local(async move {
            let answer = self.ask(action).await;
            self.state.update(|state| {
                state.pending = None;
                state.problem = answer.err().map(|error| explain(action, &error));
            });
        });
    }

    async fn ask(self, action: Action) -> Result<(), ApiError> {
        let ticket = self.ticket.get_value();
        match action {
            Action::Vote(outcome) => {
                let publish = if self.publish.get_untracked() { "true" } else { "false" };
                let fields = [("ticket", ticket.as_str()), ("outcome", outcome.as_str()), ("publish", publish)];
                self.take(post(CastVote::PATH, &fields).await?);
            }
            Action::Undo => {
                let battle =
                    self.state.with_untracked(|state| state.receipt.as_ref().map(|receipt| receipt.battle.to_string()));
                self.take(post(UndoVote::PATH, &[("battle", &battle.unwrap_or_default())]).await?);
            }
            Action::Skip => self.leave(&post::<String>(SkipBattle::PATH, &[("ticket", &ticket)]).await?),
            Action::Next => {}
        }
        Ok(())
    }

    fn take(self, receipt: Receipt) {
        let millis = if receipt.withdrawn { 0 } else { receipt.undo_millis };
        self.state.update(|state| {
            state.receipt = Some(receipt);
            state.undo_seconds = millis.div_ceil(1000);
            state.undo_until_millis = now_millis() + f64::from(millis);
        });
        focus_soon(VERDICT_ID);
        self.count_down();
    }

    /// Shows how long the vote can be undone. The server alone decides; this only stops offering it.
    fn count_down(self) {
        let (shown, until) = self.state.with_untracked(|state| (state.undo_seconds, state.undo_until_millis));
        let left = (until - now_millis()).max(0.0);
        let seconds = (left / 1000.0).ceil() as u32;
        if shown == 0 {
            return;
        }
        if shown != seconds {
            self.state.update(|state| state.undo_seconds = seconds);
        }
        if seconds > 0 {
            let until_next = left - f64::from(seconds - 1) * 1000.0;
            set_timeout(move || self.count_down(), Duration::from_millis(until_next.ceil() as u64));
        }
    }
}

fn explain(action: Action, error: &ApiError) -> Problem {
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
        (Action::Skip, ApiError::Offline) => {
            "The server could not be reached. Check your connection and try again.".to_owned()
        }
        _ => error.to_string(),
    };
    Problem { text, over }
}

#[cfg(test)]
mod tests {
    use plaudit_domain::Outcome;

    use super::*;

    #[test]
    fn a_lost_connection_keeps_the_battle() {
        let problem = explain(Action::Vote(Outcome::Tie), &ApiError::Offline);
        assert!(!problem.over && problem.text.contains("was not sent"), "{problem:?}");
        assert!(explain(Action::Undo, &ApiError::Offline).text.contains("still stands"));
    }

    #[test]
    fn a_spent_ticket_points_to_a_new_battle() {
        for error in [ApiError::TicketExpired, ApiError::AlreadyVoted, ApiError::AlreadyLeft] {
            assert!(explain(Action::Vote(Outcome::Left), &error).over);
        }
        assert!(!explain(Action::Vote(Outcome::Left), &ApiError::NotCounted).over);
        assert!(!explain(Action::Vote(Outcome::Left), &ApiError::Unanswered).over);
    }
}
