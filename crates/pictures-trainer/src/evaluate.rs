use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use plaudit_models::picture::{
    CaptionEncoder, Gallery, ImageEncoder, PATCH_COUNT, PATCH_VALUES, Picture, PictureModel, SamplerSettings,
    to_patches,
};
use serde::Serialize;

use crate::{Emoji, Error, Retrieval, frechet, retrieval};

/// What draws.
pub enum Contestant<'a> {
    /// A network.
    Model(&'a PictureModel, SamplerSettings),
    /// The nearest picture of the training set.
    Nearest(&'a Gallery),
    /// The held-out pictures themselves: the best that these measures can give.
    Truth,
}

/// What a contestant is measured with.
pub struct Measures<'a> {
    /// Captions' side of emoji-CLIP.
    pub captions: &'a CaptionEncoder,
    /// Pictures' side.
    pub encoder: &'a ImageEncoder,
    /// What no model has seen.
    pub held_out: Vec<&'a Emoji>,
    /// Places in [`Self::held_out`] that contestants are asked for.
    pub asked: Vec<usize>,
    /// What every model has seen.
    pub training: Vec<&'a Emoji>,
    /// Pictures for each caption, of seeds from 0.
    pub seeds: u64,
}

/// A row of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// Generated pictures that find their caption among 100 held-out ones.
    pub retrieval: Retrieval,
    /// Fréchet distance of features to the held-out pictures.
    pub frechet: f64,
    /// Mean distance of features between two pictures of one caption.
    pub diversity: f64,
    /// Mean over pictures of the smallest root mean square difference to a training picture, in parts of 255.
    pub nearest_training: f64,
    /// Share of pictures that are nearer than 0.05 to a training picture.
    pub copied: f64,
    /// Milliseconds for a picture.
    pub milliseconds: f64,
}

impl Measures<'_> {
    /// Lets a contestant draw what is asked for and measures what comes out.
    ///
    /// # Errors
    /// Those of computing, and [`Error::TooFew`].
    pub fn of(&self, contestant: &Contestant<'_>) -> Result<Quality, Error> {
        if self.held_out.len() < 2 || self.asked.len() < 2 || self.seeds == 0 {
            return Err(Error::TooFew("two held-out emoji and one seed are the least that can be measured"));
        }
        let begun = Instant::now();
        let mut pictures = Vec::new();
        for emoji in self.asked.iter().filter_map(|place| self.held_out.get(*place)) {
            for seed in 0..self.seeds {
                pictures.push(self.draw(contestant, emoji, seed)?);
            }
        }
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0 / pictures.len() as f64;
        let each = self.seeds as usize;
        let features = self.features(&pictures)?;
        let truth = self.features(&white(&self.held_out))?;
        let training: Vec<Vec<f32>> = white(&self.training).iter().map(unit_scale).collect();
        let nearest: Vec<f64> =
            pictures.iter().map(|picture| nearest_distance(&unit_scale(picture), &training)).collect();
        Ok(Quality {
            retrieval: self.retrieval(&pictures, each)?,
            frechet: frechet(&features, &truth),
            diversity: diversity(&features, each),
            nearest_training: nearest.iter().sum::<f64>() / nearest.len() as f64,
            copied: nearest.iter().filter(|distance| **distance < 0.05).count() as f64 / nearest.len() as f64,
            milliseconds,
        })
    }

    fn draw(&self, contestant: &Contestant<'_>, emoji: &Emoji, seed: u64) -> Result<Picture, Error> {
        let caption = self.captions.encode(&emoji.name);
        match contestant {
            Contestant::Truth => emoji.raster.on_white().ok_or(Error::Burn("picture")),
            Contestant::Nearest(gallery) => {
                Ok(gallery.nearest(&caption).ok_or(Error::TooFew("the gallery is of another encoder"))?.picture)
            }
            Contestant::Model(model, settings) => {
                let settings = SamplerSettings { style: Some(emoji.style), ..*settings };
                Ok(futures_lite::future::block_on(model.draw(&caption, seed, settings))?)
            }
        }
    }

    fn features(&self, pictures: &[Picture]) -> Result<Vec<Vec<f32>>, Error> {
        let device = Device::flex();
        let values: Vec<f32> = pictures.iter().flat_map(to_patches).collect();
        let data = TensorData::new(values, [pictures.len() * PATCH_COUNT, PATCH_VALUES]);
        let features = self.encoder.features(Tensor::from_data(data, &device));
        let width = features.dims()[1];
        let values: Vec<f32> = features.into_data().try_to_vec().map_err(|_| Error::Burn("features"))?;
        Ok(values.chunks_exact(width).map(<[f32]>::to_vec).collect())
    }

    fn retrieval(&self, pictures: &[Picture], each: usize) -> Result<Retrieval, Error> {
        let device = Device::flex();
        let found = futures_lite::future::block_on(self.encoder.encode(pictures, &device))?;
        let found: Vec<Vec<f32>> = found.into_iter().map(|caption| caption.vector).collect();
        let targets: Vec<Vec<f32>> =
            self.held_out.iter().map(|emoji| self.captions.encode(&emoji.name).vector).collect();
        let wanted: Vec<usize> = self.asked.iter().flat_map(|place| std::iter::repeat_n(*place, each)).collect();
        let same = |one: usize, other: usize| self.held_out[one].concept == self.held_out[other].concept;
        Ok(retrieval(&found, &wanted, &targets, same))
    }
}

fn white(emoji: &[&Emoji]) -> Vec<Picture> {
    emoji.iter().filter_map(|emoji| emoji.raster.on_white()).collect()
}

/// Bytes from 0 to 1.
fn unit_scale(picture: &Picture) -> Vec<f32> {
    picture.rgb().iter().map(|byte| f32::from(*byte) / 255.0).collect()
}

fn nearest_distance(picture: &[f32], training: &[Vec<f32>]) -> f64 {
    let distance = |other: &Vec<f32>| -> f32 {
        let square: f32 = picture.iter().zip(other).map(|(one, other)| (one - other) * (one - other)).sum();
        (square / picture.len() as f32).sqrt()
    };
    f64::from(training.iter().map(distance).fold(f32::INFINITY, f32::min))
}

/// Mean Euclidean distance between the features of pictures of one caption; 0 for one picture each.
fn diversity(features: &[Vec<f32>], each: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for group in features.chunks_exact(each) {
        for (index, one) in group.iter().enumerate() {
            for other in &group[..index] {
                let square: f32 = one.iter().zip(other).map(|(one, other)| (one - other) * (one - other)).sum();
                sum += f64::from(square.sqrt());
                count += 1;
            }
        }
    }
    sum / count.max(1) as f64
}
