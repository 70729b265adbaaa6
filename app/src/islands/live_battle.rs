//! A battle that this browser makes: two workers write or draw, the server keeps it, the visitor votes.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

mod maker;
mod setup;
mod stage;

use leptos::prelude::*;
use plaudit_domain::ArenaSlug;
use plaudit_runner::protocol::{BackendKind, Done, Drawn, Ready};

use self::{
    maker::{Maker, Phase},
    setup::{Setup, SetupFields},
    stage::{Alert, Stage},
};
use super::{live, sent::Sent, vote_form::listen, worker::bundle::Bundle};
use crate::{components::labels, format, view_model::live::LiveOffer};

/// The form, and then the battle.
#[island]
pub fn LiveBattleIsland(
    /// The arena.
    arena: ArenaSlug,
    /// Its models and prompts.
    offer: Sent<LiveOffer>,
    /// Whether votes may be published, unless their voter says otherwise.
    publish: bool,
) -> impl IntoView {
    let Sent(offer) = offer;
    let maker = Maker::new(arena, Setup::new(offer), publish);
    listen(maker.vote);
    Effect::new(move |_| maker.wake());
    if let Some(again) = maker.vote.again {
        // The first run is the page's own start.
        Effect::new(move |before: Option<u32>| {
            let count = again.get();
            if before.is_some_and(|before| before != count) {
                untrack(|| maker.generate());
            }
            count
        });
    }
    let phase = move || maker.phase();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        maker.generate();
    };
    let label = move || match (phase(), maker.bundle.with(|bundle| *bundle == Bundle::Unknown)) {
        (Phase::Drawing, _) => "Drawing…",
        (_, true) => "Getting ready…",
        _ => "Generate",
    };
    view! {
        <div class="live-battle">
            <Alert maker/>
            <form class="setup" on:submit=submit hidden=live::flag(move || !matches!(phase(), Phase::Setup | Phase::Drawing))>
                <SetupFields setup=maker.setup bundle=maker.bundle/>
                <div role="status">
                    <p class="setup__notice" hidden=live::flag(move || maker.bundle.with(|bundle| bundle.notice().is_empty()))>
                        {live::word(move || maker.bundle.with(Bundle::notice))}
                    </p>
                </div>
                <p>
                    <button class="button button--primary button--large" type="submit" disabled=live::flag(move || !maker.can_start())>
                        {live::word(label)}
                    </button>
                </p>
            </form>
            <Stage maker/>
        </div>
    }
}

/// What a generation ran on and how fast, for people.
pub(super) fn facts(done: &Done, ready: &Ready) -> String {
    let device = device(done.backend, ready);
    match done.tokens_per_second {
        Some(speed) => [device, " · ", &format::tenths(speed), " tokens/s"].concat(),
        None => device.to_owned(),
    }
}

/// The same of a picture.
pub(super) fn picture_facts(drawn: &Drawn, ready: &Ready) -> String {
    [device(drawn.backend, ready), " · drawn in ", &format::seconds(drawn.took_ms)].concat()
}

/// The words of a device begin with its kind.
fn device(backend: BackendKind, ready: &Ready) -> &str {
    if ready.device.is_empty() { labels::backend(backend) } else { &ready.device }
}
