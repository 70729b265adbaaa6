//! How the pictures, clips and sounds of a battle are shown: in frames alike, and before the vote under names that tell nothing.

use plaudit_app::{
    api::ApiError,
    view_model::{GenerationView, Medium, PictureView, Sample},
};
use plaudit_domain::{Media, MediaId, Task};

use super::{Service, unread};
use crate::{
    board::LiveArena,
    markdown,
    store::{StoredBattle, StoredPicture},
    ticket::OpenBattle,
};

/// A picture whose longer side has no more pixels than this is shown as squares: smoothed, it would be a blur.
const PIXELATED_UP_TO: u32 = 128;
/// Letters of a prompt that are read out before each picture.
const DESCRIBED: usize = 300;

/// Thumbnails of an arena on the start page.
const SAMPLES: usize = 4;

const LETTERS: [&str; 2] = ["A", "B"];

/// The smallest frame that holds all of these.
fn frame_of<'m>(media: impl IntoIterator<Item = &'m Media>) -> (u32, u32) {
    media.into_iter().fold((1, 1), |(width, height), media| (width.max(media.width), height.max(media.height)))
}

fn is_pixelated(media: &Media) -> bool {
    media.width.max(media.height) <= PIXELATED_UP_TO
}

fn view(media: &Media, address: String, (frame_width, frame_height): (u32, u32), description: String) -> PictureView {
    let pixelated = is_pixelated(media);
    let medium = match media.milliseconds {
        _ if media.kind.is_sound() => Medium::Sound,
        Some(milliseconds) => Medium::Clip { milliseconds },
        None => Medium::Still,
    };
    PictureView { address, frame_width, frame_height, pixelated, medium, description }
}

