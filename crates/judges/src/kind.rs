use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language model whose opinion is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LanguageModel {
    /// SmolLM2-135M-Instruct (Allal et al. 2025, <https://arxiv.org/abs/2502.02737>).
    Smollm2,
    /// The model of 1.2 million parameters that is trained in this repository.
    Tiny,
}

/// A judge that needs no other machine. Its id has a name and a version, which changes whenever its verdicts could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum JudgeKind {
    /// Answers left whatever is shown there. A baseline of Zheng et al. 2023 (<https://arxiv.org/abs/2306.05685>, position
    /// bias): what a judge has to beat to have looked at anything.
    AlwaysLeft,
    /// Draws left, right or tie with equal chances, for each order by itself, from a seed made of the judge's id and the
    /// battle's. The baseline of GenAI-Bench (Jiang et al. 2024, <https://arxiv.org/abs/2406.04485>).
    Random,
    /// Prefers the answer with more characters. Length is what automated and human judges alike are known to reward (Dubois
    /// et al. 2024, <https://arxiv.org/abs/2404.04475>).
    Length,
    /// Prefers the answer with more markdown (headings, list items, bold, code blocks) per 100 words. The style that
    /// Chatbot Arena controls for (Li et al. 2024, "Does style matter?", LMSYS).
    Markdown,
    /// Prefers the answer whose all-MiniLM-L6-v2 vector has the larger cosine with the prompt's. Relevance alone, after
    /// Reimers and Gurevych 2019 (<https://arxiv.org/abs/1908.10084>): a wrong answer to the point wins over a right one aside.
    RelevanceMinilm,
    /// Prefers the answer with the larger mean log-likelihood per token given the prompt, which orders as perplexity does.
    /// Likelihood as a score of text after GPTScore (Fu et al. 2023, <https://arxiv.org/abs/2302.04166>).
    Likelihood {
        /// Whose likelihood.
        model: LanguageModel,
    },
    /// Prefers the answer with the larger log-likelihood of the whole text, without regard for length. Short answers win
    /// nearly always; it stands beside [`JudgeKind::Likelihood`] to show what normalising does (Murray and Chiang 2018,
    /// <https://arxiv.org/abs/1808.10006>).
    TotalLikelihood {
        /// Whose likelihood.
        model: LanguageModel,
    },
    /// Prefers the answer along which the model's distributions are farther from uniform, on average.
    /// Self-certainty (Kang et al. 2025, <https://arxiv.org/abs/2502.18581>), there of answers that the model wrote itself.
    SelfCertainty {
        /// Whose certainty.
        model: LanguageModel,
    },
    /// Asks the model of each answer alone whether it is good, and reads the log-odds of "True" against "False", in nats.
    /// P(True) (Kadavath et al. 2022, <https://arxiv.org/abs/2207.05221>).
    PTrue {
        /// Who is asked.
        model: LanguageModel,
    },
    /// Shows the model both answers and reads the probability of "A" against "B" where its answer would begin.
    /// Pairwise comparison (Zheng et al. 2023), read from probabilities instead of from text; it depends on the order shown.
    AOrB {
        /// Who is asked.
        model: LanguageModel,
    },
    /// Prefers the answer that SmolLM2 finds likelier than tiny does, per token of SmolLM2. The implicit reward of direct
    /// preference optimisation (Rafailov et al. 2023, <https://arxiv.org/abs/2305.18290>) with tiny as the reference.
    LogRatio,
    /// Prefers the answer to which a reward head gives more, which was trained on this arena's votes over MiniLM features.
    /// Bradley-Terry reward modelling (Ouyang et al. 2022, <https://arxiv.org/abs/2203.02155>); see [`crate::reward`].
    Reward,
}

/// The models that a judge reads with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Language models.
    pub language: &'static [LanguageModel],
    /// The sentence encoder.
    pub encoder: bool,
    /// A reward head, trained over that encoder's vectors.
    pub reward: bool,
}

impl Needs {
    /// Whether the judge only counts.
    pub const fn is_nothing(self) -> bool {
        self.language.is_empty() && !self.encoder && !self.reward
    }
}

/// A text that is no judge's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no judge {0:?}; there are {list}", list = JudgeKind::ALL.map(|kind| kind.to_string()).join(", "))]
pub struct JudgeKindError(pub String);

impl LanguageModel {
    /// The word in ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smollm2 => "smollm2",
            Self::Tiny => "tiny",
        }
    }
}

impl JudgeKind {
    /// All judges, baselines first.
    pub const ALL: [Self; 17] = {
        use LanguageModel::{Smollm2, Tiny};
        [
            Self::AlwaysLeft,
            Self::Random,
            Self::Length,
            Self::Markdown,
            Self::RelevanceMinilm,
            Self::Likelihood { model: Smollm2 },
            Self::Likelihood { model: Tiny },
            Self::TotalLikelihood { model: Smollm2 },
            Self::TotalLikelihood { model: Tiny },
            Self::SelfCertainty { model: Smollm2 },
            Self::SelfCertainty { model: Tiny },
            Self::PTrue { model: Smollm2 },
            Self::PTrue { model: Tiny },
            Self::AOrB { model: Smollm2 },
            Self::AOrB { model: Tiny },
            Self::LogRatio,
            Self::Reward,
        ]
    };

