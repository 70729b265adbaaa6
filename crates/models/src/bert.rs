//! The BERT encoder: learned positions, post-normalised layers of full attention, GELU.
//!
//! Devlin et al. 2019 (<https://arxiv.org/abs/1810.04805>), as Hugging Face's `BertModel` computes it without its pooler.

mod config;
mod layers;
mod model;

pub(crate) use config::BertConfig;
pub(crate) use model::Bert;
