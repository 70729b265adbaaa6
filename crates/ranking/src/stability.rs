//! How much of a board hangs on few votes or one voter.

mod fragility;
mod voters;

pub use fragility::{Fragility, Removal, fragility};
pub use voters::{VoterInfluence, leave_one_voter_out};
