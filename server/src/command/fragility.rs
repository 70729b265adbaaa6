//! `plaudit fragility`: how few votes the order of a board hangs on.

use std::io::Write;

use clap::Args;
use plaudit_ranking::{FEW_BATTLES, Fragility, Removal, bradley_terry_or_prior, differences, fragility, weak_penalty};
use serde::Serialize;

use super::votes::{Keep, VoteArgs, Votes};

/// `plaudit fragility`.
#[derive(Debug, Clone, Args)]
pub struct FragilityArgs {
    /// Which votes.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// Only the places down to this one.
    #[arg(long, default_value_t = 10)]
    pub top: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Two neighbours of the board.
#[derive(Debug, PartialEq, Serialize)]
pub struct Step {
    /// The place of the upper one, by rating alone.
    pub place: u32,
    /// The upper one.
    pub upper: String,
    /// The lower one.
    pub lower: String,
    /// The chance that the upper one is stronger, by the normal approximation.
    pub better: Option<f64>,
    /// The fewest votes found whose removal swaps them; `None` where none was found.
    pub fragility: Option<Fragility>,
    /// The same votes, by name.
    pub removals: Vec<NamedRemoval>,
}

/// Votes of one kind, by name.
#[derive(Debug, PartialEq, Serialize)]
pub struct NamedRemoval {
    /// Shown on the left.
    pub left: String,
    /// Shown on the right.
    pub right: String,
    /// What was voted.
    pub outcome: String,
    /// How many of them.
    pub count: u64,
}

/// Reads, computes, prints.
///
/// # Errors
/// As [`steps`].
pub fn run(args: &FragilityArgs) -> anyhow::Result<()> {
    let votes = Votes::read(&args.votes, Keep::Counts)?;
    let steps = steps(&votes, args.top)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &steps)?;
        writeln!(out)?;
    } else {
        print(&mut out, &votes, &steps)?;
    }
    Ok(())
}

/// The neighbours of the board, from the top.
///
/// # Errors
/// When the votes allow no ranking.
pub fn steps(votes: &Votes, top: u32) -> anyhow::Result<Vec<Step>> {
    let counts = &votes.counts;
    let (fit, _) = bradley_terry_or_prior(counts, weak_penalty())?;
    let sure = differences(counts, &fit, FEW_BATTLES)?;
    let rated = fit.log_odds.iter().enumerate().filter_map(|(index, strength)| Some((index as u32, (*strength)?)));
    let mut order: Vec<(u32, f64)> = rated.collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1));
    let name = |contestant: u32| votes.names[contestant as usize].clone();
    let neighbours = order.iter().zip(order.iter().skip(1)).zip(1..=top.saturating_sub(1));
    neighbours
        .map(|((&(upper, _), &(lower, _)), place)| {
            let fragility = fragility(counts, upper, lower)?;
            let named = |removal: &Removal| NamedRemoval {
                left: name(removal.left),
                right: name(removal.right),
                outcome: removal.outcome.to_string(),
                count: removal.count,
            };
            Ok(Step {
                place,
                upper: name(upper),
                lower: name(lower),
                better: sure.better(upper, lower),
                removals: fragility.iter().flat_map(|found| found.removals.iter().map(named)).collect(),
                fragility,
            })
        })
        .collect()
}

fn print(out: &mut impl Write, votes: &Votes, steps: &[Step]) -> std::io::Result<()> {
    writeln!(
        out,
        "{} · {} votes · fewest votes whose removal swaps two neighbours",
        votes.arena,
        votes.counts.total()
    )?;
    for Step { place, upper, lower, better, fragility, removals } in steps {
        let chance = better.map_or_else(String::new, |chance| format!(" (P(better) {:.1} %)", chance * 100.0));
        let answer = match fragility {
            Some(found) => format!("{} votes, {:.3} % of all", found.votes, found.share * 100.0),
            None => "no removal found".to_owned(),
        };
        writeln!(out, "{place:>4}  {upper} over {lower}{chance}: {answer}")?;
        for NamedRemoval { left, right, outcome, count } in removals.iter().take(3) {
            writeln!(out, "      {count} × {outcome}: {left} (left), {right} (right)")?;
        }
        if removals.len() > 3 {
            writeln!(out, "      and {} kinds more", removals.len() - 3)?;
        }
    }
    Ok(())
}
