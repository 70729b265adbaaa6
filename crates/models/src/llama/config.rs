use serde::Deserialize;

use crate::weights::{Gguf, WeightsError};

/// Which elements of a head are rotated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RopePairs {
    /// `i` and `i + half`: Hugging Face's files.
    Halves,
    /// `2i` and `2i + 1`: GGUF, whose query and key rows are permuted for it.
    Neighbours,
}

/// The settings of a Llama model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LlamaConfig {
    pub(crate) vocabulary: usize,
    pub(crate) width: usize,
    pub(crate) feed_forward: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) key_value_heads: usize,
    pub(crate) head_width: usize,
    pub(crate) norm_epsilon: f64,
    pub(crate) rope_base: f64,
    pub(crate) rope_pairs: RopePairs,
    pub(crate) context: usize,
}

/// Settings larger than this are a damaged file's, and their products must not overflow.
const LARGEST: usize = 1 << 24;

/// Hugging Face's `config.json`, as far as it matters here.
#[derive(Deserialize)]
struct HuggingFace {
    #[serde(default)]
    model_type: Option<String>,
    #[serde(default)]
    architectures: Vec<String>,
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    rms_norm_eps: f64,
    #[serde(default = "default_rope_theta")]
    rope_theta: f64,
    #[serde(default)]
    rope_scaling: Option<serde_json::Value>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    max_position_embeddings: usize,
}

fn default_rope_theta() -> f64 {
    10_000.0
}

impl LlamaConfig {
    pub(crate) fn from_json(json: &serde_json::Value) -> Result<Self, WeightsError> {
        let config: HuggingFace = serde::Deserialize::deserialize(json)
            .map_err(|error: serde_json::Error| WeightsError::Config(error.to_string()))?;
        let named = config.model_type.or_else(|| config.architectures.first().cloned()).unwrap_or_default();
        if !matches!(named.as_str(), "llama" | "LlamaForCausalLM") {
            return Err(WeightsError::Architecture { found: named, known: "llama" });
        }
        // Variants that would be computed wrongly are refused, not ignored.
        let refused =
            |name, value: &dyn std::fmt::Display| Err(WeightsError::Setting { name, value: value.to_string() });
        if config.attention_bias {
            return refused("attention_bias", &true);
        }
        if config.mlp_bias {
            return refused("mlp_bias", &true);
        }
        if let Some(scaling) = config.rope_scaling {
            return refused("rope_scaling", &scaling);
        }
        Self {
            vocabulary: config.vocab_size,
            width: config.hidden_size,
            feed_forward: config.intermediate_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            key_value_heads: config.num_key_value_heads.unwrap_or(config.num_attention_heads),
            head_width: config
                .head_dim
                .unwrap_or(config.hidden_size.checked_div(config.num_attention_heads).unwrap_or_default()),
            norm_epsilon: config.rms_norm_eps,
            rope_base: config.rope_theta,
            rope_pairs: RopePairs::Halves,
            context: config.max_position_embeddings,
        }
        .checked()
    }

    pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<Self, WeightsError> {
        let architecture = gguf.text("general.architecture")?;
        if architecture != "llama" {
            return Err(WeightsError::Architecture { found: architecture.to_owned(), known: "llama" });
        }
        let integer = |name: &str| -> Result<usize, WeightsError> {
            Ok(usize::try_from(gguf.integer(name)?).unwrap_or(usize::MAX))
        };
        if gguf.get("llama.rope.scaling.type").is_some_and(|kind| *kind != crate::weights::Value::Text("none")) {
            return Err(WeightsError::Setting { name: "llama.rope.scaling.type", value: "set".to_owned() });
        }
        let (width, heads) = (integer("llama.embedding_length")?, integer("llama.attention.head_count")?);
        let head_width = match gguf.get("llama.attention.key_length") {
            Some(_) => integer("llama.attention.key_length")?,
            None => width.checked_div(heads).unwrap_or_default(),
        };
        let vocabulary = match gguf.get("llama.vocab_size") {
            Some(_) => integer("llama.vocab_size")?,
            None => gguf.texts("tokenizer.ggml.tokens")?.len(),
        };
        let rope_base = match gguf.get("llama.rope.freq_base") {
            Some(_) => gguf.float("llama.rope.freq_base")?,
            None => default_rope_theta(),
        };
        Self {
            vocabulary,
            width,
            feed_forward: integer("llama.feed_forward_length")?,
            layers: integer("llama.block_count")?,
            heads,
            key_value_heads: match gguf.get("llama.attention.head_count_kv") {
                Some(_) => integer("llama.attention.head_count_kv")?,
                None => heads,
            },
            head_width,
            norm_epsilon: gguf.float("llama.attention.layer_norm_rms_epsilon")?,
            rope_base,
            rope_pairs: RopePairs::Neighbours,
            context: integer("llama.context_length")?,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, WeightsError> {
        let sizes = [
            ("vocabulary size", self.vocabulary),
            ("width", self.width),
            ("feed-forward width", self.feed_forward),
            ("number of layers", self.layers),
            ("number of heads", self.heads),
            ("number of key-value heads", self.key_value_heads),
            ("head width", self.head_width),
            ("context length", self.context),
        ];
        for (name, size) in sizes {
            if size == 0 || size > LARGEST {
                return Err(WeightsError::Setting { name, value: size.to_string() });
            }
        }
        if !self.heads.is_multiple_of(self.key_value_heads) {
            return Err(WeightsError::Setting {
                name: "number of key-value heads",
                value: self.key_value_heads.to_string(),
            });
        }
        if !self.head_width.is_multiple_of(2) {
            return Err(WeightsError::Setting { name: "head width", value: self.head_width.to_string() });
        }
        if !(self.rope_base.is_finite() && self.rope_base > 1.0) {
            return Err(WeightsError::Setting {
                name: "base of the rotary positions",
                value: self.rope_base.to_string(),
            });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config() -> serde_json::Value {
        json!({
            "model_type": "llama", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "max_position_embeddings": 128,
        })
    }

    #[test]
    fn a_head_is_as_wide_as_its_share() {
        assert_eq!(LlamaConfig::from_json(&config()).unwrap().head_width, 8);
    }

    #[test]
    fn variants_that_would_be_computed_wrongly_are_refused() {
        for (name, value, expected) in [
            ("model_type", json!("qwen2"), "qwen2"),
            ("attention_bias", json!(true), "attention_bias"),
            ("rope_scaling", json!({"rope_type": "llama3"}), "rope_scaling"),
            ("num_key_value_heads", json!(3), "key-value heads"),
            ("num_attention_heads", json!(0), "heads"),
            ("hidden_size", json!(1_u64 << 40), "width"),
        ] {
            let mut changed = config();
            changed[name] = value;
            let error = LlamaConfig::from_json(&changed).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }
}
