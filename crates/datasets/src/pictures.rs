//! Pictures, clips and sounds with their prompts and votes: a manifest beside files, the same in a ZIP archive, or rows of GenAI-Bench.
//!
//! Every file goes through [`plaudit_media::take_in`], [`plaudit_media::take_in_clip`] or [`plaudit_media::take_in_sound`], as the arena's
//! task has it. A row whose picture is refused is left out with the reason; an
//! archive that names places outside of itself is refused as a whole, before anything of it is read.

mod bench;
mod files;
mod manifest;
mod write;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use plaudit_domain::{
    Arena, ArenaSlug, Content, Contestant, ContestantId, ContestantSlug, Generation, GenerationId, Media, MediaId,
    MediaKind, Prompt, PromptId, Task,
};
use plaudit_media::{Clip, Limits, Picture, take_in, take_in_clip, take_in_sound};

#[cfg(feature = "parquet")]
use crate::PairwiseFile;
use crate::{
    Fault, Format, MediaFile, Progress, ReadOptions, Reason, Record, battles::contestant, emitter::Emitter,
    names::Names, rejection::clip, repetitions::Repetitions,
};
pub(crate) use files::Files;
pub(crate) use manifest::{FORMAT, read_archive};
pub use write::{PictureArchive, PictureEntry};

/// Reads a whole source as records.
pub(crate) fn read(format: Format, path: &Path, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    match format {
        #[cfg(feature = "parquet")]
        Format::GenAiBench(PairwiseFile::Parquet) => bench::read_parquet(path, options, out),
        Format::GenAiBench(_) => bench::read_json(path, options, out),
        _ => manifest::read(path, options, out),
    }
}

/// What was told of one arena.
struct Gallery {
    arena: ArenaSlug,
    task: Task,
    names: Names<String>,
    prompts: HashSet<PromptId>,
    generations: HashSet<GenerationId>,
    repetitions: Repetitions,
}

impl Gallery {
    /// Tells of the arena.
    fn open(arena: Arena, progress: Progress, out: &mut Emitter<'_>) -> Result<Self, Fault> {
        let (slug, task) = (arena.slug.clone(), arena.task);
        out.record(Record::Arena(arena), progress)?;
        let (prompts, generations, repetitions) = (HashSet::new(), HashSet::new(), Repetitions::default());
        Ok(Self { arena: slug, task, names: Names::default(), prompts, generations, repetitions })
    }

    fn contestant(&mut self, name: &str, progress: Progress, out: &mut Emitter<'_>) -> Result<ContestantSlug, Fault> {
        let (slug, new) = self.names.slug(&name.to_owned(), name);
        if new {
            let contestant = contestant(slug.clone(), name);
            out.record(Record::Contestant { arena: self.arena.clone(), contestant }, progress)?;
        }
        Ok(slug)
    }

    /// A contestant of which more than its name is told. Rows name it by its slug.
    fn described(
        &mut self,
        mut contestant: Contestant,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        let name = contestant.slug.to_string();
        let (slug, new) = self.names.slug(&name, &name);
        if new {
            contestant.slug = slug;
            out.record(Record::Contestant { arena: self.arena.clone(), contestant }, progress)?;
        }
        Ok(())
    }

    fn prompt(&mut self, prompt: Prompt, progress: Progress, out: &mut Emitter<'_>) -> Result<PromptId, Fault> {
        let id = prompt.id(&self.arena);
        if self.prompts.insert(id) {
            out.record(Record::Prompt { arena: self.arena.clone(), prompt }, progress)?;
        }
        Ok(id)
    }

    /// Tells of a generation; `false` when it was told before.
    fn generation(
        &mut self,
        prompt: PromptId,
        generation: Generation,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(GenerationId, bool), Fault> {
        let contestant = ContestantId::of(&self.arena, &generation.contestant);
        let id = GenerationId::of(contestant, prompt, generation.seed, generation.content.address_bytes());
        let new = self.generations.insert(id);
        if new {
            out.record(Record::Generation { arena: self.arena.clone(), prompt, id, generation }, progress)?;
        }
        Ok((id, new))
    }
}

/// A generation that is a picture, a clip or a sound.
fn picture_of(
    contestant: ContestantSlug,
    media: MediaId,
    description: Option<String>,
    seed: Option<u64>,
) -> Generation {
    Generation { contestant, content: Content::Picture { media, description }, seed, tokens: None, finish: None }
}

/// Takes pictures, clips and sounds in, each content once. They are told of once their row is sure to be taken: of a row that is left out
/// nothing stays.
#[derive(Default)]
struct Intake {
    limits: Limits,
    told: HashSet<MediaId>,
    /// What came of the bytes of a file as an answer to a task: the same source picture stands in many rows.
    known: HashMap<([u8; 32], Task), MediaId>,
    /// Of the row that is being looked at.
    pending: Vec<MediaFile>,
}

impl Intake {
    /// The picture's address; or why it is refused, for the file called `name`.
    fn take(&mut self, name: &str, bytes: &[u8]) -> Result<MediaId, Reason> {
        self.take_answer(Task::Image, name, bytes)
    }

    /// The same of what answers a prompt of this task: a clip or a sound where these are asked for.
    fn take_answer(&mut self, task: Task, name: &str, bytes: &[u8]) -> Result<MediaId, Reason> {
        // A source is a picture as any other.
        let task = if task == Task::ImageEdit { Task::Image } else { task };
        let key = (*blake3::hash(bytes).as_bytes(), task);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let taken = match task {
            Task::Video => take_in_clip(bytes, &self.limits).map(file_of_clip),
            Task::Audio => take_in_sound(bytes, &self.limits).map(file_of_clip),
            Task::Text | Task::Image | Task::ImageEdit => take_in(bytes, &self.limits).map(file_of),
        };
        let file = taken.map_err(|refusal| Reason::Picture { name: clip(name, 120), message: refusal.to_string() })?;
        let id = file.media.id;
        self.known.insert(key, id);
        if self.told.insert(id) {
            self.pending.push(file);
        }
        Ok(id)
    }

    /// The row is taken.
    fn tell(&mut self, progress: Progress, out: &mut Emitter<'_>) -> Result<(), Fault> {
        self.pending.drain(..).try_for_each(|file| out.record(Record::Media(file), progress))
    }

    /// The row is left out.
    fn forget(&mut self) {
        for MediaFile { media, .. } in self.pending.drain(..) {
            self.told.remove(&media.id);
            self.known.retain(|_, id| *id != media.id);
        }
    }
}

fn file_of(picture: Picture) -> MediaFile {
    let Picture { shown, thumbnail } = picture;
    MediaFile {
        media: Media {
            id: shown.id,
            kind: MediaKind::Png,
            milliseconds: None,
            width: shown.width,
            height: shown.height,
            bytes: shown.png.len() as u64,
            thumbnail: thumbnail.as_ref().map(|thumbnail| thumbnail.id),
        },
        content: shown.png,
        thumbnail: thumbnail.map(|thumbnail| thumbnail.png),
    }
}

fn file_of_clip(clip: Clip) -> MediaFile {
    let Clip { id, kind, width, height, milliseconds, bytes } = clip;
    let length = bytes.len() as u64;
    let media = Media { id, kind, milliseconds: Some(milliseconds), width, height, bytes: length, thumbnail: None };
    MediaFile { media, content: bytes, thumbnail: None }
}

/// The name of an arena that nobody named, for people.
fn title_of(slug: &ArenaSlug) -> String {
    let words = slug.as_str().replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
