use plaudit_domain::Outcome;
use serde::{Deserialize, Serialize};

use crate::{AgreementError, Figure, Options, Panel};

/// A judge that does not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// Says left whatever it sees.
    AlwaysLeft,
    /// Says right whatever it sees.
    AlwaysRight,
    /// Says each of the four outcomes with a chance of ¼: expected values, not one draw.
    Random,
    /// Says the outcome that people say most often; of equally frequent ones the first in the order of [`Outcome::ALL`].
    MajorityOutcome(Outcome),
}

/// How far a judge that does not look agrees with people; fields as in [`Agreement`](crate::Agreement).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Which one.
    pub kind: BaselineKind,
    /// Of four outcomes.
    pub accuracy_four: Figure,
    /// Of three outcomes.
    pub accuracy_three: Figure,
    /// Of decisive votes.
    pub accuracy_decisive: Figure,
    /// Where both are decisive.
    pub accuracy_both_decisive: Figure,
}

impl Panel {
    /// The baselines on all questions with votes, or on those that one judge judged; none without votes.
    ///
    /// # Errors
    /// An unknown judge; options out of range.
    pub fn baselines(&self, judge: Option<u32>, options: &Options) -> Result<Vec<Baseline>, AgreementError> {
        options.check()?;
        todo!("{judge:?}")
    }
}
