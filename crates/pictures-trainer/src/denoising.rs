use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use plaudit_models::picture::{
    CaptionEncoder, Conditions, DATA_DEVIATION, Denoiser, DenoiserConfig, Drawing, Noise, Objective, PATCH_COUNT,
    PATCH_VALUES, ParameterSource, Preconditioning, SamplerSettings, Style, VALUES, normalised, to_patches,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Emoji, EmojiSet, Error, Example, Examples, Parameters, Recipe, Tape, Task, example::Changes, run::scalar,
    sheet::write_sheet,
};

/// Settings of a generator's training beside the optimiser's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Denoising {
    /// Mean of ln σ in training (of the logit of time, of a flow).
    pub level_mean: f64,
    /// Its standard deviation.
    pub level_deviation: f64,
    /// Share of examples without caption and style, for guidance.
    pub free: f64,
    /// Share of the others without style.
    pub styleless: f64,
    /// How pictures are changed.
    pub changes: Changes,
    /// Examples that a core computes at once.
    pub share: usize,
}

/// Held-out pictures that the loss is measured on.
const LOOKED_AT: usize = 96;

/// What the sheets of a run show: names of the training set (but "red heart" and "umbrella", which are held out), then words
/// that no emoji is called, then composed ones.
pub const SHEET_CAPTIONS: [&str; 24] = [
    "cat face",
    "dog face",
    "red apple",
    "red heart",
    "grinning face",
    "rocket",
    "pizza",
    "house", //
    "sunflower",
    "soccer ball",
    "octopus",
    "umbrella",
    "kitten",
    "happy face",
    "ship",
    "tree", //
    "a blue cat",
    "a green heart",
    "a pink octopus",
    "a purple car",
    "a cat with a hat",
    "a blue dog with a hat",
    "a red star",
    "a robot",
];

/// Training of a [`Denoiser`] as a diffusion or flow model.
pub struct DenoisingTask<'a> {
    config: DenoiserConfig,
    settings: Denoising,
    captions: &'a CaptionEncoder,
    captions_digest: String,
    examples: Examples<'a>,
    held_out: Vec<Example>,
    data: String,
    sheets: PathBuf,
}

/// What the network is to learn from some examples.
pub struct NoisyShare {
    pub(crate) input: Vec<f32>,
    pub(crate) target: Vec<f32>,
    pub(crate) conditions: Conditions,
    /// Factor of the sum of squares.
    scale: f32,
}

impl NoisyShare {
    /// A part, of so many examples, of a batch.
    pub(crate) fn new(examples: usize, batch: usize) -> Self {
        Self {
            input: Vec::with_capacity(examples * VALUES),
            target: Vec::with_capacity(examples * VALUES),
            conditions: Conditions::default(),
            scale: 1.0 / (batch * VALUES) as f32,
        }
    }

    /// Adds a picture behind noise of this level, for a diffusion model.
    pub(crate) fn add_noisy(&mut self, picture: &[f32], noise: &[f32], level: f32) {
        let scales = Preconditioning::new(Objective::Diffusion, level);
        self.conditions.levels.push(scales.level);
        for (value, noise) in picture.iter().zip(noise) {
            let noisy = value + level * noise;
            self.input.push(scales.input * noisy);
            self.target.push((value - scales.skip * noisy) / scales.output);
        }
    }

    /// The share's part of the mean of squares.
    pub(crate) fn loss(&self, denoiser: &Denoiser, device: &Device) -> Tensor<1> {
        let shape = [self.conditions.levels.len() * PATCH_COUNT, PATCH_VALUES];
        let tensor =
            |values: &Vec<f32>| -> Tensor<2> { Tensor::from_data(TensorData::new(values.clone(), shape), device) };
        let found = denoiser.apply(tensor(&self.input), &self.conditions, device);
        (found - tensor(&self.target)).square().sum().mul_scalar(self.scale)
    }
}

