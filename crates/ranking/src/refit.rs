use nalgebra::{DMatrix, DVector};
use plaudit_domain::Outcome;

use crate::{
    PairCounts, RankingError,
    bradley_terry::{Pair, Problem, maximise, weak_penalty},
    degeneracy,
};

/// Counts per pair: the first's wins, the second's wins, and the draws.
pub(crate) type Cells = Vec<[f64; 3]>;

/// Steps after which a resample is not near enough to the data for the short way.
const MAX_STEPS: u32 = 30;

/// A step that moves no strength by more than this is the last, in natural log-odds: a five-thousandth of a point.
const LAST_STEP: f64 = 1e-6;

/// Fits other counts of the same pairs (resamples, or all votes but some), starting from the fit of the data.
pub(crate) struct Refit<'a> {
    problem: &'a Problem,
    strengths: DVector<f64>,
    /// Of the data's negative Hessian: near enough to the resample's for steps that shrink fast.
    inverse: DMatrix<f64>,
    /// Per pair the chance of its first, at the data's strengths.
    chances: Vec<f64>,
    scratch: Vec<f64>,
}

impl<'a> Refit<'a> {
    /// `strengths`: the maximum for the data.
    pub(crate) fn new(problem: &'a Problem, strengths: DVector<f64>) -> Result<Self, RankingError> {
        let slope = problem.slope(&strengths);
        let gradient_norm = slope.gradient.amax();
        let failed = RankingError::NotConverged { iterations: 0, gradient_norm };
        let inverse = nalgebra::Cholesky::new(slope.hessian).ok_or(failed)?.inverse();
        let mut refit = Self { problem, inverse, chances: vec![], scratch: vec![0.0; problem.pairs.len()], strengths };
        refit.chances_at(&refit.strengths.clone());
        refit.chances = refit.scratch.clone();
        Ok(refit)
    }

    /// Adds the strengths of a resample to `draws`; true if it had to be fitted under the weak prior.
    pub(crate) fn fit(&mut self, cells: &[[f64; 3]], draws: &mut Vec<f64>) -> Result<bool, RankingError> {
        if let Some(strengths) = self.chord(cells) {
            draws.extend(strengths.iter());
            return Ok(false);
        }
        let (strengths, under_prior) = self.anew(cells)?;
        draws.extend(strengths.iter());
        Ok(under_prior)
    }

    /// Newton's method with the data's Hessian throughout: nothing to factor, some four steps. `None` where that does
    /// not converge.
    fn chord(&mut self, cells: &[[f64; 3]]) -> Option<DVector<f64>> {
        let mut strengths = self.strengths.clone();
        let mut gradient = DVector::zeros(strengths.len());
        let mut before = f64::INFINITY;
        for step in 0..MAX_STEPS {
            if step == 0 {
                self.scratch.copy_from_slice(&self.chances);
            } else {
                self.chances_at(&strengths);
            }
            gradient.copy_from(&strengths);
            gradient *= -self.problem.penalty;
            for ((pair, [first, second, draws]), chance) in self.problem.pairs.iter().zip(cells).zip(&self.scratch) {
                let residual = first + draws / 2.0 - (first + second + draws) * chance;
                gradient[pair.first] += residual;
                gradient[pair.second] -= residual;
            }
            let change = &self.inverse * &gradient;
            let size = change.amax();
            if !size.is_finite() || size >= before {
                return None;
            }
            before = size;
            strengths += change;
            if size <= LAST_STEP {
                let mean = strengths.mean();
                strengths.add_scalar_mut(-mean);
                return Some(strengths);
            }
        }
        None
    }

    /// The whole fit, for a resample far from the data.
    fn anew(&self, cells: &[[f64; 3]]) -> Result<(DVector<f64>, bool), RankingError> {
        let resample = self.problem.with_cells(cells);
        if resample.penalty > 0.0 {
            return Ok((maximise(&resample, None)?.strengths, false));
        }
        let mut counts = PairCounts::new(self.problem.size() as u32);
        for pair in &resample.pairs {
            let Pair { first, second, first_wins, second_wins, draws } = *pair;
            let outcomes = [(Outcome::Left, first_wins), (Outcome::Right, second_wins), (Outcome::Tie, draws)];
            for (outcome, count) in outcomes {
                counts.add(first as u32, second as u32, outcome, count as u64)?;
            }
        }
        let is_complete = counts.records().iter().all(|record| record.battles() > 0);
        if is_complete && degeneracy(&counts).is_none() {
            return Ok((maximise(&resample, None)?.strengths, false));
        }
        let mut penalised = resample;
        penalised.penalty = weak_penalty();
        Ok((maximise(&penalised, None)?.strengths, true))
    }

    fn chances_at(&mut self, strengths: &DVector<f64>) {
        chances_at(&self.problem.pairs, strengths, &mut self.scratch);
    }
}

/// Puts every pair's chance at these strengths into `chances`. Two loops, because the second is then one of arithmetic
/// alone, which compilers turn into vector instructions.
pub(crate) fn chances_at(pairs: &[Pair], strengths: &DVector<f64>, chances: &mut [f64]) {
    let strengths = strengths.as_slice();
    for (chance, pair) in chances.iter_mut().zip(pairs) {
        *chance = strengths[pair.second] - strengths[pair.first];
    }
    for chance in chances {
        *chance = 1.0 / (1.0 + exp(*chance));
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

    #[test]
    fn the_short_way_ends_where_the_whole_fit_does() {
        let mut counts = PairCounts::new(3);
        for (left, right, wins, losses) in [(0, 1, 30, 20), (1, 2, 25, 15), (2, 0, 10, 40)] {
            counts.add(left, right, Outcome::Left, wins).expect("valid battles");
            counts.add(left, right, Outcome::Right, losses).expect("valid battles");
        }
        let problem = Problem::new(&counts, 0.0);
        let data = maximise(&problem, None).expect("a fit").strengths;
        let mut refit = Refit::new(&problem, data).expect("a Hessian");
        let cells = vec![[35.0, 12.0, 3.0], [14.0, 33.0, 3.0], [20.0, 19.0, 1.0]];
        let short = refit.chord(&cells).expect("near enough");
        let whole = maximise(&problem.with_cells(&cells), None).expect("a fit").strengths;
        assert!((short - whole).amax() < 2e-6);
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
