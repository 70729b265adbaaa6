//! Crowds of more than one mind: kinds of voters, single voters, and boards that respect them.
//!
//! Everything here reads one [`PairCounts`](crate::PairCounts) per voter. Votes reduce to those, and who cast them is all
//! that a board of everyone forgets.

mod crowd;
mod held_out;
mod mixture;
mod own;
mod random;

pub use held_out::HeldOut;
pub use mixture::{
    MixtureCandidate, MixtureOptions, MixtureSelection, SelectionOptions, VoterGroup, VoterMixture, select_mixture,
    voter_mixture,
};
