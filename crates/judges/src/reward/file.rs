use plaudit_models::sha256_hex;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{FEATURES, Recipe, RewardHead, head::HeadError};

/// The word in a head manifest's `format` field. It changes with the features, too.
pub const HEAD_FORMAT: &str = "plaudit-reward-head/1";

/// What a head's file says of itself: the JSON beside its safetensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadManifest {
    /// [`HEAD_FORMAT`].
    pub format: String,
    /// SHA-256 of the safetensors file, in lower-case hexadecimal: it names this head on its judgments.
    pub sha256: String,
    /// SHA-256 of the encoder's weights: vectors of another encoder mean nothing to this head.
    pub encoder_sha256: String,
    /// What it was trained on, for people: an arena and a day, say.
    pub source: String,
    /// Comparisons that it was trained on.
    pub comparisons: u64,
    /// SHA-256 of the file of those comparisons, where it was written: whoever has it can learn the head anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes_sha256: Option<String>,
    /// How it was trained.
    pub recipe: Recipe,
    /// What cross-validation said of this recipe on these comparisons, where it was made.
    pub held_out: Vec<HeldOut>,
}

/// The result of one kind of cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// What the folds share none of: `prompt` or `contestant`.
    pub by: String,
    /// Folds.
    pub folds: u32,
    /// Share of decisive comparisons predicted rightly.
    pub accuracy: f64,
    /// Mean cross-entropy in nats.
    pub log_loss: f64,
}

/// A head as two files.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadFiles {
    /// `head.safetensors`.
    pub tensors: Vec<u8>,
    /// `head.json`.
    pub manifest: String,
}

/// Why files are no head.
#[derive(Debug, thiserror::Error)]
pub enum HeadFileError {
    /// The manifest is no JSON of this shape.
    #[error("the head's manifest cannot be read: {0}")]
    Manifest(#[from] serde_json::Error),
    /// It is of another format or version.
    #[error("the head's format is {0:?}; this version reads {HEAD_FORMAT:?}: train the head anew")]
    Format(String),
    /// The tensors are not those that the manifest names.
    #[error(
        "the head's tensors have the SHA-256 {found}, the manifest says {expected}; one of the files is of another head"
    )]
    Digest {
        /// What they are.
        found: String,
        /// What they should be.
        expected: String,
    },
    /// The tensors cannot be read or written.
    #[error("the head's tensors cannot be used: {0}")]
    Tensors(#[from] safetensors::SafeTensorError),
    /// A tensor is not of 32-bit floats.
    #[error("the head's tensor {0} is not of 32-bit floats")]
    Number(&'static str),
    /// The recipe in the manifest makes no sense.
    #[error("the head's {0}")]
    Recipe(#[from] super::RecipeError),
    /// The tensors do not fit the manifest.
    #[error("the head cannot be used: {0}")]
    Head(#[from] HeadError),
}

const NAMES: [&str; 5] = ["mean", "scale", "weights", "bias", "output"];

impl RewardHead {
    /// As files. `manifest` has all that is known of the head; its format and digest are filled in here.
    ///
    /// # Errors
    /// [`HeadFileError`] when the recipe is another head's.
    pub fn to_files(&self, manifest: HeadManifest) -> Result<HeadFiles, HeadFileError> {
        self.clone().of(&manifest.recipe)?;
        let columns = self.heads * (1 + self.hidden);
        let units = self.heads * self.hidden;
        let tensors = [
            (&self.mean, vec![FEATURES]),
            (&self.scale, vec![FEATURES]),
            (&self.weights, vec![FEATURES, columns]),
            (&self.bias, vec![units]),
            (&self.output, vec![units]),
        ];
        let bytes = tensors
            .each_ref()
            .map(|(values, _)| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
        let views = NAMES
            .into_iter()
            .zip(tensors.into_iter().zip(&bytes))
            .map(|(name, ((_, shape), bytes))| Ok((name, TensorView::new(Dtype::F32, shape, bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        let tensors = safetensors::serialize(views, None)?;
        let manifest = HeadManifest { format: HEAD_FORMAT.to_owned(), sha256: sha256_hex(&tensors), ..manifest };
        let manifest = serde_json::to_string_pretty(&manifest)? + "\n";
        Ok(HeadFiles { tensors, manifest })
    }

    /// From its files, verified.
    ///
    /// # Errors
    /// [`HeadFileError`] when a file is damaged, of another version, or of another head.
    pub fn from_files(files: &HeadFiles) -> Result<(Self, HeadManifest), HeadFileError> {
        let value: serde_json::Value = serde_json::from_str(&files.manifest)?;
        let format = value["format"].as_str().unwrap_or_default();
        if format != HEAD_FORMAT {
            return Err(HeadFileError::Format(format.to_owned()));
        }
        let manifest: HeadManifest = serde_json::from_value(value)?;
        manifest.recipe.check()?;
        let found = sha256_hex(&files.tensors);
        if found != manifest.sha256 {
            return Err(HeadFileError::Digest { found, expected: manifest.sha256 });
        }
        let tensors = SafeTensors::deserialize(&files.tensors)?;
        let floats = |name: &'static str| -> Result<Vec<f32>, HeadFileError> {
            let view = tensors.tensor(name)?;
            if view.dtype() != Dtype::F32 {
                return Err(HeadFileError::Number(name));
            }
            Ok(view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        };
        let head = Self {
            heads: manifest.recipe.heads as usize,
            hidden: manifest.recipe.hidden as usize,
            mean: floats("mean")?,
            scale: floats("scale")?,
            weights: floats("weights")?,
            bias: floats("bias")?,
            output: floats("output")?,
            dropout: manifest.recipe.dropout,
        };
        Ok((head.checked()?, manifest))
    }

    /// The head, if it is one of this recipe.
    fn of(mut self, recipe: &Recipe) -> Result<Self, HeadError> {
        (self.heads, self.hidden) = (recipe.heads as usize, recipe.hidden as usize);
        self.checked()
    }
}
