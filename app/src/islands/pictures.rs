//! One model that draws, by name: words in, a picture that comes out of the noise step by step. Nothing here is stored or ranked.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::prelude::*;
use plaudit_runner::protocol::{BackendChoice, Drawn, Event, Ready, Sketch};

use super::{
    browser::now_millis,
    device_choice::DeviceChoice,
    easel::Easel,
    live,
    loading::{Loading, LoadingBar},
    remembered,
    run_controls::RunControls,
    sent::Sent,
    worker::{
        bundle::{self, Bundle},
        client::Client,
    },
};
use crate::{format, view_model::live::OfferedPainter};

/// Letters of a prompt, as everywhere.
const MOST_LETTERS: &str = "2000";

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing is under way.
    #[default]
    Idle,
    /// The worker gets its model.
    Loading,
    /// It draws.
    Drawing,
}

/// All that changes rarely.
#[derive(Debug, Clone, Default)]
struct State {
    phase: Phase,
    loading: Loading,
    broken: Option<String>,
    ready: Option<Ready>,
    drawn: Option<Drawn>,
    /// What is being drawn, or was.
    asked: String,
}

/// The whole of the page.
#[derive(Clone, Copy)]
struct Studio {
    painters: StoredValue<Vec<OfferedPainter>>,
    chosen: RwSignal<usize>,
    prompt: RwSignal<String>,
    seed: RwSignal<String>,
    backend: RwSignal<BackendChoice>,
    bundle: RwSignal<Bundle>,
    state: RwSignal<State>,
    sketch: RwSignal<Option<Sketch>>,
    client: StoredValue<Option<Client>>,
}

/// The form, and the picture.
#[island]
pub fn PicturesIsland(
    /// What can draw.
    painters: Sent<Vec<OfferedPainter>>,
) -> impl IntoView {
    let Sent(painters) = painters;
    let options: Vec<_> = painters
        .iter()
        .enumerate()
        .map(|(place, painter)| view! { <option value=place.to_string()>{painter.name.clone()}</option> })
        .collect();
    let studio = Studio::new(painters);
    Effect::new(move |_| studio.wake());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        studio.start();
    };
    let label = move || match studio.state.with(|state| state.phase) {
        Phase::Loading => "Loading…",
        Phase::Drawing => "Drawing…",
        Phase::Idle => "Draw",
    };
    let is = move |phase: Phase| studio.state.with(|state| state.phase == phase);
    let broken = move || studio.state.with(|state| state.broken.clone()).unwrap_or_default();
    let loading = Signal::derive(move || studio.state.with(|state| state.loading));
    view! {
        <div class="pictures">
            <form class="setup" on:submit=submit>
                <div class="field">
                    <label class="field__name" for="pictures-prompt">"What shall be seen?"</label>
                    <input
                        id="pictures-prompt"
                        type="text"
                        maxlength=MOST_LETTERS
                        required
                        placeholder="a blue cat"
                        autocomplete="off"
                        prop:value=live::text(move || studio.prompt.get())
                        on:input=move |event| studio.prompt.set(event_target_value(&event))
                    />
                </div>
                <label class="field">
                    <span class="field__name">"Drawn by"</span>
                    <select name="painter" autocomplete="off" on:change=move |event| studio.choose(&event_target_value(&event))>
                        {options}
                    </select>
                </label>
                <p class="playground__about">
                    {live::text(move || studio.of_painter(|painter| painter.about.clone()))}
                    " "
                    <span class="muted">{live::text(move || studio.cost())}</span>
                </p>
                <div class="field">
                    <label class="field__name" for="pictures-seed">"Seed"</label>
                    <span class="field__row">
                        <input
                            id="pictures-seed"
                            class="field__seed"
                            inputmode="numeric"
                            pattern="[0-9]{1,19}"
                            autocomplete="off"
                            prop:value=live::text(move || studio.seed.get())
                            on:input=move |event| studio.seed.set(event_target_value(&event))
                        />
                        <button class="button button--small" type="button" on:click=move |_| studio.roll()>"Another seed"</button>
                    </span>
                </div>
                <DeviceChoice backend=studio.backend/>
                <RunControls
                    bundle=studio.bundle
                    label=Signal::derive(label)
                    can_start=Signal::derive(move || studio.can_start())
                    is_idle=Signal::derive(move || is(Phase::Idle))
                    stop=Callback::new(move |()| studio.stop())
                />
            </form>
            <div class="pictures__result">
                <div class="alert" role="alert" hidden=live::flag(move || broken().is_empty())>
                    <p class="alert__text">{live::text(broken)}</p>
                </div>
                <div hidden=live::flag(move || !is(Phase::Loading))>
                    <LoadingBar loading/>
                </div>
                <Easel sketch=studio.sketch described=Signal::derive(move || studio.described())/>
                <p class="pictures__status" role="status">{live::text(move || studio.status())}</p>
                <p class="muted">{live::text(move || studio.device())}</p>
            </div>
        </div>
    }
}

impl Studio {
    fn new(painters: Vec<OfferedPainter>) -> Self {
        Self {
            painters: StoredValue::new(painters),
            chosen: RwSignal::default(),
            prompt: RwSignal::default(),
            seed: RwSignal::default(),
            backend: RwSignal::default(),
            bundle: RwSignal::default(),
            state: RwSignal::default(),
            sketch: RwSignal::default(),
            client: StoredValue::new(None),
        }
    }

