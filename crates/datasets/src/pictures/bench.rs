//! Rows of GenAI-Bench: two models, two pictures or clips, one vote. `prompt, left_model, left_image, right_model, right_image,
//! vote_type` for pictures, `instruct_prompt, source_image, left_model, left_output_image, right_model, right_output_image,
//! vote_type` for edits, `prompt, left_model, left_video, right_model, right_video, vote_type` for clips, and as a form of our own the same with `left_audio` and `right_audio`. In Parquet a file is embedded, as `datasets` of Hugging Face writes it (`bytes` and `path`), or bytes alone; in
//! JSON it is the name of a file beside the rows.

use std::{collections::HashMap, path::Path};

use plaudit_domain::{ArenaSlug, BattleId, MediaId, Prompt, Task, VoterId};
use serde::Deserialize;

use super::{Files, Gallery, Intake, picture_of, title_of};
use crate::{
    Fault, ImportedVote, Progress, ReadOptions, Reason, Record,
    battles::{Home, ModelName, outcome_of_label},
    emitter::Emitter,
    json_rows::JsonRows,
    rejection::clip,
    row::Row,
    source::open_fault,
};

/// What stands where a picture should be.
enum Given {
    Nothing,
    Bytes { name: String, bytes: Vec<u8> },
    Named(String),
}

/// A row, whatever kind of file it stands in.
struct BenchRow {
    left: String,
    right: String,
    vote: String,
    prompt: Option<String>,
    task: Task,
    source: Given,
    left_shown: Given,
    right_shown: Given,
}

/// The columns of both answers and of the prompt.
fn columns_of(task: Task) -> [&'static str; 3] {
    match task {
        Task::ImageEdit => ["left_output_image", "right_output_image", "instruct_prompt"],
        Task::Video => ["left_video", "right_video", "prompt"],
        Task::Audio => ["left_audio", "right_audio", "prompt"],
        Task::Text | Task::Image => ["left_image", "right_image", "prompt"],
    }
}

/// Reads JSON rows.
pub(super) fn read_json(path: &Path, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    const SHOWN: [&str; 6] = ["prompt", "left_model", "right_model", "left_image", "right_image", "vote_type"];
    let mut files = Files::beside(path)?;
    let mut lines = JsonRows::new(open_fault(path)?);
    let mut told = Told::new(options);
    while let Some(raw) = lines.next_row()? {
        let progress = raw.progress;
        match Row::parse(&raw)? {
            Ok(row) => {
                let told = match json_row(&row) {
                    Ok(bench) => told.row(bench, &mut files, progress, out)?,
                    Err(reason) => Err(reason),
                };
                if let Err(reason) = told {
                    out.reject(progress.line, reason, &row.excerpt(&SHOWN))?;
                }
            }
            Err(reason) => out.reject(progress.line, reason, raw.text)?,
        }
    }
    Ok(())
}

fn json_row(row: &Row<'_>) -> Result<BenchRow, Reason> {
    let task = if row.present("left_output_image").is_some() || row.present("instruct_prompt").is_some() {
        Task::ImageEdit
    } else if row.present("left_video").is_some() || row.present("right_video").is_some() {
        Task::Video
    } else if row.present("left_audio").is_some() || row.present("right_audio").is_some() {
        Task::Audio
    } else {
        Task::Image
    };
    let [left, right, prompt] = columns_of(task);
    Ok(BenchRow {
        left: row.required_name("left_model")?,
        right: row.required_name("right_model")?,
        vote: row.required_text("vote_type")?,
        prompt: row.text(prompt)?,
        task,
        source: json_image(row, "source_image")?,
        left_shown: json_image(row, left)?,
        right_shown: json_image(row, right)?,
    })
}

fn json_image(row: &Row<'_>, field: &'static str) -> Result<Given, Reason> {
    #[derive(Deserialize)]
    struct Image {
        path: Option<String>,
    }
    let name = match row.present(field) {
        Some(raw) if raw.starts_with('{') => {
            serde_json::from_str::<Image>(raw)
                .map_err(|error| Reason::Malformed { what: "picture", message: clip(&error.to_string(), 120) })?
                .path
        }
        Some(_) => row.text(field)?,
        None => None,
    };
    Ok(name.filter(|name| !name.is_empty()).map_or(Given::Nothing, Given::Named))
}

#[cfg(feature = "parquet")]
pub(super) use embedded::read_parquet;

#[cfg(feature = "parquet")]
mod embedded {
    use super::{BenchRow, Emitter, Fault, Files, Given, Path, ReadOptions, Reason, Task, Told, columns_of};
    use crate::parquet_file::{Column, ParquetFile};

