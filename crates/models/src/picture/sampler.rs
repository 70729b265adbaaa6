use burn::tensor::{Device, Tensor, TensorData};

use super::{
    Caption, Conditions, Denoiser, DenoiserConfig, Noise, Objective, PATCH_COUNT, PATCH_VALUES, Picture, Style, VALUES,
    from_patches, to_patches,
};

/// Standard deviation of the pictures as the networks see them (EDM's σ_data).
pub const DATA_DEVIATION: f32 = 0.5;

/// Why a picture was not drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
    /// The device computed nonsense.
    #[error("the device computed something that is not a number, at step {step}")]
    NotANumber {
        /// Counted from 1; 0 outside of a drawing.
        step: u32,
    },
    /// The settings make no sense.
    #[error("{name} is {value}; it has to be {expected}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it says.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The caption's vector is of another encoder.
    #[error("a caption has {expected} numbers here; this one has {found}")]
    Caption {
        /// What this model takes.
        expected: usize,
        /// What it was given.
        found: usize,
    },
}

/// How a sampler goes from noise to a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplerKind {
    /// Heun's second-order steps along the probability-flow ODE (EDM, algorithm 1). Two looks a step, one in the last.
    Heun,
    /// Jump to the picture, add noise again, jump again (Song et al. 2023, algorithm 1). One look a step.
    Consistency,
    /// Heun's steps along the learned velocity.
    FlowHeun,
}

impl SamplerKind {
    /// The sampler that a network was trained for.
    pub fn of(objective: Objective) -> Self {
        match objective {
            Objective::Diffusion => Self::Heun,
            Objective::Consistency => Self::Consistency,
            Objective::Flow => Self::FlowHeun,
        }
    }
}

/// The settings of a sampler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplerSettings {
    /// Steps, at least 1.
    pub steps: u32,
    /// Classifier-free guidance (Ho and Salimans 2022): 1 follows the condition as it was learned, more exaggerates it.
    pub guidance: f32,
    /// Whose manner of drawing; none leaves it to the noise.
    pub style: Option<Style>,
}

/// How a picture is changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EditMethod {
    /// Noise of this level is added to the picture, and taken away as the caption asks (SDEdit, Meng et al. 2021,
    /// <https://arxiv.org/abs/2108.01073>). More noise changes more, and keeps less.
    Noise {
        /// σ.
        level: f32,
    },
    /// The picture is followed back to the noise of this level that it would have come from, without a caption, and forth again as
    /// the caption asks (DDIM inversion, Song et al. 2020, <https://arxiv.org/abs/2010.02502>). As many steps each way.
    Inversion {
        /// σ.
        level: f32,
    },
    /// By a network that sees the picture and was trained on instructions (InstructPix2Pix, Brooks et al. 2022,
    /// <https://arxiv.org/abs/2211.09800>). From noise alone.
    Instruction,
}

/// The highest noise level: all that is left of a picture is noise.
const HIGHEST: f64 = 20.0;
/// The lowest noise level, at which a picture is taken for finished.
pub const LOWEST: f32 = 0.01;
/// The exponent that spaces noise levels (EDM, table 1).
const SPACING: f64 = 7.0;

/// The noise levels of a run: falling, `steps` of them and then 0 (EDM, equation 5).
pub fn noise_levels(steps: u32) -> Vec<f64> {
    levels_from(HIGHEST, steps)
}

/// The noise levels that a consistency model jumps from, and then 0. None is the lowest, from which there is nowhere to jump:
/// two steps go from the highest level and from one in the middle.
pub fn jump_levels(steps: u32) -> Vec<f64> {
    let mut levels = noise_levels(steps.saturating_add(1));
    levels.truncate(steps as usize);
    levels.push(0.0);
    levels
}

fn levels_from(highest: f64, steps: u32) -> Vec<f64> {
    let last = f64::from(steps.saturating_sub(1).max(1));
    let root = |level: f64| level.powf(1.0 / SPACING);
    let levels = (0..steps).map(|step| {
        let way = f64::from(step) / last;
        (root(highest) + way * (root(f64::from(LOWEST)) - root(highest))).powf(SPACING)
    });
    levels.chain([0.0]).collect()
}

/// What one step gave.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawingStep {
    /// Steps made, from 1.
    pub step: u32,
    /// Steps in all.
    pub steps: u32,
    /// What the network believes the picture is; after the last step, the picture.
    pub picture: Picture,
}

