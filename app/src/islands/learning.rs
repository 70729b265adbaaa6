//! The arena's reward model learned anew on this device: a worker trains it on the published comparisons, a curve grows, and
//! what comes out stands beside what the server found.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::prelude::*;
use plaudit_runner::protocol::{BackendChoice, Epoch, Event, Ready};

use super::{
    browser::now_millis,
    device_choice::DeviceChoice,
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
use crate::{format, view_model::live::LearningOffer};

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing is under way.
    #[default]
    Idle,
    /// The worker gets the comparisons.
    Loading,
    /// It learns.
    Learning,
}

/// All that changes.
#[derive(Clone, Copy)]
struct Lesson {
    offer: StoredValue<LearningOffer>,
    backend: RwSignal<BackendChoice>,
    bundle: RwSignal<Bundle>,
    phase: RwSignal<Phase>,
    loading: RwSignal<Loading>,
    broken: RwSignal<Option<String>>,
    epochs: RwSignal<Vec<Epoch>>,
    ready: RwSignal<Option<Ready>>,
    client: StoredValue<Option<Client>>,
}

/// The way to learn it, and what came of it.
#[island]
pub fn LearningIsland(
    /// Where the comparisons are, and what the server made of them.
    offer: Sent<LearningOffer>,
) -> impl IntoView {
    let Sent(offer) = offer;
    let lesson = Lesson::new(offer);
    Effect::new(move |_| lesson.wake());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        lesson.start();
    };
    let is = move |phase: Phase| lesson.phase.get() == phase;
    let label = move || match lesson.phase.get() {
        Phase::Loading => "Loading…",
        Phase::Learning => "Learning…",
        Phase::Idle => "Learn it here",
    };
    let broken = move || lesson.broken.with(|broken| broken.clone().unwrap_or_default());
    let loading = Signal::derive(move || lesson.loading.get());
    let line = move |of: fn(&Epoch) -> f64| live::text(move || lesson.epochs.with(|epochs| points(epochs, of)));
    let chance = move || live::text(move || lesson.epochs.with(|epochs| Scale::of(epochs).height(KNOWING_NOTHING)));
    view! {
        <section class="votes judging" aria-labelledby="learning-heading">
            <h2 id="learning-heading">"Learn it anew on this device"</h2>
            <p>{lesson.about()}</p>
            <form class="setup" on:submit=submit>
                <p class="models__program muted">{live::text(move || lesson.cost())}</p>
                <DeviceChoice backend=lesson.backend/>
                <RunControls
                    bundle=lesson.bundle
                    label=Signal::derive(label)
                    can_start=Signal::derive(move || lesson.can_start())
                    is_idle=Signal::derive(move || is(Phase::Idle))
                    stop=Callback::new(move |()| lesson.stop())
                />
            </form>
            <div class="alert" role="alert" hidden=live::flag(move || broken().is_empty())>
                <p class="alert__text">{live::text(broken)}</p>
            </div>
            <div hidden=live::flag(move || !is(Phase::Loading))>
                <LoadingBar loading/>
            </div>
            <div hidden=live::flag(move || lesson.epochs.with(Vec::is_empty))>
                <p class="opinions__summary" role="status">{live::text(move || lesson.summary())}</p>
                <svg class="learning__curve" viewBox="0 0 100 44" preserveAspectRatio="none" aria-hidden="true">
                    <line class="learning__chance" x1="0" x2="100" y1=chance() y2=chance()/>
                    <polyline class="learning__training" points=line(|epoch| epoch.training_loss)/>
                    <polyline class="learning__held-out" points=line(|epoch| epoch.log_loss)/>
                </svg>
                <p class="judges__key" aria-hidden="true">
                    <span><i class="key learning__key--held-out"></i> "held out"</span>
                    <span><i class="key learning__key--training"></i> "learned from"</span>
                    <span><i class="key learning__key--chance"></i> "knowing nothing"</span>
                </p>
                <p class="muted">{live::text(move || lesson.losses())}</p>
                <p class="muted">{live::text(move || lesson.device())}</p>
            </div>
        </section>
    }
}

/// The loss of a judge that knows nothing, in nats.
const KNOWING_NOTHING: f64 = std::f64::consts::LN_2;
/// The least height of the picture, in nats: noise shall not look like progress.
const LEAST: f64 = 0.05;

