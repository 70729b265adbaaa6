use serde::{Deserialize, Serialize};

use crate::{AgreementError, Figure, Options, Panel};

/// How far two versions of a judge say the same of the same questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionConsistency {
    /// One version.
    pub first: u32,
    /// The other.
    pub second: u32,
    /// Questions that both judged, with or without votes.
    pub questions: u64,
    /// Of those, how many both answered.
    pub answered: u64,
    /// Of those that both answered, the share with the same answer; a tie of no kind is the same as either kind.
    pub same_answers: Figure,
    /// Cohen's κ of three outcomes over those.
    pub kappa: Figure,
    /// Kendall's τ-b of the boards that their answers to those make; counts contestants.
    pub board_kendall: Figure,
    /// Spearman's ρ of the boards.
    pub board_spearman: Figure,
}

impl Panel {
    /// How consistent a judge is over two of its versions.
    ///
    /// Source: the consistency of rankings by successive reward models, Kendall's τ, is that of Z. Wang et al., *CREAM:
    /// Consistency Regularized Self-Rewarding Language Models* (2024); there over the answers to one prompt, here over the
    /// contestants of a board, beside the answers themselves.
    ///
    /// # Errors
    /// An unknown judge, or the same twice; options out of range; boards that cannot be fitted.
    pub fn versions(&self, first: u32, second: u32, options: &Options) -> Result<VersionConsistency, AgreementError> {
        options.check()?;
        todo!("{first} {second}")
    }
}
