use plaudit_domain::{Arena, ArenaSlug, Task};

use crate::{Reason, cell::trim};

/// The arena that a model's name in a battle log points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// `imagenhub_…_generation`.
    ImageGeneration,
    /// `imagenhub_…_edition`.
    ImageEdition,
    /// `videogenhub_…_generation`.
    VideoGeneration,
    /// No name tells this; rows with sounds do.
    AudioGeneration,
    /// A name that tells no task, as FastChat's do.
    Untold,
}

impl Home {
    pub(crate) const COUNT: usize = 5;

    /// A description of the arena; `chosen` is the caller's choice for names that tell no task.
    pub(crate) fn arena(self, chosen: Option<&ArenaSlug>) -> Arena {
        let (slug, title, task, description) = match self {
            Self::ImageGeneration => {
                ("image-generation", "Image generation", Task::Image, "Pictures made for a text prompt.")
            }
            Self::ImageEdition => {
                ("image-edition", "Image editing", Task::ImageEdit, "Pictures changed as an instruction says.")
            }
            Self::VideoGeneration => {
                ("video-generation", "Video generation", Task::Video, "Clips made for a text prompt.")
            }
            Self::AudioGeneration => {
                ("audio-generation", "Audio generation", Task::Audio, "Sounds made for a text prompt.")
            }
            Self::Untold => ("chat-battles", "Chat battles", Task::Text, "Battles of chat models, from a vote log."),
        };
        let (slug, title) = match (self, chosen) {
            (Self::Untold, Some(chosen)) => (chosen.clone(), title_of(chosen)),
            _ => (ArenaSlug::from_name(slug), title.to_owned()),
        };
        Arena { slug, title, task, description: description.to_owned(), license: None }
    }

    /// What to call it in a rejection.
    pub(crate) fn task_word(self) -> &'static str {
        match self {
            Self::ImageGeneration => "image generation",
            Self::ImageEdition => "image editing",
            Self::VideoGeneration => "video generation",
            Self::AudioGeneration => "audio generation",
            Self::Untold => "no task in the name",
        }
    }
}

/// `my-arena` becomes `My arena`.
fn title_of(slug: &ArenaSlug) -> String {
    let words = slug.as_str().replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A model's name in a battle log, taken apart.
///
/// GenAI-Arena writes provider, model and task (`imagenhub_SDXLTurbo_generation`); its own boards show the middle
/// part, and so one model served by two providers is one contestant.
#[derive(Debug, PartialEq)]
pub(crate) struct ModelName<'n> {
    pub(crate) home: Home,
    pub(crate) name: &'n str,
}

impl<'n> ModelName<'n> {
    #[inline]
    pub(crate) fn of(full: &'n str, field: &'static str) -> Result<Self, Reason> {
        let (stem, mut home) = if let Some(stem) = full.strip_suffix("_generation") {
            (stem, Home::ImageGeneration)
        } else if let Some(stem) = full.strip_suffix("_edition") {
            (stem, Home::ImageEdition)
        } else {
            return Ok(Self { home: Home::Untold, name: trim(full) });
        };
        let (provider, name) = stem.split_once('_').unwrap_or(("", stem));
        if provider == "videogenhub" && home == Home::ImageGeneration {
            home = Home::VideoGeneration;
        }
        if name.trim().is_empty() { Err(Reason::EmptyName { field }) } else { Ok(Self { home, name: name.trim() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_part_is_the_name_and_the_suffix_the_task() {
        let of = |name| ModelName::of(name, "model_a").map(|model| (model.home, model.name));
        assert_eq!(of("imagenhub_SDXLTurbo_generation"), Ok((Home::ImageGeneration, "SDXLTurbo")));
        assert_eq!(of("playground_PlayGround_V2.5_generation"), Ok((Home::ImageGeneration, "PlayGround_V2.5")));
        assert_eq!(of("SDXL_generation"), Ok((Home::ImageGeneration, "SDXL")));
        assert_eq!(of("imagenhub_PNP_edition"), Ok((Home::ImageEdition, "PNP")));
        assert_eq!(of("videogenhub_LaVie_generation"), Ok((Home::VideoGeneration, "LaVie")));
        assert_eq!(of("gpt-4_turbo"), Ok((Home::Untold, "gpt-4_turbo")));
        assert_eq!(of("imagenhub__generation"), Err(Reason::EmptyName { field: "model_a" }));
    }
}
