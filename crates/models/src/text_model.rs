use burn::tensor::{Device, Tensor};
use plaudit_domain::SelfCheck;

use crate::{
    files::ModelFiles,
    generate::{Conversation, GenerateError, Generation, PromptError, Request},
    llama::{Cache, Llama},
    sampling::Outlook,
    text::{TextTokenizer, TokenizerError},
    weights::{Weights, WeightsError},
};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Its tokenizer or chat template.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Tokenizer and weights are of different models.
    #[error("the tokenizer has {tokenizer} tokens, the weights {weights}: they are not of the same model")]
    Vocabulary {
        /// The tokenizer's.
        tokenizer: usize,
        /// The weights'.
        weights: usize,
    },
}

/// A language model that can be asked.
pub struct TextModel {
    llama: Llama,
    pub(crate) tokenizer: TextTokenizer,
}

impl TextModel {
    /// Makes a model out of its files, on a device. Digests have been verified by whoever has the manifest.
    ///
    /// # Errors
    /// [`LoadError`] when a file is damaged, missing, or of another architecture.
    pub fn load(files: ModelFiles, device: &Device) -> Result<Self, LoadError> {
        let weights = Weights::open(&files.weights, files.config.as_deref())?;
        let tokenizer = match &weights {
            Weights::Gguf(gguf) => TextTokenizer::from_gguf(gguf)?,
            Weights::Safetensors(_) => {
                TextTokenizer::from_files(files.tokenizer.as_deref(), files.tokenizer_config.as_deref())?
            }
        };
        let llama = Llama::load(&weights, device)?;
        let vocabulary = llama.config().vocabulary;
        // Weights may be padded; a tokenizer may not know more than the weights.
        if tokenizer.size() > vocabulary {
            return Err(LoadError::Vocabulary { tokenizer: tokenizer.size(), weights: vocabulary });
        }
        Ok(Self { llama, tokenizer })
    }

    /// Bytes of weights held, in this process and on the device.
    pub fn weights_bytes(&self) -> u64 {
        self.llama.bytes()
    }

    /// Tokens that fit, prompt and answer together.
    pub fn context(&self) -> u32 {
        u32::try_from(self.llama.config().context).unwrap_or(u32::MAX)
    }

    /// The prompt as the model gets it, with its template.
    ///
    /// # Errors
    /// [`PromptError`] when it is empty or longer than the context.
    pub fn prompt_tokens(&self, request: &Request) -> Result<Vec<u32>, PromptError> {
        self.conversation_tokens(&Conversation { system: request.system_prompt.as_deref(), prompt: &request.prompt })
    }

    /// A conversation up to where the model answers, as the model gets it, with its template.
    ///
    /// # Errors
    /// [`PromptError`] when it is empty or longer than the context.
    pub fn conversation_tokens(&self, conversation: &Conversation<'_>) -> Result<Vec<u32>, PromptError> {
        let prompt = conversation.prompt.trim();
        if prompt.is_empty() {
            return Err(PromptError::Empty);
        }
        let tokens = self.tokenizer.conversation(conversation.system.map(str::trim), prompt)?;
        let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        if count >= self.context() {
            return Err(PromptError::TooLong { tokens: count, context: self.context() });
        }
        Ok(tokens)
    }

    /// Begins an answer.
    ///
    /// # Errors
    /// [`PromptError`] when the prompt is empty or longer than the context.
    pub fn start(&self, request: &Request) -> Result<Generation<'_>, PromptError> {
        Ok(Generation::new(self, request, self.prompt_tokens(request)?))
    }

    /// The text of tokens.
    pub fn decode(&self, tokens: &[u32]) -> String {
        self.tokenizer.decode(tokens)
    }

    /// Runs the fixed input and tells the largest difference from what should come out, in logits.
    ///
    /// # Errors
    /// [`GenerateError`] when the device fails, or the check names tokens that the model does not have.
    pub async fn self_check(&self, check: &SelfCheck) -> Result<f32, GenerateError> {
        let logits = self.check_logits(check).await?;
        let mut largest = 0.0_f32;
        for (token, expected) in &check.logits {
            let found = logits.get(*token as usize).ok_or(GenerateError::UnknownToken(*token))?;
            largest = largest.max((found - expected).abs());
        }
        Ok(largest)
    }

    /// All logits after a check's fixed input: what a manifest's check is made from.
    ///
    /// # Errors
    /// As [`TextModel::self_check`].
    pub async fn check_logits(&self, check: &SelfCheck) -> Result<Vec<f32>, GenerateError> {
        self.logits(&check.prompt_tokens, &mut self.new_cache(), 1).await
    }

    pub(crate) fn new_cache(&self) -> Cache {
        Cache::new(self.llama.config().layers)
    }

    pub(crate) fn vocabulary(&self) -> usize {
        self.llama.config().vocabulary
    }

    /// Runs tokens behind those in the cache and reads the logits of the last `last` of them, one row behind the other.
    pub(crate) async fn logits(
        &self,
        tokens: &[u32],
        cache: &mut Cache,
        last: usize,
    ) -> Result<Vec<f32>, GenerateError> {
        if tokens.is_empty() || last == 0 {
            return Err(GenerateError::Nothing);
        }
        self.known(tokens)?;
        read(self.llama.forward(tokens, cache, last)).await
    }

    /// That all tokens are of this model's vocabulary.
    fn known(&self, tokens: &[u32]) -> Result<(), GenerateError> {
        match tokens.iter().find(|token| **token as usize >= self.vocabulary()) {
            Some(unknown) => Err(GenerateError::UnknownToken(*unknown)),
            None => Ok(()),
        }
    }

    /// Runs tokens behind those in the cache, in batches of [`BATCH`], and visits the model's distribution after each
    /// token from the one at `first` on, in order, with its logits.
    ///
    /// Of the logits at most [`BLOCK`] rows are there at once, twice: `2 · 16 · 4` bytes for each token of the vocabulary,
    /// 6.3 MB for SmolLM2. Attention holds some three times `heads · 256 · positions` numbers, 28 MB for SmolLM2 over 1,024
    /// positions. Neither grows with the number of tokens that are visited.
    pub(crate) async fn visit_outlooks(
        &self,
        tokens: &[u32],
        cache: &mut Cache,
        first: usize,
        visit: &mut impl FnMut(&[f32], Outlook),
    ) -> Result<(), GenerateError> {
        self.known(tokens)?;
        for (batch, start) in tokens.chunks(BATCH).zip((0..).step_by(BATCH)) {
            let states = self.llama.states(batch, cache);
            let mut row = first.saturating_sub(start);
            while row < batch.len() {
                let end = batch.len().min(row + BLOCK);
                let logits = read(self.llama.head(states.clone(), row..end)).await?;
                for logits in logits.chunks_exact(self.vocabulary()) {
                    visit(logits, Outlook::of(logits));
                }
                row = end;
            }
        }
        Ok(())
    }
}

/// Positions that run through the decoder together: enough to keep its products busy, few enough for attention's memory.
const BATCH: usize = 256;

/// Rows of logits that are there at once.
const BLOCK: usize = 16;

async fn read(logits: Tensor<2>) -> Result<Vec<f32>, GenerateError> {
    let data = logits.into_data_async().await.map_err(|error| GenerateError::Device(error.to_string()))?;
    let logits = data.try_into_vec::<f32>().map_err(|error| GenerateError::Device(error.to_string()))?;
    if logits.iter().any(|logit| !logit.is_finite()) {
        return Err(GenerateError::NotANumber);
    }
    Ok(logits)
}
