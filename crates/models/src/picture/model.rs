use burn::tensor::{Device, Tensor, TensorData};
use plaudit_domain::SelfCheck;

use super::{
    CAPTION_WIDTH, Caption, Conditions, Denoiser, DenoiserConfig, Drawing, EditMethod, Noise, PATCH_COUNT,
    PATCH_VALUES, Picture, PictureError, SamplerSettings, StoredParameters, VALUES,
};
use crate::{LoadError, ModelFiles, generate::at_once, weights::WeightsError};

/// The noise level's description in a check: about the middle of the way.
const CHECK_LEVEL: f32 = -0.1;

/// A generator of pictures: a network on its device.
pub struct PictureModel {
    denoiser: Denoiser,
    device: Device,
    parameters: u64,
}

/// What a device has to reproduce: components of the network's output.
pub type PictureCheck = SelfCheck;

impl PictureModel {
    /// From its files (safetensors and `config.json`), on a device. Digests have been verified by whoever has the manifest.
    ///
    /// # Errors
    /// [`LoadError`] when a file is damaged, missing or of another shape.
    pub fn load(files: &ModelFiles, device: &Device) -> Result<Self, LoadError> {
        let json = files.config.as_deref().ok_or(WeightsError::NoConfig)?;
        let config: DenoiserConfig =
            serde_json::from_slice(json).map_err(|error| WeightsError::Config(error.to_string()))?;
        if config.caption_width != CAPTION_WIDTH {
            let value = config.caption_width.to_string();
            return Err(WeightsError::Setting { name: "width of captions", value }.into());
        }
        let mut source = StoredParameters::open(&files.weights, json, device)?;
        let denoiser = Denoiser::new(&config, &mut source)?;
        Ok(Self { denoiser, device: device.clone(), parameters: source.count() })
    }

    /// Numbers it consists of.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    /// Its shape and what it was trained to do.
    pub fn config(&self) -> &DenoiserConfig {
        self.denoiser.config()
    }

    /// Starts a picture. The same caption, seed and settings give the same picture on the same kind of device.
    ///
    /// # Errors
    /// [`PictureError`] for settings that make no sense.
    pub fn start(&self, caption: &Caption, seed: u64, settings: SamplerSettings) -> Result<Drawing<'_>, PictureError> {
        Drawing::start(&self.denoiser, &self.device, caption, seed, settings)
    }

    /// Starts to change a picture. The same source, caption, seed and settings give the same picture on the same kind of device.
    ///
    /// # Errors
    /// [`PictureError`] for settings that make no sense, and for a method that is not the network's.
    pub fn start_edit(
        &self,
        source: &Picture,
        method: EditMethod,
        caption: &Caption,
        seed: u64,
        settings: SamplerSettings,
    ) -> Result<Drawing<'_>, PictureError> {
        Drawing::edit(&self.denoiser, &self.device, (source, method), caption, seed, settings)
    }

    /// Changes a picture, all steps at once, on a device whose answers are there at once: the processor.
    ///
    /// # Errors
    /// As [`Self::start_edit`] and [`Drawing::finish`]; also when the device would have to be waited for.
    pub fn edit_blocking(
        &self,
        source: &Picture,
        method: EditMethod,
        caption: &Caption,
        seed: u64,
        settings: SamplerSettings,
    ) -> Result<Picture, PictureError> {
        let drawing = self.start_edit(source, method, caption, seed, settings)?;
        at_once(drawing.finish(), PictureError::Device)
    }

    /// A picture, all its steps at once.
    ///
    /// # Errors
    /// [`PictureError`] for settings that make no sense, and when the device fails or computes nonsense.
    pub async fn draw(&self, caption: &Caption, seed: u64, settings: SamplerSettings) -> Result<Picture, PictureError> {
        self.start(caption, seed, settings)?.finish().await
    }

    /// [`Self::draw`] for a device whose answers are there at once: the processor.
    ///
    /// # Errors
    /// As [`Self::draw`]; also when the device would have to be waited for.
    pub fn draw_blocking(
        &self,
        caption: &Caption,
        seed: u64,
        settings: SamplerSettings,
    ) -> Result<Picture, PictureError> {
        at_once(self.draw(caption, seed, settings), PictureError::Device)
    }

    /// Runs the network on the noise of the check's seeds (its `prompt_tokens`: one for the picture, one for the caption) and
    /// tells the largest difference from what should come out (its `logits`: components and their values).
    ///
    /// # Errors
    /// [`PictureError`] when the device fails, or the check names what the model does not have.
    pub async fn self_check(&self, check: &PictureCheck) -> Result<f32, PictureError> {
        let wrong = |value: String| PictureError::Setting {
            name: "self-check",
            value,
            expected: "two seeds and components of the output",
        };
        let [picture, caption] = check.prompt_tokens[..] else {
            return Err(wrong(format!("of {} seeds", check.prompt_tokens.len())));
        };
        if check.logits.is_empty() {
            return Err(wrong("of no components".to_owned()));
        }
        let output = self.check_output(picture, caption).await?;
        let mut largest = 0.0_f32;
        for (place, expected) in &check.logits {
            let found = output.get(*place as usize).ok_or_else(|| wrong(format!("component {place}")))?;
            largest = largest.max((found - expected).abs());
        }
        Ok(largest)
    }

    /// The network's [`VALUES`] numbers for the noise of two seeds.
    ///
    /// # Errors
    /// [`PictureError`] when the device fails.
    pub async fn check_output(&self, picture: u32, caption: u32) -> Result<Vec<f32>, PictureError> {
        let caption = Noise::new(caption.into()).normals(CAPTION_WIDTH);
        let length = caption.iter().map(|value| value * value).sum::<f32>().sqrt();
        let conditions = Conditions {
            captions: caption.iter().map(|value| value / length).collect(),
            styles: vec![None],
            levels: vec![CHECK_LEVEL],
            // Something else than the noise: a network that mixed the two up would not pass.
            sources: Noise::new(u64::from(picture) + 1).normals(VALUES),
        };
        let data = TensorData::new(Noise::new(picture.into()).normals(VALUES), [PATCH_COUNT, PATCH_VALUES]);
        let input = Tensor::from_data(data, &self.device);
        super::sampler::read(self.denoiser.apply(input, &conditions, &self.device), 0).await
    }
}
