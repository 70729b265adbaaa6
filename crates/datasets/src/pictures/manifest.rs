//! A manifest: JSON Lines, one row for each picture or vote, with an optional row of the arena at the start.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
};

use plaudit_domain::{
    Arena, ArenaSlug, BattleId, Contestant, ContestantSlug, GenerationId, MediaId, MediaKind, Prompt, PromptId, Task,
    VoterId,
};

use super::{Files, Gallery, Intake, picture_of, title_of};
use crate::{
    Fault, ImportedVote, Progress, ReadOptions, Reason, Record, battles::outcome_of_label, emitter::Emitter,
    input::Input, json_rows::JsonRows, rejection::clip, row::Row, sniff,
};

/// What the first row of a manifest may call itself.
pub(crate) const FORMAT: &str = "plaudit-pictures/1";

/// What a row that only asks does not have: with one of them it is an answer or a vote that lacks something.
const ANSWERS: [&str; 4] = ["contestant", "left", "right", "vote"];

const SHOWN: [&str; 7] = ["prompt", "contestant", "file", "left", "right", "vote", "arena"];

/// Reads a manifest and the files it names, from a file of rows or from an archive.
pub(super) fn read(path: &Path, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    let whole = std::fs::metadata(path).map_err(Fault::Io)?.len();
    if sniff::is_archive(path)? {
        return read_archive(Files::archive(path)?, whole, options, out);
    }
    let lines = JsonRows::new(crate::source::open_fault(path)?);
    read_rows(lines, (whole, whole), Files::beside(path)?, options, out)
}

/// The same of an archive of `whole` bytes.
pub(crate) fn read_archive(
    mut files: Files,
    whole: u64,
    options: &ReadOptions,
    out: &mut Emitter<'_>,
) -> Result<(), Fault> {
    let rows = files.manifest(sniff::is_manifest)?.ok_or_else(sniff::archive_without_manifest)?;
    let lines = JsonRows::new(Input::new(rows.as_slice())?);
    read_rows(lines, (rows.len() as u64, whole), files, options, out)
}

fn read_rows(
    mut lines: JsonRows<'_>,
    (length, whole): (u64, u64),
    mut files: Files,
    options: &ReadOptions,
    out: &mut Emitter<'_>,
) -> Result<(), Fault> {
    let mut state = State { options, intake: Intake::default(), gallery: None, files: HashMap::new() };
    while let Some(raw) = lines.next_row()? {
        // Of an archive the rows are a small part; the share read of them stands for the whole.
        let bytes = u128::from(raw.progress.bytes) * u128::from(whole) / u128::from(length.max(1));
        let progress = Progress { bytes: bytes as u64, ..raw.progress };
        match Row::parse(&raw)? {
            Ok(row) => {
                if let Err(reason) = state.row(&row, &mut files, progress, out)? {
                    state.intake.forget();
                    out.reject(progress.line, reason, &row.excerpt(&SHOWN))?;
                }
            }
            Err(reason) => out.reject(progress.line, reason, raw.text)?,
        }
    }
    Ok(())
}

/// What a file's row said.
#[derive(Clone)]
struct Shown {
    prompt: PromptId,
    contestant: ContestantSlug,
    generation: GenerationId,
}

struct State<'o> {
    options: &'o ReadOptions,
    intake: Intake,
    gallery: Option<Gallery>,
    /// By name in the manifest.
    files: HashMap<String, Shown>,
}

