use std::{collections::HashMap, path::Path};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Optimiser, Parameter, Parameters, Recipe, error::write_atomically};

const FILE: &str = "checkpoint.safetensors";
const DESCRIPTION: &str = "plaudit";

/// A loss, and a measure on what was held out, at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Steps made.
    pub step: usize,
    /// Mean training loss since the last reading.
    pub training: f32,
    /// On held-out concepts; what it is depends on the task.
    pub held_out: f32,
}

/// Everything about a run but its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The settings.
    pub recipe: Recipe,
    /// What is trained, on what.
    pub task: Value,
    /// Steps made.
    pub step: usize,
    /// Seconds spent, over all starts.
    pub seconds: f64,
    /// Sum of the training losses since the last reading, and how many.
    pub pending: (f64, usize),
    /// The losses so far.
    pub readings: Vec<Reading>,
}

/// A run, stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Where it is.
    pub progress: Progress,
    /// The weights.
    pub parameters: Parameters,
    /// The optimiser's moments and averages.
    pub optimiser: Optimiser,
}

impl Checkpoint {
    /// Writes the checkpoint into the folder, in place of the one before.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let mut named: Vec<(String, [usize; 2], Vec<u8>)> = Vec::new();
        let Optimiser { first, second, averaged, .. } = &self.optimiser;
        for (index, parameter) in self.parameters.0.iter().enumerate() {
            let all = [
                ("weight", &parameter.values),
                ("first", &first[index]),
                ("second", &second[index]),
                ("averaged", &averaged.0[index].values),
            ];
            for (kind, values) in all {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                // The format sorts by name; the number keeps the order.
                named.push((format!("{kind}:{index}:{}", parameter.name), parameter.shape, bytes));
            }
        }
        let views = named.iter().map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.to_vec(), bytes).map(|view| (name, view)).map_err(Error::tensors(&path))
        });
        let description = serde_json::to_string(&self.progress).map_err(Error::json(&path))?;
        let description = HashMap::from([(DESCRIPTION.to_owned(), description)]);
        let bytes = safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(description))
            .map_err(Error::tensors(&path))?;
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
        let damaged = Error::tensors(&path);
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(&damaged)?;
        let description = header.metadata().as_ref().and_then(|all| all.get(DESCRIPTION)).map_or("", String::as_str);
        let progress: Progress = serde_json::from_str(description).map_err(Error::json(&path))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(&damaged)?;
        let read = |wanted: &str| {
            let mut all: Vec<(usize, Parameter)> = Vec::new();
            for (name, view) in tensors.iter() {
                let mut parts = name.splitn(3, ':');
                if let (Some(kind), Some(Ok(index)), Some(name)) =
                    (parts.next(), parts.next().map(str::parse), parts.next())
                    && kind == wanted
                    && let [rows, columns] = *view.shape()
                {
                    let values =
                        view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                    all.push((index, Parameter { name: name.to_owned(), shape: [rows, columns], values }));
                }
            }
            all.sort_by_key(|(index, _)| *index);
            Parameters(all.into_iter().map(|(_, parameter)| parameter).collect())
        };
        let moments = |kind: &str| read(kind).0.into_iter().map(|parameter| parameter.values).collect();
        let optimiser = Optimiser {
            updates: progress.step,
            first: moments("first"),
            second: moments("second"),
            averaged: read("averaged"),
        };
        Ok(Some(Self { parameters: read("weight"), optimiser, progress }))
    }
}
