use leptos::prelude::*;
use plaudit_domain::{Finish, Side};

use super::maker::{Maker, Phase, Remedy, STAGE_ID};
use crate::{
    components::labels,
    format,
    islands::{
        easel::Easel,
        live,
        loading::LoadingBar,
        reveal::Reveal,
        vote_form::{VoteControls, on_submit},
    },
};

/// The battle as it comes about: prompt, two texts, and then the ballot.
#[component]
pub(super) fn Stage(maker: Maker) -> impl IntoView {
    let Maker { state, vote, left, right, .. } = maker;
    let phase = move || maker.phase();
    let loading =
        Signal::derive(move || left.state.with(|left| right.state.with(|right| left.loading.together(right.loading))));
    let at_work = move || matches!(phase(), Phase::Loading | Phase::Writing);
    // A picture is handed in whole or not at all: what was stopped half way could not be made again.
    let something = move || left.tokens.get() > 0 && right.tokens.get() > 0;
    let draws = maker.draws;
    let edits = maker.setup.edits();
    view! {
        <section class="stage" hidden=live::flag(move || matches!(phase(), Phase::Setup | Phase::Drawing))>
            <details class="live-mark">
                <summary><span class="tag tag--live">"Live"</span> " Made on this device"</summary>
                <p>
                    "To make them here, your browser had to be told which model and which settings each side uses. This page does not show them before your vote, but a curious voter could look them up. That is why live battles are marked as live wherever they are counted, and the server makes some of them again to check them."
                </p>
            </details>
            <section class=if edits { "prompt prompt--edit" } else { "prompt" } aria-labelledby=STAGE_ID>
                {edits.then(|| view! {
                    <img
                        class="prompt__source"
                        src=live::text(move || state.with(|state| state.source.clone()))
                        alt="The picture to change"
                        width="160"
                        height="160"
                    />
                })}
                <div>
                    <h2 class="prompt__heading" id=STAGE_ID tabindex="-1">"Prompt"</h2>
                    <div class="prompt__text prose" inner_html=live::text(move || state.with(|state| state.prompt_html.clone()))></div>
                </div>
            </section>
            <form class="battle" on:submit=move |event| on_submit(vote, &event)>
                <div class="sides">
                    <LiveCard maker side=Side::Left/>
                    <LiveCard maker side=Side::Right/>
                </div>
                <div class="vote-bar">
                    <p class="visually-hidden" role="status">{live::word(move || announcement(phase(), draws))}</p>
                    <div class="making" hidden=live::flag(move || phase() == Phase::Voting)>
                        <div class="making__now" hidden=live::flag(move || phase() != Phase::Loading)>
                            <LoadingBar loading/>
                        </div>
                        <p class="making__now" hidden=live::flag(move || phase() == Phase::Loading)>
                            {live::word(move || now(phase(), draws))}
                        </p>
                        <button
                            class="button button--primary"
                            type="button"
                            hidden=live::flag(move || phase() != Phase::Writing || !something())
                            on:click=move |_| maker.stop()
                        >
                            "Stop and vote"
                        </button>
                        <button class="button" type="button" on:click=move |_| maker.change()>
                            {live::word(move || if at_work() { "Cancel" } else { "Change prompt or models" })}
                        </button>
                    </div>
                    <div hidden=live::flag(move || phase() != Phase::Voting)>
                        <VoteControls vote/>
                    </div>
                </div>
                <p hidden=live::flag(move || phase() != Phase::Voting)>
                    <button class="button button--quiet" type="button" on:click=move |_| maker.change()>
                        "Change prompt or models"
                    </button>
                </p>
            </form>
        </section>
    }
}

