use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor, TensorData, activation::silu, module::embedding};
use plaudit_models::picture::{CAPTION_WIDTH, CaptionConfig, MOST_WEIGHT, Noise, ParameterSource, gram_buckets, words};
use serde_json::{Value, json};

use crate::{Error, Fresh, Lessons, Parameters, Recipe, Tape, Task};

/// Texts that a core computes at once.
const SHARE: usize = 256;

/// How often a word is read by its letters although it has a row: that is how letters are learned.
const BY_LETTERS: f64 = 0.15;

/// Distillation of the [`plaudit_models::picture::CaptionEncoder`].
pub struct CaptionTask<'a> {
    config: CaptionConfig,
    lessons: &'a Lessons,
    rows: HashMap<&'a str, usize>,
}

/// Texts as rows of the table and what each counts for, filled up to the longest.
pub struct TextShare {
    rows: Vec<i64>,
    counts: Vec<f32>,
    longest: usize,
    targets: Vec<f32>,
    scale: f32,
}

impl<'a> CaptionTask<'a> {
    /// Of these lessons.
    pub fn new(lessons: &'a Lessons) -> Self {
        let config = CaptionConfig { words: lessons.words.len(), buckets: 4096, width: 96, hidden: 256 };
        let rows = lessons.words.iter().enumerate().map(|(index, word)| (word.as_str(), index)).collect();
        Self { config, lessons, rows }
    }

    /// The encoder's shape.
    pub fn config(&self) -> &CaptionConfig {
        &self.config
    }

    /// The rows of a text's words.
    fn entries(&self, text: &str, by_letters: f64, random: &mut Noise) -> Vec<(usize, f32)> {
        let words = words(text);
        let entries = words.iter().flat_map(|word| match self.rows.get(word.as_str()) {
            Some(row) if random.unit() >= by_letters => vec![(*row, 1.0)],
            _ => {
                let buckets = gram_buckets(word, self.config.buckets);
                let share = 1.0 / buckets.len() as f32;
                buckets.into_iter().map(|bucket| (self.config.words + bucket, share)).collect()
            }
        });
        entries.collect()
    }

    fn share(&self, texts: &[(&str, &[f32])], by_letters: f64, random: &mut Noise, batch: usize) -> TextShare {
        let entries: Vec<_> = texts.iter().map(|(text, _)| self.entries(text, by_letters, random)).collect();
        let longest = entries.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let (mut rows, mut counts) = (Vec::new(), Vec::new());
        for entries in entries {
            let fill = longest - entries.len();
            rows.extend(entries.iter().map(|(row, _)| *row as i64).chain(std::iter::repeat_n(0, fill)));
            counts.extend(entries.iter().map(|(_, count)| *count).chain(std::iter::repeat_n(0.0, fill)));
        }
        let targets = texts.iter().flat_map(|(_, target)| *target).copied().collect();
        TextShare { rows, counts, longest, targets, scale: 1.0 / batch as f32 }
    }

    /// Vectors of length one, `[texts, CAPTION_WIDTH]`.
    fn vectors(
        &self,
        share: &TextShare,
        source: &mut dyn ParameterSource,
        device: &Device,
    ) -> Result<Tensor<2>, Error> {
        let CaptionConfig { words, buckets, width, hidden } = self.config;
        let table = source.matrix("table", words + buckets, width + 1)?;
        let affine = |source: &mut dyn ParameterSource, name: &str, inputs: usize, outputs: usize| {
            let weight = source.matrix(&format!("{name}.weight"), inputs, outputs)?;
            Ok::<_, Error>((weight, source.matrix(&format!("{name}.bias"), 1, outputs)?))
        };
        let direct = affine(source, "direct", width, CAPTION_WIDTH)?;
        let wide = affine(source, "wide", width, hidden)?;
        let narrow = affine(source, "narrow", hidden, CAPTION_WIDTH)?;
        let texts = share.rows.len() / share.longest;
        let rows: Tensor<2, Int> =
            Tensor::from_data(TensorData::new(share.rows.clone(), [1, share.rows.len()]), device);
        let rows: Tensor<3> = embedding(table, rows).reshape([texts, share.longest, width + 1]);
        let counts = TensorData::new(share.counts.clone(), [texts, share.longest, 1]);
        let weights = rows.clone().narrow(2, width, 1).clamp(-MOST_WEIGHT, MOST_WEIGHT).exp()
            * Tensor::<3>::from_data(counts, device);
        let sum = (rows.narrow(2, 0, width) * weights.clone()).sum_dim(1);
        let pooled: Tensor<2> = (sum / weights.sum_dim(1).add_scalar(1e-12)).reshape([texts, width]);
        let apply = |(weight, bias): (Tensor<2>, Tensor<2>), input: Tensor<2>| input.matmul(weight) + bias;
        let vectors = apply(direct, pooled.clone()) + apply(narrow, silu(apply(wide, pooled)));
        let length = vectors.clone().square().sum_dim(1).add_scalar(1e-12).sqrt();
        Ok(vectors / length)
    }

