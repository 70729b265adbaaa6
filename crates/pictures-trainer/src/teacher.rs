use std::{collections::HashSet, path::Path};

use nalgebra::{DMatrix, SymmetricEigen};
use plaudit_domain::ModelManifest;
use plaudit_models::{
    EMBEDDING_WIDTH, Embedder, ModelFiles, device,
    picture::{CAPTION_WIDTH, Noise, words},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{COLOURS, Emoji, EmojiSet, Error, error::write_atomically, example::category_word};

/// What the student of captions learns from: texts and what the teacher makes of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Lessons {
    /// Words with a row of their own.
    pub words: Vec<String>,
    /// Names and descriptions; none is the name of a held-out concept.
    pub phrases: Vec<String>,
    /// Names of held-out concepts, for measuring alone.
    pub held_out: Vec<String>,
    /// The teacher's vectors of words, phrases and held-out names, in this order: `[texts, CAPTION_WIDTH]`, length one.
    pub targets: Vec<f32>,
}

/// Words with a row of their own.
const WORDS: usize = 10_000;

/// Of which this many are simply the most frequent ones.
const FREQUENT: usize = 3500;

/// Made-up descriptions.
const COMPOSED: usize = 9000;

/// Texts that the teacher reads at once.
const AT_ONCE: usize = 512;

impl Lessons {
    /// Lets the teacher read everything, or takes what it said from `cache`.
    ///
    /// # Errors
    /// [`Error`] when the teacher's files are missing or damaged.
    pub fn prepare(emoji: &EmojiSet, teacher: &Path, cache: &Path) -> Result<Self, Error> {
        let own = own_words(emoji);
        let candidates = candidates(&own, &teacher.join("tokenizer.json"))?;
        let (phrases, held_out) = (phrases(emoji), names(emoji.held_out()));
        let texts: Vec<&str> = candidates.iter().chain(&phrases).chain(&held_out).map(String::as_str).collect();
        let digest = plaudit_models::sha256_hex(texts.join("\n").as_bytes());
        let all = match read_cache(cache, &digest)? {
            Some(all) => all,
            None => {
                // What is held out has no say in which directions are kept.
                let all = reduced(&ask(teacher, &texts)?, candidates.len() + phrases.len());
                write_cache(cache, &digest, &all)?;
                all
            }
        };
        let (words, rest) = all.split_at(candidates.len() * CAPTION_WIDTH);
        let training = names(emoji.training());
        // The names come first among the phrases.
        let pictured = &rest[..training.len().min(phrases.len()) * CAPTION_WIDTH];
        let chosen = chosen(words, pictured, own.len());
        let mut targets: Vec<f32> = Vec::with_capacity(all.len());
        for index in &chosen {
            targets.extend(&words[index * CAPTION_WIDTH..(index + 1) * CAPTION_WIDTH]);
        }
        targets.extend(rest);
        let words = chosen.into_iter().map(|index| candidates[index].clone()).collect();
        Ok(Self { words, phrases, held_out, targets })
    }

    /// The teacher's vector of a text, by its place among words, phrases and held-out names.
    pub fn target(&self, index: usize) -> &[f32] {
        &self.targets[index * CAPTION_WIDTH..(index + 1) * CAPTION_WIDTH]
    }
}

/// The words of training captions and of what is added to them, each once.
fn own_words(emoji: &EmojiSet) -> Vec<String> {
    let mut all: Vec<String> = emoji.training().iter().flat_map(|emoji| words(&emoji.name)).collect();
    all.extend(COLOURS.iter().map(|colour| colour.name.to_owned()));
    all.extend(["fluent", "noto", "style", "emoji", "a", "with", "and", "hat"].map(str::to_owned));
    all.extend(emoji.all.iter().filter_map(|emoji| category_word(&emoji.category).map(str::to_owned)));
    let mut seen = HashSet::new();
    all.retain(|word| seen.insert(word.clone()));
    all
}

/// Our own words, and then all English ones that the teacher's vocabulary has whole, which is by frequency.
fn candidates(own: &[String], tokenizer: &Path) -> Result<Vec<String>, Error> {
    let text = std::fs::read_to_string(tokenizer).map_err(Error::io(tokenizer))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(Error::json(tokenizer))?;
    let missing = || Error::Content { file: tokenizer.display().to_string(), what: "vocabulary".to_owned() };
    let tokens = json["model"]["vocab"].as_object().ok_or_else(missing)?;
    let mut tokens: Vec<(u64, &String)> =
        tokens.iter().filter_map(|(token, id)| id.as_u64().map(|id| (id, token))).collect();
    tokens.sort_unstable();
    let known: HashSet<&String> = own.iter().collect();
    let whole = |token: &&String| {
        token.len() > 1 && token.bytes().all(|byte| byte.is_ascii_lowercase()) && !known.contains(token)
    };
    let frequent: Vec<String> = tokens.iter().map(|(_, token)| *token).filter(whole).cloned().collect();
    Ok(own.iter().cloned().chain(frequent).collect())
}