impl State<'_> {
    /// One row; the inner error rejects it alone.
    fn row(
        &mut self,
        row: &Row<'_>,
        files: &mut Files,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<Result<(), Reason>, Fault> {
        if let Some(arena) = row.present("arena") {
            return self.arena(arena, row.present("contestants"), progress, out);
        }
        if self.gallery.is_none() {
            let task = match row.text("file") {
                _ if row.present("source").is_some() => Task::ImageEdit,
                Ok(Some(name)) => task_of_name(&name),
                _ => Task::Image,
            };
            let slug = self.options.arena.clone().unwrap_or_else(|| ArenaSlug::from_name("pictures"));
            let arena = Arena { title: title_of(&slug), slug, task, description: String::new(), license: None };
            self.gallery = Some(Gallery::open(arena, progress, out)?);
        }
        let Some(gallery) = self.gallery.as_mut() else { return Ok(Ok(())) };
        if row.present("file").is_some() {
            picture(gallery, &mut self.intake, &mut self.files, row, files, progress, out)
        } else if row.present("prompt").is_some() && ANSWERS.iter().all(|field| row.present(field).is_none()) {
            prompt(gallery, &mut self.intake, row, files, progress, out)
        } else {
            vote(gallery, &self.files, row, progress, out)
        }
    }

    /// The arena, and who is in it where the row tells: of others no more than a name is known.
    fn arena(
        &mut self,
        raw: &str,
        contestants: Option<&str>,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<Result<(), Reason>, Fault> {
        let fault = |message: String| Fault::Manifest { line: progress.line, message };
        if self.gallery.is_some() {
            return Err(fault("the arena has to stand in the first row".to_owned()));
        }
        let mut arena: Arena = serde_json::from_str(raw).map_err(|error| fault(clip(&error.to_string(), 200)))?;
        if arena.task == Task::Text {
            return Err(fault(
                "the task text has no pictures: it should be image, image_edit, video or audio".to_owned(),
            ));
        }
        if let Some(chosen) = &self.options.arena {
            arena.slug = chosen.clone();
        }
        let mut gallery = Gallery::open(arena, progress, out)?;
        if let Some(raw) = contestants {
            let contestants: Vec<Contestant> =
                serde_json::from_str(raw).map_err(|error| fault(clip(&error.to_string(), 200)))?;
            for contestant in contestants {
                gallery.described(contestant, progress, out)?;
            }
        }
        self.gallery = Some(gallery);
        Ok(Ok(()))
    }
}

/// What a file's name lets expect. What is in it is looked at later.
fn task_of_name(name: &str) -> Task {
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match MediaKind::ALL.into_iter().find(|kind| kind.extension() == end) {
        Some(MediaKind::Mp4 | MediaKind::WebM) => Task::Video,
        Some(MediaKind::Wav | MediaKind::Opus) => Task::Audio,
        _ => Task::Image,
    }
}

macro_rules! or_reject {
    ($checked:expr) => {
        match $checked {
            Ok(value) => value,
            Err(reason) => return Ok(Err(reason)),
        }
    };
}

fn picture(
    gallery: &mut Gallery,
    intake: &mut Intake,
    known: &mut HashMap<String, Shown>,
    row: &Row<'_>,
    files: &mut Files,
    progress: Progress,
    out: &mut Emitter<'_>,
) -> Result<Result<(), Reason>, Fault> {
    let text = or_reject!(row.required_text("prompt"));
    if text.trim().is_empty() {
        return Ok(Err(Reason::EmptyText { field: "prompt" }));
    }
    let name = or_reject!(row.required_name("contestant"));
    let file = or_reject!(row.required_name("file"));
    let seed = or_reject!(row.optional_u64("seed"));
    let description = or_reject!(row.text("alt")).filter(|text| !text.trim().is_empty());
    let Entry::Vacant(place) = known.entry(file.clone()) else {
        return Ok(Err(Reason::Duplicate { what: format!("row for the file {}", clip(&file, 80)) }));
    };
    let source = or_reject!(source(intake, row, files)?);
    let bytes = or_reject!(files.read(&file)?);
    let media = or_reject!(intake.take_answer(gallery.task, &file, &bytes));
    intake.tell(progress, out)?;
    let contestant = gallery.contestant(name.trim(), progress, out)?;
    let prompt = gallery.prompt(Prompt { text, category: row.category("category"), source }, progress, out)?;
    let (generation, new) =
        gallery.generation(prompt, picture_of(contestant.clone(), media, description, seed), progress, out)?;
    place.insert(Shown { prompt, contestant, generation });
    let again = || Reason::Duplicate { what: "answer of this contestant for this prompt and seed".to_owned() };
    Ok(if new { Ok(()) } else { Err(again()) })
}

/// The picture that a row's prompt asks to be changed, where it names one.
fn source(intake: &mut Intake, row: &Row<'_>, files: &mut Files) -> Result<Result<Option<MediaId>, Reason>, Fault> {
    let Some(name) = or_reject!(row.text("source")) else { return Ok(Ok(None)) };
    let bytes = or_reject!(files.read(&name)?);
    Ok(intake.take(&name, &bytes).map(Some))
}

/// What contestants are to be asked, without an answer so far.
fn prompt(
    gallery: &mut Gallery,
    intake: &mut Intake,
    row: &Row<'_>,
    files: &mut Files,
    progress: Progress,
    out: &mut Emitter<'_>,
) -> Result<Result<(), Reason>, Fault> {
    let text = or_reject!(row.required_text("prompt"));
    if text.trim().is_empty() {
        return Ok(Err(Reason::EmptyText { field: "prompt" }));
    }
    let source = or_reject!(source(intake, row, files)?);
    intake.tell(progress, out)?;
    gallery.prompt(Prompt { text, category: row.category("category"), source }, progress, out)?;
    Ok(Ok(()))
}

fn vote(
    gallery: &mut Gallery,
    known: &HashMap<String, Shown>,
    row: &Row<'_>,
    progress: Progress,
    out: &mut Emitter<'_>,
) -> Result<Result<(), Reason>, Fault> {
    let side = |field: &'static str| -> Result<Shown, Reason> {
        let file = row.required_name(field)?;
        known.get(&file).cloned().ok_or_else(|| Reason::UnknownReference { kind: "file", name: clip(&file, 80) })
    };
    let (left, right) = (or_reject!(side("left")), or_reject!(side("right")));
    let label = or_reject!(row.required_text("vote"));
    let Some(outcome) = outcome_of_label(&label) else {
        return Ok(Err(Reason::UnknownOutcome(clip(&label, 80))));
    };
    let voter = or_reject!(row.text("voter"));
    if left.contestant == right.contestant {
        return Ok(Err(Reason::SelfBattle(left.contestant.to_string())));
    }
    if left.prompt != right.prompt {
        let message = "its two files are for different prompts".to_owned();
        return Ok(Err(Reason::Malformed { what: "vote", message }));
    }
    // Of voters without a name everyone is somebody else.
    let name = voter.unwrap_or_default();
    let parts =
        [&left.generation.as_bytes()[..], right.generation.as_bytes(), outcome.as_str().as_bytes(), name.as_bytes()];
    let same = *BattleId::imported(&gallery.arena, &parts, 0).as_bytes();
    let repetition = gallery.repetitions.next(same);
    if repetition > 0 && !name.is_empty() {
        return Ok(Err(Reason::Duplicate { what: "vote of this voter on these pictures".to_owned() }));
    }
    let vote = ImportedVote {
        origin: None,
        battle: BattleId::imported(&gallery.arena, &parts, repetition),
        prompt: Some(left.prompt),
        left: left.contestant,
        right: right.contestant,
        left_generation: Some(left.generation),
        right_generation: Some(right.generation),
        outcome,
        voter: VoterId::imported(&format!("pictures/{}", gallery.arena), &name),
        cast_at: None,
        anonymous: None,
        arena: gallery.arena.clone(),
    };
    out.record(Record::Vote(vote), progress).map(Ok)
}
