//! What the command line can do, one file each.

pub mod generate;
pub mod import;
pub mod rank;
pub mod serve;
