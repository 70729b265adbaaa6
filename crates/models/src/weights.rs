//! Tensors and settings, as files hold them.

mod gguf;
mod safetensors;

use half::{bf16, f16};

pub use gguf::GgufError;
pub(crate) use gguf::{Gguf, Value};
pub(crate) use safetensors::Safetensors;

use crate::{llama::LlamaConfig, quantised::QuantisedMatrix};

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file starts neither as GGUF nor as safetensors.
    #[error("this is neither a GGUF nor a safetensors file")]
    Unknown,
    /// GGUF, but damaged or of a kind that is not read.
    #[error("the GGUF file cannot be used: {0}")]
    Gguf(#[from] GgufError),
    /// safetensors, but damaged.
    #[error("the safetensors file cannot be read: {0}")]
    Safetensors(String),
    /// safetensors need a configuration beside them.
    #[error("safetensors weights need a config.json beside them")]
    NoConfig,
    /// The configuration cannot be read.
    #[error("config.json cannot be read: {0}")]
    Config(String),
    /// Another architecture.
    #[error("these are weights of the architecture {found:?}; {known} is what is known here")]
    Architecture {
        /// What the file says.
        found: String,
        /// What can be computed.
        known: &'static str,
    },
    /// A setting is missing or makes no sense.
    #[error("the setting {name} is {value}, which no model of this kind can have")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// A tensor is missing.
    #[error("the tensor {0} is missing")]
    Missing(String),
    /// A tensor has another shape than the settings say.
    #[error("the tensor {name} has the shape {found:?}, expected {expected:?}")]
    Shape {
        /// Which.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What it should be.
        expected: Vec<usize>,
    },
    /// A tensor's bytes do not fit its shape.
    #[error("the tensor {name} is damaged: {reason}")]
    Damaged {
        /// Which.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// How a tensor's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    F32,
    F16,
    Bf16,
    Q8_0,
    Q4_0,
    Q4_1,
}

impl Number {
    /// Numbers that are stored together, and the bytes they take.
    pub(crate) fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::Bf16 => (1, 2),
            Self::Q8_0 => (32, 34),
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
        }
    }
}

/// A tensor in its file.
#[derive(Debug, Clone)]
pub(crate) struct Stored<'a> {
    pub(crate) name: String,
    /// Outermost first: a matrix is `[outputs, inputs]`.
    pub(crate) shape: Vec<usize>,
    pub(crate) number: Number,
    pub(crate) bytes: &'a [u8],
}

/// A matrix out of a file, either way.
#[derive(Debug)]
pub(crate) enum Matrix {
    Quantised(QuantisedMatrix),
    /// Row by row.
    Dense {
        values: Vec<f32>,
        rows: usize,
        columns: usize,
    },
}

impl Matrix {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Quantised(matrix) => matrix.rows(),
            Self::Dense { rows, .. } => *rows,
        }
    }

    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Quantised(matrix) => matrix.columns(),
            Self::Dense { columns, .. } => *columns,
        }
    }

    pub(crate) fn row(&self, row: usize) -> Vec<f32> {
        match self {
            Self::Quantised(matrix) => matrix.row(row),
            Self::Dense { values, columns, .. } => values[row * columns..(row + 1) * columns].to_vec(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Quantised(matrix) => matrix.bytes(),
            Self::Dense { values, .. } => values.len() * 4,
        }
    }
}

impl Stored<'_> {
    fn expect(&self, expected: &[usize]) -> Result<(), WeightsError> {
        if self.shape == expected {
            return Ok(());
        }
        Err(WeightsError::Shape { name: self.name.clone(), found: self.shape.clone(), expected: expected.to_vec() })
    }

    fn floats(&self) -> Result<Vec<f32>, WeightsError> {
        let two = || self.bytes.as_chunks::<2>().0.iter();
        match self.number {
            Number::F32 => Ok(self.bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
            Number::F16 => Ok(two().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()),
            Number::Bf16 => Ok(two().map(|bytes| bf16::from_le_bytes(*bytes).to_f32()).collect()),
            Number::Q8_0 | Number::Q4_0 | Number::Q4_1 => {
                Err(WeightsError::Damaged { name: self.name.clone(), reason: "it should not be quantised".to_owned() })
            }
        }
    }

    /// A vector of this length.
    pub(crate) fn vector(&self, length: usize) -> Result<Vec<f32>, WeightsError> {
        self.expect(&[length])?;
        self.floats()
    }

    /// A matrix of this shape, quantised if it is so in the file.
    pub(crate) fn matrix(&self, rows: usize, columns: usize) -> Result<Matrix, WeightsError> {
        self.expect(&[rows, columns])?;
        let quantised = match self.number {
            Number::Q4_0 => QuantisedMatrix::from_q4_0(self.bytes, rows, columns),
            Number::Q4_1 => QuantisedMatrix::from_q4_1(self.bytes, rows, columns),
            Number::Q8_0 => QuantisedMatrix::from_q8_0(self.bytes, rows, columns),
            Number::F32 | Number::F16 | Number::Bf16 => {
                return Ok(Matrix::Dense { values: self.floats()?, rows, columns });
            }
        };
        let matrix =
            quantised.map_err(|error| WeightsError::Damaged { name: self.name.clone(), reason: error.to_string() })?;
        Ok(Matrix::Quantised(matrix))
    }
}

/// The tensors of a Llama model, wherever they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Embedding,
    FinalNorm,
    Head,
    AttentionNorm(usize),
    Query(usize),
    Key(usize),
    Value(usize),
    AttentionOutput(usize),
    FeedForwardNorm(usize),
    Gate(usize),
    Up(usize),
    Down(usize),
}

/// An opened weights file.
pub(crate) enum Weights<'a> {
    Gguf(Gguf<'a>),
    Safetensors(Safetensors<'a>),
}

impl<'a> Weights<'a> {
    /// Looks what it is and opens it.
    pub(crate) fn open(bytes: &'a [u8], config: Option<&[u8]>) -> Result<Self, WeightsError> {
        if bytes.starts_with(b"GGUF") {
            return Ok(Self::Gguf(Gguf::parse(bytes)?));
        }
        // A safetensors file starts with the length of a JSON header, 64 bits, little-endian.
        if bytes.get(8) == Some(&b'{') {
            return Ok(Self::Safetensors(Safetensors::open(bytes, config.ok_or(WeightsError::NoConfig)?)?));
        }
        Err(WeightsError::Unknown)
    }

    pub(crate) fn config(&self) -> Result<LlamaConfig, WeightsError> {
        match self {
            Self::Gguf(gguf) => LlamaConfig::from_gguf(gguf),
            Self::Safetensors(safetensors) => LlamaConfig::from_json(safetensors.config()),
        }
    }

    /// A tensor, if it is there.
    pub(crate) fn find(&self, part: Part) -> Result<Option<Stored<'a>>, WeightsError> {
        match self {
            Self::Gguf(gguf) => Ok(gguf.tensor(&gguf::name(part))?),
            Self::Safetensors(safetensors) => safetensors.tensor(&safetensors::name(part)),
        }
    }

    /// A tensor that has to be there.
    pub(crate) fn get(&self, part: Part) -> Result<Stored<'a>, WeightsError> {
        let name = match self {
            Self::Gguf(_) => gguf::name(part),
            Self::Safetensors(_) => safetensors::name(part),
        };
        self.find(part)?.ok_or(WeightsError::Missing(name))
    }
}
