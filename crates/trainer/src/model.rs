use burn::tensor::{
    Device, Gradients, Int, Tensor, TensorData,
    activation::{log_softmax, silu, softmax},
    module::embedding,
};

use crate::{Batch, Error, ModelConfig, Parameter, Weights};

/// Added where a position may not look: next to nothing after the softmax, yet no underflow, which costs `exp` a slow path.
const HIDDEN: f32 = -60.0;

/// The weights on a device, ready to compute with. On an autodiff device they collect gradients.
pub struct Model {
    config: ModelConfig,
    embedding: Tensor<2>,
    layers: Vec<Layer>,
    norm: Tensor<1>,
    device: Device,
}

struct Layer {
    attention_norm: Tensor<1>,
    query: Tensor<2>,
    key: Tensor<2>,
    value: Tensor<2>,
    output: Tensor<2>,
    feed_forward_norm: Tensor<1>,
    gate: Tensor<2>,
    up: Tensor<2>,
    down: Tensor<2>,
}

/// What is the same in every layer.
struct Shared {
    cosines: Tensor<4>,
    sines: Tensor<4>,
    /// `[rows, 1, positions, positions]`: 0 where a position may look, [`HIDDEN`] elsewhere.
    mask: Tensor<4>,
    rows: usize,
    positions: usize,
}

impl Model {
    /// Copies the weights to the device.
    ///
    /// # Errors
    /// [`Error::Shape`] if they are not of this configuration.
    pub fn new(config: &ModelConfig, weights: &Weights, device: &Device) -> Result<Self, Error> {
        let mut rest = weights.0.iter();
        let embedding = tensor(rest.next(), device)?;
        let layers = (0..config.layers).map(|_| {
            Ok(Layer {
                attention_norm: tensor(rest.next(), device)?,
                query: tensor(rest.next(), device)?,
                key: tensor(rest.next(), device)?,
                value: tensor(rest.next(), device)?,
                output: tensor(rest.next(), device)?,
                feed_forward_norm: tensor(rest.next(), device)?,
                gate: tensor(rest.next(), device)?,
                up: tensor(rest.next(), device)?,
                down: tensor(rest.next(), device)?,
            })
        });
        let layers = layers.collect::<Result<_, Error>>()?;
        let norm = tensor(rest.next(), device)?;
        Ok(Self { config: config.clone(), embedding, layers, norm, device: device.clone() })
    }

    /// Logits `[rows · positions, vocabulary]`.
    pub fn logits(&self, batch: &Batch) -> Tensor<2> {
        let shared = self.shared(batch);
        let tokens: Tensor<2, Int> =
            Tensor::from_data(TensorData::new(batch.inputs.clone(), [batch.rows, batch.positions]), &self.device);
        let mut state: Tensor<2> =
            embedding(self.embedding.clone(), tokens).reshape([batch.rows * batch.positions, self.config.width]);
        for layer in &self.layers {
            let attended = self.attend(layer, self.normed(&state, &layer.attention_norm), &shared);
            state = state + attended;
            let normed = self.normed(&state, &layer.feed_forward_norm);
            let gate = silu(normed.clone().matmul(layer.gate.clone().transpose()));
            let wide = gate * normed.matmul(layer.up.clone().transpose());
            state = state + wide.matmul(layer.down.clone().transpose());
        }
        self.normed(&state, &self.norm).matmul(self.embedding.clone().transpose())
    }

    /// The logits of what follows these tokens.
    ///
    /// # Errors
    /// [`Error::Burn`] if they are not numbers of 32 bits.
    pub fn next(&self, tokens: &[u32]) -> Result<Vec<f32>, Error> {
        let logits = self.logits(&Batch::of(tokens));
        let [count, vocabulary] = logits.dims();
        let last = logits.slice([count - 1..count, 0..vocabulary]);
        last.into_data().try_to_vec().map_err(|_| Error::Burn("logits of 32-bit floats"))
    }

    /// Sum of the cross-entropies of the targets that count, in nats, over `counted`: how many count in the whole step.
    pub fn loss(&self, batch: &Batch, counted: f32) -> Tensor<1> {
        let places = [batch.rows * batch.positions, 1];
        let targets: Tensor<2, Int> = Tensor::from_data(TensorData::new(batch.targets.clone(), places), &self.device);
        let weights: Tensor<2> = Tensor::from_data(TensorData::new(batch.weights.clone(), places), &self.device);
        let chosen = log_softmax(self.logits(batch), 1).gather(1, targets);
        (chosen * weights).sum().mul_scalar(-1.0 / counted)
    }

    /// The gradients of all parameters, in the order of [`Weights`].
    ///
    /// # Errors
    /// [`Error::Burn`] if one is missing.
    pub fn gradients(&self, mut gradients: Gradients) -> Result<Vec<Vec<f32>>, Error> {
        let mut all = vec![take(&self.embedding, &mut gradients)?];
        for layer in &self.layers {
            all.push(take(&layer.attention_norm, &mut gradients)?);
            for matrix in [&layer.query, &layer.key, &layer.value, &layer.output] {
                all.push(take(matrix, &mut gradients)?);
            }
            all.push(take(&layer.feed_forward_norm, &mut gradients)?);
            for matrix in [&layer.gate, &layer.up, &layer.down] {
                all.push(take(matrix, &mut gradients)?);
            }
        }
        all.push(take(&self.norm, &mut gradients)?);
        Ok(all)
    }

