//! One web worker with a model in it: typed messages, an end to silence, and a new worker after a broken one.
//!
//! Workers are not `Send`, and what islands keep has to be; so they stay in this file, and [`Client`] is their number.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    prelude::set_timeout,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::MessageEvent,
};
use plaudit_domain::{PictureSampler, Sampler};
use plaudit_runner::protocol::{
    BackendChoice, Command, Done, Drawn, ErrorKind, Event, JudgeModel, JudgedBattle, LearnedVotes, PROTOCOL_VERSION,
    Painter, Ready, Request, RewardHead, WorkerError,
};
use web_sys::{Worker, WorkerOptions, WorkerType};

use super::silence::{LOOK_MILLIS, Silence, Work};
use crate::{islands::browser::report, view_model::live::BrowserModel};

const BROKE: &str = "The model’s worker broke off. Retry starts a new one; nothing was sent.";
const NOT_LOADED: &str = "The model’s worker could not be started. Check your connection and retry.";
const SILENT: &str = "The model has said nothing for a long time, so its worker was ended. Retry starts a new one.";
const VERSIONS: &str = "This page and the model’s worker are of different versions. Reload the page.";

thread_local! {
    /// The page's workers, by number.
    static WORKERS: RefCell<Vec<Seat>> = const { RefCell::new(Vec::new()) };
}

/// One worker of the page, with a model that writes or with those that judges read with; it starts when something is loaded into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::islands) struct Client(usize);

/// What a generation asks for.
pub(in crate::islands) struct Order {
    pub(in crate::islands) prompt: String,
    pub(in crate::islands) system_prompt: Option<String>,
    pub(in crate::islands) sampler: Sampler,
    pub(in crate::islands) seed: u64,
    /// Steps before it waits for a grant.
    pub(in crate::islands) steps: Option<u32>,
}

struct Seat {
    on_event: Rc<dyn Fn(Event)>,
    running: Option<Running>,
    /// Of the newest generation; never used twice, so that a late message is known as one.
    last_id: u32,
    is_watched: bool,
}

struct Running {
    worker: Worker,
    loaded: Loaded,
    /// What waits for the worker's code.
    queue: Vec<String>,
    is_started: bool,
    is_preparing: bool,
    ready: Option<Ready>,
    generation: Option<Generation>,
    /// The generation that the worker is at, which may be one that nobody wants any more: it makes one at a time.
    busy: Option<u32>,
    /// The order that waits for that one's end.
    next: Option<Command>,
    silence: Silence,
    /// Held for as long as the worker may call them.
    _message: Closure<dyn Fn(MessageEvent)>,
    _broken: Closure<dyn Fn(JsValue)>,
}

/// What a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Loaded {
    /// Digests of all weights, one after the other.
    weights_sha256: String,
    for_judges: bool,
    backend: BackendChoice,
}

#[derive(Debug, Clone, Copy)]
struct Generation {
    id: u32,
    steps: u32,
    granted: u32,
}

impl Loaded {
    fn new(model: &BrowserModel, backend: BackendChoice) -> Self {
        Self { weights_sha256: model.manifest.weights_sha256().to_owned(), for_judges: false, backend }
    }

    fn of_painter(painter: &Painter, backend: BackendChoice) -> Self {
        let weights_sha256 = [painter.model.weights_sha256(), painter.captions.weights_sha256()].concat();
        Self { weights_sha256, for_judges: false, backend }
    }

    fn of_judges(models: &[JudgeModel], reward: Option<&RewardHead>, backend: BackendChoice) -> Self {
        let weights = models.iter().map(|model| model.model.weights_sha256());
        let weights_sha256 = weights.chain(reward.map(|head| head.tensors.sha256.as_str())).collect();
        Self { weights_sha256, for_judges: true, backend }
    }
}

impl Running {
    fn send(&mut self, command: Command) {
        self.silence.end();
        match serde_json::to_string(&Request { version: PROTOCOL_VERSION, command }) {
            Ok(text) if self.is_started => self.post(&text),
            Ok(text) => self.queue.push(text),
            Err(error) => report(&error.to_string().into()),
        }
    }

