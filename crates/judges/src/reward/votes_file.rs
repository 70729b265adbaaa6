//! What a head is learned from, as one file: enough to learn it again elsewhere and to come to the same numbers.
//!
//! Texts leave as their vectors and lengths, contestants and prompts as numbers; neither texts, names nor voters are in it.

use std::collections::HashMap;

use plaudit_models::EMBEDDING_WIDTH;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{Comparison, Dataset, DatasetError, TextFeatures};

/// The word in the file's `format` field.
pub const VOTES_FORMAT: &str = "plaudit-reward-votes/1";

const VECTORS: &str = "vectors";
const LENGTHS: &str = "lengths";
const COMPARISONS: &str = "comparisons";
const LABELS: &str = "labels";
const FIELDS: usize = 6;

/// Why a file is none to learn from.
#[derive(Debug, thiserror::Error)]
pub enum VotesFileError {
    /// It is no safetensors file, or lacks a tensor.
    #[error("the votes to learn from cannot be read: {0}")]
    Tensors(#[from] safetensors::SafeTensorError),
    /// It is of another format or version.
    #[error("the votes' format is {0:?}; this version reads {VOTES_FORMAT:?}: train the head anew on the server")]
    Format(String),
    /// A tensor is of another type or shape.
    #[error("the tensor {name} is {found}; expected {expected}")]
    Tensor {
        /// Which.
        name: &'static str,
        /// Its type and shape.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The comparisons make no sense.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl Dataset {
    /// As a safetensors file: `vectors` `[texts, 384]` of 32-bit floats, `lengths` `[texts, 2]` (characters, words),
    /// `comparisons` `[n, 6]` (prompt, left, right, prompt group, left contestant, right contestant) and `labels` `[n]` of
    /// 64-bit floats. The same comparisons give the same bytes.
    ///
    /// # Errors
    /// [`VotesFileError`] when the file's format cannot hold them.
    pub fn to_file(&self) -> Result<Vec<u8>, VotesFileError> {
        let vectors: Vec<u8> = self.texts.iter().flat_map(|text| text.vector).flat_map(f32::to_le_bytes).collect();
        let lengths: Vec<u8> =
            self.texts.iter().flat_map(|text| [text.characters, text.words]).flat_map(u32::to_le_bytes).collect();
        let fields = |comparison: &Comparison| {
            let Comparison { prompt, left, right, prompt_group, left_contestant, right_contestant, .. } = *comparison;
            [prompt, left, right, prompt_group, left_contestant, right_contestant]
        };
        let comparisons: Vec<u8> = self.comparisons.iter().flat_map(fields).flat_map(u32::to_le_bytes).collect();
        let labels: Vec<u8> = self.comparisons.iter().flat_map(|comparison| comparison.label.to_le_bytes()).collect();
        let (texts, count) = (self.texts.len(), self.comparisons.len());
        let views = [
            (VECTORS, TensorView::new(Dtype::F32, vec![texts, EMBEDDING_WIDTH], &vectors)?),
            (LENGTHS, TensorView::new(Dtype::U32, vec![texts, 2], &lengths)?),
            (COMPARISONS, TensorView::new(Dtype::U32, vec![count, FIELDS], &comparisons)?),
            (LABELS, TensorView::new(Dtype::F64, vec![count], &labels)?),
        ];
        let metadata = HashMap::from([("format".to_owned(), VOTES_FORMAT.to_owned())]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// From such a file, checked.
    ///
    /// # Errors
    /// [`VotesFileError`] when it is damaged, of another version, or makes no sense.
    pub fn from_file(bytes: &[u8]) -> Result<Self, VotesFileError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let format = header.metadata().as_ref().and_then(|known| known.get("format")).cloned().unwrap_or_default();
        if format != VOTES_FORMAT {
            return Err(VotesFileError::Format(format));
        }
        let tensors = SafeTensors::deserialize(bytes)?;
        let rows = |name: &'static str, dtype: Dtype, width: Option<usize>| -> Result<&[u8], VotesFileError> {
            let view = tensors.tensor(name)?;
            let fits = match (view.shape(), width) {
                ([_, columns], Some(width)) => *columns == width,
                ([_], None) => true,
                _ => false,
            };
            if view.dtype() == dtype && fits {
                return Ok(view.data());
            }
            let found = format!("{:?} {:?}", view.dtype(), view.shape());
            let expected = width.map_or_else(|| format!("{dtype:?} [n]"), |width| format!("{dtype:?} [n, {width}]"));
            Err(VotesFileError::Tensor { name, found, expected })
        };
        let vectors = rows(VECTORS, Dtype::F32, Some(EMBEDDING_WIDTH))?;
        let lengths = numbers(rows(LENGTHS, Dtype::U32, Some(2))?);
        let fields = numbers(rows(COMPARISONS, Dtype::U32, Some(FIELDS))?);
        let labels = rows(LABELS, Dtype::F64, None)?.as_chunks::<8>().0;
        let texts = vectors.as_chunks::<{ 4 * EMBEDDING_WIDTH }>().0.iter().zip(lengths.as_chunks::<2>().0);
        let texts: Vec<TextFeatures> = texts
            .map(|(bytes, [characters, words])| {
                let mut vector = [0.0; EMBEDDING_WIDTH];
                for (value, bytes) in vector.iter_mut().zip(bytes.as_chunks::<4>().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
                TextFeatures { vector, characters: *characters, words: *words }
            })
            .collect();
        let comparisons = fields.as_chunks::<FIELDS>().0;
        let same_length = |name, found: usize, expected: usize| match found == expected {
            true => Ok(()),
            false => Err(VotesFileError::Tensor {
                name,
                found: format!("{found} rows long"),
                expected: format!("{expected} rows"),
            }),
        };
        same_length(LENGTHS, lengths.len() / 2, texts.len())?;
        same_length(LABELS, labels.len(), comparisons.len())?;
        let comparisons = comparisons.iter().zip(labels).map(|(fields, label)| {
            let [prompt, left, right, prompt_group, left_contestant, right_contestant] = *fields;
            let label = f64::from_le_bytes(*label);
            Comparison { prompt, left, right, label, prompt_group, left_contestant, right_contestant }
        });
        Ok(Self::new(texts, comparisons.collect())?)
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Dataset {
        let text = |value: f32, text: &str| TextFeatures::new([value; EMBEDDING_WIDTH], text);
        let texts = vec![text(0.05, "the prompt"), text(-0.05, "an answer"), text(0.01, "another one")];
        let comparison = |label| Comparison {
            prompt: 0,
            left: 1,
            right: 2,
            label,
            prompt_group: 7,
            left_contestant: 3,
            right_contestant: 4,
        };
        Dataset::new(texts, vec![comparison(1.0), comparison(1.0 / 3.0)]).unwrap()
    }

    #[test]
    fn what_was_written_is_read_again_to_the_last_bit() {
        let file = dataset().to_file().unwrap();
        assert_eq!(Dataset::from_file(&file).unwrap(), dataset());
        assert_eq!(dataset().to_file().unwrap(), file, "the same comparisons, the same bytes");
    }

    #[test]
    fn a_file_that_is_cut_or_of_another_kind_is_refused() {
        let file = dataset().to_file().unwrap();
        for cut in [0, 7, 40, file.len() / 2, file.len() - 1] {
            assert!(Dataset::from_file(&file[..cut]).is_err(), "{cut}");
        }
        let mut other = file.clone();
        let version = file.windows(VOTES_FORMAT.len()).position(|part| part == VOTES_FORMAT.as_bytes()).unwrap();
        other[version + VOTES_FORMAT.len() - 1] = b'9';
        assert!(matches!(Dataset::from_file(&other), Err(VotesFileError::Format(found)) if found.ends_with("/9")));
        let bytes = 1.0_f32.to_le_bytes();
        let view = TensorView::new(Dtype::F32, vec![1], &bytes).unwrap();
        let head = safetensors::serialize([("mean", view)], None).unwrap();
        assert!(matches!(Dataset::from_file(&head), Err(VotesFileError::Format(_))));
    }
}
