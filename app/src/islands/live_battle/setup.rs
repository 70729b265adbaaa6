//! Before anything is loaded: which models, which prompt, on what.

use leptos::{prelude::*, wasm_bindgen::JsValue};
use plaudit_domain::Task;
use plaudit_runner::protocol::BackendChoice;

use crate::{
    format,
    islands::{
        device_choice::DeviceChoice,
        live, remembered,
        worker::{bundle::Bundle, cache},
    },
    view_model::live::{LiveOffer, OfferedModel, OfferedSource},
};

/// Counted as the textarea counts them.
const PROMPT_CHARACTERS: usize = 2000;
/// The counter appears when so many are left.
const COUNTER_FROM: usize = 1800;

/// What the visitor chose.
#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) offer: StoredValue<LiveOffer>,
    /// Which models, by position in the offer.
    chosen: RwSignal<Vec<bool>>,
    /// Which of them are on this device.
    cached: RwSignal<Vec<bool>>,
    pub(super) prompt: RwSignal<String>,
    /// The picture that is to be changed; empty leaves it to the server.
    pub(super) source: RwSignal<String>,
    pub(super) backend: RwSignal<BackendChoice>,
    /// The connection's speed in megabits a second, once this browser has told it and it is slow.
    slow: RwSignal<Option<f64>>,
    /// The list of models is open: what is in it was not agreed to yet.
    asks: RwSignal<bool>,
    next_prompt: StoredValue<usize>,
}

impl Setup {
    pub(super) fn new(offer: LiveOffer) -> Self {
        Self {
            chosen: RwSignal::new(smallest(&offer.models)),
            cached: RwSignal::new(vec![false; offer.models.len()]),
            offer: StoredValue::new(offer),
            prompt: RwSignal::default(),
            source: RwSignal::default(),
            backend: RwSignal::default(),
            slow: RwSignal::default(),
            asks: RwSignal::new(true),
            next_prompt: StoredValue::new(0),
        }
    }

    /// Takes over what this browser remembers and has.
    pub(super) fn recall(self) {
        self.backend.set(remembered::backend());
        self.slow.set(slow_connection());
        if let Some(names) = remembered::models() {
            let known = self.with_models(|models| {
                models.iter().map(|offered| names.contains(&offered.model.manifest.name)).collect::<Vec<_>>()
            });
            if self.with_models(|models| contestants(models, &known)) >= 2 {
                self.chosen.set(known);
                self.asks.set(false);
            }
        }
        self.next_prompt.set_value((js_sys::Math::random() * 1e6) as usize);
        self.look_into_cache();
    }

    /// Whether the arena's contestants draw.
    pub(super) fn draws(self) -> bool {
        self.offer.with_value(|offer| offer.arena.task != Task::Text)
    }

    /// Whether they change pictures.
    pub(super) fn edits(self) -> bool {
        self.offer.with_value(|offer| offer.arena.task == Task::ImageEdit)
    }

    /// Finds out which models are on this device.
    pub(super) fn look_into_cache(self) {
        leptos::task::spawn_local(async move {
            let models = self.with_models(<[OfferedModel]>::to_vec);
            for (position, offered) in models.iter().enumerate() {
                let is_there = cache::has(&offered.model).await
                    && match &offered.with {
                        Some(with) => cache::has(with).await,
                        None => true,
                    };
                self.cached.update(|cached| set(cached, position, is_there));
            }
        });
    }

    /// Remembers the agreement, so that it is not asked for again.
    pub(super) fn agree(self) {
        self.asks.set(false);
        self.with_models(|models| {
            remembered::remember_models(&names(models, &self.chosen.get_untracked()));
        });
    }

    /// Names of the models to draw contestants from, as the server reads them.
    pub(super) fn names(self) -> String {
        self.with_models(|models| names(models, &self.chosen.get_untracked()).join(","))
    }

    /// Whether the chosen models are enough for a battle.
    pub(super) fn is_enough(self) -> bool {
        self.contestants() >= 2
    }

    fn contestants(self) -> u32 {
        self.chosen.with(|chosen| self.with_models(|models| contestants(models, chosen)))
    }

