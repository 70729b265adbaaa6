use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plaudit_domain::agreement::{Baseline, BaselineKind, Figure, HumanCeiling};
use plaudit_domain::{ArenaSlug, Outcome};

use super::{arriving, problem::ProblemView};
use crate::{
    api::ApiError,
    backend::backend,
    components::{
        arena_header::{ArenaHeader, Tab},
        head::PageHead,
        labels,
        share_axis::{Marks, share_interval, share_text, share_ticks, share_whisker, tenth_percent},
    },
    format,
    islands::following::{FOLLOWING, Following},
    shell::{Islands, Preload},
    view_model::judges::{JudgeSummary, JudgedBasis, JudgesView, SplitBy, VoterSplit},
};

/// How far the judges of an arena agree with people.
#[component]
pub(crate) fn JudgesPage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    arriving(async move {
        match find(&slug).await {
            Ok(view) => view! { <Judges view/> }.into_any(),
            Err(error) => view! { <ProblemView error/> }.into_any(),
        }
    })
}

async fn find(slug: &str) -> Result<JudgesView, ApiError> {
    let arena: ArenaSlug = slug.parse().map_err(|_| ApiError::NotFound)?;
    backend()?.judges(&arena).await
}

#[component]
fn Judges(view: JudgesView) -> impl IntoView {
    let JudgesView { arena, version, basis, judges, baselines, ceiling, splits } = view;
    let base = ["/arena/", arena.slug.as_str(), "/judges"].concat();
    let empty = judges.is_empty();
    let events = ["/api/arena/", arena.slug.as_str(), "/judges/events"].concat();
    let can_battle = arena.can_battle;
    let battle = ["/arena/", arena.slug.as_str()].concat();
    view! {
        <PageHead
            title=["Judges of ", &arena.title].concat()
            description=["How far automated judges agree with people in ", &arena.title, ", with intervals."].concat()
        />
        <ArenaHeader arena tab=Tab::Judges/>
        <p class="lead">
            "Automated judges answer the same battles as people. This is how often they say what people say, beside judges that do not look, and beside people themselves."
        </p>
        <Preload islands=Islands::Votes/>
        <Following events shown=version.clone()/>
        <div id=FOLLOWING data-version=version>
        <p class="board__facts">{facts(basis)}</p>
        {(basis.votes == 0).then(|| view! {
            <p class="empty">
                "Nobody has voted on stored generations here yet, so there is nothing to measure judges by. "
                {can_battle.then(|| view! { <a href=battle>"Cast the first vote"</a> })}
            </p>
        })}
        {(basis.votes > 0 && empty).then(|| view! {
            <p class="empty">"No judge has judged here yet. Its host starts them with " <code>"plaudit judge run"</code> "."</p>
        })}
        {(basis.votes > 0).then(|| view! { <Table base judges baselines ceiling/> })}
        <People ceiling splits/>
        </div>
        <Explanation/>
    }
}

fn facts(basis: JudgedBasis) -> String {
    let mut text = [
        &format::counted(basis.votes, "vote", "votes"),
        " on ",
        &format::counted(basis.pairs, "pair of answers", "pairs of answers"),
    ]
    .concat();
    if basis.contradicting > 0 {
        text.push_str(". ");
        text.push_str(&format::counted(basis.contradicting, "vote", "votes"));
        text.push_str(" left out: the same voter had answered the same pair otherwise");
    }
    text.push('.');
    text
}

/// The best accuracy that can be had without looking.
pub(crate) fn best_baseline(baselines: &[Baseline]) -> Option<f64> {
    let values = baselines.iter().filter_map(|baseline| baseline.accuracy_three.value());
    values.reduce(f64::max)
}

/// The word for a judge that does not look.
pub(crate) fn baseline_name(kind: BaselineKind) -> String {
    match kind {
        BaselineKind::AlwaysLeft => "Always A".to_owned(),
        BaselineKind::AlwaysRight => "Always B".to_owned(),
        BaselineKind::Random => "One of four at random".to_owned(),
        BaselineKind::MajorityOutcome(outcome) => ["Always the most frequent: ", labels::outcome(outcome)].concat(),
    }
}

