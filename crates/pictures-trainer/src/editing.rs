use std::path::PathBuf;

use burn::tensor::{Device, Tensor};
use plaudit_models::picture::{
    CaptionEncoder, DATA_DEVIATION, Denoiser, DenoiserConfig, Drawing, EditMethod, Noise, ParameterSource, Picture,
    SamplerSettings, VALUES, normalised,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Change, ChangeKind, ChangeSource, EmojiSet, Error, NoisyShare, Parameters, Recipe, Tape, Task, run::scalar,
    sheet::write_sheet,
};

/// Settings of the training beside the optimiser's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Editing {
    /// Mean of ln σ in training.
    pub level_mean: f64,
    /// Its standard deviation.
    pub level_deviation: f64,
    /// Share of examples without instruction, for guidance.
    pub free: f64,
    /// Examples that a core computes at once.
    pub share: usize,
}

/// Training of a [`Denoiser`] that sees a picture and changes it as it is told (InstructPix2Pix, Brooks et al. 2022,
/// <https://arxiv.org/abs/2211.09800>): it starts as the diffusion model, with rows of zeros for the picture, and learns from
/// [`Change`]s that were made exactly.
pub struct EditTask<'a> {
    config: DenoiserConfig,
    settings: Editing,
    start: Parameters,
    start_digest: String,
    captions: &'a CaptionEncoder,
    changes: ChangeSource<'a>,
    /// Changes of held-out emoji, the same in every look; as many of each kind.
    held_out: Vec<Change>,
    sheets: PathBuf,
}

impl<'a> EditTask<'a> {
    /// From a diffusion model's weights, named by their digest.
    pub fn new(
        diffusion: &DenoiserConfig,
        settings: Editing,
        (start, start_digest): (Parameters, String),
        emoji: &'a EmojiSet,
        captions: &'a CaptionEncoder,
        sheets: PathBuf,
    ) -> Self {
        let config = DenoiserConfig { sees_source: true, ..diffusion.clone() };
        let hats = emoji.training();
        let changes = ChangeSource::new(emoji.training(), &hats);
        let held_out = held_out_changes(emoji, 8);
        Self { config, settings, start: with_source(start), start_digest, captions, changes, held_out, sheets }
    }

    /// The network's shape.
    pub fn config(&self) -> &DenoiserConfig {
        &self.config
    }

    fn share(&self, changes: &[Change], random: &mut Noise, batch: usize, training: bool) -> NoisyShare {
        let mut share = NoisyShare::new(changes.len(), batch);
        for change in changes {
            let free = training && random.unit() < self.settings.free;
            let instruction = self.captions.encode(if free { "" } else { &change.instruction });
            share.conditions.captions.extend(instruction.vector);
            share.conditions.styles.push(None);
            let source = normalised(&self.config, &change.source);
            share.conditions.sources.extend(source.iter().map(|value| value / DATA_DEVIATION));
            let normal = f64::from(random.normals(1)[0]);
            let drawn = self.settings.level_mean + self.settings.level_deviation * normal;
            let level = drawn.exp().clamp(0.002, 80.0) as f32;
            share.add_noisy(&normalised(&self.config, &change.target), &random.normals(VALUES), level);
        }
        share
    }
}

/// So many changes of each kind of what no model has seen, in kinds' order.
pub fn held_out_changes(emoji: &EmojiSet, each: usize) -> Vec<Change> {
    let hats: Vec<_> = emoji.all.iter().collect();
    let source = ChangeSource::new(emoji.held_out(), &hats);
    let mut random = Noise::new(17);
    ChangeKind::ALL
        .iter()
        .flat_map(|kind| (0..each).filter_map(|_| source.of(*kind, &mut random)).collect::<Vec<_>>())
        .collect()
}

/// The parameters of a network that sees a source: of the source nothing, at first.
fn with_source(mut parameters: Parameters) -> Parameters {
    for parameter in parameters.0.iter_mut().filter(|parameter| parameter.name == "patches.weight") {
        parameter.values.resize(2 * parameter.values.len(), 0.0);
        parameter.shape[0] *= 2;
    }
    parameters
}

impl Task for EditTask<'_> {
    type Share = NoisyShare;

    fn describe(&self) -> Value {
        json!({ "shape": self.config, "settings": self.settings, "start": self.start_digest })
    }

    fn fresh(&self, _seed: u64) -> Result<Parameters, Error> {
        Ok(self.start.clone())
    }

    fn build(&self, source: &mut dyn ParameterSource) -> Result<(), Error> {
        Denoiser::new(&self.config, source)?;
        Ok(())
    }

    fn shares(&self, recipe: &Recipe, step: usize) -> Vec<NoisyShare> {
        let mut random = Noise::stream(recipe.seed, step as u64 + 1);
        let changes: Vec<Change> = (0..recipe.batch).filter_map(|_| self.changes.draw(&mut random)).collect();
        let shares = changes.chunks(self.settings.share.max(1));
        shares.map(|changes| self.share(changes, &mut random, recipe.batch, true)).collect()
    }

    fn loss(&self, share: &NoisyShare, source: &mut dyn ParameterSource, device: &Device) -> Result<Tensor<1>, Error> {
        Ok(share.loss(&Denoiser::new(&self.config, source)?, device))
    }

    fn look(&self, averaged: &Parameters, step: usize) -> Result<f32, Error> {
        let device = Device::flex();
        let (mut random, mut loss) = (Noise::new(23), 0.0);
        for changes in self.held_out.chunks(self.settings.share.max(1)) {
            let share = self.share(changes, &mut random, self.held_out.len(), false);
            loss += scalar(self.loss(&share, &mut Tape::new(averaged, &device), &device)?)?;
        }
        let denoiser = Denoiser::new(&self.config, &mut Tape::new(averaged, &device))?;
        let settings = SamplerSettings { steps: 8, guidance: 1.5, style: None };
        let mut pictures: Vec<Picture> = Vec::new();
        // In threes: before, what it should be, what it is.
        for change in self.held_out.iter().step_by(2) {
            let caption = self.captions.encode(&change.instruction);
            let edit = (&change.source, EditMethod::Instruction);
            let drawing = Drawing::edit(&denoiser, &device, edit, &caption, 1, settings)?;
            let found = futures_lite::future::block_on(drawing.finish())?;
            pictures.extend([change.source.clone(), change.target.clone(), found]);
        }
        write_sheet(&self.sheets.join(format!("step-{step:06}.png")), &pictures, 12, 3)?;
        Ok(loss)
    }
}