    fn normed(&self, state: &Tensor<2>, weight: &Tensor<1>) -> Tensor<2> {
        let mean = state.clone().square().mean_dim(1).add_scalar(self.config.norm_epsilon);
        state.clone() * mean.sqrt().recip() * weight.clone().unsqueeze()
    }

    /// Grouped-query attention, `[rows · positions, width]` to the same.
    fn attend(&self, layer: &Layer, input: Tensor<2>, shared: &Shared) -> Tensor<2> {
        let (heads, groups, width) = (self.config.heads, self.config.key_value_heads, self.config.head_width);
        let (rows, positions, each) = (shared.rows, shared.positions, heads / groups);
        let project = |matrix: &Tensor<2>, heads: usize| -> Tensor<4> {
            input.clone().matmul(matrix.clone().transpose()).reshape([rows, positions, heads, width]).swap_dims(1, 2)
        };
        let queries = shared.rotate(project(&layer.query, heads));
        let keys = shared.rotate(project(&layer.key, groups));
        let values = project(&layer.value, groups);
        // The heads of a group share keys and values, so they are rows of one product.
        let queries: Tensor<4> = queries.reshape([rows, groups, each * positions, width]);
        let scores = queries.mul_scalar(1.0 / (width as f64).sqrt()).matmul(keys.swap_dims(2, 3));
        let scores = scores.reshape([rows, heads, positions, positions]) + shared.mask.clone();
        let weights: Tensor<4> = softmax(scores, 3).reshape([rows, groups, each * positions, positions]);
        let mixed: Tensor<4> = weights.matmul(values).reshape([rows, heads, positions, width]);
        let mixed: Tensor<2> = mixed.swap_dims(1, 2).reshape([rows * positions, heads * width]);
        mixed.matmul(layer.output.clone().transpose())
    }

    fn shared(&self, batch: &Batch) -> Shared {
        let (rows, positions) = (batch.rows, batch.positions);
        let half = self.config.head_width / 2;
        let base = self.config.rope_base;
        let angles = (0..positions)
            .flat_map(|position| (0..half).map(move |pair| (position, base.powf(-(pair as f64) / half as f64))));
        let (sines, cosines): (Vec<f32>, Vec<f32>) =
            angles.map(|(position, speed)| position as f64 * speed).map(|a| (a.sin() as f32, a.cos() as f32)).unzip();
        let mut mask = vec![HIDDEN; rows * positions * positions];
        for (row, looks) in mask.chunks_exact_mut(positions * positions).enumerate() {
            let documents = &batch.documents[row * positions..(row + 1) * positions];
            for (at, looks) in looks.chunks_exact_mut(positions).enumerate() {
                for (before, look) in looks[..=at].iter_mut().enumerate() {
                    if documents[before] == documents[at] {
                        *look = 0.0;
                    }
                }
            }
        }
        let turn = |values| Tensor::from_data(TensorData::new(values, [1, 1, positions, half]), &self.device);
        let mask = Tensor::from_data(TensorData::new(mask, [rows, 1, positions, positions]), &self.device);
        Shared { cosines: turn(cosines), sines: turn(sines), mask, rows, positions }
    }
}

impl Shared {
    /// Rotary position embedding as Hugging Face has it: pairs are the halves of a head.
    fn rotate(&self, heads: Tensor<4>) -> Tensor<4> {
        let [rows, count, positions, width] = heads.dims();
        let first = heads.clone().slice([0..rows, 0..count, 0..positions, 0..width / 2]);
        let second = heads.slice([0..rows, 0..count, 0..positions, width / 2..width]);
        let turned_first = first.clone() * self.cosines.clone() - second.clone() * self.sines.clone();
        let turned_second = second * self.cosines.clone() + first * self.sines.clone();
        Tensor::cat(vec![turned_first, turned_second], 3)
    }
}

fn tensor<const D: usize>(parameter: Option<&Parameter>, device: &Device) -> Result<Tensor<D>, Error> {
    let parameter = parameter.ok_or_else(|| Error::Shape("at the end".to_owned()))?;
    if parameter.shape.len() != D {
        return Err(Error::Shape(parameter.name.clone()));
    }
    let data = TensorData::new(parameter.values.clone(), parameter.shape.clone());
    Ok(Tensor::from_data(data, device).set_require_grad(device.is_autodiff()))
}

fn take<const D: usize>(parameter: &Tensor<D>, gradients: &mut Gradients) -> Result<Vec<f32>, Error> {
    let gradient = parameter.grad_remove(gradients).ok_or(Error::Burn("gradient"))?;
    gradient.into_data().try_to_vec().map_err(|_| Error::Burn("gradient of 32-bit floats"))
}
