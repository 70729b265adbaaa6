use leptos::prelude::*;
use plaudit_domain::Outcome;

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::{backend, voter},
    components::{head::PageHead, labels},
    format,
    view_model::data::{DataArena, DataView},
};

/// A form in which votes leave: file, name, what a row is, who reads it.
struct Form {
    file: &'static str,
    name: &'static str,
    row: &'static str,
    reader: &'static str,
}

const fn form(file: &'static str, name: &'static str, row: &'static str, reader: &'static str) -> Form {
    Form { file, name, row, reader }
}

/// The three that most people want, then those for one tool each.
const FORMS: [Form; 15] = [
    form("votes.csv", "CSV", "a vote", "spreadsheets"),
    form("votes.jsonl", "JSON Lines", "a vote, with everything that leaves", "any program; plaudit import"),
    form("votes.parquet", "Parquet", "the same", "pandas, polars, DuckDB, Spark"),
    form(
        "trl-preference.jsonl",
        "TRL preference",
        "a decisive vote: prompt, chosen, rejected",
        "TRL: DPO, reward models",
    ),
    form("trl-preference-conversational.jsonl", "TRL conversations", "the same, as conversations", "TRL"),
    form("trl-unpaired.jsonl", "TRL unpaired", "an answer, good or not", "TRL: KTO"),
    form(
        "soft-preference.jsonl",
        "Soft preference",
        "a pair of answers, with its share of votes",
        "training with soft labels",
    ),
    form("reward-rows.jsonl", "Reward rows", "an answer, with its share of wins", "reward models"),
    form("arena-55k.csv", "Arena 55k", "a vote", "notebooks made for LMArena’s first set"),
    form("arena-140k.jsonl", "Arena 140k", "a vote, with counts of style", "notebooks made for LMArena’s later sets"),
    form("genai-arena.json", "GenAI-Arena", "a battle", "FastChat’s tools, evalica, arena-rank"),
    form("genai-bench.jsonl", "GenAI-Bench", "a vote", "GenAI-Bench’s tools"),
    form(
        "genai-bench-parquet.parquet",
        "GenAI-Bench, Parquet",
        "a vote, with its pictures in the file",
        "Hugging Face datasets, which shows them",
    ),
    form("argilla.json", "Argilla", "a vote as a task", "Argilla"),
    form("label-studio.json", "Label Studio", "a vote as a task", "Label Studio"),
];

/// How many of them have a button.
const FIRST: usize = 3;

