use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use plaudit_domain::agreement::{Agreement, Confusion, Correlations, Figure, FinalAnswer};
use plaudit_domain::{ArenaSlug, JudgeSlug, Outcome};

use super::{arriving, judges::best_baseline, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::backend,
    components::{
        arena_header::{ArenaHeader, Tab},
        head::PageHead,
        heat_map::count_class,
        judge_charts::{days, position, reliability, slopes},
        labels,
        share_axis::{Marks, reason, share_interval, share_text, share_ticks, share_whisker, tenth_percent},
    },
    format,
    islands::{
        following::{FOLLOWING, Following},
        learning::LearningIsland,
        sent::Sent,
    },
    shell::{Islands, Preload},
    view_model::judges::{DisagreementView, JudgeCost, JudgeSummary, JudgeView, PromptReading, VersionView},
};

/// In the query of a judge's page: the reader wants to learn it on this device.
const LEARN: &str = "learn";

/// One judge, from all sides.
#[component]
pub(crate) fn JudgePage() -> impl IntoView {
    let (slug, judge) = use_params_map()
        .with_untracked(|params| (params.get("slug").unwrap_or_default(), params.get("judge").unwrap_or_default()));
    // What learns is fetched by those alone who ask for it.
    let (version, learns) = use_query_map().with_untracked(|query| (query.get("version"), query.get(LEARN).is_some()));
    arriving(async move {
        match find(&slug, &judge, version.as_deref()).await {
            Ok(view) => view! { <Judge view learns/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

async fn find(slug: &str, judge: &str, version: Option<&str>) -> Result<JudgeView, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    let judge: JudgeSlug = judge.parse().map_err(|_| ApiError::NotFound)?;
    backend()?.judge(&arena, &judge, version).await
}

#[component]
fn Judge(view: JudgeView, learns: bool) -> impl IntoView {
    let JudgeView {
        arena,
        version: shown,
        judge,
        provenance,
        baselines,
        ceiling,
        contestants,
        disagreements,
        versions,
        lesson,
    } = view;
    let base = ["/arena/", arena.slug.as_str()].concat();
    let events = ["/api", &base, "/judges/events"].concat();
    let all = [&base, "/judges"].concat();
    let own = [&all, "/", judge.slug.as_str()].concat();
    let JudgeSummary { name, version, description, place, report, prompt_reading, cost, conflicts, .. } = judge;
    let marks = Marks { baseline: best_baseline(&baselines), ceiling: ceiling.leave_one_out_three.value() };
    let title = name.clone();
    let heading = name.clone();
    let boards = report.boards.clone();
    view! {
        <PageHead
            title=[&title, ", judge in ", &arena.title].concat()
            description=["How far ", &title, " agrees with people in ", &arena.title, "."].concat()
        />
        <ArenaHeader arena tab=Tab::Neither/>
        <p><a href=all>"All judges"</a></p>
        <h2 class="judge__name">{heading} " " <span class="tag">{["version ", &version].concat()}</span></h2>
        <p class="lead">{description}</p>
        <Preload islands=if learns { Islands::Models } else { Islands::Votes }/>
        <Following events shown=shown.clone()/>
        <div id=FOLLOWING data-version=shown>
        <p class="muted">{rests_on(&report.coverage, place, &cost, conflicts)}</p>
        <Measures votes=report.votes scores=report.scores parse=report.parse_rate swap=report.swap_consistency marks/>
        <ConfusionTable confusion=report.confusion/>
        <Reading reading=prompt_reading/>
        {position(&report.position, &report.swap_consistency, &report.abstention_rate)}
        {reliability("confidence-heading", "Is its confidence to be believed?", "the vote says the same", &report.confidence)}
        {reliability("probability-heading", "Is its probability that A is better to be believed?", "a decisive vote says A", &report.probability)}
        {slopes(&contestants, &boards.human, &boards.judge, &boards.kendall)}
        {days(&report.days)}
        {(!report.unparsed.is_empty()).then(|| {
            let rows = report.unparsed.iter().map(|unparsed| view! {
                <li>{format::count(unparsed.count)} ": " {labels::unparsed(unparsed.reason)}</li>
            });
            view! {
                <section class="findings" aria-labelledby="unparsed-heading">
                    <h2 id="unparsed-heading">"Without an answer"</h2>
                    <ul class="findings__list">{rows.collect_view()}</ul>
                </section>
            }
        })}
        <Disagreements base disagreements/>
        <Versions own versions/>
        </div>
        {lesson.map(|offer| match learns {
            true => view! { <LearningIsland offer=Sent(offer)/> }.into_any(),
            false => view! {
                <p class="judging"><a class="button" href=["?", LEARN, "=here#learning-heading"].concat() rel="nofollow">"Learn it anew on this device"</a></p>
            }
            .into_any(),
        })}
        {(!provenance.is_empty()).then(|| view! {
            <details class="made">
                <summary>"What decides its answers"</summary>
                <pre class="judge__provenance">{provenance}</pre>
            </details>
        })}
    }
}

fn rests_on(coverage: &plaudit_domain::agreement::Coverage, place: &str, cost: &JudgeCost, conflicts: u64) -> String {
    let mut text = [
        "Runs ",
        place,
        ". Judged ",
        &format::counted(coverage.questions, "pair", "pairs"),
        " (",
        &format::count(coverage.both_orders),
        " in both orders), on which people cast ",
        &format::counted(coverage.votes, "vote", "votes"),
        ".",
    ]
    .concat();
    if coverage.not_judged > 0 {
        text.push_str(&[" Not judged yet: ", &format::counted(coverage.not_judged, "pair", "pairs"), "."].concat());
    }
    if let Some(median) = cost.median_milliseconds {
        let time = match median {
            0 => "less than 1\u{a0}ms".to_owned(),
            1..1000 => [&median.to_string(), "\u{a0}ms"].concat(),
            _ => format::seconds(median as f64),
        };
        text.push_str(&[" Median time of one judgment: ", &time, "."].concat());
    }
    if cost.tokens > 0 {
        text.push_str(&[" ", &format::counted(cost.tokens, "token", "tokens"), " read and written."].concat());
    }
    if let Some(usd) = cost.usd {
        text.push_str(&format!(" ${usd:.2} spent."));
    }
    if conflicts > 0 {
        let times = format::counted(conflicts, "time", "times");
        text.push_str(&[" ", &times, " it handed in another answer than before; the first stands."].concat());
    }
    text
}

/// Name and figure of a measure.
type Row = (&'static str, Figure);

#[component]
fn Measures(votes: Agreement, scores: Correlations, parse: Figure, swap: Figure, marks: Marks) -> impl IntoView {
    let shares: [Row; 7] = [
        ("Of three answers: A, tie, B", votes.accuracy_three),
        ("Of four answers, with the kind of tie", votes.accuracy_four),
        ("Of decisive votes that it answered", votes.accuracy_decisive),
        ("Of all decisive votes", votes.accuracy_decisive_all),
        ("Where both are decisive", votes.accuracy_both_decisive),
        ("Answers that could be read", parse),
        ("The same both ways", swap),
    ];
    let shares = shares.map(|(name, figure)| {
        // The lines belong to the first measure alone.
        let marks = if figure == votes.accuracy_three { marks } else { Marks::default() };
        view! {
            <tr role="row" class="board__row">
                <th role="rowheader" scope="row" class="board__name">{name}</th>
                <td role="cell" class="board__rating">{share_text(&figure)}</td>
                <td role="cell" class="board__interval">{share_interval(&figure)}</td>
                <td role="cell" class="board__whisker">{share_whisker(&figure, marks)}</td>
            </tr>
        }
    });
    let coefficients: [Row; 9] = [
        ("Cohen’s κ, four answers", votes.kappa),
        ("Cohen’s κ, three answers", votes.kappa_three),
        ("Cohen’s κ, quadratic weights", votes.kappa_quadratic),
        ("Pearson’s r of the answers", votes.answers.pearson),
        ("Spearman’s ρ of the answers", votes.answers.spearman),
        ("Kendall’s τ-b of the answers", votes.answers.kendall),
        ("Pearson’s r of its scores", scores.pearson),
        ("Spearman’s ρ of its scores", scores.spearman),
        ("Kendall’s τ-b of its scores", scores.kendall),
    ];
    let coefficients = coefficients.map(|(name, figure)| {
        let (value, interval) = match figure.estimate() {
            Some(found) => (
                format::thousandths(found.value),
                [&format::thousandths(found.low), " to ", &format::thousandths(found.high)].concat(),
            ),
            None => ("–".to_owned(), reason(&figure).to_owned()),
        };
        view! { <tr><th scope="row">{name}</th><td>{value}</td><td>{interval}</td></tr> }
    });
    view! {
        <section aria-labelledby="measures-heading">
            <h2 id="measures-heading">"Agreement with people"</h2>
            <table class="board__table judges judges--one" role="table">
                <caption>"Shares of votes or judgments, with 95\u{202f}% intervals"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="board__name">"Measure"</th>
                        <th role="columnheader" scope="col" class="board__rating">"Share"</th>
                        <th role="columnheader" scope="col" class="board__interval">"95\u{202f}% interval"</th>
                        <th role="columnheader" scope="col" class="board__whisker">
                            <span class="visually-hidden">"Share on a common axis from 0 to 100 percent"</span>
                            {share_ticks()}
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{shares.into_iter().collect_view()}</tbody>
            </table>
            <p class="judges__key" aria-hidden="true">
                <span><i class="key key--ceiling"></i> "people"</span>
                <span><i class="key key--baseline"></i> "best without looking"</span>
            </p>
            <table class="findings__table judge__coefficients">
                <caption class="visually-hidden">"Coefficients from −1 to 1, with 95\u{202f}% intervals"</caption>
                <thead>
                    <tr><th scope="col">"Coefficient"</th><th scope="col">"Value"</th><th scope="col">"95\u{202f}% interval"</th></tr>
                </thead>
                <tbody>{coefficients.into_iter().collect_view()}</tbody>
            </table>
        </section>
    }
}

/// What people said against what the judge said. Columns that nobody used are left out.
#[component]
fn ConfusionTable(confusion: Confusion) -> impl IntoView {
    let used: Vec<usize> =
        (0..FinalAnswer::ALL.len()).filter(|column| confusion.votes.iter().any(|row| row[*column] > 0)).collect();
    let largest = confusion.votes.iter().flatten().copied().max().unwrap_or(0);
    (largest > 0).then(|| {
        let heads = used.iter().map(|column| view! { <th scope="col">{labels::final_answer(FinalAnswer::ALL[*column])}</th> });
        let rows = Outcome::ALL.into_iter().zip(confusion.votes).map(|(outcome, row)| {
            let total: u64 = row.iter().sum();
            let cells = used.iter().map(|column| {
                let count = row[*column];
                let share = if total > 0 { tenth_percent(count as f64 / total as f64) } else { String::new() };
                view! { <td class=count_class(count, largest) title=share>{format::count(count)}</td> }
            });
            view! { <tr><th scope="row">{labels::outcome(outcome)}</th>{cells.collect_view()}<td>{format::count(total)}</td></tr> }
        });
        view! {
            <section aria-labelledby="confusion-heading">
                <h2 id="confusion-heading">"What people said, and what it said"</h2>
                <div class="scroll heat-map-box" tabindex="0" role="region" aria-label="Votes by people’s answer and the judge’s">
                    <table class="heat-map judge__confusion">
                        <caption class="visually-hidden">"Votes by people’s answer (rows) and the judge’s answer (columns)"</caption>
                        <thead><tr><th scope="col">"People ↓ judge →"</th>{heads.collect_view()}<th scope="col">"Votes"</th></tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

/// Questions with a known answer.
#[component]
fn Reading(reading: Option<PromptReading>) -> impl IntoView {
    reading.map(|PromptReading { questions, notices, same_both_ways }| {
        let text = [
            "Shown two answers of one contestant, one to the prompt asked and one to a similar prompt, it prefers the right one to ",
            &share_text(&notices),
            " (",
            &share_interval(&notices),
            ") of ",
            &format::counted(questions, "question", "questions"),
            ", each put in both orders. To ",
            &share_text(&same_both_ways),
            " it answers the same both ways. No person is needed to know what is right here; tossing one coin for each question gives half.",
        ]
        .concat();
        view! {
            <section class="findings" aria-labelledby="reading-heading">
                <h2 id="reading-heading">"Does it read the prompt?"</h2>
                <p>{text}</p>
            </section>
        }
    })
}

#[component]
fn Disagreements(base: String, disagreements: Vec<DisagreementView>) -> impl IntoView {
    (!disagreements.is_empty()).then(|| {
        let rows = disagreements.into_iter().map(|one| {
            let DisagreementView { battle, prompt, left, right, majority, votes, judge } = one;
            let href = [&base, "/battle/", &battle.to_string()].concat();
            let counts = Outcome::ALL
                .into_iter()
                .zip(votes)
                .filter(|(_, count)| *count > 0)
                .map(|(outcome, count)| format!("{count}\u{a0}× {}", labels::outcome(outcome)))
                .collect::<Vec<_>>()
                .join(", ");
            view! {
                <li class="judge__disagreement">
                    <a href=href>{prompt}</a>
                    <span class="muted">{[" A: ", &left, ", B: ", &right, ". "].concat()}</span>
                    {["People: ", labels::outcome(majority), " (", &counts, "). Judge: ", labels::final_answer(judge), "."].concat()}
                </li>
            }
        });
        view! {
            <section class="findings" aria-labelledby="disagreements-heading">
                <h2 id="disagreements-heading">"Where it contradicts a clear majority"</h2>
                <ol class="findings__list">{rows.collect_view()}</ol>
            </section>
        }
    })
}

#[component]
fn Versions(own: String, versions: Vec<VersionView>) -> impl IntoView {
    (!versions.is_empty()).then(|| {
        let rows = versions.into_iter().map(|VersionView { version, consistency }| {
            let href = [&own, "?version=", &version].concat();
            view! {
                <tr>
                    <th scope="row"><a href=href>{version}</a></th>
                    <td>{format::count(consistency.questions)}</td>
                    <td>{share_text(&consistency.same_answers)}</td>
                    <td>{consistency.kappa.value().map_or_else(|| "–".to_owned(), format::thousandths)}</td>
                    <td>{consistency.board_kendall.value().map_or_else(|| "–".to_owned(), format::thousandths)}</td>
                </tr>
            }
        });
        view! {
            <section class="findings" aria-labelledby="versions-heading">
                <h2 id="versions-heading">"Other versions of this judge"</h2>
                <table class="findings__table">
                    <caption class="visually-hidden">"How far this version says the same as others"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Version"</th>
                            <th scope="col">"Pairs both judged"</th>
                            <th scope="col">"Same answer"</th>
                            <th scope="col">"Cohen’s κ"</th>
                            <th scope="col">"Kendall’s τ of the boards"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </section>
        }
    })
}
