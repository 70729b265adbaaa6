//! Changes of a picture that can be made exactly, with the words in which somebody would ask for them: what a network that changes
//! pictures learns from, and is measured on.

use std::collections::HashMap;

use plaudit_models::picture::{Noise, Picture, SIDE, Style};

use crate::{
    COLOURS, Emoji, can_change_colour,
    colour::{Colour, recoloured},
    raster::Raster,
};

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Another colour.
    Colour,
    /// A hat on it.
    Hat,
    /// The other set's drawing of the same.
    Style,
    /// As in a mirror.
    Mirror,
    /// Upside down.
    Flip,
    /// Under a dark sky.
    Night,
    /// Without colours.
    Grey,
    /// On a coloured ground.
    Background,
    /// Smaller, in the middle.
    Smaller,
    /// Out of focus.
    Blur,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Colour,
        Self::Hat,
        Self::Style,
        Self::Mirror,
        Self::Flip,
        Self::Night,
        Self::Grey,
        Self::Background,
        Self::Smaller,
        Self::Blur,
    ];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => "another colour",
            Self::Hat => "a hat",
            Self::Style => "the other style",
            Self::Mirror => "mirrored",
            Self::Flip => "upside down",
            Self::Night => "night",
            Self::Grey => "without colours",
            Self::Background => "background",
            Self::Smaller => "smaller",
            Self::Blur => "blurred",
        }
    }

    /// How often it is drawn, of 100: those that take more to learn more often.
    fn share(self) -> usize {
        match self {
            Self::Colour => 24,
            Self::Hat => 14,
            Self::Style => 18,
            Self::Background => 10,
            Self::Mirror | Self::Flip | Self::Night | Self::Smaller => 7,
            Self::Grey | Self::Blur => 3,
        }
    }
}

/// A picture, what is asked for, and what it then is.
#[derive(Debug, Clone)]
pub struct Change {
    /// Of which kind.
    pub kind: ChangeKind,
    /// What a visitor might have asked.
    pub instruction: String,
    /// Before.
    pub source: Picture,
    /// After.
    pub target: Picture,
}

/// Draws changes of emoji.
pub struct ChangeSource<'a> {
    emoji: Vec<&'a Emoji>,
    hats: Vec<&'a Emoji>,
    /// By concept and style.
    places: HashMap<(&'a str, Style), &'a Emoji>,
}

/// Attempts to find an emoji that a change fits: a flag has no other colour.
const ATTEMPTS: usize = 20;

/// A blue that is nearly black.
const NIGHT: [f32; 3] = [0.06, 0.08, 0.2];