    /// Name and version, such as `length/1` or `p-true-smollm2/2`.
    pub fn id(self) -> String {
        let (name, model) = match self {
            Self::AlwaysLeft => ("always-left", None),
            Self::Random => ("random", None),
            Self::Length => ("length", None),
            Self::Markdown => ("markdown", None),
            Self::RelevanceMinilm => ("relevance-minilm", None),
            Self::Likelihood { model } => ("likelihood", Some(model)),
            Self::TotalLikelihood { model } => ("total-likelihood", Some(model)),
            Self::SelfCertainty { model } => ("self-certainty", Some(model)),
            Self::PTrue { model } => ("p-true", Some(model)),
            Self::AOrB { model } => ("a-or-b", Some(model)),
            Self::LogRatio => ("log-ratio", None),
            Self::Reward => ("reward", None),
        };
        // P(True) compared two probabilities at first, and called answers equal whose odds were far apart.
        let version = if matches!(self, Self::PTrue { .. }) { 2 } else { 1 };
        match model {
            Some(model) => format!("{name}-{}/{version}", model.as_str()),
            None => format!("{name}/{version}"),
        }
    }

    /// The models that it reads with.
    pub const fn needs(self) -> Needs {
        const NOTHING: Needs = Needs { language: &[], encoder: false, reward: false };
        match self {
            Self::AlwaysLeft | Self::Random | Self::Length | Self::Markdown => NOTHING,
            Self::RelevanceMinilm => Needs { encoder: true, ..NOTHING },
            Self::Reward => Needs { encoder: true, reward: true, ..NOTHING },
            Self::LogRatio => Needs { language: &[LanguageModel::Smollm2, LanguageModel::Tiny], ..NOTHING },
            Self::Likelihood { model }
            | Self::TotalLikelihood { model }
            | Self::SelfCertainty { model }
            | Self::PTrue { model }
            | Self::AOrB { model } => match model {
                LanguageModel::Smollm2 => Needs { language: &[LanguageModel::Smollm2], ..NOTHING },
                LanguageModel::Tiny => Needs { language: &[LanguageModel::Tiny], ..NOTHING },
            },
        }
    }

    /// Whether the order in which two answers are shown can make a difference. Where it cannot, the reading of the other
    /// order is the mirror of the first and nothing is computed twice.
    pub const fn depends_on_order(self) -> bool {
        matches!(self, Self::AlwaysLeft | Self::Random | Self::AOrB { .. })
    }

    /// Scores that differ by less count as equal, and the judge answers tie.
    ///
    /// Counts of characters and marks are exact: only equal ones tie. What a model computes differs between devices by
    /// rounding: a cosine by up to 1e-4, a mean log-likelihood, a probability or a reward by up to 1e-3, and what
    /// rounding could turn round must not decide. A total log-likelihood adds that up over some hundred tokens.
    pub const fn tie_below(self) -> f64 {
        match self {
            Self::AlwaysLeft | Self::Random | Self::Length | Self::Markdown => 0.0,
            Self::RelevanceMinilm => 1e-4,
            Self::TotalLikelihood { .. } => 0.1,
            Self::Likelihood { .. }
            | Self::SelfCertainty { .. }
            | Self::AOrB { .. }
            | Self::LogRatio
            | Self::Reward => 1e-3,
            // Logits, not probabilities: the self-check of a device tolerates more than this, but none was off by more.
            Self::PTrue { .. } => 1e-2,
        }
    }
}

impl fmt::Display for JudgeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.id())
    }
}

impl FromStr for JudgeKind {
    type Err = JudgeKindError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.id() == id).ok_or_else(|| JudgeKindError(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_judge_survives_its_id_and_its_json() {
        for kind in JudgeKind::ALL {
            assert_eq!(kind.id().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<JudgeKind>(&json).unwrap(), kind, "{json}");
        }
        let json = serde_json::to_string(&JudgeKind::PTrue { model: LanguageModel::Smollm2 }).unwrap();
        assert_eq!(json, r#"{"kind":"p-true","model":"smollm2"}"#);
    }

    #[test]
    fn a_judge_with_the_models_it_needs_is_not_missing_any() {
        use crate::{Battle, JudgeError, Models, judge_blocking};
        let battle = Battle { id: plaudit_domain::BattleId::from_bytes([7; 16]), prompt: "p", left: "l", right: "r" };
        for kind in JudgeKind::ALL {
            let verdict = judge_blocking(kind, &Models::default(), &battle);
            let misses = matches!(verdict, Err(JudgeError::Missing { .. }));
            assert_eq!(misses, !kind.needs().is_nothing(), "{kind}");
        }
    }

    #[test]
    fn an_unknown_id_is_an_error_that_lists_the_known_ones() {
        for id in ["length", "length/2", "gpt-4o/1", ""] {
            let error = id.parse::<JudgeKind>().unwrap_err().to_string();
            assert!(error.contains("length/1") && error.contains("reward/1"), "{error}");
        }
    }
}
