//! What the command line does.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use plaudit_domain::ModelManifest;
use plaudit_models::{
    ModelFiles, device, sha256_hex,
    picture::{CAPTION_WIDTH, CaptionEncoder, DenoiserConfig, Noise, Objective, PictureModel},
};
use serde_json::{Value, json};

use crate::{
    CaptionTask, Changes, Denoising, DenoisingTask, EmojiSet, Error, Examples, Export, Lessons, Recipe, half_precision,
    largest, retrieval, statistics, train, training, write_sheet,
};

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

/// Distils the caption encoder and exports it.
///
/// # Errors
/// Those of training.
pub fn captions(places: &Places, options: &Options) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let folder = places.checkpoints.join("captions");
    let lessons = Lessons::prepare(&set, &places.teacher, &folder.join("teacher.safetensors"))?;
    let task = CaptionTask::new(&lessons);
    let recipe = Recipe {
        seed: options.seed,
        steps: options.steps.unwrap_or(1500),
        batch: 512,
        learning_rate: 3e-3,
        warm_up: 50,
        hold: 1000,
        cool_down: 500,
        weight_decay: 0.0,
        second_decay: 0.99,
        clip: 1.0,
        averaging: 0.1,
    };
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(100), options.limit)?;
    let averaged = &run.optimiser.averaged;
    let export = Export {
        name: "captions",
        title: "Caption encoder",
        architecture: "picture-captions",
        config: json!(task.config()),
        weights: half_precision(averaged)?,
        parameters: averaged.count(),
        words: Some(&lessons.words),
        command: "cargo xtask models train captions",
        training: training(&run.progress),
    };
    let out = places.out.join("captions");
    export.write(&out, |files| {
        let encoder = CaptionEncoder::load(files)?;
        let vector = encoder.encode(CHECK_CAPTION).vector;
        Ok(json!({ "prompt_tokens": [], "text": CHECK_CAPTION, "logits": largest(&vector, CHECK_COMPONENTS) }))
    })?;
    let encoder = load_captions(&out)?.0;
    caption_report(&lessons, &encoder)
}

/// What a self-check of the caption encoder reads.
const CHECK_CAPTION: &str = "a blue cat with a hat";

/// Retrieval of the teacher's vectors by the student's, and by simpler ones, on held-out names.
fn caption_report(lessons: &Lessons, encoder: &CaptionEncoder) -> Result<String, Error> {
    let from = lessons.words.len() + lessons.phrases.len();
    let count = lessons.held_out.len();
    let targets: Vec<Vec<f32>> = (0..count).map(|index| lessons.target(from + index).to_vec()).collect();
    let wanted: Vec<usize> = (0..count).collect();
    let places: std::collections::HashMap<&str, usize> =
        lessons.words.iter().enumerate().map(|(index, word)| (word.as_str(), index)).collect();
    let mean_of_words = |text: &String| {
        let mut sum = vec![0.0; CAPTION_WIDTH];
        for index in plaudit_models::picture::words(text).iter().filter_map(|word| places.get(word.as_str())) {
            sum.iter_mut().zip(lessons.target(*index)).for_each(|(sum, value)| *sum += value);
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
        sum.iter().map(|value| value / length).collect::<Vec<f32>>()
    };
    let measure = |name: &str, vectors: Vec<Vec<f32>>| {
        let cosine: f32 = vectors.iter().zip(&targets).flat_map(|(one, other)| one.iter().zip(other)).map(|(a, b)| a * b).sum();
        let found = retrieval(&vectors, &wanted, &targets, |one, other| one == other);
        format!(
            "{name}: cosine {:.3}, retrieval@1 {:.1} %, @5 {:.1} % among 100, {} held-out names",
            cosine / count as f32, 100.0 * found.at_1, 100.0 * found.at_5, found.queries
        )
    };
    let student = lessons.held_out.iter().map(|text| encoder.encode(text).vector).collect();
    // Written so that no word is known: what letters alone give.
    let letters = lessons.held_out.iter().map(|text| encoder.encode(&text.replace(' ', "x ")).vector).collect();
    let unseen = lessons.held_out.iter().filter(|text| {
        plaudit_models::picture::words(text).iter().any(|word| !encoder.knows(word))
    });
    Ok([
        measure("mean of the teacher's word vectors", lessons.held_out.iter().map(mean_of_words).collect()),
        measure("student", student),
        measure("student, each word but the last misspelt", letters),
        format!("{} of the names have a word without a row", unseen.count()),
    ]
    .join("\n"))
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

/// Trains the diffusion model and exports it.
///
/// # Errors
/// Those of training.
pub fn diffusion(places: &Places, options: &Options) -> Result<String, Error> {
    let set = EmojiSet::read(&places.emoji)?;
    let captions = load_captions(&places.out.join("captions"))?;
    let (encoder, digest) = (&captions.0, captions.1.clone());
    let (mean, deviation) = statistics(&set.training());
    let config = DenoiserConfig::small(Objective::Diffusion, mean, deviation);
    let settings = Denoising {
        level_mean: -0.6,
        level_deviation: 1.3,
        free: 0.1,
        styleless: 0.15,
        changes: Changes { recoloured: 0.25, hats: 0.06 },
        share: 32,
    };
    let recipe = Recipe {
        seed: options.seed,
        steps: options.steps.unwrap_or(20_000),
        batch: 64,
        learning_rate: 2e-3,
        warm_up: 100,
        hold: 2000,
        cool_down: 500,
        weight_decay: 0.0,
        second_decay: 0.99,
        clip: 1.0,
        averaging: 0.1,
    };
    let folder = places.checkpoints.join("diffusion");
    let task = DenoisingTask::new(config.clone(), settings, &set, (encoder, digest), folder.join("sheets"));
    let run = train(&task, &recipe, &folder, options.look_every.unwrap_or(500), options.limit)?;
    let averaged = &run.optimiser.averaged;
    let export = Export {
        name: "diffusion",
        title: "Emoji diffusion",
        architecture: "picture-diffusion",
        config: json!(config),
        weights: half_precision(averaged)?,
        parameters: averaged.count(),
        words: None,
        command: "cargo xtask models train diffusion",
        training: training(&run.progress),
    };
    export.write(&places.out.join("diffusion"), generator_check)?;
    Ok(format!("step {} of {}; sheets in {}", run.progress.step, recipe.steps, folder.display()))
}

/// The self-check of a generator.
fn generator_check(files: &ModelFiles) -> Result<Value, Error> {
    let model = PictureModel::load(files, &device::cpu())?;
    let [picture, caption] = CHECK_SEEDS;
    let output = futures_lite::future::block_on(model.check_output(picture, caption))?;
    Ok(json!({ "prompt_tokens": CHECK_SEEDS, "logits": largest(&output, CHECK_COMPONENTS) }))
}
