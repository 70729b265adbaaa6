use std::path::Path;

use burn::tensor::Device;
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Error, Model, ModelConfig, Progress, Vocabulary, Weights, error::write_atomically, plot::loss_plot};

const WEIGHTS: &str = "model.safetensors";
const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// What a device has to compute before it may speak for these weights.
const CHECK_PROMPT: &str = "Write a short story about a cat who lives in a lighthouse.";
const CHECK_LOGITS: usize = 8;

/// What becomes the folder of a model.
pub struct Export<'a> {
    /// How the run went.
    pub progress: &'a Progress,
    /// Its weights.
    pub weights: &'a Weights,
    /// Its tokenizer.
    pub vocabulary: &'a Vocabulary,
}

impl Export<'_> {
    /// Writes weights (F16), configurations, tokenizer, loss plot, and the manifest last.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let progress = self.progress;
        let pretty = |value: &Value| -> Result<String, Error> {
            Ok(serde_json::to_string_pretty(value).map_err(Error::json(folder))? + "\n")
        };
        let files: [(&str, &str, Vec<u8>); 4] = [
            ("weights", WEIGHTS, half_precision(self.weights)?),
            ("config", CONFIG, pretty(&progress.config.hugging_face(0, 0))?.into_bytes()),
            ("tokenizer", TOKENIZER, self.vocabulary.to_json()?.into_bytes()),
            ("tokenizer_config", TOKENIZER_CONFIG, pretty(&Vocabulary::configuration(progress.config.context))?.into()),
        ];
        let mut named = Vec::new();
        for (role, path, bytes) in &files {
            write_atomically(&folder.join(path), bytes)?;
            let sha256 = hexadecimal(&Sha256::digest(bytes));
            named.push(json!({ "role": role, "path": path, "sha256": sha256, "bytes": bytes.len() }));
        }
        write_atomically(&folder.join("loss.svg"), loss_plot(&progress.readings).as_bytes())?;

        let (config, weights, vocabulary) = load(folder)?;
        let prompt = vocabulary.ask(None, CHECK_PROMPT)?;
        let logits = self_check(&config, &weights, &prompt)?;
        let millions = self.weights.count() as f64 / 1e6;
        let manifest = json!({
            "format": "plaudit-model/1",
            "name": "tiny",
            "title": format!("Tiny ({millions:.1} M parameters)"),
            "architecture": "llama",
            "parameters": self.weights.count(),
            "context": config.context,
            "license": "Apache-2.0",
            "source": "trained in this repository by `cargo xtask models train tiny`",
            "files": named,
            "training": self.training(),
            "self_check": { "prompt_tokens": prompt, "logits": logits },
        });
        write_atomically(&folder.join("manifest.json"), pretty(&manifest)?.as_bytes())
    }

    fn training(&self) -> Value {
        let progress = self.progress;
        let last = progress.readings.last();
        json!({
            "seed": progress.recipe.seed,
            "steps": progress.step,
            "planned_steps": progress.recipe.steps,
            "tokens": progress.tokens,
            "seconds": progress.seconds.round(),
            "tokens_per_second": (progress.tokens as f64 / progress.seconds.max(1e-9)).round(),
            "epochs": progress.position.epoch,
            "training_loss": last.map(|reading| reading.training),
            "held_out_loss": last.map(|reading| reading.held_out),
            "corpus_sha256": progress.corpus,
            "recipe": progress.recipe,
        })
    }
}

/// Reads a folder that [`Export::write`] wrote.
///
/// # Errors
/// Those of the file system, and of damaged files.
pub fn load(folder: &Path) -> Result<(ModelConfig, Weights, Vocabulary), Error> {
    let path = folder.join(CONFIG);
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let json: Value = serde_json::from_str(&text).map_err(Error::json(&path))?;
    let config = ModelConfig::from_hugging_face(&json).ok_or_else(|| Error::Shape(CONFIG.to_owned()))?;
    let path = folder.join(WEIGHTS);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    let damaged = |source| Error::Tensors { path: path.clone(), source };
    let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let weights = Weights::from(&config, |name, _| {
        let (halves, _) = tensors.tensor(name).map_err(damaged)?.data().as_chunks::<2>();
        Ok(halves.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect())
    })?;
    Ok((config, weights, Vocabulary::read(&folder.join(TOKENIZER))?))
}

/// The largest logits after the last token, in falling order.
///
/// # Errors
/// Those of [`Model`].
pub fn self_check(config: &ModelConfig, weights: &Weights, prompt: &[u32]) -> Result<Vec<(u32, f32)>, Error> {
    let model = Model::new(config, weights, &Device::flex())?;
    let mut last = model.next(prompt)?.into_iter().zip(0..).map(|(value, id)| (id, value)).collect::<Vec<(u32, f32)>>();
    last.sort_by(|one, other| other.1.total_cmp(&one.1));
    last.truncate(CHECK_LOGITS);
    Ok(last)
}

fn half_precision(weights: &Weights) -> Result<Vec<u8>, Error> {
    let halves: Vec<Vec<u8>> = weights
        .0
        .iter()
        .map(|parameter| parameter.values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect())
        .collect();
    let views = weights.0.iter().zip(&halves).map(|(parameter, bytes)| {
        TensorView::new(Dtype::F16, parameter.shape.clone(), bytes)
            .map(|view| (&parameter.name, view))
            .map_err(Error::Layout)
    });
    // Hugging Face's loaders want to be told which framework's layout this is.
    let format = [("format".to_owned(), "pt".to_owned())].into();
    safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(format)).map_err(Error::Layout)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