/// What the foot and the top of the picture stand for, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    foot: f64,
    top: f64,
}

impl Scale {
    /// All that is drawn, and a little room.
    fn of(epochs: &[Epoch]) -> Self {
        let all = epochs.iter().flat_map(|epoch| [epoch.training_loss, epoch.log_loss]);
        let (low, high) =
            all.fold((KNOWING_NOTHING, KNOWING_NOTHING), |(low, high), loss| (low.min(loss), high.max(loss)));
        let room = 0.1 * (high - low).max(LEAST);
        Self { foot: low - room, top: high + room }
    }

    fn height(self, loss: f64) -> String {
        format::tenths(44.0 - 44.0 * (loss - self.foot) / (self.top - self.foot))
    }
}

fn points(epochs: &[Epoch], of: impl Fn(&Epoch) -> f64) -> String {
    let scale = Scale::of(epochs);
    let mut text = String::new();
    for epoch in epochs {
        let across = 100.0 * f64::from(epoch.epoch - 1) / f64::from(epoch.epochs.saturating_sub(1).max(1));
        text.push_str(&format::tenths(across));
        text.push(',');
        text.push_str(&scale.height(of(epoch)));
        text.push(' ');
    }
    text
}

/// The 95 % interval of a share by E. B. Wilson (1927).
fn wilson(share: f64, count: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let spread = Z * Z / count;
    let middle = (share + spread / 2.0) / (1.0 + spread);
    let half = Z / (1.0 + spread) * (share * (1.0 - share) / count + spread / (4.0 * count)).sqrt();
    (middle - half, middle + half)
}

impl Lesson {
    fn new(offer: LearningOffer) -> Self {
        Self {
            offer: StoredValue::new(offer),
            backend: RwSignal::default(),
            bundle: RwSignal::default(),
            phase: RwSignal::default(),
            loading: RwSignal::default(),
            broken: RwSignal::default(),
            epochs: RwSignal::default(),
            ready: RwSignal::default(),
            client: StoredValue::new(None),
        }
    }

    /// In the browser, once.
    fn wake(self) {
        self.client.set_value(Some(Client::new(move |_, event| self.hear(event))));
        self.backend.set(remembered::backend());
        bundle::look(self.bundle);
    }

    fn about(self) -> String {
        self.offer.with_value(|offer| {
            [
                "Your device can learn this judge from the same ",
                &format::counted(offer.comparisons, "pair of answers", "pairs of answers"),
                " that the server’s learned from, and test it on prompts it has not seen: one of ",
                &offer.folds.to_string(),
                " parts is held out. The answers come as vectors of their text, without texts, names or voters. Nothing is sent.",
            ]
            .concat()
        })
    }

    /// What a click will cost.
    fn cost(self) -> String {
        let program = self.bundle.with(Bundle::cost);
        let votes = self.offer.with_value(|offer| format::megabytes(offer.votes.file.bytes));
        [&votes, " to download, once. ", &program].concat()
    }

    fn can_start(self) -> bool {
        self.bundle.with(|bundle| matches!(bundle, Bundle::Found(..))) && self.phase.get() == Phase::Idle
    }

    fn start(self) {
        let Bundle::Found(bundle, _) = self.bundle.get_untracked() else { return };
        let Some(client) = self.client.get_value().filter(|_| untrack(|| self.can_start())) else { return };
        let votes = self.offer.with_value(|offer| offer.votes.clone());
        self.loading.set(Loading::of(votes.file.bytes));
        self.broken.set(None);
        self.epochs.set(Vec::new());
        self.phase.set(Phase::Loading);
        if let Some(ready) = client.load_votes(&bundle, votes, self.backend.get_untracked()) {
            self.learn(ready);
        }
    }

    fn learn(self, ready: Ready) {
        let Some(client) = self.client.get_value() else { return };
        self.ready.set(Some(ready));
        self.phase.set(Phase::Learning);
        client.learn(self.offer.with_value(|offer| offer.folds), 0);
    }

    fn stop(self) {
        let Some(client) = self.client.get_value() else { return };
        if self.phase.get_untracked() == Phase::Loading {
            client.abandon();
            self.phase.set(Phase::Idle);
        } else {
            client.stop();
        }
    }

