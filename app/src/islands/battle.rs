//! The battle: a form that works by itself, and that votes without leaving the page once this code is there.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

use leptos::prelude::*;
use plaudit_domain::{ArenaSlug, Side};

use super::{
    reveal::Reveal,
    vote::{State, Vote},
    vote_form::{VoteControls, listen, on_submit},
};

/// The form around a battle. Its children, the prompt and the two generations, stay as the server wrote them.
#[island]
pub fn BattleIsland(
    /// The right to vote once.
    ticket: String,
    /// The arena, for the way to the next battle.
    arena: ArenaSlug,
    /// Whether the vote may be published, unless its voter says otherwise.
    publish: bool,
    /// Prompt and generations.
    children: Children,
) -> impl IntoView {
    let vote = Vote::new(ticket.clone(), &arena, publish);
    provide_context(vote);
    listen(vote);
    view! {
        <form class="battle" method="post" action="/api/vote" on:submit=move |event| on_submit(vote, &event)>
            <input type="hidden" name="ticket" value=ticket/>
            {children()}
            <div class="vote-bar">
                <VoteControls vote/>
            </div>
        </form>
    }
}

/// The name on a card: hidden until the vote is counted, with its place kept so that nothing moves.
#[island]
pub fn SideReveal(
    /// Whose name.
    side: Side,
) -> impl IntoView {
    // Always inside of a `BattleIsland`; alone it would stay as it is.
    let state = use_context::<Vote>().map_or_else(|| RwSignal::new(State::default()), |vote| vote.state);
    view! { <Reveal side state/> }
}
