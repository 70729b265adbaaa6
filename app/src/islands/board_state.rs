//! The state behind a live board: what is shown, what waits, and when the one replaces the other.

use std::time::Duration;

use leptos::prelude::*;
use plaudit_domain::ContestantSlug;

use super::{
    browser::{now_millis, report},
    events,
};
use crate::{
    components::axis::Axis,
    view_model::{BoardRow, BoardView},
};

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
    pub(super) shown: RwSignal<ShownRow>,
}

/// What a row shows.
#[derive(Clone)]
pub(super) struct ShownRow {
    pub(super) row: BoardRow,
    pub(super) flash: Flash,
}

impl LiveRow {
    fn new(row: BoardRow) -> Self {
        Self { slug: row.slug.clone(), shown: RwSignal::new(ShownRow { row, flash: Flash::default() }) }
    }

    fn change(&self, new: &BoardRow) {
        if self.shown.with_untracked(|old| old.row == *new) {
            return;
        }
        self.shown.update(|shown| {
            if let Some(up) = direction(&shown.row, new) {
                shown.flash = shown.flash.next(up);
            }
            shown.row = new.clone();
        });
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
    pub(super) shown: RwSignal<Shown>,
    pub(super) rows: RwSignal<Vec<LiveRow>>,
    pub(super) notice: RwSignal<Notice>,
    pace: StoredValue<Pace>,
}

/// The board that is drawn, and the axis of its whiskers.
pub(super) struct Shown {
    pub(super) board: BoardView,
    pub(super) axis: Axis,
}

/// What is said about the board.
#[derive(Clone, Copy)]
pub(super) struct Notice {
    pub(super) status: Status,
    /// Updates received and not shown yet, because somebody reads the table.
    pub(super) waiting: u32,
}

/// When the newest board may replace the one that is drawn.
struct Pace {
    newest_version: u64,
    /// The newest board, until it is drawn.
    newest: Option<BoardView>,
    /// Boards received since the last one was drawn.
    received: u32,
    changed_at_millis: f64,
    timer_runs: bool,
    pointer_over: bool,
    focus_within: bool,
}

/// What to do with the board that waits.
enum Decision {
    Nothing,
    Hold(u32),
    Wait(f64),
    Draw(Box<BoardView>),
}

impl Pace {
    fn new(version: u64) -> Self {
        Self {
            newest_version: version,
            newest: None,
            received: 0,
            changed_at_millis: f64::NEG_INFINITY,
            timer_runs: false,
            pointer_over: false,
            focus_within: false,
        }
    }

    /// Keeps a board unless it is older than one seen before.
    fn receive(&mut self, board: BoardView) {
        if board.version > self.newest_version {
            self.newest_version = board.version;
            self.newest = Some(board);
            self.received += 1;
        }
    }

    /// The board that waits is drawn unless somebody reads the table or it changed a moment ago.
    fn decide(&mut self, now_millis: f64) -> Decision {
        if self.newest.is_none() {
            return Decision::Nothing;
        }
        if self.pointer_over || self.focus_within {
            return Decision::Hold(self.received);
        }
        let wait = self.changed_at_millis + MILLIS_BETWEEN_CHANGES - now_millis;
        if wait > 0.0 {
            let runs = std::mem::replace(&mut self.timer_runs, true);
            return if runs { Decision::Nothing } else { Decision::Wait(wait) };
        }
        self.changed_at_millis = now_millis;
        self.received = 0;
        self.newest.take().map_or(Decision::Nothing, |board| Decision::Draw(Box::new(board)))
    }
}

impl Live {
    pub(super) fn new(board: BoardView) -> Self {
        Self {
            rows: RwSignal::new(board.rows.iter().cloned().map(LiveRow::new).collect()),
            notice: RwSignal::new(Notice { status: Status::Snapshot, waiting: 0 }),
            pace: StoredValue::new(Pace::new(board.version)),
            shown: RwSignal::new(Shown { axis: axis_of(&board), board }),
        }
    }

