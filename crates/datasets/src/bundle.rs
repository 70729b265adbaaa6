//! Plaudit's own bundle of an arena: `{"format": "plaudit-arena/1", "arena", "contestants", "prompts", "generations"}`.

mod entries;

use plaudit_domain::Arena;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Fault, Progress, ReadOptions, Record, emitter::Emitter, input::Input, json_rows::line_of_damage, row::message,
};
use entries::Entries;

/// The most bytes (decompressed) that a bundle may have: it is read whole, as its sections refer to each other.
pub const MAX_BUNDLE_BYTES: u64 = 256 << 20;

/// The sections, their entries still as they stand in the file.
#[derive(Deserialize)]
struct Sections<'t> {
    format: String,
    #[serde(borrow)]
    arena: &'t RawValue,
    #[serde(borrow, default)]
    contestants: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    prompts: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    generations: Vec<&'t RawValue>,
}

/// Reads a whole bundle: first all contestants, then all prompts, then all generations.
pub(crate) fn read(mut input: Input<'_>, options: &ReadOptions, out: &mut Emitter<'_>) -> Result<(), Fault> {
    let bytes = input.read_up_to(MAX_BUNDLE_BYTES + 1)?;
    if bytes.len() as u64 > MAX_BUNDLE_BYTES {
        return Err(Fault::BundleTooLarge { limit_bytes: MAX_BUNDLE_BYTES });
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Fault::InvalidUtf8 { line: line_of_damage(&bytes, 1) });
    };
    let sections: Sections<'_> = serde_json::from_str(text).map_err(|error| whole(&error))?;
    if sections.format != "plaudit-arena/1" {
        return Err(Fault::UnsupportedVersion { found: sections.format });
    }
    let place = Places::new(text, input.taken().bytes());
    let invalid = |error| Fault::InvalidBundle {
        line: place.of(sections.arena).line,
        message: format!("the arena: {}", message(&error)),
    };
    let mut arena: Arena = serde_json::from_str(sections.arena.get()).map_err(invalid)?;
    if let Some(chosen) = &options.arena {
        arena.slug = chosen.clone();
    }
    let mut entries = Entries::new(arena.slug.clone());
    out.record(Record::Arena(arena), place.of(sections.arena))?;
    for raw in sections.contestants {
        entries.contestant(raw.get(), place.of(raw), out)?;
    }
    for raw in sections.prompts {
        entries.prompt(raw.get(), place.of(raw), out)?;
    }
    for raw in sections.generations {
        entries.generation(raw.get(), place.of(raw), out)?;
    }
    Ok(())
}

fn whole(error: &serde_json::Error) -> Fault {
    let (line, message) = ((error.line() as u64).max(1), message(error));
    if error.is_data() {
        Fault::InvalidBundle { line, message }
    } else {
        Fault::Syntax { line, column: error.column() as u64, message }
    }
}

/// Finds out on which line an entry starts.
struct Places {
    text_start: usize,
    line_ends: Vec<usize>,
    bytes: u64,
}

impl Places {
    fn new(text: &str, bytes: u64) -> Self {
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { text_start: text.as_ptr().addr(), line_ends, bytes }
    }

    /// The entry borrows from the text, so the distance of the two is its place in the file.
    fn of(&self, entry: &RawValue) -> Progress {
        let offset = entry.get().as_ptr().addr().saturating_sub(self.text_start);
        let line = self.line_ends.partition_point(|end| *end < offset) as u64 + 1;
        Progress { line, bytes: self.bytes }
    }
}
