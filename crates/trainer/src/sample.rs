use burn::tensor::Device;

use crate::{Error, Model, ModelConfig, Vocabulary, Weights, random::Random};

/// How tokens are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    /// 0 takes the likeliest.
    pub temperature: f64,
    /// Tokens less likely than this share of the likeliest are out.
    pub min_p: f64,
    /// Most tokens of an answer.
    pub tokens: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// An answer. Without a cache: every token costs a pass over all before it, which is fast enough to have a look.
///
/// # Errors
/// Those of the tokenizer and of [`Model`].
pub fn sample(
    config: &ModelConfig,
    weights: &Weights,
    vocabulary: &Vocabulary,
    prompt: &str,
    sampling: Sampling,
) -> Result<String, Error> {
    let model = Model::new(config, weights, &Device::flex())?;
    let mut random = Random::new(sampling.seed, 3);
    let mut tokens = vocabulary.ask(None, prompt)?;
    let asked = tokens.len();
    while tokens.len() < config.context && tokens.len() < asked + sampling.tokens {
        let token = draw(&model.next(&tokens)?, sampling, &mut random);
        if token == 0 {
            break;
        }
        tokens.push(token);
    }
    vocabulary.decode(&tokens[asked..])
}

fn draw(logits: &[f32], sampling: Sampling, random: &mut Random) -> u32 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // Nearly greedy stands for greedy: the likeliest token alone keeps a weight.
    let temperature = sampling.temperature.max(1e-6);
    let weights: Vec<f64> = logits
        .iter()
        .map(|logit| (f64::from(logit - highest) / temperature).exp())
        .map(|weight| if weight < sampling.min_p { 0.0 } else { weight })
        .collect();
    let mut left = random.unit() * weights.iter().sum::<f64>();
    let chosen = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    chosen.unwrap_or(0) as u32
}
