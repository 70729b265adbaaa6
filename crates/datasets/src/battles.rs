//! Votes on pairs, one row per vote, in the words of GenAI-Arena, FastChat, LMArena, ComparIA and others.

mod battle;
mod columns;
mod conversation;
mod json;
mod labels;
mod model_name;
mod numbers;
#[cfg(feature = "parquet")]
mod parquet;
mod records;
mod table;

use std::path::Path;

pub(crate) use columns::{Columns, Dialect};
pub use labels::outcome_of_label;
pub(crate) use records::contestant;

use crate::{
    BallotOptions, CategoryColumn, Fault, Format, PairwiseFile, Progress, ReadOptions, Reason, Roster,
    ballot::BallotEmitter, emitter::Emitter, source::open_fault,
};
use battle::{Battle, Fields};
use numbers::Numbers;
use records::Records;

/// Takes the rows of a file, understood, in their order.
trait Visitor {
    /// Whether [`Fields::everything`] is asked for.
    const KEEPS_ALL: bool;

    fn battle<'r>(&mut self, fields: &impl Fields<'r>, battle: &Battle<'_>, progress: Progress) -> Result<(), Fault>;

    fn reject(&mut self, progress: Progress, reason: Reason, excerpt: impl FnOnce() -> String) -> Result<(), Fault>;
}

/// Reads a whole file of battles as records.
pub(crate) fn read(format: Format, path: &Path, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    let dialect = dialect(format);
    each_battle(format, path, &CategoryColumn::None, &mut Records::new(dialect, options, out))
}

/// Reads a whole file of battles as numbers.
pub(crate) fn read_ballots(
    format: Format,
    path: &Path,
    options: &BallotOptions,
    roster: &mut Roster,
    out: &mut BallotEmitter<'_>,
) -> Result<(), Fault> {
    each_battle(format, path, &options.category, &mut Numbers::new(options, roster, out))
}

fn dialect(format: Format) -> Dialect {
    if format == Format::BattleLog { Dialect::BattleLog } else { Dialect::Pairwise }
}

/// The one reader: whatever becomes of the votes, the same rows are taken and the same left out.
fn each_battle(
    format: Format,
    path: &Path,
    category: &CategoryColumn,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let dialect = dialect(format);
    match format {
        #[cfg(feature = "parquet")]
        Format::Pairwise(PairwiseFile::Parquet) => parquet::each_battle(path, dialect, category, visitor),
        Format::Pairwise(PairwiseFile::Table) => table::each_battle(open_fault(path)?, dialect, category, visitor),
        _ => json::each_battle(open_fault(path)?, dialect, category, visitor),
    }
}

/// One row whose fields can be looked at.
fn visit<'r>(
    fields: &impl Fields<'r>,
    dialect: Dialect,
    progress: Progress,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let texts = battle::Texts::of(fields, dialect);
    let battle = texts.as_ref().map_err(Clone::clone).and_then(|texts| texts.battle(fields, dialect));
    match battle {
        Ok(battle) => visitor.battle(fields, &battle, progress),
        Err(reason) => visitor.reject(progress, reason, || battle::excerpt(fields)),
    }
}
