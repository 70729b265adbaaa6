//! `plaudit consensus`: one ranking out of those of several arenas.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use plaudit_domain::RankingMethod;
use plaudit_ranking::{agreement_of, consensus};
use serde::Serialize;

use super::{
    compare::scores,
    rank::width,
    votes::{Keep, VoteArgs, Votes},
};

/// `plaudit consensus`.
#[derive(Debug, Clone, Args)]
pub struct ConsensusArgs {
    /// Vote files or folders; each arena in them is one task. Contestants are the same where their names are.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// How each arena is ranked.
    #[arg(long, default_value = "bradley-terry")]
    pub method: RankingMethod,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What is printed.
#[derive(Debug, PartialEq, Serialize)]
pub struct ConsensusBoard {
    /// The arenas.
    pub tasks: Vec<String>,
    /// In the order that contradicts the fewest tasks.
    pub items: Vec<ConsensusItem>,
    /// Pairs and tasks that the order contradicts.
    pub disagreements: f64,
    /// Whether no order contradicts fewer.
    pub is_optimal: bool,
    /// Kendall's τ-b of the Borda scores and the plain mean.
    pub borda_against_mean: Option<f64>,
}

/// One contestant.
#[derive(Debug, PartialEq, Serialize)]
pub struct ConsensusItem {
    /// Its name.
    pub contestant: String,
    /// Borda's score over the tasks.
    pub borda: Option<f64>,
    /// The mean of its scores.
    pub mean: Option<f64>,
    /// Its score in each task.
    pub scores: Vec<Option<f64>>,
}

/// Reads, computes, prints.
///
/// # Errors
/// When a file is damaged, holds fewer than two arenas, or the votes allow no ranking.
pub fn run(args: &ConsensusArgs) -> anyhow::Result<()> {
    let board = combine(args)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &board)?;
        writeln!(out)?;
        return Ok(());
    }
    let width = width(board.items.iter().map(|item| item.contestant.as_str()), "contestant");
    writeln!(out, "{} tasks: {}", board.tasks.len(), board.tasks.join(", "))?;
    writeln!(out, "{:>4}  {:width$}  {:>7}  {:>8}  {:>5}", "rank", "contestant", "Borda", "mean", "tasks")?;
    let shown = |number: Option<f64>, decimals: usize| {
        number.map_or_else(|| "–".to_owned(), |number| format!("{number:.decimals$}"))
    };
    for (rank, item) in (1..).zip(&board.items) {
        let tasks = item.scores.iter().flatten().count();
        let (borda, mean) = (shown(item.borda, 2), shown(item.mean, 1));
        writeln!(out, "{rank:>4}  {:width$}  {borda:>7}  {mean:>8}  {tasks:>5}", item.contestant)?;
    }
    let proof = if board.is_optimal { "no order contradicts fewer" } else { "not proved to be the fewest" };
    writeln!(out, "the order contradicts {} comparisons of the tasks; {proof}", board.disagreements)?;
    Ok(())
}

fn combine(args: &ConsensusArgs) -> anyhow::Result<ConsensusBoard> {
    if args.votes.arena.is_some() {
        bail!("a consensus is over all arenas of the files: leave --arena out");
    }
    let arenas = Votes::read_all(&args.votes, Keep::Counts)?;
    if arenas.len() < 2 {
        bail!("a consensus needs at least two arenas; these files hold {}", arenas.len());
    }
    let mut names: Vec<&String> = arenas.values().flat_map(|votes| &votes.names).collect();
    names.sort();
    names.dedup();
    let task = |votes: &Votes| -> anyhow::Result<Vec<Option<f64>>> {
        let scores = scores(&votes.counts, args.method)?;
        let of = |name: &&String| votes.names.iter().position(|known| known == *name).and_then(|place| scores[place]);
        Ok(names.iter().map(of).collect())
    };
    let tasks = arenas.values().map(task).collect::<anyhow::Result<Vec<_>>>()?;
    let found = consensus(&tasks)?;
    // Contestants that no task rates beside another one come last.
    let mut order: Vec<usize> = found.kemeny.order.iter().map(|contestant| *contestant as usize).collect();
    order.extend((0..names.len()).filter(|index| found.borda[*index].is_none()));
    let item = |index: usize| ConsensusItem {
        contestant: names[index].clone(),
        borda: found.borda[index],
        mean: found.mean[index],
        scores: tasks.iter().map(|task| task[index]).collect(),
    };
    Ok(ConsensusBoard {
        tasks: arenas.keys().map(ToString::to_string).collect(),
        items: order.into_iter().map(item).collect(),
        disagreements: found.kemeny.disagreements,
        is_optimal: found.kemeny.is_optimal,
        borda_against_mean: agreement_of(&found.borda, &found.mean).kendall,
    })
}
