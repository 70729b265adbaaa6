//! From manifests to models that can write or judge on this device.

use std::cell::RefCell;

use plaudit_domain::{ModelManifest, SelfCheck};
use plaudit_judges::{
    Vectors,
    reward::{Dataset, HeadFiles, HeadManifest, RewardHead as Head},
};
use plaudit_models::picture::{CaptionEncoder, Gallery, PictureModel};
use plaudit_models::{EmbedError, Embedder, GenerateError, ModelFiles, TextModel};

use super::backend::Backend;
use super::browser::now_ms;
use super::judging::Panel;
use super::learning::Lesson;
use super::painting::{Easel, Hand};
use super::post;
use super::weights::Loader;
use crate::failure::{Failure, accept_self_check};
use crate::protocol::{
    BackendChoice, BackendKind, Event, JudgeModel, JudgeRole, LearnedVotes, Painter, Ready, RewardHead,
};

/// What the logits of two devices that are both right may differ by, relative to the largest logit: `f32` sums in
/// another order, and on the processor activations that are rounded to 16 bits. Measured: 0.0031 for SmolLM2 between
/// WebAssembly and native, where the largest logit is 25; 0.0000 for `tiny`, on the processor and on SwiftShader. A real
/// GPU may use faster and coarser arithmetic, so there is room; a wrong kernel is off by several logits.
const SELF_CHECK_TOLERANCE: f32 = 0.05;

/// The architecture of what looks pictures up instead of drawing them.
const GALLERY: &str = "picture-gallery";

/// A model that is ready.
pub(crate) struct Model {
    pub(crate) text: TextModel,
    pub(crate) backend: BackendKind,
    pub(crate) weights_sha256: String,
}

/// Devices that were started. burn's WebGPU runtime starts once in a worker; a second try of a load finds it here.
#[derive(Default)]
pub(crate) struct Devices {
    web_gpu: RefCell<Option<Backend>>,
}

impl Devices {
    async fn get(&self, choice: BackendChoice) -> Result<Backend, Failure> {
        let started = self.web_gpu.borrow().clone();
        if let (Some(backend), BackendChoice::Auto | BackendChoice::WebGpu) = (started, choice) {
            return Ok(backend);
        }
        let backend = Backend::choose(choice).await?;
        if backend.kind == BackendKind::WebGpu {
            *self.web_gpu.borrow_mut() = Some(backend.clone());
        }
        Ok(backend)
    }
}

/// Loads, builds and checks a model that writes.
pub(crate) async fn load(
    devices: &Devices,
    manifest: &ModelManifest,
    folder: &str,
    choice: BackendChoice,
) -> Result<(Model, Ready), Failure> {
    let start = now_ms();
    let (text, backend, difference) = on_a_device(devices, choice, async |backend: &Backend| {
        let loader = Loader::new(manifest.bytes(), &|event| post::event(&event)).await;
        let files = loader.load(manifest, folder).await?;
        post::event(&Event::Preparing);
        language_model(manifest, files, backend).await
    })
    .await?;
    let ready = ready(&backend, difference, text.weights_bytes(), start);
    let weights_sha256 = manifest.weights_sha256().to_owned();
    Ok((Model { text, backend: backend.kind, weights_sha256 }, ready))
}

/// Loads, builds and checks what judges read with.
pub(crate) async fn load_judges(
    devices: &Devices,
    models: &[JudgeModel],
    reward: Option<&RewardHead>,
    choice: BackendChoice,
) -> Result<(Panel, Ready), Failure> {
    let start = now_ms();
    let (panel, backend, difference) =
        on_a_device(devices, choice, async |backend: &Backend| panel(backend, models, reward).await).await?;
    let ready = ready(&backend, difference, panel.weights_bytes(), start);
    Ok((panel, ready))
}

