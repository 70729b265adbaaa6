use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The shape of a Llama decoder with tied embeddings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Tokens that exist.
    pub vocabulary: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Width inside the gated feed-forward part.
    pub feed_forward: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / key_value_heads` query heads.
    pub key_value_heads: usize,
    /// Width of a head.
    pub head_width: usize,
    /// Longest sequence.
    pub context: usize,
    /// Added to the mean square in RMSNorm.
    pub norm_epsilon: f64,
    /// Base of the rotary position embedding.
    pub rope_base: f64,
}

impl ModelConfig {
    /// The shape of `tiny`.
    pub fn tiny(vocabulary: usize) -> Self {
        Self {
            vocabulary,
            width: 128,
            feed_forward: 384,
            layers: 5,
            heads: 4,
            key_value_heads: 2,
            head_width: 32,
            context: 256,
            norm_epsilon: 1e-5,
            rope_base: 10_000.0,
        }
    }

    /// Hugging Face's `config.json`.
    pub fn hugging_face(&self, begin: u32, end: u32) -> Value {
        json!({
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "attention_bias": false,
            "mlp_bias": false,
            "hidden_act": "silu",
            "hidden_size": self.width,
            "intermediate_size": self.feed_forward,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "head_dim": self.head_width,
            "rms_norm_eps": self.norm_epsilon,
            "rope_theta": self.rope_base,
            "rope_scaling": null,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": self.context,
            "tie_word_embeddings": true,
            "bos_token_id": begin,
            "eos_token_id": end,
            "torch_dtype": "float16",
        })
    }

    /// Reads back what [`Self::hugging_face`] wrote.
    pub fn from_hugging_face(json: &Value) -> Option<Self> {
        let size = |key: &str| json[key].as_u64().and_then(|value| usize::try_from(value).ok());
        Some(Self {
            vocabulary: size("vocab_size")?,
            width: size("hidden_size")?,
            feed_forward: size("intermediate_size")?,
            layers: size("num_hidden_layers")?,
            heads: size("num_attention_heads")?,
            key_value_heads: size("num_key_value_heads")?,
            head_width: size("head_dim")?,
            context: size("max_position_embeddings")?,
            norm_epsilon: json["rms_norm_eps"].as_f64()?,
            rope_base: json["rope_theta"].as_f64()?,
        })
    }
}

/// How a model is trained. A checkpoint belongs to one recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Seeds the weights and the order of the documents.
    pub seed: u64,
    /// Updates of the weights.
    pub steps: usize,
    /// Rows of [`ModelConfig::context`] tokens in a step.
    pub rows: usize,
    /// Highest learning rate, reached after [`Self::warm_up`] steps; falls along a cosine to a twentieth.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises.
    pub warm_up: usize,
    /// AdamW's weight decay, on matrices alone.
    pub weight_decay: f32,
    /// Gradients longer than this, all parameters taken together, are shortened to it.
    pub clip: f32,
    /// Size of the vocabulary, special tokens included.
    pub vocabulary: usize,
    /// Steps between two looks at the held-out documents.
    pub look_every: usize,
}

impl Recipe {
    /// The recipe that made the weights in `public/models/tiny`.
    pub fn tiny() -> Self {
        Self {
            seed: 1,
            steps: 3500,
            rows: 8,
            learning_rate: 3e-3,
            warm_up: 100,
            weight_decay: 0.1,
            clip: 1.0,
            vocabulary: 2048,
            look_every: 100,
        }
    }

    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.learning_rate * (step + 1) as f64 / self.warm_up as f64;
        }
        let way = (step - self.warm_up) as f64 / (self.steps.saturating_sub(self.warm_up)).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * way.min(1.0)).cos());
        self.learning_rate * (0.05 + 0.95 * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls_to_a_twentieth() {
        let recipe = Recipe::tiny();
        assert!(recipe.rate(0) < recipe.rate(recipe.warm_up - 1));
        assert!((recipe.rate(recipe.warm_up) - recipe.learning_rate).abs() < 1e-12);
        assert!((recipe.rate(recipe.steps) - recipe.learning_rate / 20.0).abs() < 1e-12);
    }

    #[test]
    fn hugging_face_s_configuration_reads_back() {
        let config = ModelConfig::tiny(2048);
        assert_eq!(ModelConfig::from_hugging_face(&config.hugging_face(0, 1)), Some(config));
    }
}
