//! What the command line can do, one file each.

pub mod agree;
pub mod committee;
pub mod compare;
pub mod consensus;
pub mod export;
pub mod fragility;
pub mod generate;
pub mod groups;
pub mod import;
pub mod judge;
pub mod rank;
pub mod serve;
pub mod token;
pub mod votes;