#[component]
fn Table(base: String, judges: Vec<JudgeSummary>, baselines: Vec<Baseline>, ceiling: HumanCeiling) -> impl IntoView {
    let people = ceiling.leave_one_out_three;
    let marks = Marks { baseline: best_baseline(&baselines), ceiling: people.value() };
    let rows = judges.into_iter().map(|judge| {
        let report = &judge.report;
        let three = report.votes.accuracy_three;
        let href = [&base, "/", judge.slug.as_str()].concat();
        view! {
            <tr role="row" class="board__row">
                <th role="rowheader" scope="row" class="board__name">
                    <a class="board__contestant" href=href>{judge.name.clone()}</a>
                    {(report.coverage.not_judged > 0).then(|| {
                        let all = report.coverage.questions + report.coverage.not_judged;
                        let text = ["on ", &format::count(report.coverage.questions), " of ", &format::count(all), " pairs"].concat();
                        view! { <span class="judges__coverage">{text}</span> }
                    })}
                </th>
                <td role="cell" class="board__rating">{share_text(&three)}</td>
                <td role="cell" class="board__interval">{share_interval(&three)}</td>
                <td role="cell" class="board__whisker">{share_whisker(&three, marks)}</td>
                {figure("judges__decisive", "decisive ", share_text(&report.votes.accuracy_decisive))}
                {figure("judges__kappa", "κ ", report.votes.kappa.value().map_or_else(dash, format::thousandths))}
                {figure("judges__swap", "same both ways ", share_text(&report.swap_consistency))}
                {figure("judges__parsed", "answered ", share_text(&report.parse_rate))}
            </tr>
        }
    });
    let rows = rows.collect_view();
    let baselines = baselines.into_iter().map(|baseline| {
        reference(baseline_name(baseline.kind), baseline.accuracy_three, baseline.accuracy_decisive, marks)
    });
    let baselines = baselines.collect_view();
    view! {
        <table class="board__table judges" role="table">
            <caption>
                "Share of votes that a judge answers as people do, ties of both kinds being one; 95\u{202f}% intervals"
            </caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col" class="board__name">"Judge"</th>
                    <th role="columnheader" scope="col" class="board__rating">"Agrees"</th>
                    <th role="columnheader" scope="col" class="board__interval">"95\u{202f}% interval"</th>
                    <th role="columnheader" scope="col" class="board__whisker">
                        <span class="visually-hidden">"Agreement on a common axis from 0 to 100 percent"</span>
                        {share_ticks()}
                    </th>
                    <th role="columnheader" scope="col" class="judges__decisive">"Decisive"</th>
                    <th role="columnheader" scope="col" class="judges__kappa">"Cohen’s κ"</th>
                    <th role="columnheader" scope="col" class="judges__swap">"Same both ways"</th>
                    <th role="columnheader" scope="col" class="judges__parsed">"Answered"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
            <tbody role="rowgroup" class="judges__references">
                <tr role="row" class="judges__divider"><th role="rowheader" scope="rowgroup" colspan="8">"To measure by"</th></tr>
                {reference("People: each vote against the others’ majority".to_owned(), people, ceiling.leave_one_out_decisive, marks)}
                {baselines}
            </tbody>
        </table>
        <p class="judges__key" aria-hidden="true">
            <span><i class="key key--ceiling"></i> "people"</span>
            <span><i class="key key--baseline"></i> "best without looking"</span>
        </p>
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// A cell that says on a phone what its column says elsewhere.
fn figure(class: &'static str, unit: &'static str, text: String) -> impl IntoView {
    view! { <td role="cell" class=class><span class="unit">{unit}</span>{text}</td> }
}

/// A row that is no judge.
fn reference(name: String, three: Figure, decisive: Figure, marks: Marks) -> impl IntoView {
    view! {
        <tr role="row" class="board__row">
            <th role="rowheader" scope="row" class="board__name">{name}</th>
            <td role="cell" class="board__rating">{share_text(&three)}</td>
            <td role="cell" class="board__interval">{share_interval(&three)}</td>
            <td role="cell" class="board__whisker">{share_whisker(&three, marks)}</td>
            {figure("judges__decisive", "decisive ", share_text(&decisive))}
            <td role="cell" class="judges__kappa"></td>
            <td role="cell" class="judges__swap"></td>
            <td role="cell" class="judges__parsed"></td>
        </tr>
    }
}

/// How far people agree with each other, and whether halves of them want opposite things.
#[component]
fn People(ceiling: HumanCeiling, splits: Vec<VoterSplit>) -> impl IntoView {
    let several = (ceiling.questions > 0).then(|| {
        let interval = |figure: &Figure| {
            figure.estimate().map_or_else(dash, |found| {
                [
                    &format::thousandths(found.value),
                    " (",
                    &format::thousandths(found.low),
                    " to ",
                    &format::thousandths(found.high),
                    ")",
                ]
                .concat()
            })
        };
        [
            "Of two votes on the same pair of answers, ",
            &share_text(&ceiling.raw_agreement_three),
            " say the same (",
            &share_interval(&ceiling.raw_agreement_three),
            "), on ",
            &format::counted(ceiling.questions, "pair", "pairs"),
            " with several votes. Krippendorff’s α, which is 0 for chance and 1 for perfect agreement, is ",
            &interval(&ceiling.alpha_nominal_three),
            ".",
        ]
        .concat()
    });
    let dealings = splits.first().map(|split| split.dealings);
    let rows = splits.iter().map(|split| {
        let name = match split.by {
            SplitBy::Votes => "Fewer votes, more votes",
            SplitBy::Arrival => "Came earlier, came later",
        };
        let voters = [&format::count(split.voters[0]), " and ", &format::count(split.voters[1])].concat();
        let pairs = [&format::count(split.opposed_pairs), " of ", &format::count(split.pairs), " pairs"].concat();
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{voters}</td>
                <td>{tenth_percent(split.opposed)}<span class="judging__more muted">{pairs}</span></td>
                <td>{tenth_percent(split.by_chance)}</td>
                <td>{format::thousandths(split.p_value)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    (several.is_some() || dealings.is_some()).then(|| {
        view! {
            <section class="findings" aria-labelledby="people-heading">
                <h2 id="people-heading">"How far people agree with each other"</h2>
                {several.map(|text| view! { <p>{text}</p> })}
                {dealings.map(|dealings| view! {
                    <div class="scroll" tabindex="0" role="region" aria-label="Halves of the voters">
                        <table class="findings__table">
                            <caption class="visually-hidden">"Whether two halves of the voters want opposite things"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Two halves of the voters"</th>
                                    <th scope="col">"Voters"</th>
                                    <th scope="col">"Opposed"</th>
                                    <th scope="col">"By chance"</th>
                                    <th scope="col">"p"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    <p class="muted">
                        "Opposed: of what both halves prefer, the share on which they prefer opposite contestants. By chance: the mean of "
                        {dealings.to_string()}
                        " random halves of the same sizes; p is the share of those, the real one among them, that are as opposed."
                    </p>
                })}
            </section>
        }
    })
}

#[component]
fn Explanation() -> impl IntoView {
    let answers = Outcome::ALL.map(labels::outcome).join(", ");
    view! {
        <section class="article judges__explain" aria-labelledby="reading-heading">
            <h2 id="reading-heading">"How to read this"</h2>
            <dl>
                <dt>"Agrees"</dt>
                <dd>
                    "Each vote (" {answers} ") is compared with the judge’s answer to the same pair. A judge sees every pair twice, in both orders; when it then contradicts itself it abstains, and an abstention is wrong, as is an answer that cannot be read."
                </dd>
                <dt>"Decisive"</dt>
                <dd>"Only votes for A or B on pairs that the judge answered."</dd>
                <dt>"Cohen’s κ"</dt>
                <dd>"Agreement beyond what the frequencies of the answers alone would give: 0 is chance, 1 is perfect."</dd>
                <dt>"Same both ways"</dt>
                <dd>"How often the judge says the same when the two answers change places."</dd>
                <dt>"Answered"</dt>
                <dd>"The share of questions to which its answer could be read."</dd>
                <dt>"People"</dt>
                <dd>
                    "Each vote against the majority of the other voters on the same pair: no judge can be expected to do much better. Missing while no pair has several votes."
                </dd>
            </dl>
        </section>
    }
}
