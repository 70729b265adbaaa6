//! What a Bradley-Terry gradient is made of: scores minus the scores that the strengths lead one to expect.

use std::ops::Range;

use nalgebra::DVector;

use crate::{bradley_terry::Pair, symmetric::sum};

/// Beyond it odds and their sums would leave the range of a double.
pub(crate) const FAR: f64 = 300.0;

/// How often each pair met, laid out so that the gradient comes row by row instead of pair by pair.
///
/// With the odds πᵢ = exp θᵢ the chance is πᵢ / (πᵢ + πⱼ): one division a pair, and an exponential per contestant alone.
#[derive(Debug, Clone)]
pub(crate) struct Meetings {
    runs: Vec<Run>,
    /// In the order of the pairs.
    battles: Vec<f64>,
    odds: Vec<f64>,
    row: Vec<f64>,
}

/// One contestant's pairs with others whose numbers follow each other. On a full board there is one for each contestant.
#[derive(Debug, Clone)]
struct Run {
    first: usize,
    seconds: Range<usize>,
}

impl Meetings {
    pub(crate) fn new(pairs: &[Pair], contestants: usize) -> Self {
        let mut meetings = Self {
            runs: Vec::new(),
            battles: Vec::with_capacity(pairs.len()),
            odds: vec![0.0; contestants],
            row: vec![0.0; contestants],
        };
        pairs.iter().for_each(|pair| meetings.push(pair));
        meetings
    }

    /// One pair more.
    pub(crate) fn push(&mut self, pair: &Pair) {
        self.battles.push(pair.battles());
        match self.runs.last_mut() {
            Some(run) if (run.first, run.seconds.end) == (pair.first, pair.second) => run.seconds.end += 1,
            _ => self.runs.push(Run { first: pair.first, seconds: pair.second..pair.second + 1 }),
        }
    }

    /// How often the pair with this number has met from now on.
    pub(crate) fn set(&mut self, pair: usize, battles: f64) {
        self.battles[pair] = battles;
    }

    /// Takes other counts of the same pairs: wins of the first, wins of the second, draws. Puts into `scores` everyone's
    /// score as a gradient has it: a pair's score of its first goes to the first, and away from the second.
    pub(crate) fn load(&mut self, cells: &[[f64; 3]], scores: &mut DVector<f64>) {
        let scores = scores.as_mut_slice();
        scores.fill(0.0);
        let (mut cells, mut battles) = (cells, self.battles.as_mut_slice());
        for Run { first, seconds } in &self.runs {
            let row = &mut self.row[..seconds.len()];
            let of_seconds = &mut scores[seconds.clone()];
            let (now, later) = std::mem::take(&mut battles).split_at_mut(row.len());
            let of_pairs = cells.iter().zip(now).zip(&mut *row).zip(of_seconds);
            for (((&[won, lost, drawn], battles), score), second) in of_pairs {
                *battles = won + lost + drawn;
                *score = won + drawn / 2.0;
                *second -= *score;
            }
            scores[*first] += sum(row);
            (cells, battles) = (&cells[row.len()..], later);
        }
    }

    /// Takes what these strengths lead one to expect from the scores in `gradient`; false where strengths are too far out.
    pub(crate) fn subtract_expected(&mut self, strengths: &DVector<f64>, gradient: &mut DVector<f64>) -> bool {
        for (odds, strength) in self.odds.iter_mut().zip(strengths.as_slice()) {
            *odds = exp(*strength);
        }
        let gradient = gradient.as_mut_slice();
        let mut battles = self.battles.as_slice();
        for Run { first, seconds } in &self.runs {
            let row = &mut self.row[..seconds.len()];
            let own = self.odds[*first];
            let others = self.odds[seconds.clone()].iter().zip(battles);
            let entries = row.iter_mut().zip(&mut gradient[seconds.clone()]);
            for ((other, battles), (expected, entry)) in others.zip(entries) {
                *expected = battles * own / (own + other);
                *entry += *expected;
            }
            gradient[*first] -= sum(row);
            battles = &battles[row.len()..];
        }
        strengths.iter().all(|strength| strength.abs() <= FAR)
    }
}

/// eˣ to some 14 digits, without a branch, a table or a call. The same on every machine, which the standard library's is not.
fn exp(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²: adding it leaves the nearest whole number in the low bits.
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + SHIFT;
    let power = shifted - SHIFT;
    let rest = x - power * LN_2_HIGH - power * LN_2_LOW;
    // Taylor's terms up to the eleventh: |rest| ≤ ln 2 / 2.
    let terms = [11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
    let fraction = terms.iter().fold(1.0, |sum, term| 1.0 + sum * rest * (1.0 / term));
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    fraction * scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bradley_terry::chances;

    #[test]
    fn gradients_by_rows_are_those_by_pairs_with_and_without_gaps() {
        let all = (0..7).flat_map(|first| (first + 1..7).map(move |second| (first, second)));
        for gap in [1, 2, 3, 5] {
            let numbered = all.clone().enumerate().filter(|(number, _)| gap == 1 || number % gap > 0);
            let pairs: Vec<Pair> = numbered
                .map(|(number, (first, second))| {
                    let [first_wins, second_wins, draws] = [number % 5, number % 3, 1].map(|count| count as f64);
                    Pair { first, second, first_wins, second_wins, draws }
                })
                .collect();
            let strengths = DVector::from_fn(7, |row, _| (row as f64 * 1.7).sin());
            let mut expected = DVector::<f64>::zeros(7);
            for pair in &pairs {
                let (wins, _) = chances(strengths[pair.first] - strengths[pair.second]);
                let residual = pair.first_score() - pair.battles() * wins;
                expected[pair.first] += residual;
                expected[pair.second] -= residual;
            }
            let cells: Vec<_> = pairs.iter().map(|pair| [pair.first_wins, pair.second_wins, pair.draws]).collect();
            let mut meetings = Meetings::new(&pairs, 7);
            let mut gradient = DVector::zeros(7);
            meetings.load(&cells, &mut gradient);
            assert!(meetings.subtract_expected(&strengths, &mut gradient));
            assert!((gradient - expected).amax() < 1e-12, "{gap}");
        }
    }

    #[test]
    fn the_exponential_is_good_to_fourteen_digits() {
        for step in -6900..=6900 {
            let x = f64::from(step) / 10.0 + 0.0137;
            assert!((exp(x) / x.exp() - 1.0).abs() < 5e-14, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(1e9).is_finite() && exp(-1e9) > 0.0);
    }
}
