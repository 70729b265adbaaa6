use burn::tensor::{Device, Tensor, TensorData, activation::silu};

use super::{
    Caption, ImageEncoderConfig, Noise, PATCH_COUNT, PATCH_VALUES, Picture, PictureError, StoredParameters, VALUES,
    layers::{Affine, Block, ParameterSource, normed},
    to_patches,
};
use crate::{LoadError, ModelFiles, generate::at_once, weights::WeightsError};

/// Tokens of 8×8 pixels.
const COARSE: usize = PATCH_COUNT / 4;

/// The picture side of emoji-CLIP: brings pictures into the space of captions (contrastively trained, as Radford et al. 2021,
/// <https://arxiv.org/abs/2103.00020>).
pub struct ImageEncoder {
    config: ImageEncoderConfig,
    patches: Affine,
    widen: Affine,
    merge: Affine,
    positions: Tensor<2>,
    trunk: Vec<Block>,
    projection: Affine,
}

impl ImageEncoder {
    /// A network of this shape with these parameters.
    ///
    /// # Errors
    /// Those of the source.
    pub fn new(config: &ImageEncoderConfig, source: &mut dyn ParameterSource) -> Result<Self, WeightsError> {
        let (fine, coarse) = (config.fine_width, config.coarse_width);
        let trunk = (0..config.coarse_blocks)
            .map(|index| Block::new(source, &format!("trunk.{index}"), coarse, config.head_width, None))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            patches: Affine::new(source, "patches", PATCH_VALUES, fine)?,
            widen: Affine::new(source, "widen", fine, fine)?,
            merge: Affine::new(source, "merge", 4 * fine, coarse)?,
            positions: source.matrix("positions", 1, COARSE * coarse)?,
            trunk,
            projection: Affine::new(source, "projection", coarse, config.caption_width)?,
            config: config.clone(),
        })
    }

    /// From its files (safetensors and `config.json`). Digests have been verified by whoever has the manifest.
    ///
    /// # Errors
    /// [`LoadError`] when a file is damaged, missing or of another shape.
    pub fn load(files: &ModelFiles, device: &Device) -> Result<Self, LoadError> {
        let json = files.config.as_deref().ok_or(WeightsError::NoConfig)?;
        let config: ImageEncoderConfig =
            serde_json::from_slice(json).map_err(|error| WeightsError::Config(error.to_string()))?;
        Ok(Self::new(&config, &mut StoredParameters::open(&files.weights, json, device)?)?)
    }

    /// Patches `[rows · PATCH_COUNT, PATCH_VALUES]` to the mean of the last tokens `[rows, coarse width]`: the features in
    /// which distances between sets of pictures are measured.
    pub fn features(&self, patches: Tensor<2>) -> Tensor<2> {
        let rows = patches.dims()[0] / PATCH_COUNT;
        let (fine, coarse) = (self.config.fine_width, self.config.coarse_width);
        let state = self.patches.apply(patches);
        let state = state.clone() + self.widen.apply(silu(state));
        let merged = self.merge.apply(silu(state).reshape([rows * COARSE, 4 * fine]));
        let merged = merged.reshape([rows, COARSE * coarse]) + self.positions.clone();
        let mut state: Tensor<2> = merged.reshape([rows * COARSE, coarse]);
        for block in &self.trunk {
            state = block.apply(state, None, COARSE);
        }
        let tokens: Tensor<3> = normed(state).reshape([rows, COARSE, coarse]);
        tokens.mean_dim(1).reshape([rows, coarse])
    }

    /// Features to vectors of length one in the space of captions, `[rows, caption width]`.
    pub fn project(&self, features: Tensor<2>) -> Tensor<2> {
        let vectors = self.projection.apply(features);
        let length = vectors.clone().square().sum_dim(1).add_scalar(1e-12).sqrt();
        vectors / length
    }

    /// The vector of the noise of a seed, for a self-check.
    ///
    /// # Errors
    /// [`PictureError`] when the device fails or computes nonsense.
    pub async fn check_output(&self, seed: u32, device: &Device) -> Result<Vec<f32>, PictureError> {
        let data = TensorData::new(Noise::new(seed.into()).normals(VALUES), [PATCH_COUNT, PATCH_VALUES]);
        super::sampler::read(self.project(self.features(Tensor::from_data(data, device))), 0).await
    }

    /// The vectors of pictures, in their order.
    ///
    /// # Errors
    /// [`PictureError`] when the device fails or computes nonsense.
    pub async fn encode(&self, pictures: &[Picture], device: &Device) -> Result<Vec<Caption>, PictureError> {
        if pictures.is_empty() {
            return Ok(Vec::new());
        }
        let values: Vec<f32> = pictures.iter().flat_map(to_patches).collect();
        let patches = Tensor::from_data(TensorData::new(values, [pictures.len() * PATCH_COUNT, PATCH_VALUES]), device);
        let vectors = super::sampler::read(self.project(self.features(patches)), 0).await?;
        Ok(vectors.chunks_exact(self.config.caption_width).map(|vector| Caption { vector: vector.to_vec() }).collect())
    }
}

impl ImageEncoder {
    /// [`Self::encode`] for a device whose answers are there at once: the processor.
    ///
    /// # Errors
    /// As [`Self::encode`]; also when the device would have to be waited for.
    pub fn encode_blocking(&self, pictures: &[Picture], device: &Device) -> Result<Vec<Caption>, PictureError> {
        at_once(self.encode(pictures, device), PictureError::Device)
    }
}

/// The cosine between what a picture shows and what was asked for: 1 for the same, 0 for unrelated.
pub fn similarity(one: &Caption, other: &Caption) -> f32 {
    one.vector.iter().zip(&other.vector).map(|(one, other)| one * other).sum()
}
