//! Trains the language model `tiny`: a small Llama, from the text in this crate, on the CPU.
//!
//! `main.rs` is the command line. The weights live on the host ([`Weights`]); burn computes losses and gradients
//! ([`Model`]), [`Optimiser`] applies them. Everything that is random comes from one seed, and a [`Checkpoint`] holds
//! all that a run needs to go on as if it had never stopped.

mod batch;
mod checkpoint;
mod config;
mod corpus;
mod error;
mod export;
mod filter;
mod model;
mod optimise;
mod plot;
mod random;
mod sample;
mod tokenizer;
mod train;
mod weights;

pub use batch::{Batch, Order, Position};
pub use checkpoint::{Checkpoint, Progress, Reading};
pub use config::{ModelConfig, Recipe};
pub use corpus::{Corpus, Document, collect};
pub use error::Error;
pub use export::{Export, load, self_check};
pub use filter::tidy;
pub use model::Model;
pub use optimise::Optimiser;
pub use plot::loss_plot;
pub use sample::{Sampling, sample};
pub use tokenizer::{SPECIAL, Vocabulary};
pub use train::{Paths, train};
pub use weights::{Parameter, Weights};
