use std::{fmt, str::FromStr};

/// The forms in which votes leave the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Plaudit's own log, one JSON object for each vote: everything, and [`crate::discover`] reads it back.
    PlauditJsonl,
    /// The same columns as Parquet.
    PlauditParquet,
    /// LMArena's table of 55,000 votes.
    Arena55k,
    /// LMArena's set of 140,000 votes, as JSON Lines.
    Arena140k,
    /// GenAI-Arena's battle log.
    GenaiArena,
    /// GenAI-Bench's rows.
    GenaiBench,
    /// The same as Parquet, with the pictures in it.
    GenaiBenchParquet,
    /// TRL's preference set with explicit prompt, as strings.
    TrlPreference,
    /// The same as conversations.
    TrlPreferenceConversational,
    /// TRL's unpaired preference set.
    TrlUnpaired,
    /// For each pair of answers the share of votes for the left one.
    SoftPreference,
    /// For each answer its share of wins.
    RewardRows,
    /// Argilla's records.
    Argilla,
    /// Label Studio's tasks.
    LabelStudio,
    /// A table for spreadsheets.
    Csv,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::PlauditJsonl,
        Self::PlauditParquet,
        Self::Arena55k,
        Self::Arena140k,
        Self::GenaiArena,
        Self::GenaiBench,
        Self::GenaiBenchParquet,
        Self::TrlPreference,
        Self::TrlPreferenceConversational,
        Self::TrlUnpaired,
        Self::SoftPreference,
        Self::RewardRows,
        Self::Argilla,
        Self::LabelStudio,
        Self::Csv,
    ];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlauditJsonl => "plaudit-jsonl",
            Self::PlauditParquet => "plaudit-parquet",
            Self::Arena55k => "arena-55k",
            Self::Arena140k => "arena-140k",
            Self::GenaiArena => "genai-arena",
            Self::GenaiBench => "genai-bench",
            Self::GenaiBenchParquet => "genai-bench-parquet",
            Self::TrlPreference => "trl-preference",
            Self::TrlPreferenceConversational => "trl-preference-conversational",
            Self::TrlUnpaired => "trl-unpaired",
            Self::SoftPreference => "soft-preference",
            Self::RewardRows => "reward-rows",
            Self::Argilla => "argilla",
            Self::LabelStudio => "label-studio",
            Self::Csv => "csv",
        }
    }

    /// Whether its files are compressed by themselves, so that they cannot be compressed again.
    pub fn is_compressed(self) -> bool {
        matches!(self, Self::PlauditParquet | Self::GenaiBenchParquet)
    }

    /// The usual end of its file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::PlauditParquet | Self::GenaiBenchParquet => "parquet",
            Self::Arena55k | Self::Csv => "csv",
            Self::GenaiArena | Self::Argilla | Self::LabelStudio => "json",
            _ => "jsonl",
        }
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ExportFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == word).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.into_iter().map(Self::as_str).collect();
            format!("{word:?} is no format: expected one of {}", known.join(", "))
        })
    }
}
