//! What the command line can do, one file each.

pub mod fragility;
pub mod generate;
pub mod import;
pub mod rank;
pub mod serve;
pub mod votes;
