//! The worker's side: holds the counts, and hands questions to the statistics.

use std::cell::RefCell;

use plaudit_domain::{DayCounts, Outcome};
use plaudit_ranking::{
    BoardOptions, PairCounts, RankingError, cycle_report, held_out, neighbour_fragility, rank_by_with,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{
    log::LogReader,
    protocol::{Answer, ReadLog, Request},
};

/// Of the cross-validation.
const FOLDS: u32 = 5;

/// How often it is told how far a log is read, in bytes.
const TOLD_BYTES: u64 = 8 << 20;

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
    static READING: RefCell<Option<Reading>> = const { RefCell::new(None) };
}

/// A log between two of its pieces.
struct Reading {
    id: u32,
    reader: LogReader,
    /// When to tell again how far it is.
    next: u64,
}

/// The votes that the page has sent.
#[derive(Default)]
struct Desk {
    contestants: u32,
    days: Vec<DayCounts>,
}

/// Answers one message; a message that wants no answer gives nothing. Called by `worker.js`.
#[wasm_bindgen]
pub fn answer(message: &str) -> Option<String> {
    let answer = match serde_json::from_str(message) {
        Ok(request) => DESK.with_borrow_mut(|desk| desk.answer(request))?,
        Err(error) => Answer::Failed { id: None, message: format!("The page asked for something unknown: {error}") },
    };
    written(&answer)
}

/// Begins to read a log; see [`ReadLog`]. Called by `worker.js`, as are the two that follow.
#[wasm_bindgen]
pub fn begin_log(message: &str) -> Option<String> {
    match serde_json::from_str::<ReadLog>(message) {
        Ok(ReadLog { id, arena, contestants }) => {
            let reader = LogReader::new(&arena, &contestants);
            READING.set(Some(Reading { id, reader, next: TOLD_BYTES }));
            None
        }
        Err(error) => {
            written(&Answer::Failed { id: None, message: format!("The page asked for something unknown: {error}") })
        }
    }
}

/// Takes the next piece of the log. What it gives is for the page; after a failure nothing more is taken.
#[wasm_bindgen]
pub fn push_log(piece: &[u8]) -> Option<String> {
    READING.with_borrow_mut(|slot| {
        let reading = slot.as_mut()?;
        let id = reading.id;
        if let Err(error) = reading.reader.push(piece) {
            *slot = None;
            return written(&Answer::Failed {
                id: Some(id),
                message: format!("This file cannot be counted: {error}."),
            });
        }
        let bytes = reading.reader.bytes();
        if bytes < reading.next {
            return None;
        }
        reading.next = bytes + TOLD_BYTES;
        written(&Answer::Reading { id, bytes })
    })
}

/// The end of the log: its counts, and its votes are those that boards are computed of from now on.
#[wasm_bindgen]
pub fn end_log() -> Option<String> {
    let Reading { id, reader, .. } = READING.take()?;
    match reader.finish() {
        Ok(log) => {
            let (contestants, pairs) = (log.contestants.len() as u32, log.pairs.clone());
            DESK.set(Desk { contestants, days: vec![DayCounts { day: 0, pairs }] });
            written(&Answer::Log { id, log })
        }
        Err(error) => {
            written(&Answer::Failed { id: Some(id), message: format!("This file cannot be counted: {error}.") })
        }
    }
}

/// Numbers and names alone: there is nothing in an answer that JSON cannot hold.
fn written(answer: &Answer) -> Option<String> {
    serde_json::to_string(answer).ok()
}

impl Desk {
    fn answer(&mut self, request: Request) -> Option<Answer> {
        match request {
            Request::Counts { contestants, days } => {
                *self = Self { contestants, days };
                None
            }
            Request::Board { id, method, until, resamples } => {
                let options = BoardOptions { resamples, ..BoardOptions::default() };
                let board = self.counts(until).and_then(|counts| rank_by_with(&counts, method, &options));
                Some(told(id, board, |board| Answer::Board { id, board }))
            }
            Request::Fragility { id, until } => {
                let votes = self.counts(until).and_then(|counts| neighbour_fragility(&counts));
                Some(told(id, votes, |votes| Answer::Fragility { id, votes }))
            }
            Request::Cycles { id, until } => {
                let report = self.counts(until).map(|counts| cycle_report(&counts));
                Some(told(id, report, |report| Answer::Cycles { id, report }))
            }
            Request::Fit { id, until } => {
                let scores = self.counts(until).and_then(|counts| held_out(&counts, FOLDS, 0));
                Some(told(id, scores, |scores| Answer::Fit { id, scores }))
            }
        }
    }

    fn counts(&self, until: Option<i32>) -> Result<PairCounts, RankingError> {
        let mut counts = PairCounts::new(self.contestants);
        let days = self.days.iter().filter(|day| until.is_none_or(|last| day.day <= last));
        for pair in days.flat_map(|day| &day.pairs) {
            for (outcome, count) in Outcome::ALL.into_iter().zip(pair.outcomes) {
                counts.add(pair.left, pair.right, outcome, count)?;
            }
        }
        Ok(counts)
    }
}

fn told<T>(id: u32, result: Result<T, RankingError>, answer: impl FnOnce(T) -> Answer) -> Answer {
    match result {
        Ok(value) => answer(value),
        Err(error) => {
            Answer::Failed { id: Some(id), message: format!("This cannot be computed from these votes: {error}.") }
        }
    }
}
