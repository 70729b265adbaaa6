//! The worker's side: holds the counts, and hands questions to the statistics.

use std::cell::RefCell;

use plaudit_domain::{DayCounts, Outcome};
use plaudit_ranking::{
    BoardOptions, PairCounts, RankingError, cycle_report, held_out, neighbour_fragility, rank_by_with,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::protocol::{Answer, Request};

/// Of the cross-validation.
const FOLDS: u32 = 5;

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
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
    // Numbers and names alone: there is nothing in an answer that JSON cannot hold.
    serde_json::to_string(&answer).ok()
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
