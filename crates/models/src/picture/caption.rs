use serde::{Deserialize, Serialize};

use super::StoredParameters;
use crate::{LoadError, ModelFiles, TokenizerError, device, weights::WeightsError};

/// Numbers of a caption's vector.
pub const CAPTION_WIDTH: usize = 128;

/// Words of a caption that are read.
pub const MOST_WORDS: usize = 64;

/// Largest logarithm of what a row counts.
pub const MOST_WEIGHT: f32 = 10.0;

/// Letters of a word that are read.
const MOST_LETTERS: usize = 32;

/// The meaning of a caption: a vector of length one, or all zeros where there was no word, which asks for anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// [`CAPTION_WIDTH`] numbers.
    pub vector: Vec<f32>,
}

/// The shape of a [`CaptionEncoder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionConfig {
    /// Words with a row of their own.
    pub words: usize,
    /// Rows that the letter groups of other words are spread over.
    pub buckets: usize,
    /// Width of a row, its weight not counted.
    pub width: usize,
    /// Width inside the feed-forward part.
    pub hidden: usize,
}

/// Turns a caption into a vector, on the processor alone: some 100,000 multiplications.
///
/// Each word has a row, or those of its letter groups where it was never seen (as fastText, Bojanowski et al. 2017,
/// <https://arxiv.org/abs/1607.04606>). A row holds a vector and how much the word counts; the weighted mean goes through a
/// small feed-forward net. The order of words is not seen. It was distilled from all-MiniLM-L6-v2, whose 384 numbers were
/// projected on the [`CAPTION_WIDTH`] directions that hold most.
pub struct CaptionEncoder {
    config: CaptionConfig,
    words: std::collections::HashMap<String, usize>,
    /// `[words + buckets, width + 1]`.
    table: Vec<f32>,
    direct: Dense,
    wide: Dense,
    narrow: Dense,
}

/// `x · weight + bias` on the host.
struct Dense {
    /// `[inputs, outputs]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    fn read(
        source: &mut StoredParameters<'_>,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, WeightsError> {
        let weight = source.values(&format!("{name}.weight"), inputs, outputs)?;
        Ok(Self { weight, bias: source.values(&format!("{name}.bias"), 1, outputs)? })
    }

    fn apply(&self, input: &[f32]) -> Vec<f32> {
        let mut output = self.bias.clone();
        for (value, row) in input.iter().zip(self.weight.chunks_exact(self.bias.len())) {
            for (output, weight) in output.iter_mut().zip(row) {
                *output += value * weight;
            }
        }
        output
    }
}

impl CaptionEncoder {
    /// From its files: safetensors, `config.json`, and the words as a JSON list in place of a tokenizer. Digests have been
    /// verified by whoever has the manifest.
    ///
    /// # Errors
    /// [`LoadError`] when a file is damaged, missing or of another shape.
    pub fn load(files: &ModelFiles) -> Result<Self, LoadError> {
        let json = files.config.as_deref().ok_or(WeightsError::NoConfig)?;
        let config: CaptionConfig =
            serde_json::from_slice(json).map_err(|error| WeightsError::Config(error.to_string()))?;
        let list = files.tokenizer.as_deref().ok_or(TokenizerError::NoFile("words.json"))?;
        let list: Vec<String> = serde_json::from_slice(list)
            .map_err(|error| TokenizerError::File { file: "words.json", reason: error.to_string() })?;
        if list.len() != config.words {
            return Err(LoadError::Vocabulary { tokenizer: list.len(), weights: config.words });
        }
        let cpu = device::cpu();
        let mut source = StoredParameters::open(&files.weights, json, &cpu)?;
        Ok(Self {
            table: source.values("table", config.words + config.buckets, config.width + 1)?,
            direct: Dense::read(&mut source, "direct", config.width, CAPTION_WIDTH)?,
            wide: Dense::read(&mut source, "wide", config.width, config.hidden)?,
            narrow: Dense::read(&mut source, "narrow", config.hidden, CAPTION_WIDTH)?,
            words: list.into_iter().enumerate().map(|(index, word)| (word, index)).collect(),
            config,
        })
    }

