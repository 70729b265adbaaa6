//! Rows of any table as their fields, for files that are neither votes nor generations.

use std::{borrow::Cow, fs::File, path::Path};

use crate::{
    DatasetError, Fault, SinkError,
    cell::{kind, string},
    input::Input,
    json_rows::JsonRows,
    row::{Object, parse},
    table::Table,
};

/// Gives out the wanted fields of every row of a table (CSV or TSV with a header) or of JSON rows (an array of objects, or
/// JSON Lines), which may be compressed with gzip or zstd, in the order of the file. A field that is absent, empty or null is
/// `None`. Of JSON, texts come without their quotes, everything else as it is written.
///
/// `take` gets the row's line and, for each wanted name, its field.
///
/// # Errors
/// A damaged file; a JSON row that is no object; an error of `take`.
pub fn read_fields(
    path: &Path,
    wanted: &[&str],
    mut take: impl FnMut(u64, &[Option<Cow<'_, str>>]) -> Result<(), SinkError>,
) -> Result<(), DatasetError> {
    read(path, wanted, &mut take).map_err(|fault| fault.at(path))
}

type Take<'a> = dyn FnMut(u64, &[Option<Cow<'_, str>>]) -> Result<(), SinkError> + 'a;

fn read(path: &Path, wanted: &[&str], take: &mut Take<'_>) -> Result<(), Fault> {
    let first = Input::new(File::open(path).map_err(Fault::Io)?)?.read_up_to(4096)?;
    let input = Input::new(File::open(path).map_err(Fault::Io)?)?;
    match first.trim_ascii_start().first() {
        Some(b'{' | b'[') => read_json(input, wanted, take),
        _ => read_table(input, wanted, take),
    }
}

fn read_table(input: Input<'_>, wanted: &[&str], take: &mut Take<'_>) -> Result<(), Fault> {
    let mut table = Table::new(input)?;
    let columns: Vec<Option<usize>> =
        wanted.iter().map(|name| table.header().iter().position(|column| column.eq_ignore_ascii_case(name))).collect();
    while let Some(record) = table.next_record()? {
        let cells: Vec<_> = columns
            .iter()
            .map(|column| column.map(|column| record.cell(column)).filter(|cell| !cell.is_empty()).map(Cow::Borrowed))
            .collect();
        take(record.progress.line, &cells).map_err(Fault::Sink)?;
    }
    Ok(())
}

fn read_json(input: Input<'_>, wanted: &[&str], take: &mut Take<'_>) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    while let Some(raw) = rows.next_row()? {
        let line = raw.progress.line;
        let mut cells: Vec<Option<Cow<'_, str>>> = vec![None; wanted.len()];
        let object = parse(&raw, |name, value| {
            if let Some(place) = wanted.iter().position(|wanted| *wanted == name) {
                let text = value.get();
                cells[place] = match kind(text) {
                    "null" => None,
                    "a text" => string(text).filter(|text| !text.is_empty()),
                    _ => Some(Cow::Borrowed(text)),
                };
            }
        })?;
        if let Object::Not(reason) = object {
            return Err(Fault::Syntax { line, column: raw.column, message: reason.to_string() });
        }
        take(line, &cells).map_err(Fault::Sink)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<Option<String>>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        let mut rows = Vec::new();
        read_fields(&path, &["a", "c"], |_, fields| {
            rows.push(fields.iter().map(|field| field.as_deref().map(str::to_owned)).collect());
            Ok(())
        })
        .unwrap();
        rows
    }

    #[test]
    fn tables_and_json_give_the_same_fields() {
        let expected = vec![vec![Some("1".to_owned()), Some("x, \"y\"".to_owned())], vec![None, Some("z".to_owned())]];
        assert_eq!(rows("a,b,c\n1,2,\"x, \"\"y\"\"\"\n,3,z\n"), expected);
        assert_eq!(rows("A\tb\tC\n1\t2\tx, \"y\"\n".replace("x, \"y\"", "w").as_str())[0][1].as_deref(), Some("w"));
        assert_eq!(rows("{\"a\": 1, \"b\": 2, \"c\": \"x, \\\"y\\\"\"}\n{\"a\": null, \"c\": \"z\"}\n"), expected);
        assert_eq!(rows("[{\"c\": \"x, \\\"y\\\"\", \"a\": 1}, {\"a\": \"\", \"c\": \"z\"}]"), expected);
    }
}
