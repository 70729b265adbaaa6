use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use plaudit_domain::{ArenaSlug, BattleId, Side};

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::{backend, voter},
    components::{
        arena_header::{ArenaHeader, Tab},
        generation::{Generation, PromptCard, clips, is_sound, layers},
        head::PageHead,
        labels::{self, KindTag},
        standing::standing,
    },
    format,
    islands::{
        clips::{ClipsIsland, SoundsIsland},
        closer::CloserIsland,
        judging::JudgingIsland,
        sent::Sent,
    },
    shell::{Islands, Preload},
    view_model::judges::Opinion,
    view_model::live::JudgingOffer,
    view_model::{FinishedBattle, FinishedSide, FinishedVote, GenerationView, Provenance, Receipt, RevealedSide},
};

/// The query of a page on which the reader's device may judge.
const JUDGE: &str = "judge";

/// A battle after its vote; also the receipt of a vote cast without JavaScript.
#[component]
pub(crate) fn FinishedBattlePage() -> impl IntoView {
    let (slug, id) = use_params_map()
        .with_untracked(|params| (params.get("slug").unwrap_or_default(), params.get("id").unwrap_or_default()));
    // What runs models is fetched by those alone who ask for it: everybody else's page has no program.
    let judges = use_query_map().with_untracked(|query| query.get(JUDGE).is_some());
    arriving(async move {
        match find(&slug, &id, judges).await {
            Ok(Found { battle, opinions, offer }) => view! { <Finished battle opinions offer/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

struct Found {
    battle: FinishedBattle,
    opinions: Vec<Opinion>,
    offer: Option<JudgingOffer>,
}

async fn find(slug: &str, id: &str, judges: bool) -> Result<Found, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let battle: BattleId = id.parse().map_err(|_| ApiError::NotFound)?;
    let (backend, voter) = (backend()?, voter()?);
    Ok(Found {
        battle: backend.finished_battle(voter, &arena, battle).await?,
        opinions: backend.opinions(voter, battle).await?,
        offer: if judges { backend.judging_offer(voter, &arena, battle).await? } else { None },
    })
}

#[component]
fn Finished(battle: FinishedBattle, opinions: Vec<Opinion>, offer: Option<JudgingOffer>) -> impl IntoView {
    let FinishedBattle { arena, id: _, prompt, source, left, right, votes, kept_votes, yours, live, excluded } = battle;
    let voted = yours.is_some();
    let judges = ["/arena/", arena.slug.as_str(), "/judges"].concat();
    let is_text = |side: &FinishedSide| matches!(side.generation, Some(GenerationView::Text(_)));
    let has_texts = prompt.is_some() && is_text(&left) && is_text(&right);
    let clips = clips(left.generation.as_ref(), right.generation.as_ref());
    let sounds = [&left, &right].into_iter().all(|side| side.generation.as_ref().is_some_and(is_sound));
    let pictures = layers(source.as_ref(), left.generation.as_ref(), right.generation.as_ref());
    let missing = labels::not_in_the_log(arena.task);
    let title = [&left.name, " against ", &right.name].concat();
    let next = ["/arena/", arena.slug.as_str()].concat();
    let next = arena.can_battle.then_some(next);
    let change =
        |side: fn(&Receipt) -> &RevealedSide| yours.as_ref().map(|receipt| standing(side(receipt), receipt.withdrawn));
    let (left_change, right_change) = (change(|receipt| &receipt.left), change(|receipt| &receipt.right));
    view! {
        <PageHead title=title.clone() description=["A battle in ", &arena.title, ": ", &title, "."].concat()/>
        <ArenaHeader arena tab=Tab::Neither/>
        {yours.map(|receipt| view! { <ReceiptCard receipt next=next.clone()/> })}
        {live.then(|| view! {
            <p class="live-note"><span class="tag tag--live">"Live"</span> " Made in a visitor’s browser, which had been told both settings."</p>
        })}
        {excluded.map(|reason| view! { <p class="board__note">"This vote is left out of the board: " {reason}</p> })}
        {match prompt {
            Some(prompt) => view! { <PromptCard prompt source/> }.into_any(),
            None => view! { <p class="empty">"The prompt of this battle is not in the log."</p> }.into_any(),
        }}
        <div class="sides">
            <FinishedCard letter=Side::Left side=left change=left_change missing/>
            <FinishedCard letter=Side::Right side=right change=right_change missing/>
        </div>
        {pictures.map(|layers| view! {
            // A page that judges has all islands already.
            {offer.is_none().then(|| view! { <Preload islands=Islands::Votes/> })}
            <CloserIsland layers=Sent(layers)/>
        })}
        {clips.map(|milliseconds| view! { <Preload islands=Islands::Votes/> <ClipsIsland milliseconds/> })}
        {sounds.then(|| view! { <Preload islands=Islands::Votes/> <SoundsIsland/> })}
        <Votes votes kept=kept_votes/>
        <Opinions opinions judges/>
        {match offer {
            Some(offer) => view! {
                <Preload islands=Islands::Models/>
                <JudgingIsland offer=Sent(offer)/>
            }
            .into_any(),
            None => has_texts.then(|| view! {
                <p class="judging"><a class="button" href=["?", JUDGE, "=here#judging-heading"].concat() rel="nofollow">"Judge it on this device"</a></p>
            })
            .into_any(),
        }}
        {(!voted).then_some(next).flatten().map(|href| {
            view! { <p><a class="button button--primary" href=href>"Vote on a battle yourself"</a></p> }
        })}
    }
}

#[component]
fn FinishedCard(letter: Side, side: FinishedSide, change: Option<String>, missing: &'static str) -> impl IntoView {
    let letter = labels::side(letter);
    view! {
        <section class=["generation generation--", &letter.to_ascii_lowercase()].concat() aria-label=["Answer ", letter].concat()>
            <header class="generation__header">
                <h2 class="generation__letter"><span class="visually-hidden">"Answer "</span>{letter}</h2>
                <div class="reveal">
                    <p class="reveal__name">{side.name} " " <KindTag kind=side.kind/></p>
                    {change.map(|change| view! { <p class="reveal__standing">{change}</p> })}
                </div>
            </header>
            {match side.generation {
                Some(generation) => view! { <Generation generation/> }.into_any(),
                None => view! { <p class="generation__text muted">{missing}</p> }.into_any(),
            }}
            {side.provenance.map(|provenance| view! { <Made provenance/> })}
        </section>
    }
}

/// How a generation was made.
#[component]
fn Made(provenance: Provenance) -> impl IntoView {
    let Provenance { seed, weights_sha256, backend, device, tokens, tokens_per_second, check } = provenance;
    let device =
        device.filter(|device| !device.is_empty()).or_else(|| backend.map(|kind| labels::backend(kind).to_owned()));
    let facts = [
        ("Ran on", device),
        ("Speed", tokens_per_second.map(|speed| [&format::tenths(speed), " tokens/s"].concat())),
        ("Length", tokens.map(|tokens| format::counted(u64::from(tokens), "token", "tokens"))),
        ("Seed", seed.map(|seed| seed.to_string())),
        ("Weights (SHA-256)", weights_sha256),
        ("Made again by the server", check.map(|check| labels::check(check).to_owned())),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }));
    view! {
        <details class="made">
            <summary>"How it was made"</summary>
            <dl class="facts">{facts.collect_view()}</dl>
        </details>
    }
}

/// What the reader's own vote did, and the way back while there is one.
#[component]
fn ReceiptCard(receipt: Receipt, next: Option<String>) -> impl IntoView {
    let seconds = receipt.undo_millis.div_ceil(1000);
    let undo = (!receipt.withdrawn && seconds > 0).then(|| {
        view! {
            <form method="post" action="/api/undo">
                <input type="hidden" name="battle" value=receipt.battle.to_string()/>
                <button class="button" type="submit">
                    {["Undo within ", &format::counted(u64::from(seconds), "second", "seconds")].concat()}
                </button>
            </form>
        }
    });
    let title = if receipt.withdrawn { "You took your vote back" } else { labels::your_answer(receipt.outcome) };
    let text = if receipt.withdrawn {
        "It stays in the log, marked as withdrawn, and counts for nothing."
    } else {
        "Your vote is counted."
    };
    view! {
        <section class="receipt" aria-labelledby="receipt-heading">
            <div>
                <h2 id="receipt-heading">{title}</h2>
                <p>{text} " " {format::counted(receipt.votes, "vote", "votes")} " on this board."</p>
            </div>
            <div class="receipt__actions">
                {undo}
                {next.map(|href| view! { <a class="button button--primary" href=href>"Next battle"</a> })}
            </div>
        </section>
    }
}

/// What each judge said, and with how many of them the reader agrees.
#[component]
fn Opinions(opinions: Vec<Opinion>, judges: String) -> impl IntoView {
    (!opinions.is_empty()).then(|| {
        let compared = opinions.iter().filter(|opinion| opinion.agrees.is_some()).count() as u64;
        let agreed = opinions.iter().filter(|opinion| opinion.agrees == Some(true)).count();
        let summary = (compared > 0).then(|| {
            let of = format::counted(compared, "judge", "judges");
            view! { <p class="opinions__summary">{["You agreed with ", &agreed.to_string(), " of ", &of, "."].concat()}</p> }
        });
        let rows = opinions.into_iter().map(|opinion| {
            let Opinion { slug, name, answer, both_orders, rationale, agrees } = opinion;
            let href = [&judges, "/", slug.as_str()].concat();
            let note = match agrees {
                Some(true) => Some("as you"),
                Some(false) => Some("not as you"),
                None => None,
            };
            view! {
                <tr>
                    <th scope="row"><a href=href>{name}</a></th>
                    <td>{labels::final_answer(answer)}</td>
                    <td>
                        {note.map(|note| view! { <span class="tag">{note}</span> " " })}
                        {(!both_orders).then(|| view! { <span class="tag">"one order"</span> })}
                        {rationale.map(|rationale| view! {
                            <details><summary>"Why"</summary><p class="opinions__why">{rationale}</p></details>
                        })}
                    </td>
                </tr>
            }
        });
        view! {
            <section class="votes" aria-labelledby="opinions-heading">
                <h2 id="opinions-heading">"What the judges say"</h2>
                {summary}
                <table class="votes__table">
                    <caption class="visually-hidden">"Automated judges’ answers to this battle"</caption>
                    <thead>
                        <tr><th scope="col">"Judge"</th><th scope="col">"Answer"</th><th scope="col">"What"</th></tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </section>
        }
    })
}

#[component]
fn Votes(votes: Vec<FinishedVote>, kept: u64) -> impl IntoView {
    let rows = votes.into_iter().map(|vote| {
        let notes = [
            (!vote.imported).then_some("cast here"),
            vote.imported.then_some("imported"),
            vote.withdrawn.then_some("withdrawn"),
            vote.yours.then_some("yours"),
        ];
        view! {
            <tr class:is-withdrawn=vote.withdrawn>
                <td>{labels::outcome(vote.outcome)}</td>
                <td>{vote.cast_at.unwrap_or_else(|| "time unknown".to_owned())}</td>
                <td>{notes.into_iter().flatten().map(|note| view! { <span class="tag">{note}</span> " " }).collect_view()}</td>
            </tr>
        }
    });
    view! {
        <section class="votes" aria-labelledby="votes-heading">
            <h2 id="votes-heading">"Votes on this battle"</h2>
            <table class="votes__table">
                <caption class="visually-hidden">"Votes on this battle, oldest first"</caption>
                <thead>
                    <tr><th scope="col">"Answer"</th><th scope="col">"When"</th><th scope="col">"What"</th></tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            {(kept > 0).then(|| view! {
                <p class="muted">
                    {format::counted(kept, "vote", "votes")}
                    " on this battle not shown, because the voter did not agree to publication. On the board it counts."
                </p>
            })}
        </section>
    }
}
