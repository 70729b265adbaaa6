//! The worker: takes the page's orders. It holds one model that writes or draws, or those that judges read with, or what a
//! reward head is learned from, and does one thing at a time.

mod backend;
mod browser;
mod judging;
mod learning;
mod load;
mod painting;
mod post;
mod session;
mod turn;
mod weights;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::futures::spawn_local;
use plaudit_domain::ModelManifest;
use plaudit_models::Request as Wish;
use serde::Deserialize;
use wasm_bindgen::{JsCast, closure::Closure, prelude::wasm_bindgen};

use self::browser::{MessageEvent, Pause};
use self::judging::Panel;
use self::learning::Lesson;
use self::load::{Devices, Model};
use self::painting::{Easel, Wish as PictureWish};
use self::session::Session;
use crate::failure::Failure;
use crate::pace::Pace;
use crate::protocol::{
    BackendChoice, Command, Event, JudgeModel, JudgedBattle, LearnedVotes, PROTOCOL_VERSION, Painter, Ready, Request,
    RewardHead,
};

/// Begins to listen, and says so. Called once, by `worker.js`.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "JavaScript reaches it")]
pub fn start() {
    post::on_panic();
    let worker = Rc::new(Worker::new());
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        // After a panic nothing here can be trusted any more; the page starts another worker.
        if !post::is_crashed() {
            worker.hear(&event.data().as_string().unwrap_or_default());
        }
    });
    browser::add_event_listener("message", listener.as_ref().unchecked_ref());
    // As long as the worker lives.
    listener.forget();
    post::event(&Event::Started { version: PROTOCOL_VERSION });
}

/// What is ready.
enum State {
    Empty,
    Loading,
    Ready(Rc<Model>),
    Judging(Rc<Panel>),
    Learning(Rc<Lesson>),
    Painting(Rc<Easel>),
}

struct Worker {
    state: RefCell<State>,
    devices: Devices,
    /// What is being done, and its reins.
    running: RefCell<Option<(u32, Rc<Pace>)>>,
    pause: Pause,
}

impl Worker {
    fn new() -> Self {
        Self {
            state: RefCell::new(State::Empty),
            devices: Devices::default(),
            running: RefCell::new(None),
            pause: Pause::new(),
        }
    }

    fn hear(self: &Rc<Self>, message: &str) {
        match read(message) {
            Ok(command) => self.obey(command),
            Err(failure) => post::failure(None, failure),
        }
    }

    fn obey(self: &Rc<Self>, command: Command) {
        match command {
            Command::Load { model, folder, backend } => self.load(model, folder, backend),
            Command::Generate { id, prompt, system_prompt, sampler, seed, steps } => {
                self.generate(id, Wish { prompt, system_prompt, sampler, seed }, steps);
            }
            // What is said about a generation that is over came late; that is no fault.
            Command::Grant { id, steps } => self.reins(id, |pace| pace.grant(steps)),
            Command::Stop { id } => self.reins(id, Pace::stop),
            Command::LoadJudges { models, reward, backend } => self.load_judges(models, reward, backend),
            Command::Judge { id, judges, battle } => self.judge(id, judges, battle),
            Command::LoadPainter { painter, backend } => self.load_painter(*painter, backend),
            Command::Draw { id, prompt, sampler, source, seed, steps } => {
                self.draw(id, PictureWish { prompt, sampler, source, seed }, steps);
            }
            Command::LoadVotes { votes, backend } => self.load_votes(votes, backend),
            Command::Learn { id, folds, fold } => self.learn(id, folds, fold),
        }
    }

    fn load(self: &Rc<Self>, manifest: ModelManifest, folder: String, choice: BackendChoice) {
        let worker = self.clone();
        self.fill(async move {
            let (model, ready) = load::load(&worker.devices, &manifest, &folder, choice).await?;
            Ok((State::Ready(Rc::new(model)), ready))
        });
    }

    fn load_judges(self: &Rc<Self>, models: Vec<JudgeModel>, reward: Option<RewardHead>, choice: BackendChoice) {
        let worker = self.clone();
        self.fill(async move {
            let (panel, ready) = load::load_judges(&worker.devices, &models, reward.as_ref(), choice).await?;
            Ok((State::Judging(Rc::new(panel)), ready))
        });
    }

    fn load_painter(self: &Rc<Self>, painter: Painter, choice: BackendChoice) {
        let worker = self.clone();
        self.fill(async move {
            let (easel, ready) = load::load_painter(&worker.devices, &painter, choice).await?;
            Ok((State::Painting(Rc::new(easel)), ready))
        });
    }

    fn load_votes(self: &Rc<Self>, votes: LearnedVotes, choice: BackendChoice) {
        let worker = self.clone();
        self.fill(async move {
            let (lesson, ready) = load::load_votes(&worker.devices, &votes, choice).await?;
            Ok((State::Learning(Rc::new(lesson)), ready))
        });
    }

