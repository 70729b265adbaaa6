use leptos::prelude::*;
use plaudit_runner::protocol::BackendChoice;

use super::{live, remembered};

/// What models run on, out of the way of those who do not care.
#[component]
pub(super) fn DeviceChoice(backend: RwSignal<BackendChoice>) -> impl IntoView {
    let choose = move |event: leptos::ev::Event| {
        let choice = remembered::from_word(&event_target_value(&event));
        remembered::remember_backend(choice);
        backend.set(choice);
    };
    view! {
        <details class="options">
            <summary>"Options"</summary>
            <label class="field">
                <span class="field__name">"Run on"</span>
                <select name="backend" on:change=choose prop:value=live::word(move || remembered::word(backend.get()))>
                    <option value="auto">"Automatic"</option>
                    <option value="web_gpu">"WebGPU"</option>
                    <option value="cpu">"Processor"</option>
                </select>
            </label>
        </details>
    }
}
