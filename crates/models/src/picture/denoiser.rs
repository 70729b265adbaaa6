use burn::tensor::{Device, Tensor, TensorData, activation::silu};

use super::{
    DenoiserConfig, PATCH_COUNT, PATCH_VALUES, Style,
    layers::{Affine, Block, ParameterSource, normed},
};
use crate::weights::WeightsError;

/// Frequencies with which a noise level is described.
const FREQUENCIES: usize = 16;

/// Tokens of 8×8 pixels.
const COARSE: usize = PATCH_COUNT / 4;

/// What rows of a batch are asked for.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// `[rows, caption width]`; zeros ask for anything.
    pub captions: Vec<f32>,
    /// One for each row; none asks for either.
    pub styles: Vec<Option<Style>>,
    /// `ln σ / 4` of EDM, or another monotonous description of the noise, one for each row.
    pub levels: Vec<f32>,
    /// `[rows · PATCH_COUNT, PATCH_VALUES]`, values of size one: the pictures that are to be changed, for a network that sees them.
    pub sources: Vec<f32>,
}

/// A transformer over patches that looks at a noisy picture and a condition.
///
/// An hourglass: tokens of 4×4 pixels, merged into tokens of 8×8 where most of the work is done, and back with a skip
/// connection. The condition scales and shifts every norm, and also says at once what each 8×8 block should look like
/// (`plan`), which costs next to nothing and is where most of what is known of a caption can be kept.
pub struct Denoiser {
    config: DenoiserConfig,
    first: Affine,
    second: Affine,
    patches: Affine,
    fine_positions: Tensor<2>,
    encoder: Vec<Block>,
    merge: Affine,
    plan: Affine,
    trunk: Vec<Block>,
    split: Affine,
    decoder: Vec<Block>,
    last_modulation: Affine,
    last: Affine,
}

impl Denoiser {
    /// A network of this shape with these parameters.
    ///
    /// # Errors
    /// Those of the source.
    pub fn new(config: &DenoiserConfig, source: &mut dyn ParameterSource) -> Result<Self, WeightsError> {
        let (fine, coarse, condition) = (config.fine_width, config.coarse_width, config.condition_width);
        let inputs = config.caption_width + Style::ALL.len() + 2 * FREQUENCIES;
        let blocks = |source: &mut dyn ParameterSource, name: &str, count: usize, width: usize| {
            (0..count)
                .map(|index| Block::new(source, &format!("{name}.{index}"), width, config.head_width, Some(condition)))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            first: Affine::new(source, "condition.first", inputs, condition)?,
            second: Affine::new(source, "condition.second", condition, condition)?,
            patches: Affine::new(source, "patches", PATCH_VALUES * if config.sees_source { 2 } else { 1 }, fine)?,
            fine_positions: source.matrix("positions", 1, PATCH_COUNT * fine)?,
            encoder: blocks(source, "encoder", config.fine_blocks, fine)?,
            merge: Affine::new(source, "merge", 4 * fine, coarse)?,
            plan: Affine::new(source, "plan", condition, COARSE * coarse)?,
            trunk: blocks(source, "trunk", config.coarse_blocks, coarse)?,
            split: Affine::new(source, "split", coarse, 4 * fine)?,
            decoder: blocks(source, "decoder", config.fine_blocks, fine)?,
            last_modulation: Affine::new(source, "last.modulation", condition, 2 * fine)?,
            last: Affine::new(source, "last", fine, PATCH_VALUES)?,
            config: config.clone(),
        })
    }

    /// Its shape.
    pub fn config(&self) -> &DenoiserConfig {
        &self.config
    }

    /// The raw network `F`: `[rows · PATCH_COUNT, PATCH_VALUES]` to the same.
    pub fn apply(&self, noisy: Tensor<2>, conditions: &Conditions, device: &Device) -> Tensor<2> {
        let rows = conditions.levels.len();
        let (fine, coarse) = (self.config.fine_width, self.config.coarse_width);
        let inputs = self.inputs(conditions);
        let width = inputs.len() / rows.max(1);
        let inputs: Tensor<2> = Tensor::from_data(TensorData::new(inputs, [rows, width]), device);
        let condition = silu(self.second.apply(silu(self.first.apply(inputs))));

        let seen = if self.config.sees_source {
            let mut sources = conditions.sources.clone();
            sources.resize(rows * PATCH_COUNT * PATCH_VALUES, 0.0);
            let shape = [rows * PATCH_COUNT, PATCH_VALUES];
            Tensor::cat(vec![noisy, Tensor::from_data(TensorData::new(sources, shape), device)], 1)
        } else {
            noisy
        };
        let state = self.patches.apply(seen).reshape([rows, PATCH_COUNT * fine]) + self.fine_positions.clone();
        let mut state: Tensor<2> = state.reshape([rows * PATCH_COUNT, fine]);
        for block in &self.encoder {
            state = block.apply(state, Some(&condition), PATCH_COUNT);
        }
        let skip = state.clone();
        let plan: Tensor<2> = self.plan.apply(condition.clone()).reshape([rows * COARSE, coarse]);
        let mut state = self.merge.apply(state.reshape([rows * COARSE, 4 * fine])) + plan;
        for block in &self.trunk {
            state = block.apply(state, Some(&condition), COARSE);
        }
        let mut state = self.split.apply(normed(state)).reshape([rows * PATCH_COUNT, fine]) + skip;
        for block in &self.decoder {
            state = block.apply(state, Some(&condition), PATCH_COUNT);
        }
        let modulation = self.last_modulation.apply(condition);
        let part = |index: usize| -> Tensor<3> {
            modulation.clone().slice([0..rows, index * fine..(index + 1) * fine]).reshape([rows, 1, fine])
        };
        let normed: Tensor<3> = normed(state).reshape([rows, PATCH_COUNT, fine]);
        let modulated = normed * part(0).add_scalar(1.0) + part(1);
        self.last.apply(modulated.reshape([rows * PATCH_COUNT, fine]))
    }

    /// Captions, styles and noise levels side by side, row by row.
    fn inputs(&self, conditions: &Conditions) -> Vec<f32> {
        let captions = conditions.captions.chunks_exact(self.config.caption_width);
        let mut inputs = Vec::new();
        for ((caption, style), level) in captions.zip(&conditions.styles).zip(&conditions.levels) {
            // Unit vectors have small components; the network wants inputs of size one.
            let scale = (self.config.caption_width as f32).sqrt();
            inputs.extend(caption.iter().map(|value| value * scale));
            inputs.extend(Style::ALL.iter().map(|one| if *style == Some(*one) { 1.0 } else { 0.0 }));
            // Periods from 16 down to about half the range that matters, in factors of 2^(1/3).
            let angles =
                (0..FREQUENCIES).map(|index| std::f32::consts::TAU * level * 2_f32.powf(index as f32 / 3.0 - 4.0));
            inputs.extend(angles.flat_map(|angle| [angle.sin(), angle.cos()]));
        }
        inputs
    }
}
