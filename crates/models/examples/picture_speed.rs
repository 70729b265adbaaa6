//! Milliseconds for a picture on the processor, by the network's shape alone: what its weights are does not matter, so that
//! they are noise here. The fastest of some runs, since others may have had to share the machine.

use std::time::{Duration, Instant};

use burn::tensor::{Tensor, TensorData};
use futures_lite::future::block_on;
use plaudit_models::{
    WeightsError, device,
    picture::{
        CAPTION_WIDTH, Caption, Denoiser, DenoiserConfig, Drawing, Noise, Objective, ParameterSource, SamplerSettings,
    },
};

const RUNS: u64 = 8;

struct Random(Noise, device::Device);

impl ParameterSource for Random {
    fn matrix(&mut self, _name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError> {
        let values: Vec<f32> = self.0.normals(rows * columns).iter().map(|value| value * 0.02).collect();
        Ok(Tensor::from_data(TensorData::new(values, [rows, columns]), &self.1))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = device::cpu();
    let caption = Caption { vector: vec![(CAPTION_WIDTH as f32).sqrt().recip(); CAPTION_WIDTH] };
    for (objective, steps, guidance) in
        [(Objective::Diffusion, 18, 2.0), (Objective::Diffusion, 6, 2.0), (Objective::Consistency, 1, 1.0)]
    {
        let mut source = Random(Noise::new(1), device.clone());
        let denoiser = Denoiser::new(&DenoiserConfig::small(objective, 0.0, 0.5), &mut source)?;
        let mut fastest = Duration::MAX;
        for seed in 0..RUNS {
            let settings = SamplerSettings { steps, guidance, style: None };
            let begun = Instant::now();
            block_on(Drawing::start(&denoiser, &device, &caption, seed, settings)?.finish())?;
            fastest = fastest.min(begun.elapsed());
        }
        eprintln!("{objective:?}, {steps} steps, guidance {guidance}: {:.0} ms", fastest.as_secs_f64() * 1000.0);
    }
    Ok(())
}