    /// The student's vectors of texts, on the host.
    ///
    /// # Errors
    /// Those of computing.
    pub fn encode(&self, parameters: &Parameters, texts: &[&str]) -> Result<Vec<f32>, Error> {
        let device = Device::flex();
        let texts: Vec<(&str, &[f32])> = texts.iter().map(|text| (*text, [].as_slice())).collect();
        let share = self.share(&texts, 0.0, &mut Noise::new(0), texts.len());
        let vectors = self.vectors(&share, &mut Tape::new(parameters, &device), &device)?;
        vectors.into_data().try_to_vec().map_err(|_| Error::Burn("vectors"))
    }
}

impl Task for CaptionTask<'_> {
    type Share = TextShare;

    fn describe(&self) -> Value {
        let texts = self.lessons.words.iter().chain(&self.lessons.phrases).map(String::as_str).collect::<Vec<_>>();
        json!({ "shape": self.config, "texts": plaudit_models::sha256_hex(texts.join("\n").as_bytes()) })
    }

    /// A word starts as what the teacher says of it alone, and the encoder as their mean.
    fn fresh(&self, seed: u64) -> Result<Parameters, Error> {
        let device = Device::flex();
        let mut fresh = Fresh::new(seed, &device);
        self.build(&mut fresh)?;
        let mut parameters = fresh.parameters;
        let width = self.config.width;
        for parameter in &mut parameters.0 {
            if parameter.name == "table" {
                for (index, row) in parameter.values.chunks_exact_mut(width + 1).enumerate() {
                    if index < self.config.words {
                        row[..width].copy_from_slice(&self.lessons.target(index)[..width]);
                    }
                    row[width] = 0.0;
                }
            }
            if parameter.name == "direct.weight" {
                for (index, value) in parameter.values.iter_mut().enumerate() {
                    *value = if index / CAPTION_WIDTH == index % CAPTION_WIDTH { 1.0 } else { 0.0 };
                }
            }
        }
        Ok(parameters)
    }

    fn build(&self, source: &mut dyn ParameterSource) -> Result<(), Error> {
        let share = self.share(&[("a", &[])], 0.0, &mut Noise::new(0), 1);
        self.vectors(&share, source, &Device::flex())?;
        Ok(())
    }

    fn shares(&self, recipe: &Recipe, step: usize) -> Vec<TextShare> {
        let mut random = Noise::stream(recipe.seed, step as u64 + 1);
        let (words, phrases) = (self.lessons.words.len(), self.lessons.phrases.len());
        let texts: Vec<(&str, &[f32])> = (0..recipe.batch)
            .map(|_| {
                // A third single words, which are most of what a visitor's own words will be like.
                let index = if random.unit() < 0.33 { random.below(words) } else { words + random.below(phrases) };
                let text = self.lessons.words.get(index).unwrap_or_else(|| &self.lessons.phrases[index - words]);
                (text.as_str(), self.lessons.target(index))
            })
            .collect();
        texts.chunks(SHARE).map(|texts| self.share(texts, BY_LETTERS, &mut random, recipe.batch)).collect()
    }

    fn loss(&self, share: &TextShare, source: &mut dyn ParameterSource, device: &Device) -> Result<Tensor<1>, Error> {
        let vectors = self.vectors(share, source, device)?;
        let shape = [share.targets.len() / CAPTION_WIDTH, CAPTION_WIDTH];
        let targets: Tensor<2> = Tensor::from_data(TensorData::new(share.targets.clone(), shape), device);
        Ok((vectors - targets).square().sum().mul_scalar(share.scale))
    }

    /// One minus the mean cosine between student and teacher on held-out names.
    fn look(&self, averaged: &Parameters, _step: usize) -> Result<f32, Error> {
        let texts: Vec<&str> = self.lessons.held_out.iter().map(String::as_str).collect();
        let vectors = self.encode(averaged, &texts)?;
        let from = (self.lessons.words.len() + self.lessons.phrases.len()) * CAPTION_WIDTH;
        let cosines: f32 = vectors.iter().zip(&self.lessons.targets[from..]).map(|(one, other)| one * other).sum();
        Ok(1.0 - cosines / texts.len().max(1) as f32)
    }
}
