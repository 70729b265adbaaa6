use nalgebra::{DMatrix, DVector};

use super::{
    newton::Solution,
    problem::{Pair, Problem, chances},
};

/// Variances of the strengths per rated contestant, in the mean-zero gauge: the diagonal of H⁻¹GH⁻¹, but at least that
/// of H⁻¹ times min(1, `guard_battles` / battles).
pub(super) fn variances(problem: &Problem, solution: &Solution, guard_battles: u64) -> DVector<f64> {
    let Some(factor) = &solution.factor else { return DVector::zeros(problem.size()) };
    let inverse = factor.inverse();
    let mut variances = sandwich(problem, &solution.strengths, &inverse, &vec![1.0; problem.pairs.len()]);
    // H⁻¹ holds the variance of the common level, which the gauge fixes: 1 is an eigenvector of H with value γ + λ.
    let level = 1.0 / (problem.size() as f64 * (solution.gauge + problem.penalty));
    for (index, variance) in variances.iter_mut().enumerate() {
        let share = (guard_battles as f64 / problem.battles[index] as f64).min(1.0);
        *variance = variance.max(share * (inverse[(index, index)] - level));
    }
    variances
}

/// The diagonal of H⁻¹GH⁻¹ for this H⁻¹, where each pair's weight in G is multiplied by its entry in `factors`.
pub(crate) fn sandwich(
    problem: &Problem,
    strengths: &DVector<f64>,
    inverse: &DMatrix<f64>,
    factors: &[f64],
) -> DVector<f64> {
    let mut variances = DVector::zeros(problem.size());
    // Stored by columns, without gaps.
    let column = |index: usize| &inverse.as_slice()[index * problem.size()..][..problem.size()];
    for (pair, factor) in problem.pairs.iter().zip(factors) {
        let weight = factor * score_variance(pair, strengths);
        // xᵀH⁻¹ for this pair's x: the gauge term and any penalty on the mean cancel in the difference.
        // As slices: the iterators of matrix views are not turned into vector instructions.
        let (firsts, seconds) = (column(pair.first), column(pair.second));
        for ((variance, first), second) in variances.as_mut_slice().iter_mut().zip(firsts).zip(seconds) {
            let difference = first - second;
            *variance += weight * difference * difference;
        }
    }
    variances
}

/// Σ over outcomes of count·(score − p)²: this pair's weight in G.
pub(crate) fn score_variance(pair: &Pair, strengths: &DVector<f64>) -> f64 {
    let (wins, loses) = chances(strengths[pair.first] - strengths[pair.second]);
    let tied = (loses - wins) / 2.0;
    pair.first_wins * loses * loses + pair.second_wins * wins * wins + pair.draws * tied * tied
}
