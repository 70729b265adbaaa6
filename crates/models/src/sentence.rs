//! Vectors of texts whose angle tells how near two texts are in meaning.
//!
//! The model is all-MiniLM-L6-v2 (Wang et al. 2020, <https://arxiv.org/abs/2002.10957>, fine-tuned as Reimers and Gurevych
//! 2019, <https://arxiv.org/abs/1908.10084>): a BERT encoder, the mean of its last hidden states, scaled to length one.

mod batches;
mod tokenizer;

use burn::tensor::Device;
use plaudit_domain::SelfCheck;

use self::tokenizer::{SentenceTokenizer, Tokens};
use crate::{
    LoadError, ModelFiles, TokenizerError,
    bert::Bert,
    weights::{Safetensors, WeightsError},
};

/// Numbers in a text's vector.
pub const EMBEDDING_WIDTH: usize = 384;

/// Tokens of a text that are read, the two around it included, as the model was trained and as its own library cuts.
pub const MOST_TOKENS: usize = 256;

/// A text's vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Of length one.
    pub vector: [f32; EMBEDDING_WIDTH],
    /// Tokens that were read, at most [`MOST_TOKENS`].
    pub tokens: u32,
    /// Tokens behind them that were not: a long text is judged by its beginning.
    pub cut: u32,
}

/// Why texts have no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
    /// The device computed nonsense.
    #[error("the device computed something that is not a number")]
    NotANumber,
    /// The tokenizer refuses a text.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Tokens that the weights do not have.
    #[error("the model has no token {0}")]
    UnknownToken(u32),
    /// There is nothing to look at: a manifest's self-check is empty or too long.
    #[error("a self-check has 1 to {MOST_TOKENS} tokens; this one has {0}")]
    SelfCheck(usize),
}

/// A sentence encoder.
pub struct Embedder {
    bert: Bert,
    tokenizer: SentenceTokenizer,
}

impl Embedder {
    /// Makes an encoder out of its files (safetensors, `config.json`, `tokenizer.json`), on a device. Digests have been
    /// verified by whoever has the manifest.
    ///
    /// # Errors
    /// [`LoadError`] when a file is damaged, missing, or of another architecture or width.
    pub fn load(files: &ModelFiles, device: &Device) -> Result<Self, LoadError> {
        // A safetensors file starts with the length of a JSON header, 64 bits, little-endian.
        if files.weights.get(8) != Some(&b'{') {
            return Err(WeightsError::Unknown.into());
        }
        let config = files.config.as_deref().ok_or(WeightsError::NoConfig)?;
        let weights = Safetensors::open(&files.weights, config)?;
        let tokenizer = SentenceTokenizer::new(files.tokenizer.as_deref(), MOST_TOKENS)?;
        let bert = Bert::load(&weights, device)?;
        let config = bert.config();
        if config.width != EMBEDDING_WIDTH {
            return Err(WeightsError::Setting { name: "width", value: config.width.to_string() }.into());
        }
        if config.positions < MOST_TOKENS {
            return Err(
                WeightsError::Setting { name: "number of positions", value: config.positions.to_string() }.into()
            );
        }
        if tokenizer.size() > config.vocabulary {
            return Err(LoadError::Vocabulary { tokenizer: tokenizer.size(), weights: config.vocabulary });
        }
        Ok(Self { bert, tokenizer })
    }

    /// Bytes of weights held, in this process and on the device.
    pub fn weights_bytes(&self) -> u64 {
        self.bert.bytes()
    }

    /// The vectors of texts, in their order. Texts of similar length are computed together; which ones are changes the
    /// vectors by rounding alone.
    ///
    /// # Errors
    /// [`EmbedError`] when the device fails.
    pub async fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let tokens = texts.iter().map(|text| self.tokenizer.encode(text)).collect::<Result<Vec<Tokens>, _>>()?;
        let lengths: Vec<usize> = tokens.iter().map(|tokens| tokens.ids.len()).collect();
        let mut embeddings: Vec<Option<Embedding>> = vec![None; texts.len()];
        for batch in batches::by_length(&lengths) {
            let ids: Vec<&[u32]> = batch.iter().map(|index| tokens[*index].ids.as_slice()).collect();
            for (index, vector) in batch.iter().zip(self.vectors(&ids).await?) {
                let Tokens { ids, cut } = &tokens[*index];
                let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                embeddings[*index] = Some(Embedding { vector, tokens: count, cut: *cut });
            }
        }
        // Each index is in one batch.
        Ok(embeddings.into_iter().flatten().collect())
    }

    /// Runs the fixed input and tells the largest difference from what should come out: a check's `logits` are here
    /// components of the vector and their values.
    ///
    /// # Errors
    /// [`EmbedError`] when the device fails, or the check names what the model does not have.
    pub async fn self_check(&self, check: &SelfCheck) -> Result<f32, EmbedError> {
        if check.logits.is_empty() || !(1..=MOST_TOKENS).contains(&check.prompt_tokens.len()) {
            return Err(EmbedError::SelfCheck(check.prompt_tokens.len()));
        }
        let vectors = self.vectors(&[&check.prompt_tokens]).await?;
        let vector = vectors.first().ok_or(EmbedError::NotANumber)?;
        let mut largest = 0.0_f32;
        for (place, expected) in &check.logits {
            let found = vector.get(*place as usize).ok_or(EmbedError::UnknownToken(*place))?;
            largest = largest.max((found - expected).abs());
        }
        Ok(largest)
    }

    async fn vectors(&self, ids: &[&[u32]]) -> Result<Vec<[f32; EMBEDDING_WIDTH]>, EmbedError> {
        let vocabulary = self.bert.config().vocabulary;
        if let Some(unknown) = ids.iter().copied().flatten().find(|id| **id as usize >= vocabulary) {
            return Err(EmbedError::UnknownToken(*unknown));
        }
        let pooled = self.bert.pooled(ids);
        let data = pooled.into_data_async().await.map_err(|error| EmbedError::Device(error.to_string()))?;
        let values = data.try_into_vec::<f32>().map_err(|error| EmbedError::Device(error.to_string()))?;
        values.as_chunks::<EMBEDDING_WIDTH>().0.iter().map(unit).collect()
    }
}

/// Scaled to length one.
fn unit(vector: &[f32; EMBEDDING_WIDTH]) -> Result<[f32; EMBEDDING_WIDTH], EmbedError> {
    let length = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err(EmbedError::NotANumber);
    }
    Ok(vector.map(|value| (f64::from(value) / length) as f32))
}

/// The cosine of the angle between two vectors of length one: 1 for the same direction, 0 for unrelated.
pub fn cosine(one: &[f32; EMBEDDING_WIDTH], other: &[f32; EMBEDDING_WIDTH]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
}