    fn with_models<T>(self, read: impl FnOnce(&[OfferedModel]) -> T) -> T {
        self.offer.with_value(|offer| read(&offer.models))
    }

    /// Bytes of the chosen models, and of those among them that are not on this device.
    fn bytes(self) -> (u64, u64) {
        self.chosen.with(|chosen| self.cached.with(|cached| self.with_models(|models| bytes(models, chosen, cached))))
    }

    fn summary(self) -> String {
        let count = self.chosen.with(|chosen| chosen.iter().filter(|chosen| **chosen).count());
        let (all, missing) = self.bytes();
        let models = format::counted(count as u64, "model", "models");
        if count == 0 {
            return "none chosen".to_owned();
        }
        if missing == 0 {
            return [&models, ", ", &format::megabytes(all), ", already on this device"].concat();
        }
        [&models, ", ", &format::megabytes(missing), " to download, ", &download_time(missing, self.slow.get())]
            .concat()
    }

    fn take_prompt(self) {
        let prompt = self.offer.with_value(|offer| {
            let position = self.next_prompt.get_value();
            self.next_prompt.set_value(position.wrapping_add(1));
            let count = offer.prompts.len().max(1);
            offer.prompts.get(position % count).cloned()
        });
        if let Some(prompt) = prompt {
            self.prompt.set(prompt);
        }
    }
}

/// What a download is told to take where the browser does not know its connection, in megabits a second.
const USUAL_CONNECTION: f64 = 50.0;

/// The connection's speed in megabits a second, where the browser knows it to be slow: it never tells more than ten. For
/// the browser alone: the page is rendered on the server first, where there is no connection to ask about.
fn slow_connection() -> Option<f64> {
    let get = |from: &JsValue, name: &str| js_sys::Reflect::get(from, &name.into()).ok();
    let connection = get(&get(&window(), "navigator")?, "connection")?;
    let speed = get(&connection, "downlink")?.as_f64()?;
    (speed > 0.0 && speed < 10.0).then_some(speed)
}

/// `about 16 seconds at 50 Mbit/s`.
fn download_time(bytes: u64, slow: Option<f64>) -> String {
    let speed = slow.unwrap_or(USUAL_CONNECTION);
    let time = format::duration(bytes as f64 * 8.0 / (speed * 1e6));
    ["about ", &time, " at ", &format::setting(speed), "\u{a0}Mbit/s"].concat()
}

/// A model of so many bytes is there in two seconds on most connections: nobody has to be asked for it.
const SMALL: u64 = 10_000_000;

/// The smallest models that make two contestants together, and all others that are as small.
fn smallest(models: &[OfferedModel]) -> Vec<bool> {
    let mut sum = 0;
    let enough = |offered: &OfferedModel| {
        let wanted = sum < 2 || offered.model.manifest.bytes() <= SMALL;
        sum += offered.contestants;
        wanted
    };
    models.iter().map(enough).collect()
}

fn contestants(models: &[OfferedModel], chosen: &[bool]) -> u32 {
    let chosen = models.iter().zip(chosen).filter(|(_, chosen)| **chosen);
    chosen.map(|(offered, _)| offered.contestants).sum()
}

fn names<'a>(models: &'a [OfferedModel], chosen: &[bool]) -> Vec<&'a str> {
    let chosen = models.iter().zip(chosen).filter(|(_, chosen)| **chosen);
    chosen.map(|(offered, _)| offered.model.manifest.name.as_str()).collect()
}

fn bytes(models: &[OfferedModel], chosen: &[bool], cached: &[bool]) -> (u64, u64) {
    let mut sums = (0, 0);
    // What several models need beside them is there once. A model that is on this device has it there too.
    let mut needed: Vec<(&str, bool)> = Vec::new();
    let all = models.iter().zip(chosen).zip(cached);
    for ((offered, _), cached) in all.clone().filter(|((_, chosen), _)| **chosen) {
        let bytes = offered.model.manifest.bytes();
        sums.0 += bytes;
        sums.1 += if *cached { 0 } else { bytes };
        if let Some(with) =
            offered.with.as_ref().filter(|with| needed.iter().all(|(name, _)| *name != with.manifest.name))
        {
            let name = with.manifest.name.as_str();
            let shares = |other: &OfferedModel| other.with.as_ref().is_some_and(|other| other.manifest.name == name);
            let is_there = all.clone().any(|((other, _), cached)| *cached && shares(other));
            needed.push((name, is_there));
            sums.0 += with.manifest.bytes();
            sums.1 += if is_there { 0 } else { with.manifest.bytes() };
        }
    }
    sums
}

