//! What is being read, what is known, and the worker that counts and ranks.

use std::cell::RefCell;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{File, MessageEvent},
};
use plaudit_domain::{ArenaSlug, ContestantKind, MethodBoard, RankingMethod};
use plaudit_recount::{
    compare::{BoardDifference, PairDifference, board_difference, pair_differences},
    log::LogCounts,
    protocol::{Answer, ReadLog, Request},
};
use web_sys::{Worker, WorkerOptions, WorkerType};

use super::fetching::{asked, ordered};
use crate::{
    islands::browser,
    view_model::{CountedContestant, CountsView, MethodBoardView, Slice},
};

const METHOD: RankingMethod = RankingMethod::BradleyTerry;

thread_local! {
    /// The page's worker. Not `Send`, which signals have to be.
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    Idle,
    /// The server writes the file.
    Ordering,
    /// So many bytes are read.
    Reading(u64),
    /// The counts are there.
    Computing,
    /// It took so many milliseconds from the first byte on.
    Done(f64),
}

impl Stage {
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Ordering | Self::Reading(_) | Self::Computing)
    }
}

/// What the votes came to.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) log: LogCounts,
    /// The board of the file's votes.
    pub(super) view: MethodBoardView,
    /// The published one.
    pub(super) published: MethodBoard,
    pub(super) pairs: Vec<PairDifference>,
    pub(super) difference: BoardDifference,
}

/// The published board, and the counts behind it.
#[derive(Debug, Clone)]
struct Published {
    board: MethodBoardView,
    counts: CountsView,
}

/// The whole of the page.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    arena: StoredValue<ArenaSlug>,
    pub(super) stage: RwSignal<Stage>,
    pub(super) problem: RwSignal<String>,
    pub(super) compared: RwSignal<Option<Compared>>,
    /// The newest reading; what answers another one came too late.
    turn: StoredValue<u32>,
    since: StoredValue<f64>,
    log: StoredValue<Option<LogCounts>>,
    published: StoredValue<Option<Published>>,
}

/// What is read: an address of this site, or a file of the visitor's.
type Source = JsValue;

