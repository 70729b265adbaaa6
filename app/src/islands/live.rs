//! The state behind a live board: what is shown, what waits, and when the one replaces the other.

use std::time::Duration;

use leptos::prelude::*;
use plaudit_domain::ContestantSlug;

use super::events;
use crate::view_model::{BoardRow, BoardView};

/// The table changes at most this often.
const MILLIS_BETWEEN_CHANGES: f64 = 1000.0;

/// Whether the board follows the votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// As the server rendered it; nothing follows, yet or without scripts.
    Snapshot,
    /// Connected.
    Live,
    /// The connection was lost and is being made again.
    Reconnecting,
}

impl Status {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Snapshot => "Snapshot",
            Self::Live => "Live",
            Self::Reconnecting => "Reconnecting…",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
        }
    }
}

/// What last happened to a row; `turn` alternates so that the same highlight can run twice in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flash {
    up: Option<bool>,
    turn: bool,
}

impl Flash {
    fn next(self, up: bool) -> Self {
        Self { up: Some(up), turn: !self.turn }
    }

    pub(super) fn class(self) -> &'static str {
        match (self.up, self.turn) {
            (None, _) => "board__row",
            (Some(true), true) => "board__row is-up is-odd",
            (Some(true), false) => "board__row is-up is-even",
            (Some(false), true) => "board__row is-down is-odd",
            (Some(false), false) => "board__row is-down is-even",
        }
    }
}

/// A row whose content changes in its place.
#[derive(Clone)]
pub(super) struct LiveRow {
    pub(super) slug: ContestantSlug,
    pub(super) row: RwSignal<BoardRow>,
    pub(super) flash: RwSignal<Flash>,
}

impl LiveRow {
    fn new(row: BoardRow) -> Self {
        Self { slug: row.slug.clone(), row: RwSignal::new(row), flash: RwSignal::new(Flash::default()) }
    }

    fn change(&self, new: &BoardRow) {
        let change = self.row.with_untracked(|old| (old != new).then(|| direction(old, new)));
        if let Some(direction) = change {
            self.row.set(new.clone());
            if let Some(up) = direction {
                self.flash.update(|flash| *flash = flash.next(up));
            }
        }
    }
}

/// Whether a contestant rose (`true`) or fell: by rank, else by the rating as shown; `None` if neither moved.
fn direction(old: &BoardRow, new: &BoardRow) -> Option<bool> {
    let rank = |row: &BoardRow| row.rank.unwrap_or(u32::MAX);
    let rating = |row: &BoardRow| row.rating.map(|rating| rating.round() as i64);
    match (rank(new).cmp(&rank(old)), rating(old).cmp(&rating(new))) {
        (std::cmp::Ordering::Equal, std::cmp::Ordering::Equal) => None,
        (std::cmp::Ordering::Equal, by_rating) => Some(by_rating.is_lt()),
        (by_rank, _) => Some(by_rank.is_lt()),
    }
}

/// A board on the screen.
#[derive(Clone, Copy)]
pub(super) struct Live {
    pub(super) board: RwSignal<BoardView>,
    pub(super) rows: RwSignal<Vec<LiveRow>>,
    pub(super) status: RwSignal<Status>,
    /// Updates received and not shown yet, while somebody reads the table.
    pub(super) waiting: RwSignal<u32>,
    newest: StoredValue<BoardView>,
    received: StoredValue<u32>,
    changed_at_millis: StoredValue<f64>,
    timer_runs: StoredValue<bool>,
    pointer_over: StoredValue<bool>,
    focus_within: StoredValue<bool>,
}

impl Live {
    pub(super) fn new(board: BoardView) -> Self {
        let rows = board.rows.iter().cloned().map(LiveRow::new).collect();
        Self {
            newest: StoredValue::new(board.clone()),
            board: RwSignal::new(board),
            rows: RwSignal::new(rows),
            status: RwSignal::new(Status::Snapshot),
            waiting: RwSignal::new(0),
            received: StoredValue::new(0),
            changed_at_millis: StoredValue::new(f64::NEG_INFINITY),
            timer_runs: StoredValue::new(false),
            pointer_over: StoredValue::new(false),
            focus_within: StoredValue::new(false),
        }
    }