/// A picture in the making. Dropping it cancels it.
pub struct Drawing<'a> {
    denoiser: &'a Denoiser,
    device: &'a Device,
    caption: Vec<f32>,
    settings: SamplerSettings,
    kind: SamplerKind,
    levels: Vec<f64>,
    /// Steps of [`EditMethod::Inversion`] towards the noise.
    rising: u32,
    /// What the network is to change, as it sees it.
    source: Vec<f32>,
    made: u32,
    state: Vec<f32>,
    noise: Noise,
}

impl<'a> Drawing<'a> {
    /// Starts from the noise of a seed.
    ///
    /// # Errors
    /// [`PictureError`] for settings that make no sense and for a caption of another encoder.
    pub fn start(
        denoiser: &'a Denoiser,
        device: &'a Device,
        caption: &Caption,
        seed: u64,
        settings: SamplerSettings,
    ) -> Result<Self, PictureError> {
        if denoiser.config().sees_source {
            return Err(PictureError::Setting {
                name: "the network",
                value: "one that changes pictures".to_owned(),
                expected: "given a picture to change",
            });
        }
        Self::new(denoiser, device, caption, seed, settings)
    }

    /// Starts to change a picture.
    ///
    /// # Errors
    /// As [`Self::start`]; also for a method that is not this network's.
    pub fn edit(
        denoiser: &'a Denoiser,
        device: &'a Device,
        (source, method): (&Picture, EditMethod),
        caption: &Caption,
        seed: u64,
        settings: SamplerSettings,
    ) -> Result<Self, PictureError> {
        let wrong = |name, value: String, expected| Err(PictureError::Setting { name, value, expected });
        let config = denoiser.config();
        let mut drawing = Self::new(denoiser, device, caption, seed, settings)?;
        if config.sees_source != (method == EditMethod::Instruction) {
            return wrong(
                "the way to change pictures",
                format!("{method:?}"),
                "the one that the network was trained for",
            );
        }
        let picture = normalised(config, source);
        let (EditMethod::Noise { level } | EditMethod::Inversion { level }) = method else {
            drawing.source = picture.iter().map(|value| value / DATA_DEVIATION).collect();
            return Ok(drawing);
        };
        if !(LOWEST < level && f64::from(level) <= HIGHEST) {
            return wrong("the level of noise", level.to_string(), "above 0.01 and at most 20");
        }
        let diffusion = drawing.kind == SamplerKind::Heun;
        if drawing.kind == SamplerKind::FlowHeun || (matches!(method, EditMethod::Inversion { .. }) && !diffusion) {
            return wrong("the way to change pictures", format!("{method:?}"), "one for a diffusion model");
        }
        let falling = levels_from(f64::from(level), settings.steps);
        if let EditMethod::Noise { .. } = method {
            let first = falling[0] as f32;
            drawing.state = added(&picture, &Noise::new(seed).normals(VALUES), first);
            drawing.levels = falling;
        } else {
            let mut levels = levels_from(f64::from(level), settings.steps + 1);
            levels.pop();
            levels.reverse();
            levels.extend(falling.into_iter().skip(1));
            (drawing.state, drawing.levels, drawing.rising) = (picture, levels, settings.steps);
        }
        Ok(drawing)
    }

    fn new(
        denoiser: &'a Denoiser,
        device: &'a Device,
        caption: &Caption,
        seed: u64,
        settings: SamplerSettings,
    ) -> Result<Self, PictureError> {
        let wrong = |name, value: String, expected| Err(PictureError::Setting { name, value, expected });
        if !(1..=1000).contains(&settings.steps) {
            return wrong("the number of steps", settings.steps.to_string(), "between 1 and 1000");
        }
        if !settings.guidance.is_finite() || settings.guidance < 0.0 {
            return wrong("guidance", settings.guidance.to_string(), "a number that is not negative");
        }
        let expected = denoiser.config().caption_width;
        if caption.vector.len() != expected {
            return Err(PictureError::Caption { expected, found: caption.vector.len() });
        }
        if !caption.vector.iter().all(|value| value.is_finite()) {
            return wrong("the caption", "not a number".to_owned(), "of finite numbers");
        }
        let kind = SamplerKind::of(denoiser.config().objective);
        let levels = match kind {
            SamplerKind::Heun => noise_levels(settings.steps),
            SamplerKind::Consistency => jump_levels(settings.steps),
            SamplerKind::FlowHeun => {
                (0..=settings.steps).map(|step| 1.0 - f64::from(step) / f64::from(settings.steps)).collect()
            }
        };
        let mut noise = Noise::new(seed);
        let first = if kind == SamplerKind::FlowHeun { 1.0 } else { levels[0] as f32 };
        let state = noise.normals(VALUES).into_iter().map(|value| value * first).collect();
        let (caption, source) = (caption.vector.clone(), Vec::new());
        Ok(Self { denoiser, device, caption, settings, kind, levels, rising: 0, source, made: 0, state, noise })
    }

