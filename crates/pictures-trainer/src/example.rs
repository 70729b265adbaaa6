use plaudit_models::picture::{Noise, Picture, Style, words};

use crate::{
    COLOUR_WORDS, COLOURS, Emoji,
    colour::{Colour, recoloured},
};

/// How often a picture is changed together with its caption.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Changes {
    /// Share of examples in another colour ("blue cat").
    pub recoloured: f64,
    /// Share of animals and faces that wear a hat ("cat with a hat").
    pub hats: f64,
}

/// A picture and a caption for it, as a training step sees them.
#[derive(Debug, Clone)]
pub struct Example {
    /// What a visitor might have asked for.
    pub caption: String,
    /// The picture.
    pub picture: Picture,
    /// Whose manner.
    pub style: Style,
}

/// Draws examples from emoji: which one, in which words, changed or not.
pub struct Examples<'a> {
    emoji: Vec<&'a Emoji>,
    hats: Vec<&'a Emoji>,
    changes: Changes,
}

impl<'a> Examples<'a> {
    /// Of these emoji. Hats are taken from them too.
    pub fn new(emoji: Vec<&'a Emoji>, changes: Changes) -> Self {
        let hats = emoji.iter().copied().filter(|emoji| emoji.worn.is_some()).collect();
        Self { emoji, hats, changes }
    }

    /// The next one, of this emoji.
    pub fn of(&self, index: usize, random: &mut Noise) -> Option<Example> {
        let emoji = *self.emoji.get(index)?;
        let colour = (random.unit() < self.changes.recoloured && can_change_colour(emoji))
            .then(|| COLOURS[random.below(COLOURS.len())]);
        let hats: Vec<&Emoji> = self.hats.iter().copied().filter(|hat| hat.style == emoji.style).collect();
        let hat = (random.unit() < self.changes.hats && can_wear_a_hat(emoji) && !hats.is_empty())
            .then(|| hats[random.below(hats.len())]);
        let mut raster = if hat.is_some() { emoji.lowered.clone() } else { emoji.raster.clone() };
        if let Some(colour) = colour {
            raster = recoloured(&raster, colour);
        }
        if let Some(worn) = hat.and_then(|hat| hat.worn.as_ref()) {
            raster = raster.under(worn);
        }
        let caption = reworded(emoji, colour, hat, random);
        Some(Example { caption, picture: raster.on_white()?, style: emoji.style })
    }

    /// A random one.
    pub fn draw(&self, random: &mut Noise) -> Option<Example> {
        self.of(random.below(self.emoji.len()), random)
    }

    /// Emoji to draw from.
    pub fn len(&self) -> usize {
        self.emoji.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.emoji.is_empty()
    }
}

/// Whether the emoji has no colour in its name and is no flag, and no human skin.
pub fn can_change_colour(emoji: &Emoji) -> bool {
    let coloured = words(&emoji.name).iter().any(|word| COLOUR_WORDS.contains(&word.as_str()));
    !coloured && !emoji.category.is_empty() && !["Flags", "People & Body"].contains(&emoji.category.as_str())
}

fn can_wear_a_hat(emoji: &Emoji) -> bool {
    ["Animals & Nature", "Smileys & Emotion"].contains(&emoji.category.as_str())
}

/// The group of an emoji as a word of a caption.
pub(crate) fn category_word(category: &str) -> Option<&'static str> {
    Some(match category {
        "Activities" => "activity",
        "Animals & Nature" => "nature",
        "Flags" => "flag",
        "Food & Drink" => "food",
        "Objects" => "object",
        "People & Body" => "person",
        "Smileys & Emotion" => "emotion",
        "Symbols" => "symbol",
        "Travel & Places" => "place",
        _ => return None,
    })
}

/// The style as a word of a caption.
pub(crate) fn style_word(style: Style) -> &'static str {
    match style {
        Style::Fluent => "fluent",
        Style::Noto => "noto",
    }
}

/// One of the ways to ask for it.
fn reworded(emoji: &Emoji, colour: Option<Colour>, hat: Option<&Emoji>, random: &mut Noise) -> String {
    let mut name = emoji.name.clone();
    if let Some(colour) = colour {
        name = format!("{} {name}", colour.name);
    }
    if let Some(hat) = hat {
        // "A hat" is what most people write, whichever it is.
        let worn = if hat.name == "crown" || random.unit() < 0.3 { hat.name.as_str() } else { "hat" };
        name = format!("{name} with a {worn}");
    }
    let way = random.unit();
    if way < 0.4 {
        return name;
    }
    if way < 0.7 {
        return format!("a {name}");
    }
    if way < 0.8 {
        return format!("{name} emoji");
    }
    match category_word(&emoji.category) {
        Some(word) if way < 0.9 => format!("{name}, {word}"),
        _ => format!("{name}, {} style", style_word(emoji.style)),
    }
}
