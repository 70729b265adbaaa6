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

pub(crate) use columns::{Columns, Dialect, Role};
pub use labels::outcome_of_label;
#[cfg(feature = "media")]
pub(crate) use model_name::{Home, ModelName};
pub(crate) use records::contestant;

use crate::{
    BallotOptions, CategoryColumn, ColumnMapping, Fault, Format, PairwiseFile, Progress, ReadOptions, Reason, Roster,
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

/// By what a file's columns are understood.
#[derive(Clone, Copy)]
struct Rules<'m> {
    dialect: Dialect,
    mapping: Option<&'m ColumnMapping>,
}

impl<'m> Rules<'m> {
    fn of(format: Format, mapping: Option<&'m ColumnMapping>) -> Self {
        let dialect = if format == Format::BattleLog { Dialect::BattleLog } else { Dialect::Pairwise };
        Self { dialect, mapping }
    }

    /// By which of the dialect's names a column goes.
    fn name<'n>(&self, column: &'n str) -> &'n str {
        self.mapping.map_or(column, |mapping| mapping.name_of(column))
    }

    fn columns<'n>(&self, names: impl IntoIterator<Item = &'n str>, category: &CategoryColumn) -> Columns {
        Columns::of(names.into_iter().map(|name| self.name(name)), self.dialect, category)
    }
}

/// Reads a whole file of battles as records.
pub(crate) fn read(
    format: Format,
    mapping: Option<&ColumnMapping>,
    path: &Path,
    options: &ReadOptions,
    out: &mut Emitter<'_>,
) -> Result<(), Fault> {
    let rules = Rules::of(format, mapping);
    each_battle(format, path, rules, &CategoryColumn::None, &mut Records::new(rules.dialect, options, out))
}

/// Reads a whole file of battles as numbers.
pub(crate) fn read_ballots(
    format: Format,
    mapping: Option<&ColumnMapping>,
    path: &Path,
    options: &BallotOptions,
    roster: &mut Roster,
    out: &mut BallotEmitter<'_>,
) -> Result<(), Fault> {
    each_battle(format, path, Rules::of(format, mapping), &options.category, &mut Numbers::new(options, roster, out))
}

/// The one reader: whatever becomes of the votes, the same rows are taken and the same left out.
fn each_battle(
    format: Format,
    path: &Path,
    rules: Rules<'_>,
    category: &CategoryColumn,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    match format {
        #[cfg(feature = "parquet")]
        Format::Pairwise(PairwiseFile::Parquet) => parquet::each_battle(path, rules, category, visitor),
        Format::Pairwise(PairwiseFile::Table) => table::each_battle(open_fault(path)?, rules, category, visitor),
        _ => json::each_battle(open_fault(path)?, rules, category, visitor),
    }
}

/// One row whose fields can be looked at.
fn visit<'r>(
    fields: &impl Fields<'r>,
    rules: Rules<'_>,
    progress: Progress,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let texts = battle::Texts::of(fields, rules);
    let battle = texts.as_ref().map_err(Clone::clone).and_then(|texts| texts.battle(fields, rules.dialect));
    match battle {
        Ok(battle) => visitor.battle(fields, &battle, progress),
        Err(reason) => visitor.reject(progress, reason, || battle::excerpt(fields)),
    }
}
