//! Writes the `self_check` of a manifest, from weights on this machine's processor:
//! `cargo run --release -p plaudit-models --example self_check -- WEIGHTS.gguf`.

use plaudit_domain::{Sampler, SelfCheck};
use plaudit_models::{ModelFiles, Request, TextModel, device};

/// As many logits as tell one model from another.
const KEPT: usize = 12;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("a GGUF file, please")?;
    let model = TextModel::load(ModelFiles { weights: std::fs::read(path)?, ..ModelFiles::default() }, &device::cpu())?;
    let sampler = Sampler {
        temperature: None,
        top_k: None,
        top_p: None,
        min_p: None,
        repetition_penalty: None,
        max_tokens: None,
    };
    let request = Request { prompt: "Say hello to the world.".to_owned(), system_prompt: None, sampler, seed: 0 };
    let mut check = SelfCheck { prompt_tokens: model.prompt_tokens(&request)?, logits: Vec::new() };
    let logits = futures_lite::future::block_on(model.check_logits(&check))?;
    let mut largest: Vec<(u32, f32)> = (0..).zip(logits).collect();
    largest.sort_by(|left, right| right.1.total_cmp(&left.1));
    largest.truncate(KEPT);
    check.logits = largest;
    serde_json::to_writer_pretty(std::io::stdout(), &check)?;
    Ok(())
}
