//! Boards computed in a visitor's browser: from the public counts of the votes, with the same code as on the server.
//!
//! A page sends a web worker the counts once, day by day, and then asks for boards ([`protocol`]). The worker is this
//! crate with the feature `worker`; without it the crate is the protocol alone.
//!
//! *Architecture invariant.* Nothing is computed here: every number is `plaudit-ranking`'s.

pub mod protocol;
#[cfg(feature = "worker")]
mod worker;
#[cfg(feature = "worker")]
pub use worker::answer;