    fn post(&self, text: &str) {
        if let Err(error) = self.worker.post_message(&text.into()) {
            report(&error);
        }
    }

    fn work(&self) -> Work {
        match (&self.generation, &self.ready) {
            _ if !self.is_started => Work::Long,
            (None, None) if self.is_preparing => Work::Long,
            (None, None) => Work::Short,
            (None, Some(_)) => Work::None,
            (Some(generation), _) if generation.steps >= generation.granted => Work::None,
            (Some(Generation { steps: 0, .. }), _) => Work::Long,
            (Some(_), _) => Work::Short,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl Client {
    /// A worker to be; what it says goes to `on_event`.
    pub(in crate::islands) fn new(on_event: impl Fn(Client, Event) + 'static) -> Self {
        WORKERS.with_borrow_mut(|seats| {
            let client = Self(seats.len());
            let on_event = Rc::new(move |event| on_event(client, event));
            seats.push(Seat { on_event, running: None, last_id: 0, is_watched: false });
            client
        })
    }

    fn with<T>(self, act: impl FnOnce(&mut Seat) -> T) -> Option<T> {
        WORKERS.with_borrow_mut(|seats| seats.get_mut(self.0).map(act))
    }

    /// Whether it holds this model, or is loading it.
    pub(in crate::islands) fn holds(self, model: &BrowserModel, backend: BackendChoice) -> bool {
        self.has(&Loaded::new(model, backend))
    }

    /// The same of one that draws.
    pub(in crate::islands) fn holds_painter(self, painter: &Painter, backend: BackendChoice) -> bool {
        self.has(&Loaded::of_painter(painter, backend))
    }

    fn has(self, wanted: &Loaded) -> bool {
        self.with(|seat| seat.running.as_ref().is_some_and(|running| running.loaded == *wanted)).unwrap_or_default()
    }

    /// Loads a model. The answer comes as an event, unless the model is there already.
    ///
    /// Another model gets another worker: the memory of a WebAssembly instance never shrinks.
    pub(in crate::islands) fn load(self, bundle: &str, model: &BrowserModel, backend: BackendChoice) -> Option<Ready> {
        let (folder, wanted) = (model.folder.clone(), Loaded::new(model, backend));
        self.fill(bundle, wanted, || Command::Load { model: model.manifest.clone(), folder, backend })
    }

    /// Loads what judges read with, in the same way.
    pub(in crate::islands) fn load_judges(
        self,
        bundle: &str,
        models: Vec<JudgeModel>,
        reward: Option<RewardHead>,
        backend: BackendChoice,
    ) -> Option<Ready> {
        let wanted = Loaded::of_judges(&models, reward.as_ref(), backend);
        self.fill(bundle, wanted, || Command::LoadJudges { models, reward, backend })
    }

    /// Loads a model that draws, in the same way.
    pub(in crate::islands) fn load_painter(
        self,
        bundle: &str,
        painter: Painter,
        backend: BackendChoice,
    ) -> Option<Ready> {
        let wanted = Loaded::of_painter(&painter, backend);
        self.fill(bundle, wanted, || Command::LoadPainter { painter: Box::new(painter), backend })
    }

    /// Loads what a reward head is learned from, in the same way.
    pub(in crate::islands) fn load_votes(
        self,
        bundle: &str,
        votes: LearnedVotes,
        backend: BackendChoice,
    ) -> Option<Ready> {
        let wanted = Loaded { weights_sha256: votes.file.sha256.clone(), for_judges: false, backend };
        self.fill(bundle, wanted, || Command::LoadVotes { votes, backend })
    }

    fn fill(self, bundle: &str, wanted: Loaded, command: impl FnOnce() -> Command) -> Option<Ready> {
        if self.has(&wanted) {
            return self.with(|seat| seat.running.as_ref()?.ready.clone()).flatten();
        }
        self.end();
        match self.start(bundle, wanted) {
            Ok(mut running) => {
                running.send(command());
                self.with(|seat| seat.running = Some(running));
                self.watch();
            }
            Err(error) => {
                report(&error);
                // Not from within this call: the caller is in the middle of something.
                set_timeout(move || self.fail(ErrorKind::Crashed, NOT_LOADED), Duration::ZERO);
            }
        }
        None
    }

    fn start(self, bundle: &str, loaded: Loaded) -> Result<Running, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(bundle, &options)?;
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| self.receive(&event.data()));
        let broken = Closure::<dyn Fn(JsValue)>::new(move |_| {
            let was_started = self.with(|seat| seat.running.as_ref().is_some_and(|running| running.is_started));
            self.fail(ErrorKind::Crashed, if was_started == Some(true) { BROKE } else { NOT_LOADED });
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(broken.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(broken.as_ref().unchecked_ref()));
        Ok(Running {
            worker,
            loaded,
            queue: Vec::new(),
            is_started: false,
            is_preparing: false,
            ready: None,
            generation: None,
            busy: None,
            next: None,
            silence: Silence::default(),
            _message: message,
            _broken: broken,
        })
    }

    /// Starts a generation, in place of any before.
    pub(in crate::islands) fn generate(self, order: Order) {
        let Order { prompt, system_prompt, sampler, seed, steps } = order;
        let command = |id| Command::Generate { id, prompt, system_prompt, sampler, seed, steps };
        self.begin(steps.unwrap_or(u32::MAX), command);
    }

    /// Has a battle judged, in place of any before.
    pub(in crate::islands) fn judge(self, judges: Vec<String>, battle: JudgedBattle) {
        self.begin(u32::MAX, |id| Command::Judge { id, judges, battle });
    }

    /// Starts a picture, in place of anything before.
    pub(in crate::islands) fn draw(self, prompt: String, sampler: PictureSampler, source: Option<String>, seed: u64) {
        self.begin(u32::MAX, |id| Command::Draw { id, prompt, sampler, source, seed, steps: None });
    }

    /// Learns a head with one fold held out, in place of anything before.
    pub(in crate::islands) fn learn(self, folds: u32, fold: u32) {
        self.begin(u32::MAX, |id| Command::Learn { id, folds, fold });
    }

    fn begin(self, granted: u32, command: impl FnOnce(u32) -> Command) {
        self.with(|seat| {
            seat.last_id += 1;
            let id = seat.last_id;
            let Some(running) = &mut seat.running else { return };
            running.generation = Some(Generation { id, steps: 0, granted });
            let command = command(id);
            match running.busy {
                Some(before) => {
                    running.next = Some(command);
                    running.send(Command::Stop { id: before });
                }
                None => {
                    running.busy = Some(id);
                    running.send(command);
                }
            }
        });
        self.watch();
    }

    /// Allows more steps, counted from the generation's start.
    pub(in crate::islands) fn grant(self, steps: u32) {
        self.of_generation(|generation| {
            generation.granted = steps;
            Command::Grant { id: generation.id, steps }
        });
    }

    /// Ends the generation after its step; what there is comes as an event.
    pub(in crate::islands) fn stop(self) {
        self.of_generation(|generation| {
            generation.granted = u32::MAX;
            Command::Stop { id: generation.id }
        });
    }

    fn of_generation(self, command: impl FnOnce(&mut Generation) -> Command) {
        self.with(|seat| {
            if let Some(running) = &mut seat.running
                && let Some(generation) = &mut running.generation
            {
                let command = command(generation);
                running.send(command);
            }
        });
        self.watch();
    }

    /// Ends what is under way and hears no more of it. A loaded model stays; a load does not.
    pub(in crate::islands) fn abandon(self) {
        let is_loaded = self.with(|seat| seat.running.as_ref().is_some_and(|running| running.ready.is_some()));
        if is_loaded == Some(true) {
            self.rest();
        } else {
            self.end();
        }
    }

    /// Gives the generation up, and nothing else.
    pub(in crate::islands) fn rest(self) {
        self.stop();
        self.with(|seat| {
            if let Some(running) = &mut seat.running {
                running.generation = None;
                running.next = None;
            }
        });
    }

    /// Ends the worker and frees its memory.
    pub(in crate::islands) fn end(self) {
        let ended = self.with(|seat| seat.running.take());
        drop(ended);
    }

    fn receive(self, data: &JsValue) {
        let event = data.as_string().and_then(|text| serde_json::from_str::<Event>(&text).ok());
        let Some(event) = event else { return self.fail(ErrorKind::Protocol, VERSIONS) };
        if matches!(event, Event::Started { version } if version != PROTOCOL_VERSION) {
            return self.fail(ErrorKind::Protocol, VERSIONS);
        }
        let heard = self.with(|seat| {
            let is_meant = seat.running.as_mut().is_some_and(|running| take(running, &event));
            is_meant.then(|| Rc::clone(&seat.on_event))
        });
        let Some(on_event) = heard.flatten() else { return };
        if let Event::Failed { id, error } = &event
            && (id.is_none() || error.kind.ends_worker())
        {
            self.end();
        }
        on_event(event);
    }

    fn fail(self, kind: ErrorKind, message: &str) {
        self.end();
        let on_event = self.with(|seat| Rc::clone(&seat.on_event));
        if let Some(on_event) = on_event {
            on_event(Event::Failed { id: None, error: WorkerError { kind, message: message.to_owned() } });
        }
    }

    /// Looks after the worker until it has nothing to do.
    fn watch(self) {
        let starts = self.with(|seat| !std::mem::replace(&mut seat.is_watched, true));
        if starts == Some(true) {
            self.look_later();
        }
    }

    fn look_later(self) {
        set_timeout(move || self.look(), Duration::from_millis(LOOK_MILLIS));
    }

    fn look(self) {
        let is_silent = self.with(|seat| {
            let work = seat.running.as_ref().map_or(Work::None, Running::work);
            seat.is_watched = work != Work::None;
            seat.running.as_mut().map(|running| running.silence.look(work))
        });
        match is_silent.flatten() {
            Some(true) => {
                self.with(|seat| seat.is_watched = false);
                self.fail(ErrorKind::Crashed, SILENT);
            }
            Some(false) if self.with(|seat| seat.is_watched) == Some(true) => self.look_later(),
            _ => {
                self.with(|seat| seat.is_watched = false);
            }
        }
    }
}

/// Follows the worker's state; whether the event is about what is wanted now, not about what was given up.
fn take(running: &mut Running, event: &Event) -> bool {
    running.silence.end();
    if let Event::Done(Done { id, .. })
    | Event::Judged { id, .. }
    | Event::Learned { id, .. }
    | Event::Drawn(Drawn { id, .. })
    | Event::Failed { id: Some(id), .. } = event
        && running.busy == Some(*id)
    {
        running.busy = None;
        if let Some(command) = running.next.take() {
            running.busy = running.generation.map(|generation| generation.id);
            running.send(command);
        }
    }
    let current = running.generation.map(|generation| generation.id);
    match event {
        Event::Started { .. } => {
            running.is_started = true;
            for text in std::mem::take(&mut running.queue) {
                running.post(&text);
            }
        }
        Event::Progress { .. } => {}
        Event::Preparing => running.is_preparing = true,
        Event::Ready(ready) => running.ready = Some(ready.clone()),
        Event::Step(step) if current == Some(step.id) => {
            if let Some(generation) = &mut running.generation {
                generation.steps = step.index + 1;
            }
        }
        Event::Verdict(verdict) if current == Some(verdict.id) => {}
        Event::Epoch(epoch) if current == Some(epoch.id) => {}
        Event::Sketch(sketch) if current == Some(sketch.id) => {
            if let Some(generation) = &mut running.generation {
                generation.steps = sketch.step;
            }
        }
        Event::Done(Done { id, .. })
        | Event::Judged { id, .. }
        | Event::Learned { id, .. }
        | Event::Drawn(Drawn { id, .. })
            if current == Some(*id) =>
        {
            running.generation = None;
        }
        Event::Failed { id: Some(id), .. } if current == Some(*id) => running.generation = None,
        Event::Failed { id: None, .. } => {}
        _ => return false,
    }
    true
}