    /// Rows in memory at once: each has two or three pictures.
    const BATCH_ROWS: usize = 8;

    /// For each picture where its bytes are, and where its name is.
    const COLUMNS: usize = 10;

    /// Reads rows with embedded pictures.
    pub(in super::super) fn read_parquet(
        path: &Path,
        options: &ReadOptions,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        let file = ParquetFile::open(path)?;
        let paths = file.paths();
        let place = |names: &[&str]| names.iter().find_map(|name| paths.iter().position(|path| path == name));
        let shows = |name: &str| paths.iter().any(|path| path.split('.').next() == Some(name));
        let task = if shows("left_output_image") {
            Task::ImageEdit
        } else if shows("left_video") {
            Task::Video
        } else if shows("left_audio") {
            Task::Audio
        } else {
            Task::Image
        };
        let image = |name: &str| {
            let (bytes, path) = (format!("{name}.bytes"), format!("{name}.path"));
            [place(&[&bytes, name]), place(&[&path])]
        };
        let [left, right, prompt] = columns_of(task);
        let prompt = place(&[prompt, "prompt"]);
        let [[left_bytes, left_path], [right_bytes, right_path], [source_bytes, source_path]] =
            [image(left), image(right), image("source_image")];
        let numbers: [Option<usize>; COLUMNS] = [
            place(&["left_model"]),
            place(&["right_model"]),
            place(&["vote_type"]),
            prompt,
            left_bytes,
            left_path,
            right_bytes,
            right_path,
            source_bytes,
            source_path,
        ];
        let mut files = Files::beside(path)?;
        let mut told = Told::new(options);
        file.each_row_with_bytes(numbers, BATCH_ROWS, |batch, row, progress| {
            let told = match parquet_row(batch, row, task) {
                Ok(bench) => told.row(bench, &mut files, progress, out)?,
                Err(reason) => Err(reason),
            };
            match told {
                Ok(()) => Ok(()),
                Err(reason) => out.reject(progress.line, reason, ""),
            }
        })
    }

    fn parquet_row(batch: &[Option<Column>; COLUMNS], row: usize, task: Task) -> Result<BenchRow, Reason> {
        let text = |number: usize, field: &'static str| -> Result<Option<String>, Reason> {
            let Some(column) = &batch[number] else { return Ok(None) };
            Ok(column.cell(row).text(field)?.map(|text| text.into_owned()))
        };
        let required = |number: usize, field: &'static str| {
            text(number, field)?.filter(|name| !name.trim().is_empty()).ok_or(Reason::MissingField { field })
        };
        let image = |bytes: usize, field: &'static str| -> Result<Given, Reason> {
            let name = text(bytes + 1, field)?.filter(|name| !name.is_empty());
            let found = batch[bytes].as_ref().and_then(|column| column.bytes(row)).filter(|bytes| !bytes.is_empty());
            Ok(match (found, name) {
                // A column of texts holds names.
                (Some(bytes), None) if bytes.len() < 1024 && is_name(bytes) => {
                    Given::Named(String::from_utf8_lossy(bytes).into_owned())
                }
                (Some(bytes), name) => {
                    Given::Bytes { name: name.unwrap_or_else(|| field.to_owned()), bytes: bytes.to_vec() }
                }
                (None, Some(name)) => Given::Named(name),
                (None, None) => Given::Nothing,
            })
        };
        Ok(BenchRow {
            left: required(0, "left_model")?,
            right: required(1, "right_model")?,
            vote: required(2, "vote_type")?,
            prompt: text(3, "prompt")?,
            task,
            source: image(8, "source_image")?,
            left_shown: image(4, columns_of(task)[0])?,
            right_shown: image(6, columns_of(task)[1])?,
        })
    }

    /// Whether these bytes are a file's name: every picture and clip starts with bytes that no text has.
    fn is_name(bytes: &[u8]) -> bool {
        std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(char::is_control)) && !bytes.starts_with(b"RIFF")
    }
}

struct Told<'o> {
    options: &'o ReadOptions,
    intake: Intake,
    galleries: HashMap<ArenaSlug, Gallery>,
}

impl<'o> Told<'o> {
    fn new(options: &'o ReadOptions) -> Self {
        Self { options, intake: Intake::default(), galleries: HashMap::new() }
    }

