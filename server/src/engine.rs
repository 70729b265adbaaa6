//! Models that write and models that draw, on this machine's processor: to fill the pool, and to make a visitor's generation
//! again.
//!
//! The only module that knows `plaudit-models`. A model is loaded once, on first use, and kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use plaudit_domain::{Drawing, Finish, PictureSampler, Sampler};

use crate::models::{Catalogue, CatalogueModel};

/// What a contestant is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The prompt.
    pub prompt: String,
    /// What the contestant is told before it.
    pub system_prompt: Option<String>,
    /// How it samples.
    pub sampler: Sampler,
    /// The seed.
    pub seed: u64,
}

/// What a model made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The text.
    pub text: String,
    /// Its tokens, without the one that says the end.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub finish: Finish,
}

/// Width and height in pixels of what painters draw.
pub const PICTURE_SIDE: u32 = plaudit_models::picture::SIDE as u32;

/// A picture that a painter made: red, green and blue of each pixel, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Painted {
    /// Width and height in pixels.
    pub side: u32,
    /// Three bytes for each pixel.
    pub rgb: Vec<u8>,
}

/// The mean absolute difference, in 8-bit steps, up to which two devices may round their way to one picture.
const SAME_PICTURE: f64 = 2.0;

impl Painted {
    /// A stored picture as painters of this repository see it: whole, on white, [`PICTURE_SIDE`] pixels wide and high, each the mean
    /// of what it covers.
    ///
    /// # Errors
    /// A [`plaudit_media::Refusal`] for what is no picture.
    pub fn of_file(file: &[u8]) -> Result<Self, plaudit_media::Refusal> {
        let rgb = plaudit_media::to_square(file, PICTURE_SIDE, &plaudit_media::Limits::default())?;
        Ok(Self { side: PICTURE_SIDE, rgb })
    }

    /// Whether another device can have made this of the same noise, as the verdict on what it handed in.
    pub fn compare(&self, handed_in: &Self) -> Verdict {
        if self.side != handed_in.side || self.rgb.len() != handed_in.rgb.len() || self.rgb.is_empty() {
            return Verdict::Implausible(format!("it has {} pixels a side, not {}", handed_in.side, self.side));
        }
        let sum: u64 = self.rgb.iter().zip(&handed_in.rgb).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        let mean = sum as f64 / self.rgb.len() as f64;
        if mean <= SAME_PICTURE {
            Verdict::Plausible
        } else {
            Verdict::Implausible(format!("its pixels are {mean:.1} of 255 away on average"))
        }
    }
}

/// What making a generation again has shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The same weights, settings and seed give these tokens, up to what different processors round differently.
    Plausible,
    /// They do not; why, in words for the log.
    Implausible(String),
}

/// What can go wrong in a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The catalogue does not have the weights.
    #[error("there is no model with weights of SHA-256 {0}")]
    Absent(String),
    /// Its files cannot be used.
    #[error("the model {name} cannot be loaded: {reason}")]
    Load {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The prompt is empty, or longer than the context.
    #[error("the prompt cannot be used: {0}")]
    Prompt(String),
    /// The computation failed.
    #[error("the model failed: {0}")]
    Failed(String),
}

/// A model that is ready.
pub trait Model: Send + Sync {
    /// How many tokens the prompt is, with template and system prompt; they leave room for an answer.
    ///
    /// # Errors
    /// [`EngineError::Prompt`] when they do not.
    fn prompt_tokens(&self, order: &Order) -> Result<u64, EngineError>;

    /// The text of these tokens.
    fn decode(&self, tokens: &[u32]) -> String;

    /// Generates. `go_on` is asked after every token; `None` when it said no.
    ///
    /// # Errors
    /// [`EngineError`].
    fn generate(&self, order: &Order, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Made>, EngineError>;

    /// Makes a generation again over the tokens it claims to have; `ended` where it claims to have ended by itself.
    ///
    /// # Errors
    /// [`EngineError`] when it cannot be told.
    fn replay(&self, order: &Order, tokens: &[u32], ended: bool) -> Result<Verdict, EngineError>;
}

/// Something that draws and is ready: a network, or a collection that pictures are looked up in.
pub trait Painter: Send + Sync {
    /// Draws; where the sampler's settings say how, by changing `source`.
    ///
    /// # Errors
    /// [`EngineError::Prompt`] for settings that it does not have, and where there is nothing to change;
    /// [`EngineError::Failed`] when the computation fails.
    fn draw(
        &self,
        prompt: &str,
        sampler: PictureSampler,
        source: Option<&Painted>,
        seed: u64,
    ) -> Result<Painted, EngineError>;
}

/// Makes a catalogue's model ready.
pub type Loader = Box<dyn Fn(&CatalogueModel) -> Result<Arc<dyn Model>, EngineError> + Send + Sync>;

/// The models of the catalogue, as far as they were needed.
pub struct Engine {
    catalogue: Arc<Catalogue>,
    loader: Loader,
    loaded: Mutex<HashMap<String, Arc<dyn Model>>>,
    /// By the digests of their weights and of what reads captions for them.
    painters: Mutex<HashMap<[String; 2], Arc<dyn Painter>>>,
    /// Held while a model is loaded: two copies of a large one would not fit where one does.
    loading: Mutex<()>,
}

impl Engine {
    /// On burn, on the processor.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self::with_loader(catalogue, Box::new(native::load))
    }

