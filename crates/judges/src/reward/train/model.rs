use burn::tensor::{Device, Tensor, TensorData, activation::relu};

use super::{
    TrainError,
    batch::{Batch, Standard},
};
use crate::reward::{FEATURES, Recipe, RewardHead, optimise::Adam, random::Random};

/// The weights of all heads, on the host; the device computes losses and gradients.
pub(super) struct Parameters {
    heads: usize,
    hidden: usize,
    weights: Parameter,
    bias: Parameter,
    output: Parameter,
}

struct Parameter {
    values: Vec<f32>,
    shape: [usize; 2],
    adam: Adam,
    decays: bool,
}

/// The weights on a device.
struct OnDevice {
    weights: Tensor<2>,
    /// Bias and output of the hidden units, where there are any.
    hidden: Option<(Tensor<2>, Tensor<2>)>,
}

impl Parameter {
    fn new(values: Vec<f32>, shape: [usize; 2], decays: bool) -> Self {
        Self { adam: Adam::new(values.len()), values, shape, decays }
    }

    fn on(&self, device: &Device) -> Tensor<2> {
        let tensor = Tensor::from_data(TensorData::new(self.values.clone(), self.shape), device);
        tensor.set_require_grad(device.is_autodiff())
    }

    fn update(&mut self, gradient: &[f32], rate: f64, weight_decay: f64) {
        let weight_decay = if self.decays { weight_decay } else { 0.0 };
        self.adam.update(&mut self.values, gradient, rate, weight_decay);
    }
}

impl Parameters {
    pub(super) fn new(recipe: &Recipe, random: &mut Random) -> Self {
        let (heads, hidden) = (recipe.heads as usize, recipe.hidden as usize);
        let (units, columns) = (heads * hidden, heads * (1 + hidden));
        // The hidden units' inputs have a variance of one; linear parts start small, so that nothing is preferred at first.
        let wide = 1.0 / (FEATURES as f64).sqrt();
        let spread = |column: usize| if column < heads { 0.1 * wide } else { wide };
        let weights = (0..FEATURES * columns).map(|place| (spread(place % columns) * random.normal()) as f32).collect();
        let output = (0..units).map(|_| (0.1 * random.normal()) as f32).collect();
        Self {
            heads,
            hidden,
            weights: Parameter::new(weights, [FEATURES, columns], true),
            bias: Parameter::new(vec![0.0; units], [1, units], false),
            output: Parameter::new(output, [1, units], true),
        }
    }

    fn on(&self, device: &Device) -> OnDevice {
        let hidden = (self.hidden > 0).then(|| (self.bias.on(device), self.output.on(device)));
        OnDevice { weights: self.weights.on(device), hidden }
    }

    /// `[comparisons, heads]`: each head's score of the left answer less that of the right one.
    fn forward(&self, batch: &Batch, on: &OnDevice, device: &Device) -> Tensor<2> {
        let rows = 2 * batch.count;
        let features: Tensor<2> = Tensor::from_data(TensorData::new(batch.features.clone(), [rows, FEATURES]), device);
        let sums = features.matmul(on.weights.clone());
        let mut scores = sums.clone().slice([0..rows, 0..self.heads]);
        if let Some((bias, output)) = &on.hidden {
            let units = sums.slice([0..rows, self.heads..self.heads * (1 + self.hidden)]) + bias.clone();
            let added: Tensor<3> = (units.tanh() * output.clone()).reshape([rows, self.heads, self.hidden]);
            scores = scores + added.sum_dim(2).reshape([rows, self.heads]);
        }
        scores.clone().slice([0..batch.count, 0..self.heads]) - scores.slice([batch.count..rows, 0..self.heads])
    }

    pub(super) async fn differences(&self, batch: &Batch, device: &Device) -> Result<Vec<f32>, TrainError> {
        values(self.forward(batch, &self.on(device), device)).await
    }

    /// One update; gives the loss before it. `counts` `[comparisons · heads]` weigh each comparison for each head.
    pub(super) async fn update(
        &mut self,
        batch: &Batch,
        counts: Vec<f32>,
        rate: f64,
        weight_decay: f64,
        device: &Device,
    ) -> Result<f64, TrainError> {
        let device = device.clone().autodiff();
        let on = self.on(&device);
        let difference = self.forward(batch, &on, &device);
        let labels: Tensor<2> = Tensor::from_data(TensorData::new(batch.labels.clone(), [batch.count, 1]), &device);
        let counts: Tensor<2> = Tensor::from_data(TensorData::new(counts, [batch.count, self.heads]), &device);
        // −y ln σ(d) − (1 − y) ln σ(−d) = max(d, 0) − y d + ln(1 + e^−|d|), which overflows nowhere.
        let certain = relu(difference.clone()) - difference.clone() * labels;
        let each = certain + difference.abs().neg().exp().log1p();
        // Summed over heads: each learns as if it were alone.
        let loss = (each * counts).sum().mul_scalar(1.0 / batch.count as f64);
        let mut gradients = loss.backward();
        let mut gradient = |tensor: &Tensor<2>| {
            tensor.grad_remove(&mut gradients).ok_or_else(|| TrainError::Device("a gradient is missing".to_owned()))
        };
        let weights = gradient(&on.weights)?;
        let hidden = match &on.hidden {
            Some((bias, output)) => Some((gradient(bias)?, gradient(output)?)),
            None => None,
        };
        self.weights.update(&values(weights).await?, rate, weight_decay);
        if let Some((bias, output)) = hidden {
            self.bias.update(&values(bias).await?, rate, weight_decay);
            self.output.update(&values(output).await?, rate, weight_decay);
        }
        let loss = values(loss).await?.first().copied().unwrap_or(f32::NAN);
        Ok(f64::from(loss) / self.heads as f64)
    }

    pub(super) fn head(&self, standard: &Standard, dropout: f64) -> RewardHead {
        RewardHead {
            heads: self.heads,
            hidden: self.hidden,
            mean: standard.mean.clone(),
            scale: standard.scale.clone(),
            weights: self.weights.values.clone(),
            bias: self.bias.values.clone(),
            output: self.output.values.clone(),
            dropout,
        }
    }
}

async fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    let data = tensor.into_data_async().await.map_err(|error| TrainError::Device(error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| TrainError::Device(error.to_string()))
}
