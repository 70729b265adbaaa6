//! `plaudit agree`: how far judges agree with people, from files, without a database.

mod rows;

use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;
use plaudit_agreement::{
    AgreementError, Baseline, BaselineKind, Certainty, Figure, HumanCeiling, JudgeReport, Options, Order, Panel,
    Verdict,
};
use serde::Serialize;

use rows::{JudgmentRow, Rejected, VoteRow};

/// The width of a bar in the terminal, in characters.
const BAR: usize = 41;
/// So many rows that were left out are listed; all are counted.
const LISTED: usize = 10;

/// `plaudit agree`.
///
/// Files are CSV, TSV, JSON or JSON Lines, gzip or not. Votes and judgments meet on the prompt (`question_id`, `prompt_id`,
/// `prompt`) and the two names (`model_a` and `model_b`, or `left` and `right`); where no names are given, on `idx`,
/// `battle` or `id`. GenAI-Bench's results hold votes and judgments in one file: give it as --judgments alone.
#[derive(Debug, Clone, Args)]
pub struct AgreeArgs {
    /// People's votes: the outcome in `winner`, `vote_type` or `outcome`; the voter in `voter`, `worker` or the like.
    #[arg(long)]
    pub votes: Vec<PathBuf>,
    /// Judges' answers in `answer`, `verdict`, `winner` or `outcome`, or in `response` as a text with [[A>B]] in it; the
    /// judge in `judge`, else the file's name; `order` is given or swapped; `score_left`, `score_right`, `confidence`,
    /// `left_probability` if there are any.
    #[arg(long, required = true)]
    pub judgments: Vec<PathBuf>,
    /// How often questions are drawn anew for the intervals.
    #[arg(long, default_value_t = 1000)]
    pub resamples: u32,
    /// The seed of the draws.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Everything as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What the command finds.
#[derive(Debug, Serialize)]
pub struct Agreement {
    /// Questions with votes or judgments.
    pub questions: u64,
    /// Votes.
    pub votes: u64,
    /// Votes of one voter on one question after the first: the same again, or another answer. Left out.
    pub repeated_votes: u64,
    /// Judgments on a question in the order it had already, with another content. Left out.
    pub conflicting_judgments: u64,
    /// Judgments on questions that nobody voted on.
    pub judgments_without_votes: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// The first of them.
    pub first_rejected: Vec<String>,
    /// Per judge its name and report.
    pub judges: Vec<NamedReport>,
    /// Judges that do not look, on all questions with votes.
    pub baselines: Vec<Baseline>,
    /// How far people agree with each other.
    pub ceiling: HumanCeiling,
    /// The contestants, by their number in the reports' boards; empty where the files name none.
    pub contestants: Vec<String>,
}

/// A judge's report.
#[derive(Debug, Serialize)]
pub struct NamedReport {
    /// The judge.
    pub name: String,
    /// Its report.
    pub report: JudgeReport,
}

/// Reads, computes, prints.
///
/// # Errors
/// Files that cannot be read, or without anything to compare.
pub fn run(args: &AgreeArgs) -> anyhow::Result<()> {
    let found = agreement(args)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &found)?;
        writeln!(out)?;
    } else {
        print(&mut out, &found)?;
    }
    Ok(())
}

/// Gives names numbers in the order in which they come.
#[derive(Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, name: &str) -> u32 {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(name.to_owned(), number);
        number
    }

    fn names(self) -> Vec<String> {
        let mut names: Vec<_> = self.0.into_iter().collect();
        names.sort_by_key(|(_, number)| *number);
        names.into_iter().map(|(name, _)| name).collect()
    }
}

/// A question of the files: its number, and whether it has the sides the other way round.
struct Place {
    question: u32,
    swapped: bool,
}

#[derive(Default)]
struct Questions {
    /// By the prompt and the names in the order of the alphabet.
    known: HashMap<(String, String, String), u32>,
    /// The sides of each, as they came first.
    sides: Vec<(String, String)>,
}

impl Questions {
    fn place(&mut self, key: &str, left: &str, right: &str) -> Place {
        let (low, high) = if left <= right { (left, right) } else { (right, left) };
        let next = u32::try_from(self.sides.len()).unwrap_or(u32::MAX);
        let name = (key.to_owned(), low.to_owned(), high.to_owned());
        let question = *self.known.entry(name).or_insert(next);
        if question == next {
            self.sides.push((left.to_owned(), right.to_owned()));
        }
        let swapped = self.sides[question as usize].0 != left;
        Place { question, swapped }
    }
}

