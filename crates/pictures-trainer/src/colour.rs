use crate::raster::Raster;

/// A colour that a visitor may ask for, and what it looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Its name in a caption.
    pub name: &'static str,
    /// Red, green and blue from 0 to 1.
    pub rgb: [f32; 3],
}

/// The colours that pictures are recoloured in.
pub const COLOURS: [Colour; 9] = [
    Colour { name: "red", rgb: [0.89, 0.16, 0.18] },
    Colour { name: "orange", rgb: [0.96, 0.52, 0.11] },
    Colour { name: "yellow", rgb: [0.98, 0.79, 0.15] },
    Colour { name: "green", rgb: [0.23, 0.66, 0.29] },
    Colour { name: "blue", rgb: [0.16, 0.45, 0.91] },
    Colour { name: "purple", rgb: [0.56, 0.27, 0.78] },
    Colour { name: "pink", rgb: [0.97, 0.47, 0.68] },
    Colour { name: "brown", rgb: [0.50, 0.33, 0.22] },
    Colour { name: "black", rgb: [0.17, 0.17, 0.19] },
];

/// Words that name a colour: a picture whose caption has one keeps its own.
pub const COLOUR_WORDS: [&str; 13] = [
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "gray", "rainbow",
];

/// How much lighter than the picture's middle a grey has to be to stay as it is (eyes, teeth, paper).
const BRIGHT: f32 = 0.9;

/// The same drawing in one colour: what is as bright as the picture's middle takes the colour itself, lighter parts go to
/// white and darker ones to black. White parts of a coloured drawing stay white.
pub fn recoloured(raster: &Raster, colour: Colour) -> Raster {
    let (mut brightness, mut opacity) = (0.0, 0.0);
    for pixel in &raster.0 {
        brightness += luma(pixel) * pixel[3];
        opacity += pixel[3];
    }
    let middle = (brightness / f32::max(opacity, 1e-6)).clamp(0.2, 0.85);
    let pixels = raster.0.iter().map(|pixel| {
        let luma = luma(pixel);
        let highest = pixel[..3].iter().copied().fold(0.0, f32::max);
        let lowest = pixel[..3].iter().copied().fold(1.0, f32::min);
        if luma > BRIGHT && highest - lowest < 0.1 && middle < 0.8 {
            return *pixel;
        }
        let tint = |value: f32| {
            if luma < middle {
                value * luma / middle
            } else {
                value + (1.0 - value) * 0.7 * (luma - middle) / (1.0 - middle)
            }
        };
        [tint(colour.rgb[0]), tint(colour.rgb[1]), tint(colour.rgb[2]), pixel[3]]
    });
    Raster(pixels.collect())
}

/// Brightness as Rec. 709 weighs it.
fn luma(pixel: &[f32; 4]) -> f32 {
    0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recoloured_drawing_has_the_colour_and_keeps_white_and_opacity() {
        let yellow = [1.0, 0.8, 0.1, 1.0];
        let mut pixels = vec![yellow; 1000];
        pixels.extend([[1.0, 1.0, 1.0, 0.5]; 24]);
        let blue = recoloured(&Raster(pixels), COLOURS[4]);
        assert!(blue.0[0][2] > 0.8 && blue.0[0][0] < 0.4, "{:?}", blue.0[0]);
        assert_eq!(blue.0[1023], [1.0, 1.0, 1.0, 0.5]);
    }
}
