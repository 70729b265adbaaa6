use crate::reward::{Dataset, FEATURES, head::dropout_mask, random::Random};

/// Mean and spread of each feature, over the answers that are learned from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standard {
    pub(super) mean: Vec<f32>,
    /// One over the standard deviation; 0 where a feature is always the same.
    pub(super) scale: Vec<f32>,
}

impl Standard {
    pub(super) fn of(dataset: &Dataset, comparisons: &[usize]) -> Self {
        let (mut left, mut right) = (vec![0.0; FEATURES], vec![0.0; FEATURES]);
        let (mut sums, mut squares) = (vec![0.0_f64; FEATURES], vec![0.0_f64; FEATURES]);
        for comparison in comparisons {
            dataset.write_features(*comparison, &mut left, &mut right);
            for row in [&left, &right] {
                for ((sum, square), value) in sums.iter_mut().zip(&mut squares).zip(row) {
                    *sum += f64::from(*value);
                    *square += f64::from(*value) * f64::from(*value);
                }
            }
        }
        let count = 2.0 * comparisons.len() as f64;
        let mean: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        let scale = mean.iter().zip(squares).map(|(mean, square)| {
            let variance = square / count - mean * mean;
            // What is left of a constant by rounding is no spread.
            if variance > 1e-12 * (1.0 + mean * mean) { (1.0 / variance.sqrt()) as f32 } else { 0.0 }
        });
        Self { scale: scale.collect(), mean: mean.iter().map(|mean| *mean as f32).collect() }
    }
}

/// Standardised features of some comparisons.
pub(super) struct Batch {
    /// Comparisons.
    pub(super) count: usize,
    /// `[2 · count, features]`: all left answers, then all right ones.
    pub(super) features: Vec<f32>,
    /// Of each comparison.
    pub(super) labels: Vec<f32>,
}

impl Batch {
    /// With dropout, the same features are hidden for both answers of a comparison: a feature that is hidden on one side
    /// alone would look like a difference.
    pub(super) fn of(
        dataset: &Dataset,
        comparisons: &[usize],
        standard: &Standard,
        mut dropout: Option<(f64, &mut Random)>,
    ) -> Self {
        let count = comparisons.len();
        let mut features = vec![0.0; 2 * count * FEATURES];
        let (lefts, rights) = features.split_at_mut(count * FEATURES);
        let rows = lefts.chunks_exact_mut(FEATURES).zip(rights.chunks_exact_mut(FEATURES));
        for (comparison, (left, right)) in comparisons.iter().zip(rows) {
            dataset.write_features(*comparison, left, right);
            let standardise = |row: &mut [f32]| {
                let standard = standard.mean.iter().zip(&standard.scale);
                row.iter_mut().zip(standard).for_each(|(value, (mean, scale))| *value = (*value - mean) * scale);
            };
            standardise(left);
            standardise(right);
            if let Some((share, random)) = &mut dropout {
                let mask = dropout_mask(*share, random);
                left.iter_mut().zip(&mask).for_each(|(value, mask)| *value *= mask);
                right.iter_mut().zip(&mask).for_each(|(value, mask)| *value *= mask);
            }
        }
        let labels = comparisons.iter().map(|comparison| dataset.comparisons()[*comparison].label as f32).collect();
        Self { count, features, labels }
    }
}
