use std::path::Path;

use half::f16;
use plaudit_domain::{MODEL_FORMAT, ModelManifest};
use plaudit_models::{ModelFiles, sha256_hex};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use crate::{Error, Parameters, Progress, error::write_atomically};

/// The licence of the weights; the pictures' own are named in NOTICE.
const LICENCE: &str = "Apache-2.0";

/// What becomes the folder of a model.
pub struct Export<'a> {
    /// The folder's name.
    pub name: &'a str,
    /// The name for people.
    pub title: &'a str,
    /// What it is.
    pub architecture: &'a str,
    /// Its shape, which becomes `config.json`.
    pub config: Value,
    /// The weights.
    pub weights: Vec<u8>,
    /// Numbers in them.
    pub parameters: usize,
    /// The words of a caption encoder.
    pub words: Option<&'a [String]>,
    /// The command that made it.
    pub command: &'a str,
    /// How it was trained.
    pub training: Value,
}

impl Export<'_> {
    /// Writes weights, configuration, words and manifest; `check` makes the self-check from the files as they are.
    ///
    /// # Errors
    /// Those of the file system and of the check.
    pub fn write(&self, folder: &Path, check: impl FnOnce(&ModelFiles) -> Result<Value, Error>) -> Result<(), Error> {
        let pretty = |value: &Value| -> Result<Vec<u8>, Error> {
            Ok((serde_json::to_string_pretty(value).map_err(Error::json(folder))? + "\n").into_bytes())
        };
        let mut files = ModelFiles { weights: self.weights.clone(), ..ModelFiles::default() };
        let config = pretty(&self.config)?;
        files.config = Some(config.clone());
        let mut all = vec![("weights", "model.safetensors", self.weights.clone()), ("config", "config.json", config)];
        if let Some(words) = self.words {
            let bytes = serde_json::to_vec(words).map_err(Error::json(folder))?;
            files.tokenizer = Some(bytes.clone());
            all.push(("tokenizer", "words.json", bytes));
        }
        let mut named = Vec::new();
        for (role, path, bytes) in &all {
            write_atomically(&folder.join(path), bytes)?;
            named.push(json!({ "role": role, "path": path, "sha256": sha256_hex(bytes), "bytes": bytes.len() }));
        }
        let manifest = json!({
            "format": MODEL_FORMAT,
            "name": self.name,
            "title": self.title,
            "architecture": self.architecture,
            "parameters": self.parameters,
            // Words of a caption that are read.
            "context": plaudit_models::picture::MOST_WORDS,
            "license": LICENCE,
            "source": format!(
                "trained in this repository by `{}` on Fluent Emoji (MIT) and Noto Emoji (Apache-2.0)", self.command
            ),
            "files": named,
            "training": self.training,
            "self_check": check(&files)?,
        });
        let path = folder.join("manifest.json");
        let bytes = pretty(&manifest)?;
        let text = String::from_utf8_lossy(&bytes);
        ModelManifest::from_json(&text).map_err(|source| Error::Manifest { path: path.clone(), source })?;
        write_atomically(&path, &bytes)
    }
}

/// Parameters as a safetensors file of half floats.
///
/// # Errors
/// [`Error::Tensors`] if they cannot be laid out.
pub fn half_precision(parameters: &Parameters) -> Result<Vec<u8>, Error> {
    let halves: Vec<Vec<u8>> = parameters
        .0
        .iter()
        .map(|parameter| parameter.values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect())
        .collect();
    let wrong = Error::tensors(Path::new("model.safetensors"));
    let views = parameters.0.iter().zip(&halves).map(|(parameter, bytes)| {
        TensorView::new(Dtype::F16, parameter.shape.to_vec(), bytes).map(|view| (&parameter.name, view)).map_err(&wrong)
    });
    let format = [("format".to_owned(), "pt".to_owned())].into();
    safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(format)).map_err(&wrong)
}

/// How a run went, for a manifest.
pub fn training(progress: &Progress) -> Value {
    let last = progress.readings.last();
    let examples = progress.step * progress.recipe.batch;
    json!({
        "seed": progress.recipe.seed,
        "steps": progress.step,
        "examples": examples,
        "seconds": progress.seconds.round(),
        "examples_per_second": (examples as f64 / progress.seconds.max(1e-9)).round(),
        "training_loss": last.map(|reading| reading.training),
        "held_out": last.map(|reading| reading.held_out),
        "recipe": progress.recipe,
        "task": progress.task,
    })
}

/// The largest components of an output, for a self-check.
pub fn largest(output: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> = output.iter().zip(0..).map(|(value, index)| (index, *value)).collect();
    all.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    all.truncate(count);
    all
}
