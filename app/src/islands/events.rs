//! Server-sent events with a way back after every kind of loss.

use std::{rc::Rc, time::Duration};

use leptos::{
    prelude::set_timeout,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::MessageEvent,
};
use web_sys::EventSource;

use super::{board_state::Status, browser::report};

/// The browser reconnects by itself after a lost connection, but gives up after an error status; then we wait this long.
const PAUSE: Duration = Duration::from_secs(5);

/// Calls `on_message` with the data of each event and `on_status` with each change of the connection, for as long as
/// the page lives.
pub(super) fn follow(address: String, on_message: impl Fn(String) + 'static, on_status: impl Fn(Status) + 'static) {
    connect(address.into(), Rc::new(on_message), Rc::new(on_status));
}

fn connect(address: Rc<str>, on_message: Rc<dyn Fn(String)>, on_status: Rc<dyn Fn(Status)>) {
    let source = match EventSource::new(&address) {
        Ok(source) => source,
        Err(error) => return report(&error),
    };
    let message = {
        let on_message = Rc::clone(&on_message);
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(data) = event.data().as_string() {
                on_message(data);
            }
        })
    };
    let open = {
        let on_status = Rc::clone(&on_status);
        Closure::<dyn Fn(JsValue)>::new(move |_| on_status(Status::Live))
    };
    let error = {
        let source = source.clone();
        Closure::<dyn Fn(JsValue)>::new(move |_| {
            on_status(Status::Reconnecting);
            if source.ready_state() == EventSource::CLOSED {
                let (address, on_message, on_status) =
                    (Rc::clone(&address), Rc::clone(&on_message), Rc::clone(&on_status));
                set_timeout(move || connect(address, on_message, on_status), PAUSE);
            }
        })
    };
    source.set_onmessage(Some(message.as_ref().unchecked_ref()));
    source.set_onopen(Some(open.as_ref().unchecked_ref()));
    source.set_onerror(Some(error.as_ref().unchecked_ref()));
    // They live as long as the page.
    message.forget();
    open.forget();
    error.forget();
}
