//! The built-in arenas: what a fresh installation opens with.
//!
//! `builtin/pictures.toml` and `builtin/pictures.zip` are the same for the arena of emoji: pictures that its contestants drew;
//! `builtin/edits.toml` and `builtin/edits.zip` for the arena of edited emoji.
//!
//! `builtin/text.toml` says what it is; `builtin/text.json` holds generations that its contestants really made, with
//! seeds, sampler settings, digests of the weights, and licences. `plaudit generate --export` writes that file. Nobody
//! has voted on them yet: there are no built-in votes.

use std::path::Path;

use indicatif::ProgressBar;
use plaudit_datasets::{Format, ReadOptions, read_bundle, read_picture_archive};
use plaudit_domain::Timestamp;

use crate::{
    arena_file::ArenaFile,
    arenas::{self, Absent},
    command::import::{MediaPlace, import_with},
    media::MediaStore,
    models::Catalogue,
    store::{ImportCounts, ImportJob, Store},
};

/// The arena, its contestants, prompts and generations.
pub const TEXT_ARENA: &str = include_str!("../builtin/text.json");
/// The same without generations, written by hand.
pub const TEXT_ARENA_FILE: &str = include_str!("../builtin/text.toml");

/// An arena of pictures.
pub struct PictureArena {
    /// What messages call it.
    pub name: &'static str,
    /// Its contestants, prompts and pictures.
    pub archive: &'static [u8],
    /// The same without pictures, written by hand.
    pub file: &'static str,
}

/// The arenas of emoji: drawn, and changed.
pub const PICTURE_ARENAS: [PictureArena; 2] = [
    PictureArena {
        name: "the built-in pictures.toml",
        archive: include_bytes!("../builtin/pictures.zip"),
        file: include_str!("../builtin/pictures.toml"),
    },
    PictureArena {
        name: "the built-in edits.toml",
        archive: include_bytes!("../builtin/edits.zip"),
        file: include_str!("../builtin/edits.toml"),
    },
];

/// Adds what is missing of the built-in arena; all of it on the first start, nothing later. Contestants of an older
/// release stay.
///
/// # Errors
/// When the database refuses.
pub async fn import(store: &Store, catalogue: &Catalogue, now: Timestamp) -> anyhow::Result<ImportCounts> {
    let job = ImportJob { file_name: "built-in".to_owned(), format: Format::ArenaBundle.to_string(), now };
    let read = |sink: &mut dyn plaudit_datasets::Sink| {
        read_bundle(TEXT_ARENA.as_bytes(), Path::new("built-in"), &ReadOptions::default(), sink)
    };
    let bundle = import_with(store, &job, None, ProgressBar::hidden(), MediaPlace::None, read).await?.counts;
    by_hand(store, catalogue, ("the built-in text.toml", TEXT_ARENA_FILE), bundle, now).await
}

/// The same for an arena of pictures, which go to the media store.
///
/// # Errors
/// When the database or the media store refuses.
pub async fn import_pictures(
    arena: &'static PictureArena,
    store: &Store,
    catalogue: &Catalogue,
    media: &MediaStore,
    now: Timestamp,
) -> anyhow::Result<ImportCounts> {
    let job = ImportJob { file_name: "built-in".to_owned(), format: Format::Pictures.to_string(), now };
    let read = |sink: &mut dyn plaudit_datasets::Sink| {
        read_picture_archive(arena.archive, Path::new("built-in"), &ReadOptions::default(), sink)
    };
    let place = MediaPlace::Store(media.clone());
    let bundle = import_with(store, &job, None, ProgressBar::hidden(), place, read).await?.counts;
    by_hand(store, catalogue, (arena.name, arena.file), bundle, now).await
}

/// Adds what the file says beyond the bundle.
async fn by_hand(
    store: &Store,
    catalogue: &Catalogue,
    (name, text): (&str, &str),
    bundle: ImportCounts,
    now: Timestamp,
) -> anyhow::Result<ImportCounts> {
    let file = ArenaFile::parse(name, text)?;
    let hand = match arenas::add(store, catalogue, file, Absent::LeaveOut, now).await {
        Ok(counts) => counts,
        // Another release of a model stands where the one was that the contestants name. They stay what they were, and
        // cannot run until their own is there.
        Err(error) if error.is::<crate::arena_file::ArenaFileError>() => {
            tracing::warn!(%error, "the built-in arena stays as it is");
            ImportCounts::default()
        }
        Err(error) => return Err(error),
    };
    Ok(ImportCounts {
        arenas: bundle.arenas + hand.arenas,
        contestants: bundle.contestants + hand.contestants,
        prompts: bundle.prompts + hand.prompts,
        media: bundle.media + hand.media,
        generations: bundle.generations + hand.generations,
        votes: bundle.votes + hand.votes,
        votes_known: bundle.votes_known + hand.votes_known,
    })
}
