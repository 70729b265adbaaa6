//! Which models are chosen, and what the worker makes of the battle.

use leptos::prelude::*;
use plaudit_domain::agreement::FinalAnswer;
use plaudit_runner::protocol::{BackendChoice, Event, JudgeModel, Ready, RewardHead, Said, Verdict};

use crate::{
    format,
    islands::{
        browser::now_millis,
        loading::Loading,
        remembered,
        worker::{
            bundle::{self, Bundle},
            cache,
            client::Client,
        },
    },
    view_model::live::{BrowserModel, JudgingOffer, OfferedJudge},
};

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is under way.
    #[default]
    Idle,
    /// The worker gets its models.
    Loading,
    /// One judge reads after the other.
    Reading,
}

/// What a judge said here.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opinion {
    pub(super) name: String,
    pub(super) said: Result<Said, String>,
    pub(super) took_ms: f64,
    pub(super) on_server: Option<FinalAnswer>,
}

/// A model, as far as the visitor sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Choice {
    is_chosen: bool,
    is_cached: bool,
}

/// All that changes.
#[derive(Clone, Copy)]
pub(super) struct Bench {
    offer: StoredValue<JudgingOffer>,
    /// One for each model of the offer.
    choices: RwSignal<Vec<Choice>>,
    pub(super) backend: RwSignal<BackendChoice>,
    pub(super) bundle: RwSignal<Bundle>,
    pub(super) phase: RwSignal<Phase>,
    pub(super) loading: RwSignal<Loading>,
    pub(super) broken: RwSignal<Option<String>>,
    pub(super) opinions: RwSignal<Vec<Opinion>>,
    ready: RwSignal<Option<Ready>>,
    client: StoredValue<Option<Client>>,
}

impl Bench {
    pub(super) fn new(offer: JudgingOffer) -> Self {
        // The smallest is chosen: it takes seconds, and whoever wants more says so.
        let choices = (0..offer.models.len()).map(|place| Choice { is_chosen: place == 0, is_cached: false }).collect();
        Self {
            choices: RwSignal::new(choices),
            offer: StoredValue::new(offer),
            backend: RwSignal::default(),
            bundle: RwSignal::default(),
            phase: RwSignal::default(),
            loading: RwSignal::default(),
            broken: RwSignal::default(),
            opinions: RwSignal::default(),
            ready: RwSignal::default(),
            client: StoredValue::new(None),
        }
    }

    /// In the browser, once.
    pub(super) fn wake(self) {
        self.client.set_value(Some(Client::new(move |_, event| self.hear(event))));
        self.backend.set(remembered::backend());
        bundle::look(self.bundle);
        self.look_into_cache();
    }

    fn look_into_cache(self) {
        leptos::task::spawn_local(async move {
            let models = self.offer.with_value(|offer| offer.models.clone());
            for (place, JudgeModel { model, folder, .. }) in models.into_iter().enumerate() {
                let is_cached = cache::has(&BrowserModel { manifest: model, folder }).await;
                self.change(place, |choice| choice.is_cached = is_cached);
            }
        });
    }

    fn change(self, place: usize, change: impl FnOnce(&mut Choice)) {
        self.choices.update(|choices| choices.get_mut(place).map(change).unwrap_or_default());
    }

    pub(super) fn is_chosen(self, place: usize) -> bool {
        self.choices.with(|choices| choices.get(place).is_some_and(|choice| choice.is_chosen))
    }

    pub(super) fn choose(self, place: usize, is_chosen: bool) {
        self.change(place, |choice| choice.is_chosen = is_chosen);
    }

    /// Size, place and use of a model.
    pub(super) fn about(self, place: usize) -> String {
        let is_cached = self.choices.with(|choices| choices.get(place).is_some_and(|choice| choice.is_cached));
        self.offer.with_value(|offer| {
            let Some(model) = offer.models.get(place) else { return String::new() };
            let readers = offer.judges.iter().filter(|judge| judge.roles.contains(&model.role)).count();
            let place = if is_cached { ", already on this device" } else { "" };
            let size = format::megabytes(model.model.bytes());
            [&size, place, ", for ", &format::counted(readers as u64, "judge", "judges")].concat()
        })
    }

    /// What a click will cost, and what for.
    pub(super) fn cost(self) -> String {
        let choices = self.choices.get();
        let program = self.bundle.with(Bundle::cost);
        self.offer.with_value(|offer| {
            let missing = offer.models.iter().zip(&choices).filter(|(_, choice)| choice.is_chosen && !choice.is_cached);
            let bytes = missing.map(|(model, _)| model.model.bytes()).sum::<u64>();
            let count = format::counted(judges(offer, &choices).len() as u64, "judge", "judges");
            let download = match bytes {
                0 => ["Nothing to download for ", &count, ". "].concat(),
                _ => [&format::megabytes(bytes), " to download for ", &count, ". "].concat(),
            };
            [download, program].concat()
        })
    }