    fn hear(self, event: Event) {
        match event {
            Event::Progress { .. } | Event::Preparing => {
                self.loading.update(|loading| loading.hear(&event, now_millis()));
            }
            Event::Ready(ready) => self.learn(ready),
            Event::Epoch(epoch) => self.epochs.update(|epochs| epochs.push(epoch)),
            Event::Learned { .. } => self.phase.set(Phase::Idle),
            Event::Failed { error, .. } => {
                self.phase.set(Phase::Idle);
                self.broken.set(Some(error.message));
                // Its code may have been replaced by a newer one meanwhile.
                bundle::look(self.bundle);
            }
            _ => {}
        }
    }

    /// What is predicted rightly, beside what the server found.
    fn summary(self) -> String {
        let Some(last) = self.epochs.with(|epochs| epochs.last().copied()) else { return String::new() };
        let passes = if last.epoch == last.epochs {
            ["After all ", &last.epochs.to_string(), " passes"].concat()
        } else {
            ["After pass ", &last.epoch.to_string(), " of ", &last.epochs.to_string()].concat()
        };
        let decisive = format::counted(last.decisive, "pair", "pairs");
        if last.decisive == 0 {
            return [&passes, ": none of the held-out pairs prefers a side, so there is nothing to predict."].concat();
        }
        let (low, high) = wilson(last.accuracy, last.decisive as f64);
        let on_server = self.offer.with_value(|offer| offer.on_server).map_or_else(String::new, |accuracy| {
            [" The server’s, over all parts: ", &format::percent(accuracy), "."].concat()
        });
        [
            &passes,
            " it predicts ",
            &format::percent(last.accuracy),
            " of ",
            &decisive,
            " that it has not seen (95\u{202f}% interval ",
            &format::percent(low),
            " to ",
            &format::percent(high),
            "); guessing gives half.",
            &on_server,
        ]
        .concat()
    }

    /// The curve in words.
    fn losses(self) -> String {
        let Some(last) = self.epochs.with(|epochs| epochs.last().copied()) else { return String::new() };
        let Scale { foot, top } = self.epochs.with(|epochs| Scale::of(epochs));
        [
            "Log-loss in nats, from ",
            &format::thousandths(foot),
            " at the foot to ",
            &format::thousandths(top),
            " at the top, by passes: held out ",
            &format::thousandths(last.log_loss),
            " in the end, learned from ",
            &format::thousandths(last.training_loss),
            ", knowing nothing 0.693.",
        ]
        .concat()
    }

    /// What it learned on, and how fast.
    fn device(self) -> String {
        let Some(ready) = self.ready.get() else { return String::new() };
        let epochs = self.epochs.with(|epochs| (epochs.len(), epochs.iter().map(|epoch| epoch.took_ms).sum::<f64>()));
        let speed = match epochs {
            (0, _) => String::new(),
            (count, all) => [", ", &format::seconds(all / count as f64), " for each pass"].concat(),
        };
        let fallback = ready.fallback.as_ref().map(|reason| [" Not on WebGPU: ", reason, "."].concat());
        ["Learned on: ", &ready.device, &speed, ".", &fallback.unwrap_or_default()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_holds_all_losses_and_does_not_blow_up_noise() {
        let epoch = |number, training_loss, log_loss| Epoch {
            id: 1,
            epoch: number,
            epochs: 2,
            training_loss,
            held_out: 10,
            decisive: 10,
            accuracy: 0.5,
            log_loss,
            took_ms: 1.0,
        };
        let epochs = [epoch(1, 0.75, 0.70), epoch(2, 0.55, 0.66)];
        let scale = Scale::of(&epochs);
        assert!((scale.foot - 0.53).abs() < 1e-9 && (scale.top - 0.77).abs() < 1e-9, "{scale:?}");
        assert_eq!((scale.height(scale.top), scale.height(scale.foot)), ("0.0".to_owned(), "44.0".to_owned()));
        assert!(points(&epochs, |epoch| epoch.log_loss).starts_with("0.0,"));
        let still = Scale::of(&[epoch(1, KNOWING_NOTHING, KNOWING_NOTHING)]);
        assert!(still.top - still.foot > 0.009, "{still:?}");
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // 15 of 20, from the formula by hand.
        let (low, high) = wilson(0.75, 20.0);
        assert!((low - 0.531).abs() < 5e-4 && (high - 0.888).abs() < 5e-4, "{low} {high}");
    }
}
