//! One binary for all integration tests.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod behaviour;
mod golden_genai_bench;
mod golden_llmfao;
mod peers;
mod properties;
mod resampling;
mod shared;
