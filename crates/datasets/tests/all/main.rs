//! All tests of the crate against files, in one binary.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly, in their helpers too")]

mod ballots;
mod battle_log;
mod bundle;
mod dataset;
mod discovery;
mod export;
mod faults;
mod foreign;
mod golden;
mod llmfao;
mod pairwise;
mod parquet_votes;
mod pictures;
mod properties;
mod support;
mod tables;
