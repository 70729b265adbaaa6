use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use plaudit_models::picture::{
    CaptionEncoder, Conditions, DATA_DEVIATION, Denoiser, DenoiserConfig, Drawing, LOWEST, Noise, Objective,
    PATCH_COUNT, PATCH_VALUES, ParameterSource, Preconditioning, SamplerSettings, Style, VALUES, normalised,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Denoising, EmojiSet, Error, Example, Examples, Parameters, Recipe, SHEET_CAPTIONS, Tape, Task, run::scalar,
    sheet::write_sheet,
};

/// Width of the part of the pseudo-Huber loss that is quadratic, for the root of all values of a picture (improved
/// consistency training: 0.00054 √d).
const HUBER: f32 = 0.00054;

/// Settings of consistency tuning beside those of the generator it starts from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// Steps after which the two noise levels of a pair come nearer by half.
    pub halve_every: usize,
    /// Halvings at most.
    pub halvings: u32,
}

/// Consistency training by tuning a diffusion model (Geng et al. 2024, <https://arxiv.org/abs/2406.14548>) with the loss and
/// weights of improved consistency training (Song and Dhariwal 2023, <https://arxiv.org/abs/2310.14189>): no teacher, no average
/// of weights as target. What the network says at a noise level has to be what it says at a lower one on the same line; the
/// lower one starts at the picture itself, which is denoising, and comes nearer.
pub struct ConsistencyTask<'a> {
    config: DenoiserConfig,
    settings: Denoising,
    tuning: Tuning,
    start: Parameters,
    start_digest: String,
    captions: &'a CaptionEncoder,
    examples: Examples<'a>,
    held_out: Vec<Example>,
    sheets: PathBuf,
}

/// Two noisy views of each picture.
pub struct Pair {
    high: View,
    low: View,
    weights: Vec<f32>,
    scale: f32,
}

/// Pictures at one noise level each.
struct View {
    noisy: Vec<f32>,
    scales: Vec<Preconditioning>,
    conditions: Conditions,
}

impl<'a> ConsistencyTask<'a> {
    /// From a diffusion model's weights, named by their digest.
    pub fn new(
        diffusion: &DenoiserConfig,
        (settings, tuning): (Denoising, Tuning),
        (start, start_digest): (Parameters, String),
        emoji: &'a EmojiSet,
        captions: &'a CaptionEncoder,
        sheets: PathBuf,
    ) -> Self {
        let config = DenoiserConfig { objective: Objective::Consistency, ..diffusion.clone() };
        let plain = Examples::new(emoji.held_out(), crate::Changes { recoloured: 0.0, hats: 0.0 });
        let mut random = Noise::new(17);
        let held_out = (0..64).filter_map(|_| plain.draw(&mut random)).collect();
        let examples = Examples::new(emoji.training(), settings.changes);
        Self { config, settings, tuning, start, start_digest, captions, examples, held_out, sheets }
    }

    /// The generator's shape.
    pub fn config(&self) -> &DenoiserConfig {
        &self.config
    }

    fn pair(&self, examples: &[Example], random: &mut Noise, batch: usize, step: usize) -> Pair {
        let halvings = u32::try_from(step / self.tuning.halve_every.max(1)).unwrap_or(u32::MAX);
        let gap = 0.5_f32.powi(halvings.min(self.tuning.halvings) as i32);
        let mut conditions = Conditions::default();
        let mut pair = Pair { high: View::new(), low: View::new(), weights: Vec::new(), scale: 1.0 / batch as f32 };
        for example in examples {
            let free = random.unit() < self.settings.free;
            let styleless = random.unit() < self.settings.styleless;
            conditions.captions.extend(self.captions.encode(if free { "" } else { &example.caption }).vector);
            conditions.styles.push((!free && !styleless).then_some(example.style));
            let normal = f64::from(random.normals(1)[0]);
            let drawn = (self.settings.level_mean + self.settings.level_deviation * normal).exp();
            let high = drawn.clamp(2.0 * f64::from(LOWEST), 25.0) as f32;
            let low = (high * (1.0 - gap)).max(LOWEST);
            let picture = normalised(&self.config, &example.picture);
            let noise = random.normals(VALUES);
            pair.high.add(&picture, &noise, high);
            pair.low.add(&picture, &noise, low);
            pair.weights.push(1.0 / (high - low));
        }
        for view in [&mut pair.high, &mut pair.low] {
            let levels = view.scales.iter().map(|scales| scales.level).collect();
            view.conditions = Conditions { levels, ..conditions.clone() };
        }
        pair
    }
}

