use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData, activation::silu};

use super::{Cache, LlamaConfig, attention, rope::Rotation};
use crate::{
    decoder::{Linear, RmsNorm},
    weights::{Matrix, Part, Weights, WeightsError},
};

/// A Llama decoder.
pub(crate) struct Llama {
    config: LlamaConfig,
    /// On the host: rows are looked up there and only they travel to the device.
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
    device: Device,
}

/// The embedding, and the head where they are one.
enum Embedding {
    /// On the processor one matrix serves both.
    Shared(Linear),
    Apart {
        rows: Matrix,
        head: Linear,
    },
}

struct Layer {
    attention_norm: RmsNorm,
    attention: Linear,
    attention_output: Linear,
    feed_forward_norm: RmsNorm,
    gate_and_up: Linear,
    down: Linear,
}

impl Llama {
    pub(crate) fn load(weights: &Weights<'_>, device: &Device) -> Result<Self, WeightsError> {
        let config = weights.config()?;
        let (width, heads_width) = (config.width, config.heads * config.head_width);
        let shared_width = config.key_value_heads * config.head_width;
        let norm = |part| -> Result<RmsNorm, WeightsError> {
            Ok(RmsNorm::new(weights.get(part)?.vector(width)?, config.norm_epsilon, device))
        };
        let matrix = |part, rows, columns| -> Result<Matrix, WeightsError> { weights.get(part)?.matrix(rows, columns) };
        let layers = (0..config.layers)
            .map(|layer| {
                Ok(Layer {
                    attention_norm: norm(Part::AttentionNorm(layer))?,
                    attention: Linear::stacked(
                        vec![
                            matrix(Part::Query(layer), heads_width, width)?,
                            matrix(Part::Key(layer), shared_width, width)?,
                            matrix(Part::Value(layer), shared_width, width)?,
                        ],
                        device,
                    ),
                    attention_output: Linear::stacked(
                        vec![matrix(Part::AttentionOutput(layer), width, heads_width)?],
                        device,
                    ),
                    feed_forward_norm: norm(Part::FeedForwardNorm(layer))?,
                    gate_and_up: Linear::stacked(
                        vec![
                            matrix(Part::Gate(layer), config.feed_forward, width)?,
                            matrix(Part::Up(layer), config.feed_forward, width)?,
                        ],
                        device,
                    ),
                    down: Linear::stacked(vec![matrix(Part::Down(layer), width, config.feed_forward)?], device),
                })
            })
            .collect::<Result<_, WeightsError>>()?;
        let rows = matrix(Part::Embedding, config.vocabulary, width)?;
        let embedding = match weights.find(Part::Head)? {
            Some(head) => {
                Embedding::Apart { rows, head: Linear::stacked(vec![head.matrix(config.vocabulary, width)?], device) }
            }
            None => match Linear::on_host(rows, device) {
                Ok(shared) => Embedding::Shared(shared),
                Err(rows) => Embedding::Apart { head: Linear::copied(&rows, device), rows },
            },
        };
        Ok(Self { norm: norm(Part::FinalNorm)?, layers, embedding, config, device: device.clone() })
    }

    pub(crate) fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Bytes of weights held, on the host and on the device.
    pub(crate) fn bytes(&self) -> u64 {
        let embedding = match &self.embedding {
            Embedding::Shared(linear) => linear.bytes(),
            Embedding::Apart { rows, head } => rows.bytes() as u64 + head.bytes(),
        };
        let layer = |layer: &Layer| {
            let norms = layer.attention_norm.bytes() + layer.feed_forward_norm.bytes();
            let linears = [&layer.attention, &layer.attention_output, &layer.gate_and_up, &layer.down];
            norms + linears.iter().map(|linear| linear.bytes()).sum::<u64>()
        };
        embedding + self.norm.bytes() + self.layers.iter().map(layer).sum::<u64>()
    }

    fn embed(&self, tokens: &[u32]) -> Tensor<2> {
        let width = self.config.width;
        let mut values = Vec::with_capacity(tokens.len() * width);
        for token in tokens {
            values.extend(match &self.embedding {
                Embedding::Shared(linear) => linear.row(*token as usize),
                Embedding::Apart { rows, .. } => rows.row(*token as usize),
            });
        }
        Tensor::from_data(TensorData::new(values, [tokens.len(), width]), &self.device)
    }

    /// Runs new tokens behind those in the cache. Logits `[last, vocabulary]` of the last `last` of them.
    ///
    /// Every token has to be in the vocabulary, and there has to be at least one.
    pub(crate) fn forward(&self, tokens: &[u32], cache: &mut Cache, last: usize) -> Tensor<2> {
        let count = tokens.len();
        self.head(self.states(tokens, cache), count - last..count)
    }

    /// Runs new tokens behind those in the cache. Their last states `[tokens, width]`, which [`Llama::head`] reads.
    ///
    /// Every token has to be in the vocabulary, and there has to be at least one.
    pub(crate) fn states(&self, tokens: &[u32], cache: &mut Cache) -> Tensor<2> {
        let count = tokens.len();
        let rotation = Rotation::new(&self.config, cache.length(), count, &self.device);
        let mask = attention::causal_mask(cache.length(), count, &self.device);
        let mut state = self.embed(tokens);
        for (index, layer) in self.layers.iter().enumerate() {
            let projected = layer.attention.apply(layer.attention_norm.apply(state.clone()));
            let mixed = attention::attend(&self.config, projected, &rotation, mask.as_ref(), cache, index);
            state = state + layer.attention_output.apply(mixed);

            let gate_and_up = layer.gate_and_up.apply(layer.feed_forward_norm.apply(state.clone()));
            let feed_forward = self.config.feed_forward;
            let gate = gate_and_up.clone().slice([0..count, 0..feed_forward]);
            let up = gate_and_up.slice([0..count, feed_forward..2 * feed_forward]);
            state = state + layer.down.apply(silu(gate) * up);
        }
        cache.advance(count);
        state
    }

    /// Logits `[rows, vocabulary]` of some rows of [`Llama::states`].
    pub(crate) fn head(&self, states: Tensor<2>, rows: Range<usize>) -> Tensor<2> {
        let state = self.norm.apply(states.slice([rows, 0..self.config.width]));
        match &self.embedding {
            Embedding::Shared(linear) => linear.apply(state),
            Embedding::Apart { head, .. } => head.apply(state),
        }
    }
}