impl<'a> DenoisingTask<'a> {
    /// Of these emoji; sheets go into a folder.
    pub fn new(
        config: DenoiserConfig,
        settings: Denoising,
        emoji: &'a EmojiSet,
        captions: (&'a CaptionEncoder, String),
        sheets: PathBuf,
    ) -> Self {
        let examples = Examples::new(emoji.training(), settings.changes);
        let plain = Examples::new(emoji.held_out(), Changes { recoloured: 0.0, hats: 0.0 });
        let mut random = Noise::new(17);
        let held_out = (0..LOOKED_AT).filter_map(|_| plain.draw(&mut random)).collect();
        let (captions, captions_digest) = captions;
        Self { config, settings, captions, captions_digest, examples, held_out, data: emoji.sha256.clone(), sheets }
    }

    /// Noise, input, target and condition of examples.
    fn noisy(&self, examples: &[Example], random: &mut Noise, batch: usize, training: bool) -> NoisyShare {
        let mut share = NoisyShare::new(examples.len(), batch);
        for example in examples {
            let settings = &self.settings;
            let free = training && random.unit() < settings.free;
            let styleless = training && random.unit() < settings.styleless;
            let caption = self.captions.encode(if free { "" } else { &example.caption });
            share.conditions.captions.extend(caption.vector);
            share.conditions.styles.push((!free && !styleless).then_some(example.style));
            let normal = f64::from(random.normals(1)[0]);
            let drawn = settings.level_mean + settings.level_deviation * normal;
            let picture = normalised(&self.config, &example.picture);
            let noise = random.normals(VALUES);
            if self.config.objective == Objective::Flow {
                let time = (1.0 / (1.0 + (-drawn).exp())).clamp(0.001, 0.999) as f32;
                share.conditions.levels.push((time / (1.0 - time)).ln() / 4.0);
                for (value, noise) in picture.iter().zip(&noise) {
                    let value = value / DATA_DEVIATION;
                    share.input.push((1.0 - time) * value + time * noise);
                    share.target.push(noise - value);
                }
            } else {
                share.add_noisy(&picture, &noise, drawn.exp().clamp(0.002, 80.0) as f32);
            }
        }
        share
    }
}

/// Mean and standard deviation of the values of pictures.
pub fn statistics(emoji: &[&Emoji]) -> (f32, f32) {
    let pictures = emoji.iter().filter_map(|emoji| emoji.raster.on_white());
    let (mut sum, mut square, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for value in pictures.flat_map(|picture| to_patches(&picture)).map(f64::from) {
        sum += value;
        square += value * value;
        count += 1.0;
    }
    let mean = sum / count.max(1.0);
    (mean as f32, (square / count.max(1.0) - mean * mean).max(1e-6).sqrt() as f32)
}

impl Task for DenoisingTask<'_> {
    type Share = NoisyShare;

    fn describe(&self) -> Value {
        json!({ "shape": self.config, "settings": self.settings, "emoji": self.data, "captions": self.captions_digest })
    }

    fn build(&self, source: &mut dyn ParameterSource) -> Result<(), Error> {
        Denoiser::new(&self.config, source)?;
        Ok(())
    }

    fn shares(&self, recipe: &Recipe, step: usize) -> Vec<NoisyShare> {
        let mut random = Noise::stream(recipe.seed, step as u64 + 1);
        let examples: Vec<Example> = (0..recipe.batch).filter_map(|_| self.examples.draw(&mut random)).collect();
        let shares = examples.chunks(self.settings.share.max(1));
        shares.map(|examples| self.noisy(examples, &mut random, recipe.batch, true)).collect()
    }

    fn loss(&self, share: &NoisyShare, source: &mut dyn ParameterSource, device: &Device) -> Result<Tensor<1>, Error> {
        Ok(share.loss(&Denoiser::new(&self.config, source)?, device))
    }

    fn look(&self, averaged: &Parameters, step: usize) -> Result<f32, Error> {
        let device = Device::flex();
        let mut random = Noise::new(23);
        let mut loss = 0.0;
        for examples in self.held_out.chunks(self.settings.share.max(1)) {
            let share = self.noisy(examples, &mut random, self.held_out.len(), false);
            loss += scalar(self.loss(&share, &mut Tape::new(averaged, &device), &device)?)?;
        }
        let denoiser = Denoiser::new(&self.config, &mut Tape::new(averaged, &device))?;
        let settings = SamplerSettings { steps: 18, guidance: 2.0, style: Some(Style::Fluent) };
        let mut pictures = Vec::new();
        for caption in SHEET_CAPTIONS {
            let drawing = Drawing::start(&denoiser, &device, &self.captions.encode(caption), 1, settings)?;
            pictures.push(futures_lite::future::block_on(drawing.finish())?);
        }
        write_sheet(&self.sheets.join(format!("step-{step:06}.png")), &pictures, 8, 3)?;
        Ok(loss)
    }
}
