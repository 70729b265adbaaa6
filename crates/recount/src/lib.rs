//! Boards computed in a visitor's browser: from the public counts of the votes, with the same code as on the server.
//!
//! A page sends a web worker the counts once, day by day, and then asks for boards ([`protocol`]). The worker is this
//! crate with the feature `worker`. It also counts the votes of a downloaded log ([`log`]), so that a whole board can be computed
//! from what its site gave away, and compared with the published one ([`compare`]).
//!
//! *Architecture invariant.* No board is computed here: every number of one is `plaudit-ranking`'s.

pub mod compare;
pub mod log;
pub mod protocol;
#[cfg(feature = "worker")]
mod worker;
#[cfg(feature = "worker")]
pub use worker::{answer, begin_log, end_log, push_log};
