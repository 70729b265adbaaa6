//! Small language models on burn, native and in the browser from the same code.
//!
//! A [`TextModel`] is made from files ([`ModelFiles`]): a Llama-architecture decoder, the tokenizer and the chat template
//! that belong to it. [`TextModel::start`] takes a [`Request`] (prompt, system prompt, sampler, seed) and gives a
//! [`Generation`], which makes one [`Step`] at a time. [`TextModel::replay`] runs over somebody else's tokens and tells
//! whether this model, with these settings and this seed, could have made them. [`TextModel::score`] tells how likely the
//! model finds a text that is there already, and [`TextModel::next_token_probabilities`] how it would answer a question with
//! few answers, without writing anything.
//!
//! A [`picture::PictureModel`] draws instead of writing.
//!
//! An [`Embedder`] gives a text a vector: prompts and answers that mean the same point the same way.
//!
//! The device is chosen at run time ([`device`]). On the processor quantised weights stay quantised ([`quantised`]); on
//! WebGPU they are widened to `f32`.
//!
//! *Architecture invariant.* This crate knows nothing of arenas, battles or votes. It reads no clock and no network, and
//! all randomness comes from a request's seed.

mod bert;
mod decoder;
pub mod device;
mod digest;
mod files;
mod generate;
mod llama;
pub mod picture;
pub mod quantised;
mod replay;
pub mod sampling;
mod score;
mod sentence;
mod text;
mod text_model;
mod weights;

pub use digest::sha256_hex;
pub use files::{ModelFiles, ReadError};
pub use generate::{Conversation, GenerateError, Generation, PromptError, Request, Step};
pub use replay::{Replay, ReplayError, TOLERANCE};
pub use score::{AnswerScore, Candidates, ScoreError, TokenScore};
pub use sentence::{EMBEDDING_WIDTH, EmbedError, Embedder, Embedding, MOST_TOKENS, cosine};
pub use text::{ChatError, TokenizerError};
pub use text_model::{LoadError, TextModel};
pub use weights::{GgufError, WeightsError};
