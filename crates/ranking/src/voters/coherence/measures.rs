use nalgebra::DVector;

use crate::{
    RankingError,
    bradley_terry::{Problem, maximise},
    refit::Cells,
};

/// Utilities nearer than this are equal: of contestants of which nothing is known, only rounding tells one from another.
const EQUAL: f64 = 1e-9;

/// What the directions of the decided pairs show.
pub(super) struct Directions {
    pub(super) decided: u64,
    pub(super) triples: u64,
    /// Of the fit, of the fits to other pairs, and of triples without a cycle.
    pub(super) shares: [Option<f64>; 3],
}

pub(super) fn directions(
    problem: &Problem,
    cells: &Cells,
    fold_of: &[usize],
    folds: usize,
) -> Result<Directions, RankingError> {
    let decided = cells.iter().filter(|cell| cell[0] != cell[1]).count();
    let (triples, cycles) = triples(problem, cells);
    let (mut fit, mut held_out) = (0.0, 0.0);
    if decided > 0 {
        let utilities = maximise(&problem.with_cells(cells), None)?.strengths;
        fit = right(problem, cells, &utilities, |_| true);
        for fold in 0..folds.min(cells.len()) {
            let known = |(cell, of): (&[f64; 3], &usize)| if *of == fold { [0.0; 3] } else { *cell };
            let training: Cells = cells.iter().zip(fold_of).map(known).collect();
            let utilities = maximise(&problem.with_cells(&training), None)?.strengths;
            held_out += right(problem, cells, &utilities, |place| fold_of[place] == fold);
        }
    }
    let whole = decided as f64;
    let shares =
        [share(fit, whole), share(held_out, whole), share(triples.saturating_sub(cycles) as f64, triples as f64)];
    Ok(Directions { decided: decided as u64, triples, shares })
}

/// Completeness and decisiveness.
pub(super) fn consistency(cells: &Cells) -> [Option<f64>; 2] {
    let margin = |cell: &[f64; 3]| (cell[0] - cell[1]).abs() / cell.iter().sum::<f64>().max(1.0);
    let decided = cells.iter().filter(|cell| cell[0] != cell[1]).count();
    [share(decided as f64, cells.len() as f64), share(cells.iter().map(margin).sum(), cells.len() as f64)]
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// How many of the decided pairs among those chosen have the utilities' direction.
fn right(problem: &Problem, cells: &Cells, utilities: &DVector<f64>, chosen: impl Fn(usize) -> bool) -> f64 {
    let mut right = 0.0;
    for (place, (pair, cell)) in problem.pairs.iter().zip(cells).enumerate() {
        let (margin, lead) = (cell[0] - cell[1], utilities[pair.first] - utilities[pair.second]);
        if margin != 0.0 && chosen(place) {
            right += if lead.abs() <= EQUAL { 0.5 } else { f64::from(u8::from((lead > 0.0) == (margin > 0.0))) };
        }
    }
    right
}

/// How many triples are decided, and how many of them are cycles. Rows of bits: 64 third contestants at a time.
fn triples(problem: &Problem, cells: &Cells) -> (u64, u64) {
    let words = problem.size().div_ceil(64);
    let empty = vec![vec![0_u64; words]; problem.size()];
    let (mut beats, mut beaten) = (empty.clone(), empty);
    let mut won = Vec::new();
    for (pair, cell) in problem.pairs.iter().zip(cells) {
        let (winner, loser) = if cell[0] > cell[1] { (pair.first, pair.second) } else { (pair.second, pair.first) };
        if cell[0] != cell[1] {
            beats[winner][loser / 64] |= 1 << (loser % 64);
            beaten[loser][winner / 64] |= 1 << (winner % 64);
            won.push((winner, loser));
        }
    }
    let (mut triples, mut cycles) = (0, 0);
    for (winner, loser) in won {
        for word in 0..words {
            let third = |index: usize| beats[index][word] | beaten[index][word];
            triples += u64::from((third(winner) & third(loser)).count_ones());
            cycles += u64::from((beats[loser][word] & beaten[winner][word]).count_ones());
        }
    }
    // Each was seen from its three pairs.
    (triples / 3, cycles / 3)
}