    fn fill(self: &Rc<Self>, load: impl Future<Output = Result<(State, Ready), Failure>> + 'static) {
        if !matches!(*self.state.borrow(), State::Empty) {
            let failure =
                Failure::OutOfTurn("This worker has its model already; another one needs a worker of its own.");
            return post::failure(None, failure);
        }
        *self.state.borrow_mut() = State::Loading;
        let worker = self.clone();
        spawn_local(async move {
            let state = match load.await {
                Ok((state, ready)) => {
                    post::event(&Event::Ready(ready));
                    state
                }
                Err(failure) => {
                    post::failure(None, failure);
                    State::Empty
                }
            };
            *worker.state.borrow_mut() = state;
        });
    }

    fn generate(self: &Rc<Self>, id: u32, wish: Wish, steps: Option<u32>) {
        let model = match &*self.state.borrow() {
            State::Ready(model) => model.clone(),
            State::Judging(_) | State::Learning(_) | State::Painting(_) => {
                return post::failure(Some(id), Failure::OutOfTurn("This worker has no model that writes."));
            }
            State::Empty | State::Loading => {
                return post::failure(Some(id), Failure::OutOfTurn("No model is ready yet."));
            }
        };
        let Some(pace) = self.begin(id, steps) else { return };
        let worker = self.clone();
        spawn_local(async move {
            let session = Session { id, model: &model, pace: &pace, pause: &worker.pause };
            let outcome = session.run(&wish).await;
            // Free before the page hears of the end, so that it may order the next one at once.
            *worker.running.borrow_mut() = None;
            match outcome {
                Ok(done) => post::event(&Event::Done(done)),
                Err(failure) => post::failure(Some(id), failure),
            }
        });
    }

    fn judge(self: &Rc<Self>, id: u32, judges: Vec<String>, battle: JudgedBattle) {
        let panel = match &*self.state.borrow() {
            State::Judging(panel) => panel.clone(),
            _ => {
                return post::failure(Some(id), Failure::OutOfTurn("No judge's model is ready yet."));
            }
        };
        let Some(pace) = self.begin(id, None) else { return };
        let worker = self.clone();
        spawn_local(async move {
            panel.judge(id, &judges, &battle, &pace, &worker.pause).await;
            *worker.running.borrow_mut() = None;
            post::event(&Event::Judged { id, memory_bytes: load::memory_bytes() });
        });
    }

    fn draw(self: &Rc<Self>, id: u32, wish: PictureWish, steps: Option<u32>) {
        let easel = match &*self.state.borrow() {
            State::Painting(easel) => easel.clone(),
            _ => return post::failure(Some(id), Failure::OutOfTurn("No model that draws is ready yet.")),
        };
        let Some(pace) = self.begin(id, steps) else { return };
        let worker = self.clone();
        spawn_local(async move {
            let outcome = easel.draw(id, &wish, &pace, &worker.pause).await;
            *worker.running.borrow_mut() = None;
            match outcome {
                Ok(drawn) => post::event(&Event::Drawn(drawn)),
                Err(failure) => post::failure(Some(id), failure),
            }
        });
    }

    fn learn(self: &Rc<Self>, id: u32, folds: u32, fold: u32) {
        let lesson = match &*self.state.borrow() {
            State::Learning(lesson) => lesson.clone(),
            _ => return post::failure(Some(id), Failure::OutOfTurn("No votes are loaded yet.")),
        };
        let Some(pace) = self.begin(id, None) else { return };
        let worker = self.clone();
        spawn_local(async move {
            let outcome = lesson.learn(id, folds, fold, &pace, &worker.pause).await;
            *worker.running.borrow_mut() = None;
            match outcome {
                Ok(()) => post::event(&Event::Learned { id, memory_bytes: load::memory_bytes() }),
                Err(failure) => post::failure(Some(id), failure),
            }
        });
    }

    /// Reins for a new piece of work; none, and a failure told, while another one runs.
    fn begin(&self, id: u32, steps: Option<u32>) -> Option<Rc<Pace>> {
        if self.running.borrow().is_some() {
            post::failure(Some(id), Failure::OutOfTurn("This worker is at something else at the moment."));
            return None;
        }
        let pace = Rc::new(Pace::new(steps));
        *self.running.borrow_mut() = Some((id, pace.clone()));
        Some(pace)
    }

    fn reins(&self, id: u32, pull: impl FnOnce(&Pace)) {
        let running = self.running.borrow().as_ref().filter(|(running, _)| *running == id).cloned();
        if let Some((_, pace)) = running {
            pull(&pace);
        }
    }
}

/// The order in a message. The version is read first: of another version, the rest may not be readable.
fn read(message: &str) -> Result<Command, Failure> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let unreadable = |error: serde_json::Error| Failure::Protocol(error.to_string());
    let Versioned { version } = serde_json::from_str(message).map_err(unreadable)?;
    if version != PROTOCOL_VERSION {
        return Err(Failure::Protocol(format!("the page speaks {version}, the worker {PROTOCOL_VERSION}")));
    }
    serde_json::from_str(message).map(|request: Request| request.command).map_err(unreadable)
}
