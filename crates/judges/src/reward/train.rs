//! Training of a reward head with burn's autodiff, on any device.
//!
//! The loss of a comparison is the cross-entropy of the Bradley-Terry probability with the label as it is, soft or not:
//! `−y ln σ(d) − (1 − y) ln σ(−d)` for `d = score left − score right`; a tie is half a win each.

mod batch;
mod cross_validate;
mod model;
mod score;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

pub use cross_validate::{CrossValidation, FoldReport, cross_validate};
pub use score::Score;

use self::{
    batch::{Batch, Standard},
    model::Parameters,
};
use super::{Dataset, Recipe, RecipeError, RewardHead, Strength, head::HeadError, random::Random};

/// Why a head is not trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// There is nothing to learn from, or a number points at no comparison.
    #[error("comparison {number} of {count} was to be used; there has to be one to learn from, and all have to exist")]
    Comparisons {
        /// The first number that is wrong, or 0.
        number: usize,
        /// Comparisons that are there.
        count: usize,
    },
    /// The loss is no number any more.
    #[error("the loss in epoch {epoch} is not a number; a smaller learning rate may help")]
    Diverged {
        /// From 1.
        epoch: u32,
    },
    /// burn or the device.
    #[error("the device failed: {0}")]
    Device(String),
    /// The weights came out of training as something that is no head.
    #[error(transparent)]
    Head(#[from] HeadError),
}

/// One point of the learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: u32,
    /// Mean loss of the updates, dropout and bootstrap weights included, in nats per comparison and head.
    pub training_loss: f64,
    /// On the comparisons that are held out; none where there are none.
    pub held_out: Option<Score>,
}

/// A training that can be stopped after any epoch.
pub struct Trainer<'a> {
    dataset: &'a Dataset,
    recipe: Recipe,
    device: Device,
    standard: Standard,
    parameters: Parameters,
    training: Vec<usize>,
    held_out: Vec<usize>,
    /// `training · heads`: how often each comparison is in each head's bootstrap sample.
    counts: Vec<f32>,
    order: Random,
    masks: Random,
    epochs: u32,
    updates: usize,
}

/// Streams of one seed, so that another dropout does not shuffle otherwise.
const ORDER: u64 = 0;
const MASKS: u64 = 1;
const BOOTSTRAP: u64 = 2;
const WEIGHTS: u64 = 3;

impl<'a> Trainer<'a> {
    /// A head that has seen nothing, about to learn from `training` and to be tested on `held_out`: numbers of comparisons.
    /// Features are standardised by those learned from alone.
    ///
    /// # Errors
    /// [`TrainError`] when the recipe makes no sense or a comparison does not exist.
    pub fn new(
        dataset: &'a Dataset,
        recipe: &Recipe,
        training: &[usize],
        held_out: &[usize],
        device: &Device,
    ) -> Result<Self, TrainError> {
        recipe.check()?;
        let count = dataset.comparisons().len();
        let unknown = training.iter().chain(held_out).copied().find(|number| *number >= count);
        if let Some(number) = unknown.or(training.is_empty().then_some(0)) {
            return Err(TrainError::Comparisons { number, count });
        }
        let mut bootstrap = Random::new(recipe.seed, BOOTSTRAP);
        let counts = (0..training.len() * recipe.heads as usize).map(|_| bootstrap.poisson() as f32).collect();
        Ok(Self {
            dataset,
            device: device.clone(),
            standard: Standard::of(dataset, training),
            parameters: Parameters::new(recipe, &mut Random::new(recipe.seed, WEIGHTS)),
            training: training.to_vec(),
            held_out: held_out.to_vec(),
            counts,
            order: Random::new(recipe.seed, ORDER),
            masks: Random::new(recipe.seed, MASKS),
            epochs: 0,
            updates: 0,
            recipe: recipe.clone(),
        })
    }

    /// Whether the recipe's epochs are over.
    pub fn is_done(&self) -> bool {
        self.epochs >= self.recipe.epochs
    }

