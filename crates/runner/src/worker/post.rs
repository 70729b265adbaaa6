//! What the worker says, also with its last breath.

use std::cell::Cell;

use super::browser;
use crate::failure::Failure;
use crate::protocol::{ErrorKind, Event, WorkerError};

thread_local! {
    static CRASHED: Cell<bool> = const { Cell::new(false) };
}

/// Says something.
pub(crate) fn event(event: &Event) {
    match serde_json::to_string(event) {
        Ok(message) => browser::post_message(&message),
        // Types with derived serialisation and string keys; if it ever happens, the page has to know.
        Err(error) => crashed(&format!("an event could not be written: {error}")),
    }
}

/// Says that something went wrong.
pub(crate) fn failure(id: Option<u32>, failure: Failure) {
    event(&Event::Failed { id, error: failure.into() });
}

/// Has a panic told to the page before the trap ends everything.
pub(crate) fn on_panic() {
    std::panic::set_hook(Box::new(|panic| crashed(&panic.to_string())));
}

/// Whether the worker broke.
pub(crate) fn is_crashed() -> bool {
    CRASHED.get()
}

fn crashed(what: &str) {
    if !CRASHED.replace(true) {
        let message = format!("The model's worker broke: {what}");
        event(&Event::Failed { id: None, error: WorkerError { kind: ErrorKind::Crashed, message } });
    }
}