    /// With another way to make models ready, for tests.
    pub fn with_loader(catalogue: Arc<Catalogue>, loader: Loader) -> Self {
        Self { catalogue, loader, loaded: Mutex::default(), painters: Mutex::default(), loading: Mutex::default() }
    }

    /// The model with these weights, if it was needed before.
    pub fn loaded(&self, weights_sha256: &str) -> Option<Arc<dyn Model>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(weights_sha256).cloned()
    }

    /// The model with these weights. Takes seconds the first time: not for threads that answer requests.
    ///
    /// # Errors
    /// [`EngineError::Absent`] or [`EngineError::Load`].
    pub fn load(&self, weights_sha256: &str) -> Result<Arc<dyn Model>, EngineError> {
        let _guard = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = self.loaded(weights_sha256) {
            return Ok(model);
        }
        let entry =
            self.catalogue.by_digest(weights_sha256).ok_or_else(|| EngineError::Absent(weights_sha256.to_owned()))?;
        let model = (self.loader)(&entry)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(weights_sha256.to_owned(), model.clone());
        Ok(model)
    }

    /// What draws with these weights, for a contestant's settings. As [`Engine::load`] not for threads that answer requests.
    ///
    /// # Errors
    /// [`EngineError::Absent`] or [`EngineError::Load`].
    pub fn painter(&self, weights_sha256: &str, drawing: &Drawing) -> Result<Arc<dyn Painter>, EngineError> {
        let key = [weights_sha256.to_owned(), drawing.captions.sha256.clone()];
        let _guard = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.painters.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(painter) = known {
            return Ok(painter);
        }
        let entry =
            |digest: &str| self.catalogue.by_digest(digest).ok_or_else(|| EngineError::Absent(digest.to_owned()));
        let painter = native::load_painter(&entry(&key[0])?, &entry(&key[1])?)?;
        self.painters.lock().unwrap_or_else(PoisonError::into_inner).insert(key, painter.clone());
        Ok(painter)
    }
}

/// `plaudit-models` behind these words.
mod native {
    use std::sync::Arc;

    use plaudit_domain::{Finish, PictureEdit, PictureSampler, PictureStyle};
    use plaudit_models::{
        GenerateError, ModelFiles, PromptError, ReplayError, Request, TextModel, device,
        picture::{CaptionEncoder, EditMethod, Gallery, Picture, PictureError, PictureModel, SamplerSettings, Style},
    };

    use super::{EngineError, Made, Model, Order, PICTURE_SIDE, Painted, Painter, Verdict};
    use crate::models::CatalogueModel;

    /// The architecture of a collection that pictures are looked up in.
    const GALLERY: &str = "picture-gallery";

    struct Native(TextModel);

    enum Hand {
        Model(Box<PictureModel>),
        Gallery(Gallery),
    }

    struct Easel {
        captions: CaptionEncoder,
        hand: Hand,
    }

    pub(super) fn load_painter(
        model: &CatalogueModel,
        captions: &CatalogueModel,
    ) -> Result<Arc<dyn Painter>, EngineError> {
        let files = |model: &CatalogueModel| {
            ModelFiles::read(&model.manifest, &model.folder).map_err(|error| unloaded(model, &error))
        };
        let (hands, words) = (files(model)?, files(captions)?);
        let captions = CaptionEncoder::load(&words).map_err(|error| unloaded(captions, &error))?;
        let hand = if model.manifest.architecture == GALLERY {
            Hand::Gallery(Gallery::load(&hands.weights).map_err(|error| unloaded(model, &error))?)
        } else {
            let loaded = PictureModel::load(&hands, &device::cpu()).map_err(|error| unloaded(model, &error))?;
            Hand::Model(Box::new(loaded))
        };
        tracing::info!(model = model.manifest.name, "a model that draws was loaded");
        Ok(Arc::new(Easel { captions, hand }))
    }

    fn unloaded(model: &CatalogueModel, error: &dyn std::error::Error) -> EngineError {
        EngineError::Load { name: model.manifest.name.clone(), reason: error.to_string() }
    }

