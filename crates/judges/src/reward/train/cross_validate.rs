use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{Epoch, TrainError, Trainer};
use crate::reward::{Dataset, Recipe, Split, Strength};

/// One fold's training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldReport {
    /// From 0.
    pub fold: u32,
    /// Comparisons that were learned from.
    pub training: u64,
    /// The learning curve; its last entry has the fold's result.
    pub curve: Vec<Epoch>,
}

/// What an ensemble predicts of comparisons that it has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// In the order of the splits.
    pub folds: Vec<FoldReport>,
    /// What the heads of the fold that held a comparison out say of it; none for one that no fold held out, the mean of both
    /// folds' for one that two did.
    pub strengths: Vec<Option<Strength>>,
}

impl CrossValidation {
    /// Accuracy over all folds' decisive comparisons together.
    pub fn accuracy(&self) -> f64 {
        self.mean(|score| (score.accuracy, score.decisive))
    }

    /// Log-loss over all folds' comparisons together, in nats.
    pub fn log_loss(&self) -> f64 {
        self.mean(|score| (score.log_loss, score.comparisons))
    }

    fn mean(&self, of: impl Fn(&super::Score) -> (f64, u64)) -> f64 {
        let last = self.folds.iter().filter_map(|fold| fold.curve.last()?.held_out.as_ref());
        let (sum, count) =
            last.map(of).fold((0.0, 0), |(sum, count), (value, more)| (sum + value * more as f64, count + more));
        sum / count as f64
    }
}

/// Trains one ensemble for each split and tests it on what the split holds out. `report` hears of each epoch: fold (from 0)
/// and point of its curve.
///
/// # Errors
/// As [`Trainer::new`] and [`Trainer::epoch`].
pub async fn cross_validate(
    dataset: &Dataset,
    recipe: &Recipe,
    splits: &[Split],
    device: &Device,
    report: &mut dyn FnMut(u32, &Epoch),
) -> Result<CrossValidation, TrainError> {
    let mut strengths: Vec<Option<Strength>> = vec![None; dataset.comparisons().len()];
    let mut folds = Vec::new();
    for (fold, split) in (0..).zip(splits) {
        let mut trainer = Trainer::new(dataset, recipe, &split.training, &split.held_out, device)?;
        let mut curve = Vec::new();
        while !trainer.is_done() {
            let epoch = trainer.epoch().await?;
            report(fold, &epoch);
            curve.push(epoch);
        }
        for (comparison, found) in split.held_out.iter().zip(trainer.strengths(&split.held_out).await?) {
            let slot = &mut strengths[*comparison];
            *slot = Some(match *slot {
                None => found,
                Some(other) => Strength {
                    mean: (found.mean + other.mean) / 2.0,
                    variance: (found.variance + other.variance) / 2.0,
                },
            });
        }
        folds.push(FoldReport { fold, training: split.training.len() as u64, curve });
    }
    Ok(CrossValidation { folds, strengths })
}
