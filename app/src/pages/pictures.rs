use leptos::prelude::*;

use super::problem::ProblemView;
use crate::{
    api::ApiError,
    backend::backend,
    components::head::PageHead,
    islands::{pictures::PicturesIsland, sent::Sent},
    shell::{Islands, Preload},
    view_model::live::OfferedPainter,
};

/// Models that draw, by name and without a vote.
#[component]
pub(crate) fn PicturesPage() -> impl IntoView {
    match find() {
        Ok(painters) => view! { <Pictures painters/> }.into_any(),
        Err(error) => view! { <ProblemView error/> }.into_any(),
    }
}

fn find() -> Result<Vec<OfferedPainter>, ApiError> {
    Ok(backend()?.painters())
}

#[component]
fn Pictures(painters: Vec<OfferedPainter>) -> impl IntoView {
    let none = painters.is_empty();
    view! {
        <PageHead
            title="Draw"
            description="Small models draw emoji from your words, in your own browser, step by step. Not ranked."
        />
        <h1>"Draw"</h1>
        {none.then(|| view! {
            <p class="empty">
                "This server has no models that draw yet. Its host can train one with " <code>"cargo xtask models train diffusion"</code>
                ", which takes hours on a processor."
            </p>
        })}
        {(!none).then(|| view! {
            <p class="lead">
                "Type what you want to see, and a small model draws it on this device, in the manner of emoji, 32 pixels wide. You see it come out of the noise. Not ranked: nothing you do here is stored or counted."
            </p>
            <Preload islands=Islands::Models/>
            <section class="no-script">
                <p class="lead">"Drawing needs JavaScript, because the models run in your browser."</p>
            </section>
            <PicturesIsland painters=Sent(painters)/>
        })}
        <p><a href="/playground">"Models that write"</a></p>
    }
}
