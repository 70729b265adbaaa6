use std::{error::Error, fmt, io, path::PathBuf};

use crate::SinkError;

/// Why a file cannot be read. Nothing of that file may be kept.
///
/// Its text holds the path and the fault; its source is the fault's source, so that a chain says nothing twice.
#[derive(Debug)]
pub struct DatasetError {
    /// The file or folder it is about.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for DatasetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.display(), self.fault)
    }
}

impl Error for DatasetError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with a whole file. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file system said no.
    #[error("cannot be read")]
    Io(#[source] io::Error),
    /// Neither a file nor a folder: a pipe or a device, which cannot be looked at twice.
    #[error("neither a file nor a folder")]
    NotAFile,
    /// The compressed data are cut off or damaged.
    #[error("the gzip data are damaged")]
    Gzip(#[source] io::Error),
    /// The same of zstd.
    #[error("the zstd data are damaged")]
    Zstd(#[source] io::Error),
    /// Something that needs C code which this build does not have.
    #[error("this build reads no {missing}: build with the feature `{missing}`")]
    NotBuilt {
        /// The crate's feature.
        missing: &'static str,
    },
    /// Not JSON, or cut off.
    #[error("damaged file: JSON error at line {line}, column {column}: {message}")]
    Syntax {
        /// Where.
        line: u64,
        /// Where, in bytes.
        column: u64,
        /// What the parser says.
        message: String,
    },
    /// Not UTF-8.
    #[error("damaged file: line {line} is not UTF-8")]
    InvalidUtf8 {
        /// Where.
        line: u64,
    },
    /// The table is broken.
    #[error("damaged file: CSV error at line {line}: {message}")]
    Csv {
        /// Where.
        line: u64,
        /// What is broken.
        message: String,
    },
    /// The Parquet data are damaged, or of a kind that is not read.
    #[error("the Parquet file cannot be read: {message}")]
    Parquet {
        /// What the decoder says.
        message: String,
    },
    /// One row is implausibly long.
    #[error("the row at line {line} is longer than {limit_bytes} bytes")]
    RowTooLong {
        /// Where it starts.
        line: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// A bundle, which is read whole, is implausibly large.
    #[error("larger than {limit_bytes} bytes, the most that an arena bundle may have")]
    BundleTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The table lacks columns.
    #[error("the table lacks the columns {}", missing.join(", "))]
    MissingColumns {
        /// Their names.
        missing: Vec<String>,
    },
    /// A bundle of the right format whose arena or sections are not what they should be.
    #[error("not a valid arena bundle, at line {line}: {message}")]
    InvalidBundle {
        /// Where.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// An archive that is damaged, or that holds what could do harm; nothing of it is read.
    #[error("the archive cannot be taken{}: {why}", entry.as_ref().map_or_else(String::new, |name| format!(", because of {name:?}")))]
    Archive {
        /// The entry that is at fault, where it is one.
        entry: Option<String>,
        /// What is wrong.
        why: String,
    },
    /// A manifest of pictures whose arena is not what it should be.
    #[error("not a valid manifest of pictures, at line {line}: {message}")]
    Manifest {
        /// Where.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A bundle of another version.
    #[error(
        "{found:?} is not supported: this version reads \"plaudit-arena/1\", \"plaudit-pictures/1\" and \"plaudit-vote/1\""
    )]
    UnsupportedVersion {
        /// What the file says it is.
        found: String,
    },
    /// A file of automated judgments.
    #[error(
        "these are a judge's judgments (LLMFAO comparisons without a worker column): judgments cannot be imported as votes"
    )]
    Judgments,
    /// None of the known formats.
    #[error(
        "not recognised: it looks like {looks_like}. Recognised are votes on pairs (rows of JSON, of a table or of Parquet \
         with model_a, model_b, winner, as those of FastChat, LMArena and ComparIA are), the files of LLMFAO \
         (prompts.jsonl, models.jsonl, results.jsonl, crowd-comparisons.csv), PandaLM's test set, Open WebUI's feedback, \
         arena bundles (\"format\": \"plaudit-arena/1\"), pictures with a manifest (prompt, contestant, file) and Plaudit's own votes (\"plaudit-vote/1\"), each but Parquet also as \
         gzip or zstd. Of any other table say which columns are what: --columns left=…,right=…,outcome=…"
    )]
    Unrecognised {
        /// What its first bytes show: keys, columns or the kind of data.
        looks_like: String,
    },
    /// A folder without a single recognised file.
    #[error("no file in this folder can be imported{}", list(skipped))]
    NothingRecognised {
        /// For each file, why not.
        skipped: Vec<String>,
    },
    /// A part of LLMFAO that makes no sense without another.
    #[error(
        "this is LLMFAO's results file, which can only be read together with its {missing} file: name both, or their folder"
    )]
    MissingSibling {
        /// The part that is missing.
        missing: &'static str,
    },
    /// Two files that claim to be the same part of one LLMFAO folder.
    #[error("a second {part} file of LLMFAO in this folder, beside {}", first.display())]
    DuplicatePart {
        /// Which part.
        part: &'static str,
        /// The other file.
        first: PathBuf,
    },
    /// The receiver of the records gave up.
    #[error("stopped by the receiver")]
    Sink(#[source] SinkError),
}

impl Fault {
    /// The same, with the file that it is about.
    pub(crate) fn at(self, path: impl Into<PathBuf>) -> DatasetError {
        DatasetError { path: path.into(), fault: self }
    }
}

fn list(skipped: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = String::new();
    for reason in skipped.iter().take(SHOWN) {
        text.push_str("; ");
        text.push_str(reason);
    }
    if skipped.len() > SHOWN {
        text.push_str(&format!("; and {} more", skipped.len() - SHOWN));
    }
    text
}
