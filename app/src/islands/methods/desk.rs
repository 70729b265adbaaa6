//! What is chosen, what is known, and the worker that computes.

use std::{cell::RefCell, time::Duration};

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{MessageEvent, Response},
};
use plaudit_domain::{ArenaSlug, CycleReport, FitScore, RankingMethod};
use plaudit_recount::protocol::{Answer, Request};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Worker, WorkerOptions, WorkerType};

use crate::{
    format,
    islands::{browser, events},
    view_model::{CountsView, MethodBoardView, Slice},
};

/// Ends of a 95 % rank interval are good to a twelfth of a standard error then.
const RESAMPLES: u32 = 1000;
/// Votes come in bursts: the counts are downloaded at most this often.
const PAUSE: Duration = Duration::from_secs(3);

thread_local! {
    /// The page's worker. Not `Send`, which signals have to be.
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// Where the board on the screen comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    /// It is the server's.
    Server,
    /// The counts are on their way.
    Loading,
    /// The worker computes.
    Computing,
    /// The worker took so many milliseconds.
    Here(f64),
}

impl Stage {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Loading => "loading",
            Self::Computing => "computing",
            Self::Here(_) => "here",
        }
    }
}

/// The whole of the page.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    arena: StoredValue<ArenaSlug>,
    method: RwSignal<RankingMethod>,
    slice: RwSignal<Slice>,
    /// Position in `days`.
    pub(super) day: RwSignal<usize>,
    pub(super) days: RwSignal<Vec<i32>>,
    pub(super) shown: RwSignal<MethodBoardView>,
    pub(super) stage: RwSignal<Stage>,
    pub(super) problem: RwSignal<String>,
    pub(super) circles: RwSignal<Option<CycleReport>>,
    pub(super) fit: RwSignal<Vec<FitScore>>,
    /// The newest request of each kind; what answers another one came too late.
    asked: StoredValue<Asked>,
    /// Version of the counts that the worker has.
    version: StoredValue<u64>,
    waits: StoredValue<bool>,
}

#[derive(Clone, Copy, Default)]
struct Asked {
    last: u32,
    board: u32,
    fragility: u32,
    circles: u32,
    fit: u32,
    since: f64,
}

impl Desk {
    pub(super) fn new(arena: ArenaSlug, board: MethodBoardView) -> Self {
        Self {
            arena: StoredValue::new(arena),
            method: RwSignal::new(board.board.method),
            slice: RwSignal::new(board.slice),
            day: RwSignal::new(0),
            days: RwSignal::default(),
            shown: RwSignal::new(board),
            stage: RwSignal::new(Stage::Server),
            problem: RwSignal::default(),
            circles: RwSignal::default(),
            fit: RwSignal::default(),
            asked: StoredValue::default(),
            version: StoredValue::new(0),
            waits: StoredValue::new(false),
        }
    }

