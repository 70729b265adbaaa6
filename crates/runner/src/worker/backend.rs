//! What a model runs on: a real GPU where the page allows it and one answers, else the processor.

use plaudit_models::device::{Device, cpu, web_gpu};
use wasm_bindgen::JsCast;

use super::browser::{self, Adapter, scope, words};
use crate::failure::Failure;
use crate::protocol::{BackendChoice, BackendKind};

/// A device, and what is told about it.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) kind: BackendKind,
    pub(crate) device: Device,
    /// In words.
    pub(crate) words: String,
    /// Why it is the processor, though WebGPU was wanted.
    pub(crate) fallback: Option<String>,
}

impl Backend {
    /// The device for a choice.
    pub(crate) async fn choose(choice: BackendChoice) -> Result<Self, Failure> {
        match choice {
            BackendChoice::Cpu => Ok(Self::cpu(None)),
            BackendChoice::WebGpu => Self::web_gpu(true).await.map_err(Failure::NoWebGpu),
            BackendChoice::Auto => Ok(match Self::web_gpu(false).await {
                Ok(backend) => backend,
                Err(reason) => Self::cpu(Some(reason)),
            }),
        }
    }

    /// The processor, and why it is not WebGPU.
    pub(crate) fn cpu(fallback: Option<String>) -> Self {
        let words = "CPU · WebAssembly with SIMD, one thread".to_owned();
        Self { kind: BackendKind::Cpu, device: cpu(), words, fallback }
    }

    /// WebGPU, or why not. To be called until it succeeds once: burn's runtime starts once in a worker.
    async fn web_gpu(software_too: bool) -> Result<Self, String> {
        let Some(gpu) = scope().navigator().gpu() else {
            return Err(match scope().is_secure_context() {
                true => "this browser has no WebGPU",
                false => "browsers allow WebGPU on https and on this very machine only",
            }
            .to_owned());
        };
        // The preference that burn's runtime asks with, so that both get the same adapter.
        let preference = browser::object(&[("powerPreference", "high-performance".into())]);
        let adapter = gpu.request_adapter(&preference).await.map_err(|exception| words(&exception))?;
        if adapter.is_null() {
            return Err("the browser has WebGPU, and no GPU that it could use for it".to_owned());
        }
        let (description, is_software) = describe(&adapter.unchecked_into());
        if is_software && !software_too {
            return Err(format!(
                "the only WebGPU adapter is software ({description}), slower than the processor itself"
            ));
        }
        let device = web_gpu().await.map_err(|error| error.to_string())?;
        let words = format!("WebGPU · {description}");
        Ok(Self { kind: BackendKind::WebGpu, device, words, fallback: None })
    }
}

/// The adapter in words, and whether it is software.
fn describe(adapter: &Adapter) -> (String, bool) {
    let Some(info) = adapter.info() else {
        return ("unnamed adapter".to_owned(), adapter.is_fallback_of_old() == Some(true));
    };
    let parts = [info.vendor(), info.architecture(), info.description()];
    let known: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let is_software = info.is_fallback().or_else(|| adapter.is_fallback_of_old()) == Some(true);
    (if known.is_empty() { "unnamed adapter".to_owned() } else { known.join(" ") }, is_software)
}
