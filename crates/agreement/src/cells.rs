//! Questions that look alike, counted: all that a report needs of the questions but scores and probabilities.

use std::collections::HashMap;

use crate::{
    Absence, FinalAnswer,
    estimate::Measure,
    panel::{Judged, Question},
    table::{MEASURES, Table, measures},
};

/// Questions with the same votes of which the judge's verdicts count the same.
pub(crate) struct Cell {
    votes: [u32; 4],
    majority: Option<usize>,
    column: usize,
    verdicts: f64,
    read: f64,
    /// Verdicts for what stood on the right, of those for either side.
    right: f64,
    decisive: f64,
    /// Whether both orders were read, and said the same.
    both_read: f64,
    same: f64,
}

/// The place of the final answer, then verdicts, those read, for the right, for either side, and whether both were read.
type Counted = [u8; 6];

/// All cells of one judge, in an order that does not depend on that of the questions, and how many questions are in each.
pub(crate) fn cells(questions: &[Question], judged: &[Judged]) -> (Vec<Cell>, Vec<u64>) {
    let mut counts: HashMap<(u128, u64), u64> = HashMap::new();
    for found in judged {
        let [place, verdicts, read, right, decisive, both_read] = counted(found);
        let code = u64::from_le_bytes([place, verdicts, read, right, decisive, both_read, 0, 0]);
        *counts.entry((packed(&questions[found.question as usize].votes), code)).or_default() += 1;
    }
    let mut counts: Vec<((u128, u64), u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    let cell = |((votes, code), count): ((u128, u64), u64)| {
        let [place, verdicts, read, right, decisive, both_read, ..] = code.to_le_bytes();
        (Cell::new(unpacked(votes), [place, verdicts, read, right, decisive, both_read]), count)
    };
    counts.into_iter().map(cell).unzip()
}

fn counted(found: &Judged) -> Counted {
    let [given, swapped] = found.orders;
    let number = |condition: bool| u8::from(condition);
    let read = |answer: Option<FinalAnswer>| number(answer.is_some_and(|answer| answer != FinalAnswer::Unparsed));
    let decisive = |answer: Option<FinalAnswer>| number(answer.is_some_and(FinalAnswer::is_decisive));
    [
        column(found.answer) as u8,
        number(given.is_some()) + number(swapped.is_some()),
        read(given) + read(swapped),
        // Swapped, what stands on the right is the question's left.
        number(given == Some(FinalAnswer::Right)) + number(swapped == Some(FinalAnswer::Left)),
        decisive(given) + decisive(swapped),
        read(given) & read(swapped),
    ]
}

/// The votes of questions that look alike, likewise; questions without votes are left out.
pub(crate) fn vote_cells<'a>(questions: impl Iterator<Item = &'a Question>) -> (Vec<[u32; 4]>, Vec<u64>) {
    let mut counts: HashMap<u128, u64> = HashMap::new();
    for question in questions.filter(|question| question.votes != [0; 4]) {
        *counts.entry(packed(&question.votes)).or_default() += 1;
    }
    let mut counts: Vec<(u128, u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    counts.into_iter().map(|(votes, count)| (unpacked(votes), count)).unzip()
}

fn packed(votes: &[u32; 4]) -> u128 {
    votes.iter().fold(0, |packed, &count| packed << 32 | u128::from(count))
}

fn unpacked(packed: u128) -> [u32; 4] {
    std::array::from_fn(|at| (packed >> (96 - 32 * at)) as u32)
}

/// The place of an answer in [`FinalAnswer::ALL`].
pub(crate) fn column(answer: FinalAnswer) -> usize {
    match answer {
        FinalAnswer::Left => 0,
        FinalAnswer::Right => 1,
        FinalAnswer::Tie => 2,
        FinalAnswer::BothBad => 3,
        FinalAnswer::AnyTie => 4,
        FinalAnswer::Unparsed => 5,
        FinalAnswer::Abstained => 6,
    }
}

/// The place of the outcome that has more votes than any other, and by how many it leads the second.
pub(crate) fn strict_majority(votes: &[u32; 4]) -> Option<(usize, u32)> {
    let first = (0..4).max_by_key(|&at| votes[at])?;
    let second = (0..4).filter(|&at| at != first).map(|at| votes[at]).max()?;
    (votes[first] > second).then(|| (first, votes[first] - second))
}

impl Cell {
    fn new(votes: [u32; 4], [place, verdicts, read, right, decisive, both_read]: Counted) -> Self {
        let column = usize::from(place);
        Self {
            votes,
            majority: strict_majority(&votes).map(|(outcome, _)| outcome),
            column,
            verdicts: f64::from(verdicts),
            read: f64::from(read),
            right: f64::from(right),
            decisive: f64::from(decisive),
            both_read: f64::from(both_read),
            same: if FinalAnswer::ALL[column].is_answer() { f64::from(both_read) } else { 0.0 },
        }
    }
}

/// Sums over questions, each cell as often as it is drawn.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) votes: Table,
    pub(crate) majority: Table,
    questions: f64,
    abstained: f64,
    verdicts: f64,
    read: f64,
    right: f64,
    decisive: f64,
    both_read: f64,
    same: f64,
}

/// As many as [`Totals::measures`] gives.
pub(crate) const ALL_MEASURES: usize = 2 * MEASURES + 4;

impl Totals {
    pub(crate) fn of(cells: &[Cell], drawn: &[f64]) -> Self {
        let mut totals = Self::default();
        for (cell, &times) in cells.iter().zip(drawn) {
            if times == 0.0 {
                continue;
            }
            for (row, &count) in totals.votes.iter_mut().zip(&cell.votes) {
                row[cell.column] += times * f64::from(count);
            }
            if let Some(outcome) = cell.majority {
                totals.majority[outcome][cell.column] += times;
            }
            totals.questions += times;
            totals.abstained += if cell.column == 6 { times } else { 0.0 };
            totals.verdicts += times * cell.verdicts;
            totals.read += times * cell.read;
            totals.right += times * cell.right;
            totals.decisive += times * cell.decisive;
            totals.both_read += times * cell.both_read;
            totals.same += times * cell.same;
        }
        totals
    }

    /// Against votes, against majorities, then parse rate, share of right, swap consistency, abstention rate.
    pub(crate) fn measures(&self) -> [Measure; ALL_MEASURES] {
        let votes = measures(&self.votes, Absence::NoVotes);
        let majority = measures(&self.majority, Absence::NoMajority);
        let read = if self.verdicts > 0.0 { Absence::NothingDecisive } else { Absence::NoVerdicts };
        let both = if self.verdicts > 0.0 { Absence::OneOrder } else { Absence::NoVerdicts };
        let rest = [
            Measure::share(self.read, self.verdicts, Absence::NoVerdicts),
            Measure::share(self.right, self.decisive, read),
            Measure::share(self.same, self.both_read, both),
            Measure::share(self.abstained, self.questions, Absence::NoVerdicts),
        ];
        let mut all = [rest[0]; ALL_MEASURES];
        all[..MEASURES].copy_from_slice(&votes);
        all[MEASURES..2 * MEASURES].copy_from_slice(&majority);
        all[2 * MEASURES..].copy_from_slice(&rest);
        all
    }
}
