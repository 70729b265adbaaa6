//! Vote files as the ranking commands read them: names and counts, and of single votes only what a command asks for.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;
use plaudit_datasets::{ImportedVote, Progress, ReadOptions, Record, Rejection, Sink, SinkError, discover};
use plaudit_domain::{ArenaSlug, ContestantSlug, Outcome, VoterId};
use plaudit_ranking::{PairCounts, RankingError};

use super::import::progress_bar;

/// Which votes.
#[derive(Debug, Clone, Args)]
pub struct VoteArgs {
    /// Vote files or folders, as for `plaudit import`.
    #[arg(long, required = true)]
    pub votes: Vec<PathBuf>,
    /// Which arena, when the files hold several.
    #[arg(long)]
    pub arena: Option<ArenaSlug>,
    /// Only votes whose voter could not see the names.
    #[arg(long)]
    pub anonymous_only: bool,
}

/// What is kept of single votes: for counts alone nothing, so that memory does not grow with the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Counts of all votes.
    Counts,
    /// And the votes in their order.
    Order,
    /// And the counts of each voter.
    Voters,
}

/// The votes of one arena.
#[derive(Debug)]
pub struct Votes {
    /// The arena.
    pub arena: ArenaSlug,
    /// Per contestant its name for people.
    pub names: Vec<String>,
    /// Of all votes.
    pub counts: PairCounts,
    /// `(left, right, outcome)` in the files' order, if they were to be kept.
    pub order: Vec<(u32, u32, Outcome)>,
    /// Each voter's counts, if they were to be kept.
    pub voters: Vec<PairCounts>,
    /// Rows that could not be read as votes.
    pub rejected: u64,
}

impl Votes {
    /// Reads all files, and gives the arena that was asked for.
    ///
    /// # Errors
    /// When a file is damaged, the arena is not clear, or there is no vote.
    pub fn read(args: &VoteArgs, keep: Keep) -> anyhow::Result<Self> {
        let mut arenas = Self::read_all(args, keep)?;
        let list = arenas.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match (&args.arena, arenas.len()) {
            (_, 0) => bail!("there are no votes to rank in these files"),
            (Some(wanted), _) => arenas
                .remove(wanted)
                .with_context(|| format!("there are no votes of the arena {wanted}; the files hold {list}")),
            (None, 1) => arenas.pop_first().map(|(_, votes)| votes).context("no arena"),
            (None, _) => bail!("the files hold several arenas; choose one with --arena: {list}"),
        }
    }

    /// Reads all files, and gives every arena that they hold.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn read_all(args: &VoteArgs, keep: Keep) -> anyhow::Result<BTreeMap<ArenaSlug, Self>> {
        let mut collector = Collector {
            keep,
            anonymous_only: args.anonymous_only,
            names: HashMap::new(),
            arenas: BTreeMap::new(),
            rejected: 0,
            tick: Box::new(|_| {}),
        };
        for source in discover(&args.votes)?.sources {
            let name = source.path.display().to_string();
            let bar = progress_bar(source.byte_len());
            let ticking = bar.clone();
            collector.tick = Box::new(move |bytes| ticking.set_position(bytes));
            source.read(&ReadOptions::default(), &mut collector).with_context(|| name)?;
            bar.finish_and_clear();
        }
        let Collector { mut names, arenas, rejected, .. } = collector;
        let mut named = |arena: &ArenaSlug, slug: ContestantSlug| {
            names.remove(&(arena.clone(), slug.clone())).unwrap_or_else(|| slug.to_string())
        };
        let finished = arenas.into_iter().map(|(arena, found)| {
            let contestants = found.contestants.len() as u32;
            let mut voters: Vec<PairCounts> = found.voters.into_values().collect();
            // Whoever voted early did not know the contestants that came later.
            voters.iter_mut().try_for_each(|voter| voter.grow(contestants))?;
            let names = found.contestants.into_iter().map(|slug| named(&arena, slug)).collect();
            let votes =
                Self { arena: arena.clone(), names, counts: found.counts, order: found.order, voters, rejected };
            Ok((arena, votes))
        });
        finished.collect()
    }
}

/// The votes of each arena, as they are read.
struct Collector {
    keep: Keep,
    anonymous_only: bool,
    names: HashMap<(ArenaSlug, ContestantSlug), String>,
    arenas: BTreeMap<ArenaSlug, ArenaVotes>,
    rejected: u64,
    /// Told how many bytes of the file are read.
    tick: Box<dyn Fn(u64)>,
}

#[derive(Default)]
struct ArenaVotes {
    contestants: Vec<ContestantSlug>,
    position: HashMap<ContestantSlug, u32>,
    counts: PairCounts,
    order: Vec<(u32, u32, Outcome)>,
    /// By voter, so that their order does not depend on the files'.
    voters: BTreeMap<VoterId, PairCounts>,
}

impl ArenaVotes {
    fn position(&mut self, slug: &ContestantSlug) -> Result<u32, RankingError> {
        if let Some(position) = self.position.get(slug) {
            return Ok(*position);
        }
        let position = self.contestants.len() as u32;
        self.contestants.push(slug.clone());
        self.position.insert(slug.clone(), position);
        self.counts.grow(position + 1)?;
        Ok(position)
    }

    fn add(&mut self, vote: &ImportedVote, keep: Keep) -> Result<(), RankingError> {
        let (left, right) = (self.position(&vote.left)?, self.position(&vote.right)?);
        self.counts.add(left, right, vote.outcome, 1)?;
        match keep {
            Keep::Counts => {}
            Keep::Order => self.order.push((left, right, vote.outcome)),
            Keep::Voters => {
                let voter = self.voters.entry(vote.voter).or_default();
                voter.grow(self.contestants.len() as u32)?;
                voter.add(left, right, vote.outcome, 1)?;
            }
        }
        Ok(())
    }
}

impl Sink for Collector {
    fn record(&mut self, record: Record, progress: Progress) -> Result<(), SinkError> {
        (self.tick)(progress.bytes);
        match record {
            Record::Contestant { arena, contestant } => {
                self.names.insert((arena, contestant.slug), contestant.name);
            }
            Record::Vote(vote) if !self.anonymous_only || vote.anonymous == Some(true) => {
                let arena = self.arenas.entry(vote.arena.clone()).or_default();
                arena.add(&vote, self.keep).map_err(Box::new)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn rejected(&mut self, _: Rejection) -> Result<(), SinkError> {
        self.rejected += 1;
        Ok(())
    }
}
