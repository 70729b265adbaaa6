use serde::{Deserialize, Serialize};

use crate::{AgreementError, Figure, Options, Panel};

/// Two questions with the same two generations, left and right, of which the second has a similar prompt in place of the
/// first's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContrastPair {
    /// The question with the prompt that the generations were made for.
    pub question: u32,
    /// The question with the other prompt.
    pub contrast: u32,
}

/// Whether a judge notices that the prompt was exchanged.
///
/// People's answer to a question is its strict majority, in three outcomes (left, right, tie of either kind).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ContrastConsistency {
    /// Pairs given.
    pub pairs: u64,
    /// Of those, left out because a question of them has no strict majority.
    pub without_majority: u64,
    /// Of the others, left out because the judge did not judge both questions.
    pub not_judged: u64,
    /// Of the others, with a question that the judge did not answer: they count as neither changed nor stayed, so as wrong.
    pub unanswered: u64,
    /// Where people's answer changes with the prompt, the share in which the judge's changes too.
    pub changes: Figure,
    /// Where people's answer stays, the share in which the judge's stays.
    pub stays: Figure,
    /// Where people's answer changes, the share in which the judge gives people's answer to both questions.
    pub changes_rightly: Figure,
    /// Of all, the share in which the judge changes or stays as people do.
    pub consistency: Figure,
}

impl Panel {
    /// Whether a judge changes its answer when people do because the prompt was exchanged for a similar one, and keeps it
    /// when they keep theirs. Intervals draw pairs.
    ///
    /// Source: the idea of contrast instructions, lexically similar instructions with different best responses, on which
    /// reward models fall to chance: L. Shen et al., *The Trickle-down Impact of Reward (In-)consistency on RLHF* (2023);
    /// here with votes as the truth, in the definitions of [`ContrastConsistency`].
    ///
    /// # Errors
    /// An unknown judge or question; options out of range.
    pub fn contrast(
        &self,
        judge: u32,
        pairs: &[ContrastPair],
        options: &Options,
    ) -> Result<ContrastConsistency, AgreementError> {
        options.check()?;
        todo!("{judge} {pairs:?}")
    }
}
