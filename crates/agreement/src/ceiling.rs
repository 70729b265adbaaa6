use serde::{Deserialize, Serialize};

use crate::{AgreementError, Figure, Options, Panel};

/// How far people agree with each other: what no judge can be expected to pass by much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HumanCeiling {
    /// Questions with several votes.
    pub questions: u64,
    /// Votes on them.
    pub votes: u64,
    /// Pairs of votes on the same question that say the same of four outcomes, as a share of all such pairs; counts pairs.
    pub raw_agreement: Figure,
    /// The same of three outcomes, both kinds of tie being one.
    pub raw_agreement_three: Figure,
    /// Krippendorff's α, nominal, of four outcomes; counts votes that can be paired.
    pub alpha_nominal: Figure,
    /// Krippendorff's α, nominal, of three outcomes.
    pub alpha_nominal_three: Figure,
    /// Krippendorff's α, ordinal: left, tie of either kind, right.
    pub alpha_ordinal: Figure,
    /// Each vote against the strict majority of the other votes on its question, of four outcomes; votes whose others have
    /// none are left out.
    pub leave_one_out_four: Figure,
    /// The same, both kinds of tie being one in the comparison.
    pub leave_one_out_three: Figure,
    /// The same for decisive votes alone; a majority for a tie is wrong.
    pub leave_one_out_decisive: Figure,
}

impl Panel {
    /// How far people agree with each other, over all questions, or over those that one judge judged.
    ///
    /// # Errors
    /// An unknown judge; options out of range.
    pub fn ceiling(&self, judge: Option<u32>, options: &Options) -> Result<HumanCeiling, AgreementError> {
        options.check()?;
        todo!("{judge:?}")
    }
}
