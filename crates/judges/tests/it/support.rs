//! Models from their folders, and votes whose reasons are known.

use std::path::PathBuf;

use plaudit_judges::reward::{Comparison, Dataset, TextFeatures};
use plaudit_models::{EMBEDDING_WIDTH, ModelFiles, TextModel, device};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a model in the data folder; nothing, and a loud line, where it was not fetched.
pub(crate) fn fetched(test: &str, name: &str, fetch: &str) -> Option<ModelFiles> {
    let folder = root().join("data/models").join(name);
    let Ok(manifest) = std::fs::read_to_string(folder.join("manifest.json")) else {
        eprintln!("SKIPPED {test}: there are no weights of {name}; `cargo xtask models fetch {fetch}` gets them");
        return None;
    };
    let manifest = plaudit_domain::ModelManifest::from_json(&manifest).unwrap();
    Some(ModelFiles::read(&manifest, &folder).unwrap())
}

/// The model that comes with the site.
pub(crate) fn tiny() -> TextModel {
    let folder = root().join("public/models/tiny");
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest = plaudit_domain::ModelManifest::from_json(&manifest).unwrap();
    TextModel::load(ModelFiles::read(&manifest, &folder).unwrap(), &device::cpu()).unwrap()
}

pub(crate) struct Random(ChaCha8Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }
}

/// Dimensions in which the texts differ: vectors of real sentences do not fill their space either.
const LATENT: usize = 16;

/// What decides the votes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reason {
    /// A linear function of the answer's vector and of its likeness to the prompt: the better one always wins.
    Linear,
    /// The same, and one vote in ten is turned round.
    OneInTenTurned,
    /// A coin.
    Coin,
    /// Nothing: all are ties.
    Ties,
}

pub(crate) struct Synthetic {
    pub(crate) dataset: Dataset,
    /// Whether each vote was turned round.
    pub(crate) turned: Vec<bool>,
}

/// Votes on two answers each, by 6 contestants, to a tenth as many prompts.
pub(crate) fn synthetic(votes: usize, reason: Reason, seed: u64) -> Synthetic {
    let mut random = Random::new(seed);
    let basis: Vec<f64> = (0..LATENT * EMBEDDING_WIDTH).map(|_| random.normal()).collect();
    let taste: Vec<f64> = (0..LATENT).map(|_| random.normal()).collect();
    let mut texts = Vec::new();
    let mut tastes = Vec::new();
    let mut text = |random: &mut Random| {
        let latent: Vec<f64> = (0..LATENT).map(|_| random.normal()).collect();
        let mut vector = [0.0_f64; EMBEDDING_WIDTH];
        for (value, row) in latent.iter().zip(basis.chunks_exact(EMBEDDING_WIDTH)) {
            vector.iter_mut().zip(row).for_each(|(sum, base)| *sum += value * base);
        }
        let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        let size = latent.iter().map(|value| value * value).sum::<f64>().sqrt();
        let vector = vector.map(|value| (value / length) as f32);
        texts.push(TextFeatures {
            vector,
            characters: 20 + random.below(400) as u32,
            words: 4 + random.below(80) as u32,
        });
        tastes.push(latent.iter().zip(&taste).map(|(value, taste)| value * taste).sum::<f64>() / size);
        u32::try_from(texts.len() - 1).unwrap()
    };
    let prompts: Vec<u32> = (0..votes.div_ceil(10)).map(|_| text(&mut random)).collect();
    let drawn: Vec<(usize, u32, u32, u32, u32)> = (0..votes)
        .map(|_| {
            let group = random.below(prompts.len());
            let left_contestant = random.below(6) as u32;
            let right_contestant = (left_contestant + 1 + random.below(5) as u32) % 6;
            (group, text(&mut random), text(&mut random), left_contestant, right_contestant)
        })
        .collect();
    let mut turned = Vec::new();
    let comparisons = drawn.into_iter().map(|(group, left, right, left_contestant, right_contestant)| {
        let prompt = prompts[group];
        let cosine = |answer: u32| -> f64 {
            let (one, other) = (&texts[prompt as usize].vector, &texts[answer as usize].vector);
            one.iter().zip(other).map(|(one, other)| f64::from(one * other)).sum()
        };
        let worth = |answer: u32| tastes[answer as usize] + 2.0 * cosine(answer);
        let left_wins = worth(left) > worth(right);
        turned.push(reason == Reason::OneInTenTurned && random.unit() < 0.1);
        let label = match reason {
            Reason::Linear => f64::from(u8::from(left_wins)),
            Reason::OneInTenTurned => f64::from(u8::from(left_wins != turned[turned.len() - 1])),
            Reason::Coin => f64::from(u8::from(random.unit() < 0.5)),
            Reason::Ties => 0.5,
        };
        let prompt_group = u32::try_from(group).unwrap();
        Comparison { prompt, left, right, label, prompt_group, left_contestant, right_contestant }
    });
    let comparisons = comparisons.collect();
    Synthetic { dataset: Dataset::new(texts, comparisons).unwrap(), turned }
}