    /// Follows the server's events, for as long as the page lives.
    pub(super) fn follow(self, address: &str) {
        let status = move |status| self.notice.update(|notice| notice.status = status);
        events::follow(address.to_owned(), move |json| self.receive(&json), status);
    }

    fn receive(self, json: &str) {
        match serde_json::from_str(json) {
            Ok(board) => self.pace.update_value(|pace| pace.receive(board)),
            Err(error) => report(&error.to_string().into()),
        }
        self.settle();
    }

    pub(super) fn hold_for_pointer(self, held: bool) {
        self.pace.update_value(|pace| pace.pointer_over = held);
        self.settle();
    }

    pub(super) fn hold_for_focus(self, held: bool) {
        self.pace.update_value(|pace| pace.focus_within = held);
        self.settle();
    }

    fn settle(self) {
        match self.pace.try_update_value(|pace| pace.decide(now_millis())).unwrap_or(Decision::Nothing) {
            Decision::Nothing => {}
            Decision::Hold(received) => self.notice.update(|notice| notice.waiting = received),
            Decision::Wait(millis) => {
                let wake = move || {
                    self.pace.update_value(|pace| pace.timer_runs = false);
                    self.settle();
                };
                set_timeout(wake, Duration::from_millis(millis.ceil() as u64));
            }
            Decision::Draw(board) => {
                self.notice.update(|notice| notice.waiting = 0);
                self.draw(*board);
            }
        }
    }

    fn draw(self, board: BoardView) {
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
        self.shown.set(Shown { axis: axis_of(&board), board });
    }
}

fn axis_of(board: &BoardView) -> Axis {
    Axis::around(board.rows.iter().flat_map(|row| [row.rating, row.lower, row.upper]).flatten())
}

#[cfg(test)]
mod tests {
    use plaudit_domain::ContestantKind;

    use super::*;
    use crate::view_model::{Method, Slice};

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

    fn board(version: u64) -> BoardView {
        BoardView {
            method: Method::Bt,
            slice: Slice::All,
            version,
            votes: version,
            voters: 1,
            note: None,
            rows: vec![],
            pairs: vec![],
        }
    }

    fn drawn(decision: Decision) -> Option<u64> {
        if let Decision::Draw(board) = decision { Some(board.version) } else { None }
    }

    #[test]
    fn an_older_board_never_replaces_a_newer_one() {
        let mut pace = Pace::new(5);
        pace.receive(board(5));
        assert_eq!(drawn(pace.decide(0.0)), None);
        pace.receive(board(7));
        pace.receive(board(6));
        assert_eq!(drawn(pace.decide(0.0)), Some(7));
        pace.receive(board(6));
        assert_eq!(drawn(pace.decide(5_000.0)), None);
    }

    #[test]
    fn the_table_changes_at_most_once_a_second_and_one_timer_waits() {
        let mut pace = Pace::new(0);
        pace.receive(board(1));
        assert_eq!(drawn(pace.decide(0.0)), Some(1));
        pace.receive(board(2));
        assert!(matches!(pace.decide(400.0), Decision::Wait(wait) if wait == 600.0));
        pace.receive(board(3));
        assert!(matches!(pace.decide(500.0), Decision::Nothing));
        pace.timer_runs = false;
        assert_eq!(drawn(pace.decide(1_000.0)), Some(3));
    }

    #[test]
    fn the_table_holds_still_while_somebody_reads_it() {
        let mut pace = Pace::new(0);
        (pace.pointer_over, pace.focus_within) = (true, true);
        pace.receive(board(1));
        pace.receive(board(2));
        assert!(matches!(pace.decide(0.0), Decision::Hold(2)));
        pace.pointer_over = false;
        assert!(matches!(pace.decide(0.0), Decision::Hold(2)));
        pace.focus_within = false;
        assert_eq!(drawn(pace.decide(0.0)), Some(2));
        assert!(matches!(pace.decide(0.0), Decision::Nothing));
    }
}
