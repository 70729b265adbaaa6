//! Vote files as the ranking commands read them: names and counts, and of single votes only what a command asks for.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    str::FromStr,
};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::ProgressBar;
use plaudit_datasets::{
    Ballot, BallotOptions, BallotSequence, BallotSink, CategoryColumn, PairTally, Progress, Roster, SinkError, discover,
};
use plaudit_domain::ArenaSlug;
use plaudit_ranking::PairCounts;

use super::import::progress_bar;

/// Which votes.
#[derive(Debug, Clone, Args)]
pub struct VoteArgs {
    /// Vote files or folders: everything that `plaudit import` knows, and tables (CSV, TSV, JSON, JSONL, Parquet) with
    /// columns such as model_a, model_b, winner.
    #[arg(long, required = true)]
    pub votes: Vec<PathBuf>,
    /// Which arena, when the files hold several.
    #[arg(long)]
    pub arena: Option<ArenaSlug>,
    /// Only votes whose voter could not see the names.
    #[arg(long)]
    pub anonymous_only: bool,
    /// Only votes with this value in this column, `COLUMN=VALUE`, such as language=English.
    #[arg(long)]
    pub slice: Option<SliceArg>,
}

/// A column and the value that is wanted in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceArg {
    column: String,
    value: String,
}

impl FromStr for SliceArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((column, value)) if !column.is_empty() && !value.is_empty() => {
                Ok(Self { column: column.to_owned(), value: value.to_owned() })
            }
            _ => Err("expected COLUMN=VALUE, such as language=English".to_owned()),
        }
    }
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
    /// The votes in the files' order, if they were to be kept.
    pub order: BallotSequence,
    /// Each voter's counts, if they were to be kept.
    pub voters: Vec<PairCounts>,
    /// Rows of the files that could not be read as votes.
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
            (Some(wanted), _) => {
                let absent = || format!("there are no votes of the arena {wanted}; the files hold {list}");
                arenas.remove(wanted).with_context(absent)
            }
            (None, 1) => arenas.pop_first().map(|(_, votes)| votes).context("no arena"),
            (None, _) => bail!("the files hold several arenas; choose one with --arena: {list}"),
        }
    }

    /// Reads all files, and gives every arena that they hold votes of.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn read_all(args: &VoteArgs, keep: Keep) -> anyhow::Result<BTreeMap<ArenaSlug, Self>> {
        let slice = args.slice.as_ref();
        let options = BallotOptions {
            voters: keep == Keep::Voters,
            category: slice.map_or(CategoryColumn::None, |slice| CategoryColumn::Named(slice.column.clone())),
            ..BallotOptions::default()
        };
        let mut roster = Roster::new();
        // Which number the wanted value gets shows while reading, so votes are kept apart by it until the end. Numbers are
        // the same over all files.
        let mut sink = Reader { keep, args, bar: ProgressBar::hidden(), gathered: HashMap::new() };
        let mut rejected = 0;
        for source in discover(&args.votes)?.sources {
            let name = source.path.display().to_string();
            sink.bar = progress_bar(source.byte_len());
            let summary = source.read_ballots(&options, &mut roster, &mut sink).with_context(|| name)?;
            sink.bar.finish_and_clear();
            rejected += summary.rejections;
        }
        let wanted = slice.map(|slice| roster.categories().iter().position(|known| *known == slice.value));
        let is_wanted = |category: Option<u32>| match wanted {
            None => true,
            Some(number) => number.is_some() && category.map(|category| category as usize) == number,
        };
        let gathered = sink.gathered.into_iter().filter(|((_, category), _)| is_wanted(*category));
        let gathered: BTreeMap<u32, Gathered> = gathered.map(|((arena, _), found)| (arena, found)).collect();
        let finished = gathered.into_iter().map(|(number, found)| {
            let entered = &roster.arenas()[number as usize];
            let names: Vec<String> = entered.entrants().iter().map(|entrant| entrant.name.clone()).collect();
            let contestants = names.len() as u32;
            let mut counts = PairCounts::new(contestants);
            for (left, right, outcome, count) in found.tally.counts() {
                counts.add(left, right, outcome, count)?;
            }
            let mut voters: Vec<PairCounts> = found.voters.into_values().collect();
            voters.iter_mut().try_for_each(|voter| voter.grow(contestants))?;
            let arena = entered.arena.slug.clone();
            Ok((arena.clone(), Self { arena, names, counts, order: found.order, voters, rejected }))
        });
        finished.collect()
    }
}

/// The votes of an arena, as they are read.
#[derive(Default)]
struct Gathered {
    tally: PairTally,
    order: BallotSequence,
    /// By number, which follows the files' order.
    voters: BTreeMap<u32, PairCounts>,
    /// Voters of rows that name none are one each.
    unnamed: u32,
}

impl Gathered {
    fn add(&mut self, ballot: Ballot, keep: Keep) -> Result<(), SinkError> {
        let Ballot { left, right, outcome, .. } = ballot;
        self.tally.add(left, right, outcome);
        match keep {
            Keep::Counts => {}
            Keep::Order => self.order.push(left, right, outcome),
            Keep::Voters => {
                let number = ballot.voter.unwrap_or_else(|| {
                    self.unnamed += 1;
                    u32::MAX - self.unnamed
                });
                let voter = self.voters.entry(number).or_default();
                if voter.contestants() <= left.max(right) {
                    voter.grow(left.max(right) + 1)?;
                }
                voter.add(left, right, outcome, 1)?;
            }
        }
        Ok(())
    }
}

/// Gathers votes by arena and slice.
struct Reader<'a> {
    keep: Keep,
    args: &'a VoteArgs,
    bar: ProgressBar,
    gathered: HashMap<(u32, Option<u32>), Gathered>,
}

impl BallotSink for Reader<'_> {
    fn ballot(&mut self, ballot: Ballot) -> Result<(), SinkError> {
        if self.args.anonymous_only && ballot.anonymous != Some(true) {
            return Ok(());
        }
        self.gathered.entry((ballot.arena, ballot.category)).or_default().add(ballot, self.keep)
    }

    fn progress(&mut self, progress: Progress) {
        self.bar.set_position(progress.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_a_column_and_a_value() {
        let slice = "language=Old English=sort of".parse::<SliceArg>().unwrap();
        assert_eq!((slice.column.as_str(), slice.value.as_str()), ("language", "Old English=sort of"));
        for wrong in ["language", "=English", "language="] {
            assert!(wrong.parse::<SliceArg>().is_err(), "{wrong}");
        }
    }
}
