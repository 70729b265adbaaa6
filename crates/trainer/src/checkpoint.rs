use std::{collections::HashMap, path::Path};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::{Error, ModelConfig, Optimiser, Position, Recipe, Weights, error::write_atomically};

const FILE: &str = "checkpoint.safetensors";
const DESCRIPTION: &str = "plaudit";

/// The losses at one step, in nats per token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Steps made.
    pub step: usize,
    /// Mean over the steps since the last reading.
    pub training: f32,
    /// Over all held-out documents.
    pub held_out: f32,
}

/// Everything about a run but its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The settings.
    pub recipe: Recipe,
    /// The shape of the model.
    pub config: ModelConfig,
    /// The corpus's SHA-256.
    pub corpus: String,
    /// Steps made.
    pub step: usize,
    /// Tokens read, those that do not count included.
    pub tokens: u64,
    /// Seconds spent, over all starts.
    pub seconds: f64,
    /// Where the documents stand.
    pub position: Position,
    /// Sum of the training losses since the last reading.
    pub pending: f64,
    /// The losses so far.
    pub readings: Vec<Reading>,
}

/// A run, stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Where it is.
    pub progress: Progress,
    /// The weights.
    pub weights: Weights,
    /// The optimiser's moments.
    pub optimiser: Optimiser,
}

impl Checkpoint {
    /// Writes the checkpoint into the folder, in place of the one before.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let mut named: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        let moments = self.optimiser.first.iter().zip(&self.optimiser.second);
        for (parameter, (first, second)) in self.weights.0.iter().zip(moments) {
            for (kind, values) in [("weight", &parameter.values), ("first", first), ("second", second)] {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                named.push((format!("{kind}:{}", parameter.name), parameter.shape.clone(), bytes));
            }
        }
        let views = named.iter().map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name, view)).map_err(Error::Layout)
        });
        let description = serde_json::to_string(&self.progress).map_err(Error::json(&path))?;
        let description = HashMap::from([(DESCRIPTION.to_owned(), description)]);
        let bytes =
            safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(description)).map_err(Error::Layout)?;
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        write_atomically(&path, &bytes)
    }

    /// Reads the folder's checkpoint, if it has one.
    ///
    /// # Errors
    /// Those of the file system, and of a damaged file.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let damaged = |source| Error::Tensors { path: path.clone(), source };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
        let description = header.metadata().as_ref().and_then(|all| all.get(DESCRIPTION)).map_or("", String::as_str);
        let progress: Progress = serde_json::from_str(description).map_err(Error::json(&path))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let read = |kind: &str| {
            Weights::from(&progress.config, |name, _| {
                let tensor = tensors.tensor(&format!("{kind}:{name}")).map_err(damaged)?;
                Ok(floats(tensor.data()))
            })
        };
        let moments = |kind: &str| -> Result<Vec<Vec<f32>>, Error> {
            Ok(read(kind)?.0.into_iter().map(|parameter| parameter.values).collect())
        };
        let optimiser = Optimiser { updates: progress.step, first: moments("first")?, second: moments("second")? };
        Ok(Some(Self { weights: read("weight")?, optimiser, progress }))
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks::<4>();
    values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
