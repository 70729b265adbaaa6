use super::{
    Rules, Visitor,
    battle::Fields,
    columns::{Columns, Role},
    visit,
};
use crate::{
    CategoryColumn, Fault,
    cell::Cell,
    input::Input,
    table::{Record, Table},
};

struct TableFields<'r, 'c> {
    record: Record<'r>,
    columns: &'c Columns,
}

impl<'r> Fields<'r> for TableFields<'r, '_> {
    #[inline]
    fn cell(&self, role: Role) -> Cell<'r> {
        match self.columns.places[role.index()] {
            Some((column, _)) => Cell::plain(self.record.cell(column)),
            None => Cell::Missing,
        }
    }

    #[inline]
    fn place(&self, role: Role) -> Option<usize> {
        self.columns.places[role.index()].map(|(_, place)| place)
    }
}

/// Reads a table of text.
pub(super) fn each_battle(
    input: Input<'_>,
    rules: Rules<'_>,
    category: &CategoryColumn,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let mut table = Table::new(input)?;
    let columns = rules.columns(table.header().iter().map(String::as_str), category);
    while let Some(record) = table.next_record()? {
        visit(&TableFields { record, columns: &columns }, rules, record.progress, visitor)?;
    }
    Ok(())
}
