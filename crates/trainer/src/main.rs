//! The command line of the trainer.

use std::{io::Write as _, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use plaudit_trainer::{Corpus, Error, ModelConfig, Paths, Recipe, Sampling, collect, load, sample, train};

#[derive(Parser)]
#[command(name = "plaudit-trainer", about = "Trains the language model `tiny` from the text in this repository")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains `tiny`, or goes on where a stopped run left off, and writes the model's folder.
    Tiny(Tiny),
    /// Lets a trained model answer.
    Sample(Sample),
    /// Filters raw answers into the compressed corpus.
    Corpus {
        /// Files of `xtask/scripts/tiny-corpus/generate.py`.
        #[arg(required = true)]
        raw: Vec<PathBuf>,
        /// Where to.
        #[arg(long, default_value = "crates/trainer/corpus/tiny.jsonl.gz")]
        out: PathBuf,
    },
}

#[derive(clap::Args)]
struct Tiny {
    /// Updates of the weights.
    #[arg(long, default_value_t = Recipe::tiny().steps)]
    steps: usize,
    /// Seeds everything that is random.
    #[arg(long, default_value_t = Recipe::tiny().seed)]
    seed: u64,
    /// The model's folder.
    #[arg(long, default_value = "public/models/tiny")]
    out: PathBuf,
    /// The folder of the checkpoint; a run goes on from what it finds there. Delete it to begin anew.
    #[arg(long, default_value = "target/training/tiny")]
    checkpoint_dir: PathBuf,
    /// The compressed corpus.
    #[arg(long, default_value = "crates/trainer/corpus/tiny.jsonl.gz")]
    corpus: PathBuf,
    /// Stop after this many hours; the next run goes on.
    #[arg(long)]
    hours: Option<f64>,
}

#[derive(clap::Args)]
struct Sample {
    /// The prompt.
    #[arg(required = true)]
    prompts: Vec<String>,
    /// The model's folder.
    #[arg(long, default_value = "public/models/tiny")]
    model: PathBuf,
    /// 0 takes the likeliest token.
    #[arg(long, default_value_t = 0.7)]
    temperature: f64,
    /// Tokens less likely than this share of the likeliest are out.
    #[arg(long, default_value_t = 0.05)]
    min_p: f64,
    /// Most tokens of an answer.
    #[arg(long, default_value_t = 120)]
    tokens: usize,
    /// Seed of the draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut source: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = source {
                eprintln!("{error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Tiny(options) => {
            let recipe = Recipe { steps: options.steps, seed: options.seed, ..Recipe::tiny() };
            let corpus = Corpus::read(&options.corpus)?;
            let paths = Paths { out: options.out, checkpoint: options.checkpoint_dir };
            let limit = options.hours.map(|hours| Duration::from_secs_f64(hours.max(0.0) * 3600.0));
            let progress = train(&recipe, ModelConfig::tiny, &corpus, &paths, limit)?;
            say(&format!("step {} of {}; the model is in {}", progress.step, recipe.steps, paths.out.display()))
        }
        Command::Sample(options) => {
            let (config, weights, vocabulary) = load(&options.model)?;
            let Sample { temperature, min_p, tokens, seed, .. } = options;
            options.prompts.iter().try_for_each(|prompt| {
                let sampling = Sampling { temperature, min_p, tokens, seed };
                say(&format!("> {prompt}\n{}\n", sample(&config, &weights, &vocabulary, prompt, sampling)?))
            })
        }
        Command::Corpus { raw, out } => {
            let (read, kept) = collect(&raw, &out)?;
            say(&format!("{read} answers read, {kept} kept in {}", out.display()))
        }
    }
}

fn say(line: &str) -> Result<(), Error> {
    writeln!(std::io::stdout(), "{line}").map_err(|source| Error::Io { path: PathBuf::from("standard output"), source })
}
