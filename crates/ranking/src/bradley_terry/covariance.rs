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
    let weigh = |(pair, factor): (&Pair, &f64)| (pair.first, pair.second, factor * score_variance(pair, strengths));
    let mut pairs = problem.pairs.iter().zip(factors).map(weigh).peekable();
    while let Some((first, second, weight)) = pairs.next() {
        // Four pairs of one contestant at once: the sums then pass through memory a quarter as often. Pairs of no weight
        // fill up. As slices: the iterators of matrix views are not turned into vector instructions.
        let mut others = [(second, weight), (second, 0.0), (second, 0.0), (second, 0.0)];
        for other in &mut others[1..] {
            if let Some((_, second, weight)) = pairs.next_if(|next| next.0 == first) {
                *other = (second, weight);
            }
        }
        let [one, two, three, four] = others.map(|(second, weight)| (column(second), weight));
        let entries = column(first).iter().zip(one.0).zip(two.0).zip(three.0).zip(four.0);
        for (variance, ((((first, a), b), c), d)) in variances.as_mut_slice().iter_mut().zip(entries) {
            // xᵀH⁻¹ for each pair's x: the gauge term and any penalty on the mean cancel in the difference.
            let (a, b, c, d) = (first - a, first - b, first - c, first - d);
            *variance += (one.1 * a * a + two.1 * b * b) + (three.1 * c * c + four.1 * d * d);
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
