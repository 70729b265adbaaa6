//! `plaudit compare`: how far two methods agree on the same votes.

use std::io::Write;

use clap::Args;
use plaudit_domain::{RankingMethod, ScoreUnit};
use plaudit_ranking::{PairCounts, RankingError, agreement_of, rank_by};
use serde::Serialize;

use super::votes::{Keep, VoteArgs, Votes};

/// `plaudit compare`.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// One method, as for `plaudit rank`.
    pub one: RankingMethod,
    /// The other.
    pub other: RankingMethod,
    /// Which votes.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What is printed.
#[derive(Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The methods.
    pub methods: [RankingMethod; 2],
    /// Contestants that both rate.
    pub contestants: u32,
    /// Kendall's τ-b.
    pub kendall: Option<f64>,
    /// Spearman's ρ.
    pub spearman: Option<f64>,
    /// Pairs in another order: who is ahead under the first method, and who under the second.
    pub swaps: Vec<[String; 2]>,
}

/// Reads, computes, prints.
///
/// # Errors
/// When a file is damaged, the arena is not clear, or the votes allow no ranking.
pub fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let votes = Votes::read(&args.votes, Keep::Counts)?;
    let compared = compare(args, &votes)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &compared)?;
        writeln!(out)?;
        return Ok(());
    }
    let shown = |number: Option<f64>| number.map_or_else(|| "undefined".to_owned(), |number| format!("{number:.4}"));
    writeln!(out, "{} · {} votes · {} contestants", votes.arena, votes.counts.total(), compared.contestants)?;
    writeln!(out, "Kendall's τ-b {}, Spearman's ρ {}", shown(compared.kendall), shown(compared.spearman))?;
    writeln!(out, "{} pairs in another order", compared.swaps.len())?;
    for [one, other] in &compared.swaps {
        writeln!(out, "  {one} before {other} by {}, after it by {}", args.one, args.other)?;
    }
    Ok(())
}

fn compare(args: &CompareArgs, votes: &Votes) -> anyhow::Result<Comparison> {
    let scores = [scores(&votes.counts, args.one)?, scores(&votes.counts, args.other)?];
    let agreement = agreement_of(&scores[0], &scores[1]);
    let name = |contestant: u32| votes.names[contestant as usize].clone();
    Ok(Comparison {
        methods: [args.one, args.other],
        contestants: agreement.contestants,
        kendall: agreement.kendall,
        spearman: agreement.spearman,
        swaps: agreement.swaps.into_iter().map(|(one, other)| [name(one), name(other)]).collect(),
    })
}

/// Per contestant its score, more is better.
pub(super) fn scores(counts: &PairCounts, method: RankingMethod) -> Result<Vec<Option<f64>>, RankingError> {
    let sign = if method.unit() == ScoreUnit::Place { -1.0 } else { 1.0 };
    let mut scores = vec![None; counts.contestants() as usize];
    for row in rank_by(counts, method)?.rows {
        scores[row.contestant as usize] = row.score.map(|score| sign * score);
    }
    Ok(scores)
}
