use std::{collections::BTreeMap, error::Error, fmt};

use plaudit_domain::{
    Arena, ArenaSlug, BattleId, Contestant, ContestantSlug, Generation, GenerationId, Media, Outcome, Prompt, PromptId,
    Timestamp, VoteId, VoterId,
};

use crate::Rejection;

/// What a receiver says when it cannot take a record.
pub type SinkError = Box<dyn Error + Send + Sync>;

/// Receives what a file holds, in the order of the file.
pub trait Sink {
    /// Takes one record. Every arena, contestant and prompt comes once per source, before what refers to it; a
    /// generation comes from its own source, which [`crate::discover`] puts before the votes on it.
    ///
    /// # Errors
    /// Any error ends the reading with [`crate::Fault::Sink`].
    fn record(&mut self, record: Record, progress: Progress) -> Result<(), SinkError>;

    /// Is told of a row that was left out.
    ///
    /// # Errors
    /// Any error ends the reading with [`crate::Fault::Sink`].
    fn rejected(&mut self, rejection: Rejection) -> Result<(), SinkError>;
}

/// How far the reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The line on which the record starts, from 1.
    pub line: u64,
    /// Bytes taken from the file (as compressed as it is), to compare with [`crate::Source::byte_len`]; reading is
    /// buffered, so it runs a little ahead of the line.
    pub bytes: u64,
}

/// What the caller may decide.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The arena to read into. For a battle log it is used for rows whose model names do not tell their task; for
    /// LLMFAO and for a bundle it replaces the file's own slug.
    pub arena: Option<ArenaSlug>,
}

/// One thing that a file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// An arena, described for the case that it does not exist yet.
    Arena(Arena),
    /// A contestant of an arena.
    Contestant {
        /// Its arena.
        arena: ArenaSlug,
        /// The contestant.
        contestant: Contestant,
    },
    /// A prompt of an arena; its id follows from its text.
    Prompt {
        /// Its arena.
        arena: ArenaSlug,
        /// The prompt.
        prompt: Prompt,
    },
    /// A picture, cleaned and written anew, or a clip, emptied of its metadata; it comes once per source, before what shows it.
    Media(MediaFile),
    /// What a contestant made for a prompt.
    Generation {
        /// Its arena.
        arena: ArenaSlug,
        /// The prompt it answers.
        prompt: PromptId,
        /// Its content address.
        id: GenerationId,
        /// The generation.
        generation: Generation,
    },
    /// A vote, with the battle it is about.
    Vote(ImportedVote),
}

/// A picture or clip with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaFile {
    /// What is kept of it in the database.
    pub media: Media,
    /// The file. Whoever has stored it may empty it before passing the record on.
    pub content: Vec<u8>,
    /// The file of its thumbnail.
    pub thumbnail: Option<Vec<u8>>,
}

impl fmt::Debug for MediaFile {
    /// Without the bytes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MediaFile").field("media", &self.media).finish_non_exhaustive()
    }
}

/// A vote from a file, with the battle it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedVote {
    /// The vote's own id where it was cast, where the file tells: the same in every export, whatever the voter is called
    /// there.
    pub origin: Option<VoteId>,
    /// Where the battle took place.
    pub arena: ArenaSlug,
    /// The battle, by content: the same row gives the same id. Several voters may share one.
    pub battle: BattleId,
    /// What was asked, where known.
    pub prompt: Option<PromptId>,
    /// Who was shown on the left.
    pub left: ContestantSlug,
    /// Who was shown on the right.
    pub right: ContestantSlug,
    /// What was shown on the left, where known.
    pub left_generation: Option<GenerationId>,
    /// What was shown on the right, where known.
    pub right_generation: Option<GenerationId>,
    /// The answer.
    pub outcome: Outcome,
    /// The pseudonym of who answered, separate for each arena and format.
    pub voter: VoterId,
    /// When, where known.
    pub cast_at: Option<Timestamp>,
    /// Whether the names were hidden, where known.
    pub anonymous: Option<bool>,
}

/// What was read of one source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadSummary {
    /// Contestants given to the sink.
    pub contestants: u64,
    /// Prompts given to the sink.
    pub prompts: u64,
    /// Generations given to the sink.
    pub generations: u64,
    /// Votes given to the sink, for every arena that was given to it.
    pub votes: BTreeMap<ArenaSlug, u64>,
    /// Rows left out.
    pub rejections: u64,
}

impl ReadSummary {
    /// The votes of all arenas.
    pub fn total_votes(&self) -> u64 {
        self.votes.values().sum()
    }
}
