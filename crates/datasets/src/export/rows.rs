use std::{
    io::Write,
    path::{Path, PathBuf},
};

use plaudit_domain::VoteId;
use serde::Serialize;

use super::{Compression, ExportError, ExportFault, ExportSummary, ExportedVote, LeftOut, output::Output};

/// So many bytes are gathered before they are handed on.
const CHUNK_BYTES: usize = 1 << 16;

/// How JSON values stand in a file.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Layout {
    /// JSON Lines.
    Lines,
    /// A JSON array with one value on a line.
    Array,
}

/// What all writers of text have in common: the file, the order of votes, the counts.
pub(super) struct Rows {
    output: Output,
    path: PathBuf,
    buffer: Vec<u8>,
    layout: Layout,
    order: Order,
    pub(super) summary: ExportSummary,
}

/// Votes come in the order of the log.
#[derive(Default)]
pub(super) struct Order {
    last: Option<VoteId>,
}

impl Order {
    pub(super) fn check(&mut self, vote: &ExportedVote) -> Result<(), ExportFault> {
        if self.last.is_some_and(|last| last >= vote.id) {
            return Err(ExportFault::OutOfOrder { vote: vote.id.to_string() });
        }
        self.last = Some(vote.id);
        let numbers = [("strength", vote.strength), ("probability", vote.probability)];
        match numbers.into_iter().find(|(_, number)| number.is_some_and(|number| !number.is_finite())) {
            Some((what, _)) => Err(ExportFault::NotFinite { vote: vote.id.to_string(), what }),
            None => Ok(()),
        }
    }
}

impl Rows {
    pub(super) fn create(path: &Path, compression: Compression, layout: Layout) -> Result<Self, ExportError> {
        let output = Output::create(path, compression).map_err(|fault| fault.at(path))?;
        let buffer = if layout == Layout::Array { b"[\n".to_vec() } else { Vec::new() };
        Ok(Self {
            output,
            path: path.to_owned(),
            buffer,
            layout,
            order: Order::default(),
            summary: ExportSummary::default(),
        })
    }

    /// Takes note of a vote, whether or not rows follow.
    pub(super) fn vote(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.summary.votes += 1;
        self.order.check(vote).map_err(|fault| fault.at(&self.path))
    }

    pub(super) fn leave_out(&mut self, why: LeftOut) {
        *self.summary.left_out.entry(why).or_default() += 1;
    }

    /// Writes one JSON value.
    pub(super) fn row(&mut self, row: &impl Serialize) -> Result<(), ExportError> {
        if self.layout == Layout::Array && self.summary.rows > 0 {
            self.buffer.extend_from_slice(b",\n");
        }
        serde_json::to_writer(&mut self.buffer, row).map_err(|error| ExportFault::from(error).at(&self.path))?;
        if self.layout == Layout::Lines {
            self.buffer.push(b'\n');
        }
        self.summary.rows += 1;
        self.spill()
    }

    /// Writes the cells of a row of a table.
    pub(super) fn cells<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> Result<(), ExportError> {
        self.summary.rows += 1;
        self.header(cells)
    }

    /// Writes the cells of a table's header.
    pub(super) fn header<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> Result<(), ExportError> {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.buffer.push(b',');
            }
            quote(&mut self.buffer, cell);
        }
        self.buffer.extend_from_slice(b"\r\n");
        self.spill()
    }

    pub(super) fn fail(&self, fault: ExportFault) -> ExportError {
        fault.at(&self.path)
    }

    pub(super) fn finish(mut self) -> Result<ExportSummary, ExportError> {
        if self.layout == Layout::Array {
            self.buffer.extend_from_slice(if self.summary.rows > 0 { b"\n]\n" } else { b"]\n" });
        }
        let Self { mut output, path, buffer, summary, .. } = self;
        output.write_all(&buffer).map_err(|error| ExportFault::from(error).at(&path))?;
        output.commit().map_err(|fault| fault.at(&path))?;
        Ok(summary)
    }

    fn spill(&mut self) -> Result<(), ExportError> {
        if self.buffer.len() >= CHUNK_BYTES {
            self.output.write_all(&self.buffer).map_err(|error| ExportFault::from(error).at(&self.path))?;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// A cell as in RFC 4180: in quotes where it holds a comma, a quote, an end of line, or blanks at an end, which some
/// readers would cut off.
fn quote(buffer: &mut Vec<u8>, cell: &str) {
    let needs = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !cell.as_bytes().iter().any(needs) && cell.trim().len() == cell.len() {
        buffer.extend_from_slice(cell.as_bytes());
        return;
    }
    buffer.push(b'"');
    for (place, part) in cell.split('"').enumerate() {
        if place > 0 {
            buffer.extend_from_slice(b"\"\"");
        }
        buffer.extend_from_slice(part.as_bytes());
    }
    buffer.push(b'"');
}
