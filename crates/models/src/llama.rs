//! The Llama architecture: RMSNorm, rotary positions, grouped-query attention, SwiGLU, an optionally tied head.
//!
//! Touvron et al. 2023, as Hugging Face's `LlamaForCausalLM` and llama.cpp's `llama` compute it.

mod attention;
mod cache;
mod config;
mod model;
mod rope;

pub(crate) use cache::Cache;
pub(crate) use config::{LlamaConfig, RopePairs};
pub(crate) use model::Llama;
