use safetensors::{Dtype, SafeTensors};

use super::{CAPTION_WIDTH, Caption, PIXELS, Picture};
use crate::weights::WeightsError;
use half::f16;

/// Colours of a stored picture.
pub const COLOURS: usize = 16;

/// The picture of the training set that is nearest to a caption: what every generator has to be better than.
pub struct Gallery {
    /// `[pictures, CAPTION_WIDTH]`.
    captions: Vec<f32>,
    /// `[pictures, COLOURS, 3]`.
    palettes: Vec<u8>,
    /// `[pictures, PIXELS / 2]`: two pixels a byte, the first in the high half.
    pixels: Vec<u8>,
}

/// What a gallery found.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestPicture {
    /// Its place in the gallery.
    pub index: usize,
    /// The cosine between its caption and what was asked for.
    pub similarity: f32,
    /// The picture.
    pub picture: Picture,
}

impl Gallery {
    /// From a safetensors file: `captions` (F16), `palettes` and `pixels` (U8).
    ///
    /// # Errors
    /// [`WeightsError`] when it is damaged.
    pub fn load(bytes: &[u8]) -> Result<Self, WeightsError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Safetensors(error.to_string()))?;
        let read = |name: &str, dtype: Dtype, rest: &[usize]| -> Result<(usize, &[u8]), WeightsError> {
            let view = tensors.tensor(name).map_err(|_| WeightsError::Missing(name.to_owned()))?;
            let (count, found) = view.shape().split_first().unwrap_or((&0, &[]));
            if found != rest || view.dtype() != dtype {
                let (found, expected) = (view.shape().to_vec(), [&[*count], rest].concat());
                return Err(WeightsError::Shape { name: name.to_owned(), found, expected });
            }
            Ok((*count, view.data()))
        };
        let (count, captions) = read("captions", Dtype::F16, &[CAPTION_WIDTH])?;
        let (palettes_count, palettes) = read("palettes", Dtype::U8, &[COLOURS, 3])?;
        let (pixels_count, pixels) = read("pixels", Dtype::U8, &[PIXELS / 2])?;
        if count == 0 || palettes_count != count || pixels_count != count {
            return Err(WeightsError::Setting { name: "number of pictures", value: count.to_string() });
        }
        let (captions, _) = captions.as_chunks::<2>();
        Ok(Self {
            captions: captions.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect(),
            palettes: palettes.to_vec(),
            pixels: pixels.to_vec(),
        })
    }

    /// Pictures in it.
    pub fn len(&self) -> usize {
        self.captions.len() / CAPTION_WIDTH
    }

    /// Never: a file without pictures is refused.
    pub fn is_empty(&self) -> bool {
        self.captions.is_empty()
    }

    /// The picture whose caption is nearest to this one; the first of equals. Nothing for a caption of another encoder.
    pub fn nearest(&self, caption: &Caption) -> Option<NearestPicture> {
        if caption.vector.len() != CAPTION_WIDTH {
            return None;
        }
        let similarity =
            |vector: &[f32]| vector.iter().zip(&caption.vector).map(|(one, other)| one * other).sum::<f32>();
        let all = self.captions.chunks_exact(CAPTION_WIDTH).map(similarity).enumerate();
        // The last of equals would be `max_by`'s choice.
        let (index, similarity) = all.rev().max_by(|one, other| one.1.total_cmp(&other.1))?;
        Some(NearestPicture { index, similarity, picture: self.picture(index)? })
    }

    /// One picture.
    pub fn picture(&self, index: usize) -> Option<Picture> {
        let palette = self.palettes.get(index * COLOURS * 3..(index + 1) * COLOURS * 3)?;
        let pixels = self.pixels.get(index * PIXELS / 2..(index + 1) * PIXELS / 2)?;
        let colour = |number: u8| &palette[usize::from(number) * 3..usize::from(number) * 3 + 3];
        let rgb: Vec<u8> = pixels.iter().flat_map(|two| [two >> 4, two & 15]).flat_map(colour).copied().collect();
        Picture::new(&rgb)
    }
}
