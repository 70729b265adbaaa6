use std::path::{Path, PathBuf};

use plaudit_domain::{FileRole, ModelFile, ModelManifest};

use crate::sha256_hex;

/// The bytes of a model, by role. GGUF has everything in the weights' file.
#[derive(Debug, Clone, Default)]
pub struct ModelFiles {
    /// GGUF or safetensors; the content decides.
    pub weights: Vec<u8>,
    /// Hugging Face's `config.json`; needed beside safetensors.
    pub config: Option<Vec<u8>>,
    /// Hugging Face's `tokenizer.json`; needed beside safetensors.
    pub tokenizer: Option<Vec<u8>>,
    /// Hugging Face's `tokenizer_config.json`; needed beside safetensors.
    pub tokenizer_config: Option<Vec<u8>>,
}

/// A model's folder is not what its manifest says.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is damaged, or of another version.
    #[error(
        "{path} is not the file that the manifest names: its SHA-256 is {found}, expected {expected}; get the model anew"
    )]
    Digest {
        /// Which.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
}

impl ModelFiles {
    /// Reads all files that the manifest names and verifies their digests.
    ///
    /// # Errors
    /// [`ReadError`] names the file.
    pub fn read(manifest: &ModelManifest, folder: &Path) -> Result<Self, ReadError> {
        let mut files = Self::default();
        for file in &manifest.files {
            files.put(file.role, read(file, folder)?);
        }
        Ok(files)
    }

    /// Puts one file in its place.
    pub fn put(&mut self, role: FileRole, bytes: Vec<u8>) {
        match role {
            FileRole::Weights => self.weights = bytes,
            FileRole::Config => self.config = Some(bytes),
            FileRole::Tokenizer => self.tokenizer = Some(bytes),
            FileRole::TokenizerConfig => self.tokenizer_config = Some(bytes),
        }
    }
}

fn read(file: &ModelFile, folder: &Path) -> Result<Vec<u8>, ReadError> {
    let path = folder.join(&file.path);
    match std::fs::read(&path) {
        Err(source) => Err(ReadError::Io { path, source }),
        Ok(bytes) => {
            let found = sha256_hex(&bytes);
            if found == file.sha256 {
                Ok(bytes)
            } else {
                Err(ReadError::Digest { path, found, expected: file.sha256.clone() })
            }
        }
    }
}
