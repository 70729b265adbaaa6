//! What is reported of automated judges: their answers, and how far these agree with people's.
//!
//! Computed by `plaudit-agreement`, drawn by the pages, which hold no statistics.

mod answer;
mod figure;
mod report;

pub use answer::{Answer, FinalAnswer, Order, Unparsed};
pub use figure::{Absence, Estimate, Figure};
pub use report::{
    Agreement, Baseline, BaselineKind, BoardAgreement, Calibration, CalibrationBin, Confusion, Correlations, Coverage,
    DayAgreement, Disagreement, HumanCeiling, JudgeReport, Position, UnparsedCount, VersionConsistency,
};
