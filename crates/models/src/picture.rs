//! Pictures of 32×32 pixels from a caption, drawn step by step.
//!
//! A [`CaptionEncoder`] turns words into a vector. A [`PictureModel`] (weights, sampler) starts a [`Drawing`] for a vector
//! and a seed, and the drawing makes one [`DrawingStep`] a call, each with a picture to show; to cancel is not to call again. With an
//! [`EditMethod`] it starts from a picture that is to be changed.
//! A [`Gallery`] answers with the nearest picture of its training set instead. An [`ImageEncoder`] brings pictures into the
//! space of the captions, and so measures whether a picture shows what was asked for.
//!
//! ```
//! # use plaudit_models::picture::{CaptionEncoder, DrawingStep, PictureError, PictureModel, SamplerSettings, Style};
//! async fn draw(
//!     captions: &CaptionEncoder,
//!     model: &PictureModel,
//!     mut show: impl FnMut(&DrawingStep),
//! ) -> Result<(), PictureError> {
//!     let settings = SamplerSettings { steps: 18, guidance: 2.0, style: Some(Style::Fluent) };
//!     let mut drawing = model.start(&captions.encode("a blue cat with a hat"), 1, settings)?;
//!     while let Some(step) = drawing.step().await? {
//!         show(&step);
//!     }
//!     Ok(())
//! }
//! ```

mod caption;
mod config;
mod denoiser;
mod gallery;
mod image_encoder;
mod layers;
mod model;
mod noise;
mod patches;
mod sampler;

pub use caption::{
    CAPTION_WIDTH, Caption, CaptionConfig, CaptionEncoder, MOST_WEIGHT, MOST_WORDS, gram_buckets, words,
};
pub use config::{DenoiserConfig, ImageEncoderConfig, Objective, Style};
pub use denoiser::{Conditions, Denoiser};
pub use gallery::{COLOURS, Gallery, NearestPicture};
pub use image_encoder::{ImageEncoder, similarity};
pub use layers::{ParameterSource, StoredParameters};
pub use model::{PictureCheck, PictureModel};
pub use noise::Noise;
pub use patches::{PATCH_COUNT, PATCH_VALUES, PIXELS, Picture, SIDE, VALUES, from_patches, to_patches};
pub use sampler::{
    DATA_DEVIATION, Drawing, DrawingStep, EditMethod, LOWEST, PictureError, Preconditioning, SamplerKind,
    SamplerSettings, jump_levels, noise_levels, normalised,
};
