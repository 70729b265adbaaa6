//! Re-executes generations made elsewhere, one JSON object a line on standard input, as `tolerance.mjs` of
//! `xtask/scripts/bench-browser` writes them: how `TOLERANCE` was measured.
//! `cargo run --release -p plaudit-models --example replay -- FOLDER < GENERATIONS.jsonl`.

use std::{
    io::{BufRead, Write},
    path::Path,
};

use plaudit_domain::{ModelManifest, Sampler};
use plaudit_models::{ModelFiles, Request, TextModel, device};
use serde::Deserialize;

#[derive(Deserialize)]
struct Made {
    backend: String,
    prompt: String,
    sampler: Sampler,
    seed: u64,
    tokens: Vec<u32>,
    ended: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("a model's folder, please")?;
    let folder = Path::new(&folder);
    let manifest = ModelManifest::from_json(&std::fs::read_to_string(folder.join("manifest.json"))?)?;
    let model = TextModel::load(ModelFiles::read(&manifest, folder)?, &device::cpu())?;
    let mut output = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let made: Made = serde_json::from_str(&line?)?;
        let request = Request { prompt: made.prompt, system_prompt: None, sampler: made.sampler, seed: made.seed };
        let replay = model.replay_blocking(&request, &made.tokens, made.ended)?;
        writeln!(
            output,
            "{}: {} of {} steps the same, worst gap {:.2e}, {}",
            made.backend,
            replay.agreed,
            replay.steps,
            replay.worst_gap,
            if replay.is_plausible() { "plausible" } else { "REFUTED" }
        )?;
    }
    Ok(())
}
