//! What is asked, and who answers: one or two workers, each with one generation after the other.

use leptos::prelude::*;
use plaudit_runner::protocol::{BackendChoice, Done, Event, Ready};

use crate::{
    islands::{
        browser::now_millis,
        loading::Loading,
        remembered,
        worker::{
            bundle::{self, Bundle},
            client::{Client, Order},
        },
    },
    view_model::live::{BrowserModel, PlaygroundContestant, PlaygroundView},
};

/// How far a generation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is under way.
    #[default]
    Idle,
    /// The worker gets its model.
    Loading,
    /// It writes.
    Writing,
}

/// All that changes rarely.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) loading: Loading,
    pub(super) broken: Option<String>,
    pub(super) ready: Option<Ready>,
    pub(super) done: Option<Done>,
}

/// One token on the page.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) index: u32,
    pub(super) text: String,
    /// In nats.
    pub(super) entropy: f32,
    pub(super) log_probability: f32,
}

/// What every player is asked.
#[derive(Clone, Copy)]
pub(super) struct Question {
    view: StoredValue<PlaygroundView>,
    pub(super) prompt: RwSignal<String>,
    pub(super) seed: RwSignal<String>,
    pub(super) backend: RwSignal<BackendChoice>,
    pub(super) bundle: RwSignal<Bundle>,
}

impl Question {
    fn is_complete(self) -> bool {
        self.bundle.with(|bundle| matches!(bundle, Bundle::Found(..)))
            && !self.prompt.with(|prompt| prompt.trim().is_empty())
            && self.seed.with(|seed| seed.parse::<u64>().is_ok())
    }
}

/// The whole of the playground.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) question: Question,
    pub(super) first: Player,
    /// Plays along once a contestant is chosen for it.
    pub(super) second: Player,
}

impl Table {
    pub(super) fn new(view: PlaygroundView) -> Self {
        let question = Question {
            view: StoredValue::new(view),
            prompt: RwSignal::default(),
            seed: RwSignal::default(),
            backend: RwSignal::default(),
            bundle: RwSignal::default(),
        };
        Self { question, first: Player::new(question, Some(0)), second: Player::new(question, None) }
    }

    /// In the browser, once.
    pub(super) fn wake(self) {
        self.players().into_iter().for_each(Player::wake);
        self.question.backend.set(remembered::backend());
        self.roll();
        bundle::look(self.question.bundle);
    }

    pub(super) fn roll(self) {
        let seed = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        self.question.seed.set(seed.to_string());
    }

    /// [`Phase::Loading`] while anybody still loads.
    pub(super) fn phase(self) -> Phase {
        let [first, second] = self.players().map(|player| player.state.with(|state| state.phase));
        match (first, second) {
            (Phase::Loading, _) | (_, Phase::Loading) => Phase::Loading,
            (Phase::Writing, _) | (_, Phase::Writing) => Phase::Writing,
            (Phase::Idle, Phase::Idle) => Phase::Idle,
        }
    }

    pub(super) fn can_play(self) -> bool {
        self.question.is_complete() && self.phase() == Phase::Idle
    }

    pub(super) fn play(self) {
        if untrack(|| self.can_play()) {
            self.players().into_iter().for_each(Player::play);
        }
    }

    pub(super) fn stop(self) {
        self.players().into_iter().for_each(Player::stop);
    }

    fn players(self) -> [Player; 2] {
        [self.first, self.second]
    }
}

/// A contestant's place at the table.
#[derive(Clone, Copy)]
pub(super) struct Player {
    question: Question,
    chosen: RwSignal<Option<usize>>,
    pub(super) state: RwSignal<State>,
    pub(super) tokens: RwSignal<Vec<Token>>,
    /// Milliseconds on the browser's clock at the first token, for the speed while it writes.
    first_token_at: StoredValue<f64>,
    client: StoredValue<Option<Client>>,
}

impl Player {
    fn new(question: Question, chosen: Option<usize>) -> Self {
        Self {
            question,
            chosen: RwSignal::new(chosen),
            state: RwSignal::default(),
            tokens: RwSignal::default(),
            first_token_at: StoredValue::new(0.0),
            client: StoredValue::new(None),
        }
    }

    fn wake(self) {
        self.client.set_value(Some(Client::new(move |_, event| self.hear(event))));
    }

