//! Crowds of more than one mind: kinds of voters, single voters, and boards that respect them.
//!
//! Everything here reads one [`PairCounts`](crate::PairCounts) per voter. Votes reduce to those, and who cast them is all
//! that a board of everyone forgets.

mod coherence;
mod comparison;
mod crowd;
mod factors;
mod groups;
mod held_out;
mod ideal_points;
mod inconsistency;
mod latent;
mod max_min;
mod mixture;
mod own;
mod personal;
mod random;

pub use coherence::{AgainstChance, Coherence, CoherenceOptions, utility_coherence};
pub use comparison::{PersonalComparison, compare_personal};
pub use factors::FactorOptions;
pub use groups::group_boards;
pub use held_out::HeldOut;
pub use ideal_points::{IdealPoints, ideal_points};
pub use inconsistency::{GroupInconsistency, Inconsistency, InconsistencyOptions, Margins, group_inconsistency};
pub use latent::{LatentTastes, LatentVoter, latent_tastes};
pub use max_min::{LeastServed, MaxMinBoard, max_min_board};
pub use mixture::{
    MixtureCandidate, MixtureOptions, MixtureSelection, SelectionOptions, VoterGroup, VoterMixture, select_mixture,
    voter_mixture,
};
pub use personal::{PersonalBoard, PersonalBoards, PersonalOptions, personal_boards};
