//! Arenas from hand-written files to the database: what is new is added, what exists is not changed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use plaudit_datasets::Record;
use plaudit_domain::{ArenaId, Drawing, Timestamp};
use tokio::sync::mpsc;

use crate::{
    arena_file::{ArenaFile, ArenaFileError, Problem, difference, weights_of},
    models::Catalogue,
    store::{ImportCounts, ImportJob, ImportMessage, Store},
};

/// What to do with a contestant that names a model which is not there, and which the database does not know either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An error that says how to get it.
    Refuse,
    /// The contestant is left out.
    LeaveOut,
}

/// Adds what a file describes.
///
/// # Errors
/// [`ArenaFileError`] when a contestant exists with other settings or its model is not there; else what the database
/// says. Nothing of the file is added then.
pub async fn add(
    store: &Store,
    catalogue: &Catalogue,
    file: ArenaFile,
    absent: Absent,
    now: Timestamp,
) -> anyhow::Result<ImportCounts> {
    let arena = ArenaId::of(&file.arena.slug);
    let stored = store.contestants().await?;
    let slug = file.arena.slug.clone();
    let mut records = vec![Record::Arena(file.arena)];
    for mut one in file.contestants {
        let wrong = |problem| ArenaFileError { file: file.file.clone(), line: one.line, problem };
        let wanted = &mut one.contestant;
        let known = stored.iter().find(|row| row.arena == arena && row.slug == wanted.slug);
        if let Some(model) = &one.model {
            wanted.weights = catalogue.by_name(model).map(|model| weights_of(&model.manifest));
            if wanted.weights.is_none() && known.is_none() {
                if absent == Absent::LeaveOut {
                    tracing::info!(contestant = %wanted.slug, model, "a contestant is left out, its model is not here");
                    continue;
                }
                let (slug, model) = (wanted.slug.clone(), model.clone());
                return Err(wrong(Problem::NoModel { slug, model, places: catalogue.places() }).into());
            }
        }
        if let Some((name, sampler)) = one.drawing {
            let captions = catalogue.by_name(&name).map(|model| weights_of(&model.manifest));
            wanted.drawing = captions.map(|captions| Box::new(Drawing { captions, sampler }));
            if wanted.drawing.is_none() && known.is_none() {
                if absent == Absent::LeaveOut {
                    tracing::info!(contestant = %wanted.slug, model = name, "a contestant is left out, its model is not here");
                    continue;
                }
                let slug = wanted.slug.clone();
                return Err(wrong(Problem::NoModel { slug, model: name, places: catalogue.places() }).into());
            }
        }
        match known {
            Some(known) => {
                if let Some(what) = difference(known, wanted) {
                    return Err(wrong(Problem::Changed { slug: wanted.slug.clone(), what }).into());
                }
            }
            None => records.push(Record::Contestant { arena: slug.clone(), contestant: one.contestant }),
        }
    }
    records.extend(file.prompts.into_iter().map(|prompt| Record::Prompt { arena: slug.clone(), prompt }));
    let file_name = Path::new(&file.file).file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let job = ImportJob { file_name, format: "arena file".to_owned(), now };
    let (messages, inbox) = mpsc::channel(2);
    // The channel has room for both, so this does not wait for the reader, which starts below.
    messages.send(ImportMessage::Records(records)).await.context("the import stopped")?;
    messages.send(ImportMessage::Finished { rejected: 0 }).await.context("the import stopped")?;
    store.import(&job, inbox).await?.context("the import stopped")
}

/// The arena files of a data folder, `DATA/arenas/*.toml`, by name. None where the folder is not there.
///
/// # Errors
/// When the folder cannot be read.
pub fn files(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = data.join("arenas");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let context = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Adds what all arena files of a data folder describe.
///
/// # Errors
/// The first file with an error; those before it are added.
pub async fn add_all(store: &Store, catalogue: &Catalogue, data: &Path, now: Timestamp) -> anyhow::Result<()> {
    for path in files(data)? {
        let counts = add(store, catalogue, ArenaFile::read(&path)?, Absent::Refuse, now).await?;
        if counts.added() > 0 {
            let ImportCounts { contestants, prompts, .. } = counts;
            tracing::info!(file = %path.display(), contestants, prompts, "an arena file added something");
        }
    }
    Ok(())
}