impl<'a> ChangeSource<'a> {
    /// Of these emoji; hats may come from others.
    pub fn new(emoji: Vec<&'a Emoji>, hats: &[&'a Emoji]) -> Self {
        let places = emoji.iter().map(|emoji| ((emoji.concept.as_str(), emoji.style), *emoji)).collect();
        let hats = hats.iter().copied().filter(|emoji| emoji.worn.is_some()).collect();
        Self { emoji, hats, places }
    }

    /// A random change of any kind.
    pub fn draw(&self, random: &mut Noise) -> Option<Change> {
        let all: usize = ChangeKind::ALL.iter().map(|kind| kind.share()).sum();
        let mut left = random.below(all);
        let kind = ChangeKind::ALL.into_iter().find(|kind| {
            let here = left < kind.share();
            left = left.saturating_sub(kind.share());
            here
        })?;
        self.of(kind, random)
    }

    /// A random change of this kind.
    pub fn of(&self, kind: ChangeKind, random: &mut Noise) -> Option<Change> {
        (0..ATTEMPTS).find_map(|_| self.change(kind, self.emoji.get(random.below(self.emoji.len()))?, random))
    }

    /// Words that ask for this kind of change of an emoji; none where it cannot be made of it.
    pub fn instruction(&self, kind: ChangeKind, emoji: &Emoji, random: &mut Noise) -> Option<String> {
        // What an emoji of another set looks like is not asked of this one's neighbours.
        let made = (0..ATTEMPTS).find_map(|_| self.change(kind, emoji, random));
        made.map(|change| change.instruction)
    }

    fn change(&self, kind: ChangeKind, emoji: &Emoji, random: &mut Noise) -> Option<Change> {
        let raster = &emoji.raster;
        // Now and then what is to be changed was changed before: visitors' sources are not all as their sets have them.
        let before =
            (kind != ChangeKind::Style && kind != ChangeKind::Hat && random.unit() < 0.2 && can_change_colour(emoji))
                .then(|| recoloured(raster, COLOURS[random.below(COLOURS.len())]));
        let raster = before.as_ref().unwrap_or(raster);
        let (instruction, target) = match kind {
            ChangeKind::Colour => {
                if !can_change_colour(emoji) {
                    return None;
                }
                let colour: Colour = COLOURS[random.below(COLOURS.len())];
                (with_word(&said(COLOUR_WORDS, random), colour.name), recoloured(raster, colour).on_white()?)
            }
            ChangeKind::Hat => {
                if !["Animals & Nature", "Smileys & Emotion"].contains(&emoji.category.as_str()) {
                    return None;
                }
                let hats: Vec<&Emoji> = self.hats.iter().copied().filter(|hat| hat.style == emoji.style).collect();
                let crown = random.unit() < 0.3;
                let fits: Vec<&Emoji> = hats.into_iter().filter(|hat| (hat.name == "crown") == crown).collect();
                let worn = fits.get(random.below(fits.len().max(1)))?.worn.as_ref()?;
                let word = if crown { "crown" } else { "hat" };
                (with_word(&said(HAT_WORDS, random), word), emoji.lowered.under(worn).on_white()?)
            }
            ChangeKind::Style => {
                let other = if emoji.style == Style::Fluent { Style::Noto } else { Style::Fluent };
                let twin = self.places.get(&(emoji.concept.as_str(), other))?;
                let word = if other == Style::Fluent { "fluent" } else { "noto" };
                (with_word(&said(STYLE_WORDS, random), word), twin.raster.on_white()?)
            }
            ChangeKind::Mirror => (said(MIRROR_WORDS, random), raster.on_white()?.mirrored()),
            ChangeKind::Flip => (said(FLIP_WORDS, random), upside_down(raster).on_white()?),
            ChangeKind::Night => (said(NIGHT_WORDS, random), at_night(raster).on(NIGHT)?),
            ChangeKind::Grey => (said(GREY_WORDS, random), grey(raster).on_white()?),
            ChangeKind::Background => {
                let colour: Colour = COLOURS[random.below(COLOURS.len())];
                (with_word(&said(GROUND_WORDS, random), colour.name), raster.on(colour.rgb)?)
            }
            ChangeKind::Smaller => (said(SMALLER_WORDS, random), smaller(raster).on_white()?),
            ChangeKind::Blur => (said(BLUR_WORDS, random), blurred(&raster.on_white()?)?),
        };
        Some(Change { kind, instruction, source: raster.on_white()?, target })
    }
}

const COLOUR_WORDS: &[&str] = &[
    "make it *",
    "turn it *",
    "paint it *",
    "in *",
    "*",
    "make this *",
    "change the colour to *",
    "change its color to *",
];
const HAT_WORDS: &[&str] = &["add a *", "put a * on it", "give it a *", "with a *", "let it wear a *"];
const STYLE_WORDS: &[&str] = &["in * style", "make it * style", "as a * emoji", "in the style of *", "redraw it as *"];
const MIRROR_WORDS: &[&str] =
    &["mirror it", "mirror image", "flip it horizontally", "in a mirror", "let it face the other way"];
const FLIP_WORDS: &[&str] = &["turn it upside down", "upside down", "flip it vertically", "stand it on its head"];
const NIGHT_WORDS: &[&str] = &["as a night scene", "at night", "make it night", "in the dark", "in the moonlight"];
const GREY_WORDS: &[&str] = &["make it grey", "black and white", "without colours", "remove the colors", "in gray"];
const GROUND_WORDS: &[&str] =
    &["on a * background", "with a * background", "put it on a * background", "make the background *"];
const SMALLER_WORDS: &[&str] = &["make it smaller", "smaller", "shrink it", "make it tiny"];
const BLUR_WORDS: &[&str] = &["blur it", "out of focus", "make it blurry", "soften it"];

