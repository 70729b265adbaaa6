//! Trains the models that draw pictures from a caption, on the CPU, from two sets of emoji.
//!
//! `main.rs` is the command line. [`EmojiSet`] renders the emoji and holds a tenth of the concepts out. A [`Task`] is one thing
//! to train (captions, the image encoder, a generator); [`train`] runs any of them: the weights live on the host
//! ([`Parameters`]), the networks of `plaudit-models` compute losses and gradients on an autodiff device, [`Optimiser`] applies
//! them. Everything that is random comes from one seed and the step's number, and a [`Checkpoint`] holds all that a run needs
//! to go on as if it had never stopped.

mod captioning;
mod change;
mod checkpoint;
mod colour;
pub mod command;
mod consistency;
mod contrast;
mod denoising;
mod editing;
mod emoji;
mod error;
mod evaluate;
mod example;
mod export;
mod frechet;
mod indexed;
mod optimise;
mod parameters;
mod raster;
mod retrieval;
mod run;
mod sheet;
mod teacher;

pub use captioning::{CaptionTask, TextShare};
pub use change::{Change, ChangeKind, ChangeSource};
pub use checkpoint::{Checkpoint, Progress, Reading};
pub use colour::{COLOUR_WORDS, COLOURS, Colour, recoloured};
pub use consistency::{ConsistencyTask, Pair, Tuning};
pub use contrast::{ContrastTask, Pairs};
pub use denoising::{Denoising, DenoisingTask, NoisyShare, SHEET_CAPTIONS, statistics};
pub use editing::{EditTask, Editing, held_out_changes};
pub use emoji::{Emoji, EmojiSet, is_held_out};
pub use error::Error;
pub use evaluate::{Contestant, Measures, Quality};
pub use example::{Changes, Example, Examples, can_change_colour};
pub use export::{Export, half_precision, largest, training};
pub use frechet::frechet;
pub use indexed::gallery;
pub use optimise::{Optimiser, Recipe};
pub use parameters::{Fresh, Parameter, Parameters, Tape, read_parameters};
pub use raster::Raster;
pub use retrieval::{AMONG, Retrieval, retrieval};
pub use run::{Task, train};
pub use sheet::{write_picture, write_sheet};
pub use teacher::Lessons;
