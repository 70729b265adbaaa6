//! The few things of the browser that more than one island needs.

use leptos::{
    prelude::window,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Element, FocusOptions, HtmlElement, KeyboardEvent, console},
};

/// Milliseconds on a clock that never goes back.
pub(super) fn now_millis() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Says in the browser's console what no visitor can do anything about.
pub(super) fn report(error: &JsValue) {
    console::error_1(error);
}

/// The key, where it is meant for the page: without a modifier, and nobody types.
pub(super) fn plain_key(event: &KeyboardEvent) -> Option<String> {
    let meant = !event.ctrl_key() && !event.alt_key() && !event.meta_key() && !event.default_prevented();
    let typed = event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|element| {
        // Neither a tick nor a slider has a use for letters.
        let typing = "input:not([type=checkbox]):not([type=range]), textarea, select";
        element.closest(typing).is_ok_and(|found| found.is_some())
    });
    (meant && !typed).then(|| event.key())
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
