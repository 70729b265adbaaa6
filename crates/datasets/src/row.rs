use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    Fault, Reason,
    cell::{Cell, kind},
    json_rows::RawRow,
};

/// Whether a row was an object.
pub(crate) enum Object {
    /// All its fields were given out.
    Read,
    /// Something else, which can be left out.
    Not(Reason),
}

/// Checks a whole row and gives out the fields of its object, each still as it stands in the file. A row that is not
/// JSON is a damaged file.
pub(crate) fn parse<'r>(raw: &RawRow<'r>, take: impl FnMut(Cow<'r, str>, &'r RawValue)) -> Result<Object, Fault> {
    let fail = |error| damage(raw, &error);
    if !raw.text.trim_ascii_start().starts_with('{') {
        let value: &RawValue = serde_json::from_str(raw.text).map_err(fail)?;
        return Ok(Object::Not(Reason::NotAnObject { found: kind(value.get()) }));
    }
    let mut json = serde_json::Deserializer::from_str(raw.text);
    json.deserialize_map(EachField(take)).and_then(|()| json.end()).map_err(fail)?;
    Ok(Object::Read)
}

struct EachField<F>(F);

impl<'r, F: FnMut(Cow<'r, str>, &'r RawValue)> Visitor<'r> for EachField<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'r>>(mut self, mut fields: A) -> Result<(), A::Error> {
        while let Some((Name(name), value)) = fields.next_entry()? {
            (self.0)(name, value);
        }
        Ok(())
    }
}

/// A field's name, copied only where it is written with escapes.
#[derive(Deserialize)]
struct Name<'r>(#[serde(borrow)] Cow<'r, str>);

/// The fields of one JSON object, each still as it stands in the file, in the order of their names.
pub(crate) struct Row<'r> {
    fields: BTreeMap<Cow<'r, str>, &'r RawValue>,
}

impl<'r> Row<'r> {
    /// Checks the whole row, as [`parse`] does.
    pub(crate) fn parse(raw: &RawRow<'r>) -> Result<Result<Self, Reason>, Fault> {
        let mut fields = BTreeMap::new();
        let object = parse(raw, |name, value| {
            fields.insert(name, value);
        })?;
        Ok(match object {
            Object::Read => Ok(Self { fields }),
            Object::Not(reason) => Err(reason),
        })
    }

    /// The field's JSON text; `None` when it is absent or null.
    pub(crate) fn present(&self, field: &str) -> Option<&'r str> {
        self.fields.get(field).map(|value| value.get()).filter(|text| *text != "null")
    }

    fn typed<T: serde::de::DeserializeOwned>(
        &self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, Reason> {
        let Some(text) = self.present(field) else { return Ok(None) };
        match serde_json::from_str(text) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Reason::WrongType { field, expected, found: kind(text) }),
        }
    }

    pub(crate) fn text(&self, field: &'static str) -> Result<Option<String>, Reason> {
        self.typed(field, "a text")
    }

    pub(crate) fn required_text(&self, field: &'static str) -> Result<String, Reason> {
        self.text(field)?.ok_or(Reason::MissingField { field })
    }

    /// A text with at least one visible character.
    pub(crate) fn required_name(&self, field: &'static str) -> Result<String, Reason> {
        let name = self.required_text(field)?;
        if name.trim().is_empty() { Err(Reason::EmptyName { field }) } else { Ok(name) }
    }

    /// An integer that is not negative, where there is one.
    #[cfg(feature = "media")]
    pub(crate) fn optional_u64(&self, field: &'static str) -> Result<Option<u64>, Reason> {
        self.typed(field, "an integer that is not negative")
    }

    pub(crate) fn required_id(&self, field: &'static str) -> Result<i64, Reason> {
        self.typed(field, "an integer")?.ok_or(Reason::MissingField { field })
    }

    /// What the field says, as something that slices votes.
    pub(crate) fn category(&self, field: &str) -> Option<String> {
        Cell::Json(self.present(field)?).category().map(Cow::into_owned)
    }

    /// These fields as they stand, for a person to find the row.
    pub(crate) fn excerpt(&self, fields: &[&str]) -> String {
        let shown: Vec<_> =
            fields.iter().filter_map(|name| self.fields.get(*name).map(|value| format!("{name}={value}"))).collect();
        shown.join(" ")
    }
}

fn damage(raw: &RawRow<'_>, error: &serde_json::Error) -> Fault {
    let line = (error.line() as u64).max(1);
    let column = error.column() as u64;
    Fault::Syntax {
        line: raw.progress.line + line - 1,
        column: if line == 1 { raw.column + column.saturating_sub(1) } else { column },
        message: message(error),
    }
}

/// What the parser says, without the position that it appends.
pub(crate) fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
