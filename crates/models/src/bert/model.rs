use burn::tensor::{
    Device, Tensor, TensorData,
    activation::{gelu, softmax},
};

use super::{
    BertConfig,
    layers::{Affine, LayerNorm, rows_of},
};
use crate::weights::{Safetensors, WeightsError};

/// A BERT encoder.
pub(crate) struct Bert {
    config: BertConfig,
    /// On the host: rows are looked up there and only they travel to the device. `[vocabulary, width]`.
    words: Vec<f32>,
    /// What stands at each position before the word is added: its own embedding and that of the first segment.
    places: Vec<f32>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    device: Device,
}

struct Layer {
    attention: Affine,
    attention_output: Affine,
    attention_norm: LayerNorm,
    up: Affine,
    down: Affine,
    norm: LayerNorm,
}

/// The sizes of a padded batch.
#[derive(Clone, Copy)]
struct Shape {
    texts: usize,
    positions: usize,
}

impl Bert {
    pub(crate) fn load(weights: &Safetensors<'_>, device: &Device) -> Result<Self, WeightsError> {
        let config = BertConfig::from_json(weights.config())?;
        let (width, epsilon) = (config.width, config.norm_epsilon);
        let norm = |name: &str| LayerNorm::load(weights, name, width, epsilon, device);
        let words = rows_of(weights, "embeddings.word_embeddings.weight", config.vocabulary, width)?;
        let mut places = rows_of(weights, "embeddings.position_embeddings.weight", config.positions, width)?;
        // One text at a time, so every word is of the first of the two segments that BERT knows.
        let segments = rows_of(weights, "embeddings.token_type_embeddings.weight", 2, width)?;
        for place in places.chunks_exact_mut(width) {
            place.iter_mut().zip(&segments).for_each(|(value, segment)| *value += segment);
        }
        let layers = (0..config.layers)
            .map(|layer| {
                let name = |rest: &str| format!("encoder.layer.{layer}.{rest}");
                let affine = |names: &[String], inputs, outputs| Affine::load(weights, names, inputs, outputs, device);
                let projections = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
                Ok(Layer {
                    attention: affine(&projections, width, width)?,
                    attention_output: affine(&[name("attention.output.dense")], width, width)?,
                    attention_norm: norm(&name("attention.output.LayerNorm"))?,
                    up: affine(&[name("intermediate.dense")], width, config.feed_forward)?,
                    down: affine(&[name("output.dense")], config.feed_forward, width)?,
                    norm: norm(&name("output.LayerNorm"))?,
                })
            })
            .collect::<Result<_, WeightsError>>()?;
        Ok(Self { norm: norm("embeddings.LayerNorm")?, words, places, layers, config, device: device.clone() })
    }

    /// Bytes of weights held, in this process and on the device.
    pub(crate) fn bytes(&self) -> u64 {
        let rows = (self.words.len() + self.places.len()) * size_of::<f32>();
        let layers = self.layers.iter().map(|layer| {
            let Layer { attention, attention_output, attention_norm, up, down, norm } = layer;
            let matrices = [attention, attention_output, up, down].map(Affine::bytes).iter().sum::<u64>();
            matrices + attention_norm.bytes() + norm.bytes()
        });
        rows as u64 + self.norm.bytes() + layers.sum::<u64>()
    }

    pub(crate) fn config(&self) -> &BertConfig {
        &self.config
    }

    /// The mean of each text's last hidden states, `[texts, width]`.
    ///
    /// Every text has at least one token and no more than there are positions, and every token is in the vocabulary.
    pub(crate) fn pooled(&self, texts: &[&[u32]]) -> Tensor<2> {
        let positions = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let shape = Shape { texts: texts.len(), positions };
        let mask = self.mask(texts, shape);
        let mut state = self.norm.apply(self.embed(texts, shape));
        for layer in &self.layers {
            let attended = self.attend(layer.attention.apply(state.clone()), &mask, shape);
            state = layer.attention_norm.apply(state + layer.attention_output.apply(attended));
            let wide = gelu(layer.up.apply(state.clone()));
            state = layer.norm.apply(state + layer.down.apply(wide));
        }
        self.mean(state, texts, shape)
    }

    /// `[texts · positions, width]`; padding is zeros, which nothing looks at.
    fn embed(&self, texts: &[&[u32]], shape: Shape) -> Tensor<2> {
        let width = self.config.width;
        let mut values = vec![0.0; shape.texts * shape.positions * width];
        for (text, rows) in texts.iter().zip(values.chunks_exact_mut(shape.positions * width)) {
            let places = self.places.chunks_exact(width);
            for ((token, row), place) in text.iter().zip(rows.chunks_exact_mut(width)).zip(places) {
                let word = &self.words[*token as usize * width..(*token as usize + 1) * width];
                row.iter_mut().zip(word.iter().zip(place)).for_each(|(value, (word, place))| *value = word + place);
            }
        }
        Tensor::from_data(TensorData::new(values, [shape.texts * shape.positions, width]), &self.device)
    }

    /// What keeps padding from being looked at: `[texts, 1, 1, positions]`, 0 or −∞.
    fn mask(&self, texts: &[&[u32]], shape: Shape) -> Tensor<4> {
        let mut values = vec![f32::NEG_INFINITY; shape.texts * shape.positions];
        for (text, row) in texts.iter().zip(values.chunks_exact_mut(shape.positions)) {
            row[..text.len()].fill(0.0);
        }
        Tensor::from_data(TensorData::new(values, [shape.texts, 1, 1, shape.positions]), &self.device)
    }

    /// Attention of every position over its whole text; `projected` is `[texts · positions, query ‖ key ‖ value]`.
    fn attend(&self, projected: Tensor<2>, mask: &Tensor<4>, shape: Shape) -> Tensor<2> {
        let Shape { texts, positions } = shape;
        let (heads, width) = (self.config.heads, self.config.width);
        let head_width = width / heads;
        let part = |index: usize| -> Tensor<4> {
            projected
                .clone()
                .slice([0..texts * positions, index * width..(index + 1) * width])
                .reshape([texts, positions, heads, head_width])
                .swap_dims(1, 2)
        };
        let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (head_width as f32).sqrt();
        let mixed = softmax(scores + mask.clone(), 3).matmul(part(2));
        mixed.swap_dims(1, 2).reshape([texts * positions, width])
    }

    /// The mean over each text's own positions.
    fn mean(&self, state: Tensor<2>, texts: &[&[u32]], shape: Shape) -> Tensor<2> {
        let mut values = vec![0.0; shape.texts * shape.positions];
        for (text, row) in texts.iter().zip(values.chunks_exact_mut(shape.positions)) {
            row[..text.len()].fill(1.0 / text.len() as f32);
        }
        let shares: Tensor<3> =
            Tensor::from_data(TensorData::new(values, [shape.texts, 1, shape.positions]), &self.device);
        let state: Tensor<3> = state.reshape([shape.texts, shape.positions, self.config.width]);
        shares.matmul(state).reshape([shape.texts, self.config.width])
    }
}
