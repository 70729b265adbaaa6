use serde::{Deserialize, Serialize};

use crate::{judge::logistic, reward::Dataset};

/// How well an ensemble predicts comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Comparisons.
    pub comparisons: u64,
    /// Those whose label is not ½.
    pub decisive: u64,
    /// Share of the decisive ones whose preferred side has the higher probability; ½ where none is decisive. An even
    /// probability counts half.
    pub accuracy: f64,
    /// Mean cross-entropy of label and probability, in nats; ln 2 = 0.693 for knowing nothing.
    pub log_loss: f64,
}

impl Score {
    /// Of the differences `[comparisons · heads]`. The ensemble's probability is the mean of its heads' probabilities.
    pub(super) fn of(dataset: &Dataset, comparisons: &[usize], differences: &[f64], heads: usize) -> Self {
        let (mut decisive, mut right, mut loss) = (0_u64, 0.0, 0.0);
        for (comparison, differences) in comparisons.iter().zip(differences.chunks_exact(heads)) {
            let label = dataset.comparisons()[*comparison].label;
            let left = differences.iter().map(|difference| logistic(*difference)).sum::<f64>() / heads as f64;
            // ln σ is finite wherever a float is, but a mean of probabilities may round to 0 or 1.
            let bounded = left.clamp(1e-15, 1.0 - 1e-15);
            loss -= label * bounded.ln() + (1.0 - label) * (1.0 - bounded).ln();
            if label != 0.5 {
                decisive += 1;
                right += if left == 0.5 { 0.5 } else { f64::from(u8::from((left > 0.5) == (label > 0.5))) };
            }
        }
        Self {
            comparisons: comparisons.len() as u64,
            decisive,
            accuracy: if decisive == 0 { 0.5 } else { right / decisive as f64 },
            log_loss: loss / comparisons.len() as f64,
        }
    }
}
