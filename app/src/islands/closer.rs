//! The pictures of a battle, large: side by side, one wiped over the other, or one fading into the other; moved and enlarged together.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use super::{
    browser::{plain_key, report},
    live,
    look::{Look, MOST_ZOOM, Mode},
    sent::Sent,
};
use crate::view_model::Layer;

/// Share of a picture's width that an arrow key moves it, and by which a step of the wheel enlarges it.
const STEP: f64 = 0.08;

/// A button, and what it opens.
#[island]
pub fn CloserIsland(
    /// The picture that was to be changed, where there is one; A; B.
    layers: Sent<Vec<Layer>>,
) -> impl IntoView {
    let Sent(layers) = layers;
    let layers = StoredValue::new(layers);
    let dialog = NodeRef::<html::Dialog>::new();
    let shown = RwSignal::new(false);
    let open = move || {
        let Some(dialog) = dialog.get_untracked() else { return };
        if dialog.open() {
            return;
        }
        shown.set(true);
        if let Err(error) = dialog.show_modal() {
            report(&error);
        }
    };
    let close = move |_: ev::MouseEvent| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    window_event_listener(ev::keydown, move |event| {
        if matches!(plain_key(&event).as_deref(), Some("z" | "Z")) {
            event.prevent_default();
            open();
        }
    });
    view! {
        <p class="closer-open">
            <button type="button" class="button button--small" aria-haspopup="dialog" aria-keyshortcuts="Z" on:click=move |_| open()>
                "Look closer" <kbd>"Z"</kbd>
            </button>
        </p>
        <dialog
            node_ref=dialog
            class="closer"
            aria-label="Look closer"
            on:close=move |_| shown.set(false)
            // The keys of the ballot are not meant here.
            on:keydown=|event: ev::KeyboardEvent| event.stop_propagation()
        >
            {move || {
                shown.get().then(|| view! { <Closer layers/> <button type="button" class="button closer__close" on:click=close>"Close"</button> })
            }}
        </dialog>
    }
}

/// What is in the dialog while it is open.
#[component]
fn Closer(layers: StoredValue<Vec<Layer>>) -> impl IntoView {
    let look = RwSignal::new(Look::of(layers.with_value(Vec::len)));
    let pane = NodeRef::<html::Div>::new();
    let fingers = StoredValue::new(Vec::<(i32, f64, f64)>::new());
    let change = move |to: Look| look.set(to);

    let down = move |event: ev::PointerEvent| {
        let (id, x, y) = (event.pointer_id(), f64::from(event.client_x()), f64::from(event.client_y()));
        fingers.update_value(|fingers| {
            // One whose end was never told is the same finger again.
            fingers.retain(|(known, _, _)| *known != id);
            fingers.push((id, x, y));
        });
        let stage = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
        // Moves that end outside of the stage are the stage's too.
        if let Some(Err(error)) = stage.map(|stage| stage.set_pointer_capture(id)) {
            report(&error);
        }
    };
    let lift = move |event: ev::PointerEvent| {
        fingers.update_value(|fingers| fingers.retain(|(id, _, _)| *id != event.pointer_id()));
    };
    let moved = move |event: ev::PointerEvent| {
        let Some(pane) = pane.get_untracked() else { return };
        let (width, height) = (f64::from(pane.client_width().max(1)), f64::from(pane.client_height().max(1)));
        let here = (event.pointer_id(), f64::from(event.client_x()), f64::from(event.client_y()));
        fingers.update_value(|fingers| {
            let Some(place) = fingers.iter().position(|(id, _, _)| *id == here.0) else { return };
            let before = std::mem::replace(&mut fingers[place], here);
            let mut to = look.get_untracked();
            // Two fingers that move apart enlarge; their middle moves half as far as one of them.
            let share = if fingers.len() > 1 { 0.5 } else { 1.0 };
            if let Some(other) = fingers.iter().find(|(id, _, _)| *id != here.0) {
                let distance = |finger: &(i32, f64, f64)| (finger.1 - other.1).hypot(finger.2 - other.2).max(1.0);
                to = to.zoomed(distance(&here) / distance(&before));
            }
            look.set(to.panned(share * (here.1 - before.1) / width, share * (here.2 - before.2) / height));
        });
    };
    let wheel = move |event: ev::WheelEvent| {
        event.prevent_default();
        change(look.get_untracked().zoomed(if event.delta_y() < 0.0 { 1.0 + STEP } else { 1.0 / (1.0 + STEP) }));
    };
    let pressed = move |event: ev::KeyboardEvent| {
        if let Some(to) = look.get_untracked().after_key(&event.key(), STEP) {
            event.prevent_default();
            change(to);
        }
    };
    let modes = Mode::ALL.map(|mode| {
        view! {
            <label class="closer__mode">
                <input
                    type="radio"
                    name="closer-mode"
                    prop:checked=live::flag(move || look.with(|look| look.mode == mode))
                    on:change=move |_| look.update(|look| look.mode = mode)
                />
                {mode.label()}
            </label>
        }
    });
    let number = move |event: &ev::Event| event_target_value(event).parse::<f64>().ok();
    view! {
        <div class="closer__bar">
            <fieldset class="closer__modes"><legend class="visually-hidden">"How"</legend>{modes.collect_view()}</fieldset>
            <Chooser name="First" layers look place=0/>
            <Chooser name="Second" layers look place=1/>
            <button type="button" class="button button--small" on:click=move |_| look.update(|look| look.layers.swap(0, 1))>"Swap"</button>
        </div>
        <div
            class=live::word(move || look.with(|look| look.mode.class()))
            tabindex="0"
            role="group"
            aria-label="Pictures: drag or use the arrow keys to move them, + and − to change their size, 0 to see them whole"
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=lift
            on:pointercancel=lift
            on:wheel=wheel
            on:keydown=pressed
        >
            <Pane layers look place=0 node=pane/>
            <Pane layers look place=1 node=NodeRef::new()/>
        </div>
        <div class="closer__bar">
            <label class="closer__range" hidden=live::flag(move || look.with(|look| look.mode == Mode::Beside))>
                <span>{live::word(move || look.with(|look| look.mode.mix_label()))}</span>
                <input
                    type="range"
                    min="0"
                    max="100"
                    prop:value=live::text(move || look.with(|look| (look.mix * 100.0).round().to_string()))
                    on:input=move |event| {
                        if let Some(mix) = number(&event) {
                            look.update(|look| look.mix = mix / 100.0);
                        }
                    }
                />
            </label>
            <label class="closer__range">
                <span>"Size"</span>
                <input
                    type="range"
                    min="1"
                    max=MOST_ZOOM.to_string()
                    step="0.1"
                    prop:value=live::text(move || look.with(|look| look.zoom.to_string()))
                    on:input=move |event| {
                        if let Some(zoom) = number(&event) {
                            let now = look.get_untracked();
                            change(now.zoomed(zoom / now.zoom));
                        }
                    }
                />
            </label>
            <button type="button" class="button button--small" on:click=move |_| look.update(|look| *look = look.whole())>"Whole"</button>
        </div>
    }
}

