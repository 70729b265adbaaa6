//! The two clips of a battle, played together: neither starts, waits or ends without the other. Of two sounds one at a time.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use std::time::Duration;

use js_sys::Promise;
use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlMediaElement;

use super::{
    browser::{plain_key, report},
    live,
    together::{Moment, Next, next},
};

/// How often it is looked whether they are together.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Seconds that a step goes: a picture of 24 a second.
const STEP: f64 = 1.0 / 24.0;
/// `HTMLMediaElement.HAVE_FUTURE_DATA`.
const READY: u16 = 3;
/// `HTMLMediaElement.NETWORK_NO_SOURCE`.
const CANNOT: u16 = 3;
/// Speeds, and what they are called.
const SPEEDS: [(&str, &str); 3] = [("1", "as it is"), ("0.5", "half"), ("0.25", "a quarter")];

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct State {
    playing: bool,
    /// Seconds from the start.
    at: f64,
    /// The browser cannot play one of them.
    cannot: bool,
}

/// Play, go to, step, speed: for both clips of the page at once.
#[island]
pub fn ClipsIsland(
    /// How long the longer one lasts.
    milliseconds: u32,
) -> impl IntoView {
    let state = RwSignal::new(State::default());
    Effect::new(move |_| {
        for clip in clips() {
            // Each alone would run away from the other.
            clip.set_controls(false);
            clip.set_muted(true);
        }
        state.update(|state| state.playing = !wants_rest());
        if let Err(error) = set_interval_with_handle(move || keep_together(state), LOOK_EVERY) {
            report(&error);
        }
    });
    window_event_listener(ev::keydown, move |event| {
        match plain_key(&event).as_deref() {
            Some("p" | "P") => toggle(state),
            Some(",") => step(state, -STEP),
            Some(".") => step(state, STEP),
            _ => return,
        }
        event.prevent_default();
    });
    let speeds = SPEEDS.map(|(speed, name)| view! { <option value=speed>{name}</option> });
    view! {
        <div class="clips" role="group" aria-label="Both clips">
            <button type="button" class="button button--small clips__play" aria-keyshortcuts="P" on:click=move |_| toggle(state)>
                {live::word(move || if state.with(|state| state.playing) { "Pause" } else { "Play" })}
                <kbd>"P"</kbd>
            </button>
            <button type="button" class="button button--small" aria-label="A picture back" aria-keyshortcuts="," on:click=move |_| step(state, -STEP)>"‹"</button>
            <button type="button" class="button button--small" aria-label="A picture on" aria-keyshortcuts="." on:click=move |_| step(state, STEP)>"›"</button>
            <label class="clips__time">
                <span class="visually-hidden">"Time"</span>
                <input
                    type="range"
                    min="0"
                    max=milliseconds.to_string()
                    step="10"
                    aria-valuetext=live::text(move || seconds(state.with(|state| state.at)))
                    prop:value=live::text(move || (state.with(|state| state.at) * 1000.0).round().to_string())
                    on:input=move |event| {
                        if let Ok(to) = event_target_value(&event).parse::<f64>() {
                            go(state, to / 1000.0);
                        }
                    }
                />
                <span class="clips__seconds">{live::text(move || seconds(state.with(|state| state.at)))}</span>
            </label>
            <label class="clips__speed">
                "Speed "
                <select on:change=move |event| {
                    if let Ok(speed) = event_target_value(&event).parse() {
                        clips().iter().for_each(|clip| clip.set_playback_rate(speed));
                    }
                }>{speeds.collect_view()}</select>
            </label>
            <p class="clips__note" role="status" hidden=live::flag(move || !state.with(|state| state.cannot))>
                "This browser cannot play one of the two clips."
            </p>
        </div>
    }
}

/// One sound at a time: who starts one has heard enough of the other.
#[island]
pub fn SoundsIsland() -> impl IntoView {
    Effect::new(move |_| {
        for sound in elements("sound__player") {
            let this = sound.clone();
            let hush = Closure::<dyn FnMut()>::new(move || {
                for other in elements("sound__player").iter().filter(|other| **other != this) {
                    if let Err(error) = other.pause() {
                        report(&error);
                    }
                }
            });
            if let Err(error) = sound.add_event_listener_with_callback("play", hush.as_ref().unchecked_ref()) {
                report(&error);
            }
            // It lives as long as the page.
            hush.forget();
        }
    });
}

fn seconds(at: f64) -> String {
    [&format!("{at:.1}"), " s"].concat()
}

/// The clips of the page's battle.
fn clips() -> Vec<HtmlMediaElement> {
    elements("picture__clip")
}

fn elements(class: &str) -> Vec<HtmlMediaElement> {
    let found = document().get_elements_by_class_name(class);
    (0..found.length()).filter_map(|place| found.item(place)?.dyn_into().ok()).collect()
}

/// Whether the visitor has asked that nothing moves by itself.
fn wants_rest() -> bool {
    window().match_media("(prefers-reduced-motion: reduce)").ok().flatten().is_some_and(|query| query.matches())
}

fn toggle(state: RwSignal<State>) {
    state.update(|state| state.playing = !state.playing);
    if state.with_untracked(|state| !state.playing) {
        pause();
    }
}

fn pause() {
    for clip in clips() {
        if let Err(error) = clip.pause() {
            report(&error);
        }
    }
}

/// Both to this moment, or to their ends; standing still there.
fn go(state: RwSignal<State>, to: f64) {
    pause();
    let mut end = 0.0_f64;
    for clip in clips() {
        let lasts = Some(clip.duration()).filter(|lasts| lasts.is_finite()).unwrap_or_default();
        clip.set_current_time(to.clamp(0.0, lasts));
        end = end.max(lasts);
    }
    state.update(|state| (state.playing, state.at) = (false, to.clamp(0.0, end)));
}

fn step(state: RwSignal<State>, by: f64) {
    go(state, state.get_untracked().at + by);
}

fn keep_together(state: RwSignal<State>) {
    let clips = clips();
    let [first, second] = clips.as_slice() else { return };
    let cannot = [first, second].iter().any(|clip| clip.network_state() == CANNOT);
    let mut now = state.get_untracked();
    now.cannot = cannot;
    if now.playing && !cannot {
        let moments = [first, second].map(|clip| Moment {
            at: clip.current_time(),
            ended: clip.ended(),
            ready: clip.ready_state() >= READY,
            paused: clip.paused(),
        });
        match next(moments) {
            Next::GoOn => {}
            Next::Wait => pause(),
            Next::Start => clips.iter().filter(|clip| !clip.ended()).for_each(start),
            Next::Again => {
                clips.iter().for_each(|clip| clip.set_current_time(0.0));
                clips.iter().for_each(start);
            }
            Next::Catch(at) => second.set_current_time(at),
        }
        now.at = moments[0].at.max(moments[1].at);
    }
    if now != state.get_untracked() {
        state.set(now);
    }
}

fn start(clip: &HtmlMediaElement) {
    match clip.play() {
        Ok(playing) => spawn_local(settled(playing)),
        Err(error) => report(&error),
    }
}

/// A clip that is stopped before it has begun says so; that is no error.
async fn settled(playing: Promise) {
    drop(JsFuture::from(playing).await);
}
