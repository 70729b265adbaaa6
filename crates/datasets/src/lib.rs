//! Streaming readers from foreign files of battles, votes and generations to the vocabulary of `plaudit-domain`.
//!
//! [`discover`] looks at the *content* of the files it is given (never at their names), groups those that belong
//! together, and orders them so that what is referred to is read first. Each [`Source`] is then read into a [`Sink`].
//!
//! | [`Format`] | recognised by |
//! |---|---|
//! | battle log of GenAI-Arena or FastChat | rows (a JSON array or JSON Lines) with `model_a` and `model_b` |
//! | LLMFAO | rows with `id`, `text`, `slug`; `id`, `name`, `api_id`; `model`, `prompt`, `result`; columns `model_x`, `model_y` |
//! | arena bundle | a JSON object whose `format` is `plaudit-arena/1` |
//!
//! Each of them may be compressed with gzip.
//!
//! *Two kinds of trouble.* A row that makes no sense is a [`Rejection`] and the rest of the file goes on. A file that
//! is damaged is a [`DatasetError`], and then nothing of that file may be kept: wrap one transaction around each
//! [`Source::read`].
//!
//! *Architecture invariants.* The crate writes no file and knows no clock, no randomness and no database: reading the
//! same bytes twice gives the same records with the same ids. No judge's or worker's name leaves it, neither in a
//! record (only its hash) nor in a rejection, because real logs hold network addresses there.
//!
//! *Memory* is bounded by the longest row ([`MAX_ROW_BYTES`]), except for one counter of some 24 bytes per vote, which tells
//! identical rows apart, the slugs already announced, the small tables of an LLMFAO folder, and a bundle, which is
//! read whole (up to [`MAX_BUNDLE_BYTES`]).

mod battle_log;
mod bundle;
mod discover;
mod emitter;
mod error;
mod format;
mod input;
mod json_keys;
mod json_rows;
mod llmfao;
mod names;
mod record;
mod rejection;
mod repetitions;
mod row;
mod sniff;
mod source;

pub use bundle::MAX_BUNDLE_BYTES;
pub use discover::{Discovery, Skipped, discover};
pub use error::{DatasetError, Fault};
pub use format::{Format, LlmfaoPart};
pub use json_rows::MAX_ROW_BYTES;
pub use record::{ImportedVote, Progress, ReadOptions, ReadSummary, Record, Sink, SinkError};
pub use rejection::{Reason, Rejection};
pub use source::{Source, read_bundle};
