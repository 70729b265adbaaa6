//! Boards computed in the visitor's browser: any method, any slice, as of any day, from the downloaded counts.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

mod desk;
mod findings;

use leptos::prelude::*;
use plaudit_domain::{ArenaSlug, RankingMethod};

use self::{
    desk::{Desk, Stage},
    findings::{Circles, Fit},
};
use super::{live, sent::Sent};
use crate::{
    components::method_table::method_table,
    format,
    view_model::{MethodBoardView, Slice},
};

/// The choices, the board, and what else the counts say.
#[island]
pub fn MethodsIsland(
    /// The arena.
    arena: ArenaSlug,
    /// The board as the server computed it.
    board: Sent<MethodBoardView>,
    /// The address of the worker's code.
    worker: String,
    /// Whether there are imported votes beside those cast here.
    has_slices: bool,
) -> impl IntoView {
    let Sent(board) = board;
    let action = ["/arena/", arena.as_str(), "/leaderboard"].concat();
    let (method, slice) = (board.board.method, board.slice);
    let desk = Desk::new(arena, board);
    Effect::new(move |_| desk.wake(&worker));
    let methods = RankingMethod::ALL.map(|this| {
        view! { <option value=this.as_str() selected=this == method>{this.name()}</option> }
    });
    let slices = has_slices.then(|| {
        let slices = Slice::ALL.map(|this| view! { <option value=this.as_str() selected=this == slice>{this.name()}</option> });
        view! {
            <label class="field">
                <span class="field__name">"Votes"</span>
                <select name="votes" on:change=move |event| desk.choose_slice(&event_target_value(&event))>{slices.collect_view()}</select>
            </label>
        }
    });
    let days = Memo::new(move |_| desk.days.with(|days| days.len()));
    view! {
        <div class="methods">
            <form class="methods__choices" method="get" action=action>
                <label class="field">
                    <span class="field__name">"Method"</span>
                    <select name="method" on:change=move |event| desk.choose_method(&event_target_value(&event))>{methods.collect_view()}</select>
                </label>
                {slices}
                <p class="no-script"><button class="button" type="submit">"Show"</button></p>
                <label class="field methods__day" hidden=live::flag(move || days.get() < 2)>
                    <span class="field__name">"Board as of " <output>{live::text(move || desk.day_name())}</output></span>
                    <input
                        type="range"
                        min="0"
                        max=live::text(move || days.get().saturating_sub(1).to_string())
                        prop:value=live::text(move || desk.day.get().to_string())
                        aria-valuetext=live::text(move || desk.day_name())
                        on:input=move |event| desk.choose_day(&event_target_value(&event))
                    />
                </label>
            </form>
            <p class="methods__explanation">{live::word(move || desk.shown.with(|shown| shown.board.method.explanation()))}</p>
            <p class="board__note" hidden=live::flag(move || desk.shown.with(|shown| !shown.board.needs_prior))>
                "Too few votes to decide every rating: a weak prior keeps them near the middle until there are more."
            </p>
            <p class="alert" role="alert" hidden=live::flag(move || desk.problem.with(String::is_empty))>
                {live::text(move || desk.problem.get())}
            </p>
            <div class="methods__board" data-stage=live::word(move || desk.stage.get().word())>
                {move || desk.shown.with(method_table)}
            </div>
            <p class="muted methods__where" hidden=live::flag(move || desk.shown.with(|shown| !shown.board.method.has_resamples()))>
                "Ranks, 95\u{202f}%: where a contestant stands in the middle 95\u{202f}% of 1,000 boards from votes drawn anew. Votes to fall: the fewest votes found whose removal would put the next one ahead."
            </p>
            {move || desk.shown.with(facts)}
            <p class="muted methods__where" role="status">{live::text(move || computed_where(desk.stage.get()))}</p>
            <Circles desk/>
            <Fit desk/>
        </div>
    }
}

/// What a method says besides its scores.
fn facts(view: &MethodBoardView) -> impl IntoView + use<> {
    let facts = view.board.facts.iter().map(|fact| {
        let interval = fact.lower.zip(fact.upper).map(|(lower, upper)| {
            [" (95\u{202f}% interval ", &format::setting(lower), " to ", &format::setting(upper), ")"].concat()
        });
        view! { <div><dt>{fact.label.clone()}</dt><dd>{format::setting(fact.value)}{interval}</dd></div> }
    });
    let facts: Vec<_> = facts.collect();
    (!facts.is_empty()).then(|| view! { <dl class="facts">{facts}</dl> })
}

fn computed_where(stage: Stage) -> String {
    match stage {
        Stage::Server => "Computed by the server.".to_owned(),
        Stage::Loading => "Downloading the counts…".to_owned(),
        Stage::Computing => "Computing on this device…".to_owned(),
        Stage::Here(millis) => {
            ["Computed on this device in ", &format::whole(millis.max(1.0)), " ms, from the counts of all votes."]
                .concat()
        }
    }
}