/// The data of all arenas, to look at and to take away; and the reader's own votes.
#[component]
pub(crate) fn DataPage() -> impl IntoView {
    arriving(async {
        match find().await {
            Ok(view) => view! { <Data view/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

async fn find() -> Result<DataView, ApiError> {
    backend()?.data(voter()?).await
}

#[component]
fn Data(view: DataView) -> impl IntoView {
    let DataView { arenas, own_votes, own_published, publishes } = view;
    let none = arenas.is_empty();
    let arenas = arenas.into_iter().map(|arena| view! { <Arena arena/> }).collect_view();
    view! {
        <PageHead
            title="Data"
            description="Every vote, board and count of this site, to look at and to take away: CSV, JSON Lines, Parquet, training sets, and an API."
        />
        <h1>"Data"</h1>
        <p class="lead">
            "Everything that is ranked here can be taken away: the votes, the answers they were cast on, and the counts behind each board. Voters get other names in every file. What visitors typed stays here."
        </p>
        <p><a href="/data/api">"Ask for it by program: the API"</a></p>
        {none.then(|| view! { <p class="empty">"No arena yet, so there are no data."</p> })}
        {arenas}
        <Forms/>
        <OwnVotes own_votes own_published publishes/>
    }
}

#[component]
fn Arena(arena: DataArena) -> impl IntoView {
    let DataArena { arena, battles, outcomes, newest } = arena;
    let slug = arena.slug.as_str();
    let id = ["arena-", slug].concat();
    let votes: u64 = outcomes.iter().sum();
    let file = |name: &str| ["/data/", slug, "/", name].concat();
    let first = FORMS[..FIRST].iter().map(|form| {
        view! { <a class="button button--small" href=file(form.file) rel="nofollow">{["Votes as ", form.name].concat()}</a> }
    });
    let others = FORMS[FIRST..].iter().map(|form| {
        view! { <li><a href=file(form.file) rel="nofollow">{form.name}</a></li> }
    });
    let (first, others) = (first.collect_view(), others.collect_view());
    let facts = [
        ("Votes", votes),
        ("Battles", battles),
        ("Contestants", u64::from(arena.contestants)),
        ("Prompts", u64::from(arena.prompts)),
        ("Answers", arena.generations),
    ];
    let facts = facts.map(|(name, number)| view! { <div><dt>{name}</dt><dd>{format::count(number)}</dd></div> });
    let outcomes = Outcome::ALL.into_iter().zip(outcomes).map(|(outcome, count)| {
        let share = if votes == 0 { String::new() } else { format::percent(count as f64 / votes as f64) };
        view! { <li>{labels::outcome(outcome)} " " <b>{format::count(count)}</b> " " <span class="muted">{share}</span></li> }
    });
    let outcomes = outcomes.collect_view();
    let base = ["/arena/", slug].concat();
    let (board, api) = ([&base, "/leaderboard"].concat(), ["/api/v1/arenas/", slug].concat());
    let license = arena.license.clone();
    let rows = newest.into_iter().map(|vote| {
        let href = [&base, "/battle/", &vote.battle.to_string()].concat();
        view! {
            <tr>
                <td><a href=href>{vote.cast_at.unwrap_or_else(|| "not told".to_owned())}</a></td>
                <td>{vote.left}</td>
                <td>{vote.right}</td>
                <td>{labels::outcome(vote.outcome)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let preview = ["The newest votes in ", &arena.title].concat();
    view! {
        <section class="data-arena" aria-labelledby=id>
            <h2 id=id.clone()><a href=board>{arena.title.clone()}</a></h2>
            <dl class="data-facts">{facts}</dl>
            {(votes > 0).then(|| view! { <ul class="data-outcomes" aria-label="Votes by outcome">{outcomes}</ul> })}
            <p>
                "Licence of prompts and answers: "
                {match license {
                    Some(license) => view! { <b>{license}</b> }.into_any(),
                    None => view! { "the host names none; ask before you publish them" }.into_any(),
                }}
                "."
            </p>
            <p class="data-downloads">{first}</p>
            <details class="options">
                <summary>"Other formats"</summary>
                <ul class="data-others">{others}</ul>
            </details>
            <p>
                "As JSON: "
                <a href=[&api, "/board"].concat()>"board"</a> ", "
                <a href=[&api, "/counts"].concat()>"pair counts"</a> ", "
                <a href=[&api, "/votes"].concat()>"votes"</a> ", "
                <a href=[&api, "/battles"].concat()>"battles"</a> ", "
                <a href=[&api, "/judgments"].concat()>"judgments"</a> "."
            </p>
            {(votes > 0).then(|| view! {
                <p><a href=[&base, "/recount"].concat() rel="nofollow">"Compute the board from these votes on your own device"</a></p>
            })}
            {(votes > 0).then(|| view! {
                <div class="scroll" tabindex="0" role="region" aria-label=preview.clone()>
                    <table class="plain-table">
                        <caption>"The newest votes"</caption>
                        <thead>
                            <tr><th scope="col">"Cast"</th><th scope="col">"A"</th><th scope="col">"B"</th><th scope="col">"Vote"</th></tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            })}
        </section>
    }
}

#[component]
fn Forms() -> impl IntoView {
    let rows = FORMS.iter().map(|form| {
        view! { <tr><th scope="row">{form.name}</th><td>{form.row}</td><td>{form.reader}</td></tr> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="data-section" aria-labelledby="formats">
            <h2 id="formats">"What each format holds"</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Formats">
                <table class="plain-table">
                    <caption>"Formats for training hold only votes on answers whose texts may leave"</caption>
                    <thead><tr><th scope="col">"Format"</th><th scope="col">"A row is"</th><th scope="col">"Read by"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="muted">
                "Votes whose voters did not agree to publication are in no file, although they count on the boards. Votes that were taken back or are left out of the boards stay away, and so do votes on texts that look as if they told an address, a telephone or a card number. Filters by time, contestant and outcome are in the API. A file stays for a day; a download that broke off can go on."
            </p>
        </section>
    }
}

/// What the reader left here, to take away and to take back.
#[component]
fn OwnVotes(own_votes: u64, own_published: u64, publishes: bool) -> impl IntoView {
    let counted =
        ["You have ", &format::counted(own_votes, "vote", "votes"), " here under this browser’s cookie."].concat();
    view! {
        <section aria-labelledby="your-votes" class="data-section article">
            <h2 id="your-votes">"Your own votes"</h2>
            {if own_votes == 0 {
                view! { <p>"You have no vote here under this browser’s cookie."</p> }.into_any()
            } else {
                view! {
                    <p>{counted}</p>
                    <p><a class="button button--small" href="/data/your-votes.json" rel="nofollow">"Download your votes"</a></p>
                    <details class="options">
                        <summary>"Take all of them back"</summary>
                        <p>
                            "They then count on no board and leave in no new file. The log keeps that there were votes and that they were withdrawn, without you: nothing in it can be rewritten, which is what lets others check it. Files that somebody fetched before keep them."
                        </p>
                        <form method="post" action="/api/withdraw">
                            <input type="hidden" name="confirmed" value="true"/>
                            <button type="submit" class="button button--small">"Take back all my votes"</button>
                        </form>
                    </details>
                }.into_any()
            }}
            <Publication own_votes own_published publishes/>
        </section>
    }
}

/// Whether the reader's votes leave in files, what that means, and how to change it.
#[component]
fn Publication(own_votes: u64, own_published: u64, publishes: bool) -> impl IntoView {
    let choice = |agreed: bool, words: &'static str| {
        let value = if agreed { "true" } else { "false" };
        view! {
            <form method="post" action="/api/publish">
                <input type="hidden" name="agreed" value=value/>
                <button type="submit" class="button button--small">{words}</button>
            </form>
        }
    };
    let next = if publishes { "is ticked" } else { "is not ticked" };
    let state = (own_votes > 0).then(|| {
        [
            "Of your ",
            &format::counted(own_votes, "vote", "votes"),
            " ",
            &format::count(own_published),
            " may be published. ",
        ]
        .concat()
    });
    view! {
        <h3 id="publication">"Whether they are published"</h3>
        <p>
            "With each vote you say whether it may be published as open data. A published vote tells the battle, your answer, when it was cast, and a voter’s name that is made up anew for each file: no cookie, no address, nothing else of you, but within one file it can be seen which votes are one person’s. A vote that is not published counts on the boards and in their pair counts all the same, and judges are measured by it; it is in no file and on no list of votes."
        </p>
        <p>
            {state} "The box on your next ballot " <b>{next}</b> ", and you can change it there. "
            "What you choose here holds for all your votes so far, in every file that is made from now on. A file that is there already stays for up to a day, and what others have fetched cannot be called back."
        </p>
        {(publishes || own_published > 0).then(|| choice(false, "Do not publish my votes"))}
        {(!publishes || own_published < own_votes).then(|| choice(true, "Publish my votes"))}
    }
}
