//! How two pictures are looked at. Apart from the island, so that it is tested without a browser.

/// The largest factor: at it a pixel of a small picture is a square that a thumb covers.
pub const MOST_ZOOM: f64 = 16.0;

/// How the two are beside each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// One left, one right.
    #[default]
    Beside,
    /// One over the other, up to a line.
    Slider,
    /// One through the other.
    Fade,
}

impl Mode {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Beside, Self::Slider, Self::Fade];

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Beside => "Side by side",
            Self::Slider => "Slider",
            Self::Fade => "Onion skin",
        }
    }

    /// What the range under the pictures says.
    pub fn mix_label(self) -> &'static str {
        match self {
            Self::Beside | Self::Slider => "Line",
            Self::Fade => "Blend",
        }
    }

    /// The stage's classes.
    pub fn class(self) -> &'static str {
        match self {
            Self::Beside => "closer__stage",
            Self::Slider => "closer__stage closer__stage--over closer__stage--slider",
            Self::Fade => "closer__stage closer__stage--over closer__stage--fade",
        }
    }
}

/// What is seen, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// How the two are beside each other.
    pub mode: Mode,
    /// From 1, the whole picture, to [`MOST_ZOOM`].
    pub zoom: f64,
    /// How far to the right, in widths of a pane.
    pub x: f64,
    /// How far down, in heights.
    pub y: f64,
    /// Where the line is, or how much of the second shows: from 0 to 1.
    pub mix: f64,
    /// Which pictures.
    pub layers: [usize; 2],
}

impl Look {
    /// At the last two of so many pictures: A and B, not what they were made from.
    pub fn of(pictures: usize) -> Self {
        let second = pictures.saturating_sub(1);
        Self { mode: Mode::default(), zoom: 1.0, x: 0.0, y: 0.0, mix: 0.5, layers: [second.saturating_sub(1), second] }
    }

    /// So many times as large, the middle staying where it is.
    #[must_use]
    pub fn zoomed(self, factor: f64) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, MOST_ZOOM);
        let grown = zoom / self.zoom;
        Self { zoom, x: self.x * grown, y: self.y * grown, ..self }.within()
    }

    /// So many widths and heights of a pane farther.
    #[must_use]
    pub fn panned(self, x: f64, y: f64) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self }.within()
    }

    /// At its smallest.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { zoom: 1.0, x: 0.0, y: 0.0, ..self }
    }

    /// Another picture in this place; the two change places if it is the other's.
    pub fn choose(&mut self, place: usize, index: usize) {
        if self.layers[1 - place] == index {
            self.layers.swap(0, 1);
        } else {
            self.layers[place] = index;
        }
    }

    /// What a key changes; `None` leaves it to the browser.
    pub fn after_key(self, key: &str, step: f64) -> Option<Self> {
        Some(match key {
            "ArrowLeft" => self.panned(step, 0.0),
            "ArrowRight" => self.panned(-step, 0.0),
            "ArrowUp" => self.panned(0.0, step),
            "ArrowDown" => self.panned(0.0, -step),
            "+" | "=" => self.zoomed(1.25),
            "-" => self.zoomed(0.8),
            "0" => self.whole(),
            "[" => Self { mix: (self.mix - 0.05).max(0.0), ..self },
            "]" => Self { mix: (self.mix + 0.05).min(1.0), ..self },
            _ => return None,
        })
    }

    /// No farther than to the pictures' edges.
    fn within(self) -> Self {
        let most = (self.zoom - 1.0) / 2.0;
        Self { x: self.x.clamp(-most, most), y: self.y.clamp(-most, most), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_cannot_be_moved_out_of_sight() {
        let look = Look::of(2);
        assert_eq!(look.panned(0.4, -0.4), look, "what is seen whole has nowhere to go");
        let large = look.zoomed(4.0).panned(9.0, -9.0);
        assert_eq!((large.x, large.y), (1.5, -1.5));
        let back = large.zoomed(0.01);
        assert_eq!((back.zoom, back.x, back.y), (1.0, 0.0, 0.0));
        assert_eq!(look.zoomed(1e9).zoom, MOST_ZOOM);
    }

    #[test]
    fn an_edit_begins_with_a_and_b_and_any_two_can_be_compared() {
        let mut look = Look::of(3);
        assert_eq!(look.layers, [1, 2]);
        look.choose(0, 0);
        assert_eq!(look.layers, [0, 2]);
        look.choose(1, 0);
        assert_eq!(look.layers, [2, 0], "the same picture is never in both places");
        assert_eq!(Look::of(2).layers, [0, 1]);
    }

    #[test]
    fn every_key_has_its_opposite_and_others_are_the_browsers() {
        let look = Look::of(2).zoomed(4.0);
        for (one, other) in [("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"), ("[", "]")] {
            let there = look.after_key(one, 0.1).unwrap();
            assert_ne!(there, look);
            let back = there.after_key(other, 0.1).unwrap();
            assert!((back.x - look.x).abs() + (back.y - look.y).abs() + (back.mix - look.mix).abs() < 1e-12, "{one}");
        }
        for key in ["Tab", "Escape", "Enter", "1"] {
            assert_eq!(look.after_key(key, 0.1), None);
        }
    }
}
