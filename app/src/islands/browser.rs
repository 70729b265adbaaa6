//! The few things of the browser that more than one island needs.

use leptos::{
    prelude::window,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{FocusOptions, HtmlElement, console},
};

/// Milliseconds on a clock that never goes back.
pub(super) fn now_millis() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Says in the browser's console what no visitor can do anything about.
pub(super) fn report(error: &JsValue) {
    console::error_1(error);
}

/// Opens another page.
pub(super) fn go_to(address: &str) {
    if let Err(error) = window().location().assign(address) {
        report(&error);
    }
}

/// Moves the focus to the element with this id, once what is now being changed is on the screen.
pub(super) fn focus_soon(id: &'static str) {
    leptos::prelude::request_animation_frame(move || {
        let element = window().document().and_then(|document| document.get_element_by_id(id));
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // It lies in the bar at the lower edge, which is always in sight; the text being read stays where it is.
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            if let Err(error) = element.focus_with_options(&options) {
                report(&error);
            }
        }
    });
}
