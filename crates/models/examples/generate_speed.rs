//! How fast a model writes natively, one of the programs of `cargo xtask bench native`:
//! `cargo run --release -p plaudit-models --example generate_speed -- FOLDER AT_ONCE TOKENS RUNS`.
//!
//! AT_ONCE generations run side by side, each on a thread of its own, as `plaudit generate` runs them. Every run is a line:
//! what, tokens a second after the first of all of them together, milliseconds to the first token of the slowest.
// An example is there to print.
#![allow(clippy::print_stdout)]

use std::{error::Error, path::Path, thread, time::Instant};

use plaudit_domain::{ModelManifest, Sampler};
use plaudit_models::{ModelFiles, Request, TextModel, device};

/// With SmolLM2's template 40 tokens.
const PROMPT: &str = "Write a short story about a lonely lighthouse keeper.";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, at_once, tokens, runs] = arguments.as_slice() else { return Err("FOLDER AT_ONCE TOKENS RUNS".into()) };
    let (folder, at_once, tokens) = (Path::new(folder), at_once.parse::<usize>()?, tokens.parse::<u32>()?);
    let manifest = ModelManifest::from_json(&std::fs::read_to_string(folder.join("manifest.json"))?)?;
    let model = TextModel::load(ModelFiles::read(&manifest, folder)?, &device::cpu())?;
    for _ in 0..runs.parse::<u32>()? {
        let (rate, first) = run(&model, at_once, tokens)?;
        println!("plaudit-{at_once} {rate:.3} {:.1}", first * 1000.0);
    }
    Ok(())
}

/// Tokens a second, and seconds to the first token.
fn run(model: &TextModel, at_once: usize, tokens: u32) -> Result<(f64, f64), Box<dyn Error>> {
    let one = |seed| -> Result<(f64, f64), String> {
        let sampler = Sampler {
            temperature: Some(0.0),
            top_k: None,
            top_p: None,
            min_p: None,
            repetition_penalty: None,
            max_tokens: Some(tokens),
        };
        let request = Request { prompt: PROMPT.to_owned(), system_prompt: None, sampler, seed };
        let start = Instant::now();
        let mut generation = model.start(&request).map_err(|error| error.to_string())?;
        let (mut first, mut count) = (None, 0_u32);
        while generation.step_blocking().map_err(|error| error.to_string())?.is_some() {
            first.get_or_insert_with(|| start.elapsed().as_secs_f64());
            count += 1;
        }
        let first = first.ok_or("it wrote nothing")?;
        Ok((f64::from(count - 1) / (start.elapsed().as_secs_f64() - first), first))
    };
    let results = thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once as u64).map(|seed| scope.spawn(move || one(seed))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread broke".to_owned())?)
            .collect::<Result<Vec<_>, _>>()
    })?;
    let rate = results.iter().map(|(rate, _)| rate).sum();
    Ok((rate, results.iter().map(|(_, first)| *first).fold(0.0, f64::max)))
}
