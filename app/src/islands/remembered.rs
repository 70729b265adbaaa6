//! What this browser remembers of its visitor's choices. Where it may not remember anything, nothing is.

use leptos::prelude::window;
use plaudit_runner::protocol::BackendChoice;
use web_sys::Storage;

use super::browser::report;

/// Names of models that the visitor once agreed to download, separated by commas.
const MODELS: &str = "plaudit-live-models";
const BACKEND: &str = "plaudit-live-backend";

fn storage() -> Option<Storage> {
    // An error where storage is forbidden: then there is nothing to remember, and nothing to report.
    window().local_storage().ok().flatten()
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

fn write(key: &str, value: &str) {
    if let Some(Err(error)) = storage().map(|storage| storage.set_item(key, value)) {
        report(&error);
    }
}

/// The models agreed to, on any page of this site; `None` on a first visit.
pub(super) fn models() -> Option<Vec<String>> {
    read(MODELS).map(|names| names.split(',').map(str::to_owned).collect())
}

/// Remembers an agreement.
pub(super) fn remember_models(names: &[&str]) {
    write(MODELS, &names.join(","));
}

/// What models shall run on.
pub(super) fn backend() -> BackendChoice {
    read(BACKEND).map_or(BackendChoice::Auto, |word| from_word(&word))
}

/// Remembers what models shall run on.
pub(super) fn remember_backend(choice: BackendChoice) {
    write(BACKEND, word(choice));
}

/// The word for it in forms and in the browser's memory.
pub(super) fn word(choice: BackendChoice) -> &'static str {
    match choice {
        BackendChoice::Auto => "auto",
        BackendChoice::WebGpu => "web_gpu",
        BackendChoice::Cpu => "cpu",
    }
}

/// What a word stands for; an unknown one leaves the choice to the device.
pub(super) fn from_word(text: &str) -> BackendChoice {
    [BackendChoice::WebGpu, BackendChoice::Cpu]
        .into_iter()
        .find(|choice| word(*choice) == text)
        .unwrap_or(BackendChoice::Auto)
}
