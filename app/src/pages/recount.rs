use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plaudit_domain::ArenaSlug;

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::backend,
    components::{
        arena_header::{ArenaHeader, Tab},
        head::PageHead,
    },
    islands::recount::RecountIsland,
    shell::{Assets, Islands, Preload},
    view_model::ArenaSummary,
};

/// The board, computed by the visitor's device from the votes that anybody can download.
#[component]
pub(crate) fn RecountPage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    arriving(async move {
        match find(&slug).await {
            Ok(arena) => view! { <Recount arena/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

async fn find(slug: &str) -> Result<ArenaSummary, ApiError> {
    let slug: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let arenas = backend()?.home().await?.arenas;
    arenas.into_iter().find(|arena| arena.slug == slug).ok_or(ApiError::NotFound)
}

#[component]
fn Recount(arena: ArenaSummary) -> impl IntoView {
    let slug = arena.slug.clone();
    let data = ["/data#arena-", slug.as_str()].concat();
    view! {
        <PageHead
            title=["Recount of ", &arena.title].concat()
            description=["The board of ", &arena.title, " computed on your own device from the votes that anybody can download."].concat()
        />
        <Preload islands=Islands::Methods/>
        <ArenaHeader arena tab=Tab::Neither/>
        <h2>"Count the votes yourself"</h2>
        <p class="lead">
            "Your device reads the votes that this site gives away, counts them, computes the board with the same code as the server, and says where the two differ. Nothing is sent."
        </p>
        <p>
            "The board counts every vote; the file has those whose voters agreed to publication. Where the two do not have the same votes, the pairs that differ are listed. "
            <a href=data>"The votes in every format"</a>
        </p>
        <section class="no-script">
            <p class="lead">"This needs JavaScript, because it computes in your browser. The file itself does not."</p>
        </section>
        {use_context::<Assets>().map(|assets| view! { <RecountIsland arena=slug worker=assets.recount/> })}
    }
}
