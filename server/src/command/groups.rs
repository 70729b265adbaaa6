//! `plaudit groups`: whether the voters of a file are of several kinds, and what each kind prefers.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use plaudit_ranking::{BradleyTerry, DisplayScale, MaxMinBoard, SelectionOptions, max_min_board, select_mixture};
use serde::Serialize;

use super::{
    rank::width,
    votes::{Keep, VoteArgs, Votes},
};

/// `plaudit groups`.
#[derive(Debug, Clone, Args)]
pub struct GroupsArgs {
    /// Which votes.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// Try up to so many kinds of voters.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub most: u32,
    /// Seeds starts and folds.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What is printed.
#[derive(Debug, PartialEq, Serialize)]
pub struct Groups {
    /// Voters with votes.
    pub voters: u64,
    /// How well each number of groups predicts votes held out.
    pub candidates: Vec<Candidate>,
    /// The smallest number of groups that is within one standard error of the best.
    pub chosen: u32,
    /// The chosen groups, the heaviest first.
    pub groups: Vec<Group>,
    /// Contestants by the group that likes them least, where there are several groups.
    pub max_min: Vec<Ranked>,
}

/// A number of groups.
#[derive(Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// How many.
    pub groups: u32,
    /// Mean loss of votes held out, in nats.
    pub log_loss: f64,
    /// What it is worse than the best one.
    pub excess: f64,
}

/// One kind of voters.
#[derive(Debug, PartialEq, Serialize)]
pub struct Group {
    /// Its share of the voters.
    pub weight: f64,
    /// Expected number of votes.
    pub votes: f64,
    /// Its board, the best first.
    pub board: Vec<Ranked>,
}

/// A contestant on a board.
#[derive(Debug, PartialEq, Serialize)]
pub struct Ranked {
    /// Its name.
    pub contestant: String,
    /// Points; for the MaxMin board the chance to win against an average opponent in the group that likes it least.
    pub score: f64,
}

/// Reads, computes, prints.
///
/// # Errors
/// When a file is damaged, the arena is not clear, the file does not tell its voters apart, or the votes allow no ranking.
pub fn run(args: &GroupsArgs) -> anyhow::Result<()> {
    let votes = Votes::read(&args.votes, Keep::Voters)?;
    if votes.voters.len() < 2 {
        bail!("the votes name {} voter(s): groups of voters need files that tell voters apart", votes.voters.len());
    }
    let groups = find(args, &votes)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &groups)?;
        writeln!(out)?;
    } else {
        print(&mut out, &votes, &groups)?;
    }
    Ok(())
}

fn find(args: &GroupsArgs, votes: &Votes) -> anyhow::Result<Groups> {
    let options = SelectionOptions { most_groups: args.most, seed: args.seed, ..SelectionOptions::default() };
    let found = select_mixture(&votes.voters, &options)?;
    let boards: Vec<BradleyTerry> = found.mixture.groups.iter().map(|group| group.board.clone()).collect();
    let scale = DisplayScale::default();
    let groups = found.mixture.groups.iter().map(|group| Group {
        weight: group.weight,
        votes: group.votes,
        board: sorted(&votes.names, group.board.ratings(&scale).into_iter()),
    });
    let max_min = if boards.len() > 1 {
        let MaxMinBoard { least, .. } = max_min_board(&boards)?;
        sorted(&votes.names, least.into_iter().map(|least| least.map(|least| least.utility)))
    } else {
        Vec::new()
    };
    Ok(Groups {
        voters: votes.voters.iter().filter(|voter| voter.total() > 0).count() as u64,
        candidates: found
            .candidates
            .iter()
            .map(|candidate| Candidate {
                groups: candidate.groups,
                log_loss: candidate.held_out.log_loss,
                excess: candidate.held_out.excess,
            })
            .collect(),
        chosen: found.chosen,
        groups: groups.collect(),
        max_min,
    })
}

fn sorted(names: &[String], scores: impl Iterator<Item = Option<f64>>) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = names
        .iter()
        .zip(scores)
        .filter_map(|(name, score)| Some(Ranked { contestant: name.clone(), score: score? }))
        .collect();
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.contestant.cmp(&other.contestant)));
    ranked
}

fn print(out: &mut impl Write, votes: &Votes, found: &Groups) -> std::io::Result<()> {
    writeln!(out, "{} · {} votes · {} voters", votes.arena, votes.counts.total(), found.voters)?;
    writeln!(out, "kinds of voters, and the loss of votes held out (nats):")?;
    for Candidate { groups, log_loss, excess } in &found.candidates {
        let mark = if *groups == found.chosen { "  ← chosen" } else { "" };
        writeln!(out, "{groups:>4}  {log_loss:.4}  (+{excess:.4}){mark}")?;
    }
    let width = width(votes.names.iter().map(String::as_str), "");
    for (number, group) in (1..).zip(&found.groups) {
        writeln!(out, "\ngroup {number}: {:.0} % of the voters, {:.0} votes", group.weight * 100.0, group.votes)?;
        for Ranked { contestant, score } in &group.board {
            writeln!(out, "  {contestant:width$}  {score:>7.1}")?;
        }
    }
    if !found.max_min.is_empty() {
        writeln!(out, "\nby the group that likes each least: chance against an average opponent")?;
        for Ranked { contestant, score } in &found.max_min {
            writeln!(out, "  {contestant:width$}  {:>5.1} %", score * 100.0)?;
        }
    }
    Ok(())
}
