use std::{fmt, str::FromStr};

use plaudit_datasets::export::ExportFormat;

/// What an export makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// One file.
    File(ExportFormat),
    /// A folder that a hub takes as it is.
    Dataset,
}

/// The folder's word on the command line.
const DATASET: &str = "dataset";

impl From<ExportFormat> for OutputFormat {
    fn from(format: ExportFormat) -> Self {
        Self::File(format)
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(format) => format.fmt(formatter),
            Self::Dataset => formatter.write_str(DATASET),
        }
    }
}

impl FromStr for OutputFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word == DATASET {
            return Ok(Self::Dataset);
        }
        word.parse().map(Self::File).map_err(|error: String| format!("{error}, {DATASET}"))
    }
}
