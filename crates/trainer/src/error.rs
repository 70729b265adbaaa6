use std::path::{Path, PathBuf};

/// Why a command of the trainer stopped.
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
    /// A line of a corpus is not what it should be.
    #[error("{path}, line {line}: not a JSON object with prompt and answer")]
    Line {
        /// In which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The corpus has too little for training and for holding some back.
    #[error("the corpus has {0} documents; at least 20 are needed")]
    Corpus(usize),
    /// The tokenizer cannot be trained, read or used.
    #[error("tokenizer: {0}")]
    Tokenizer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file of tensors is damaged.
    #[error("cannot read the tensors of {path}")]
    Tensors {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: safetensors::SafeTensorError,
    },
    /// Tensors cannot be written.
    #[error("cannot lay out tensors")]
    Layout(#[source] safetensors::SafeTensorError),
    /// A tensor is absent or has another shape.
    #[error("tensor {0} is missing or of another shape")]
    Shape(String),
    /// A checkpoint's description, or another file of ours, is not JSON of the right shape.
    #[error("cannot read or write the description in {path}")]
    Json {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A checkpoint was made with other settings or another corpus.
    #[error(
        "the checkpoint in {0} is of another recipe or corpus; delete the folder, or give the settings it was made with"
    )]
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
}

/// Writes a file so that a reader, or a crash, sees the old content or the new one and nothing between.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    std::fs::write(&part, bytes).map_err(Error::io(&part))?;
    std::fs::rename(&part, path).map_err(Error::io(path))
}
