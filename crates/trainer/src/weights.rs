use crate::{Error, ModelConfig, random::Random};

/// One tensor of the model, under Hugging Face's name.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// For instance `model.layers.0.self_attn.q_proj.weight`.
    pub name: String,
    /// `[width]` of a norm, `[out, in]` of a matrix.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
}

/// All weights, on the host, in the order in which [`crate::Model`] wants them.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights(pub Vec<Parameter>);

/// Standard deviation of new matrices.
const SPREAD: f64 = 0.02;

impl Weights {
    /// New weights of this seed: norms 1, matrices normal, those that write into the residual stream smaller by the
    /// root of their number (as GPT-2 has it).
    pub fn new(config: &ModelConfig, seed: u64) -> Self {
        let mut random = Random::new(seed, 0);
        let residual = SPREAD / (2.0 * config.layers as f64).sqrt();
        Self(
            shapes(config)
                .into_iter()
                .map(|(name, shape)| {
                    let count = shape.iter().product();
                    let spread = if name.contains("o_proj") || name.contains("down_proj") { residual } else { SPREAD };
                    let values = if shape.len() == 1 {
                        vec![1.0; count]
                    } else {
                        (0..count).map(|_| (random.normal() * spread) as f32).collect()
                    };
                    Parameter { name, shape, values }
                })
                .collect(),
        )
    }

    /// Weights of this shape, each tensor from `read`.
    ///
    /// # Errors
    /// Those of `read`, and [`Error::Shape`] where it gives another number of values.
    pub fn from(
        config: &ModelConfig,
        mut read: impl FnMut(&str, &[usize]) -> Result<Vec<f32>, Error>,
    ) -> Result<Self, Error> {
        let parameters = shapes(config).into_iter().map(|(name, shape)| {
            let values = read(&name, &shape)?;
            if values.len() == shape.iter().product::<usize>() {
                Ok(Parameter { name, shape, values })
            } else {
                Err(Error::Shape(name))
            }
        });
        Ok(Self(parameters.collect::<Result<_, Error>>()?))
    }

    /// Number of parameters.
    pub fn count(&self) -> usize {
        self.0.iter().map(|parameter| parameter.values.len()).sum()
    }
}

/// Names and shapes of all tensors, in order.
fn shapes(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let (width, wide) = (config.width, config.feed_forward);
    let (queries, keys) = (config.heads * config.head_width, config.key_value_heads * config.head_width);
    let mut all = vec![("model.embed_tokens.weight".to_owned(), vec![config.vocabulary, width])];
    for layer in 0..config.layers {
        let parts: [(&str, Vec<usize>); 9] = [
            ("input_layernorm", vec![width]),
            ("self_attn.q_proj", vec![queries, width]),
            ("self_attn.k_proj", vec![keys, width]),
            ("self_attn.v_proj", vec![keys, width]),
            ("self_attn.o_proj", vec![width, queries]),
            ("post_attention_layernorm", vec![width]),
            ("mlp.gate_proj", vec![wide, width]),
            ("mlp.up_proj", vec![wide, width]),
            ("mlp.down_proj", vec![width, wide]),
        ];
        all.extend(parts.map(|(part, shape)| (format!("model.layers.{layer}.{part}.weight"), shape)));
    }
    all.push(("model.norm.weight".to_owned(), vec![width]));
    all
}
