use leptos::prelude::*;

use super::{arriving, problem::ProblemView};
use crate::{
    backend::backend,
    components::{head::PageHead, labels},
    format,
    view_model::{ArenaSummary, HomeView, Sample},
};

/// What this is, the arenas, and how it works.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    arriving(async {
        let home = match backend() {
            Ok(backend) => backend.home().await,
            Err(error) => Err(error),
        };
        match home {
            Ok(home) => view! { <Home home/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

#[component]
fn Home(home: HomeView) -> impl IntoView {
    let first =
        home.arenas.iter().find(|arena| arena.can_battle).map(|arena| ["/arena/", arena.slug.as_str()].concat());
    let facts = [
        &format::counted(home.votes, "vote", "votes"),
        " in ",
        &format::counted(home.arenas.len() as u64, "arena", "arenas"),
    ]
    .concat();
    let none = home.arenas.is_empty();
    let cards = home.arenas.into_iter().map(|arena| view! { <ArenaCard arena/> }).collect_view();
    view! {
        <PageHead
            title="Blind votes on generative models"
            description="Read two anonymous answers to one prompt, pick the better one, and move a public ranking that shows its uncertainty."
        />
        <section class="hero">
            <div class="hero__words">
                <h1 class="hero__title"><span>"Two answers."</span> " " <span>"No names."</span> " " <em>"You decide."</em></h1>
                <p class="lead">
                    "Look at what two generative models made of the same prompt, pick the better one, and then learn which was which. Every vote moves a public ranking."
                </p>
                {first.map(|href| view! { <p><a class="button button--primary button--large" href=href>"Vote now"</a></p> })}
                {(!none).then(|| view! { <p class="muted">{facts}</p> })}
            </div>
            <HeroArt/>
        </section>
        <section class="arenas" aria-labelledby="arenas-heading">
            <h2 id="arenas-heading">"Arenas"</h2>
            {none.then(|| view! { <p class="empty">"No arena yet. The host of this site can add one with the command line."</p> })}
            <ul class="arena-list">{cards}</ul>
        </section>
        <section class="steps" aria-labelledby="steps-heading">
            <h2 id="steps-heading">"How it works"</h2>
            <ol class="steps__list">
                <li>
                    <h3>"Read"</h3>
                    <p>"One prompt and two answers, A and B. Who wrote them stays hidden."</p>
                </li>
                <li>
                    <h3>"Vote"</h3>
                    <p>"A, B, a tie, or both bad. You have ten seconds to take it back."</p>
                </li>
                <li>
                    <h3>"See"</h3>
                    <p>"The names appear, the ratings move, and the ranking shows how sure it is."</p>
                </li>
            </ol>
            <p><a href="/about">"How the ranks are computed"</a></p>
        </section>
    }
}

/// The mark, grown up: two answers that lean on each other. Decoration, so not read out.
#[component]
fn HeroArt() -> impl IntoView {
    let card = |class: &'static str, letter: &'static str, turn: &'static str, lines: [u32; 6]| {
        let lines = lines.into_iter().zip((120_u32..).step_by(24));
        view! {
            <g class=class transform=turn>
                <rect class="art__paper" x="0" y="0" width="210" height="280" rx="18"/>
                <circle class="art__disc" cx="44" cy="52" r="24"/>
                <text class="art__letter" x="44" y="62" text-anchor="middle">{letter}</text>
                <rect class="art__name" x="82" y="42" width="100" height="20" rx="6"/>
                {lines.map(|(width, y)| view! { <rect class="art__line" x="22" y=y width=width height="10" rx="5"/> }).collect_view()}
            </g>
        }
    };
    view! {
        <svg class="art" viewBox="0 0 440 350" width="440" height="350" aria-hidden="true">
            {card("art__b", "B", "translate(206 40) rotate(8 105 140)", [160, 120, 166, 90, 150, 60])}
            {card("art__a", "A", "translate(28 28) rotate(-7 105 140)", [166, 140, 156, 166, 100, 40])}
        </svg>
    }
}

/// Some of an arena's pictures. Decoration, so not read out.
#[component]
fn Samples(samples: Vec<Sample>) -> impl IntoView {
    let pictures = samples.into_iter().map(|Sample { address, pixelated }| {
        let class = if pixelated { "samples__picture samples__picture--pixelated" } else { "samples__picture" };
        view! { <img class=class src=address alt="" width="72" height="72" loading="lazy" decoding="async"/> }
    });
    view! { <p class="samples" aria-hidden="true">{pictures.collect_view()}</p> }
}

#[component]
fn ArenaCard(arena: ArenaSummary) -> impl IntoView {
    let base = ["/arena/", arena.slug.as_str()].concat();
    let board = [&base, "/leaderboard"].concat();
    let (here, imported) = (arena.votes_here, arena.votes_imported);
    let votes = match (here, imported) {
        (_, 0) => format::count(here),
        (0, _) => [&format::count(imported), " imported"].concat(),
        _ => [&format::count(here + imported), " (", &format::count(imported), " imported)"].concat(),
    };
    let vote = arena.can_battle.then(|| {
        let label = ["Vote in ", &arena.title].concat();
        view! { <a class="button button--primary" href=base.clone() aria-label=label>"Vote"</a> }
    });
    let label = ["Leaderboard of ", &arena.title].concat();
    view! {
        <li class="arena-card">
            <h3 class="arena-card__title">
                <a href=if arena.can_battle { base } else { board.clone() }>{arena.title}</a>
                {labels::task(arena.task).map(|what| view! { " " <span class="tag">{what}</span> })}
            </h3>
            {(!arena.samples.is_empty()).then(|| view! { <Samples samples=arena.samples/> })}
            {(!arena.description.is_empty()).then(|| view! { <p class="arena-card__text">{arena.description}</p> })}
            <dl class="facts">
                <div><dt>"Votes"</dt><dd>{votes}</dd></div>
                <div><dt>"Contestants"</dt><dd>{format::count(u64::from(arena.contestants))}</dd></div>
                {arena.leader.map(|leader| view! { <div><dt>"Leader"</dt><dd>{leader}</dd></div> })}
            </dl>
            <p class="arena-card__actions">
                {vote}
                <a class="button" href=board aria-label=label>"Leaderboard"</a>
            </p>
        </li>
    }
}
