use tokenizers::{PostProcessor, Tokenizer, TruncationDirection};

use crate::TokenizerError;

/// A text's tokens.
pub(super) struct Tokens {
    /// Those that are read, the two around a text included.
    pub(super) ids: Vec<u32>,
    /// How many were cut off behind them.
    pub(super) cut: u32,
}

/// Hugging Face's `tokenizer.json`, with our own limit instead of its cutting and padding.
pub(super) struct SentenceTokenizer {
    tokenizer: Tokenizer,
    /// Tokens of a text itself that are read.
    most: usize,
}

fn damaged(error: &dyn std::fmt::Display) -> TokenizerError {
    TokenizerError::File { file: "tokenizer.json", reason: error.to_string() }
}

impl SentenceTokenizer {
    pub(super) fn new(json: Option<&[u8]>, most_tokens: usize) -> Result<Self, TokenizerError> {
        let json = json.ok_or(TokenizerError::NoFile("tokenizer.json"))?;
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| damaged(&error))?;
        // Cutting here instead, since its own does not tell how much it cut.
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| damaged(&error))?;
        let added = tokenizer.get_post_processor().map_or(0, |processor| processor.added_tokens(false));
        Ok(Self { tokenizer, most: most_tokens.saturating_sub(added) })
    }

    pub(super) fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    pub(super) fn encode(&self, text: &str) -> Result<Tokens, TokenizerError> {
        let mut encoding = self.tokenizer.encode_fast(text, false).map_err(|error| damaged(&error))?;
        let cut = u32::try_from(encoding.len().saturating_sub(self.most)).unwrap_or(u32::MAX);
        encoding.truncate(self.most, 0, TruncationDirection::Right);
        let encoding = self.tokenizer.post_process(encoding, None, true).map_err(|error| damaged(&error))?;
        Ok(Tokens { ids: encoding.get_ids().to_vec(), cut })
    }
}