fn said(ways: &[&str], random: &mut Noise) -> String {
    ways[random.below(ways.len())].to_owned()
}

/// The word in the place of the asterisk.
fn with_word(way: &str, word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    let way = if vowel { way.replace("a *", "an *") } else { way.to_owned() };
    way.replace('*', word)
}

fn upside_down(raster: &Raster) -> Raster {
    Raster(raster.0.chunks_exact(SIDE).rev().flatten().copied().collect())
}

fn luma(pixel: &[f32; 4]) -> f32 {
    0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2]
}

fn grey(raster: &Raster) -> Raster {
    Raster(raster.0.iter().map(|pixel| [luma(pixel), luma(pixel), luma(pixel), pixel[3]]).collect())
}

/// Half as bright, and bluer.
fn at_night(raster: &Raster) -> Raster {
    let dark = |pixel: &[f32; 4]| {
        let grey = luma(pixel);
        let mixed = |value: f32, weight: f32| (0.7 * value + 0.3 * grey) * weight;
        [mixed(pixel[0], 0.42), mixed(pixel[1], 0.48), mixed(pixel[2], 0.72), pixel[3]]
    };
    Raster(raster.0.iter().map(dark).collect())
}

/// To half its size: the mean of four pixels each.
fn smaller(raster: &Raster) -> Raster {
    let mut pixels = vec![[0.0; 4]; SIDE * SIDE];
    for row in 0..SIDE / 2 {
        for column in 0..SIDE / 2 {
            let four = [(0, 0), (0, 1), (1, 0), (1, 1)]
                .map(|(down, right)| raster.0[(2 * row + down) * SIDE + 2 * column + right]);
            let opacity: f32 = four.iter().map(|pixel| pixel[3]).sum();
            let mean = |index: usize| four.iter().map(|pixel| pixel[index] * pixel[3]).sum::<f32>() / opacity.max(1e-6);
            pixels[(row + SIDE / 4) * SIDE + column + SIDE / 4] = [mean(0), mean(1), mean(2), opacity / 4.0];
        }
    }
    Raster(pixels)
}

/// The mean of 3×3 pixels, twice.
fn blurred(picture: &Picture) -> Option<Picture> {
    let mut rgb: Vec<f32> = picture.rgb().iter().map(|value| f32::from(*value)).collect();
    for _ in 0..2 {
        let value = |place: usize| {
            let (row, column, colour) = (place / 3 / SIDE, place / 3 % SIDE, place % 3);
            let near = |at: usize| at.saturating_sub(1)..=(at + 1).min(SIDE - 1);
            let all = near(row).flat_map(|row| near(column).map(move |column| (row * SIDE + column) * 3 + colour));
            let (sum, count) = all.fold((0.0, 0.0), |(sum, count), at| (sum + rgb[at], count + 1.0));
            sum / count
        };
        rgb = (0..rgb.len()).map(value).collect();
    }
    Picture::new(&rgb.iter().map(|value| value.round() as u8).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_what_their_names_say() {
        let raster = Raster(
            (0..SIDE * SIDE).map(|at| [(at % SIDE) as f32 / 32.0, (at / SIDE) as f32 / 32.0, 0.5, 1.0]).collect(),
        );
        let turned = upside_down(&raster);
        assert_eq!(turned.0[0], raster.0[(SIDE - 1) * SIDE]);
        assert_eq!(upside_down(&turned), raster);
        let [r, g, b, _] = grey(&raster).0[77];
        assert!(r == g && g == b);
        let small = smaller(&raster);
        assert_eq!(small.0[0][3], 0.0, "around it there is nothing");
        assert_eq!(small.0[SIDE * SIDE / 2 + SIDE / 2][3], 1.0);
        assert_eq!(with_word("on a * background", "orange"), "on an orange background");
        assert_eq!(with_word("in a * hat", "red"), "in a red hat");
        let white = Picture::new(&[255; 3 * SIDE * SIDE]).unwrap();
        assert_eq!(blurred(&white), Some(white));
        let dark = at_night(&raster).on(NIGHT).unwrap();
        assert!(dark.rgb().iter().all(|value| *value < 190));
    }
}
