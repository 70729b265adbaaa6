use leptos::prelude::*;
use plaudit_runner::protocol::Ready;

use super::player::{Phase, Player, State, Token};
use crate::{
    format,
    islands::{live, loading::LoadingBar},
};

/// What a contestant wrote, and the numbers behind it.
#[component]
pub(super) fn Readout(
    player: Player,
    /// Whether it says whose answer this is: with one contestant, that stands above.
    named: Memo<bool>,
    /// What the region is called.
    label: &'static str,
) -> impl IntoView {
    let Player { state, tokens, .. } = player;
    let loading = Signal::derive(move || state.with(|state| state.loading));
    let is = move |phase: Phase| state.with(|state| state.phase == phase);
    let broken = move || state.with(|state| state.broken.clone()).unwrap_or_default();
    let of_ready = move |read: fn(&Ready) -> String| {
        live::text(move || state.with(|state| state.ready.as_ref().map(read)).unwrap_or_default())
    };
    let of_state = move |read: fn(&State) -> String| live::text(move || state.with(read));
    let nothing = move || tokens.with(Vec::is_empty);
    view! {
        <section class="readout" aria-label=label>
            <h2 class="readout__name" hidden=live::flag(move || !named.get())>
                {live::text(move || player.of_contestant(|contestant| contestant.name.clone()))}
            </h2>
            <p class="visually-hidden" role="status">
                {live::word(move || match state.with(|state| (state.phase, state.done.is_some())) {
                    (Phase::Loading, _) => "Loading the model.",
                    (Phase::Writing, _) => "Writing.",
                    (Phase::Idle, true) => "Finished.",
                    (Phase::Idle, false) => "",
                })}
            </p>
            <div class="alert" role="alert" hidden=live::flag(move || broken().is_empty())>
                <p class="alert__text">{live::text(broken)}</p>
                <p class="alert__actions">
                    <button class="button" type="button" on:click=move |_| player.play()>"Retry"</button>
                </p>
            </div>
            <div hidden=live::flag(move || !is(Phase::Loading))>
                <LoadingBar loading/>
            </div>
            <p class="stream playground__text" hidden=live::flag(nothing)>
                <For each=move || tokens.get() key=|token| token.index let(token)>{token_view(&token)}</For>
            </p>
            <p class="legend muted" hidden=live::flag(nothing)>
                "How unsure the model was at each token: "
                <span class="token token--0">"sure"</span> " " <span class="token token--1">"some choice"</span> " "
                <span class="token token--2">"much choice"</span> " " <span class="token token--3">"anything goes"</span>
            </p>
            <dl class="facts" hidden=live::flag(move || state.with(|state| state.ready.is_none()))>
                <div><dt>"Tokens"</dt><dd class="readout__tokens">{live::text(move || tokens.with(Vec::len).to_string())}</dd></div>
                <div><dt>"Speed"</dt><dd class="readout__speed">{live::text(move || speed(player))}</dd></div>
                <div><dt>"Time to the first token"</dt><dd>{of_state(first_token)}</dd></div>
                <div><dt>"Device"</dt><dd class="readout__device">{of_ready(|ready| ready.device.clone())}</dd></div>
                <div hidden=live::flag(move || state.with(no_fallback))>
                    <dt>"Why not WebGPU"</dt>
                    <dd>{of_ready(|ready| ready.fallback.clone().unwrap_or_default())}</dd>
                </div>
                <div><dt>"Weights in memory"</dt><dd>{of_ready(|ready| format::megabytes(ready.weights_bytes))}</dd></div>
                <div><dt>"WebAssembly memory"</dt><dd>{of_state(memory)}</dd></div>
                <div><dt>"Load time"</dt><dd>{of_ready(|ready| format::seconds(ready.load_ms))}</dd></div>
            </dl>
        </section>
    }
}

fn token_view(token: &Token) -> impl IntoView + use<> {
    let class = ["token token--0", "token token--1", "token token--2", "token token--3"][level(token.entropy)];
    let share = f64::from(token.log_probability.exp());
    let title =
        ["Probability ", &format::percent(share), ", entropy ", &format::tenths(f64::from(token.entropy)), " nats"];
    view! { <span class=class title=title.concat()>{token.text.clone()}</span> }
}

/// Steps of doubt: an entropy of so many nats is like choosing among e^nats tokens.
fn level(entropy: f32) -> usize {
    [0.5, 1.5, 3.0].iter().filter(|limit| entropy >= **limit).count()
}

fn speed(player: Player) -> String {
    let exact = player.state.with(|state| state.done.as_ref().and_then(|done| done.tokens_per_second));
    match exact.or_else(|| player.speed()) {
        Some(speed) => [&format::tenths(speed), " tokens/s"].concat(),
        None => "–".to_owned(),
    }
}

fn first_token(state: &State) -> String {
    state.done.as_ref().map_or_else(|| "–".to_owned(), |done| format::seconds(done.first_token_ms))
}

fn memory(state: &State) -> String {
    let bytes = match (&state.done, &state.ready) {
        (Some(done), _) => done.memory_bytes,
        (None, Some(ready)) => ready.memory_bytes,
        (None, None) => 0,
    };
    format::megabytes(bytes)
}

fn no_fallback(state: &State) -> bool {
    state.ready.as_ref().is_none_or(|ready| ready.fallback.is_none())
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn doubt_has_four_levels() {
        assert_eq!([0.0, 0.5, 2.0, 9.0].map(level), [0, 1, 2, 3]);
    }
}
