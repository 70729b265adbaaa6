//! What page and worker say to each other, as JSON. Both come from one build, and the worker's address has its hash in
//! it, so the messages carry no version.

use plaudit_domain::{CycleReport, DayCounts, FitScore, MethodBoard, RankingMethod};
use serde::{Deserialize, Serialize};

use crate::log::LogCounts;

/// From the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// These are the votes from now on. Not answered.
    Counts {
        /// How many contestants there are, with or without battles.
        contestants: u32,
        /// Oldest first.
        days: Vec<DayCounts>,
    },
    /// Answered by [`Answer::Board`].
    Board {
        /// Comes back with the answer, so that the page knows an answer that came too late.
        id: u32,
        /// How.
        method: RankingMethod,
        /// Only votes up to this day; all without it.
        until: Option<i32>,
        /// Resamples for rank intervals; none with 0, and none for methods without ratings.
        resamples: u32,
    },
    /// Answered by [`Answer::Fragility`].
    Fragility {
        /// As above.
        id: u32,
        /// As above.
        until: Option<i32>,
    },
    /// Answered by [`Answer::Cycles`].
    Cycles {
        /// As above.
        id: u32,
        /// As above.
        until: Option<i32>,
    },
    /// Answered by [`Answer::Fit`].
    Fit {
        /// As above.
        id: u32,
        /// As above.
        until: Option<i32>,
    },
}

/// What a log is read for. The page sends it as JSON in an object `{ begin, source }`, where `source` is a file or an address:
/// the worker reads that piece by piece, unpacks gzip, and answers with [`Answer::Reading`] and then [`Answer::Log`]. The votes
/// read are then those of [`Request::Board`] and its like. Another one ends the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLog {
    /// Comes back with the answers.
    pub id: u32,
    /// Only votes of this arena count.
    pub arena: String,
    /// Slugs of the contestants of the published board, by position: they keep these.
    pub contestants: Vec<String>,
}

/// To the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// A board.
    Board {
        /// As asked.
        id: u32,
        /// The board.
        board: MethodBoard,
    },
    /// For neighbours of the Bradley-Terry board, the fewest votes whose removal swaps them, by the upper one's position;
    /// `None` where none was found.
    Fragility {
        /// As asked.
        id: u32,
        /// Position and votes.
        votes: Vec<(u32, Option<u64>)>,
    },
    /// The majorities' circles.
    Cycles {
        /// As asked.
        id: u32,
        /// The circles.
        report: CycleReport,
    },
    /// How well each model of preference fits votes it has not seen, the best first.
    Fit {
        /// As asked.
        id: u32,
        /// One entry for each method, and one for the baseline.
        scores: Vec<FitScore>,
    },
    /// A log is being read.
    Reading {
        /// As asked.
        id: u32,
        /// Bytes so far, unpacked.
        bytes: u64,
    },
    /// A log was read to its end.
    Log {
        /// As asked.
        id: u32,
        /// What its votes come to.
        log: LogCounts,
    },
    /// It cannot be computed.
    Failed {
        /// As asked; `None` when the request could not be read.
        id: Option<u32>,
        /// Why, for people.
        message: String,
    },
}
