//! Judges from the outside: a battle in, a verdict out; votes in, a reward head out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![allow(clippy::print_stdout, reason = "measured figures belong beside the bounds")]

mod folds;
mod head;
mod judge;
mod support;
mod training;