    /// Steps made.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Steps in all.
    pub fn steps(&self) -> u32 {
        self.rising + self.settings.steps
    }

    /// Makes one step; nothing once the picture is finished.
    ///
    /// # Errors
    /// [`PictureError`] when the device fails or computes nonsense; the drawing is of no use then.
    pub async fn step(&mut self) -> Result<Option<DrawingStep>, PictureError> {
        if self.made == self.steps() {
            return Ok(None);
        }
        let at = self.made as usize;
        let (from, to) = (self.levels[at] as f32, self.levels[at + 1] as f32);
        self.made += 1;
        let shown = match self.kind {
            _ if self.made <= self.rising => self.rise(from, to).await?,
            SamplerKind::Heun => self.heun(from, to).await?,
            SamplerKind::Consistency => self.jump(from, to).await?,
            SamplerKind::FlowHeun => self.flow(from, to).await?,
        };
        let picture = self.picture(&shown)?;
        Ok(Some(DrawingStep { step: self.made, steps: self.steps(), picture }))
    }

    /// Makes all steps that are left and gives the picture.
    ///
    /// # Errors
    /// [`PictureError`] when the device fails or computes nonsense.
    pub async fn finish(mut self) -> Result<Picture, PictureError> {
        let mut last = None;
        while let Some(step) = self.step().await? {
            last = Some(step.picture);
        }
        match last {
            Some(picture) => Ok(picture),
            // Nothing was left: what stands there is the picture.
            None => self.picture(&self.state),
        }
    }

    /// EDM, algorithm 1 without churn. Gives the denoised picture.
    async fn heun(&mut self, from: f32, to: f32) -> Result<Vec<f32>, PictureError> {
        let denoised = self.denoise(&self.state, from).await?;
        let slope: Vec<f32> = self.state.iter().zip(&denoised).map(|(x, d)| (x - d) / from).collect();
        let next = added(&self.state, &slope, to - from);
        if to == 0.0 {
            self.state = next;
            return Ok(denoised);
        }
        let second = self.denoise(&next, to).await?;
        let mean: Vec<f32> =
            slope.iter().zip(next.iter().zip(&second)).map(|(slope, (x, d))| 0.5 * (slope + (x - d) / to)).collect();
        self.state = added(&self.state, &mean, to - from);
        Ok(second)
    }

    /// One step of Euler's towards the noise, without caption and guidance. Gives what stands there.
    async fn rise(&mut self, from: f32, to: f32) -> Result<Vec<f32>, PictureError> {
        let scales = Preconditioning::new(self.denoiser.config().objective, from);
        let input: Vec<f32> = self.state.iter().map(|value| value * scales.input).collect();
        let free = Conditions {
            captions: vec![0.0; self.caption.len()],
            styles: vec![None],
            levels: vec![scales.level],
            sources: Vec::new(),
        };
        let output = self.output(&input, &free).await?;
        let slope = self.state.iter().zip(&output).map(|(x, f)| (x - scales.skip * x - scales.output * f) / from);
        let slope: Vec<f32> = slope.collect();
        self.state = added(&self.state, &slope, to - from);
        Ok(self.state.clone())
    }

    /// To the picture, and back to the next noise level.
    async fn jump(&mut self, from: f32, to: f32) -> Result<Vec<f32>, PictureError> {
        let picture = self.denoise(&self.state, from).await?;
        let again = if to > 0.0 { (to * to - LOWEST * LOWEST).max(0.0).sqrt() } else { 0.0 };
        let noise = self.noise.normals(VALUES);
        self.state = added(&picture, &noise, again);
        Ok(picture)
    }

    /// Along the velocity from time `from` to `to`; time 1 is noise, 0 the picture.
    async fn flow(&mut self, from: f32, to: f32) -> Result<Vec<f32>, PictureError> {
        let velocity = self.velocity(&self.state, from).await?;
        let next = added(&self.state, &velocity, to - from);
        let mean = if to > 0.0 {
            let second = self.velocity(&next, to).await?;
            velocity.iter().zip(&second).map(|(one, other)| 0.5 * (one + other)).collect()
        } else {
            velocity
        };
        // Where the straight line from here ends.
        let shown = added(&self.state, &mean, -from).iter().map(|value| value * DATA_DEVIATION).collect();
        self.state = added(&self.state, &mean, to - from);
        Ok(shown)
    }