    pub(super) fn can_judge(self) -> bool {
        self.bundle.with(|bundle| matches!(bundle, Bundle::Found(..))) && self.phase.get() == Phase::Idle
    }

    /// Loads what is chosen, and has the battle judged.
    pub(super) fn judge(self) {
        let Bundle::Found(bundle, _) = self.bundle.get_untracked() else { return };
        let Some(client) = self.client.get_value().filter(|_| untrack(|| self.can_judge())) else { return };
        let choices = self.choices.get_untracked();
        let (models, reward) = self.offer.with_value(|offer| chosen(offer, &choices));
        let head = reward.as_ref().map_or(0, |head| head.tensors.bytes);
        self.loading.set(Loading::of(models.iter().map(|model| model.model.bytes()).sum::<u64>() + head));
        self.broken.set(None);
        self.opinions.set(Vec::new());
        self.phase.set(Phase::Loading);
        if let Some(ready) = client.load_judges(&bundle, models, reward, self.backend.get_untracked()) {
            self.read(ready);
        }
    }

    fn read(self, ready: Ready) {
        let Some(client) = self.client.get_value() else { return };
        self.ready.set(Some(ready));
        self.phase.set(Phase::Reading);
        let choices = self.choices.get_untracked();
        let (judges, battle) = self.offer.with_value(|offer| {
            let judges = judges(offer, &choices).into_iter().map(|judge| judge.id.clone()).collect();
            (judges, offer.battle.clone())
        });
        client.judge(judges, battle);
    }

    pub(super) fn stop(self) {
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
            Event::Ready(ready) => {
                self.look_into_cache();
                self.read(ready);
            }
            Event::Verdict(verdict) => self.take(verdict),
            Event::Judged { .. } => self.phase.set(Phase::Idle),
            Event::Failed { error, .. } => {
                self.phase.set(Phase::Idle);
                self.broken.set(Some(error.message));
                // Its code may have been replaced by a newer one meanwhile.
                bundle::look(self.bundle);
            }
            _ => {}
        }
    }

    fn take(self, verdict: Verdict) {
        let Verdict { judge, said, took_ms, .. } = verdict;
        let known = self.offer.with_value(|offer| offer.judges.iter().find(|known| known.id == judge).cloned());
        let Some(OfferedJudge { name, on_server, .. }) = known else { return };
        self.opinions.update(|opinions| opinions.push(Opinion { name, said, took_ms, on_server }));
    }

    /// With how many of them the reader agrees, who voted.
    pub(super) fn summary(self) -> String {
        let Some(yours) = self.offer.with_value(|offer| offer.yours) else { return String::new() };
        self.opinions.with(|opinions| {
            let said = opinions.iter().filter_map(|opinion| opinion.said.as_ref().ok());
            let answers: Vec<_> = said.map(|said| said.answer).filter(|answer| answer.is_answer()).collect();
            if answers.is_empty() {
                return String::new();
            }
            let agreed = answers.iter().filter(|answer| answer.matches(yours)).count();
            let of = format::counted(answers.len() as u64, "judge", "judges");
            ["You agreed with ", &agreed.to_string(), " of ", &of, "."].concat()
        })
    }

    /// What read, and what it held.
    pub(super) fn device(self) -> String {
        self.ready.with(|ready| {
            let Some(ready) = ready else { return String::new() };
            let fallback = ready.fallback.as_ref().map(|reason| [" Not on WebGPU: ", reason, "."].concat());
            let weights = format::megabytes(ready.weights_bytes);
            ["Read on: ", &ready.device, "; ", &weights, " of weights.", &fallback.unwrap_or_default()].concat()
        })
    }
}

/// The models that are chosen, and the head where it can be used.
fn chosen(offer: &JudgingOffer, choices: &[Choice]) -> (Vec<JudgeModel>, Option<RewardHead>) {
    let models = offer.models.iter().zip(choices).filter(|(_, choice)| choice.is_chosen);
    let models: Vec<_> = models.map(|(model, _)| model.clone()).collect();
    let needs_head = judges(offer, choices).iter().any(|judge| judge.reward);
    (models, offer.reward.clone().filter(|_| needs_head))
}

/// The judges that what is chosen is enough for.
fn judges<'a>(offer: &'a JudgingOffer, choices: &[Choice]) -> Vec<&'a OfferedJudge> {
    let has = |role| {
        let mut models = offer.models.iter().zip(choices);
        models.any(|(model, choice)| model.role == role && choice.is_chosen)
    };
    offer.judges.iter().filter(|judge| judge.can_read_with(has)).collect()
}
