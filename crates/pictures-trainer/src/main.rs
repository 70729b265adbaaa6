//! The command line of the pictures' trainer.

use std::{io::Write as _, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use plaudit_pictures_trainer::{Error, command};

#[derive(Parser)]
#[command(name = "plaudit-pictures-trainer", about = "Trains the models that draw pictures from a caption")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    places: Places,
}

/// Where things are.
#[derive(clap::Args)]
struct Places {
    /// The folder with the emoji's archives (cargo xtask models fetch emoji).
    #[arg(long, global = true, default_value = "data/pictures")]
    emoji: PathBuf,
    /// The folder of all-MiniLM-L6-v2, the captions' teacher (cargo xtask models fetch minilm).
    #[arg(long, global = true, default_value = "data/models/all-minilm-l6-v2")]
    teacher: PathBuf,
    /// The folder of checkpoints; a run goes on from what it finds there. Delete a model's to begin anew.
    #[arg(long, global = true, default_value = "target/training/pictures")]
    checkpoints: PathBuf,
    /// The folder of the models.
    #[arg(long, global = true, default_value = "public/models/pictures")]
    out: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the emoji, some changed as training changes them.
    Emoji,
    /// Distils the caption encoder.
    Captions(Run),
    /// Trains the picture side of emoji-CLIP.
    Clip(Run),
    /// Trains the diffusion model.
    Diffusion(Run),
    /// Trains the flow-matching model.
    Flow(Run),
    /// Tunes the diffusion model into a consistency model.
    Consistency(Run),
    /// Tunes the diffusion model into one that changes pictures as it is told.
    Edit(Run),
    /// Writes the pictures of the training set as a contestant of their own.
    Nearest,
    /// Writes the built-in arena of edits, without answers, as pictures and a manifest.
    Sources {
        /// Where they go.
        #[arg(long)]
        to: PathBuf,
    },
    /// Measures the ways to change pictures on changes of held-out emoji, and draws their sheet.
    EvaluateEdits {
        /// Changes of each kind.
        #[arg(long, default_value_t = 20)]
        each: usize,
        /// Where the sheet goes.
        #[arg(long, default_value = "docs/pictures")]
        sheets: PathBuf,
    },
    /// Measures every model on the held-out concepts, and draws its sheet.
    Evaluate {
        /// Pictures for each held-out caption.
        #[arg(long, default_value_t = 2)]
        seeds: u64,
        /// Most held-out emoji to draw; all if left out.
        #[arg(long, default_value_t = usize::MAX)]
        most: usize,
        /// Measure models that can be guided at each of these, separated by commas, instead of at their own.
        #[arg(long, value_delimiter = ',')]
        guidances: Vec<f32>,
        /// Where sheets go.
        #[arg(long, default_value = "docs/pictures")]
        sheets: PathBuf,
        /// Where the figures go as JSON.
        #[arg(long)]
        json: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Run {
    /// Updates of the weights; the recipe's own number if left out.
    #[arg(long)]
    steps: Option<usize>,
    /// Seeds everything that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stop after this many hours; the next run goes on.
    #[arg(long)]
    hours: Option<f64>,
    /// Steps between two looks.
    #[arg(long)]
    look_every: Option<usize>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
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

fn run(arguments: Arguments) -> Result<(), Error> {
    let Places { emoji, teacher, checkpoints, out } = arguments.places;
    let places = command::Places { emoji, teacher, checkpoints, out };
    let options = |run: Run| command::Options {
        steps: run.steps,
        seed: run.seed,
        limit: run.hours.map(|hours| Duration::from_secs_f64(hours.max(0.0) * 3600.0)),
        look_every: run.look_every,
    };
    let report = match arguments.command {
        Command::Emoji => command::emoji(&places)?,
        Command::Captions(run) => command::captions(&places, &options(run))?,
        Command::Clip(run) => command::clip(&places, &options(run))?,
        Command::Diffusion(run) => command::diffusion(&places, &options(run))?,
        Command::Flow(run) => command::flow(&places, &options(run))?,
        Command::Consistency(run) => command::consistency(&places, &options(run))?,
        Command::Edit(run) => command::edit(&places, &options(run))?,
        Command::Nearest => command::nearest(&places)?,
        Command::Sources { to } => command::sources(&places, &to)?,
        Command::EvaluateEdits { each, sheets } => command::evaluate_edits(&places, each, &sheets)?,
        Command::Evaluate { seeds, most, guidances, sheets, json } => {
            command::evaluate(&places, &command::Evaluation { seeds, most, guidances, sheets, json })?
        }
    };
    writeln!(std::io::stdout(), "{report}")
        .map_err(|source| Error::Io { path: PathBuf::from("standard output"), source })
}
