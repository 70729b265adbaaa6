//! Between text and tokens: tokenizer and chat template, both from the model's own files.

mod chat;
mod tokenizer;

pub use chat::ChatError;
pub(crate) use tokenizer::TextTokenizer;
pub use tokenizer::TokenizerError;