/// Loads, builds and checks a model that draws.
pub(crate) async fn load_painter(
    devices: &Devices,
    painter: &Painter,
    choice: BackendChoice,
) -> Result<(Easel, Ready), Failure> {
    let start = now_ms();
    let (easel, backend, difference) = on_a_device(devices, choice, async |backend: &Backend| {
        let loader = Loader::new(painter.bytes(), &|event| post::event(&event)).await;
        let words = loader.load(&painter.captions, &painter.captions_folder).await?;
        let captions = CaptionEncoder::load(&words).map_err(|error| Failure::Model(Box::new(error)))?;
        let files = loader.load(&painter.model, &painter.folder).await?;
        post::event(&Event::Preparing);
        let (hand, difference) = hand(&painter.model, &files, backend).await?;
        let weights_sha256 = painter.model.weights_sha256().to_owned();
        Ok((Easel { captions, hand, backend: backend.kind, weights_sha256 }, difference))
    })
    .await?;
    let ready = ready(&backend, difference, painter.model.bytes(), start);
    Ok((easel, ready))
}

async fn hand(manifest: &ModelManifest, files: &ModelFiles, backend: &Backend) -> Result<(Hand, f32), Failure> {
    if manifest.architecture == GALLERY {
        let gallery = Gallery::load(&files.weights).map_err(|error| Failure::Model(Box::new(error)))?;
        // Pictures that lie there need no device.
        return Ok((Hand::Gallery(gallery), 0.0));
    }
    let model = PictureModel::load(files, &backend.device).map_err(|error| Failure::Model(Box::new(error)))?;
    let difference = model.self_check(&manifest.self_check).await.map_err(|error| Failure::Device(Box::new(error)))?;
    Ok((Hand::Model(Box::new(model)), accept(difference, &manifest.self_check, SELF_CHECK_TOLERANCE)?))
}

/// Loads what a reward head is learned from.
pub(crate) async fn load_votes(
    devices: &Devices,
    votes: &LearnedVotes,
    choice: BackendChoice,
) -> Result<(Lesson, Ready), Failure> {
    let start = now_ms();
    let damaged = |error: serde_json::Error| Failure::Model(Box::new(error));
    let manifest: HeadManifest = serde_json::from_str(&votes.manifest).map_err(damaged)?;
    let backend = devices.get(choice).await?;
    let loader = Loader::new(votes.file.bytes, &|event| post::event(&event)).await;
    let file = loader.file(&votes.file, &votes.folder).await?;
    post::event(&Event::Preparing);
    let dataset = Dataset::from_file(&file).map_err(|error| Failure::Model(Box::new(error)))?;
    let lesson = Lesson { dataset, recipe: manifest.recipe, device: backend.device.clone() };
    // Nothing to check the device by: what it learns is measured on votes that it has not seen.
    Ok((lesson, ready(&backend, 0.0, votes.file.bytes, start)))
}

async fn panel(backend: &Backend, models: &[JudgeModel], reward: Option<&RewardHead>) -> Result<(Panel, f32), Failure> {
    let total = models.iter().map(|model| model.model.bytes()).sum::<u64>();
    let loader = Loader::new(total + reward.map_or(0, |head| head.tensors.bytes), &|event| post::event(&event)).await;
    let mut panel = Panel::default();
    let mut largest = 0.0_f32;
    for JudgeModel { role, model, folder } in models {
        // Built as soon as it is there, so that the bytes of one file at most lie beside the models.
        let files = loader.load(model, folder).await?;
        let difference = match role {
            JudgeRole::Encoder => {
                let (encoder, difference) = encoder(model, &files, backend).await?;
                panel.vectors = Some(Vectors::new(encoder));
                difference
            }
            JudgeRole::Smollm2 | JudgeRole::Tiny => {
                let (text, difference) = language_model(model, files, backend).await?;
                let place = if *role == JudgeRole::Tiny { &mut panel.tiny } else { &mut panel.smollm2 };
                *place = Some(text);
                difference
            }
        };
        largest = largest.max(difference);
    }
    if let Some(head) = reward {
        let tensors = loader.file(&head.tensors, &head.folder).await?;
        let files = HeadFiles { tensors, manifest: head.manifest.clone() };
        let (head, _) = Head::from_files(&files).map_err(|error| Failure::Model(Box::new(error)))?;
        panel.reward = Some(head);
    }
    post::event(&Event::Preparing);
    Ok((panel, largest))
}

