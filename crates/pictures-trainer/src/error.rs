use std::path::{Path, PathBuf};

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("cannot use {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A downloaded archive is not the pinned one.
    #[error("{path} is missing or not the pinned file (SHA-256 {sha256}); cargo xtask models fetch emoji gets it")]
    Archive {
        /// Which.
        path: PathBuf,
        /// What it should be.
        sha256: &'static str,
    },
    /// A file in an archive has another shape than it had.
    #[error("{file} of the archive has no {what}")]
    Content {
        /// Which file.
        file: String,
        /// What is missing.
        what: String,
    },
    /// A drawing cannot be rendered.
    #[error("the emoji {name} cannot be rendered: {reason}")]
    Drawing {
        /// Which.
        name: String,
        /// Why.
        reason: String,
    },
    /// A file of tensors is damaged.
    #[error("cannot read or write the tensors of {path}")]
    Tensors {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: safetensors::SafeTensorError,
    },
    /// A description is not JSON of the right shape.
    #[error("cannot read or write the description in {path}")]
    Json {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A manifest is not one.
    #[error("the manifest in {path} cannot be used")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: plaudit_domain::ManifestError,
    },
    /// A model's file is not what its manifest says.
    #[error(transparent)]
    Read(#[from] plaudit_models::ReadError),
    /// A model cannot be loaded.
    #[error(transparent)]
    Load(#[from] plaudit_models::LoadError),
    /// A model's weights cannot be used.
    #[error(transparent)]
    Weights(#[from] plaudit_models::WeightsError),
    /// The teacher of captions failed.
    #[error(transparent)]
    Embed(#[from] plaudit_models::EmbedError),
    /// A sampler failed.
    #[error(transparent)]
    Picture(#[from] plaudit_models::picture::PictureError),
    /// A checkpoint was made with other settings.
    #[error("the checkpoint in {0} is of another recipe; delete the folder, or give the settings it was made with")]
    Recipe(PathBuf),
    /// A tensor does not hold what was computed.
    #[error("burn returned no {0}")]
    Burn(&'static str),
    /// Training went wrong.
    #[error("the loss at step {0} is not a number; a lower learning rate is needed")]
    Diverged(usize),
    /// A progress bar's template is wrong.
    #[error("progress bar")]
    Bar(#[from] indicatif::style::TemplateError),
    /// A sheet cannot be encoded.
    #[error("cannot write the picture {path}")]
    Png {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: png::EncodingError,
    },
    /// There is too little to measure.
    #[error("{0}")]
    TooFew(&'static str),
}

impl Error {
    /// An [`Error::Io`] of this path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// An [`Error::Json`] of this path.
    pub(crate) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Json { path, source }
    }

    /// An [`Error::Tensors`] of this path.
    pub(crate) fn tensors(path: &Path) -> impl Fn(safetensors::SafeTensorError) -> Self {
        let path = path.to_owned();
        move |source| Self::Tensors { path: path.clone(), source }
    }
}

/// Writes a file so that a reader, or a crash, sees the old content or the new one and nothing between.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    std::fs::write(&part, bytes).map_err(Error::io(&part))?;
    std::fs::rename(&part, path).map_err(Error::io(path))
}