/// All figures of all judges.
///
/// # Errors
/// As [`run`].
pub fn agreement(args: &AgreeArgs) -> anyhow::Result<Agreement> {
    let mut votes: Vec<VoteRow> = Vec::new();
    let mut judgments: BTreeMap<String, Vec<JudgmentRow>> = BTreeMap::new();
    let mut rejected = Rejected::new(LISTED);
    for path in &args.votes {
        rows::read_votes(path, &mut votes, &mut rejected)?;
    }
    for path in &args.judgments {
        rows::read_judgments(path, &mut judgments, &mut votes, args.votes.is_empty(), &mut rejected)?;
    }
    if votes.is_empty() {
        bail!("there is no vote in these files; give people's votes with --votes");
    }
    if judgments.is_empty() {
        bail!("there is no judgment in these files");
    }
    let mut questions = Questions::default();
    let mut contestants = Numbers::default();
    let places: Vec<Place> = votes.iter().map(|vote| questions.place(&vote.key, &vote.left, &vote.right)).collect();
    let with_votes = questions.sides.len();
    let judged: Vec<(String, Vec<(Place, JudgmentRow)>)> = judgments
        .into_iter()
        .map(|(judge, rows)| {
            let placed = rows.into_iter().map(|row| (questions.place(&row.key, &row.left, &row.right), row));
            (judge, placed.collect())
        })
        .collect();
    let numbers: Vec<(u32, u32)> =
        questions.sides.iter().map(|(left, right)| (contestants.of(left), contestants.of(right))).collect();
    let contestants = contestants.names();
    let mut panel = Panel::new(u32::try_from(contestants.len()).context("too many contestants")?);
    for (left, right) in numbers {
        panel.add_question(left, right)?;
    }
    let mut voters = Numbers::default();
    let mut repeated_votes = 0;
    for (vote, place) in votes.iter().zip(&places) {
        let outcome = if place.swapped { vote.outcome.swapped() } else { vote.outcome };
        let voter = vote.voter.as_deref().map(|voter| voters.of(voter));
        match panel.add_vote(place.question, voter, outcome) {
            Ok(plaudit_agreement::Added::New) => {}
            Ok(plaudit_agreement::Added::Repeated) | Err(AgreementError::VotedTwice { .. }) => repeated_votes += 1,
            Err(error) => return Err(error.into()),
        }
    }
    let options = Options { resamples: args.resamples, seed: args.seed, ..Options::default() };
    let (mut conflicting_judgments, mut judgments_without_votes) = (0, 0);
    let mut judges = Vec::new();
    for (name, rows) in judged {
        let judge = panel.add_judge()?;
        for (place, row) in rows {
            if place.question as usize >= with_votes {
                judgments_without_votes += 1;
                continue;
            }
            match panel.add_verdict(judge, place.question, verdict(&row, place.swapped)) {
                Ok(_) => {}
                Err(AgreementError::JudgedTwice { .. }) => conflicting_judgments += 1,
                Err(error) => return Err(error.into()),
            }
        }
        judges.push(NamedReport { name, report: panel.report(judge, &options)? });
    }
    let (baselines, ceiling) = (panel.baselines(None, &options)?, panel.ceiling(None, &options)?);
    let named = contestants.iter().any(|name| name != rows::UNNAMED[0] && name != rows::UNNAMED[1]);
    Ok(Agreement {
        questions: questions.sides.len() as u64,
        votes: votes.len() as u64 - repeated_votes,
        repeated_votes,
        conflicting_judgments,
        judgments_without_votes,
        rejected: rejected.count,
        first_rejected: rejected.first,
        judges,
        baselines,
        ceiling,
        contestants: if named { contestants } else { Vec::new() },
    })
}

/// A row as a verdict on its question. `swapped`: the row's left is the question's right.
fn verdict(row: &JudgmentRow, swapped: bool) -> Verdict {
    let order = if swapped { Order::Swapped } else { Order::Given };
    let mut verdict = Verdict::new(order, row.answer);
    if let Some((left, right)) = row.scores {
        verdict = verdict.with_scores(left, right);
    }
    match (row.left_probability, row.confidence) {
        (Some(probability), _) => verdict.with_certainty(Certainty::LeftBetter(probability)),
        (None, Some(confidence)) => verdict.with_certainty(Certainty::Confidence(confidence)),
        (None, None) => verdict,
    }
}

fn percent(value: f64) -> String {
    format!("{:.2} %", value * 100.0)
}

fn coefficient(value: f64) -> String {
    format!("{value:.3}")
}

/// The interval as a line and the value as a dot, on the axis from `low` to 1.
fn bar(figure: &Figure, low: f64) -> String {
    let Some(estimate) = figure.estimate() else { return String::new() };
    let place = |value: f64| (((value - low) / (1.0 - low)).clamp(0.0, 1.0) * (BAR - 1) as f64).round() as usize;
    let (from, to, dot) = (place(estimate.low), place(estimate.high), place(estimate.value));
    let character = |at: usize| match at {
        _ if at == dot => '●',
        _ if (from..=to).contains(&at) => '─',
        _ => ' ',
    };
    (0..BAR).map(character).collect()
}

