//! Writers of votes: the forms in which they leave the house.
//!
//! [`create`] opens a [`VoteWriter`] for an [`ExportFormat`]; it takes [`ExportedVote`]s in the order of their ids and
//! holds none of them back, but for the formats that group votes ([`ExportFormat::SoftPreference`],
//! [`ExportFormat::RewardRows`]), whose memory grows with the different groups. The same votes give the same bytes. A
//! file takes its name only once it is whole: see [`AtomicFile`]. What a format cannot hold is counted in the
//! [`ExportSummary`], not dropped in silence.
//!
//! | format | row | file | what it cannot hold |
//! |---|---|---|---|
//! | `plaudit-jsonl` | vote | JSON Lines | nothing |
//! | `plaudit-parquet` | vote | Parquet, zstd | nothing |
//! | `arena-55k` | vote | CSV | both bad stands there as a tie |
//! | `arena-140k` | vote | JSON Lines | |
//! | `genai-arena` | vote | JSON array | |
//! | `genai-bench` | vote | JSON Lines | a second task; texts stand in `left_text`, `right_text` |
//! | `genai-bench-parquet` | vote | Parquet, pictures in it | a second task |
//! | `trl-preference`, `…-conversational` | decisive vote | JSON Lines | ties, votes without texts |
//! | `trl-unpaired` | answer of a vote | JSON Lines | votes without texts |
//! | `soft-preference` | pair of answers | JSON Lines | votes without texts |
//! | `reward-rows` | answer | JSON Lines | votes without texts |
//! | `argilla`, `label-studio` | vote | JSON array | votes without texts |
//! | `csv` | vote | CSV, formulas made inert | seeds, states of generations |
//!
//! A `DatasetWriter` makes a whole folder: Parquet in splits, a card, statistics, checksums.

mod atomic;
#[cfg(feature = "parquet")]
mod bench_parquet;
mod cells;
#[cfg(feature = "parquet")]
mod dataset;
mod error;
mod format;
mod genai;
mod grouped;
mod identity;
mod labelling;
#[cfg(feature = "parquet")]
mod license;
mod lmarena;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod pii;
mod plaudit;
mod pseudonyms;
mod rows;
mod style;
mod table;
mod trl;
mod vote;

use std::{collections::BTreeMap, fmt, path::Path};

pub use atomic::{AtomicFile, AtomicFolder};
#[cfg(feature = "parquet")]
pub use dataset::{
    DATASET_ROWS_PER_FILE, DatasetFacts, DatasetOptions, DatasetSummary, DatasetWriter, LogCheckpoint, Split, SplitBy,
};
pub use error::{ExportError, ExportFault};
pub use format::ExportFormat;
pub use identity::Identity;
pub use labelling::LABEL_STUDIO_CONFIG;
pub use output::Compression;
pub use pii::{PersonalFind, PersonalKind, find_personal, mask_personal};
pub use plaudit::VOTE_FORMAT;
pub use pseudonyms::Pseudonyms;
pub use style::{BoldCounts, HeaderCounts, ListCounts, StyleCounts};
pub use vote::{Content, ExportedPrompt, ExportedSide, ExportedVote, Verification, VoteSource};

use rows::{Layout, Rows};
use trl::{Trl, TrlForm};

/// Takes votes and makes a file of them.
pub trait VoteWriter {
    /// Takes one vote. Votes come in the order of their ids.
    ///
    /// # Errors
    /// When the vote does not fit or the disk refuses; the export is over then, and dropping the writer leaves nothing.
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError>;

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// When the disk refuses; there is no file then.
    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError>;
}

/// What became of the votes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportSummary {
    /// Votes taken.
    pub votes: u64,
    /// Rows written.
    pub rows: u64,
    /// Votes for which the format has no row, by reason.
    pub left_out: BTreeMap<LeftOut, u64>,
}

