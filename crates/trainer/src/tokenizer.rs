use std::path::Path;

use serde_json::{Value, json};
use tokenizers::{
    AddedToken, Model as _, Tokenizer,
    decoders::DecoderWrapper,
    models::{ModelWrapper, TrainerWrapper, bpe},
    pre_tokenizers::{PreTokenizerWrapper, byte_level::ByteLevel},
};

use crate::Error;

/// The special tokens, in the order of their ids: end, system, user, assistant.
pub const SPECIAL: [&str; 4] = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];

/// A system message, when there is one, then the turns, then the word to the assistant. A turn of the assistant ends
/// with the token that ends an answer.
const CHAT_TEMPLATE: &str = "{% for message in messages %}\
    {% if message['role'] == 'system' %}{{ '<|system|>' + message['content'] }}\
    {% elif message['role'] == 'user' %}{{ '<|user|>' + message['content'] }}\
    {% else %}{{ '<|assistant|>' + message['content'] + eos_token }}{% endif %}\
    {% endfor %}\
    {% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/// A byte-level BPE tokenizer with our special tokens.
pub struct Vocabulary {
    tokenizer: Tokenizer,
}

impl Vocabulary {
    /// Learns the merges from these texts.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn learn<'a>(texts: impl Iterator<Item = &'a str> + Send, size: usize) -> Result<Self, Error> {
        let bytes = ByteLevel::new(false, true, true);
        let mut tokenizer = Tokenizer::new(ModelWrapper::BPE(bpe::BPE::default()));
        tokenizer
            .with_pre_tokenizer(Some(PreTokenizerWrapper::ByteLevel(bytes)))
            .with_decoder(Some(DecoderWrapper::ByteLevel(bytes)));
        let trainer = bpe::BpeTrainer::builder()
            .vocab_size(size)
            .min_frequency(2)
            .show_progress(false)
            .special_tokens(SPECIAL.map(|token| AddedToken::from(token, true)).to_vec())
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        tokenizer.train(&mut TrainerWrapper::BpeTrainer(trainer), texts).map_err(Error::Tokenizer)?;
        Ok(Self { tokenizer })
    }

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        Ok(Self { tokenizer: Tokenizer::from_file(path).map_err(Error::Tokenizer)? })
    }

    /// The content of `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn to_json(&self) -> Result<String, Error> {
        self.tokenizer.to_string(false).map_err(Error::Tokenizer)
    }

    /// The content of `tokenizer_config.json`.
    pub fn configuration(context: usize) -> Value {
        json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": null,
            "eos_token": SPECIAL[0],
            "pad_token": SPECIAL[0],
            "model_max_length": context,
            "clean_up_tokenization_spaces": false,
            "chat_template": CHAT_TEMPLATE,
        })
    }

    /// Number of tokens, special ones included.
    pub fn size(&self) -> usize {
        self.tokenizer.get_model().get_vocab_size()
    }

    /// Ids of a text; special tokens are recognised.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        Ok(self.tokenizer.encode_fast(text, false).map_err(Error::Tokenizer)?.get_ids().to_vec())
    }

    /// The text of these ids, without special tokens.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        self.tokenizer.decode(ids, true).map_err(Error::Tokenizer)
    }

    /// What stands before an answer, as the chat template has it.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn ask(&self, system: Option<&str>, prompt: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::new();
        if let Some(system) = system {
            ids.push(1);
            ids.extend(self.encode(system)?);
        }
        ids.push(2);
        ids.extend(self.encode(prompt)?);
        ids.push(3);
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_and_special_tokens_have_their_ids() {
        let text = "The cat sat on the mat. The cat sat.\n1. Ünïcode stays.";
        let vocabulary = Vocabulary::learn([text, text].into_iter(), 300).expect("a tokenizer");
        assert_eq!(vocabulary.decode(&vocabulary.encode(text).expect("ids")).expect("text"), text);
        assert_eq!(vocabulary.encode(&SPECIAL.concat()).expect("ids"), [0, 1, 2, 3]);
        let rendered = vocabulary.encode("<|system|>Hi<|user|>The cat<|assistant|>").expect("ids");
        assert_eq!(vocabulary.ask(Some("Hi"), "The cat").expect("ids"), rendered);
    }
}