    fn row(
        &mut self,
        row: BenchRow,
        files: &mut Files,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<Result<(), Reason>, Fault> {
        let taken = self.checked_row(row, files, progress, out)?;
        if taken.is_err() {
            self.intake.forget();
        }
        Ok(taken)
    }

    /// What a row shows: a picture, or a clip where the task asks for one.
    fn shown(&mut self, given: Given, task: Task, files: &mut Files) -> Result<Result<Option<MediaId>, Reason>, Fault> {
        let (name, bytes) = match given {
            Given::Nothing => return Ok(Ok(None)),
            // An address, which nobody fetches from here: the vote counts, its picture is not there.
            Given::Named(name) if name.starts_with("/media/") || name.contains("://") => return Ok(Ok(None)),
            Given::Named(name) => match files.read(&name)? {
                Ok(bytes) => (name, bytes),
                Err(reason) => return Ok(Err(reason)),
            },
            Given::Bytes { name, bytes } => (name, bytes),
        };
        Ok(self.intake.take_answer(task, &name, &bytes).map(Some))
    }

    fn checked_row(
        &mut self,
        row: BenchRow,
        files: &mut Files,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<Result<(), Reason>, Fault> {
        macro_rules! or_reject {
            ($checked:expr) => {
                match $checked {
                    Ok(value) => value,
                    Err(reason) => return Ok(Err(reason)),
                }
            };
        }
        let Some(outcome) = outcome_of_label(&row.vote) else {
            return Ok(Err(Reason::UnknownOutcome(clip(&row.vote, 80))));
        };
        let left = or_reject!(ModelName::of(&row.left, "left_model"));
        let right = or_reject!(ModelName::of(&row.right, "right_model"));
        if left.name == right.name {
            return Ok(Err(Reason::SelfBattle(left.name.to_owned())));
        }
        let source = or_reject!(self.shown(row.source, Task::Image, files)?);
        let left_media = or_reject!(self.shown(row.left_shown, row.task, files)?);
        let right_media = or_reject!(self.shown(row.right_shown, row.task, files)?);
        self.intake.tell(progress, out)?;
        let home = match left.home {
            Home::Untold if row.task == Task::ImageEdit => Home::ImageEdition,
            Home::Untold if row.task == Task::Video => Home::VideoGeneration,
            Home::Untold if row.task == Task::Audio => Home::AudioGeneration,
            Home::Untold => Home::ImageGeneration,
            told => told,
        };
        let mut arena = home.arena(None);
        if let Some(chosen) = &self.options.arena {
            (arena.title, arena.slug) = (title_of(chosen), chosen.clone());
        }
        let slug = arena.slug.clone();
        if !self.galleries.contains_key(&slug) {
            let gallery = Gallery::open(arena, progress, out)?;
            self.galleries.insert(slug.clone(), gallery);
        }
        let Some(gallery) = self.galleries.get_mut(&slug) else { return Ok(Ok(())) };
        let (left, right) =
            (gallery.contestant(left.name, progress, out)?, gallery.contestant(right.name, progress, out)?);
        let prompt = match row.prompt.filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(gallery.prompt(Prompt { text, category: None, source }, progress, out)?),
            None => None,
        };
        let (mut left_generation, mut right_generation) = (None, None);
        if let Some(prompt) = prompt {
            for (contestant, media, place) in
                [(&left, left_media, &mut left_generation), (&right, right_media, &mut right_generation)]
            {
                if let Some(media) = media {
                    let made = picture_of(contestant.clone(), media, None, None);
                    *place = Some(gallery.generation(prompt, made, progress, out)?.0);
                }
            }
        }
        let key = |id: Option<&[u8; 16]>| id.map_or(&[][..], |id| &id[..]).to_vec();
        let parts = [
            left.as_str().as_bytes().to_vec(),
            right.as_str().as_bytes().to_vec(),
            outcome.as_str().as_bytes().to_vec(),
            key(prompt.as_ref().map(|id| id.as_bytes())),
            key(left_generation.as_ref().map(|id| id.as_bytes())),
            key(right_generation.as_ref().map(|id| id.as_bytes())),
        ];
        let parts = parts.each_ref().map(Vec::as_slice);
        let repetition = gallery.repetitions.next(*BattleId::imported(&slug, &parts, 0).as_bytes());
        let vote = ImportedVote {
            origin: None,
            battle: BattleId::imported(&slug, &parts, repetition),
            prompt,
            left,
            right,
            left_generation,
            right_generation,
            outcome,
            voter: VoterId::imported(&format!("genai-bench/{slug}"), ""),
            cast_at: None,
            anonymous: None,
            arena: slug,
        };
        out.record(Record::Vote(vote), progress).map(Ok)
    }
}
