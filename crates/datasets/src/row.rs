use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::{Fault, Reason, json_rows::RawRow};

/// The fields of one JSON object, each still as it stands in the file, in the order of their names.
pub(crate) struct Row<'r> {
    fields: BTreeMap<String, &'r RawValue>,
}

impl<'r> Row<'r> {
    /// Checks the whole row. A row that is not JSON is a damaged file; one that is no object can be left out.
    pub(crate) fn parse(raw: &RawRow<'r>) -> Result<Result<Self, Reason>, Fault> {
        let value: &RawValue = serde_json::from_str(raw.text).map_err(|error| damage(raw, &error))?;
        if !value.get().starts_with('{') {
            return Ok(Err(Reason::NotAnObject { found: kind(value.get()) }));
        }
        let fields = serde_json::from_str(value.get()).map_err(|error| damage(raw, &error))?;
        Ok(Ok(Self { fields }))
    }

    /// The names of all fields and their JSON texts, sorted by name.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &'r str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The field's JSON text; `None` when it is absent or null.
    fn present(&self, field: &str) -> Option<&'r str> {
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

    pub(crate) fn required_id(&self, field: &'static str) -> Result<i64, Reason> {
        self.typed(field, "an integer")?.ok_or(Reason::MissingField { field })
    }

    pub(crate) fn flag(&self, field: &'static str) -> Result<Option<bool>, Reason> {
        self.typed(field, "true or false")
    }

    /// A number's text; numbers that no float can hold are still numbers.
    pub(crate) fn number_text(&self, field: &'static str) -> Result<Option<&'r str>, Reason> {
        match self.present(field) {
            Some(text) if kind(text) != "a number" => {
                Err(Reason::WrongType { field, expected: "a number", found: kind(text) })
            }
            text => Ok(text),
        }
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

/// What a JSON text is, by its first letter.
fn kind(text: &str) -> &'static str {
    match text.bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}
