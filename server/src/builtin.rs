//! The built-in text arena: what a fresh installation opens with.
//!
//! Its answers were really generated, by the script in `xtask/scripts/builtin-arena`; the file carries seeds, sampler
//! settings, digests of the weights, and licences. Nobody has voted on them yet: there are no built-in votes.

use std::path::Path;

use indicatif::ProgressBar;
use plaudit_datasets::{Format, ReadOptions, read_bundle};
use plaudit_domain::Timestamp;

use crate::{
    command::import::import_with,
    store::{ImportCounts, ImportJob, Store},
};

/// The arena, its contestants, prompts and generations.
pub const TEXT_ARENA: &str = include_str!("../builtin/text.json");

/// Adds what is missing of the built-in arena; all of it on the first start, nothing later.
///
/// # Errors
/// When the database refuses.
pub async fn import(store: &Store, now: Timestamp) -> anyhow::Result<ImportCounts> {
    let job = ImportJob { file_name: "built-in".to_owned(), format: Format::ArenaBundle.to_string(), now };
    let read = |sink: &mut dyn plaudit_datasets::Sink| {
        read_bundle(TEXT_ARENA.as_bytes(), Path::new("built-in"), &ReadOptions::default(), sink)
    };
    Ok(import_with(store, &job, None, ProgressBar::hidden(), read).await?.counts)
}
