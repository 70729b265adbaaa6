use rand_xoshiro::rand_core::Rng;

/// Uniform on [0, 1), in steps of 2⁻⁵³.
pub(super) fn unit(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
}

/// Uniform on 0..count, to within 2⁻⁶⁴ · count; 0 for a count of 0.
pub(super) fn below(random: &mut impl Rng, count: usize) -> usize {
    ((u128::from(random.next_u64()) * count as u128) >> 64) as usize
}

/// In any order with equal chances.
///
/// Source: R. Durstenfeld, *Algorithm 235: Random permutation*, Communications of the ACM 7 (1964).
pub(super) fn shuffle<T>(random: &mut impl Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(random, last + 1));
    }
}

/// An index with a chance proportional to its weight; any of them where no weight is positive.
pub(super) fn weighted(random: &mut impl Rng, weights: &[f64]) -> usize {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return below(random, weights.len());
    }
    let mut rest = unit(random) * total;
    for (index, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            return index;
        }
    }
    // Only rounding leads here.
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or_default()
}
