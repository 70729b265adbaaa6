//! Everything that is tested from outside of the crate, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]
#![allow(unreachable_pub, reason = "modules of one test binary share their helpers")]

mod agree;
mod api;
mod contract;
mod data;
mod drawing;
mod export;
mod generate;
mod http;
mod import;
mod judging;
mod live;
mod models;
mod pictures;
mod postgres;
mod rank;
mod support;
mod tokens;