/// Which picture stands first, or second.
#[component]
fn Chooser(name: &'static str, layers: StoredValue<Vec<Layer>>, look: RwSignal<Look>, place: usize) -> impl IntoView {
    // Of two there is nothing to choose: they are swapped.
    let choice = layers.with_value(|layers| layers.len() > 2);
    choice.then(|| {
        let options = layers.with_value(|layers| {
            let option = |(index, layer): (usize, &Layer)| {
                let chosen = live::flag(move || look.with(|look| look.layers[place] == index));
                view! { <option value=index.to_string() prop:selected=chosen>{layer.name.clone()}</option> }
            };
            layers.iter().enumerate().map(option).collect_view()
        });
        view! {
            <label class="closer__choice">
                <span>{name}</span>
                <select on:change=move |event| {
                    if let Ok(index) = event_target_value(&event).parse() {
                        look.update(|look| look.choose(place, index));
                    }
                }>{options}</select>
            </label>
        }
    })
}

/// One picture, moved and enlarged as the other.
#[component]
fn Pane(
    layers: StoredValue<Vec<Layer>>,
    look: RwSignal<Look>,
    place: usize,
    node: NodeRef<html::Div>,
) -> impl IntoView {
    let layer = move |of: fn(&Layer) -> String| {
        live::text(move || {
            let index = look.with(|look| look.layers[place]);
            layers.with_value(|layers| layers.get(index).map(of).unwrap_or_default())
        })
    };
    let class = live::word(move || {
        let index = look.with(|look| look.layers[place]);
        let pixelated = layers.with_value(|layers| layers.get(index).is_some_and(|layer| layer.picture.pixelated));
        if pixelated { "closer__image closer__image--pixelated" } else { "closer__image" }
    });
    let style = move |of: fn(&Look) -> f64| live::text(move || look.with(of).to_string());
    view! {
        <div
            node_ref=node
            class=if place == 0 { "closer__pane" } else { "closer__pane closer__pane--second" }
            style=("--zoom", style(|look| look.zoom))
            style=("--x", style(|look| look.x))
            style=("--y", style(|look| look.y))
            style=("--mix", style(|look| look.mix))
        >
            <img
                class=class
                src=layer(|layer| layer.picture.address.clone())
                alt=layer(|layer| layer.picture.description.clone())
                draggable="false"
            />
            <span class="closer__name">{layer(|layer| layer.name.clone())}</span>
        </div>
    }
}