impl Desk {
    pub(super) fn new(arena: ArenaSlug) -> Self {
        Self {
            arena: StoredValue::new(arena),
            stage: RwSignal::new(Stage::Idle),
            problem: RwSignal::default(),
            compared: RwSignal::new(None),
            turn: StoredValue::new(0),
            since: StoredValue::new(0.0),
            log: StoredValue::new(None),
            published: StoredValue::new(None),
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
            self.fail("The computation broke off. Reload the page to try again.");
        });
        worker.set_onerror(Some(broken.as_ref().unchecked_ref()));
        // As long as the page lives.
        message.forget();
        broken.forget();
        WORKER.set(Some(worker));
    }

    /// Has the votes written, downloads and computes them.
    pub(super) fn fetch(self) {
        if self.stage.with_untracked(Stage::is_busy) {
            return;
        }
        let turn = self.begin(Stage::Ordering);
        spawn_local(async move {
            match ordered(self.arena.get_value().as_str()).await {
                Ok(address) => self.read(turn, JsValue::from_str(&address)).await,
                Err(problem) if self.is_current(turn) => self.fail(&problem),
                Err(_) => {}
            }
        });
    }

    /// Reads a file of the visitor's; another one that is being read is given up.
    pub(super) fn read_file(self, file: &File) {
        let turn = self.begin(Stage::Reading(0));
        let source: &Source = file.as_ref();
        spawn_local(self.read(turn, source.clone()));
    }

    fn begin(self, stage: Stage) -> u32 {
        self.problem.set(String::new());
        self.compared.set(None);
        self.stage.set(stage);
        self.log.set_value(None);
        self.turn.update_value(|turn| *turn += 1);
        self.turn.get_value()
    }

    fn is_current(self, turn: u32) -> bool {
        self.turn.get_value() == turn
    }

    /// The published board first, whose contestants keep their positions.
    async fn read(self, turn: u32, source: Source) {
        let arena = self.arena.get_value();
        let base = ["/api/arena/", arena.as_str()].concat();
        let (board, counts) = (
            [&base, "/ranking?method=", METHOD.as_str(), "&votes=all"].concat(),
            [&base, "/counts?votes=all"].concat(),
        );
        let published = match asked::<MethodBoardView>(&board, None).await {
            Ok(board) => asked(&counts, None).await.map(|counts| Published { board, counts }),
            Err(problem) => Err(problem),
        };
        if !self.is_current(turn) {
            return;
        }
        let published = match published {
            Ok(published) => published,
            Err(problem) => return self.fail(&problem),
        };
        let contestants = published.counts.contestants.iter().map(|known| known.slug.to_string()).collect();
        let begin = ReadLog { id: turn, arena: arena.to_string(), contestants };
        self.published.set_value(Some(published));
        self.stage.set(Stage::Reading(0));
        self.since.set_value(browser::now_millis());
        if let Err(error) = post_log(&begin, &source) {
            browser::report(&error);
            self.fail("This browser cannot hand the file to the computation.");
        }
    }

    fn hear(self, data: &JsValue) {
        let Some(answer) = data.as_string().and_then(|text| serde_json::from_str::<Answer>(&text).ok()) else { return };
        match answer {
            Answer::Reading { id, bytes } if self.is_current(id) => self.stage.set(Stage::Reading(bytes)),
            Answer::Log { id, log } if self.is_current(id) => {
                self.log.set_value(Some(log));
                self.stage.set(Stage::Computing);
                post(&Request::Board { id, method: METHOD, until: None, resamples: 0 });
            }
            Answer::Board { id, board } if self.is_current(id) => self.compare(board),
            Answer::Failed { id, message } if id.is_none_or(|id| self.is_current(id)) => self.fail(&message),
            _ => {}
        }
    }

    fn compare(self, board: MethodBoard) {
        let (Some(log), Some(published)) = (self.log.get_value(), self.published.get_value()) else { return };
        let Published {
            board: MethodBoardView { board: of_site, .. },
            counts: CountsView { mut contestants, days, .. },
        } = published;
        for slug in log.contestants.iter().skip(contestants.len()) {
            // The reader let only slugs through.
            if let Ok(slug) = slug.parse() {
                contestants.push(CountedContestant {
                    slug,
                    name: log.contestants[contestants.len()].clone(),
                    kind: ContestantKind::Imported,
                });
            }
        }
        let pairs = pair_differences(log.pairs.iter().copied(), days.into_iter().flat_map(|day| day.pairs));
        let difference = board_difference(&board, &of_site);
        let view = MethodBoardView { slice: Slice::All, contestants, board };
        self.compared.set(Some(Compared { log, view, published: of_site, pairs, difference }));
        self.stage.set(Stage::Done(browser::now_millis() - self.since.get_value()));
    }

    fn fail(self, message: &str) {
        self.problem.set(message.to_owned());
        self.stage.set(Stage::Idle);
    }
}

fn post(request: &Request) {
    let Ok(text) = serde_json::to_string(request) else { return };
    if let Err(error) = post_value(&text.into()) {
        browser::report(&error);
    }
}

fn post_log(begin: &ReadLog, source: &Source) -> Result<(), JsValue> {
    let text = serde_json::to_string(begin).map_err(|error| JsValue::from_str(&error.to_string()))?;
    let message = js_sys::Object::new();
    js_sys::Reflect::set(&message, &"begin".into(), &text.into())?;
    js_sys::Reflect::set(&message, &"source".into(), source)?;
    post_value(&message)
}

fn post_value(value: &JsValue) -> Result<(), JsValue> {
    WORKER.with_borrow(|worker| worker.as_ref().map_or(Ok(()), |worker| worker.post_message(value)))
}