/// What went wrong with the battle as a whole, and what helps.
#[component]
pub(super) fn Alert(maker: Maker) -> impl IntoView {
    let state = maker.state;
    let text =
        move || state.with(|state| state.trouble.as_ref().map(|trouble| trouble.text.clone())).unwrap_or_default();
    let helps = move |remedy: Remedy| {
        live::flag(move || state.with(|state| state.trouble.as_ref().is_none_or(|trouble| trouble.remedy != remedy)))
    };
    view! {
        <div class="alert" role="alert" hidden=live::flag(move || state.with(|state| state.trouble.is_none()))>
            <p class="alert__text">{live::text(text)}</p>
            <p class="alert__actions" hidden=helps(Remedy::Another)>
                <button class="button" type="button" on:click=move |_| maker.generate()>"Generate another"</button>
                <button class="button" type="button" on:click=move |_| maker.change()>"Change the prompt"</button>
            </p>
            <p class="alert__actions" hidden=helps(Remedy::SendAgain)>
                <button class="button" type="button" on:click=move |_| maker.send()>"Send again"</button>
            </p>
        </div>
    }
}

/// One side: its text as it is written, and then as the server renders it.
#[component]
fn LiveCard(maker: Maker, side: Side) -> impl IntoView {
    let letter = labels::side(side);
    let card = maker.card(side);
    let phase = move || maker.phase();
    let vote = maker.vote.state;
    let broken = move || card.state.with(|card| card.broken.clone()).unwrap_or_default();
    let rendered = move || phase() == Phase::Voting;
    let draws = maker.draws;
    let described = Signal::derive(move || {
        let asked = maker.state.with(|state| state.asked.clone());
        match card.sketch.with(Option::is_some) {
            true => ["Answer ", letter, " to: ", &asked].concat(),
            false => ["Answer ", letter, ": nothing to see yet"].concat(),
        }
    });
    let text = (!draws).then(|| {
        view! {
            <p class="generation__text stream" hidden=live::flag(rendered)>{live::text(move || card.text.get())}</p>
            <div
                class="generation__text prose"
                hidden=live::flag(move || !rendered())
                inner_html=live::text(move || card.state.with(|card| card.html.clone()))
            ></div>
            <p class="generation__count">
                <span class="generation__tokens">{live::text(move || format::counted(u64::from(card.tokens.get()), "token", "tokens"))}</span>
                {live::word(move || ending(card.state.with(|card| card.over)))}
            </p>
        }
    });
    let picture = draws.then(|| view! { <Easel sketch=card.sketch described/> });
    view! {
        <section class=["generation generation--", &letter.to_ascii_lowercase()].concat() aria-label=["Answer ", letter].concat()>
            <header class="generation__header">
                <h2 class="generation__letter"><span class="visually-hidden">"Answer "</span>{letter}</h2>
                <div>
                    <Reveal side state=vote/>
                    <p class="reveal__standing" hidden=live::flag(move || vote.with(|vote| vote.receipt.is_none()))>
                        {live::text(move || card.state.with(|card| card.facts.clone()))}
                    </p>
                </div>
            </header>
            <div class="generation__broken" role="alert" hidden=live::flag(move || broken().is_empty())>
                <p>{live::text(broken)}</p>
                <button class="button" type="button" on:click=move |_| maker.write()>"Retry"</button>
            </div>
            {text}
            {picture}
        </section>
    }
}

fn ending(over: Option<Option<Finish>>) -> &'static str {
    match over {
        None => "",
        Some(Some(Finish::Stop)) => " · finished",
        Some(Some(Finish::Length)) => " · at its limit",
        Some(None) => " · stopped",
    }
}

fn now(phase: Phase, draws: bool) -> &'static str {
    match phase {
        Phase::Writing if draws => "Both draw. Each shows as much of its way as the other.",
        Phase::Writing => "Both write, equally fast.",
        Phase::Sending => "Handing in…",
        _ => "",
    }
}

/// Said to those who do not see it: start and end, never each token.
fn announcement(phase: Phase, draws: bool) -> &'static str {
    match phase {
        Phase::Setup | Phase::Drawing | Phase::Over => "",
        Phase::Loading => "Loading the models.",
        Phase::Writing if draws => "Both sides are drawing.",
        Phase::Writing => "Both sides are writing.",
        Phase::Sending => "Both sides have finished.",
        Phase::Voting if draws => "Both sides have finished. Look and vote.",
        Phase::Voting => "Both sides have finished. Read and vote.",
    }
}
