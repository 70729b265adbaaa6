use leptos::prelude::*;

use crate::view_model::SafeHtml;

/// The prompt of a battle.
#[component]
pub(crate) fn PromptCard(prompt: SafeHtml) -> impl IntoView {
    view! {
        <section class="prompt" aria-labelledby="prompt-heading">
            <h2 class="prompt__heading" id="prompt-heading">"Prompt"</h2>
            <div class="prompt__text prose" inner_html=prompt.as_str().to_owned()></div>
        </section>
    }
}

/// What a contestant wrote.
#[component]
pub(crate) fn GenerationText(generation: SafeHtml) -> impl IntoView {
    view! { <div class="generation__text prose" inner_html=generation.as_str().to_owned()></div> }
}
