use serde::{Deserialize, Serialize};

/// A number with how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What was observed.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
    /// How many observations the value rests on, in the figure's own unit: votes, questions, verdicts or contestants.
    pub count: u64,
    /// How many resamples the interval rests on: those in which the figure exists. 0 where a formula gives the interval.
    pub resamples: u32,
}

/// An estimate, or why there is none. Never a NaN.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// The estimate.
    Estimate(Estimate),
    /// Why there is none.
    Absent(Absence),
}

/// Why a figure does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Nothing to compare: no vote on any question that was judged.
    NoVotes,
    /// No verdict.
    NoVerdicts,
    /// No answer that could be read where there are votes.
    NoAnswers,
    /// No vote or no answer that names a better side.
    NothingDecisive,
    /// All answers, or all votes, are the same: the figure divides by their variation.
    Constant,
    /// No question was judged in both orders.
    OneOrder,
    /// The judge gave no scores.
    NoScores,
    /// The judge gave no confidence or probability.
    NoCertainty,
    /// No question has several votes.
    SingleVotes,
    /// Fewer than two contestants are on both boards.
    TooFewContestants,
    /// No pair of questions of this kind.
    NoPairs,
    /// No question has a strict majority.
    NoMajority,
    /// A board could not be fitted: more contestants than the ranking crate rates, or counts beyond what 64-bit floats
    /// balance.
    NotFitted,
}

impl Figure {
    /// The estimate, if there is one.
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Estimate(estimate) => Some(estimate),
            Self::Absent(_) => None,
        }
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<f64> {
        self.estimate().map(|estimate| estimate.value)
    }

    /// Why there is none, if there is none.
    pub fn absence(&self) -> Option<Absence> {
        match self {
            Self::Estimate(_) => None,
            Self::Absent(absence) => Some(*absence),
        }
    }
}

impl Absence {
    /// The reason as words that end a sentence such as "no kappa: …".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoVotes => "nobody voted on what was judged",
            Self::NoVerdicts => "nothing was judged",
            Self::NoAnswers => "no answer could be read where people voted",
            Self::NothingDecisive => "nothing names a better side",
            Self::Constant => "all answers or all votes are the same",
            Self::OneOrder => "no question was judged in both orders",
            Self::NoScores => "no scores were given",
            Self::NoCertainty => "no confidence or probability was given",
            Self::SingleVotes => "no question has several votes",
            Self::TooFewContestants => "fewer than two contestants are on both boards",
            Self::NoPairs => "no pair of questions is of this kind",
            Self::NoMajority => "no question has a strict majority",
            Self::NotFitted => "a board could not be fitted",
        }
    }
}
