use std::{fmt, io, path::PathBuf};

/// Why an export failed. Nothing stands at its target then that was not there before.
#[derive(Debug)]
pub struct ExportError {
    /// The file or folder that was to be written.
    pub path: PathBuf,
    /// What went wrong.
    pub fault: ExportFault,
}

/// What went wrong with an export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportFault {
    /// The file system said no.
    #[error("cannot be written: {0}")]
    Io(#[source] io::Error),
    /// There is something that would have to be replaced.
    #[error("already exists: name another place, or remove it first")]
    Exists,
    /// Neither a file name nor a folder name.
    #[error("is no name for a file or folder: its last part is missing")]
    NoName,
    /// Compression asked for where the format has its own.
    #[error("{format} is compressed already: leave {asked} away")]
    CompressedAlready {
        /// The format.
        format: &'static str,
        /// What was asked for.
        asked: &'static str,
    },
    /// A compression or format that needs C code which this build does not have.
    #[error("this build was made without {missing}: build with the feature `{missing}`")]
    NotBuilt {
        /// The crate's feature.
        missing: &'static str,
    },
    /// Pictures, clips and texts in a file that can only hold one of them.
    #[error(
        "{format} holds one task in a file, and the votes are on {first} and on {second}: export one arena at a time"
    )]
    MixedTasks {
        /// The format.
        format: &'static str,
        /// The first vote's task.
        first: &'static str,
        /// Another vote's.
        second: &'static str,
    },
    /// A number that the format cannot hold.
    #[error("the vote {vote} has a {what} that is not a finite number")]
    NotFinite {
        /// The vote.
        vote: String,
        /// Which of its numbers.
        what: &'static str,
    },
    /// Votes came in another order than that of the log.
    #[error("the vote {vote} came after a later one: votes are exported in the order of their ids, each once")]
    OutOfOrder {
        /// The vote.
        vote: String,
    },
    /// Nothing to publish.
    #[error("no vote is left to make a dataset of: ask for more votes, or split by something else")]
    NoVotes,
    /// A share of the test split that leaves one of the two empty, or is no share.
    #[error("the test split cannot have a share of {share}: expected a number between 0 and 1, such as 0.1")]
    TestShare {
        /// What was asked for.
        share: f64,
    },
    /// The Parquet encoder refuses.
    #[error("the Parquet file cannot be written: {message}")]
    Parquet {
        /// What the encoder says.
        message: String,
    },
}

impl fmt::Display for ExportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.display(), self.fault)
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.fault)
    }
}

impl From<io::Error> for ExportFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<serde_json::Error> for ExportFault {
    fn from(error: serde_json::Error) -> Self {
        Self::Io(error.into())
    }
}

impl ExportFault {
    /// The same, with the file that it is about.
    pub(super) fn at(self, path: impl Into<PathBuf>) -> ExportError {
        ExportError { path: path.into(), fault: self }
    }
}
