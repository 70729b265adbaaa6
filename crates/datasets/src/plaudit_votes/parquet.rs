use std::{fmt, path::Path, str::FromStr};

use super::{Side, Take, Vote};
use crate::{Fault, MAX_ROW_BYTES, Reason, cell::Cell, parquet_file::ParquetFile, rejection::clip};

/// So many rows are decoded at a time: they hold texts.
const BATCH_ROWS: usize = 256;

const COLUMNS: [&str; 26] = [
    "vote_id",
    "origin_vote_id",
    "battle_id",
    "arena",
    "arena_title",
    "task",
    "license",
    "prompt_id",
    "prompt",
    "prompt_category",
    "left",
    "right",
    "winner",
    "timestamp",
    "voter",
    "anonymous",
    "excluded",
    "withdrawn",
    "left_name",
    "left_generation_id",
    "left_text",
    "left_seed",
    "right_name",
    "right_generation_id",
    "right_text",
    "right_seed",
];

/// Those that files of an earlier version lack, or that somebody may have left away.
const OPTIONAL: [&str; 9] = [
    "origin_vote_id",
    "license",
    "prompt_id",
    "prompt",
    "prompt_category",
    "timestamp",
    "anonymous",
    "excluded",
    "withdrawn",
];

pub(super) fn each_vote(path: &Path, slice: Option<&str>, take: &mut Take<'_>) -> Result<(), Fault> {
    let file = ParquetFile::open(path)?;
    let names = file.columns();
    let number = |name: &str| names.iter().position(|column| column.as_deref() == Some(name));
    let numbers = COLUMNS.map(number);
    let missing: Vec<_> = COLUMNS
        .into_iter()
        .zip(numbers)
        .filter(|(name, number)| number.is_none() && !OPTIONAL.contains(name) && !is_of_generation(name))
        .map(|(name, _)| name.to_owned())
        .collect();
    if !missing.is_empty() {
        return Err(Fault::MissingColumns { missing });
    }
    // One more than the known ones: what the caller slices by, which may be any.
    let mut wanted = [None; COLUMNS.len() + 1];
    wanted[..COLUMNS.len()].copy_from_slice(&numbers);
    wanted[COLUMNS.len()] = slice.and_then(number);
    file.each_row(wanted, BATCH_ROWS, |columns, row, progress| {
        let cell = |number: usize| columns[number].as_ref().map_or(Cell::Missing, |column| column.cell(row));
        let cells: [Cell<'_>; COLUMNS.len()] = std::array::from_fn(cell);
        let slice = cell(COLUMNS.len()).category().map(std::borrow::Cow::into_owned);
        let bytes: usize = cells.iter().map(|cell| if let Cell::Text(text) = cell { text.len() } else { 0 }).sum();
        if bytes > MAX_ROW_BYTES {
            return Err(Fault::RowTooLong { line: progress.line, limit_bytes: MAX_ROW_BYTES as u64 });
        }
        take(vote(&cells, slice).and_then(Vote::checked).map_err(|reason| (reason, excerpt(&cells))), progress)
    })
}

fn is_of_generation(name: &str) -> bool {
    ["_generation_id", "_text", "_seed"].iter().any(|end| name.ends_with(end))
}

fn excerpt(cells: &[Cell<'_>; COLUMNS.len()]) -> String {
    let shown = |(name, cell): (&str, &Cell<'_>)| {
        let wanted = ["vote_id", "arena", "left", "right", "winner"].contains(&name);
        wanted.then(|| cell.shown()).flatten().map(|text| format!("{name}={text}"))
    };
    COLUMNS.into_iter().zip(cells).filter_map(shown).collect::<Vec<_>>().join(" ")
}

fn text(cell: Cell<'_>, field: &'static str) -> Result<Option<String>, Reason> {
    Ok(cell.text(field)?.map(std::borrow::Cow::into_owned))
}

/// A text that stands for something.
fn parsed<T: FromStr<Err: fmt::Display>>(cell: Cell<'_>, field: &'static str) -> Result<Option<T>, Reason> {
    let Some(text) = cell.text(field)? else { return Ok(None) };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            Err(Reason::Malformed { what: "vote", message: clip(&format!("{field} {text:?}: {error}"), 200) })
        }
    }
}

fn required<T>(value: Option<T>, field: &'static str) -> Result<T, Reason> {
    value.ok_or(Reason::MissingField { field })
}

fn seed(cell: Cell<'_>, field: &'static str) -> Result<Option<u64>, Reason> {
    match cell {
        Cell::Missing => Ok(None),
        // Parquet keeps unsigned integers in the bits of signed ones.
        Cell::Integer(number) => Ok(Some(number.cast_unsigned())),
        _ => parsed(cell, field),
    }
}

fn vote(cells: &[Cell<'_>; COLUMNS.len()], slice: Option<String>) -> Result<Vote, Reason> {
    let [
        vote_id,
        origin_vote_id,
        battle_id,
        arena,
        arena_title,
        task,
        license,
        prompt_id,
        prompt,
        prompt_category,
        left,
        right,
        winner,
        timestamp,
        voter,
        anonymous,
        excluded,
        withdrawn,
        left_name,
        left_generation_id,
        left_text,
        left_seed,
        right_name,
        right_generation_id,
        right_text,
        right_seed,
    ] = *cells;
    let vote_id = required(parsed(vote_id, "vote_id")?, "vote_id")?;
    Ok(Vote {
        origin: parsed(origin_vote_id, "origin_vote_id")?.unwrap_or(vote_id),
        battle: required(parsed(battle_id, "battle_id")?, "battle_id")?,
        arena: required(parsed(arena, "arena")?, "arena")?,
        arena_title: required(text(arena_title, "arena_title")?, "arena_title")?,
        task: required(parsed(task, "task")?, "task")?,
        license: text(license, "license")?,
        prompt_id: parsed(prompt_id, "prompt_id")?,
        prompt: text(prompt, "prompt")?,
        prompt_category: text(prompt_category, "prompt_category")?,
        left: Side {
            contestant: required(parsed(left, "left")?, "left")?,
            name: required(text(left_name, "left_name")?, "left_name")?,
            generation: parsed(left_generation_id, "left_generation_id")?,
            text: text(left_text, "left_text")?,
            seed: seed(left_seed, "left_seed")?,
        },
        right: Side {
            contestant: required(parsed(right, "right")?, "right")?,
            name: required(text(right_name, "right_name")?, "right_name")?,
            generation: parsed(right_generation_id, "right_generation_id")?,
            text: text(right_text, "right_text")?,
            seed: seed(right_seed, "right_seed")?,
        },
        outcome: required(parsed(winner, "winner")?, "winner")?,
        cast_at: timestamp.time("timestamp", true)?,
        voter: required(parsed(voter, "voter")?, "voter")?,
        anonymous: anonymous.flag("anonymous", true)?,
        excluded: excluded.flag("excluded", true)?.unwrap_or(false),
        withdrawn: withdrawn.flag("withdrawn", true)?.unwrap_or(false),
        slice,
    })
}
