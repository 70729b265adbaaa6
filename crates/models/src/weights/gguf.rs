//! GGUF, versions 2 and 3: header, settings, and where the tensors are. See ggml's `docs/gguf.md`.

use std::collections::HashMap;

use super::{Number, Part, Stored};

/// What is wrong with a GGUF file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GgufError {
    /// It ends too early.
    #[error("it ends in the middle; it was probably not loaded completely")]
    Truncated,
    /// It is of another version.
    #[error("its version is {0}; versions 2 and 3 are read")]
    Version(u32),
    /// A text in it is none.
    #[error("a name or a setting in it is not UTF-8")]
    NotText,
    /// A setting of a type that does not exist.
    #[error("the setting {0:?} is of an unknown type")]
    SettingType(String),
    /// Arrays in arrays without end.
    #[error("the setting {0:?} nests too deeply")]
    Nesting(String),
    /// A tensor of a type that is not read.
    #[error("the tensor {name} has numbers of type {number}; F32, F16, BF16, Q8_0, Q4_0 and Q4_1 are read")]
    NumberType {
        /// Which.
        name: String,
        /// ggml's number of the type.
        number: u32,
    },
    /// A tensor's shape makes no sense.
    #[error("the tensor {0} has an impossible shape")]
    Shape(String),
    /// A setting is missing or of another type.
    #[error("the setting {0:?} is missing or of another type")]
    Setting(String),
}

/// A setting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(&'a str),
    Array(Vec<Value<'a>>),
}

/// An opened file.
pub(crate) struct Gguf<'a> {
    settings: HashMap<&'a str, Value<'a>>,
    tensors: HashMap<&'a str, Place>,
    data: &'a [u8],
}

struct Place {
    shape: Vec<usize>,
    number: u32,
    offset: usize,
}

const DEFAULT_ALIGNMENT: usize = 32;

impl<'a> Gguf<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, GgufError> {
        let mut reader = Reader { bytes, position: 4 };
        let version = reader.u32()?;
        if !(2..=3).contains(&version) {
            return Err(GgufError::Version(version));
        }
        let tensor_count = reader.length()?;
        let setting_count = reader.length()?;
        let mut settings = HashMap::new();
        for _ in 0..setting_count {
            let name = reader.text()?;
            let kind = reader.u32()?;
            settings.insert(name, reader.value(name, kind, 0)?);
        }
        let mut tensors = HashMap::new();
        for _ in 0..tensor_count {
            let name = reader.text()?;
            let dimensions = reader.u32()?;
            if dimensions == 0 || dimensions > 4 {
                return Err(GgufError::Shape(name.to_owned()));
            }
            let mut shape = Vec::new();
            for _ in 0..dimensions {
                shape.push(usize::try_from(reader.u64()?).map_err(|_| GgufError::Shape(name.to_owned()))?);
            }
            // ggml counts from the innermost.
            shape.reverse();
            let number = reader.u32()?;
            let offset = usize::try_from(reader.u64()?).map_err(|_| GgufError::Truncated)?;
            tensors.insert(name, Place { shape, number, offset });
        }
        let alignment = match settings.get("general.alignment") {
            Some(Value::Integer(alignment)) => usize::try_from(*alignment).unwrap_or(DEFAULT_ALIGNMENT).max(1),
            _ => DEFAULT_ALIGNMENT,
        };
        let start = reader.position.checked_next_multiple_of(alignment).ok_or(GgufError::Truncated)?;
        let data = bytes.get(start..).ok_or(GgufError::Truncated)?;
        Ok(Self { settings, tensors, data })
    }

    /// A tensor, if the file has it.
    pub(super) fn tensor(&self, name: &str) -> Result<Option<Stored<'a>>, GgufError> {
        let Some(place) = self.tensors.get(name) else { return Ok(None) };
        // ggml's enum ggml_type.
        let number = match place.number {
            0 => Number::F32,
            1 => Number::F16,
            2 => Number::Q4_0,
            3 => Number::Q4_1,
            8 => Number::Q8_0,
            30 => Number::Bf16,
            other => return Err(GgufError::NumberType { name: name.to_owned(), number: other }),
        };
        let shape_error = || GgufError::Shape(name.to_owned());
        let count = place.shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
        let (in_block, block_bytes) = number.block();
        let count = count.filter(|count| *count > 0 && count.is_multiple_of(in_block)).ok_or_else(shape_error)?;
        let size = (count / in_block).checked_mul(block_bytes).ok_or_else(shape_error)?;
        let end = place.offset.checked_add(size).ok_or(GgufError::Truncated)?;
        let bytes = self.data.get(place.offset..end).ok_or(GgufError::Truncated)?;
        Ok(Some(Stored { name: name.to_owned(), shape: place.shape.clone(), number, bytes }))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.settings.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, GgufError> {
        match self.get(name) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(GgufError::Setting(name.to_owned())),
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Result<u64, GgufError> {
        match self.get(name) {
            Some(Value::Integer(integer)) => u64::try_from(*integer).map_err(|_| GgufError::Setting(name.to_owned())),
            _ => Err(GgufError::Setting(name.to_owned())),
        }
    }

    pub(crate) fn float(&self, name: &str) -> Result<f64, GgufError> {
        match self.get(name) {
            Some(Value::Float(float)) => Ok(*float),
            _ => Err(GgufError::Setting(name.to_owned())),
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&'a str>, GgufError> {
        let error = || GgufError::Setting(name.to_owned());
        let Some(Value::Array(values)) = self.get(name) else { return Err(error()) };
        values.iter().map(|value| if let Value::Text(text) = value { Ok(*text) } else { Err(error()) }).collect()
    }

    pub(crate) fn integers(&self, name: &str) -> Result<Vec<i128>, GgufError> {
        let error = || GgufError::Setting(name.to_owned());
        let Some(Value::Array(values)) = self.get(name) else { return Err(error()) };
        values
            .iter()
            .map(|value| if let Value::Integer(integer) = value { Ok(*integer) } else { Err(error()) })
            .collect()
    }
}

/// Arrays of arrays deeper than this are nonsense.
const DEEPEST: u32 = 4;

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], GgufError> {
        let end = self.position.checked_add(count).ok_or(GgufError::Truncated)?;
        let taken = self.bytes.get(self.position..end).ok_or(GgufError::Truncated)?;
        self.position = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        self.take(N)?.try_into().map_err(|_| GgufError::Truncated)
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things of at least one byte each, so that a damaged one cannot make us wait or fill the memory.
    fn length(&mut self) -> Result<usize, GgufError> {
        let length = self.u64()?;
        usize::try_from(length).ok().filter(|length| *length <= self.bytes.len()).ok_or(GgufError::Truncated)
    }

    fn text(&mut self) -> Result<&'a str, GgufError> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| GgufError::NotText)
    }

    fn value(&mut self, name: &str, kind: u32, depth: u32) -> Result<Value<'a>, GgufError> {
        Ok(match kind {
            0 => Value::Integer(self.array().map(u8::from_le_bytes)?.into()),
            1 => Value::Integer(self.array().map(i8::from_le_bytes)?.into()),
            2 => Value::Integer(self.array().map(u16::from_le_bytes)?.into()),
            3 => Value::Integer(self.array().map(i16::from_le_bytes)?.into()),
            4 => Value::Integer(self.u32()?.into()),
            5 => Value::Integer(self.array().map(i32::from_le_bytes)?.into()),
            6 => Value::Float(self.array().map(f32::from_le_bytes)?.into()),
            7 => Value::Bool(self.array::<1>()?[0] != 0),
            8 => Value::Text(self.text()?),
            9 => {
                if depth >= DEEPEST {
                    return Err(GgufError::Nesting(name.to_owned()));
                }
                let kind = self.u32()?;
                let length = self.length()?;
                let mut values = Vec::new();
                for _ in 0..length {
                    values.push(self.value(name, kind, depth + 1)?);
                }
                Value::Array(values)
            }
            10 => Value::Integer(self.u64()?.into()),
            11 => Value::Integer(self.array().map(i64::from_le_bytes)?.into()),
            12 => Value::Float(self.array().map(f64::from_le_bytes)?),
            _ => return Err(GgufError::SettingType(name.to_owned())),
        })
    }
}

