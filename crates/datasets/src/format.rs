use std::fmt;

/// What a file was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Votes of GenAI-Arena or FastChat: one object per vote.
    BattleLog,
    /// A part of LLMFAO.
    Llmfao(LlmfaoPart),
    /// Plaudit's own bundle of an arena with contestants, prompts and generations.
    ArenaBundle,
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
            Self::Llmfao(part) => write!(formatter, "LLMFAO {}", part.as_str()),
            Self::ArenaBundle => formatter.write_str("arena bundle"),
        }
    }
}
