//! How far automated judges agree with people, with intervals, beside baselines and the human ceiling.
//!
//! A [`Panel`] takes questions, people's votes and judges' verdicts, and refuses what is wrong with a typed error.
//! [`Panel::report`] then says of one judge how often it is right and against which of the usual measures,
//! [`Panel::baselines`] what judges reach that do not look, and [`Panel::ceiling`] how far people agree with each other.
//! [`Panel::versions`] compares two versions of a judge, [`Panel::contrast`] asks whether it notices another prompt, and
//! [`parse_verdict`] reads a verdict out of a judge's text by the rules of GenAI-Bench.
//!
//! *Architecture invariants.* No I/O, no async, no clock, no threads, no randomness but from a seed given in; compiles to
//! `wasm32-unknown-unknown`. No result holds a NaN or an infinity: a figure that does not exist is
//! [`Figure::Absent`] with the reason.

mod baselines;
mod boards;
mod calibration;
mod ceiling;
mod cells;
mod contrast;
mod error;
mod estimate;
mod options;
mod panel;
mod parse;
mod proportion;
mod report;
mod resample;
mod scores;
mod table;
mod verdict;
mod versions;

pub use contrast::{ContrastConsistency, ContrastPair};
pub use error::AgreementError;
pub use options::Options;
pub use panel::{Added, Panel};
pub use parse::parse_verdict;
// What is reported is part of the vocabulary, so that pages can draw it without the statistics.
pub use plaudit_domain::agreement::{
    Absence, Agreement, Answer, Baseline, BaselineKind, BoardAgreement, Calibration, CalibrationBin, Confusion,
    Correlations, Coverage, DayAgreement, Disagreement, Estimate, Figure, FinalAnswer, HumanCeiling, JudgeReport,
    Order, Position, Unparsed, UnparsedCount, VersionConsistency,
};
pub use plaudit_ranking::{GroupInconsistency, Inconsistency, InconsistencyOptions, Margins};
pub use verdict::{Certainty, Verdict};