/// What `build` makes, and how far its self-check was off; where any device will do and the GPU is the one that fails,
/// once more on the processor.
async fn on_a_device<T>(
    devices: &Devices,
    choice: BackendChoice,
    build: impl AsyncFn(&Backend) -> Result<(T, f32), Failure>,
) -> Result<(T, Backend, f32), Failure> {
    // First, because it is quick and may say no: nobody downloads a model that cannot run.
    let backend = devices.get(choice).await?;
    let (backend, built) = match build(&backend).await {
        Err(failure)
            if choice == BackendChoice::Auto && backend.kind == BackendKind::WebGpu && failure.is_of_the_device() =>
        {
            let backend = Backend::cpu(Some(failure.to_string()));
            let built = build(&backend).await;
            (backend, built)
        }
        built => (backend, built),
    };
    let (built, difference) = built?;
    Ok((built, backend, difference))
}

fn ready(backend: &Backend, self_check_difference: f32, weights_bytes: u64, start: f64) -> Ready {
    Ready {
        backend: backend.kind,
        device: backend.words.clone(),
        fallback: backend.fallback.clone(),
        self_check_difference,
        weights_bytes,
        memory_bytes: memory_bytes(),
        load_ms: now_ms() - start,
    }
}

async fn language_model(
    manifest: &ModelManifest,
    files: ModelFiles,
    backend: &Backend,
) -> Result<(TextModel, f32), Failure> {
    let text = TextModel::load(files, &backend.device).map_err(|error| Failure::Model(Box::new(error)))?;
    // It is the warm-up too: WebGPU compiles its shaders here.
    let difference = match text.self_check(&manifest.self_check).await {
        Ok(difference) => difference,
        Err(GenerateError::NotANumber) => f32::NAN,
        Err(error @ (GenerateError::UnknownToken(_) | GenerateError::Nothing)) => {
            return Err(Failure::Model(Box::new(error)));
        }
        Err(error @ GenerateError::Device(_)) => return Err(Failure::Device(Box::new(error))),
    };
    Ok((text, accept(difference, &manifest.self_check, SELF_CHECK_TOLERANCE)?))
}

async fn encoder(manifest: &ModelManifest, files: &ModelFiles, backend: &Backend) -> Result<(Embedder, f32), Failure> {
    let encoder = Embedder::load(files, &backend.device).map_err(|error| Failure::Model(Box::new(error)))?;
    let difference = match encoder.self_check(&manifest.self_check).await {
        Ok(difference) => difference,
        Err(EmbedError::NotANumber) => f32::NAN,
        Err(error @ EmbedError::Device(_)) => return Err(Failure::Device(Box::new(error))),
        Err(error) => return Err(Failure::Model(Box::new(error))),
    };
    let largest = manifest.self_check.logits.iter().map(|(_, number)| number.abs()).fold(0.0, f32::max);
    Ok((encoder, accept_self_check(difference, SELF_CHECK_TOLERANCE * largest)?))
}

fn accept(difference: f32, check: &SelfCheck, tolerance: f32) -> Result<f32, Failure> {
    let largest = check.logits.iter().map(|(_, logit)| logit.abs()).fold(1.0, f32::max);
    accept_self_check(difference, tolerance * largest)
}

/// Bytes of WebAssembly memory in use. It never shrinks.
pub(crate) fn memory_bytes() -> u64 {
    const PAGE_BYTES: u64 = 65_536;
    core::arch::wasm32::memory_size::<0>() as u64 * PAGE_BYTES
}
