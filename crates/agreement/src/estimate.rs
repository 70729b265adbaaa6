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

/// A value or why there is none, with how many observations it rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) value: Result<f64, Absence>,
    pub(crate) count: f64,
}

impl Measure {
    /// Of so many, or why there are none.
    pub(crate) fn share(part: f64, all: f64, empty: Absence) -> Self {
        Self { value: if all > 0.0 { Ok(part / all) } else { Err(empty) }, count: all }
    }

    /// With the percentiles of its resampled values, which are put into another order.
    pub(crate) fn figure(&self, resampled: &mut [f64], level: f64) -> Figure {
        let value = match self.value {
            Ok(value) => value,
            Err(absence) => return Figure::Absent(absence),
        };
        let tail = (1.0 - level) / 2.0;
        let (low, high) =
            (quantile(resampled, tail).unwrap_or(value), quantile(resampled, 1.0 - tail).unwrap_or(value));
        let (low, high) = (low.min(value), high.max(value));
        // Expected counts of a random judge are no whole numbers.
        let count = self.count.ceil() as u64;
        Figure::Estimate(Estimate { value, low, high, count, resamples: resampled.len() as u32 })
    }
}

/// Between the two nearest in order, as numpy has it by default.
fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let place = share * values.len().checked_sub(1)? as f64;
    let below = place.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some(low + (high - low) * (place - below as f64))
}
