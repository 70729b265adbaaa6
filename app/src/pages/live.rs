use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plaudit_domain::{ArenaSlug, Task};

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::{backend, voter},
    components::{
        arena_header::{ArenaHeader, Tab},
        head::PageHead,
    },
    islands::{live_battle::LiveBattleIsland, sent::Sent},
    shell::{Islands, Preload},
    view_model::{ArenaSummary, live::LiveOffer},
};

/// A battle that the visitor's browser makes.
#[component]
pub(crate) fn LiveBattlePage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    arriving(async move {
        match offer(&slug).await {
            Ok(Found::Offer(offer, publish)) => view! { <Live offer=*offer publish/> }.into_any(),
            Ok(Found::Nothing(arena)) => view! { <Nothing arena=*arena/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

enum Found {
    /// And whether the reader's votes may be published.
    Offer(Box<LiveOffer>, bool),
    Nothing(Box<ArenaSummary>),
}

async fn offer(slug: &str) -> Result<Found, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let backend = backend()?;
    if let Some(offer) = backend.live_offer(&arena).await? {
        return Ok(Found::Offer(Box::new(offer), backend.publishes(voter()?).await?));
    }
    let arenas = backend.home().await?.arenas;
    let found = arenas.into_iter().find(|summary| summary.slug == arena);
    found.map(|summary| Found::Nothing(Box::new(summary))).ok_or(ApiError::NotFound)
}

#[component]
fn Live(offer: LiveOffer, publish: bool) -> impl IntoView {
    let arena = offer.arena.clone();
    let draws = arena.task != Task::Text;
    let (description, lead) = if arena.task == Task::ImageEdit {
        (
            "Two small models change a picture for you on your own device, and you vote. Nothing is sent to a model provider.",
            "Choose a picture and say what shall become of it. Two small models change it on this device, 32 pixels wide. You see both without names, and vote. Nothing is sent to a model provider.",
        )
    } else if draws {
        (
            "Two small models draw for you on your own device, and you vote. Nothing is sent to a model provider.",
            "Say what you want to see, and two small models draw it on this device, 32 pixels wide, in the manner of emoji. You see both without names, and vote. Nothing is sent to a model provider.",
        )
    } else {
        (
            "Two small models write for you on your own device, and you vote. Nothing is sent to a model provider.",
            "Two small models write an answer to one prompt, on this device. You read both without names, and vote. Nothing is sent to a model provider.",
        )
    };
    let pooled = arena.can_battle.then(|| {
        view! {
            <p><a class="button button--primary" href=["/arena/", arena.slug.as_str()].concat()>"Vote on a stored battle"</a></p>
        }
    });
    view! {
        <PageHead
            title=["Generate a battle in ", &arena.title].concat()
            description=description
        />
        <Preload islands=Islands::Models/>
        <ArenaHeader arena=arena.clone() tab=Tab::Neither/>
        <p class="lead live-lead">{lead}</p>
        <section class="no-script">
            <p class="lead">"Live battles need JavaScript, because the models run in your browser. Stored battles do not."</p>
            {pooled}
        </section>
        <LiveBattleIsland arena=arena.slug offer=Sent(offer) publish/>
    }
}

/// An arena without two contestants that a browser could run.
#[component]
fn Nothing(arena: ArenaSummary) -> impl IntoView {
    let text = "This server has no models with which a browser could generate battles for this arena.";
    let base = ["/arena/", arena.slug.as_str()].concat();
    let (href, words) = if arena.can_battle {
        (base, "Vote on a stored battle")
    } else {
        ([&base, "/leaderboard"].concat(), "See the leaderboard")
    };
    view! {
        <PageHead title=arena.title.clone() description=text/>
        <ArenaHeader arena tab=Tab::Neither/>
        <section class="empty">
            <h2>"Nothing to generate here"</h2>
            <p class="lead">{text}</p>
            <p><a class="button button--primary" href=href>{words}</a></p>
        </section>
    }
}