/// llama.cpp's names.
pub(super) fn name(part: Part) -> String {
    let block = |layer: usize, rest: &str| format!("blk.{layer}.{rest}.weight");
    match part {
        Part::Embedding => "token_embd.weight".to_owned(),
        Part::FinalNorm => "output_norm.weight".to_owned(),
        Part::Head => "output.weight".to_owned(),
        Part::AttentionNorm(index) => block(index, "attn_norm"),
        Part::Query(index) => block(index, "attn_q"),
        Part::Key(index) => block(index, "attn_k"),
        Part::Value(index) => block(index, "attn_v"),
        Part::AttentionOutput(index) => block(index, "attn_output"),
        Part::FeedForwardNorm(index) => block(index, "ffn_norm"),
        Part::Gate(index) => block(index, "ffn_gate"),
        Part::Up(index) => block(index, "ffn_up"),
        Part::Down(index) => block(index, "ffn_down"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A small file: one setting, one F32 tensor of two numbers.
    fn small() -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        let text = |file: &mut Vec<u8>, text: &str| {
            file.extend((text.len() as u64).to_le_bytes());
            file.extend(text.as_bytes());
        };
        file.extend(3_u32.to_le_bytes());
        file.extend(1_u64.to_le_bytes());
        file.extend(1_u64.to_le_bytes());
        text(&mut file, "general.architecture");
        file.extend(8_u32.to_le_bytes());
        text(&mut file, "llama");
        text(&mut file, "output_norm.weight");
        file.extend(1_u32.to_le_bytes());
        file.extend(2_u64.to_le_bytes());
        file.extend(0_u32.to_le_bytes());
        file.extend(0_u64.to_le_bytes());
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(1.5_f32.to_le_bytes());
        file.extend((-2.0_f32).to_le_bytes());
        file
    }

    #[test]
    fn settings_and_tensors_are_found() {
        let file = small();
        let gguf = Gguf::parse(&file).unwrap();
        assert_eq!(gguf.text("general.architecture").unwrap(), "llama");
        assert_eq!(gguf.tensor("output_norm.weight").unwrap().unwrap().vector(2).unwrap(), [1.5, -2.0]);
        assert!(gguf.tensor("token_embd.weight").unwrap().is_none());
    }

    #[test]
    fn a_truncated_file_says_so_wherever_it_ends() {
        let file = small();
        for length in 8..file.len() {
            let found = Gguf::parse(&file[..length]).and_then(|gguf| gguf.tensor("output_norm.weight").map(|_| ()));
            assert_eq!(found.unwrap_err(), GgufError::Truncated, "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_reader(change in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..12)) {
            let mut file = small();
            let start = 4 + change.index(file.len() - 4);
            for (byte, new) in file[start..].iter_mut().zip(bytes) {
                *byte = new;
            }
            // Whether it reads or refuses, it comes back, and never with bytes that are not in the file.
            let found = Gguf::parse(&file).and_then(|gguf| gguf.tensor("output_norm.weight"));
            if let Ok(Some(tensor)) = found {
                prop_assert!(tensor.bytes.len() <= file.len());
            }
        }
    }
}