    /// In the browser, once.
    fn wake(self) {
        self.client.set_value(Some(Client::new(move |_, event| self.hear(event))));
        self.backend.set(remembered::backend());
        self.roll();
        bundle::look(self.bundle);
    }

    fn roll(self) {
        let seed = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        self.seed.set(seed.to_string());
    }

    fn choose(self, word: &str) {
        self.chosen.set(word.parse().unwrap_or_default());
    }

    fn of_painter(self, read: impl FnOnce(&OfferedPainter) -> String) -> String {
        let chosen = self.chosen.get();
        self.painters.with_value(|painters| painters.get(chosen).map(read)).unwrap_or_default()
    }

    /// What a first picture will cost.
    fn cost(self) -> String {
        let program = self.bundle.with(Bundle::cost);
        self.of_painter(|painter| {
            [&format::megabytes(painter.painter.bytes()), " to download, once. ", &program].concat()
        })
    }

    fn can_start(self) -> bool {
        self.bundle.with(|bundle| matches!(bundle, Bundle::Found(..)))
            && self.state.with(|state| state.phase == Phase::Idle)
            && !self.prompt.with(|prompt| prompt.trim().is_empty())
            && self.seed.with(|seed| seed.parse::<u64>().is_ok())
    }

    fn painter(self) -> Option<OfferedPainter> {
        let chosen = self.chosen.get_untracked();
        self.painters.with_value(|painters| painters.get(chosen).cloned())
    }

    fn start(self) {
        let Bundle::Found(bundle, _) = self.bundle.get_untracked() else { return };
        let Some(client) = self.client.get_value().filter(|_| untrack(|| self.can_start())) else { return };
        let Some(OfferedPainter { painter, .. }) = self.painter() else { return };
        let asked = self.prompt.get_untracked().trim().to_owned();
        let loading = Loading::of(painter.bytes());
        self.state.set(State { phase: Phase::Loading, loading, asked, ..State::default() });
        if let Some(ready) = client.load_painter(&bundle, painter, self.backend.get_untracked()) {
            self.draw(ready);
        }
    }

    fn draw(self, ready: Ready) {
        let (Some(OfferedPainter { sampler, .. }), Some(client)) = (self.painter(), self.client.get_value()) else {
            return;
        };
        self.state.update(|state| {
            state.phase = Phase::Drawing;
            state.ready = Some(ready);
        });
        let seed = self.seed.get_untracked().parse().unwrap_or_default();
        client.draw(self.state.with_untracked(|state| state.asked.clone()), sampler, None, seed);
    }

    fn stop(self) {
        let Some(client) = self.client.get_value() else { return };
        if self.state.with_untracked(|state| state.phase) == Phase::Loading {
            client.abandon();
            self.state.update(|state| state.phase = Phase::Idle);
        } else {
            client.stop();
        }
    }

    fn hear(self, event: Event) {
        match event {
            Event::Progress { .. } | Event::Preparing => {
                self.state.update(|state| state.loading.hear(&event, now_millis()));
            }
            Event::Ready(ready) => self.draw(ready),
            Event::Sketch(sketch) => self.sketch.set(Some(sketch)),
            Event::Drawn(drawn) => self.state.update(|state| {
                state.phase = Phase::Idle;
                state.drawn = Some(drawn);
            }),
            Event::Failed { error, .. } => {
                self.state.update(|state| {
                    state.phase = Phase::Idle;
                    state.broken = Some(error.message);
                });
                // Its code may have been replaced by a newer one meanwhile.
                bundle::look(self.bundle);
            }
            _ => {}
        }
    }

    /// For those who cannot see it.
    fn described(self) -> String {
        match self.state.with(|state| state.asked.clone()) {
            asked if asked.is_empty() => "No picture yet".to_owned(),
            asked => ["Drawn for: ", &asked].concat(),
        }
    }

    fn status(self) -> String {
        let sketch = self.sketch.with(|sketch| sketch.as_ref().map(|sketch| (sketch.step, sketch.steps)));
        self.state.with(|state| match (state.phase, sketch, &state.drawn) {
            (Phase::Drawing, Some((step, steps)), _) => {
                ["Step ", &step.to_string(), " of ", &steps.to_string()].concat()
            }
            (Phase::Idle, Some((_, steps)), Some(drawn)) if drawn.finished => {
                let steps = format::counted(u64::from(steps), "step", "steps");
                ["Drawn in ", &format::seconds(drawn.took_ms), ", ", &steps, "."].concat()
            }
            (Phase::Idle, Some((step, steps)), Some(_)) => {
                ["Stopped after step ", &step.to_string(), " of ", &steps.to_string(), "."].concat()
            }
            _ => String::new(),
        })
    }

    /// What it was drawn on.
    fn device(self) -> String {
        self.state.with(|state| {
            let Some(ready) = &state.ready else { return String::new() };
            let fallback = ready.fallback.as_ref().map(|reason| [" Not on WebGPU: ", reason, "."].concat());
            ["Drawn on: ", &ready.device, ".", &fallback.unwrap_or_default()].concat()
        })
    }
}
