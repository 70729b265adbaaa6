//! From a manifest to a model that can generate on this device.

use std::cell::RefCell;

use plaudit_domain::{ModelManifest, SelfCheck};
use plaudit_models::{GenerateError, TextModel};

use super::backend::Backend;
use super::browser::now_ms;
use super::post;
use super::weights::Loader;
use crate::failure::{Failure, accept_self_check};
use crate::protocol::{BackendChoice, BackendKind, Event, Ready};

/// What the logits of two devices that are both right may differ by, relative to the largest logit: `f32` sums in
/// another order, and on the processor activations that are rounded to 16 bits. Measured: 0.0031 for SmolLM2 between
/// WebAssembly and native, where the largest logit is 25; 0.0000 for `tiny`, on the processor and on SwiftShader. A real
/// GPU may use faster and coarser arithmetic, so there is room; a wrong kernel is off by several logits.
const SELF_CHECK_TOLERANCE: f32 = 0.05;

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

/// Loads, builds and checks; where any device will do and the GPU is the one that fails, once more on the processor.
pub(crate) async fn load(
    devices: &Devices,
    manifest: &ModelManifest,
    folder: &str,
    choice: BackendChoice,
) -> Result<(Model, Ready), Failure> {
    let start = now_ms();
    // First, because it is quick and may say no: nobody downloads a model that cannot run.
    let backend = devices.get(choice).await?;
    let (kind, may_retry) = (backend.kind, choice == BackendChoice::Auto);
    match load_on(backend, manifest, folder, start).await {
        Err(failure) if may_retry && kind == BackendKind::WebGpu && failure.is_of_the_device() => {
            load_on(Backend::cpu(Some(failure.to_string())), manifest, folder, start).await
        }
        outcome => outcome,
    }
}

async fn load_on(
    backend: Backend,
    manifest: &ModelManifest,
    folder: &str,
    start: f64,
) -> Result<(Model, Ready), Failure> {
    let files = Loader::new(manifest, folder, &|event| post::event(&event)).await.load(manifest).await?;
    post::event(&Event::Preparing);
    let text = TextModel::load(files, &backend.device).map_err(|error| Failure::Model(Box::new(error)))?;
    // It is the warm-up too: WebGPU compiles its shaders here.
    let self_check_difference = check(&text, &manifest.self_check).await?;
    let ready = Ready {
        backend: backend.kind,
        device: backend.words,
        fallback: backend.fallback,
        self_check_difference,
        weights_bytes: text.weights_bytes(),
        memory_bytes: memory_bytes(),
        load_ms: now_ms() - start,
    };
    let weights_sha256 = manifest.weights_sha256().to_owned();
    Ok((Model { text, backend: backend.kind, weights_sha256 }, ready))
}

async fn check(text: &TextModel, check: &SelfCheck) -> Result<f32, Failure> {
    let difference = match text.self_check(check).await {
        Ok(difference) => difference,
        Err(GenerateError::NotANumber) => f32::NAN,
        Err(error @ (GenerateError::UnknownToken(_) | GenerateError::Nothing)) => {
            return Err(Failure::Model(Box::new(error)));
        }
        Err(error @ GenerateError::Device(_)) => return Err(Failure::Device(Box::new(error))),
    };
    let largest = check.logits.iter().map(|(_, logit)| logit.abs()).fold(1.0, f32::max);
    accept_self_check(difference, SELF_CHECK_TOLERANCE * largest)
}

/// Bytes of WebAssembly memory in use. It never shrinks.
pub(crate) fn memory_bytes() -> u64 {
    const PAGE_BYTES: u64 = 65_536;
    core::arch::wasm32::memory_size::<0>() as u64 * PAGE_BYTES
}
