//! Votes as numbers, for counting.

mod by_name;
mod emitter;
mod roster;
mod sequence;
mod tally;

use plaudit_domain::{ArenaSlug, Outcome};

pub(crate) use by_name::ByName;
pub(crate) use emitter::BallotEmitter;
pub use roster::{ArenaRoster, Entrant, Roster};
pub use sequence::BallotSequence;
pub use tally::PairTally;

use crate::{Progress, Rejection, SinkError};

/// One vote as numbers. What they stand for is in the [`Roster`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ballot {
    /// The arena: its place in [`Roster::arenas`].
    pub arena: u32,
    /// Who was shown on the left: the place in [`ArenaRoster::entrants`].
    pub left: u32,
    /// Who was shown on the right, never the same one.
    pub right: u32,
    /// The answer.
    pub outcome: Outcome,
    /// Who answered: the place in [`ArenaRoster::voters`]. `None` where the file does not say, or voters are not
    /// [asked for](BallotOptions::voters).
    pub voter: Option<u32>,
    /// Whether the names were hidden, where known.
    pub anonymous: Option<bool>,
    /// What slices the votes: the place in [`Roster::categories`]. `None` where the file does not say, or it is not
    /// [asked for](BallotOptions::category).
    pub category: Option<u32>,
}

/// Receives the votes of a file as numbers, in the order of the file.
///
/// Rows that are left out are in the [`BallotSummary`].
pub trait BallotSink {
    /// Takes one vote.
    ///
    /// # Errors
    /// Any error ends the reading with [`crate::Fault::Sink`].
    fn ballot(&mut self, ballot: Ballot) -> Result<(), SinkError>;

    /// Is told about every MiB of the file how far the reading has come, and once at its end.
    fn progress(&mut self, _progress: Progress) {}
}

/// A receiver that is nothing but a function of a vote.
impl<F: FnMut(Ballot)> BallotSink for F {
    fn ballot(&mut self, ballot: Ballot) -> Result<(), SinkError> {
        self(ballot);
        Ok(())
    }
}

/// What the caller may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotOptions {
    /// The arena to read into, as in [`crate::ReadOptions`].
    pub arena: Option<ArenaSlug>,
    /// Whether to number the voters: some 100 bytes for each different one, and a look-up per vote.
    pub voters: bool,
    /// What slices the votes.
    pub category: CategoryColumn,
    /// So many of the rows that are left out are listed with their reasons; all are counted.
    pub listed_rejections: usize,
}

impl Default for BallotOptions {
    /// Neither voters nor categories; the first ten rejections.
    fn default() -> Self {
        Self { arena: None, voters: false, category: CategoryColumn::None, listed_rejections: 10 }
    }
}

/// What slices the votes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CategoryColumn {
    /// Nothing.
    #[default]
    None,
    /// `category`, else `task`, else `language`, else `selected_category`; for LLMFAO the prompt's category.
    Usual,
    /// The column (or the JSON field) with this name; for LLMFAO the same as `Usual`.
    Named(String),
}

/// What was read of one source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BallotSummary {
    /// Votes given to the sink.
    pub ballots: u64,
    /// Rows left out.
    pub rejections: u64,
    /// The first of them, up to [`BallotOptions::listed_rejections`].
    pub first_rejections: Vec<Rejection>,
}
