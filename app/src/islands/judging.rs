//! A finished battle judged on this device: the visitor chooses models, a worker reads, a table fills.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

mod bench;

use leptos::prelude::*;
use plaudit_domain::agreement::FinalAnswer;

use self::bench::{Bench, Opinion, Phase};
use super::{device_choice::DeviceChoice, live, loading::LoadingBar, run_controls::RunControls, sent::Sent};
use crate::{components::labels, format, view_model::live::JudgingOffer};

/// The choice of models, and what their judges say.
#[island]
pub fn JudgingIsland(
    /// The battle, the models and the judges.
    offer: Sent<JudgingOffer>,
) -> impl IntoView {
    let Sent(offer) = offer;
    let models: Vec<_> =
        offer.models.iter().enumerate().map(|(position, model)| (position, model.model.title.clone())).collect();
    let has_models = !models.is_empty();
    let bench = Bench::new(offer);
    Effect::new(move |_| bench.wake());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        bench.judge();
    };
    let is = move |phase: Phase| bench.phase.get() == phase;
    let label = move || match bench.phase.get() {
        Phase::Loading => "Loading…",
        Phase::Reading => "Reading…",
        Phase::Idle => "Judge it here",
    };
    let broken = move || bench.broken.with(|broken| broken.clone().unwrap_or_default());
    let choices: Vec<_> = models
        .into_iter()
        .map(|(position, title)| {
            view! {
                <label class="model">
                    <input
                        type="checkbox"
                        checked=position == 0
                        prop:checked=live::flag(move || bench.is_chosen(position))
                        on:change=move |event| bench.choose(position, event_target_checked(&event))
                    />
                    <span class="model__title">{title}</span>
                    <span class="muted">{live::text(move || bench.about(position))}</span>
                </label>
            }
        })
        .collect();
    let loading = Signal::derive(move || bench.loading.get());
    view! {
        <section class="votes judging" aria-labelledby="judging-heading">
            <h2 id="judging-heading">"Judge it on this device"</h2>
            <p>
                "Small models can read this battle here and say which answer they prefer. "
                "Their verdicts stay on this page: the arena counts only what its server has judged itself."
            </p>
            <form class="setup" on:submit=submit>
                <fieldset class="models" hidden=!has_models>
                    <legend class="visually-hidden">"Models that read"</legend>
                    {choices}
                </fieldset>
                <p class="models__program muted">{live::text(move || bench.cost())}</p>
                <DeviceChoice backend=bench.backend/>
                <RunControls
                    bundle=bench.bundle
                    label=Signal::derive(label)
                    can_start=Signal::derive(move || bench.can_judge())
                    is_idle=Signal::derive(move || is(Phase::Idle))
                    stop=Callback::new(move |()| bench.stop())
                />
            </form>
            <div class="alert" role="alert" hidden=live::flag(move || broken().is_empty())>
                <p class="alert__text">{live::text(broken)}</p>
            </div>
            <div hidden=live::flag(move || !is(Phase::Loading))>
                <LoadingBar loading/>
            </div>
            <div hidden=live::flag(move || bench.opinions.with(Vec::is_empty))>
                <p class="opinions__summary" role="status">{live::text(move || bench.summary())}</p>
                <table class="votes__table">
                    <caption class="visually-hidden">"What judges said on this device"</caption>
                    <thead>
                        <tr><th scope="col">"Judge"</th><th scope="col">"Answer"</th><th scope="col">"Time"</th></tr>
                    </thead>
                    <tbody>
                        <For each=move || bench.opinions.get() key=|opinion| opinion.name.clone() let(opinion)>
                            {row(opinion)}
                        </For>
                    </tbody>
                </table>
                <p class="muted">{live::text(move || bench.device())}</p>
            </div>
        </section>
    }
}

fn row(opinion: Opinion) -> impl IntoView {
    let Opinion { name, said, took_ms, on_server } = opinion;
    let (answer, chance, reason) = match said {
        Ok(said) => (said.answer, said.left_better, None),
        Err(reason) => (FinalAnswer::Unparsed, None, Some(reason)),
    };
    let chance = chance.map(|chance| [&format::percent(chance), " for A"].concat());
    let beside = on_server.map(|known| match known == answer {
        true => "as on the server".to_owned(),
        false => ["on the server: ", labels::final_answer(known)].concat(),
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>
                {labels::final_answer(answer)}
                {chance.map(|chance| view! { <span class="judging__more muted">{chance}</span> })}
                {beside.map(|beside| view! { <span class="judging__more"><span class="tag">{beside}</span></span> })}
                {reason.map(|reason| view! { <details><summary>"Why"</summary><p class="opinions__why">{reason}</p></details> })}
            </td>
            <td>{duration(took_ms)}</td>
        </tr>
    }
}

/// `12 ms`, `3.4 s`.
fn duration(millis: f64) -> String {
    if millis < 1000.0 { [&format::count(millis.round() as u64), "\u{a0}ms"].concat() } else { format::seconds(millis) }
}
