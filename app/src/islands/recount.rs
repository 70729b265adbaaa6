//! The whole board from the votes that anybody can download: read, counted and ranked on the visitor's device, and compared with
//! the published one.

#![allow(missing_docs, reason = "leptos' #[island] makes a public struct that cannot be documented")]

mod desk;
mod fetching;

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlInputElement};
use plaudit_domain::ArenaSlug;
use plaudit_recount::compare::PairDifference;

use self::desk::{Compared, Desk, Stage};
use super::live;
use crate::{components::method_table::method_table, format, view_model::CountedContestant};

/// Pairs that are listed; of more the number is told.
const MOST_PAIRS: usize = 20;

/// The two ways to the votes, and what they come to.
#[island]
pub fn RecountIsland(
    /// The arena.
    arena: ArenaSlug,
    /// The address of the worker's code.
    worker: String,
) -> impl IntoView {
    let desk = Desk::new(arena);
    Effect::new(move |_| desk.wake(&worker));
    let choose = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input
            && let Some(file) = input.files().and_then(|files| files.get(0))
        {
            desk.read_file(&file);
            // The same file again, mended, is another choice.
            input.set_value("");
        }
    };
    let busy = move || desk.stage.with(Stage::is_busy);
    view! {
        <div class="recount">
            <div class="recount__ways">
                <button
                    type="button"
                    class="button button--primary"
                    aria-disabled=live::word(move || if busy() { "true" } else { "false" })
                    on:click=move |_| desk.fetch()
                >
                    "Download the votes and compute"
                </button>
                <label class="field">
                    <span class="field__name">"Or choose a file that you have downloaded (JSON Lines, or the same as .gz)"</span>
                    <input type="file" accept=".jsonl,.gz,.ndjson" on:change=choose/>
                </label>
            </div>
            <p role="status" class="recount__stage">{live::text(move || desk.stage.with(told))}</p>
            <p class="alert" role="alert" hidden=live::flag(move || desk.problem.with(String::is_empty))>
                {live::text(move || desk.problem.get())}
            </p>
            {move || desk.compared.with(|compared| compared.as_ref().map(outcome))}
        </div>
    }
}

fn told(stage: &Stage) -> String {
    match stage {
        Stage::Idle => String::new(),
        Stage::Ordering => "The server writes the file…".to_owned(),
        Stage::Reading(0) => "Reading…".to_owned(),
        Stage::Reading(bytes) => ["Reading: ", &format::tenths(*bytes as f64 / 1e6), " MB…"].concat(),
        Stage::Computing => "Computing…".to_owned(),
        Stage::Done(millis) => ["Computed on this device in ", &format::whole(millis.max(1.0)), " ms."].concat(),
    }
}

/// What came out, in words, the pairs that differ, and the board.
fn outcome(compared: &Compared) -> impl IntoView + use<> {
    let Compared { log, view, published, pairs, difference } = compared;
    let same = pairs.is_empty();
    let heading = if same { "The same votes" } else { "Not the same votes" };
    let votes = |number: u64| format::counted(number, "vote", "votes");
    let counts = if same {
        ["The file has the ", &votes(log.votes), " of the published board, pair by pair."].concat()
    } else {
        [
            "The file has ",
            &votes(log.votes),
            ", the published board ",
            &votes(published.votes),
            ". Votes whose voters did not agree to publication count on the board and are in no file; so do votes that were cast or taken back since the file was made, and a file with texts leaves out those whose texts look personal.",
        ]
        .concat()
    };
    let name = |position: u32| {
        view.contestants.get(position as usize).map_or_else(String::new, |contestant| contestant.name.clone())
    };
    let scores = match difference.contestant {
        None => "Every rating is the same to the last digit.".to_owned(),
        // What a page shows has no decimals.
        Some(_) if difference.largest < 0.05 => "Every rating is the same to a tenth of a point.".to_owned(),
        Some(contestant) => [
            "The largest difference of a rating is ",
            &format::tenths(difference.largest),
            " points, of ",
            &name(contestant),
            ".",
        ]
        .concat(),
    };
    let ranks = match difference.ranks {
        0 => "Every rank is the same.".to_owned(),
        other => [&format::counted(u64::from(other), "contestant has", "contestants have"), " another rank."].concat(),
    };
    let alone = (difference.alone > 0).then(|| {
        [
            &format::counted(u64::from(difference.alone), "contestant stands", "contestants stand"),
            " on one of the two boards alone.",
        ]
        .concat()
    });
    let passed = (log.left_out + log.elsewhere > 0).then(|| {
        [
            "Passed over: ",
            &votes(log.left_out),
            " that were taken back or are left out of the boards, and ",
            &votes(log.elsewhere),
            " of other arenas.",
        ]
        .concat()
    });
    let last = ["The last vote in it is ", &log.last, "."].concat();
    view! {
        <section class="recount__outcome" aria-labelledby="recount-outcome" data-same=if same { "true" } else { "false" }>
            <h2 id="recount-outcome">{heading}</h2>
            <p>{counts}</p>
            <p>{scores} " " {ranks} " " {alone}</p>
            <p class="muted">{passed} " " {last}</p>
            {(!same).then(|| differences(pairs, &view.contestants))}
            <h3>"The board of these votes"</h3>
            {method_table(view)}
        </section>
    }
}

fn differences(pairs: &[PairDifference], contestants: &[CountedContestant]) -> impl IntoView + use<> {
    let name = |position: u32| {
        contestants.get(position as usize).map_or_else(String::new, |contestant| contestant.name.clone())
    };
    let counts = |counts: [u64; 4]| counts.map(format::count).join(" · ");
    let rows = pairs.iter().take(MOST_PAIRS).map(|pair| {
        view! {
            <tr>
                <td>{name(pair.left)}</td>
                <td>{name(pair.right)}</td>
                <td>{counts(pair.file)}</td>
                <td>{counts(pair.board)}</td>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let more = pairs.len().saturating_sub(MOST_PAIRS) as u64;
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Pairs with other votes">
            <table class="plain-table">
                <caption>"Pairs with other votes: A better · B better · ties · both bad"</caption>
                <thead>
                    <tr><th scope="col">"A"</th><th scope="col">"B"</th><th scope="col">"In the file"</th><th scope="col">"On the board"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {(more > 0).then(|| view! { <p class="muted">{[&format::counted(more, "more pair", "more pairs"), "."].concat()}</p> })}
    }
}