fn set(flags: &mut [bool], position: usize, value: bool) {
    if let Some(flag) = flags.get_mut(position) {
        *flag = value;
    }
}

fn counter(length: usize) -> String {
    if length < COUNTER_FROM {
        return String::new();
    }
    [&format::count(length as u64), " of ", &format::count(PROMPT_CHARACTERS as u64), " characters"].concat()
}

/// The form's fields.
#[component]
pub(super) fn SetupFields(setup: Setup, bundle: RwSignal<Bundle>) -> impl IntoView {
    let models = setup.with_models(|models| {
        models.iter().enumerate().map(|(position, offered)| model(setup, position, offered)).collect::<Vec<_>>()
    });
    let edits = setup.edits();
    let sources =
        setup.offer.with_value(|offer| offer.sources.iter().map(|source| choice(setup, source)).collect::<Vec<_>>());
    let has_prompts = setup.offer.with_value(|offer| !offer.prompts.is_empty());
    let prompt = setup.prompt;
    let too_few = move || !setup.is_enough();
    view! {
        <details class="setup__models" open=live::flag(move || setup.asks.get())>
            <summary>"Models: " <span class="setup__summary">{live::text(move || setup.summary())}</span></summary>
            <fieldset class="models">
                <legend class="visually-hidden">"Models to download"</legend>
                {models}
            </fieldset>
            <p class="models__program muted">{live::text(move || bundle.with(Bundle::cost))}</p>
        </details>
        <p class="setup__few" role="status">
            {live::word(move || {
                if too_few() { "A battle needs two contestants. Choose one more model." } else { "" }
            })}
        </p>
        {edits.then(|| view! {
            <fieldset class="sources">
                <legend class="field__name">"The picture to change"</legend>
                <p class="sources__hint muted">"Choose one, or leave it to chance."</p>
                {sources}
            </fieldset>
        })}
        <div class="field">
            <label class="field__name" for="live-prompt">{if edits { "What shall become of it?" } else { "Prompt" }}</label>
            <textarea
                id="live-prompt"
                rows="3"
                maxlength=PROMPT_CHARACTERS.to_string()
                placeholder=if edits {
                    "Make it blue? Add a hat? As a night scene? Leave it empty to take one of the arena’s prompts"
                } else if setup.draws() {
                    "What shall they draw? A blue cat with a hat? Leave it empty to take one of the arena’s prompts"
                } else {
                    "Leave it empty to take one of the arena’s prompts"
                }
                prop:value=live::text(move || prompt.get())
                on:input=move |event| prompt.set(event_target_value(&event))
            ></textarea>
            <p class="field__more">
                <button class="button button--small" type="button" hidden=!has_prompts on:click=move |_| setup.take_prompt()>
                    "Take a prompt"
                </button>
                <span class="muted">{live::text(move || counter(prompt.with(|prompt| prompt.encode_utf16().count())))}</span>
            </p>
        </div>
        <DeviceChoice backend=setup.backend/>
    }
}

/// A picture that may be changed.
fn choice(setup: Setup, source: &OfferedSource) -> impl IntoView + use<> {
    let (id, picture) = (source.id.clone(), source.picture.clone());
    let value = id.clone();
    let class = if picture.pixelated { "sources__picture sources__picture--pixelated" } else { "sources__picture" };
    view! {
        <label class="sources__choice">
            <input
                class="visually-hidden"
                type="radio"
                name="live-source"
                value=value
                on:change=move |_| setup.source.set(id.clone())
            />
            <img class=class src=picture.address alt=picture.description width="64" height="64" loading="lazy"/>
        </label>
    }
}

