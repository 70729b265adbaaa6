//! One worker, one generation after the other.

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

/// The whole of the playground.
#[derive(Clone, Copy)]
pub(super) struct Player {
    view: StoredValue<PlaygroundView>,
    chosen: RwSignal<usize>,
    pub(super) prompt: RwSignal<String>,
    pub(super) seed: RwSignal<String>,
    pub(super) backend: RwSignal<BackendChoice>,
    pub(super) bundle: RwSignal<Bundle>,
    pub(super) state: RwSignal<State>,
    pub(super) tokens: RwSignal<Vec<Token>>,
    /// Milliseconds on the browser's clock at the first token, for the speed while it writes.
    first_token_at: StoredValue<f64>,
    client: StoredValue<Option<Client>>,
}

impl Player {
    pub(super) fn new(view: PlaygroundView) -> Self {
        Self {
            view: StoredValue::new(view),
            chosen: RwSignal::new(0),
            prompt: RwSignal::default(),
            seed: RwSignal::default(),
            backend: RwSignal::default(),
            bundle: RwSignal::default(),
            state: RwSignal::default(),
            tokens: RwSignal::default(),
            first_token_at: StoredValue::new(0.0),
            client: StoredValue::new(None),
        }
    }

    /// In the browser, once.
    pub(super) fn wake(self) {
        self.client.set_value(Some(Client::new(move |_, event| self.hear(event))));
        self.backend.set(remembered::backend());
        self.roll();
        bundle::look(self.bundle);
    }

    pub(super) fn choose(self, word: &str) {
        if let Ok(position) = word.parse() {
            self.chosen.set(position);
        }
    }

    pub(super) fn roll(self) {
        let seed = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        self.seed.set(seed.to_string());
    }

    pub(super) fn of_contestant(self, read: impl FnOnce(&PlaygroundContestant) -> String) -> String {
        let chosen = self.chosen.get();
        self.view.with_value(|view| view.contestants.get(chosen).map(read)).unwrap_or_default()
    }

    pub(super) fn can_play(self) -> bool {
        self.bundle.with(|bundle| matches!(bundle, Bundle::Found(..)))
            && self.state.with(|state| state.phase == Phase::Idle)
            && !self.prompt.with(|prompt| prompt.trim().is_empty())
            && self.seed.with(|seed| seed.parse::<u64>().is_ok())
    }

    pub(super) fn play(self) {
        let Bundle::Found(bundle, _) = self.bundle.get_untracked() else { return };
        let Some(client) = self.client.get_value().filter(|_| untrack(|| self.can_play())) else { return };
        let Some((_, model)) = self.wanted() else { return };
        let loading = Loading::of(model.manifest.bytes());
        self.tokens.set(Vec::new());
        self.state.set(State { phase: Phase::Loading, loading, ..State::default() });
        if let Some(ready) = client.load(&bundle, &model, self.backend.get_untracked()) {
            self.write(ready);
        }
    }

    pub(super) fn stop(self) {
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
        let chosen = self.chosen.get_untracked();
        self.view.with_value(|view| {
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
        let seed = self.seed.get_untracked().parse().unwrap_or_default();
        client.generate(Order { prompt: self.prompt.get_untracked(), system_prompt, sampler, seed, steps: None });
    }

    fn hear(self, event: Event) {
        match event {
            Event::Progress { .. } | Event::Preparing => {
                self.state.update(|state| state.loading.hear(&event, now_millis()))
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
                bundle::look(self.bundle);
            }
            Event::Started { .. } => {}
        }
    }
}