    /// Sees all comparisons once more, in another order, and tests.
    ///
    /// # Errors
    /// [`TrainError`] when the loss is no number or the device fails.
    pub async fn epoch(&mut self) -> Result<Epoch, TrainError> {
        let heads = self.recipe.heads as usize;
        let mut places: Vec<usize> = (0..self.training.len()).collect();
        self.order.shuffle(&mut places);
        let size = self.recipe.batch as usize;
        let planned = self.recipe.epochs as usize * places.len().div_ceil(size);
        let epoch = self.epochs + 1;
        let mut sum = 0.0;
        for places in places.chunks(size) {
            let comparisons: Vec<usize> = places.iter().map(|place| self.training[*place]).collect();
            let dropout = (self.recipe.dropout > 0.0).then_some((self.recipe.dropout, &mut self.masks));
            let batch = Batch::of(self.dataset, &comparisons, &self.standard, dropout);
            let counts: Vec<f32> =
                places.iter().flat_map(|place| &self.counts[place * heads..(place + 1) * heads]).copied().collect();
            let done = self.updates as f64 / planned as f64;
            let rate = self.recipe.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos());
            let loss = self.parameters.update(&batch, counts, rate, self.recipe.weight_decay, &self.device).await?;
            if !loss.is_finite() {
                return Err(TrainError::Diverged { epoch });
            }
            sum += loss * comparisons.len() as f64;
            self.updates += 1;
        }
        self.epochs = epoch;
        let held_out = match self.held_out.as_slice() {
            [] => None,
            held_out => {
                let differences = self.differences(held_out).await?;
                Some(Score::of(self.dataset, held_out, &differences, heads))
            }
        };
        Ok(Epoch { epoch, training_loss: sum / self.training.len() as f64, held_out })
    }

    /// How strongly the heads prefer the left answer of each of these comparisons, without dropout.
    ///
    /// # Errors
    /// [`TrainError`] when a comparison does not exist or the device fails.
    pub async fn strengths(&self, comparisons: &[usize]) -> Result<Vec<Strength>, TrainError> {
        let count = self.dataset.comparisons().len();
        if let Some(number) = comparisons.iter().copied().find(|number| *number >= count) {
            return Err(TrainError::Comparisons { number, count });
        }
        let differences = self.differences(comparisons).await?;
        Ok(differences.chunks_exact(self.recipe.heads as usize).map(Strength::of).collect())
    }

    /// Comparisons that are held out.
    pub fn held_out(&self) -> &[usize] {
        &self.held_out
    }

    /// The head as it is now.
    ///
    /// # Errors
    /// [`TrainError::Head`] when the weights are no numbers.
    pub fn head(&self) -> Result<RewardHead, TrainError> {
        Ok(self.parameters.head(&self.standard, self.recipe.dropout).checked()?)
    }

    /// `[comparisons · heads]`: each head's score of the left answer less that of the right one.
    async fn differences(&self, comparisons: &[usize]) -> Result<Vec<f64>, TrainError> {
        let mut all = Vec::with_capacity(comparisons.len() * self.recipe.heads as usize);
        for some in comparisons.chunks(EVALUATED) {
            let batch = Batch::of(self.dataset, some, &self.standard, None);
            all.extend(self.parameters.differences(&batch, &self.device).await?.into_iter().map(f64::from));
        }
        Ok(all)
    }
}

/// Comparisons that are evaluated at once.
const EVALUATED: usize = 512;

/// A trained head and how it came to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The head.
    pub head: RewardHead,
    /// An entry for each epoch.
    pub curve: Vec<Epoch>,
    /// What the heads say of each comparison of `training`, in that order: seen by some of them, not by others, so that a
    /// vote that contradicts the rest divides them.
    pub strengths: Vec<Strength>,
}

/// Trains a head to the recipe's end. `report` hears of each epoch.
///
/// # Errors
/// As [`Trainer::new`] and [`Trainer::epoch`].
pub async fn train(
    dataset: &Dataset,
    recipe: &Recipe,
    training: &[usize],
    held_out: &[usize],
    device: &Device,
    report: &mut dyn FnMut(&Epoch),
) -> Result<Trained, TrainError> {
    let mut trainer = Trainer::new(dataset, recipe, training, held_out, device)?;
    let mut curve = Vec::new();
    while !trainer.is_done() {
        let epoch = trainer.epoch().await?;
        report(&epoch);
        curve.push(epoch);
    }
    let strengths = trainer.strengths(training).await?;
    Ok(Trained { head: trainer.head()?, curve, strengths })
}
