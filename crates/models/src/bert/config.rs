use serde::Deserialize;

use crate::weights::WeightsError;

/// The settings of a BERT encoder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BertConfig {
    pub(crate) vocabulary: usize,
    pub(crate) width: usize,
    pub(crate) feed_forward: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) norm_epsilon: f64,
    /// Positions that have an embedding.
    pub(crate) positions: usize,
}

/// Settings larger than this are a damaged file's, and their products must not overflow.
const LARGEST: usize = 1 << 20;

/// Hugging Face's `config.json`, as far as it matters here.
#[derive(Deserialize)]
struct HuggingFace {
    #[serde(default)]
    model_type: String,
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    layer_norm_eps: f64,
    max_position_embeddings: usize,
    hidden_act: String,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl BertConfig {
    pub(crate) fn from_json(json: &serde_json::Value) -> Result<Self, WeightsError> {
        let config: HuggingFace = serde::Deserialize::deserialize(json)
            .map_err(|error: serde_json::Error| WeightsError::Config(error.to_string()))?;
        if config.model_type != "bert" {
            return Err(WeightsError::Architecture { found: config.model_type, known: "bert" });
        }
        // Variants that would be computed wrongly are refused, not ignored.
        if config.hidden_act != "gelu" {
            return Err(WeightsError::Setting { name: "hidden_act", value: config.hidden_act });
        }
        if config.position_embedding_type != "absolute" {
            return Err(WeightsError::Setting {
                name: "position_embedding_type",
                value: config.position_embedding_type,
            });
        }
        let sizes = [
            ("vocabulary size", config.vocab_size),
            ("width", config.hidden_size),
            ("feed-forward width", config.intermediate_size),
            ("number of layers", config.num_hidden_layers),
            ("number of heads", config.num_attention_heads),
            ("number of positions", config.max_position_embeddings),
        ];
        for (name, size) in sizes {
            if size == 0 || size > LARGEST {
                return Err(WeightsError::Setting { name, value: size.to_string() });
            }
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(WeightsError::Setting {
                name: "number of heads",
                value: config.num_attention_heads.to_string(),
            });
        }
        Ok(Self {
            vocabulary: config.vocab_size,
            width: config.hidden_size,
            feed_forward: config.intermediate_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            norm_epsilon: config.layer_norm_eps,
            positions: config.max_position_embeddings,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variants_that_would_be_computed_wrongly_are_refused() {
        let config = json!({
            "model_type": "bert", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "layer_norm_eps": 1e-12, "max_position_embeddings": 128, "hidden_act": "gelu",
        });
        assert_eq!(BertConfig::from_json(&config).unwrap().heads, 4);
        for (name, value, expected) in [
            ("model_type", json!("llama"), "bert"),
            ("hidden_act", json!("gelu_new"), "hidden_act"),
            ("position_embedding_type", json!("relative_key"), "position_embedding_type"),
            ("num_attention_heads", json!(5), "heads"),
            ("num_hidden_layers", json!(0), "layers"),
            ("hidden_size", json!(1_u64 << 40), "width"),
        ] {
            let mut changed = config.clone();
            changed[name] = value;
            let error = BertConfig::from_json(&changed).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }
}
