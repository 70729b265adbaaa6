use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, Read},
    rc::Rc,
};

use crate::{Fault, MAX_ROW_BYTES, input::Input};

/// Stands between a file and the CSV parser, which is lenient where we are not (RFC 4180): it takes a quoted field that
/// is never closed for everything that follows, stray quotes for letters, and a record of any length into memory.
///
/// It also notes the line on which each record starts; the parser's own count is one too low where lines end in CR LF.
pub(crate) struct CsvGuard<'a> {
    input: Input<'a>,
    place: Place,
    line: u64,
    record_line: u64,
    record_bytes: usize,
    starts: RecordLines,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    BetweenRecords,
    FieldStart,
    PlainField,
    QuotedField,
    /// Behind a quote in a quoted field: the field's end, or the first half of a doubled quote.
    QuoteInQuotes,
}

/// The lines on which the records start that the parser has not given out yet.
#[derive(Clone, Default)]
pub(crate) struct RecordLines(Rc<RefCell<VecDeque<u64>>>);

impl RecordLines {
    /// The line of the next record; call it once for each.
    pub(crate) fn next(&self) -> u64 {
        self.0.borrow_mut().pop_front().unwrap_or(1)
    }
}

/// What the guard found; travels through the parser inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
enum Found {
    #[error("a quoted field is not closed")]
    OpenQuote { line: u64 },
    #[error("a quote in the middle of a field")]
    StrayQuote { line: u64 },
    #[error("a record is too long")]
    TooLong { line: u64 },
}

impl<'a> CsvGuard<'a> {
    pub(crate) fn new(input: Input<'a>) -> Self {
        let (place, starts) = (Place::BetweenRecords, RecordLines::default());
        Self { input, place, line: 1, record_line: 1, record_bytes: 0, starts }
    }

    pub(crate) fn record_lines(&self) -> RecordLines {
        self.starts.clone()
    }

    fn look_at(&mut self, bytes: &[u8]) -> Result<(), Found> {
        for byte in bytes {
            if self.place == Place::BetweenRecords && !matches!(byte, b'\r' | b'\n') {
                self.place = Place::FieldStart;
                self.record_line = self.line;
                self.record_bytes = 0;
                self.starts.0.borrow_mut().push_back(self.line);
            }
            self.record_bytes += 1;
            if self.record_bytes > MAX_ROW_BYTES {
                return Err(Found::TooLong { line: self.record_line });
            }
            self.line += u64::from(*byte == b'\n');
            self.place = match (self.place, byte) {
                (Place::QuotedField, b'"') => Place::QuoteInQuotes,
                (Place::QuotedField, _) | (Place::FieldStart | Place::QuoteInQuotes, b'"') => Place::QuotedField,
                (_, b'\r' | b'\n') => Place::BetweenRecords,
                (_, b',') => Place::FieldStart,
                (Place::PlainField, b'"') | (Place::QuoteInQuotes, _) => {
                    return Err(Found::StrayQuote { line: self.line });
                }
                (Place::BetweenRecords | Place::FieldStart | Place::PlainField, _) => Place::PlainField,
            };
        }
        if bytes.is_empty() && self.place == Place::QuotedField {
            return Err(Found::OpenQuote { line: self.record_line });
        }
        Ok(())
    }
}

impl Read for CsvGuard<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let bytes = self.input.read(buffer)?;
        self.look_at(&buffer[..bytes]).map_err(io::Error::other)?;
        Ok(bytes)
    }
}

/// What an error of the CSV parser at the record that starts on this line means.
pub(crate) fn fault(error: csv::Error, line: u64, gzip: bool) -> Fault {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(Found::TooLong { line }) => Fault::RowTooLong { line: *line, limit_bytes: MAX_ROW_BYTES as u64 },
            Some(found @ (Found::OpenQuote { line } | Found::StrayQuote { line })) => {
                Fault::Csv { line: *line, message: found.to_string() }
            }
            None => crate::input::fault(gzip, error),
        },
        csv::ErrorKind::Utf8 { .. } => Fault::InvalidUtf8 { line },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Fault::Csv { line, message: format!("{len} fields where the header has {expected_len}") }
        }
        other => Fault::Csv { line, message: format!("{other:?}") },
    }
}