    /// Whether the word has a row of its own.
    pub fn knows(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// The caption's vector. Of a long text the first [`MOST_WORDS`] words are read; without any word it is all zeros.
    pub fn encode(&self, text: &str) -> Caption {
        let entries: Vec<(usize, f32)> = words(text).iter().flat_map(|word| self.entries(word)).collect();
        if entries.is_empty() {
            return Caption { vector: vec![0.0; CAPTION_WIDTH] };
        }
        let width = self.config.width + 1;
        let mut sum = vec![0.0_f32; self.config.width];
        let mut total = 0.0;
        for (index, share) in entries {
            let row = &self.table[index * width..(index + 1) * width];
            let weight = share * row[self.config.width].clamp(-MOST_WEIGHT, MOST_WEIGHT).exp();
            total += weight;
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        sum.iter_mut().for_each(|value| *value /= total);
        let hidden: Vec<f32> = self.wide.apply(&sum).into_iter().map(|value| value / (1.0 + (-value).exp())).collect();
        let (direct, narrow) = (self.direct.apply(&sum), self.narrow.apply(&hidden));
        let vector: Vec<f32> = direct.iter().zip(&narrow).map(|(one, other)| one + other).collect();
        let length = (vector.iter().map(|value| value * value).sum::<f32>() + 1e-12).sqrt();
        Caption { vector: vector.iter().map(|value| value / length).collect() }
    }

    /// The rows of a word and what each counts for: its own, or those of its letter groups, together one.
    fn entries(&self, word: &str) -> Vec<(usize, f32)> {
        if let Some(index) = self.words.get(word) {
            return vec![(*index, 1.0)];
        }
        let buckets = gram_buckets(word, self.config.buckets);
        let share = 1.0 / buckets.len() as f32;
        buckets.into_iter().map(|bucket| (self.config.words + bucket, share)).collect()
    }
}

/// The words of a text: runs of letters and digits, in lower case, the first [`MOST_WORDS`] of them, each cut after 32
/// letters. An apostrophe belongs to no word ("woman's" is "womans", as emoji are named).
pub fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '\'' || letter == '’'));
    let words = parts.map(|part| {
        part.chars().filter(|letter| letter.is_alphanumeric()).take(MOST_LETTERS).flat_map(char::to_lowercase).collect()
    });
    words.filter(|word: &String| !word.is_empty()).take(MOST_WORDS).collect()
}

/// The rows, below `buckets`, of a word's groups of 3 to 5 letters, its borders marked: at least one.
pub fn gram_buckets(word: &str, buckets: usize) -> Vec<usize> {
    let letters: Vec<char> = std::iter::once('<').chain(word.chars()).chain(['>']).collect();
    let groups = (3..=5_usize).flat_map(|length| letters.windows(length));
    groups
        .map(|group| {
            // FNV-1a over the letters' UTF-8.
            let text: String = group.iter().collect();
            let hash = text
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            ((hash >> 20) % buckets.max(1) as u64) as usize
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_without_marks_and_not_too_many() {
        assert_eq!(words("A blue CAT, with-a woman’s hat!"), ["a", "blue", "cat", "with", "a", "womans", "hat"]);
        assert!(words(" …!? ").is_empty());
        assert_eq!(words(&"word ".repeat(2000)).len(), MOST_WORDS);
        assert_eq!(words(&"x".repeat(10_000)), ["x".repeat(MOST_LETTERS)]);
        assert_eq!(words("猫 кот"), ["猫", "кот"]);
    }

    #[test]
    fn every_word_has_letter_groups() {
        assert_eq!(gram_buckets("a", 100).len(), 1);
        assert_eq!(gram_buckets("cat", 4096).len(), 3 + 2 + 1);
        assert!(gram_buckets("kitten", 7).iter().all(|bucket| *bucket < 7));
    }
}
