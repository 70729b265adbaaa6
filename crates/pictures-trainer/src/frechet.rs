use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// The Fréchet distance between two sets of features, each taken as normally distributed (Heusel et al. 2017,
/// <https://arxiv.org/abs/1706.08500>): `|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½)`. Each has at least two rows, of one width.
pub fn frechet(one: &[Vec<f32>], other: &[Vec<f32>]) -> f64 {
    let (first_mean, first) = moments(one);
    let (second_mean, second) = moments(other);
    // tr (Σ₁Σ₂)^½ = tr (Σ₁^½ Σ₂ Σ₁^½)^½, which is symmetric.
    let eigen = SymmetricEigen::new(first.clone());
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|value| value.max(0.0).sqrt()));
    let root = &eigen.eigenvectors * roots * eigen.eigenvectors.transpose();
    let product = SymmetricEigen::new(&root * &second * &root);
    let cross: f64 = product.eigenvalues.iter().map(|value| value.max(0.0).sqrt()).sum();
    (first_mean - second_mean).norm_squared() + first.trace() + second.trace() - 2.0 * cross
}

fn moments(rows: &[Vec<f32>]) -> (DVector<f64>, DMatrix<f64>) {
    let width = rows.first().map_or(0, Vec::len);
    let all = DMatrix::from_row_iterator(rows.len(), width, rows.iter().flatten().map(|value| f64::from(*value)));
    let mean = all.row_mean();
    let mut centred = all;
    for mut row in centred.row_iter_mut() {
        row -= &mean;
    }
    let covariance = centred.transpose() * &centred / (rows.len().max(2) - 1) as f64;
    (mean.transpose(), covariance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plaudit_models::picture::Noise;

    #[test]
    fn it_is_nothing_for_the_same_and_known_for_normal_sets() {
        let rows = |seed: u64, spread: f32, shift: f32| -> Vec<Vec<f32>> {
            let mut noise = Noise::new(seed);
            (0..4000).map(|_| noise.normals(4).iter().map(|value| value * spread + shift).collect()).collect()
        };
        let (one, other) = (rows(1, 1.0, 0.0), rows(2, 3.0, 2.0));
        assert!(frechet(&one, &one).abs() < 1e-6);
        // 4 · 2² between the means, 4 · (1 + 9 − 2·3) between the covariances.
        assert!((frechet(&one, &other) - 32.0).abs() < 1.5, "{}", frechet(&one, &other));
    }
}