    /// Follows the server's events, for as long as the page lives.
    pub(super) fn follow(self, address: &str) {
        events::follow(address.to_owned(), move |json| self.receive(&json), move |status| self.status.set(status));
    }

    fn receive(self, json: &str) {
        match serde_json::from_str::<BoardView>(json) {
            Ok(board) if board.version > self.newest.with_value(|newest| newest.version) => {
                self.newest.set_value(board);
                self.received.update_value(|received| *received += 1);
                self.settle();
            }
            Ok(_) => {}
            Err(error) => leptos::logging::error!("unreadable board: {error}"),
        }
    }

    pub(super) fn hold_for_pointer(self, held: bool) {
        self.pointer_over.set_value(held);
        self.settle();
    }

    pub(super) fn hold_for_focus(self, held: bool) {
        self.focus_within.set_value(held);
        self.settle();
    }

    /// Shows what waits, unless somebody reads the table or it changed a moment ago.
    fn settle(self) {
        let received = self.received.get_value();
        if received == 0 {
            return;
        }
        if self.pointer_over.get_value() || self.focus_within.get_value() {
            self.waiting.set(received);
            return;
        }
        let wait = self.changed_at_millis.get_value() + MILLIS_BETWEEN_CHANGES - now_millis();
        if wait > 0.0 {
            if !self.timer_runs.get_value() {
                self.timer_runs.set_value(true);
                let wake = move || {
                    self.timer_runs.set_value(false);
                    self.settle();
                };
                set_timeout(wake, Duration::from_millis(wait.ceil() as u64));
            }
            return;
        }
        self.changed_at_millis.set_value(now_millis());
        self.received.set_value(0);
        self.waiting.set(0);
        self.show(self.newest.get_value());
    }

    fn show(self, board: BoardView) {
        let old = self.rows.get_untracked();
        let rows: Vec<_> = board
            .rows
            .iter()
            .map(|new| match old.iter().find(|row| row.slug == new.slug) {
                Some(row) => {
                    row.change(new);
                    row.clone()
                }
                None => LiveRow::new(new.clone()),
            })
            .collect();
        if !rows.iter().map(|row| &row.slug).eq(old.iter().map(|row| &row.slug)) {
            self.rows.set(rows);
        }
        self.board.set(board);
    }
}

fn now_millis() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

#[cfg(test)]
mod tests {
    use plaudit_domain::ContestantKind;

    use super::*;

    fn row(rank: Option<u32>, rating: Option<f64>) -> BoardRow {
        BoardRow {
            rank,
            slug: ContestantSlug::from_name("x"),
            name: "x".to_owned(),
            kind: ContestantKind::LanguageModel,
            rating,
            lower: None,
            upper: None,
            battles: 1,
            win_rate: None,
        }
    }

    #[test]
    fn a_better_rank_is_a_rise_whatever_the_rating_does() {
        assert_eq!(direction(&row(Some(3), Some(1000.0)), &row(Some(2), Some(990.0))), Some(true));
        assert_eq!(direction(&row(Some(2), Some(1000.0)), &row(Some(3), Some(1010.0))), Some(false));
        assert_eq!(direction(&row(None, None), &row(Some(3), Some(1000.0))), Some(true));
    }

    #[test]
    fn only_a_change_that_is_shown_is_highlighted() {
        assert_eq!(direction(&row(Some(1), Some(1000.1)), &row(Some(1), Some(1000.4))), None);
        assert_eq!(direction(&row(Some(1), Some(1000.4)), &row(Some(1), Some(1000.6))), Some(true));
        assert_eq!(direction(&row(Some(1), Some(1000.6)), &row(Some(1), Some(1000.4))), Some(false));
    }

    #[test]
    fn the_same_highlight_can_run_twice_in_a_row() {
        let once = Flash::default().next(true);
        assert_ne!(once.class(), once.next(true).class());
    }
}
