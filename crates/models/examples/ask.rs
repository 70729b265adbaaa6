//! Asks a model in a folder and prints what it says, token by token, with its speed:
//! `cargo run --release -p plaudit-models --example ask -- FOLDER PROMPT [TEMPERATURE] [SEED]`.

use std::{io::Write, path::Path, time::Instant};

use plaudit_domain::{ModelManifest, Sampler};
use plaudit_models::{ModelFiles, Request, TextModel, device};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a model's folder, please")?;
    let prompt = arguments.next().ok_or("a prompt, please")?;
    let temperature = arguments.next().map_or(Ok(0.0), |text| text.parse())?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;

    let folder = Path::new(&folder);
    let started = Instant::now();
    let files = if folder.is_dir() {
        let manifest = ModelManifest::from_json(&std::fs::read_to_string(folder.join("manifest.json"))?)?;
        ModelFiles::read(&manifest, folder)?
    } else {
        ModelFiles { weights: std::fs::read(folder)?, ..ModelFiles::default() }
    };
    let model = TextModel::load(files, &device::cpu())?;
    eprintln!("loaded in {:?}, {} bytes of weights", started.elapsed(), model.weights_bytes());
    let sampler = Sampler {
        temperature: Some(temperature),
        top_k: None,
        top_p: None,
        min_p: None,
        repetition_penalty: None,
        max_tokens: Some(128),
    };
    let mut generation = model.start(&Request { prompt, system_prompt: None, sampler, seed })?;
    let started = Instant::now();
    let mut first = None;
    let mut output = std::io::stdout();
    while let Some(step) = generation.step_blocking()? {
        first.get_or_insert_with(|| started.elapsed());
        write!(output, "{}", step.text)?;
        output.flush()?;
    }
    writeln!(output)?;
    let first = first.unwrap_or_default();
    let decoded = generation.tokens().len().saturating_sub(1);
    let seconds = started.elapsed().saturating_sub(first).as_secs_f64();
    eprintln!(
        "{} tokens of prompt, first token after {first:?}, then {:.1} tokens/s",
        generation.prompt_tokens(),
        decoded as f64 / seconds
    );
    Ok(())
}
