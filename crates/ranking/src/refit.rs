use nalgebra::{DMatrix, DVector};
use plaudit_domain::Outcome;

use crate::{
    PairCounts, RankingError,
    bradley_terry::{Pair, Problem, maximise, weak_penalty},
    degeneracy,
    expected::Meetings,
    symmetric::{Factor, multiply},
};

/// Counts per pair: the first's wins, the second's wins, and the draws.
pub(crate) type Cells = Vec<[f64; 3]>;

/// Steps after which a resample is not near enough to the data for the short way.
const MAX_STEPS: u32 = 30;

/// Strengths are there when no further step would move one by more than this, in natural log-odds: below a millionth of a
/// point. Steps shrink by about the same factor each; that factor is taken to be this much worse than the last two say.
const LAST_STEP: f64 = 5e-9;
const MARGIN: f64 = 3.0;

/// Fits other counts of the same pairs (resamples, or all votes but some), starting from the fit of the data.
pub(crate) struct Refit<'a> {
    problem: &'a Problem,
    strengths: DVector<f64>,
    /// Of the data's negative Hessian: near enough to the resample's for steps that shrink fast.
    inverse: DMatrix<f64>,
    meetings: Meetings,
    scores: DVector<f64>,
    gradient: DVector<f64>,
    change: DVector<f64>,
}

impl<'a> Refit<'a> {
    /// `strengths`: the maximum for the data.
    pub(crate) fn new(problem: &'a Problem, strengths: DVector<f64>) -> Result<Self, RankingError> {
        let slope = problem.slope(&strengths);
        let gradient_norm = slope.gradient.amax();
        let failed = RankingError::NotConverged { iterations: 0, gradient_norm };
        let inverse = Factor::new(slope.hessian).ok_or(failed)?.inverse();
        let meetings = Meetings::new(&problem.pairs, problem.size());
        let zeros = DVector::zeros(problem.size());
        let (scores, gradient, change) = (zeros.clone(), zeros.clone(), zeros);
        Ok(Self { problem, strengths, inverse, meetings, scores, gradient, change })
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

    /// Newton's method with the data's Hessian throughout: nothing to factor, some five steps. `None` where that does
    /// not converge.
    fn chord(&mut self, cells: &[[f64; 3]]) -> Option<DVector<f64>> {
        self.meetings.load(cells, &mut self.scores);
        let mut strengths = self.strengths.clone();
        let mut before = f64::INFINITY;
        for _ in 0..MAX_STEPS {
            self.gradient.copy_from(&self.scores);
            self.gradient.axpy(-self.problem.penalty, &strengths, 1.0);
            if !self.meetings.subtract_expected(&strengths, &mut self.gradient) {
                return None;
            }
            multiply(&self.inverse, &self.gradient, &mut self.change);
            let size = self.change.amax();
            if !size.is_finite() || size >= before {
                return None;
            }
            strengths += &self.change;
            // The first step says nothing of how fast they shrink.
            let shrinks = before.is_finite() && size * (size / before) * MARGIN <= LAST_STEP;
            if size <= LAST_STEP || shrinks {
                let mean = strengths.mean();
                strengths.add_scalar_mut(-mean);
                return Some(strengths);
            }
            before = size;
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
        assert!((short - whole).amax() < 5e-9);
    }
}
