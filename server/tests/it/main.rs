//! Everything that is tested from outside of the crate, in one binary.

mod contract;
mod http;
mod import;
mod postgres;
mod rank;
mod support;
