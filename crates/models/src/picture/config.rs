use serde::{Deserialize, Serialize};

use super::CAPTION_WIDTH;

/// Whose manner of drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Fluent Emoji, flat.
    Fluent,
    /// Noto Emoji.
    Noto,
}

impl Style {
    /// All, in the order of their numbers in a condition.
    pub const ALL: [Self; 2] = [Self::Fluent, Self::Noto];
}

/// What the network was trained to do, and so which samplers it can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Denoising at any noise level, with the preconditioning of EDM (Karras et al. 2022, <https://arxiv.org/abs/2206.00364>).
    Diffusion,
    /// Jumping from any noise level to the picture (Song and Dhariwal 2023, <https://arxiv.org/abs/2310.14189>).
    Consistency,
    /// Velocity between noise and picture on straight lines (Lipman et al. 2022, <https://arxiv.org/abs/2210.02747>).
    Flow,
}

/// The shape of a [`super::Denoiser`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DenoiserConfig {
    /// What it was trained to do.
    pub objective: Objective,
    /// Numbers of a caption.
    pub caption_width: usize,
    /// Width of what caption, style and noise level are made into.
    pub condition_width: usize,
    /// Width of the 64 tokens of 4×4 pixels.
    pub fine_width: usize,
    /// Width of the 16 tokens of 8×8 pixels.
    pub coarse_width: usize,
    /// Width of an attention head.
    pub head_width: usize,
    /// Blocks on 4×4 pixels before the merge, and as many after it.
    pub fine_blocks: usize,
    /// Blocks on 8×8 pixels.
    pub coarse_blocks: usize,
    /// Mean of the training pictures' values (-1 black, 1 white).
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
    /// Whether it sees, beside the noisy picture, one that is to be changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sees_source: bool,
}

impl DenoiserConfig {
    /// The shape of the models that ship.
    pub fn small(objective: Objective, mean: f32, deviation: f32) -> Self {
        Self {
            objective,
            caption_width: CAPTION_WIDTH,
            condition_width: 256,
            fine_width: 96,
            coarse_width: 192,
            head_width: 32,
            fine_blocks: 1,
            coarse_blocks: 5,
            mean,
            deviation,
            sees_source: false,
        }
    }
}

/// The shape of a [`super::ImageEncoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageEncoderConfig {
    /// Numbers of a caption, which are those of a picture too.
    pub caption_width: usize,
    /// Width of the 64 tokens of 4×4 pixels.
    pub fine_width: usize,
    /// Width of the 16 tokens of 8×8 pixels.
    pub coarse_width: usize,
    /// Width of an attention head.
    pub head_width: usize,
    /// Blocks on 8×8 pixels.
    pub coarse_blocks: usize,
}

impl ImageEncoderConfig {
    /// The shape of the encoder that ships.
    pub fn small() -> Self {
        Self { caption_width: CAPTION_WIDTH, fine_width: 64, coarse_width: 128, head_width: 32, coarse_blocks: 3 }
    }
}