impl View {
    fn new() -> Self {
        Self { noisy: Vec::new(), scales: Vec::new(), conditions: Conditions::default() }
    }

    fn add(&mut self, picture: &[f32], noise: &[f32], level: f32) {
        self.noisy.extend(picture.iter().zip(noise).map(|(value, noise)| value + level * noise));
        self.scales.push(Preconditioning::new(Objective::Consistency, level));
    }

    /// What the network believes the pictures are, `[rows, VALUES]`.
    fn pictures(&self, denoiser: &Denoiser, device: &Device) -> Tensor<2> {
        let rows = self.scales.len();
        let column = |of: fn(&Preconditioning) -> f32| -> Tensor<2> {
            Tensor::from_data(TensorData::new(self.scales.iter().map(of).collect::<Vec<f32>>(), [rows, 1]), device)
        };
        let noisy: Tensor<2> = Tensor::from_data(TensorData::new(self.noisy.clone(), [rows, VALUES]), device);
        let input = (noisy.clone() * column(|scales| scales.input)).reshape([rows * PATCH_COUNT, PATCH_VALUES]);
        let output: Tensor<2> = denoiser.apply(input, &self.conditions, device).reshape([rows, VALUES]);
        noisy * column(|scales| scales.skip) + output * column(|scales| scales.output)
    }
}

impl Task for ConsistencyTask<'_> {
    type Share = Pair;

    fn describe(&self) -> Value {
        json!({
            "shape": self.config, "settings": self.settings, "tuning": self.tuning, "start": self.start_digest,
        })
    }

    fn fresh(&self, _seed: u64) -> Result<Parameters, Error> {
        Ok(self.start.clone())
    }

    fn build(&self, source: &mut dyn ParameterSource) -> Result<(), Error> {
        Denoiser::new(&self.config, source)?;
        Ok(())
    }

    fn shares(&self, recipe: &Recipe, step: usize) -> Vec<Pair> {
        let mut random = Noise::stream(recipe.seed, step as u64 + 1);
        let examples: Vec<Example> = (0..recipe.batch).filter_map(|_| self.examples.draw(&mut random)).collect();
        let shares = examples.chunks(self.settings.share.max(1));
        shares.map(|examples| self.pair(examples, &mut random, recipe.batch, step)).collect()
    }

    fn loss(&self, pair: &Pair, source: &mut dyn ParameterSource, device: &Device) -> Result<Tensor<1>, Error> {
        let denoiser = Denoiser::new(&self.config, source)?;
        let target = pair.low.pictures(&denoiser, device).detach();
        let found = pair.high.pictures(&denoiser, device);
        let rows = pair.weights.len();
        let huber = HUBER * (VALUES as f32).sqrt() * DATA_DEVIATION;
        let weights: Tensor<2> = Tensor::from_data(TensorData::new(pair.weights.clone(), [rows, 1]), device);
        let distance = (found - target).square().sum_dim(1).add_scalar(huber * huber).sqrt().sub_scalar(huber);
        Ok((distance * weights).sum().mul_scalar(pair.scale))
    }

    /// Root mean square error of one jump from the highest noise of training on held-out pictures.
    fn look(&self, averaged: &Parameters, step: usize) -> Result<f32, Error> {
        let device = Device::flex();
        let denoiser = Denoiser::new(&self.config, &mut Tape::new(averaged, &device))?;
        let mut view = View::new();
        let (mut random, mut truth) = (Noise::new(23), Vec::new());
        for example in &self.held_out {
            let picture = normalised(&self.config, &example.picture);
            view.add(&picture, &random.normals(VALUES), 10.0);
            view.conditions.captions.extend(self.captions.encode(&example.caption).vector);
            view.conditions.styles.push(Some(example.style));
            truth.extend(picture);
        }
        view.conditions.levels = view.scales.iter().map(|scales| scales.level).collect();
        let truth: Tensor<2> = Tensor::from_data(TensorData::new(truth, [self.held_out.len(), VALUES]), &device);
        let error = scalar((view.pictures(&denoiser, &device) - truth).square().mean())?.sqrt();
        let mut pictures = Vec::new();
        for steps in [1, 2] {
            let settings = SamplerSettings { steps, guidance: 1.0, style: Some(Style::Fluent) };
            for caption in SHEET_CAPTIONS {
                let drawing = Drawing::start(&denoiser, &device, &self.captions.encode(caption), 1, settings)?;
                pictures.push(futures_lite::future::block_on(drawing.finish())?);
            }
        }
        write_sheet(&self.sheets.join(format!("step-{step:06}.png")), &pictures, 8, 3)?;
        Ok(error)
    }
}