    impl Painter for Easel {
        fn draw(
            &self,
            prompt: &str,
            sampler: PictureSampler,
            source: Option<&Painted>,
            seed: u64,
        ) -> Result<Painted, EngineError> {
            let caption = self.captions.encode(prompt);
            let picture: Picture = match &self.hand {
                Hand::Gallery(gallery) => {
                    let found = gallery.nearest(&caption);
                    found.ok_or_else(|| EngineError::Failed("the collection is empty".to_owned()))?.picture
                }
                Hand::Model(model) => {
                    let PictureSampler { steps, guidance, style, edit } = sampler;
                    let style = style.map(|style| match style {
                        PictureStyle::Fluent => Style::Fluent,
                        PictureStyle::Noto => Style::Noto,
                    });
                    let settings = SamplerSettings { steps, guidance, style };
                    let drawn = match edit.map(method) {
                        Some(method) => model.edit_blocking(&to_change(source)?, method, &caption, seed, settings),
                        None => model.draw_blocking(&caption, seed, settings),
                    };
                    drawn.map_err(|error| match error {
                        PictureError::Setting { .. } | PictureError::Caption { .. } => {
                            EngineError::Prompt(error.to_string())
                        }
                        PictureError::Device(_) | PictureError::NotANumber { .. } => {
                            EngineError::Failed(error.to_string())
                        }
                    })?
                }
            };
            Ok(Painted { side: PICTURE_SIDE, rgb: picture.rgb().to_vec() })
        }
    }

    fn method(edit: PictureEdit) -> EditMethod {
        match edit {
            PictureEdit::Noise(level) => EditMethod::Noise { level },
            PictureEdit::Inversion(level) => EditMethod::Inversion { level },
            PictureEdit::Instruction => EditMethod::Instruction,
        }
    }

    fn to_change(source: Option<&Painted>) -> Result<Picture, EngineError> {
        let source = source.ok_or_else(|| EngineError::Prompt("there is no picture to change".to_owned()))?;
        let side = source.side;
        let wrong = || EngineError::Prompt(format!("the picture to change is {side} pixels wide, not {PICTURE_SIDE}"));
        Picture::new(&source.rgb).filter(|_| side == PICTURE_SIDE).ok_or_else(wrong)
    }

    pub(super) fn load(model: &CatalogueModel) -> Result<Arc<dyn Model>, EngineError> {
        let files = ModelFiles::read(&model.manifest, &model.folder).map_err(|error| unloaded(model, &error))?;
        let text_model = TextModel::load(files, &device::cpu()).map_err(|error| unloaded(model, &error))?;
        tracing::info!(model = model.manifest.name, weights_bytes = text_model.weights_bytes(), "a model was loaded");
        Ok(Arc::new(Native(text_model)))
    }

    fn request(order: &Order) -> Request {
        let Order { prompt, system_prompt, sampler, seed } = order.clone();
        Request { prompt, system_prompt, sampler, seed }
    }

    fn unusable(error: &PromptError) -> EngineError {
        EngineError::Prompt(error.to_string())
    }

    fn failed(error: &GenerateError) -> EngineError {
        EngineError::Failed(error.to_string())
    }

    impl Model for Native {
        fn prompt_tokens(&self, order: &Order) -> Result<u64, EngineError> {
            self.0.prompt_tokens(&request(order)).map(|tokens| tokens.len() as u64).map_err(|error| unusable(&error))
        }

        fn decode(&self, tokens: &[u32]) -> String {
            self.0.decode(tokens)
        }

        fn generate(&self, order: &Order, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Made>, EngineError> {
            let mut generation = self.0.start(&request(order)).map_err(|error| unusable(&error))?;
            while generation.step_blocking().map_err(|error| failed(&error))?.is_some() {
                if !go_on() {
                    return Ok(None);
                }
            }
            let finish = generation.finish().unwrap_or(Finish::Stop);
            Ok(Some(Made { text: generation.text().to_owned(), tokens: generation.tokens().to_vec(), finish }))
        }

        fn replay(&self, order: &Order, tokens: &[u32], ended: bool) -> Result<Verdict, EngineError> {
            match self.0.replay_blocking(&request(order), tokens, ended) {
                Ok(replay) if replay.is_plausible() => Ok(Verdict::Plausible),
                Ok(replay) => Ok(Verdict::Implausible(format!(
                    "{} of {} tokens agree, the worst is {:.3} away from its draw",
                    replay.agreed, replay.steps, replay.worst_gap
                ))),
                Err(ReplayError::Generate(GenerateError::UnknownToken(token))) => {
                    Ok(Verdict::Implausible(format!("the model has no token {token}")))
                }
                Err(ReplayError::Prompt(error)) => Err(unusable(&error)),
                Err(ReplayError::Generate(error)) => Err(failed(&error)),
            }
        }
    }
}