    /// The contestant at this position of the view; nobody for any other word.
    pub(super) fn choose(self, word: &str) {
        let chosen = word.parse().ok();
        if chosen.is_none()
            && let Some(client) = self.client.get_value()
        {
            client.end();
            self.tokens.set(Vec::new());
            self.state.set(State::default());
        }
        self.chosen.set(chosen);
    }

    pub(super) fn is_seated(self) -> bool {
        self.chosen.with(Option::is_some)
    }

    pub(super) fn of_contestant(self, read: impl FnOnce(&PlaygroundContestant) -> String) -> String {
        let Some(chosen) = self.chosen.get() else { return String::new() };
        self.question.view.with_value(|view| view.contestants.get(chosen).map(read)).unwrap_or_default()
    }

    /// Loads what its contestant needs, and writes. Does nothing without one, or while it is at something.
    pub(super) fn play(self) {
        let Bundle::Found(bundle, _) = self.question.bundle.get_untracked() else { return };
        let Some(client) = self.client.get_value().filter(|_| untrack(|| self.can_play())) else { return };
        let Some((_, model)) = self.wanted() else { return };
        let loading = Loading::of(model.manifest.bytes());
        self.tokens.set(Vec::new());
        self.state.set(State { phase: Phase::Loading, loading, ..State::default() });
        if let Some(ready) = client.load(&bundle, &model, self.question.backend.get_untracked()) {
            self.write(ready);
        }
    }

    fn can_play(self) -> bool {
        self.question.is_complete() && self.state.with(|state| state.phase == Phase::Idle)
    }

    fn stop(self) {
        let Some(client) = self.client.get_value() else { return };
        if self.state.with_untracked(|state| state.phase) == Phase::Loading {
            client.abandon();
            self.state.set(State::default());
        } else {
            client.stop();
        }
    }

    /// Tokens a second since the first, until the worker says it better.
    pub(super) fn speed(self) -> Option<f64> {
        let count = self.tokens.with(Vec::len);
        if count < 2 {
            // On the server too, which has no such clock.
            return None;
        }
        let seconds = (now_millis() - self.first_token_at.get_value()) / 1000.0;
        (seconds > 0.0).then(|| (count - 1) as f64 / seconds)
    }

    fn wanted(self) -> Option<(PlaygroundContestant, BrowserModel)> {
        let chosen = self.chosen.get_untracked()?;
        self.question.view.with_value(|view| {
            let contestant = view.contestants.get(chosen)?;
            let model = view.models.iter().find(|model| model.manifest.name == contestant.model)?;
            Some((contestant.clone(), model.clone()))
        })
    }

    fn write(self, ready: Ready) {
        self.state.update(|state| {
            state.phase = Phase::Writing;
            state.ready = Some(ready);
        });
        let (Some((contestant, _)), Some(client)) = (self.wanted(), self.client.get_value()) else { return };
        let PlaygroundContestant { system_prompt, sampler, .. } = contestant;
        let seed = self.question.seed.get_untracked().parse().unwrap_or_default();
        let prompt = self.question.prompt.get_untracked();
        client.generate(Order { prompt, system_prompt, sampler, seed, steps: None });
    }

    fn hear(self, event: Event) {
        match event {
            Event::Progress { .. } | Event::Preparing => {
                self.state.update(|state| state.loading.hear(&event, now_millis()));
            }
            Event::Ready(ready) => self.write(ready),
            Event::Step(step) => {
                if step.index == 0 {
                    self.first_token_at.set_value(now_millis());
                }
                let token = Token {
                    index: step.index,
                    text: step.text,
                    entropy: step.entropy,
                    log_probability: step.log_probability,
                };
                self.tokens.update(|tokens| tokens.push(token));
            }
            Event::Done(done) => self.state.update(|state| {
                state.phase = Phase::Idle;
                state.done = Some(done);
            }),
            Event::Failed { error, .. } => {
                self.state.update(|state| {
                    state.phase = Phase::Idle;
                    state.broken = Some(error.message);
                });
                // Its code may have been replaced by a newer one meanwhile.
                bundle::look(self.question.bundle);
            }
            Event::Started { .. }
            | Event::Verdict(_)
            | Event::Judged { .. }
            | Event::Epoch(_)
            | Event::Learned { .. }
            | Event::Sketch(_)
            | Event::Drawn(_) => {}
        }
    }
}
