//! What the command line does.

mod captions;
mod clip;
mod edits;
mod evaluate;
mod generators;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use captions::captions;
pub use clip::clip;
pub use edits::{evaluate_edits, sources};
pub use evaluate::{Evaluation, evaluate, nearest};
pub use generators::{consistency, diffusion, edit, flow};
use plaudit_domain::ModelManifest;
use plaudit_models::{
    ModelFiles,
    picture::{CaptionEncoder, Noise},
    sha256_hex,
};

use crate::{Changes, EmojiSet, Error, Examples, write_sheet};

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The emoji's archives.
    pub emoji: PathBuf,
    /// The captions' teacher.
    pub teacher: PathBuf,
    /// A folder of checkpoints for each model.
    pub checkpoints: PathBuf,
    /// A folder for each model.
    pub out: PathBuf,
}

/// How long, and from which seed.
#[derive(Debug, Clone)]
pub struct Options {
    /// Updates, if not the recipe's.
    pub steps: Option<usize>,
    /// Of everything.
    pub seed: u64,
    /// Stop after this.
    pub limit: Option<Duration>,
    /// Steps between two looks, if not the recipe's.
    pub look_every: Option<usize>,
}

/// What a self-check of words reads.
const CHECK_CAPTION: &str = "a blue cat with a hat";

/// Seeds of the noise that a self-check runs on.
const CHECK_SEEDS: [u32; 2] = [1, 2];
const CHECK_COMPONENTS: usize = 12;

/// Counts the emoji and shows examples as training draws them.
///
/// # Errors
/// Those of reading and writing.
pub fn emoji(places: &Places) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let examples = Examples::new(set.training(), Changes { recoloured: 0.4, hats: 0.4 });
    let mut random = Noise::new(1);
    let drawn: Vec<_> = (0..96).filter_map(|_| examples.draw(&mut random)).collect();
    let pictures: Vec<_> = drawn.iter().map(|example| example.picture.clone()).collect();
    let path = places.checkpoints.join("emoji.png");
    write_sheet(&path, &pictures, 12, 2)?;
    let captions: Vec<&str> = drawn.iter().map(|example| example.caption.as_str()).collect();
    let (held_out, all) = (set.held_out().len(), set.all.len());
    Ok(format!("{all} emoji, {held_out} held out; examples in {}:\n{}", path.display(), captions.join("; ")))
}

/// Reads a model's folder and verifies it.
///
/// # Errors
/// [`Error`] when a file is missing or damaged.
pub fn files(folder: &Path) -> Result<(ModelManifest, ModelFiles), Error> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let manifest = ModelManifest::from_json(&text).map_err(|source| Error::Manifest { path, source })?;
    let files = ModelFiles::read(&manifest, folder)?;
    Ok((manifest, files))
}

/// The caption encoder of a folder, and its digest.
fn load_captions(folder: &Path) -> Result<(CaptionEncoder, String), Error> {
    let (_, files) = files(folder)?;
    Ok((CaptionEncoder::load(&files)?, sha256_hex(&files.weights)))
}