fn line(out: &mut impl Write, name: &str, figure: &Figure, write: fn(f64) -> String, low: f64) -> std::io::Result<()> {
    match figure.estimate() {
        Some(estimate) => {
            let interval = format!("{} to {}", write(estimate.low), write(estimate.high));
            writeln!(
                out,
                "  {name:34} {:>9}  {interval:22} {}  n = {}",
                write(estimate.value),
                bar(figure, low),
                estimate.count
            )
        }
        None => writeln!(out, "  {name:34} {:>9}  {}", "–", figure.absence().map_or("", |absence| absence.as_str())),
    }
}

fn print(out: &mut impl Write, found: &Agreement) -> std::io::Result<()> {
    writeln!(
        out,
        "{} votes on {} questions; 95 % intervals; shares from 0 to 100 %, coefficients from −1 to 1",
        found.votes, found.questions
    )?;
    for NamedReport { name, report } in &found.judges {
        let votes = &report.votes;
        writeln!(
            out,
            "\n{name}: {} questions judged, {} in both orders",
            report.coverage.questions, report.coverage.both_orders
        )?;
        line(out, "accuracy, four answers", &votes.accuracy_four, percent, 0.0)?;
        line(out, "accuracy, three answers", &votes.accuracy_three, percent, 0.0)?;
        line(out, "accuracy, decisive votes", &votes.accuracy_decisive, percent, 0.0)?;
        if report.majority.accuracy_three != votes.accuracy_three {
            line(out, "against the majority, three answers", &report.majority.accuracy_three, percent, 0.0)?;
            line(out, "against the majority, decisive", &report.majority.accuracy_decisive, percent, 0.0)?;
        }
        line(out, "Cohen's kappa, four answers", &votes.kappa, coefficient, -1.0)?;
        line(out, "Cohen's kappa, quadratic", &votes.kappa_quadratic, coefficient, -1.0)?;
        line(out, "Pearson", &votes.answers.pearson, coefficient, -1.0)?;
        line(out, "Spearman", &votes.answers.spearman, coefficient, -1.0)?;
        line(out, "Kendall tau-b", &votes.answers.kendall, coefficient, -1.0)?;
        line(out, "board against people's, Kendall", &report.boards.kendall, coefficient, -1.0)?;
        line(out, "answers that could be read", &report.parse_rate, percent, 0.0)?;
        line(out, "share of B", &report.position.right_share, percent, 0.0)?;
        if let Some(z) = report.position.z {
            writeln!(out, "  {:34} {z:>9.1}", "share of B, z")?;
        }
        line(out, "the same in both orders", &report.swap_consistency, percent, 0.0)?;
        line(out, "calibration error of its confidence", &report.confidence.expected_calibration_error, percent, 0.0)?;
        line(out, "calibration error, P(A better)", &report.probability.expected_calibration_error, percent, 0.0)?;
    }
    writeln!(out, "\nto measure by, accuracy of four answers")?;
    for baseline in &found.baselines {
        let name = match baseline.kind {
            BaselineKind::AlwaysLeft => "always A".to_owned(),
            BaselineKind::AlwaysRight => "always B".to_owned(),
            BaselineKind::Random => "one of four at random".to_owned(),
            BaselineKind::MajorityOutcome(outcome) => format!("always {outcome}"),
        };
        line(out, &name, &baseline.accuracy_four, percent, 0.0)?;
    }
    let ceiling = &found.ceiling;
    writeln!(out, "people among themselves")?;
    line(out, "two votes on one question agree", &ceiling.raw_agreement, percent, 0.0)?;
    line(out, "a vote against the others' majority", &ceiling.leave_one_out_four, percent, 0.0)?;
    line(out, "Krippendorff's alpha, nominal", &ceiling.alpha_nominal, coefficient, -1.0)?;
    line(out, "Krippendorff's alpha, ordinal", &ceiling.alpha_ordinal, coefficient, -1.0)?;
    for (count, what) in [
        (found.rejected, "rows could not be read and were left out"),
        (found.repeated_votes, "votes of a voter on a question after the first were left out"),
        (found.conflicting_judgments, "judgments with another answer than before were left out"),
        (found.judgments_without_votes, "judgments are on questions that nobody voted on"),
    ] {
        if count > 0 {
            writeln!(out, "{count} {what}")?;
        }
    }
    for row in &found.first_rejected {
        writeln!(out, "  {row}")?;
    }
    Ok(())
}