fn model(setup: Setup, position: usize, offered: &OfferedModel) -> impl IntoView + use<> {
    let flag = move |flags: RwSignal<Vec<bool>>| flags.with(|flags| flags.get(position).copied().unwrap_or_default());
    let chosen = setup.chosen;
    let initial = chosen.with_untracked(|chosen| chosen.get(position).copied().unwrap_or_default());
    let facts = [
        &format::megabytes(offered.model.manifest.bytes()),
        " · ",
        &format::counted(u64::from(offered.contestants), "contestant", "contestants"),
    ]
    .concat();
    view! {
        <label class="model">
            <input
                type="checkbox"
                checked=initial
                prop:checked=live::flag(move || flag(chosen))
                on:change=move |event| chosen.update(|chosen| set(chosen, position, event_target_checked(&event)))
            />
            <span class="model__title">{offered.model.manifest.title.clone()}</span>
            <span class="muted">{facts}</span>
            <span class="tag" hidden=live::flag(move || !flag(setup.cached))>"already on this device"</span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use plaudit_domain::{FileRole, ModelFile, ModelManifest, SelfCheck};

    use super::*;
    use crate::view_model::live::BrowserModel;

    fn offered(name: &str, bytes: u64, contestants: u32) -> OfferedModel {
        let file = ModelFile { role: FileRole::Weights, path: "w".to_owned(), sha256: "0".repeat(64), bytes };
        let manifest = ModelManifest {
            format: String::new(),
            name: name.to_owned(),
            title: name.to_owned(),
            architecture: String::new(),
            parameters: 1,
            context: 1,
            license: String::new(),
            source: String::new(),
            files: vec![file],
            self_check: SelfCheck { prompt_tokens: vec![], logits: vec![] },
        };
        OfferedModel { model: BrowserModel { manifest, folder: String::new() }, with: None, contestants }
    }

    #[test]
    fn the_smallest_models_that_make_a_battle_are_chosen_first() {
        let [one, two, three] = [SMALL + 1, SMALL + 2, SMALL + 3];
        assert_eq!(smallest(&[offered("a", one, 2), offered("b", two, 2)]), [true, false]);
        assert_eq!(
            smallest(&[offered("a", one, 1), offered("b", two, 1), offered("c", three, 1)]),
            [true, true, false]
        );
        assert_eq!(smallest(&[offered("a", 1, 2), offered("b", SMALL, 2), offered("c", one, 2)]), [true, true, false]);
    }

    #[test]
    fn what_is_on_the_device_is_not_downloaded() {
        let models = [offered("a", 1, 1), offered("b", 20, 1), offered("c", 300, 1)];
        assert_eq!(bytes(&models, &[true, true, false], &[true, false, false]), (21, 20));
        assert_eq!(names(&models, &[true, false, true]), ["a", "c"]);
    }

    #[test]
    fn what_two_models_share_is_downloaded_once() {
        let with = Some(offered("words", 3, 0).model);
        let models = [offered("a", 10, 1), offered("b", 10, 1), offered("c", 10, 1)]
            .map(|model| OfferedModel { with: with.clone(), ..model });
        assert_eq!(bytes(&models, &[true, true, false], &[false; 3]), (23, 23));
        // The third one, which nobody chose, has brought it already.
        assert_eq!(bytes(&models, &[true, true, false], &[false, false, true]), (23, 20));
    }

    #[test]
    fn a_download_is_told_in_time_as_well() {
        assert_eq!(download_time(98_400_000, None), "about 16 seconds at 50\u{a0}Mbit/s");
        assert_eq!(download_time(98_400_000, Some(1.6)), "about 8 minutes at 1.6\u{a0}Mbit/s");
        assert_eq!(download_time(2_500_000, None), "about 1 second at 50\u{a0}Mbit/s");
    }

    #[test]
    fn the_counter_appears_near_the_end() {
        assert_eq!(counter(1799), "");
        assert_eq!(counter(1990), "1,990 of 2,000 characters");
    }
}
