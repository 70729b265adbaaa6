//! Streaming readers from foreign files of battles, votes and generations to the vocabulary of `plaudit-domain`.
//!
//! [`discover`] looks at the *content* of the files it is given (never at their names), groups those that belong
//! together, and orders them so that what is referred to is read first. Each [`Source`] is then read into a [`Sink`],
//! as records of the vocabulary, or into a [`BallotSink`], as numbers for counting: one reader with two ends, so that
//! either way the same rows are taken and the same left out.
//!
//! | [`Format`] | recognised by |
//! |---|---|
//! | battle log of GenAI-Arena or FastChat | JSON rows with `model_a`, `model_b` and `judge` |
//! | pairwise votes | rows of JSON, of a table or of Parquet with two sides and an outcome, see below |
//! | LLMFAO | rows with `id`, `text`, `slug`; `id`, `name`, `api_id`; `model`, `prompt`, `result`; columns `model_x`, `model_y` |
//! | PandaLM's test set | JSON rows with `cmp_key`, `response1`, `response2` |
//! | Open WebUI's feedback | JSON rows with `user_id`, `type`, `data`, `meta`; the texts of people's chats stay where they are |
//! | arena bundle | a JSON object whose `format` is `plaudit-arena/1` |
//! | pictures with a manifest | JSON rows with `prompt`, `contestant`, `file`, or whose first has the `format` `plaudit-pictures/1`; the same within a ZIP archive |
//! | GenAI-Bench with pictures | rows of JSON or Parquet with `left_model`, `right_model`, `vote_type` and `left_image`, `right_image` or `left_output_image`, `right_output_image` or `left_video`, `right_video` or `left_audio`, `right_audio` |
//! | Plaudit's own votes | JSON rows whose `format` is `plaudit-vote/1`, or Parquet whose metadata say so, as [`export`] writes them |
//!
//! Each of them but Parquet may be compressed with gzip or zstd (with the feature `zstd`). JSON rows are a JSON array or JSON Lines; the cells of a table
//! are apart by commas, or by tabs where its header holds one, and quoted as in RFC 4180.
//!
//! # Pairwise votes
//!
//! Of several columns for one thing the first one named here counts; all other columns are passed over.
//!
//! | what | columns |
//! |---|---|
//! | left, right | `model_a`, `model_b` (FastChat, LMArena) · `model_a_name`, `model_b_name` (ComparIA) · `left_model`, `right_model` (GenAI-Arena) · `left`, `right` (evalica) |
//! | outcome | `winner` or `vote_type`: a label · else `chosen_model_name` and `both_equal`: the winner's name, or true for a tie · else `winner_model_a`, `winner_model_b`, `winner_tie`: one of them is 1 or true |
//! | voter, optional | `judge`, `judge_hash`, `voter`, `voter_id`, `user`, `user_id`, `worker`, `visitor_id`, `session_hash`, `evaluation_session_id` |
//! | names hidden, optional | `anony`, `anonymous`: true, false, 1, 0 |
//! | time, optional | `tstamp`, `timestamp`: seconds since 1970, or ISO 8601 (UTC where it names no zone) |
//! | slice, optional | `category`, `task`, `language`, `selected_category`; any other by [`CategoryColumn::Named`] |
//!
//! | outcome | labels, in capitals or not |
//! |---|---|
//! | left | `model_a`, `a`, `left`, `leftvote` |
//! | right | `model_b`, `b`, `right`, `rightvote` |
//! | tie | `tie`, `tievote`, `draw`, `equal` |
//! | both bad | `both_bad`, `tie (bothbad)`, `bothbad`, `bothbad_vote` |
//!
//! With a [`ColumnMapping`] the columns may have any other names, and the outcomes any other words ([`discover_mapped`]).
//!
//! Any other label rejects its row: it is never half a win. A battle log is taken more strictly: only `model_a`,
//! `model_b`, `tie`, `tie (bothbad)` and `both_bad`, exactly so, and every row has its `judge`. Names such as
//! `imagenhub_SDXLTurbo_generation` tell their arena; all others go to the arena that the caller chose.
//!
//! # Trouble
//!
//! There are two kinds. A row that makes no sense is a [`Rejection`] and the rest of the file goes on. A file that
//! is damaged is a [`DatasetError`], and then nothing of that file may be kept: wrap one transaction around each
//! [`Source::read`].
//!
//! *Architecture invariants.* Readers write no file; [`export`] writes what it is told to and nothing
//! else. The crate starts no thread and knows no clock, no randomness and no
//! database: reading the same bytes twice gives the same records with the same ids. No judge's or worker's name leaves
//! it, neither in a record (only its hash) nor in a rejection, because real logs hold network addresses there.
//!
//! *Memory* is bounded by the longest row ([`MAX_ROW_BYTES`]) and what is different: contestants, categories, and voters
//! where they are asked for. Reading records takes one counter more of some 24 bytes per vote, which tells identical
//! rows apart, and 32 for each different prompt and answer of a file with texts; a bundle is read whole (up to [`MAX_BUNDLE_BYTES`]).
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("plaudit-doctest-{}.csv", std::process::id()));
//! # std::fs::write(&path, "model_a,model_b,winner\nx,y,model_a\ny,x,tie\nx,y,dunno\n")?;
//! use plaudit_datasets::{Ballot, BallotOptions, PairTally, Roster, discover};
//!
//! let (mut roster, mut tally) = (Roster::new(), PairTally::default());
//! let mut count = |ballot: Ballot| tally.add(ballot.left, ballot.right, ballot.outcome);
//! let found = discover(&[path.clone()])?;
//! let summary = found.sources[0].read_ballots(&BallotOptions::default(), &mut roster, &mut count)?;
//! assert_eq!((summary.ballots, summary.rejections), (2, 1));
//! assert_eq!(summary.first_rejections[0].reason.to_string(), "\"dunno\" is no outcome of this format");
//! assert_eq!((roster.arenas()[0].entrants()[0].name.as_str(), tally.counts().len()), ("x", 2));
//! # std::fs::remove_file(path)?;
//! # Ok(())
//! # }
//! ```

mod ballot;
mod battles;
mod bundle;
mod cell;
mod column_mapping;
mod discover;
mod emitter;
mod error;
pub mod export;
mod fields;
mod foreign;
mod format;
mod input;
mod json_keys;
mod json_rows;
mod llmfao;
mod names;
#[cfg(feature = "parquet")]
mod parquet_file;
#[cfg(feature = "media")]
mod pictures;
mod plaudit_votes;
mod record;
mod rejection;
mod repetitions;
mod row;
mod sniff;
mod source;
mod table;

pub use ballot::{
    ArenaRoster, Ballot, BallotOptions, BallotSequence, BallotSink, BallotSummary, CategoryColumn, Entrant, PairTally,
    Roster,
};
pub use battles::outcome_of_label;
pub use bundle::MAX_BUNDLE_BYTES;
pub use column_mapping::{ColumnMapping, ColumnMappingError};
pub use discover::{Discovery, Skipped, discover, discover_mapped};
pub use error::{DatasetError, Fault};
pub use fields::read_fields;
pub use format::{Format, LlmfaoPart, PairwiseFile};
pub use json_rows::MAX_ROW_BYTES;
#[cfg(feature = "media")]
pub use pictures::{PictureArchive, PictureEntry};
pub use record::{ImportedVote, MediaFile, Progress, ReadOptions, ReadSummary, Record, Sink, SinkError};
pub use rejection::{Reason, Rejection};
#[cfg(feature = "media")]
pub use source::read_picture_archive;
pub use source::{Source, read_bundle};
