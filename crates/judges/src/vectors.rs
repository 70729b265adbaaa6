use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use plaudit_models::{EMBEDDING_WIDTH, EmbedError, Embedder};

/// Vectors that are kept: some 26 MB. Beyond it all are forgotten, and the next ones kept.
const MOST_KEPT: usize = 16_384;

type Vector = [f32; EMBEDDING_WIDTH];

/// Vectors of texts, each computed once: a prompt stands in every battle about it, an answer in many.
pub struct Vectors {
    embedder: Embedder,
    /// By the texts' BLAKE3.
    known: Mutex<HashMap<[u8; 32], Vector>>,
}

impl Vectors {
    /// By all-MiniLM-L6-v2.
    pub fn new(embedder: Embedder) -> Self {
        Self { embedder, known: Mutex::default() }
    }

    /// Bytes of the encoder's weights, as they lie in memory.
    pub fn weights_bytes(&self) -> u64 {
        self.embedder.weights_bytes()
    }

    /// The vectors of these texts, in their order, and how many tokens had to be read for them.
    ///
    /// # Errors
    /// [`EmbedError`] when the device fails.
    pub async fn of(&self, texts: &[&str]) -> Result<(Vec<Vector>, u64), EmbedError> {
        let keys: Vec<[u8; 32]> = texts.iter().map(|text| *blake3::hash(text.as_bytes()).as_bytes()).collect();
        let mut found: Vec<Option<Vector>> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            keys.iter().map(|key| known.get(key).copied()).collect()
        };
        let missing: BTreeMap<[u8; 32], &str> = keys
            .iter()
            .zip(texts)
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|((key, text), _)| (*key, *text))
            .collect();
        if missing.is_empty() {
            return Ok((found.into_iter().flatten().collect(), 0));
        }
        let unread: Vec<&str> = missing.values().copied().collect();
        let embedded = self.embedder.embed(&unread).await?;
        let tokens_read = embedded.iter().map(|text| u64::from(text.tokens)).sum();
        let fresh: HashMap<[u8; 32], Vector> =
            missing.into_keys().zip(embedded.into_iter().map(|text| text.vector)).collect();
        for (place, key) in found.iter_mut().zip(&keys) {
            *place = place.or_else(|| fresh.get(key).copied());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + fresh.len() > MOST_KEPT {
            known.clear();
        }
        known.extend(fresh);
        // Each text was known or has been read.
        Ok((found.into_iter().flatten().collect(), tokens_read))
    }
}
