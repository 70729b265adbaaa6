//! `plaudit committee`: contestants that serve the voters of a file together.

use std::{io::Write, str::FromStr};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use plaudit_ranking::{CommitteeRule, GroupBounds, committee};
use serde::Serialize;

use super::votes::{Keep, VoteArgs, Votes};

/// `plaudit committee`.
#[derive(Debug, Clone, Args)]
pub struct CommitteeArgs {
    /// Which votes.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// How many contestants.
    #[arg(long)]
    pub size: u32,
    /// What makes a committee good.
    #[arg(long, value_enum, default_value_t = Rule::ChamberlinCourant)]
    pub rule: Rule,
    /// A family with its bounds, `WORD=LEAST..MOST`: of the contestants with this word in their names at least and at most so
    /// many, such as `llama=1..2`. May be given several times.
    #[arg(long)]
    pub family: Vec<Family>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// As [`CommitteeRule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rule {
    /// The sum of what all voters think of all members.
    KBorda,
    /// Each voter counts the member it likes best.
    ChamberlinCourant,
    /// Proportional approval voting.
    Pav,
}

impl From<Rule> for CommitteeRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::KBorda => Self::Borda,
            Rule::ChamberlinCourant => Self::ChamberlinCourant,
            Rule::Pav => Self::ProportionalApproval,
        }
    }
}

/// Bounds on a family of contestants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    word: String,
    least: u32,
    most: u32,
}

impl FromStr for Family {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (word, bounds) = text.rsplit_once('=')?;
            let (least, most) = bounds.split_once("..")?;
            let (least, most) = (least.parse().ok()?, most.parse().ok()?);
            (!word.is_empty() && least <= most).then(|| Self { word: word.to_lowercase(), least, most })
        };
        parse().ok_or_else(|| "expected WORD=LEAST..MOST, such as llama=1..2".to_owned())
    }
}

#[derive(Serialize)]
struct Printed {
    members: Vec<String>,
    score: f64,
    is_optimal: bool,
}

/// Reads, computes, prints.
///
/// # Errors
/// When a file is damaged, the arena is not clear, a family has no member, or no committee fits the bounds.
pub fn run(args: &CommitteeArgs) -> anyhow::Result<()> {
    let votes = Votes::read(&args.votes, Keep::Voters)?;
    let mut bounds = Vec::new();
    for Family { word, least, most } in &args.family {
        let is_member = |index: &u32| votes.names[*index as usize].to_lowercase().contains(word);
        let members: Vec<u32> = (0..votes.names.len() as u32).filter(is_member).collect();
        if members.is_empty() {
            bail!("no contestant has {word:?} in its name");
        }
        bounds.push(GroupBounds { members, least: *least, most: *most });
    }
    let found = committee(&votes.voters, args.size, args.rule.into(), &bounds).context("--size")?;
    let members = found.members.iter().map(|member| votes.names[*member as usize].clone()).collect();
    let printed = Printed { members, score: found.score, is_optimal: found.is_optimal };
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &printed)?;
        writeln!(out)?;
        return Ok(());
    }
    let voters = votes.voters.len();
    writeln!(out, "{} · {} votes · {voters} voters", votes.arena, votes.counts.total())?;
    for member in &printed.members {
        writeln!(out, "  {member}")?;
    }
    let proof = if printed.is_optimal { "every committee was compared" } else { "found by improvement step by step" };
    writeln!(out, "score {:.3}, {:.3} for each voter; {proof}", printed.score, printed.score / voters.max(1) as f64)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_word_with_bounds() {
        assert_eq!("LLaMA=1..2".parse(), Ok(Family { word: "llama".into(), least: 1, most: 2 }));
        for wrong in ["llama", "=1..2", "llama=2..1", "llama=1", "llama=a..b"] {
            assert!(wrong.parse::<Family>().is_err(), "{wrong}");
        }
    }
}
