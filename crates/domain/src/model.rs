use serde::{Deserialize, Serialize};

/// The word in a manifest's `format` field.
pub const MODEL_FORMAT: &str = "plaudit-model/1";

/// What a folder with weights says of itself: `manifest.json` beside the files it names.
///
/// The files stand at `/models/{name}/{path}` of a running server, whether the site or the data folder has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelManifest {
    /// [`MODEL_FORMAT`].
    pub format: String,
    /// The folder's name: lower-case letters, digits and hyphens.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The architecture, as its configuration calls it: `llama`, which writes text, or `bert`, which turns texts into
    /// vectors.
    pub architecture: String,
    /// Number of parameters, tied ones counted once.
    pub parameters: u64,
    /// Tokens that fit: prompt and answer together.
    pub context: u32,
    /// SPDX expression.
    pub license: String,
    /// Where the weights come from.
    pub source: String,
    /// All files a browser has to load.
    pub files: Vec<ModelFile>,
    /// What a device has to reproduce before it may make generations.
    pub self_check: SelfCheck,
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// What is in it.
    pub role: FileRole,
    /// Its name in the folder.
    pub path: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// What a model's file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// The tensors: GGUF (with configuration and tokenizer inside) or safetensors. The format is read from the content.
    Weights,
    /// Hugging Face's `config.json`.
    Config,
    /// Hugging Face's `tokenizer.json`.
    Tokenizer,
    /// Hugging Face's `tokenizer_config.json`, with the chat template.
    TokenizerConfig,
}

/// A fixed input and what comes out of it on a device that computes rightly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// The input.
    pub prompt_tokens: Vec<u32>,
    /// Some of the logits after the last token, the largest among them: token and value. Of an encoder, some components
    /// of the vector.
    pub logits: Vec<(u32, f32)>,
}

/// Why a manifest is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is not JSON of this shape.
    #[error("the manifest cannot be read: {0}")]
    Unreadable(String),
    /// It is of another format or version.
    #[error("the manifest's format is {0:?}; this version reads {MODEL_FORMAT:?}")]
    Format(String),
    /// A field that would lead astray.
    #[error("the manifest's {field} is {value:?}; expected {expected}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it says.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl ModelManifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] says which field is wrong.
    pub fn from_json(json: &str) -> Result<Self, ManifestError> {
        let manifest: Self =
            serde_json::from_str(json).map_err(|error| ManifestError::Unreadable(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let wrong =
            |field, value: &str, expected| Err(ManifestError::Field { field, value: value.to_owned(), expected });
        if self.format != MODEL_FORMAT {
            return Err(ManifestError::Format(self.format.clone()));
        }
        if !is_plain(&self.name, false) {
            return wrong("name", &self.name, "lower-case letters, digits and hyphens");
        }
        if self.context == 0 {
            return wrong("context", "0", "a number of tokens");
        }
        let weights = self.files.iter().filter(|file| file.role == FileRole::Weights).count();
        if weights != 1 {
            return wrong("files", &weights.to_string(), "one file with the role weights");
        }
        for file in &self.files {
            if !is_plain(&file.path, true) {
                return wrong("path", &file.path, "a file name without folders");
            }
            if file.sha256.len() != 64 || !file.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                return wrong("sha256", &file.sha256, "64 lower-case hexadecimal digits");
            }
        }
        Ok(())
    }

    /// The digest that names these weights wherever a generation or a contestant refers to them: the SHA-256 of the
    /// file with the tensors.
    pub fn weights_sha256(&self) -> &str {
        self.file(FileRole::Weights).map_or("", |file| &file.sha256)
    }

    /// Whether the model writes text and can be asked something; an encoder cannot.
    pub fn writes_text(&self) -> bool {
        self.architecture == "llama"
    }

    /// The file with this role.
    pub fn file(&self, role: FileRole) -> Option<&ModelFile> {
        self.files.iter().find(|file| file.role == role)
    }

    /// What a browser has to load, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Whether a name can stand in an address and in a path without meaning anything else.
fn is_plain(name: &str, file: bool) -> bool {
    let allowed = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' => true,
        b'A'..=b'Z' | b'_' | b'.' => file,
        _ => false,
    };
    !name.is_empty() && name.len() <= 120 && !name.starts_with(['.', '-']) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> serde_json::Value {
        serde_json::json!({
            "format": MODEL_FORMAT, "name": "tiny", "title": "Tiny", "architecture": "llama", "parameters": 1,
            "context": 256, "license": "Apache-2.0", "source": "here",
            "files": [{ "role": "weights", "path": "model.safetensors", "sha256": "0".repeat(64), "bytes": 10 }],
            "self_check": { "prompt_tokens": [1], "logits": [[2, 0.5]] },
        })
    }

    #[test]
    fn a_manifest_names_its_weights() {
        let manifest = ModelManifest::from_json(&manifest().to_string()).unwrap();
        assert_eq!(manifest.weights_sha256(), "0".repeat(64));
        assert_eq!(manifest.bytes(), 10);
    }

    #[test]
    fn a_manifest_cannot_name_a_file_outside_of_its_folder() {
        for path in ["../secret", "a/b", "", ".hidden", "c\\d", "https:x"] {
            let mut manifest = manifest();
            manifest["files"][0]["path"] = path.into();
            let error = ModelManifest::from_json(&manifest.to_string()).unwrap_err();
            assert!(matches!(error, ManifestError::Field { field: "path", .. }), "{path}: {error}");
        }
    }

    #[test]
    fn a_manifest_of_another_version_is_refused_by_name() {
        let mut manifest = manifest();
        manifest["format"] = "plaudit-model/9".into();
        let error = ModelManifest::from_json(&manifest.to_string()).unwrap_err().to_string();
        assert!(error.contains("plaudit-model/9") && error.contains(MODEL_FORMAT), "{error}");
    }
}
