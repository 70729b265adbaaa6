use safetensors::{Dtype, SafeTensors};

use super::{Number, Part, Stored, WeightsError};

/// An opened safetensors file with its configuration.
pub(crate) struct Safetensors<'a> {
    tensors: SafeTensors<'a>,
    config: serde_json::Value,
}

impl<'a> Safetensors<'a> {
    pub(crate) fn open(bytes: &'a [u8], config: &[u8]) -> Result<Self, WeightsError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Safetensors(error.to_string()))?;
        let config = serde_json::from_slice(config).map_err(|error| WeightsError::Config(error.to_string()))?;
        Ok(Self { tensors, config })
    }

    pub(crate) fn config(&self) -> &serde_json::Value {
        &self.config
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Option<Stored<'a>>, WeightsError> {
        let Some(view) = self.tensors.iter().find_map(|(found, view)| (found == name).then_some(view)) else {
            return Ok(None);
        };
        let number = match view.dtype() {
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            other => {
                let reason = format!("numbers of the type {other:?} are not read; convert to F16 or F32");
                return Err(WeightsError::Damaged { name: name.to_owned(), reason });
            }
        };
        Ok(Some(Stored { name: name.to_owned(), shape: view.shape().to_vec(), number, bytes: view.data() }))
    }
}

/// Hugging Face's names.
pub(super) fn name(part: Part) -> String {
    let layer = |layer: usize, rest: &str| format!("model.layers.{layer}.{rest}.weight");
    match part {
        Part::Embedding => "model.embed_tokens.weight".to_owned(),
        Part::FinalNorm => "model.norm.weight".to_owned(),
        Part::Head => "lm_head.weight".to_owned(),
        Part::AttentionNorm(index) => layer(index, "input_layernorm"),
        Part::Query(index) => layer(index, "self_attn.q_proj"),
        Part::Key(index) => layer(index, "self_attn.k_proj"),
        Part::Value(index) => layer(index, "self_attn.v_proj"),
        Part::AttentionOutput(index) => layer(index, "self_attn.o_proj"),
        Part::FeedForwardNorm(index) => layer(index, "post_attention_layernorm"),
        Part::Gate(index) => layer(index, "mlp.gate_proj"),
        Part::Up(index) => layer(index, "mlp.up_proj"),
        Part::Down(index) => layer(index, "mlp.down_proj"),
    }
}
