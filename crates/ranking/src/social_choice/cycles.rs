use std::f64::consts::FRAC_1_SQRT_2;

use plaudit_domain::{Cycle, CycleReport};

use super::Tournament;
use crate::PairCounts;

/// More than these nobody reads.
const MOST_CYCLES: usize = 20;

/// Triples of contestants that beat each other in a circle, by majority; the surest ones by name.
///
/// A triple counts where every two met. The confidence of a circle is the chance that all three majorities are real: each is
/// Φ(z) with z = (share − ½)·√n / s, n the votes of the pair and s the standard deviation of one vote's score (1 for a win,
/// ½ for a tie, 0 for a loss), with one win, one loss added so that no majority of a few votes is certain; and the three
/// are independent, as they are of different votes. Takes O(contestants³).
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, cycle_report};
///
/// // Rock, paper, scissors.
/// let mut counts = PairCounts::new(3);
/// for (winner, loser) in [(0, 1), (1, 2), (2, 0)] {
///     counts.add(winner, loser, Outcome::Left, 80)?;
///     counts.add(winner, loser, Outcome::Right, 20)?;
/// }
/// let report = cycle_report(&counts);
/// assert_eq!((report.triples, report.cyclic, report.cycles[0].contestants), (1, 1, [0, 1, 2]));
/// assert!(report.cycles[0].confidence > 0.999);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn cycle_report(counts: &PairCounts) -> CycleReport {
    let tournament = Tournament::new(counts);
    let size = tournament.size();
    let mut report = CycleReport { triples: 0, cyclic: 0, cycles: Vec::new() };
    let beats = |row: usize, column: usize| tournament.share(row, column) > 0.5;
    let met = |row: usize, column: usize| tournament.met(row, column) > 0.0;
    let draws = |row: u32, column: u32| {
        let pair = counts.pairs().find(|pair| (pair.first, pair.second) == (row.min(column), row.max(column)));
        pair.map_or(0.0, |pair| pair.draws() as f64)
    };
    let mut found = Vec::new();
    for first in 0..size {
        for second in first + 1..size {
            if !met(first, second) {
                continue;
            }
            for third in second + 1..size {
                if !met(first, third) || !met(second, third) {
                    continue;
                }
                report.triples += 1;
                let forwards = beats(first, second) && beats(second, third) && beats(third, first);
                let backwards = beats(second, first) && beats(third, second) && beats(first, third);
                if forwards || backwards {
                    report.cyclic += 1;
                    let circle = if forwards { [first, second, third] } else { [first, third, second] };
                    // A bound that needs no look at the draws sorts out most of them.
                    let weakest = (0..3).map(|at| bound(&tournament, circle[at], circle[(at + 1) % 3]));
                    found.push((weakest.fold(f64::INFINITY, f64::min), circle));
                }
            }
        }
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    found.truncate(MOST_CYCLES * 5);
    report.cycles = found
        .into_iter()
        .map(|(_, circle)| {
            let contestants = circle.map(|place| tournament.index(place));
            let confidence = (0..3).map(|at| {
                let (row, column) = (circle[at], circle[(at + 1) % 3]);
                let draws = draws(contestants[at], contestants[(at + 1) % 3]);
                let wins = tournament.votes(row, column) - draws / 2.0 + 1.0;
                let losses = tournament.votes(column, row) - draws / 2.0 + 1.0;
                normal((wins - losses) / (wins + losses - (wins - losses).powi(2) / (wins + losses + draws)).sqrt())
            });
            Cycle { contestants, confidence: confidence.product() }
        })
        .collect();
    let by_confidence = |one: &Cycle, other: &Cycle| {
        other.confidence.total_cmp(&one.confidence).then(one.contestants.cmp(&other.contestants))
    };
    report.cycles.sort_by(by_confidence);
    report.cycles.truncate(MOST_CYCLES);
    report
}

/// How sure a majority is, up to what ties add to it.
fn bound(tournament: &Tournament, row: usize, column: usize) -> f64 {
    (tournament.share(row, column) - 0.5) * tournament.met(row, column).sqrt()
}

fn normal(z: f64) -> f64 {
    libm::erfc(-z * FRAC_1_SQRT_2) / 2.0
}
