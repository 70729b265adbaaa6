use plaudit_models::picture::{PIXELS, Picture, SIDE};
use resvg::{tiny_skia, usvg};

use crate::Error;

/// Pixels a side is rendered with for each that is kept: the mean of them is smoother than the renderer's own edges.
const OVERSAMPLING: usize = 4;

/// Where a drawing stands in the picture, in parts of its side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    scale: f32,
    left: f32,
    top: f32,
}

impl Frame {
    /// All of it.
    pub(crate) const WHOLE: Self = Self { scale: 1.0, left: 0.0, top: 0.0 };
    /// Smaller, at the bottom: with room for a hat.
    pub(crate) const LOWERED: Self = Self { scale: 0.75, left: 0.125, top: 0.25 };
    /// Where a hat goes.
    pub(crate) const HAT: Self = Self { scale: 0.5, left: 0.25, top: -0.02 };
}

/// 32×32 pixels of red, green, blue and opacity, from 0 to 1; the colours are not multiplied by the opacity.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster(pub Vec<[f32; 4]>);

impl Raster {
    /// On white.
    pub fn on_white(&self) -> Option<Picture> {
        self.on([1.0; 3])
    }

    /// On a ground of one colour.
    pub(crate) fn on(&self, ground: [f32; 3]) -> Option<Picture> {
        let byte = |colour: f32, opacity: f32, ground: f32| {
            ((colour * opacity + ground * (1.0 - opacity)) * 255.0).round() as u8
        };
        let pixel =
            |[r, g, b, a]: &[f32; 4]| [byte(*r, *a, ground[0]), byte(*g, *a, ground[1]), byte(*b, *a, ground[2])];
        Picture::new(&self.0.iter().flat_map(pixel).collect::<Vec<u8>>())
    }

    /// With another one over it.
    pub(crate) fn under(&self, over: &Self) -> Self {
        let mixed = self.0.iter().zip(&over.0).map(|(below, above)| {
            let opacity = above[3] + below[3] * (1.0 - above[3]);
            if opacity <= 0.0 {
                return [0.0; 4];
            }
            let mix = |index: usize| (above[index] * above[3] + below[index] * below[3] * (1.0 - above[3])) / opacity;
            [mix(0), mix(1), mix(2), opacity]
        });
        Self(mixed.collect())
    }
}

/// Renders the body of an SVG document.
pub(crate) fn render(name: &str, body: &str, width: f64, height: f64, frame: Frame) -> Result<Raster, Error> {
    let text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">{body}</svg>"
    );
    let wrong = |reason: String| Error::Drawing { name: name.to_owned(), reason };
    let tree = usvg::Tree::from_str(&text, &usvg::Options::default()).map_err(|error| wrong(error.to_string()))?;
    let side = (SIDE * OVERSAMPLING) as u32;
    let mut pixmap = tiny_skia::Pixmap::new(side, side).ok_or_else(|| wrong("no room".to_owned()))?;
    let side = side as f32;
    let (across, down) = (tree.size().width(), tree.size().height());
    let scale = frame.scale * side / across.max(down);
    let transform = tiny_skia::Transform::from_scale(scale, scale).post_translate(frame.left * side, frame.top * side);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    Ok(shrunk(pixmap.data()))
}

/// The mean of each square of pixels, from colours multiplied by their opacity.
fn shrunk(rgba: &[u8]) -> Raster {
    let wide = SIDE * OVERSAMPLING;
    let pixels = (0..PIXELS).map(|index| {
        let mut sum = [0.0_f32; 4];
        for row in 0..OVERSAMPLING {
            let from = ((index / SIDE * OVERSAMPLING + row) * wide + index % SIDE * OVERSAMPLING) * 4;
            for pixel in rgba[from..from + OVERSAMPLING * 4].chunks_exact(4) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += f32::from(*value);
                }
            }
        }
        let opacity = sum[3].max(1e-6);
        let most = (OVERSAMPLING * OVERSAMPLING * 255) as f32;
        [sum[0] / opacity, sum[1] / opacity, sum[2] / opacity, sum[3] / most]
    });
    Raster(pixels.collect())
}
