//! Language models on this machine's processor: to fill the pool, and to make a visitor's generation again.
//!
//! The only module that knows `plaudit-models`. A model is loaded once, on first use, and kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use plaudit_domain::{Finish, Sampler};

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

/// Makes a catalogue's model ready.
pub type Loader = Box<dyn Fn(&CatalogueModel) -> Result<Arc<dyn Model>, EngineError> + Send + Sync>;

/// The models of the catalogue, as far as they were needed.
pub struct Engine {
    catalogue: Arc<Catalogue>,
    loader: Loader,
    loaded: Mutex<HashMap<String, Arc<dyn Model>>>,
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
        Self { catalogue, loader, loaded: Mutex::default(), loading: Mutex::default() }
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
}

/// `plaudit-models` behind these words.
mod native {
    use std::sync::Arc;

    use plaudit_domain::Finish;
    use plaudit_models::{GenerateError, ModelFiles, PromptError, ReplayError, Request, TextModel, device};

    use super::{EngineError, Made, Model, Order, Verdict};
    use crate::models::CatalogueModel;

    struct Native(TextModel);

    pub(super) fn load(model: &CatalogueModel) -> Result<Arc<dyn Model>, EngineError> {
        let name = &model.manifest.name;
        let failed =
            |error: &dyn std::error::Error| EngineError::Load { name: name.clone(), reason: error.to_string() };
        let files = ModelFiles::read(&model.manifest, &model.folder).map_err(|error| failed(&error))?;
        let text_model = TextModel::load(files, &device::cpu()).map_err(|error| failed(&error))?;
        tracing::info!(model = name, weights_bytes = text_model.weights_bytes(), "a model was loaded");
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
