use nalgebra::DVector;

use super::{
    newton::Solution,
    problem::{Pair, Problem, chances},
};

/// Variances of the strengths per rated contestant, in the mean-zero gauge: the diagonal of H⁻¹GH⁻¹, but at least that
/// of H⁻¹ times min(1, `guard_battles` / battles).
pub(super) fn variances(problem: &Problem, solution: &Solution, guard_battles: u64) -> DVector<f64> {
    let mut variances = DVector::zeros(problem.size());
    let Some(factor) = &solution.factor else { return variances };
    let inverse = factor.inverse();
    // Stored by columns, without gaps.
    let column = |index: usize| &inverse.as_slice()[index * problem.size()..][..problem.size()];
    for pair in &problem.pairs {
        let weight = score_variance(pair, &solution.strengths);
        // xᵀH⁻¹ for this pair's x: the gauge term and any penalty on the mean cancel in the difference.
        // As slices: the iterators of matrix views are not turned into vector instructions.
        let (firsts, seconds) = (column(pair.first), column(pair.second));
        for ((variance, first), second) in variances.as_mut_slice().iter_mut().zip(firsts).zip(seconds) {
            let difference = first - second;
            *variance += weight * difference * difference;
        }
    }
    // H⁻¹ holds the variance of the common level, which the gauge fixes: 1 is an eigenvector of H with value γ + λ.
    let level = 1.0 / (problem.size() as f64 * (solution.gauge + problem.penalty));
    for (index, variance) in variances.iter_mut().enumerate() {
        let share = (guard_battles as f64 / problem.battles[index] as f64).min(1.0);
        *variance = variance.max(share * (inverse[(index, index)] - level));
    }
    variances
}

/// Σ over outcomes of count·(score − p)²: this pair's weight in G.
pub(crate) fn score_variance(pair: &Pair, strengths: &DVector<f64>) -> f64 {
    let (wins, loses) = chances(strengths[pair.first] - strengths[pair.second]);
    let tied = (loses - wins) / 2.0;
    pair.first_wins * loses * loses + pair.second_wins * wins * wins + pair.draws * tied * tied
}
