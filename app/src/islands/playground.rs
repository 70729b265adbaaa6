//! One contestant by name, or two side by side, with all their numbers. Nothing here is stored or ranked.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

mod player;
mod readout;

use leptos::prelude::*;
use plaudit_domain::{ArenaSlug, Sampler};

use self::{
    player::{Phase, Player, Table},
    readout::Readout,
};
use super::{device_choice::DeviceChoice, live, run_controls::RunControls, sent::Sent};
use crate::{
    format,
    view_model::live::{PlaygroundContestant, PlaygroundView},
};

/// The form, and what came of it.
#[island]
pub fn PlaygroundIsland(
    /// The models and who uses them.
    view: Sent<PlaygroundView>,
    /// The titles of the arenas, by their names in addresses.
    arenas: Sent<Vec<(ArenaSlug, String)>>,
) -> impl IntoView {
    let (Sent(view), Sent(arenas)) = (view, arenas);
    let groups = || groups(&view.contestants, &arenas);
    let (first_groups, second_groups) = (groups(), groups());
    let table = Table::new(view);
    let Table { question, first, second } = table;
    Effect::new(move |_| table.wake());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        table.play();
    };
    let label = move || match table.phase() {
        Phase::Loading => "Loading…",
        Phase::Writing => "Writing…",
        Phase::Idle => "Generate",
    };
    let has_second = Memo::new(move |_| second.is_seated());
    view! {
        <div class="playground">
            <form class="setup" on:submit=submit>
                <div class="playground__seats">
                    <Seat player=first name="contestant" label="Contestant" nobody=None groups=first_groups/>
                    <Seat player=second name="second" label="Beside it" nobody=Some("Nobody") groups=second_groups/>
                </div>
                <div class="field">
                    <label class="field__name" for="playground-prompt">"Prompt"</label>
                    <textarea
                        id="playground-prompt"
                        rows="3"
                        maxlength="2000"
                        required
                        prop:value=live::text(move || question.prompt.get())
                        on:input=move |event| question.prompt.set(event_target_value(&event))
                    ></textarea>
                </div>
                <div class="field">
                    <label class="field__name" for="playground-seed">"Seed"</label>
                    <span class="field__row">
                        <input
                            id="playground-seed"
                            class="field__seed"
                            inputmode="numeric"
                            pattern="[0-9]{1,19}"
                            autocomplete="off"
                            prop:value=live::text(move || question.seed.get())
                            on:input=move |event| question.seed.set(event_target_value(&event))
                        />
                        <button class="button button--small" type="button" on:click=move |_| table.roll()>"Another seed"</button>
                    </span>
                </div>
                <DeviceChoice backend=question.backend/>
                <RunControls
                    bundle=question.bundle
                    label=Signal::derive(label)
                    can_start=Signal::derive(move || table.can_play())
                    is_idle=Signal::derive(move || table.phase() == Phase::Idle)
                    stop=Callback::new(move |()| table.stop())
                />
            </form>
            <div class="playground__answers" data-count=live::word(move || if has_second.get() { "2" } else { "1" })>
                <Readout player=first named=has_second label="Answer"/>
                {move || has_second.get().then(|| view! { <Readout player=second named=has_second label="Answer beside it"/> })}
            </div>
        </div>
    }
}

/// The choice of a contestant, and what it is.
#[component]
fn Seat(
    player: Player,
    name: &'static str,
    label: &'static str,
    /// The word for leaving the seat empty.
    nobody: Option<&'static str>,
    groups: Vec<AnyView>,
) -> impl IntoView {
    view! {
        <div class="playground__seat">
            <label class="field">
                <span class="field__name">{label}</span>
                <select name=name autocomplete="off" on:change=move |event| player.choose(&event_target_value(&event))>
                    {nobody.map(|word| view! { <option value="">{word}</option> })}
                    {groups}
                </select>
            </label>
            <p class="playground__about">
                {live::text(move || player.of_contestant(|contestant| contestant.description.clone()))}
                " "
                <span class="muted">{live::text(move || player.of_contestant(about))}</span>
            </p>
        </div>
    }
}

/// The options of the select, one group for each arena, in the order of the arenas.
fn groups(contestants: &[PlaygroundContestant], arenas: &[(ArenaSlug, String)]) -> Vec<AnyView> {
    let mut slugs: Vec<&ArenaSlug> = Vec::new();
    for contestant in contestants {
        if !slugs.contains(&&contestant.arena) {
            slugs.push(&contestant.arena);
        }
    }
    let group = |slug: &ArenaSlug| {
        let title = arenas.iter().find(|(known, _)| known == slug).map_or(slug.as_str(), |(_, title)| title);
        let options = contestants.iter().enumerate().filter(|(_, contestant)| contestant.arena == *slug);
        let options: Vec<_> = options
            .map(|(position, contestant)| {
                view! { <option value=position.to_string()>{contestant.name.clone()}</option> }
            })
            .collect();
        view! { <optgroup label=title.to_owned()>{options}</optgroup> }.into_any()
    };
    slugs.into_iter().map(group).collect()
}

fn about(contestant: &PlaygroundContestant) -> String {
    let mut text = ["Samples with ", &settings(&contestant.sampler), "."].concat();
    if let Some(system) = &contestant.system_prompt {
        text.push_str(" Told before every prompt: “");
        text.push_str(system);
        text.push('”');
    }
    text
}

/// A sampler's settings as a list of words.
fn settings(sampler: &Sampler) -> String {
    let number = |name: &str, value: Option<f64>| value.map(|value| [name, " ", &format::setting(value)].concat());
    let words = [
        match sampler.temperature {
            Some(temperature) if temperature > 0.0 => number("temperature", Some(temperature)),
            _ => Some("no randomness (greedy)".to_owned()),
        },
        number("top-k", sampler.top_k.map(f64::from)),
        number("top-p", sampler.top_p),
        number("min-p", sampler.min_p),
        number("repetition penalty", sampler.repetition_penalty.filter(|penalty| *penalty > 1.0)),
        sampler.max_tokens.map(|tokens| ["at most ", &format::count(u64::from(tokens)), " tokens"].concat()),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_in_words_and_unused_ones_are_not() {
        let mut sampler = Sampler {
            temperature: Some(0.8),
            top_k: Some(40),
            top_p: None,
            min_p: Some(0.05),
            repetition_penalty: Some(1.0),
            max_tokens: Some(200),
        };
        assert_eq!(settings(&sampler), "temperature 0.8, top-k 40, min-p 0.05, at most 200 tokens");
        sampler.temperature = Some(0.0);
        assert!(settings(&sampler).starts_with("no randomness (greedy), "));
    }
}
