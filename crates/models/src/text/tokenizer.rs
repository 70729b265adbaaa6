use tokenizers::{
    AddedToken, Model, Normalizer, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer,
    decoders::byte_level::ByteLevel as ByteLevelDecoder,
    models::bpe::BPE,
    normalizer::NormalizedString,
    pre_tokenizers::{PreTokenizerWrapper, byte_level::ByteLevel, digits::Digits, sequence::Sequence},
};

use super::chat::{ChatError, ChatTemplate, Piece};
use crate::weights::{Gguf, GgufError};

/// Why a tokenizer cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// safetensors weights come without one.
    #[error("the model needs {0} beside its weights")]
    NoFile(&'static str),
    /// A file is damaged.
    #[error("{file} cannot be read: {reason}")]
    File {
        /// Which.
        file: &'static str,
        /// Why.
        reason: String,
    },
    /// The GGUF file lacks what a tokenizer is made of.
    #[error("the GGUF file's tokenizer cannot be used: {0}")]
    Gguf(#[from] GgufError),
    /// A kind of tokenizer that is not known.
    #[error("the tokenizer is of the kind {0:?}; byte-level BPE (gpt-2, smollm) is known")]
    Kind(String),
    /// The chat template.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// There is no token that ends an answer.
    #[error("the model names no token that ends an answer")]
    NoEnd,
}

/// A tokenizer with the chat template that belongs to it.
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    chat: ChatTemplate,
    bos_token: String,
    eos_token: String,
    /// Tokens that end an answer.
    ends: Vec<u32>,
}

fn file_error(file: &'static str) -> impl Fn(&dyn std::fmt::Display) -> TokenizerError {
    move |reason| TokenizerError::File { file, reason: reason.to_string() }
}

impl TextTokenizer {
    /// From what a GGUF file carries.
    pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<Self, TokenizerError> {
        let kind = gguf.text("tokenizer.ggml.model")?;
        if kind != "gpt2" {
            return Err(TokenizerError::Kind(kind.to_owned()));
        }
        let split = match gguf.text("tokenizer.ggml.pre").unwrap_or("default") {
            "smollm" => PreTokenizerWrapper::Sequence(Sequence::new(vec![
                PreTokenizerWrapper::Digits(Digits::new(true)),
                PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, true)),
            ])),
            "gpt-2" => PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, true)),
            other => return Err(TokenizerError::Kind(other.to_owned())),
        };
        let tokens = gguf.texts("tokenizer.ggml.tokens")?;
        let vocabulary: ahash::AHashMap<String, u32> =
            tokens.iter().zip(0..).map(|(token, id)| ((*token).to_owned(), id)).collect();
        let merges = gguf
            .texts("tokenizer.ggml.merges")?
            .into_iter()
            .map(|merge| merge.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned())))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| GgufError::Setting("tokenizer.ggml.merges".to_owned()))?;
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .build()
            .map_err(|error| file_error("the GGUF file's vocabulary")(&error))?;
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(split));
        tokenizer.with_decoder(Some(ByteLevelDecoder::default()));
        // llama.cpp's kinds of tokens: 3 controls, 4 is added by the user.
        let kinds = gguf.integers("tokenizer.ggml.token_type")?;
        let special = tokens.iter().zip(kinds).filter(|(_, kind)| matches!(kind, 3 | 4));
        let special: Vec<AddedToken> = special.map(|(token, _)| AddedToken::from((*token).to_owned(), true)).collect();
        tokenizer.add_special_tokens(special).map_err(|error| file_error("the GGUF file's special tokens")(&error))?;
        let token = |setting: &str| -> Option<String> {
            let id = usize::try_from(gguf.integer(setting).ok()?).ok()?;
            tokens.get(id).map(|token| (*token).to_owned())
        };
        let template = gguf.text("tokenizer.chat_template").map_err(|_| ChatError::Missing)?;
        Self::new(
            tokenizer,
            template,
            token("tokenizer.ggml.bos_token_id").unwrap_or_default(),
            token("tokenizer.ggml.eos_token_id").ok_or(TokenizerError::NoEnd)?,
        )
    }

    /// From Hugging Face's two files.
    pub(crate) fn from_files(tokenizer: Option<&[u8]>, config: Option<&[u8]>) -> Result<Self, TokenizerError> {
        let tokenizer = tokenizer.ok_or(TokenizerError::NoFile("tokenizer.json"))?;
        let config = config.ok_or(TokenizerError::NoFile("tokenizer_config.json"))?;
        let tokenizer = Tokenizer::from_bytes(tokenizer).map_err(|error| file_error("tokenizer.json")(&error))?;
        let config: serde_json::Value =
            serde_json::from_slice(config).map_err(|error| file_error("tokenizer_config.json")(&error))?;
        // A token is a text, or an object with its text as `content`.
        let token = |name: &str| {
            let value = &config[name];
            value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
        };
        let template = config["chat_template"].as_str().ok_or(ChatError::Missing)?;
        let eos_token = token("eos_token").ok_or(TokenizerError::NoEnd)?;
        Self::new(tokenizer, template, token("bos_token").unwrap_or_default(), eos_token)
    }

    fn new(tokenizer: Tokenizer, template: &str, bos_token: String, eos_token: String) -> Result<Self, TokenizerError> {
        let mut ends: Vec<u32> = tokenizer.token_to_id(&eos_token).into_iter().collect();
        ends.extend(tokenizer.token_to_id("<|endoftext|>"));
        if ends.is_empty() {
            return Err(TokenizerError::NoEnd);
        }
        Ok(Self { tokenizer, chat: ChatTemplate::new(template)?, bos_token, eos_token, ends })
    }

    /// Numbers of tokens: all are smaller.
    pub(crate) fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The tokens that end an answer.
    pub(crate) fn end_tokens(&self) -> &[u32] {
        &self.ends
    }

    /// Whether this token ends an answer.
    pub(crate) fn ends(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// The conversation up to where the model answers.
    pub(crate) fn conversation(&self, system: Option<&str>, prompt: &str) -> Result<Vec<u32>, TokenizerError> {
        let mut tokens = Vec::new();
        let mut result = Ok(());
        self.chat.visit(system, prompt, &self.bos_token, &self.eos_token, &mut |piece| {
            let encoded = match piece {
                Piece::Template(text) => self.template(text),
                Piece::Content(text) => self.content(text),
            };
            match encoded {
                Ok(encoded) => tokens.extend(encoded),
                Err(error) => result = Err(error),
            }
        })?;
        result.map(|()| tokens)
    }

    fn template(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| file_error("the tokenizer")(&error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// A person's text: past the vocabulary of special tokens, so that nobody can write one.
    pub(crate) fn content(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let error = |error: tokenizers::Error| file_error("the tokenizer")(&error);
        let mut normalized = NormalizedString::from(text);
        if let Some(normalizer) = self.tokenizer.get_normalizer() {
            normalizer.normalize(&mut normalized).map_err(error)?;
        }
        let mut pieces = PreTokenizedString::from(normalized);
        if let Some(split) = self.tokenizer.get_pre_tokenizer() {
            split.pre_tokenize(&mut pieces).map_err(error)?;
        }
        pieces.tokenize(|piece| self.tokenizer.get_model().tokenize(piece.get())).map_err(error)?;
        let encoding = pieces.into_encoding(None, 0, OffsetType::Byte).map_err(error)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, without special ones. An incomplete character at the end is `U+FFFD`.
    pub(crate) fn decode(&self, tokens: &[u32]) -> String {
        // Byte-level decoding has no way to fail; a token without a text has none.
        self.tokenizer.decode(tokens, true).unwrap_or_default()
    }
}