/// Its own address, which exports tell as well.
fn address_of(media: MediaId) -> String {
    format!("/media/{media}")
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(DESCRIBED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What is read out in place of the two pictures: the prompt, and what is to be seen where somebody wrote that down for both. For
/// one alone it would tell the sides apart.
fn descriptions(prompt: &str, pictures: [&StoredPicture; 2]) -> [String; 2] {
    let prompt = short(prompt);
    let of = |place: usize, seen: Option<&str>| {
        let answer = format!("Answer {} to: {prompt}", LETTERS[place]);
        seen.map_or(answer.clone(), |seen| format!("{answer}. {}", short(seen)))
    };
    match pictures.map(|picture| picture.description.as_deref()) {
        [Some(left), Some(right)] => [of(0, Some(left)), of(1, Some(right))],
        _ => [of(0, None), of(1, None)],
    }
}

/// A picture that may be changed, and how it is called where there are several.
pub(super) fn offered(media: &Media, number: usize) -> PictureView {
    view(media, address_of(media.id), (media.width, media.height), format!("Picture {number}"))
}

/// The picture that a live battle changes.
pub(super) fn to_change(media: &Media) -> PictureView {
    source_view(media, address_of(media.id))
}

fn source_view(media: &Media, address: String) -> PictureView {
    view(media, address, (media.width, media.height), "The picture to change".to_owned())
}

impl Service {
    /// Thumbnails for the start page, or pictures that are as small. No open battle shows anything under their addresses.
    pub(super) async fn samples(&self, arena: &LiveArena) -> Result<Vec<Sample>, ApiError> {
        if arena.row.task == Task::Text {
            return Ok(Vec::new());
        }
        let media = self.boards.store().sample_media(arena.row.id, SAMPLES).await.map_err(unread)?;
        let sample = |media: Media| Sample {
            address: address_of(media.thumbnail.unwrap_or(media.id)),
            pixelated: is_pixelated(&media),
        };
        Ok(media.into_iter().map(sample).collect())
    }

    /// Both sides of an open battle, and the picture that its prompt asks to be changed.
    pub(super) async fn open_sides(
        &self,
        task: Task,
        battle: &OpenBattle,
        prompt: &str,
    ) -> Result<(Option<PictureView>, [GenerationView; 2]), ApiError> {
        let store = self.boards.store();
        let sides = [battle.left_generation, battle.right_generation];
        // Arenas of text ask no more of the database than they have to.
        if task != Task::Text {
            let pictures = (
                store.generation_picture(sides[0]).await.map_err(unread)?,
                store.generation_picture(sides[1]).await.map_err(unread)?,
            );
            if let (Some(left), Some(right)) = pictures {
                let frame = frame_of([&left.media, &right.media]);
                let named = |media: MediaId| format!("/media/{}", self.media_names.conceal(media));
                let [left_words, right_words] = descriptions(prompt, [&left, &right]);
                let shown = [(left, left_words), (right, right_words)].map(|(picture, words)| {
                    GenerationView::Picture(view(&picture.media, named(picture.media.id), frame, words))
                });
                let source = store.prompt_source(battle.prompt).await.map_err(unread)?;
                let source = source.map(|media| source_view(&media, named(media.id)));
                return Ok((source, shown));
            }
        }
        let [left, right] = sides;
        let (left, right) = (self.text(left).await?, self.text(right).await?);
        Ok((None, [left, right].map(|text| GenerationView::Text(markdown::render(&text)))))
    }
}

/// The pictures of a battle after its vote, where it has them.
pub(super) fn finished(battle: &StoredBattle) -> [Option<PictureView>; 2] {
    let sides = [&battle.left_side, &battle.right_side];
    let pictures = sides.map(|side| side.as_ref().and_then(|side| side.picture.as_ref()));
    let frame = frame_of(pictures.iter().flatten().map(|picture| &picture.media));
    let prompt = battle.prompt.as_deref().unwrap_or_default();
    let words = match pictures {
        [Some(left), Some(right)] => descriptions(prompt, [left, right]),
        _ => LETTERS.map(|letter| format!("Answer {letter} to: {}", short(prompt))),
    };
    let mut words = words.into_iter();
    pictures.map(|picture| {
        let words = words.next().unwrap_or_default();
        picture.map(|picture| view(&picture.media, address_of(picture.media.id), frame, words))
    })
}

/// The picture that a battle's prompt asked to be changed.
pub(super) fn source(battle: &StoredBattle) -> Option<PictureView> {
    battle.source.as_ref().map(|media| source_view(media, address_of(media.id)))
}

#[cfg(test)]
mod tests {
    use plaudit_domain::MediaKind;

    use super::*;

    fn picture(width: u32, height: u32, description: Option<&str>) -> StoredPicture {
        let (kind, milliseconds) = (MediaKind::Png, None);
        let media = Media { id: MediaId::of(b"x"), kind, milliseconds, width, height, bytes: 1, thumbnail: None };
        StoredPicture { media, description: description.map(str::to_owned) }
    }

    #[test]
    fn both_sides_have_the_frame_that_holds_either() {
        let (wide, tall) = (picture(1024, 512, None), picture(300, 900, None));
        assert_eq!(frame_of([&wide.media, &tall.media]), (1024, 900));
        assert!(view(&picture(32, 32, None).media, String::new(), (32, 32), String::new()).pixelated);
        assert!(!view(&wide.media, String::new(), (1024, 900), String::new()).pixelated);
    }

    #[test]
    fn what_is_read_out_is_the_prompt_and_what_both_sides_tell() {
        let (told, silent) = (picture(1, 1, Some("a blue\ncat")), picture(1, 1, None));
        assert_eq!(descriptions("a  cat\n", [&told, &silent]), ["Answer A to: a cat", "Answer B to: a cat"]);
        let both = descriptions("a cat", [&told, &told]);
        assert_eq!(both, ["Answer A to: a cat. a blue cat", "Answer B to: a cat. a blue cat"]);
        assert!(descriptions(&"x".repeat(5000), [&silent, &silent])[0].len() < 400);
    }
}