    async fn velocity(&self, state: &[f32], time: f32) -> Result<Vec<f32>, PictureError> {
        // Times at the ends have no logit; the network is trained between.
        let time = time.clamp(0.001, 0.999);
        self.network(state, (time / (1.0 - time)).ln() / 4.0).await
    }

    /// The picture behind a noisy one, by EDM's preconditioning.
    async fn denoise(&self, state: &[f32], level: f32) -> Result<Vec<f32>, PictureError> {
        let scales = Preconditioning::new(self.denoiser.config().objective, level);
        let input: Vec<f32> = state.iter().map(|value| value * scales.input).collect();
        let output = self.network(&input, scales.level).await?;
        Ok(state.iter().zip(&output).map(|(x, f)| scales.skip * x + scales.output * f).collect())
    }

    /// The network's answer with guidance: with and without the caption in one batch.
    async fn network(&self, input: &[f32], level: f32) -> Result<Vec<f32>, PictureError> {
        let guided = (self.settings.guidance - 1.0).abs() > f32::EPSILON;
        let rows = if guided { 2 } else { 1 };
        let mut captions = self.caption.clone();
        captions.resize(rows * self.caption.len(), 0.0);
        let mut styles = vec![self.settings.style; rows];
        if let Some(free) = styles.get_mut(1) {
            *free = None;
        }
        let sources = self.source.repeat(rows);
        let conditions = Conditions { captions, styles, levels: vec![level; rows], sources };
        let output = self.output(&input.repeat(rows), &conditions).await?;
        if !guided {
            return Ok(output);
        }
        let (asked, free) = output.split_at(VALUES);
        Ok(asked.iter().zip(free).map(|(asked, free)| free + self.settings.guidance * (asked - free)).collect())
    }

    async fn output(&self, input: &[f32], conditions: &Conditions) -> Result<Vec<f32>, PictureError> {
        let data = TensorData::new(input.to_vec(), [conditions.levels.len() * PATCH_COUNT, PATCH_VALUES]);
        read(self.denoiser.apply(Tensor::from_data(data, self.device), conditions, self.device), self.made).await
    }

    fn picture(&self, values: &[f32]) -> Result<Picture, PictureError> {
        let config = self.denoiser.config();
        let scale = config.deviation / DATA_DEVIATION;
        let values: Vec<f32> = values.iter().map(|value| value * scale + config.mean).collect();
        from_patches(&values).ok_or(PictureError::NotANumber { step: self.made })
    }
}

/// EDM's preconditioning at one noise level (table 1): the picture behind `x` is `skip · x + output · F(input · x, level)`.
///
/// A consistency model's is shifted so that at the lowest level it gives back what it is given (Song et al. 2023, appendix C).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preconditioning {
    /// Factor of the noisy picture in the result.
    pub skip: f32,
    /// Factor of the network's output.
    pub output: f32,
    /// Factor of the noisy picture before the network sees it.
    pub input: f32,
    /// How the network is told the noise level.
    pub level: f32,
}

impl Preconditioning {
    /// Of the noise level `level` (σ).
    pub fn new(objective: Objective, level: f32) -> Self {
        let (square, data) = (level * level, DATA_DEVIATION * DATA_DEVIATION);
        let root = (square + data).sqrt();
        let shifted = if objective == Objective::Consistency { (level - LOWEST).max(0.0) } else { level };
        Self {
            skip: data / (shifted * shifted + data),
            output: shifted * DATA_DEVIATION / root,
            input: 1.0 / root,
            level: level.max(1e-6).ln() / 4.0,
        }
    }
}

/// A picture as the networks see it: in the order of patches, mean 0, standard deviation [`DATA_DEVIATION`].
pub fn normalised(config: &DenoiserConfig, picture: &Picture) -> Vec<f32> {
    let scale = DATA_DEVIATION / config.deviation;
    to_patches(picture).iter().map(|value| (value - config.mean) * scale).collect()
}

fn added(values: &[f32], direction: &[f32], length: f32) -> Vec<f32> {
    values.iter().zip(direction).map(|(value, direction)| value + length * direction).collect()
}

/// A tensor's numbers, all finite.
pub(super) async fn read(tensor: Tensor<2>, step: u32) -> Result<Vec<f32>, PictureError> {
    let data = tensor.into_data_async().await.map_err(|error| PictureError::Device(error.to_string()))?;
    let values = data.try_into_vec::<f32>().map_err(|error| PictureError::Device(error.to_string()))?;
    if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(PictureError::NotANumber { step }) }
}
