use std::fmt;

/// What a file was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Votes of GenAI-Arena or FastChat: one object per vote.
    BattleLog,
    /// Votes on pairs in other words: those of LMArena, ComparIA, evalica, or a table that somebody made.
    Pairwise(PairwiseFile),
    /// Rows of GenAI-Bench with pictures: JSON that names files beside it, or Parquet that holds them.
    GenAiBench(PairwiseFile),
    /// Pictures, and a manifest that says who made them for which prompt; in a folder or in a ZIP archive.
    Pictures,
    /// A part of LLMFAO.
    Llmfao(LlmfaoPart),
    /// PandaLM's test set: a row holds what several annotators said of two answers.
    PandaLm,
    /// The feedback that Open WebUI exports: an answer's rating, and the models whose answers stood beside it.
    OpenWebUi,
    /// Plaudit's own bundle of an arena with contestants, prompts and generations.
    ArenaBundle,
    /// Plaudit's own log of votes as JSON Lines.
    PlauditVotes,
    /// The same as Parquet, told by its metadata; read only with the crate's feature `parquet`.
    PlauditParquet,
}

/// What kind of file votes on pairs stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PairwiseFile {
    /// A JSON array of objects, or JSON Lines.
    Json,
    /// Cells apart by commas or tabs.
    Table,
    /// Parquet; read only with the crate's feature `parquet`.
    Parquet,
}

/// The parts of LLMFAO, in the order in which they refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LlmfaoPart {
    /// `prompts.jsonl`.
    Prompts,
    /// `models.jsonl`.
    Models,
    /// `results.jsonl`: the generations.
    Results,
    /// `crowd-comparisons.csv`.
    Votes,
}

impl LlmfaoPart {
    /// Its name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompts => "prompts",
            Self::Models => "models",
            Self::Results => "results",
            Self::Votes => "crowd comparisons",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BattleLog => formatter.write_str("battle log"),
            Self::Pairwise(PairwiseFile::Json) => formatter.write_str("pairwise votes as JSON"),
            Self::Pairwise(PairwiseFile::Table) => formatter.write_str("table of pairwise votes"),
            Self::Pairwise(PairwiseFile::Parquet) => formatter.write_str("pairwise votes as Parquet"),
            Self::GenAiBench(_) => formatter.write_str("GenAI-Bench with pictures"),
            Self::Pictures => formatter.write_str("pictures with a manifest"),
            Self::Llmfao(part) => write!(formatter, "LLMFAO {}", part.as_str()),
            Self::PandaLm => formatter.write_str("PandaLM's test set"),
            Self::OpenWebUi => formatter.write_str("Open WebUI's feedback"),
            Self::ArenaBundle => formatter.write_str("arena bundle"),
            Self::PlauditVotes => formatter.write_str("Plaudit's votes"),
            Self::PlauditParquet => formatter.write_str("Plaudit's votes as Parquet"),
        }
    }
}
