use plaudit_models::picture::Noise;

/// Captions among which the right one is looked for.
pub const AMONG: usize = 100;

/// How often the right one of [`AMONG`] was the nearest, and among the nearest five.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Retrieval {
    /// Share of first places.
    pub at_1: f64,
    /// Share of the first five places.
    pub at_5: f64,
    /// Queries.
    pub queries: usize,
}

/// Looks for each query among its own target and [`AMONG`]` - 1` others, drawn with a fixed seed. `wanted` gives a query's
/// place in the targets; targets that are `same` as it are not used as others.
pub fn retrieval(
    queries: &[Vec<f32>],
    wanted: &[usize],
    targets: &[Vec<f32>],
    same: impl Fn(usize, usize) -> bool,
) -> Retrieval {
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>();
    let mut random = Noise::new(99);
    let (mut first, mut five) = (0_usize, 0_usize);
    for (query, wanted) in queries.iter().zip(wanted) {
        let others: Vec<usize> = (0..targets.len()).filter(|index| !same(*index, *wanted)).collect();
        let mine = dot(query, &targets[*wanted]);
        // The first of a partial shuffle.
        let mut others = others;
        let mut better = 0;
        for index in 0..(AMONG - 1).min(others.len()) {
            let swap = index + random.below(others.len() - index);
            others.swap(index, swap);
            better += usize::from(dot(query, &targets[others[index]]) >= mine);
        }
        first += usize::from(better == 0);
        five += usize::from(better < 5);
    }
    let count = queries.len().max(1) as f64;
    Retrieval { at_1: first as f64 / count, at_5: five as f64 / count, queries: queries.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn itself_is_found_and_a_constant_is_not() {
        let targets: Vec<Vec<f32>> = (0..150).map(|seed| Noise::new(seed).normals(16)).collect();
        let wanted: Vec<usize> = (0..150).collect();
        let own = retrieval(&targets, &wanted, &targets, |one, other| one == other);
        assert!(own.at_1 > 0.9, "{own:?}");
        let constant = vec![vec![0.0; 16]; 150];
        assert_eq!(retrieval(&constant, &wanted, &targets, |one, other| one == other).at_5, 0.0);
    }
}
