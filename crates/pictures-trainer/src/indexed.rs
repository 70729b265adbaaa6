use half::f16;
use plaudit_models::picture::{CAPTION_WIDTH, COLOURS, CaptionEncoder, PIXELS, Picture};
use safetensors::{Dtype, tensor::TensorView};
use std::path::Path;

use crate::{Emoji, Error};

/// Rounds of Lloyd's algorithm; emoji have few colours, and it is at rest long before.
const ROUNDS: usize = 12;

/// A picture in 16 colours of its own: the palette, and two pixels a byte.
fn indexed(picture: &Picture) -> (Vec<u8>, Vec<u8>) {
    let pixels: Vec<[f32; 3]> = picture
        .rgb()
        .chunks_exact(3)
        .map(|pixel| [f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2])])
        .collect();
    let mut palette = first_colours(&pixels);
    for _ in 0..ROUNDS {
        let mut sums = [[0.0_f32; 4]; COLOURS];
        for pixel in &pixels {
            let sum = &mut sums[nearest(&palette, pixel).0];
            sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
            sum[3] += 1.0;
        }
        for (colour, sum) in palette.iter_mut().zip(sums).filter(|(_, sum)| sum[3] > 0.0) {
            *colour = [sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3]];
        }
    }
    let numbers: Vec<u8> = pixels.iter().map(|pixel| nearest(&palette, pixel).0 as u8).collect();
    let bytes = numbers.chunks_exact(2).map(|two| (two[0] << 4) | two[1]).collect();
    (palette.iter().flatten().map(|value| value.round() as u8).collect(), bytes)
}

/// White, and then again and again the pixel that is farthest from all colours so far.
fn first_colours(pixels: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let mut palette = vec![[255.0; 3]];
    while palette.len() < COLOURS {
        let farthest =
            pixels.iter().max_by(|one, other| nearest(&palette, one).1.total_cmp(&nearest(&palette, other).1));
        palette.push(farthest.copied().unwrap_or([255.0; 3]));
    }
    palette
}

/// The nearest colour's number, and the square of the distance.
fn nearest(palette: &[[f32; 3]], pixel: &[f32; 3]) -> (usize, f32) {
    let distance = |colour: &[f32; 3]| colour.iter().zip(pixel).map(|(one, other)| (one - other).powi(2)).sum::<f32>();
    let all = palette.iter().map(distance).enumerate();
    all.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, f32::INFINITY))
}

/// The file of a [`plaudit_models::picture::Gallery`].
///
/// # Errors
/// [`Error::Tensors`] if it cannot be laid out.
pub fn gallery(emoji: &[&Emoji], captions: &CaptionEncoder) -> Result<Vec<u8>, Error> {
    let (mut vectors, mut palettes, mut pixels) = (Vec::new(), Vec::new(), Vec::new());
    let pictures = emoji.iter().filter_map(|emoji| emoji.raster.on_white().map(|picture| (&emoji.name, picture)));
    for (name, picture) in pictures {
        vectors.extend(captions.encode(name).vector.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()));
        let (palette, numbers) = indexed(&picture);
        palettes.extend(palette);
        pixels.extend(numbers);
    }
    let count = palettes.len() / (COLOURS * 3);
    let wrong = Error::tensors(Path::new("model.safetensors"));
    let tensors = [
        ("captions", Dtype::F16, vec![count, CAPTION_WIDTH], &vectors),
        ("palettes", Dtype::U8, vec![count, COLOURS, 3], &palettes),
        ("pixels", Dtype::U8, vec![count, PIXELS / 2], &pixels),
    ];
    let views = tensors.into_iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(dtype, shape, bytes).map(|view| (name, view)).map_err(&wrong)
    });
    safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, None).map_err(&wrong)
}