/// Why a format has no row for a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// The prompt or one of the answers is not a text that is known.
    NoText,
    /// A tie or both bad, which is no preference.
    Undecided,
    /// Its battle is between a contestant for training and one for testing.
    Crossing,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoText => "without a text for the prompt and both answers",
            Self::Undecided => "ties, which are no preference",
            Self::Crossing => "on battles between a contestant of the training split and one of the test split",
        })
    }
}

/// Opens a writer. `compression` is usually [`Compression::of`] the path.
///
/// # Errors
/// When the file cannot be made; when the format or the compression is not in this build; when a format that is
/// compressed by itself is to be compressed.
pub fn create(format: ExportFormat, path: &Path, compression: Compression) -> Result<Box<dyn VoteWriter>, ExportError> {
    create_with(format, path, compression, None)
}

/// Where the bytes of pictures are found, for formats that embed them.
pub trait PictureBytes {
    /// Those of the picture at this address; `None` where there are none, which leaves the address.
    ///
    /// # Errors
    /// When the disk refuses; the export is over then.
    fn bytes(&self, address: &str) -> std::io::Result<Option<Vec<u8>>>;
}

/// The same, with pictures for [`ExportFormat::GenaiBenchParquet`].
///
/// # Errors
/// As [`create`].
pub fn create_with(
    format: ExportFormat,
    path: &Path,
    compression: Compression,
    pictures: Option<Box<dyn PictureBytes>>,
) -> Result<Box<dyn VoteWriter>, ExportError> {
    if format.is_compressed() && compression != Compression::None {
        let fault = ExportFault::CompressedAlready { format: format.as_str(), asked: compression.as_str() };
        return Err(fault.at(path));
    }
    let rows = |layout| Rows::create(path, compression, layout);
    let lines = || rows(Layout::Lines);
    Ok(match format {
        ExportFormat::PlauditJsonl => Box::new(plaudit::PlauditJsonl(lines()?)),
        ExportFormat::PlauditParquet | ExportFormat::GenaiBenchParquet => {
            return create_parquet(format, path, pictures);
        }
        ExportFormat::Arena55k => Box::new(lmarena::Arena55k::new(lines()?)?),
        ExportFormat::Arena140k => Box::new(lmarena::Arena140k::new(lines()?)),
        ExportFormat::GenaiArena => Box::new(genai::GenaiArena(rows(Layout::Array)?)),
        ExportFormat::GenaiBench => Box::new(genai::GenaiBench::new(lines()?)),
        ExportFormat::TrlPreference => Box::new(Trl::new(lines()?, TrlForm::Preference)),
        ExportFormat::TrlPreferenceConversational => Box::new(Trl::new(lines()?, TrlForm::Conversational)),
        ExportFormat::TrlUnpaired => Box::new(Trl::new(lines()?, TrlForm::Unpaired)),
        ExportFormat::SoftPreference => Box::new(grouped::SoftPreference::new(lines()?)),
        ExportFormat::RewardRows => Box::new(grouped::RewardRows::new(lines()?)),
        ExportFormat::Argilla => Box::new(labelling::Argilla(rows(Layout::Array)?)),
        ExportFormat::LabelStudio => Box::new(labelling::LabelStudio(rows(Layout::Array)?)),
        ExportFormat::Csv => Box::new(table::Csv::new(lines()?)?),
    })
}

#[cfg(feature = "parquet")]
fn create_parquet(
    format: ExportFormat,
    path: &Path,
    pictures: Option<Box<dyn PictureBytes>>,
) -> Result<Box<dyn VoteWriter>, ExportError> {
    Ok(match format {
        ExportFormat::GenaiBenchParquet => Box::new(bench_parquet::GenaiBenchParquet::create(path, pictures)?),
        _ => Box::new(parquet::PlauditParquet::create(path)?),
    })
}

#[cfg(not(feature = "parquet"))]
fn create_parquet(
    _: ExportFormat,
    path: &Path,
    _: Option<Box<dyn PictureBytes>>,
) -> Result<Box<dyn VoteWriter>, ExportError> {
    Err(ExportFault::NotBuilt { missing: "parquet" }.at(path))
}