/// Which candidates get a row: our own, the most frequent, and those that are nearest to the name of a picture. A visitor's
/// "kitten" is rarer in books than many a word that nothing can be drawn of.
fn chosen(candidates: &[f32], pictured: &[f32], own: usize) -> Vec<usize> {
    let count = candidates.len() / CAPTION_WIDTH;
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>();
    let nearest = |candidate: &[f32]| {
        pictured.chunks_exact(CAPTION_WIDTH).map(|name| dot(candidate, name)).fold(f32::NEG_INFINITY, f32::max)
    };
    let first = (own + FREQUENT).min(count).min(WORDS);
    let mut rest: Vec<(usize, f32)> = candidates
        .chunks_exact(CAPTION_WIDTH)
        .enumerate()
        .skip(first)
        .map(|(index, candidate)| (index, nearest(candidate)))
        .collect();
    rest.sort_by(|one, other| other.1.total_cmp(&one.1));
    rest.truncate(WORDS - first);
    let mut all: Vec<usize> = (0..first).chain(rest.into_iter().map(|(index, _)| index)).collect();
    all.sort_unstable();
    all
}

/// Names, each once.
fn names(emoji: Vec<&Emoji>) -> Vec<String> {
    let mut names: Vec<String> = emoji.into_iter().map(|emoji| emoji.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names of training concepts, plain and in the words of captions, and made-up combinations of them.
fn phrases(emoji: &EmojiSet) -> Vec<String> {
    let training = names(emoji.training());
    let held_out: HashSet<String> = names(emoji.held_out()).into_iter().collect();
    let nouns: Vec<&String> = training.iter().filter(|name| words(name).len() <= 3).collect();
    let mut random = Noise::new(5);
    let mut all: Vec<String> = training.clone();
    all.extend(training.iter().map(|name| format!("a {name}")));
    all.extend(training.iter().map(|name| format!("{name} emoji")));
    for _ in 0..COMPOSED {
        let noun = |random: &mut Noise| nouns[random.below(nouns.len())].as_str();
        let colour = COLOURS[random.below(COLOURS.len())].name;
        let (one, other) = (noun(&mut random), noun(&mut random));
        all.push(match random.below(6) {
            0 | 1 => format!("{colour} {one}"),
            2 => format!("a {colour} {one}"),
            3 => format!("{one} with a hat"),
            4 => format!("a {colour} {one} with a {other}"),
            _ => format!("{one} and {other}"),
        });
    }
    // "Red heart" may be made up from "heart" and still be the name of a held-out concept.
    all.retain(|phrase| !held_out.contains(phrase));
    all
}

/// The teacher's own vectors, `[texts, EMBEDDING_WIDTH]`.
fn ask(folder: &Path, texts: &[&str]) -> Result<Vec<f32>, Error> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let manifest = ModelManifest::from_json(&text).map_err(|source| Error::Manifest { path, source })?;
    let embedder = Embedder::load(&ModelFiles::read(&manifest, folder)?, &device::cpu())?;
    let mut vectors = Vec::with_capacity(texts.len() * EMBEDDING_WIDTH);
    for (index, texts) in texts.chunks(AT_ONCE).enumerate() {
        let read = futures_lite::future::block_on(embedder.embed(texts))?;
        vectors.extend(read.iter().flat_map(|embedding| embedding.vector));
        eprintln!("teacher: {} texts read", index * AT_ONCE + texts.len());
    }
    Ok(vectors)
}

/// Without the mean of the first `count` vectors, projected on the directions in which those differ most (principal
/// components), scaled to length one. With the mean, all texts as short as captions would look alike.
fn reduced(vectors: &[f32], count: usize) -> Vec<f32> {
    let mut all = DMatrix::from_row_slice(vectors.len() / EMBEDDING_WIDTH, EMBEDDING_WIDTH, vectors);
    let mean = all.rows(0, count).row_mean();
    for mut row in all.row_iter_mut() {
        row -= &mean;
    }
    let known = all.rows(0, count);
    let eigen = SymmetricEigen::new(known.tr_mul(&known));
    let mut order: Vec<usize> = (0..EMBEDDING_WIDTH).collect();
    order.sort_by(|one, other| eigen.eigenvalues[*other].total_cmp(&eigen.eigenvalues[*one]));
    order.truncate(CAPTION_WIDTH);
    let kept: f32 = order.iter().map(|index| eigen.eigenvalues[*index]).sum();
    eprintln!("teacher: {CAPTION_WIDTH} directions hold {:.1} %", 100.0 * kept / eigen.eigenvalues.sum());
    let projected = all * eigen.eigenvectors.select_columns(&order);
    let mut targets = Vec::with_capacity(projected.len());
    for row in projected.row_iter() {
        let length = row.norm().max(1e-6);
        targets.extend(row.iter().map(|value| value / length));
    }
    targets
}

fn read_cache(path: &Path, digest: &str) -> Result<Option<Vec<f32>>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(Error::tensors(path))?;
    // Under the digest of its texts: an answer to other texts is none.
    let found = tensors.tensor(digest).ok();
    Ok(found.map(|view| view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
}

fn write_cache(path: &Path, digest: &str, targets: &[f32]) -> Result<(), Error> {
    let bytes: Vec<u8> = targets.iter().flat_map(|value| value.to_le_bytes()).collect();
    let shape = vec![targets.len() / CAPTION_WIDTH, CAPTION_WIDTH];
    let view = TensorView::new(Dtype::F32, shape, &bytes).map_err(Error::tensors(path))?;
    let bytes = safetensors::serialize([(digest, view)], None).map_err(Error::tensors(path))?;
    write_atomically(path, &bytes)
}
