use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};
use plaudit_models::picture::{
    CAPTION_WIDTH, CaptionEncoder, ImageEncoder, ImageEncoderConfig, Noise, PATCH_COUNT, PATCH_VALUES, ParameterSource,
    Picture, to_patches,
};
use serde_json::{Value, json};

use crate::{Changes, Emoji, EmojiSet, Error, Examples, Parameters, Recipe, Retrieval, Tape, Task, retrieval};

/// Captions and pictures are compared at this sharpness (the inverse of CLIP's temperature), which is not learned: the
/// captions do not move, so there is nothing for it to balance.
const SHARPNESS: f64 = 14.0;

/// Pixels by which pictures are moved about in training.
const MOVED: usize = 2;

/// Contrastive training of the [`ImageEncoder`]: in a batch, each picture has to find its caption and each caption its picture
/// (Radford et al. 2021), the captions' side being fixed.
pub struct ContrastTask<'a> {
    config: ImageEncoderConfig,
    captions: &'a CaptionEncoder,
    captions_digest: String,
    changes: Changes,
    examples: Examples<'a>,
    held_out: Vec<&'a Emoji>,
    data: String,
}

/// Pictures and their captions' vectors.
pub struct Pairs {
    patches: Vec<f32>,
    captions: Vec<f32>,
    /// 0 where a picture and a caption may be told apart, a large negative number where two captions are the same.
    same: Vec<f32>,
}

impl<'a> ContrastTask<'a> {
    /// Of these emoji.
    pub fn new(emoji: &'a EmojiSet, captions: &'a CaptionEncoder, captions_digest: String) -> Self {
        let changes = Changes { recoloured: 0.4, hats: 0.1 };
        Self {
            config: ImageEncoderConfig::small(),
            captions,
            captions_digest,
            changes,
            examples: Examples::new(emoji.training(), changes),
            held_out: emoji.held_out(),
            data: emoji.sha256.clone(),
        }
    }

    /// The encoder's shape.
    pub fn config(&self) -> &ImageEncoderConfig {
        &self.config
    }

    /// How often held-out pictures find their captions.
    ///
    /// # Errors
    /// Those of computing.
    pub fn measure(&self, parameters: &Parameters) -> Result<Retrieval, Error> {
        let device = Device::flex();
        let encoder = ImageEncoder::new(&self.config, &mut Tape::new(parameters, &device))?;
        picture_retrieval(&encoder, self.captions, &self.held_out, &device)
    }
}

/// How often the pictures of emoji find their captions among those of the others.
pub(crate) fn picture_retrieval(
    encoder: &ImageEncoder,
    captions: &CaptionEncoder,
    emoji: &[&Emoji],
    device: &Device,
) -> Result<Retrieval, Error> {
    let pictures: Vec<Picture> = emoji.iter().filter_map(|emoji| emoji.raster.on_white()).collect();
    let found = futures_lite::future::block_on(encoder.encode(&pictures, device))?;
    let found: Vec<Vec<f32>> = found.into_iter().map(|caption| caption.vector).collect();
    let targets: Vec<Vec<f32>> = emoji.iter().map(|emoji| captions.encode(&emoji.name).vector).collect();
    let wanted: Vec<usize> = (0..found.len()).collect();
    // The other style's picture of the same concept has as good a claim.
    Ok(retrieval(&found, &wanted, &targets, |one, other| emoji[one].concept == emoji[other].concept))
}

/// Moved by some pixels, with white where nothing was.
fn moved(picture: &Picture, right: isize, down: isize) -> Option<Picture> {
    let side = plaudit_models::picture::SIDE as isize;
    let pixel = |index: isize| {
        let (row, column) = (index / side - down, index % side - right);
        if (0..side).contains(&row) && (0..side).contains(&column) {
            let from = ((row * side + column) * 3) as usize;
            [picture.rgb()[from], picture.rgb()[from + 1], picture.rgb()[from + 2]]
        } else {
            [255; 3]
        }
    };
    Picture::new(&(0..side * side).flat_map(pixel).collect::<Vec<u8>>())
}

impl Task for ContrastTask<'_> {
    type Share = Pairs;

    fn describe(&self) -> Value {
        json!({ "shape": self.config, "changes": self.changes, "emoji": self.data, "captions": self.captions_digest })
    }

    fn build(&self, source: &mut dyn ParameterSource) -> Result<(), Error> {
        ImageEncoder::new(&self.config, source)?;
        Ok(())
    }

    /// One share: every picture has to be compared with every caption.
    fn shares(&self, recipe: &Recipe, step: usize) -> Vec<Pairs> {
        let mut random = Noise::stream(recipe.seed, step as u64 + 1);
        let mut texts = Vec::new();
        let mut pairs = Pairs { patches: Vec::new(), captions: Vec::new(), same: Vec::new() };
        while texts.len() < recipe.batch {
            let Some(example) = self.examples.draw(&mut random) else { break };
            let shift = |random: &mut Noise| random.below(2 * MOVED + 1) as isize - MOVED as isize;
            let (right, down) = (shift(&mut random), shift(&mut random));
            let mirrored =
                !example.caption.contains("left") && !example.caption.contains("right") && random.unit() < 0.5;
            let picture = if mirrored { example.picture.mirrored() } else { example.picture };
            let Some(picture) = moved(&picture, right, down) else { break };
            pairs.patches.extend(to_patches(&picture));
            pairs.captions.extend(self.captions.encode(&example.caption).vector);
            texts.push(example.caption);
        }
        for (index, one) in texts.iter().enumerate() {
            pairs.same.extend(texts.iter().enumerate().map(
                |(other, text)| {
                    if index != other && one == text { -100.0 } else { 0.0 }
                },
            ));
        }
        vec![pairs]
    }

    fn loss(&self, pairs: &Pairs, source: &mut dyn ParameterSource, device: &Device) -> Result<Tensor<1>, Error> {
        let encoder = ImageEncoder::new(&self.config, source)?;
        let rows = pairs.captions.len() / CAPTION_WIDTH;
        let tensor = |values: &Vec<f32>, shape: [usize; 2]| -> Tensor<2> {
            Tensor::from_data(TensorData::new(values.clone(), shape), device)
        };
        let found = encoder.project(encoder.features(tensor(&pairs.patches, [rows * PATCH_COUNT, PATCH_VALUES])));
        let captions = tensor(&pairs.captions, [rows, CAPTION_WIDTH]);
        let logits = found.matmul(captions.transpose()).mul_scalar(SHARPNESS) + tensor(&pairs.same, [rows, rows]);
        let mut own = vec![0.0; rows * rows];
        own.iter_mut().step_by(rows + 1).for_each(|value| *value = -0.5 / rows as f32);
        let own = tensor(&own, [rows, rows]);
        let both = log_softmax(logits.clone(), 1) + log_softmax(logits, 0);
        Ok((both * own).sum())
    }

    /// One minus the share of held-out pictures that find their caption among the nearest five of 100.
    fn look(&self, averaged: &Parameters, step: usize) -> Result<f32, Error> {
        let found = self.measure(averaged)?;
        eprintln!("step {step}: held-out retrieval@1 {:.1} %, @5 {:.1} %", 100.0 * found.at_1, 100.0 * found.at_5);
        Ok((1.0 - found.at_5) as f32)
    }
}
