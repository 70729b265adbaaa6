//! Vote files as the ranking commands read them: names, counts, nothing kept of the voters but who they are.

use std::{collections::HashMap, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use plaudit_datasets::{ImportedVote, Progress, ReadOptions, Record, Rejection, Sink, SinkError, discover};
use plaudit_domain::{ArenaSlug, ContestantSlug, Outcome};
use plaudit_ranking::{PairCounts, RankingError};

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

/// The votes of one arena.
#[derive(Debug)]
pub struct Votes {
    /// The arena.
    pub arena: ArenaSlug,
    /// Per contestant its name for people.
    pub names: Vec<String>,
    /// `(left, right, outcome)` in the files' order.
    pub votes: Vec<(u32, u32, Outcome)>,
    /// Rows that could not be read as votes.
    pub rejected: u64,
}

impl Votes {
    /// Reads all files.
    ///
    /// # Errors
    /// When a file is damaged, the arena is not clear, or there is no vote.
    pub fn read(args: &VoteArgs) -> anyhow::Result<Self> {
        let mut collector = Collector { anonymous_only: args.anonymous_only, ..Collector::default() };
        for source in discover(&args.votes)?.sources {
            let name = source.path.display().to_string();
            source.read(&ReadOptions::default(), &mut collector).with_context(|| name)?;
        }
        let arena = choose_arena(&collector, args.arena.as_ref())?;
        let found = collector.votes.remove(&arena).unwrap_or_default();
        let name = |slug: ContestantSlug| {
            let known = collector.names.remove(&(arena.clone(), slug.clone()));
            known.unwrap_or_else(|| slug.to_string())
        };
        let names = found.contestants.into_iter().map(name).collect();
        Ok(Self { names, votes: found.votes, rejected: collector.rejected, arena })
    }

    /// The counts of all votes.
    ///
    /// # Errors
    /// A contestant against itself.
    pub fn counts(&self) -> Result<PairCounts, RankingError> {
        PairCounts::from_battles(self.names.len() as u32, self.votes.iter().copied())
    }
}

/// The votes of each arena, as they are read.
#[derive(Default)]
struct Collector {
    names: HashMap<(ArenaSlug, ContestantSlug), String>,
    votes: HashMap<ArenaSlug, ArenaVotes>,
    anonymous_only: bool,
    rejected: u64,
}

#[derive(Default)]
struct ArenaVotes {
    contestants: Vec<ContestantSlug>,
    position: HashMap<ContestantSlug, u32>,
    votes: Vec<(u32, u32, Outcome)>,
}

impl ArenaVotes {
    fn position(&mut self, slug: &ContestantSlug) -> u32 {
        *self.position.entry(slug.clone()).or_insert_with(|| {
            self.contestants.push(slug.clone());
            self.contestants.len() as u32 - 1
        })
    }

    fn add(&mut self, vote: &ImportedVote) {
        let (left, right) = (self.position(&vote.left), self.position(&vote.right));
        self.votes.push((left, right, vote.outcome));
    }
}

impl Sink for Collector {
    fn record(&mut self, record: Record, _: Progress) -> Result<(), SinkError> {
        match record {
            Record::Contestant { arena, contestant } => {
                self.names.insert((arena, contestant.slug), contestant.name);
            }
            Record::Vote(vote) if !self.anonymous_only || vote.anonymous == Some(true) => {
                self.votes.entry(vote.arena.clone()).or_default().add(&vote);
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

fn choose_arena(collector: &Collector, wanted: Option<&ArenaSlug>) -> anyhow::Result<ArenaSlug> {
    let mut arenas: Vec<_> = collector.votes.keys().cloned().collect();
    arenas.sort();
    let list = arenas.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (wanted, arenas.as_slice()) {
        (_, []) => bail!("there are no votes to rank in these files"),
        (Some(wanted), _) if arenas.contains(wanted) => Ok(wanted.clone()),
        (Some(wanted), _) => bail!("there are no votes of the arena {wanted}; the files hold {list}"),
        (None, [only]) => Ok(only.clone()),
        (None, _) => bail!("the files hold several arenas; choose one with --arena: {list}"),
    }
}
