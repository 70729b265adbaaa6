use leptos::prelude::*;

use super::{live, worker::bundle::Bundle};

/// Under the form of whatever runs in a worker: what keeps it from running, the button that starts it, and the one that ends it.
#[component]
pub(super) fn RunControls(
    /// Where the worker's code is.
    bundle: RwSignal<Bundle>,
    /// The word on the button, once it is known where that is.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Whether a click would do anything.
    #[prop(into)]
    can_start: Signal<bool>,
    /// Whether there is nothing to end.
    #[prop(into)]
    is_idle: Signal<bool>,
    /// Ends what is under way.
    #[prop(into)]
    stop: Callback<()>,
) -> impl IntoView {
    let word = move || if bundle.with(|bundle| *bundle == Bundle::Unknown) { "Getting ready…" } else { label.get() };
    view! {
        <div role="status">
            <p class="setup__notice" hidden=live::flag(move || bundle.with(|bundle| bundle.notice().is_empty()))>
                {live::word(move || bundle.with(Bundle::notice))}
            </p>
        </div>
        <p class="field__row">
            <button class="button button--primary" type="submit" disabled=live::flag(move || !can_start.get())>
                {live::word(word)}
            </button>
            <button class="button" type="button" hidden=live::flag(move || is_idle.get()) on:click=move |_| stop.run(())>
                "Stop"
            </button>
        </p>
    }
}
