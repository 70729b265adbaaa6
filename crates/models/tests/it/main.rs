//! Models from the outside: files in, text out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![allow(clippy::print_stdout, reason = "measured differences belong beside the tolerance")]

mod faults;
mod llama;
mod minilm;
mod pictures;
mod pictures_shipped;
mod replay;
mod score;
mod smollm2;
mod support;
