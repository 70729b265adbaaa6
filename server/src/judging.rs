//! Judges: automated voters on the battles that people have voted on.
//!
//! A [`PairJudge`] is asked about two generations in one order and answers; [`run`] asks it about every pair in both
//! orders, stores what it says, and goes on where it stopped. Which order it was, what it cost and why there is no answer
//! are part of every judgment. The names of contestants never reach a judge.

pub mod background;
pub mod chat;
pub mod contrast;
pub mod job;
pub mod local;
pub mod panel;
pub mod pictures;
pub mod remote;
pub mod spec;
mod splits;

use plaudit_agreement::{Answer, Unparsed};
use plaudit_domain::{BattleId, MediaId};

use crate::store::{JudgeFailure, JudgeRow, JudgmentCost, Shown};

/// What a judge is asked, in the order in which it is to see the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairQuestion<'a> {
    /// The same for the same two generations in either order.
    pub pair: BattleId,
    /// The same for the same generations in the same order, for judges that draw lots.
    pub seed: u64,
    /// The prompt.
    pub prompt: &'a str,
    /// Shown first.
    pub left: &'a str,
    /// Shown second.
    pub right: &'a str,
    /// The two pictures, where these are what is judged; the texts then say what is to be seen, or nothing.
    pub pictures: Option<[MediaId; 2]>,
}

/// What a judge can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Texts.
    Texts,
    /// Pictures that are so many pixels wide and high, or of any size.
    Pictures(Option<u32>),
    /// Whatever there is: it does not look.
    Anything,
}

impl Reads {
    /// Whether it can judge two of these. Nobody here looks at clips or hears sounds.
    pub fn can_read(self, shown: Shown) -> bool {
        match (self, shown) {
            (Self::Anything, _) | (Self::Texts, Shown::Texts) | (Self::Pictures(None), Shown::Pictures(_)) => true,
            (Self::Pictures(Some(side)), Shown::Pictures(pixels)) => side == pixels,
            (Self::Texts | Self::Pictures(_), _) => false,
        }
    }
}

/// What a judge answers.
#[derive(Debug, Clone, PartialEq)]
pub struct PairAnswer {
    /// The answer, in the order shown.
    pub answer: Answer,
    /// Scores of both, in the judge's own unit.
    pub scores: Option<(f64, f64)>,
    /// The probability that the left one is better.
    pub left_probability: Option<f64>,
    /// How sure it is of its answer.
    pub confidence: Option<f64>,
    /// What it says for itself, or the text that could not be read.
    pub rationale: Option<String>,
    /// Why there is no answer.
    pub failure: Option<JudgeFailure>,
    /// What it has cost.
    pub cost: JudgmentCost,
}

impl PairAnswer {
    /// An answer without more.
    pub fn plain(answer: Answer) -> Self {
        Self {
            answer,
            scores: None,
            left_probability: None,
            confidence: None,
            rationale: None,
            failure: None,
            cost: JudgmentCost::default(),
        }
    }

    /// No answer, and why.
    pub fn failed(kind: Unparsed, reason: String, cost: JudgmentCost) -> Self {
        let failure = Some(JudgeFailure { kind, reason });
        Self { failure, cost, ..Self::plain(Answer::Unparsed(kind)) }
    }
}

/// Why judging has to end, for all pairs that are left.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    /// The host's limit on spending is reached.
    #[error("the limit of ${limit:.2} is reached (${spent:.4} spent); run it again with a higher --max-usd to go on")]
    Spent {
        /// The limit in US dollars.
        limit: f64,
        /// What was spent.
        spent: f64,
    },
    /// The service refuses this key or model: every further question would fail alike.
    #[error("{host} refuses to answer: {reason}")]
    Refused {
        /// The service.
        host: String,
        /// What it says.
        reason: String,
    },
    /// The judge's model cannot be used.
    #[error("the judge {judge} cannot be used: {reason}")]
    Unusable {
        /// Which.
        judge: String,
        /// Why.
        reason: String,
    },
}

/// A judge of pairs. Blocking: not for threads that answer requests.
pub trait PairJudge: Send + Sync {
    /// Who it is.
    fn row(&self) -> &JudgeRow;

    /// What it can look at.
    fn reads(&self) -> Reads {
        Reads::Texts
    }

    /// How many questions it can work on at the same time.
    fn parallel(&self) -> usize {
        1
    }

    /// Its answer. That it has none is an answer too; an error ends the whole job.
    ///
    /// # Errors
    /// [`JudgingError`].
    fn judge(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError>;
}
