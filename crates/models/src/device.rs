//! Where a model runs.

pub use burn::tensor::Device;

/// The processor: burn's flex backend, with SIMD.
pub fn cpu() -> Device {
    Device::flex()
}

/// WebGPU did not start.
#[cfg(feature = "wgpu")]
#[derive(Debug, thiserror::Error)]
#[error("WebGPU could not be started: {0}")]
pub struct DeviceError(String);

/// WebGPU. To be called once in a worker, and before anything else touches the device.
///
/// # Errors
/// [`DeviceError`] when the browser has no adapter or refuses the device.
#[cfg(all(feature = "wgpu", target_arch = "wasm32"))]
pub async fn web_gpu() -> Result<Device, DeviceError> {
    Device::wgpu_options().init_async().await.map_err(|error| DeviceError(error.to_string()))
}
