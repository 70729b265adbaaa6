//! Automated judges of battles that run on this machine, native and in the browser.
//!
//! [`judge`] takes a [`JudgeKind`], the [`Models`] that are loaded and a [`Battle`], and gives a [`Verdict`] in both orders:
//! an answer, a score of each side, and the probability that the left one is better. [`reward`] learns a judge from votes.
//!
//! *Architecture invariant.* This crate reads no clock, no file and no network; its randomness comes from seeds given in. What
//! a verdict took in milliseconds is its caller's to measure.

mod baseline;
mod judge;
mod kind;
mod question;
pub mod reward;
mod vectors;
mod verdict;

pub use judge::{Battle, JudgeError, Models, judge, judge_blocking};
pub use kind::{JudgeKind, JudgeKindError, LanguageModel, Needs};
pub use vectors::Vectors;
pub use verdict::{Cost, Preference, Reading, Verdict};
