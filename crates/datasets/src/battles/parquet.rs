use std::path::Path;

use super::{
    Rules, Visitor,
    battle::Fields,
    columns::{Columns, ROLES, Role},
    visit,
};
use crate::{
    CategoryColumn, Fault,
    cell::Cell,
    parquet_file::{Column, ParquetFile},
};

/// So many rows are decoded at a time.
const BATCH_ROWS: usize = 4096;

/// Reads the columns with a role, and nothing of the others.
pub(super) fn each_battle(
    path: &Path,
    rules: Rules<'_>,
    category: &CategoryColumn,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let file = ParquetFile::open(path)?;
    let names = file.columns();
    let columns = rules.columns(names.iter().map(|name| name.as_deref().unwrap_or_default()), category);
    let numbers = columns.places.map(|place| place.map(|(number, _)| number));
    file.each_row(numbers, BATCH_ROWS, |batch, row, progress| {
        visit(&ParquetFields { batch, columns: &columns, row }, rules, progress, visitor)
    })
}

struct ParquetFields<'r> {
    batch: &'r [Option<Column>; ROLES],
    columns: &'r Columns,
    row: usize,
}

impl<'r> Fields<'r> for ParquetFields<'r> {
    fn cell(&self, role: Role) -> Cell<'r> {
        self.batch[role.index()].as_ref().map_or(Cell::Missing, |column| column.cell(self.row))
    }

    fn place(&self, role: Role) -> Option<usize> {
        self.columns.places[role.index()].map(|(_, place)| place)
    }
}
