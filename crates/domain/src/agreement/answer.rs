use crate::Outcome;
use serde::{Deserialize, Serialize};

/// What a judge said of two generations, in the order in which it saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// One of the four outcomes of a vote.
    Outcome(Outcome),
    /// A tie of no kind, such as a bare `[[A=B]]`: right for either kind.
    AnyTie,
    /// No answer that counts as one: always wrong, never a vote.
    Unparsed(Unparsed),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unparsed {
    /// The text holds no verdict.
    NoVerdict,
    /// The text holds a verdict in a word that is none.
    UnknownVerdict,
    /// No answer came in time.
    TimedOut,
    /// The service answered with an error.
    HttpError,
    /// A score or a probability was no finite number.
    NonFinite,
    /// Anything else that went wrong.
    Failed,
}

/// In which order a judge saw the two generations of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As the question has them.
    Given,
    /// The other way round.
    Swapped,
}

/// What a judge says of a question in the end, in the question's order, out of one or both orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalAnswer {
    /// The left generation is better.
    Left,
    /// The right generation is better.
    Right,
    /// Both are equally good.
    Tie,
    /// Neither is good enough.
    BothBad,
    /// A tie of no kind.
    AnyTie,
    /// No answer could be read in an order that was judged.
    Unparsed,
    /// The two orders gave different answers.
    Abstained,
}

impl Unparsed {
    /// All reasons, in the order in which they are counted.
    pub const ALL: [Self; 6] =
        [Self::NoVerdict, Self::UnknownVerdict, Self::TimedOut, Self::HttpError, Self::NonFinite, Self::Failed];
}

impl Answer {
    /// The same answer had the two sides been shown the other way round.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Outcome(outcome) => Self::Outcome(outcome.swapped()),
            same => same,
        }
    }

    /// The answer in the question's order, as a final answer of one order alone.
    pub fn seen_in(self, order: Order) -> FinalAnswer {
        let in_question = if order == Order::Swapped { self.swapped() } else { self };
        match in_question {
            Self::Outcome(outcome) => FinalAnswer::from(outcome),
            Self::AnyTie => FinalAnswer::AnyTie,
            Self::Unparsed(_) => FinalAnswer::Unparsed,
        }
    }
}

impl From<Outcome> for FinalAnswer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Left => Self::Left,
            Outcome::Right => Self::Right,
            Outcome::Tie => Self::Tie,
            Outcome::BothBad => Self::BothBad,
        }
    }
}

impl FinalAnswer {
    /// All seven, in the order of the columns of a [`Confusion`](super::Confusion).
    pub const ALL: [Self; 7] =
        [Self::Left, Self::Right, Self::Tie, Self::BothBad, Self::AnyTie, Self::Unparsed, Self::Abstained];

    /// Out of the answers in both orders, each already in the question's order.
    ///
    /// Where either could not be read, neither can the pair: half a procedure is no verdict. A tie of no kind agrees with a
    /// tie of either kind and takes its kind. All else that differs is an abstention, also the two kinds of tie.
    pub fn of_both(given: Self, swapped: Self) -> Self {
        match (given, swapped) {
            (Self::Unparsed, _) | (_, Self::Unparsed) => Self::Unparsed,
            (one, other) if one == other => one,
            (Self::AnyTie, kind @ (Self::Tie | Self::BothBad)) | (kind @ (Self::Tie | Self::BothBad), Self::AnyTie) => {
                kind
            }
            _ => Self::Abstained,
        }
    }

    /// Whether it is an answer at all.
    pub fn is_answer(self) -> bool {
        !matches!(self, Self::Unparsed | Self::Abstained)
    }

    /// Whether it names a better side.
    pub fn is_decisive(self) -> bool {
        matches!(self, Self::Left | Self::Right)
    }

    /// Whether a vote says the same; a tie of no kind says the same as either kind.
    pub fn matches(self, vote: Outcome) -> bool {
        self == Self::from(vote) || (self == Self::AnyTie && matches!(vote, Outcome::Tie | Outcome::BothBad))
    }

    /// 1 for left, 0 for right, ½ for any tie; `None` where there is no answer.
    pub fn left_score(self) -> Option<f64> {
        match self {
            Self::Left => Some(1.0),
            Self::Right => Some(0.0),
            Self::Tie | Self::BothBad | Self::AnyTie => Some(0.5),
            Self::Unparsed | Self::Abstained => None,
        }
    }
}
