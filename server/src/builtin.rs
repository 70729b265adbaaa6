//! The built-in text arena: what a fresh installation opens with.
//!
//! Its answers were really generated, by the script in `xtask/scripts/builtin-arena`; the file carries seeds, sampler
//! settings, digests of the weights, and licences. Nobody has voted on them yet: there are no built-in votes.

use plaudit_datasets::{ReadOptions, Source};
use plaudit_domain::Timestamp;

use crate::{
    command::import::import_source,
    store::{ImportCounts, Store},
};

/// The arena, its contestants, prompts and generations.
pub const TEXT_ARENA: &str = include_str!("../builtin/text.json");

/// Adds what is missing of the built-in arena; all of it on the first start, nothing later.
///
/// # Errors
/// When the database refuses.
pub async fn import(store: &Store, _now: Timestamp) -> anyhow::Result<ImportCounts> {
    let source = Source::embedded("built-in", TEXT_ARENA.as_bytes())?;
    Ok(import_source(store, source, ReadOptions::default(), None).await?.counts)
}
