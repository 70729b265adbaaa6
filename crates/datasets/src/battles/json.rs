use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    Rules, Visitor,
    battle::Fields,
    columns::{ROLES, Role},
    visit,
};
use crate::{
    CategoryColumn, Fault,
    cell::Cell,
    input::Input,
    json_rows::JsonRows,
    row::{self, Object},
};

/// The fields of one JSON object. Which column has which role is found anew in each row, as a row may leave out those
/// that hold nothing.
struct JsonFields<'r> {
    slots: [Option<(usize, &'r str)>; ROLES],
    all: Vec<(Cow<'r, str>, &'r RawValue)>,
}

impl<'r> Fields<'r> for JsonFields<'r> {
    fn cell(&self, role: Role) -> Cell<'r> {
        match self.slots[role.index()] {
            None | Some((_, "null")) => Cell::Missing,
            Some((_, text)) => Cell::Json(text),
        }
    }

    fn place(&self, role: Role) -> Option<usize> {
        self.slots[role.index()].map(|(place, _)| place)
    }

    fn everything(&self) -> &[(Cow<'r, str>, &'r RawValue)] {
        &self.all
    }
}

/// Reads a JSON array of objects, or JSON Lines.
pub(super) fn each_battle<V: Visitor>(
    input: Input<'_>,
    rules: Rules<'_>,
    category: &CategoryColumn,
    visitor: &mut V,
) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    while let Some(raw) = rows.next_row()? {
        let mut fields = JsonFields { slots: [None; ROLES], all: Vec::new() };
        let object = row::parse(&raw, |name, value| fields.take(name, value, rules, category, V::KEEPS_ALL))?;
        if let Object::Not(reason) = object {
            visitor.reject(raw.progress, reason, String::new)?;
            continue;
        }
        fields.sort();
        visit(&fields, rules, raw.progress, visitor)?;
    }
    Ok(())
}

impl<'r> JsonFields<'r> {
    fn take(
        &mut self,
        name: Cow<'r, str>,
        value: &'r RawValue,
        rules: Rules<'_>,
        category: &CategoryColumn,
        keep: bool,
    ) {
        if let Some((role, place)) = rules.dialect.role(rules.name(&name), category) {
            let slot = &mut self.slots[role.index()];
            // Of two fields with one name the second counts, as for other readers of JSON.
            if slot.is_none_or(|(better, _)| place <= better) {
                *slot = Some((place, value.get()));
            }
        }
        if keep {
            self.all.push((name, value));
        }
    }

    fn sort(&mut self) {
        // The sort is stable: behind it, the last of equal names came last in the file.
        self.all.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.all.reverse();
        self.all.dedup_by(|later, kept| later.0 == kept.0);
        self.all.reverse();
    }
}
