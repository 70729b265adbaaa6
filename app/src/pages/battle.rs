use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plaudit_domain::{ArenaSlug, Side, Task};

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::{backend, voter},
    components::{
        arena_header::{ArenaHeader, Tab},
        generation::{Generation, PromptCard, clips, is_sound, layers},
        head::PageHead,
        labels,
    },
    format,
    islands::{
        battle::{BattleIsland, SideReveal},
        clips::{ClipsIsland, SoundsIsland},
        closer::CloserIsland,
        sent::Sent,
    },
    shell::{Islands, Preload},
    view_model::{ArenaSummary, BattleView, GenerationView},
};

/// A fresh battle, or why there is none.
#[component]
pub(crate) fn BattlePage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    arriving(async move {
        match draw(&slug).await {
            Ok(Drawn::Battle(battle, live, publish)) => view! { <Battle battle=*battle live publish/> }.into_any(),
            Ok(Drawn::BoardOnly(arena, live)) => view! { <BoardOnly arena=*arena live/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

/// What to show; whether battles can be generated here; and whether the reader's votes may be published.
enum Drawn {
    Battle(Box<BattleView>, bool, bool),
    BoardOnly(Box<ArenaSummary>, bool),
}

async fn draw(slug: &str) -> Result<Drawn, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let (backend, voter) = (backend()?, voter()?);
    let drawn = backend.draw_battle(voter, &arena).await;
    let live = match &drawn {
        Ok(_) | Err(ApiError::NothingToCompare) => backend.live_offer(&arena).await?.is_some(),
        Err(_) => false,
    };
    match drawn {
        Ok(battle) => Ok(Drawn::Battle(Box::new(battle), live, backend.publishes(voter).await?)),
        Err(ApiError::NothingToCompare) => {
            let arenas = backend.home().await?.arenas;
            let found = arenas.into_iter().find(|summary| summary.slug == arena);
            found.map(|summary| Drawn::BoardOnly(Box::new(summary), live)).ok_or(ApiError::NotFound)
        }
        Err(error) => Err(error),
    }
}

#[component]
fn Battle(battle: BattleView, live: bool, publish: bool) -> impl IntoView {
    let BattleView { arena, ticket, prompt, source, left, right } = battle;
    let what = labels::made(arena.task);
    let layers = layers(source.as_ref(), Some(&left), Some(&right));
    let (clips, sounds) = (clips(Some(&left), Some(&right)), is_sound(&left) && is_sound(&right));
    view! {
        <PageHead
            title=["Battle in ", &arena.title].concat()
            description=["Which ", what, " is better? Vote blind in the arena ", &arena.title, "."].concat()
        />
        <Preload islands=Islands::Votes/>
        <ArenaHeader arena=arena.clone() tab=Tab::Battle/>
        {live.then(|| view! { <GenerateHere arena=arena.slug.clone() task=arena.task/> })}
        <BattleIsland ticket arena=arena.slug publish>
            <PromptCard prompt source/>
            <div class="sides">
                <SideCard side=Side::Left generation=left/>
                <SideCard side=Side::Right generation=right/>
            </div>
            {layers.map(|layers| view! { <CloserIsland layers=Sent(layers)/> })}
            {clips.map(|milliseconds| view! { <ClipsIsland milliseconds/> })}
            {sounds.then(|| view! { <SoundsIsland/> })}
        </BattleIsland>
    }
}

#[component]
fn SideCard(side: Side, generation: GenerationView) -> impl IntoView {
    let letter = labels::side(side);
    view! {
        <section class=["generation generation--", &letter.to_ascii_lowercase()].concat() aria-label=["Answer ", letter].concat()>
            <header class="generation__header">
                <h2 class="generation__letter"><span class="visually-hidden">"Answer "</span>{letter}</h2>
                <SideReveal side/>
            </header>
            <Generation generation/>
        </section>
    }
}

/// The way to battles that the visitor's own browser makes.
#[component]
fn GenerateHere(arena: ArenaSlug, task: Task) -> impl IntoView {
    let text = match task {
        Task::Text => "Two small models write for you on this device. Nothing is sent to a model provider.",
        Task::ImageEdit => {
            "Two small models change a picture for you on this device. Nothing is sent to a model provider."
        }
        _ => "Two small models draw for you on this device. Nothing is sent to a model provider.",
    };
    view! {
        <p class="generate-here">
            <a class="button button--small" href=["/arena/", arena.as_str(), "/live"].concat()>"Generate a new battle here"</a>
            <span class="muted">{text}</span>
        </p>
    }
}

/// An arena whose votes came from a file, without the texts they were about.
#[component]
fn BoardOnly(arena: ArenaSummary, live: bool) -> impl IntoView {
    let (slug, task) = (arena.slug.clone(), arena.task);
    let board = ["/arena/", slug.as_str(), "/leaderboard"].concat();
    let text = [
        "This arena has ",
        &format::counted(arena.votes_imported, "imported vote", "imported votes"),
        match arena.task {
            Task::Text => " but no generations to compare, so there is nothing to vote on.",
            Task::Image | Task::ImageEdit => " but no pictures to compare, so there is nothing to vote on.",
            Task::Video => " but no clips to compare, so there is nothing to vote on.",
            Task::Audio => " but no sounds to compare, so there is nothing to vote on.",
        },
    ]
    .concat();
    view! {
        <PageHead title=arena.title.clone() description=text.clone()/>
        <ArenaHeader arena tab=Tab::Battle/>
        {live.then(|| view! { <GenerateHere arena=slug task/> })}
        <section class="empty">
            <h2>"Only a leaderboard here"</h2>
            <p class="lead">{text}</p>
            <p><a class="button button--primary" href=board>"See the leaderboard"</a></p>
        </section>
    }
}