    /// In the browser, once.
    pub(super) fn wake(self, address: &str) {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = match Worker::new_with_options(address, &options) {
            Ok(worker) => worker,
            Err(error) => return browser::report(&error),
        };
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| self.hear(&event.data()));
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        let broken = Closure::<dyn Fn(JsValue)>::new(move |_| {
            self.fail("The computation broke off. The board is the server’s; reload the page to try again.");
        });
        worker.set_onerror(Some(broken.as_ref().unchecked_ref()));
        // As long as the page lives.
        message.forget();
        broken.forget();
        WORKER.set(Some(worker));
        self.load();
        let arena = self.arena.get_value();
        let address = ["/api/arena/", arena.as_str(), "/board/events"].concat();
        // Only whether something changed is of interest: the version comes with the counts.
        events::follow(address, move |_| self.load_soon(), |_| {});
    }

    pub(super) fn choose_method(self, word: &str) {
        if let Ok(method) = word.parse() {
            self.method.set(method);
            self.remember();
            self.ask_board();
        }
    }

    pub(super) fn choose_slice(self, word: &str) {
        if let Some(slice) = Slice::ALL.into_iter().find(|slice| slice.as_str() == word) {
            self.slice.set(slice);
            self.remember();
            self.version.set_value(0);
            self.load();
        }
    }

    pub(super) fn choose_day(self, word: &str) {
        if let Ok(day) = word.parse() {
            self.day.set(day);
            self.ask_board();
            self.ask_findings();
        }
    }

    /// The chosen day for people: `20 Feb 2024`.
    pub(super) fn day_name(self) -> String {
        let day = self.days.with(|days| days.get(self.day.get()).copied());
        day.map(format::day).unwrap_or_default()
    }

    /// The address says what is chosen, so that it can be shared.
    fn remember(self) {
        let (method, slice) = (self.method.get_untracked(), self.slice.get_untracked());
        let address = ["?method=", method.as_str(), "&votes=", slice.as_str()].concat();
        let replaced =
            window().history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&address)));
        if let Err(error) = replaced {
            browser::report(&error);
        }
    }

    fn load_soon(self) {
        if !self.waits.get_value() {
            self.waits.set_value(true);
            set_timeout(move || self.load(), PAUSE);
        }
    }

    /// Downloads the counts, and asks for everything anew if they have changed.
    fn load(self) {
        self.waits.set_value(false);
        let slice = self.slice.get_untracked();
        let address = ["/api/arena/", self.arena.get_value().as_str(), "/counts?votes=", slice.as_str()].concat();
        if self.version.get_value() == 0 {
            self.stage.set(Stage::Loading);
        }
        spawn_local(async move {
            match counts(&address).await {
                // Another slice may have been chosen meanwhile.
                Some(view) if view.slice == self.slice.get_untracked() => self.take(view),
                Some(_) => {}
                None => self.fail("The counts could not be downloaded, so this is the server’s board. Check your connection and reload the page."),
            }
        });
    }

    fn take(self, view: CountsView) {
        if self.version.get_value() == view.version {
            return;
        }
        let is_first = self.version.get_value() == 0;
        self.version.set_value(view.version);
        let days: Vec<i32> = view.days.iter().map(|day| day.day).collect();
        let was_newest = self.day.get_untracked() + 1 >= self.days.with_untracked(Vec::len);
        if is_first || was_newest {
            self.day.set(days.len().saturating_sub(1));
        }
        self.days.set(days);
        self.shown.update(|shown| shown.contestants.clone_from(&view.contestants));
        self.send(&Request::Counts { contestants: view.contestants.len() as u32, days: view.days });
        self.ask_board();
        self.ask_findings();
    }

    fn next_id(self) -> u32 {
        self.asked.update_value(|asked| asked.last += 1);
        self.asked.get_value().last
    }

    /// All days, so that new votes count, or those up to the chosen one.
    fn until(self) -> Option<i32> {
        self.days.with_untracked(|days| {
            let day = self.day.get_untracked();
            if day + 1 >= days.len() { None } else { days.get(day).copied() }
        })
    }

    fn ask_board(self) {
        if self.version.get_value() == 0 {
            return;
        }
        let (id, until) = (self.next_id(), self.until());
        self.asked.update_value(|asked| (asked.board, asked.since) = (id, browser::now_millis()));
        self.stage.set(Stage::Computing);
        // At once without rank intervals, and then with them.
        let method = self.method.get_untracked();
        self.send(&Request::Board { id, method, until, resamples: 0 });
        if method == RankingMethod::BradleyTerry {
            let id = self.next_id();
            self.asked.update_value(|asked| asked.fragility = id);
            self.send(&Request::Fragility { id, until });
        }
    }

    fn ask_findings(self) {
        let until = self.until();
        let (circles, fit) = (self.next_id(), self.next_id());
        self.asked.update_value(|asked| (asked.circles, asked.fit) = (circles, fit));
        self.send(&Request::Cycles { id: circles, until });
        self.send(&Request::Fit { id: fit, until });
    }

    fn send(self, request: &Request) {
        let Ok(text) = serde_json::to_string(request) else { return };
        WORKER.with_borrow(|worker| {
            if let Some(worker) = worker
                && let Err(error) = worker.post_message(&text.into())
            {
                browser::report(&error);
            }
        });
    }

    fn hear(self, data: &JsValue) {
        let Some(answer) = data.as_string().and_then(|text| serde_json::from_str::<Answer>(&text).ok()) else { return };
        let asked = self.asked.get_value();
        match answer {
            Answer::Board { id, board } if id == asked.board => {
                let is_first = board.rows.iter().all(|row| row.best_rank.is_none());
                let wants_ranks = is_first && board.method.has_resamples();
                let slice = self.slice.get_untracked();
                let method = board.method;
                self.problem.set(String::new());
                self.shown.update(|shown| {
                    // What was found of the same votes stays on the screen.
                    let fragility = |contestant| {
                        let row = shown.board.rows.iter().find(|row| row.contestant == contestant);
                        row.filter(|_| shown.board.method == method && !is_first).and_then(|row| row.fragility)
                    };
                    let mut board = board;
                    for row in &mut board.rows {
                        row.fragility = fragility(row.contestant);
                    }
                    (shown.slice, shown.board) = (slice, board);
                });
                self.stage.set(Stage::Here(browser::now_millis() - asked.since));
                if wants_ranks {
                    self.send(&Request::Board { id, method, until: self.until(), resamples: RESAMPLES });
                }
            }
            Answer::Fragility { id, votes } if id == asked.fragility => self.shown.update(|shown| {
                for row in &mut shown.board.rows {
                    row.fragility =
                        votes.iter().find(|(contestant, _)| *contestant == row.contestant).and_then(|found| found.1);
                }
            }),
            Answer::Cycles { id, report } if id == asked.circles => self.circles.set(Some(report)),
            Answer::Fit { id, scores } if id == asked.fit => self.fit.set(scores),
            Answer::Failed { id, message } if id.is_none_or(|id| id == asked.board) => self.fail(&message),
            _ => {}
        }
    }

    fn fail(self, message: &str) {
        self.problem.set(message.to_owned());
        self.stage.set(Stage::Server);
    }
}

async fn counts(address: &str) -> Option<CountsView> {
    let response = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
