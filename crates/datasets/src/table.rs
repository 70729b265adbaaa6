//! Tables of text, one record at a time.

mod quoted;

use crate::{
    Fault, MAX_ROW_BYTES, Progress,
    cell::trim,
    input::{Input, Taken},
    json_rows::line_of_damage,
};

const CHUNK_BYTES: usize = 1 << 18;

/// The records of a table whose cells are apart by commas or tabs, strictly as RFC 4180 has them: a quoted field is
/// closed, a quote stands nowhere else, every record has as many cells as the header, all of it is UTF-8. Records end
/// with a line feed, a carriage return, or both; empty lines are passed over.
///
/// Nothing is allocated for a record. One without quotes is cut where it stands in the buffer, by searching for line
/// ends and commas; only one with quotes is copied.
pub(crate) struct Table<'a> {
    input: Input<'a>,
    taken: Taken,
    delimiter: u8,
    /// What has been read and not given out lies at `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    line: u64,
    header: Vec<String>,
    /// Where each cell of the current record lies in its text.
    bounds: Vec<(usize, usize)>,
    unquoted: Vec<u8>,
}

/// One record.
#[derive(Clone, Copy)]
pub(crate) struct Record<'t> {
    text: &'t str,
    bounds: &'t [(usize, usize)],
    /// Where it starts.
    pub(crate) progress: Progress,
}

impl<'t> Record<'t> {
    /// The cell in this column, without white space around it.
    #[inline]
    pub(crate) fn cell(&self, column: usize) -> &'t str {
        let (start, end) = self.bounds.get(column).copied().unwrap_or_default();
        trim(self.text.get(start..end).unwrap_or_default())
    }
}

/// Where a record lies.
enum Place {
    /// In the buffer.
    Plain { end: usize },
    /// In `unquoted`.
    Unquoted,
}

impl<'a> Table<'a> {
    /// Reads the header. Its first line tells what lies between the cells: commas, unless it holds a tab.
    pub(crate) fn new(input: Input<'a>) -> Result<Self, Fault> {
        let taken = input.taken();
        let mut table = Self {
            input,
            taken,
            delimiter: b',',
            buffer: Vec::new(),
            start: 0,
            end: 0,
            line: 1,
            header: Vec::new(),
            bounds: Vec::new(),
            unquoted: Vec::new(),
        };
        if table.skip_line_ends()? && table.first_line()?.contains(&b'\t') {
            table.delimiter = b'\t';
        }
        if let Some(header) = table.next_record()? {
            table.header = (0..header.bounds.len()).map(|column| header.cell(column).to_owned()).collect();
        }
        Ok(table)
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    #[inline]
    pub(crate) fn next_record(&mut self) -> Result<Option<Record<'_>>, Fault> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.line;
        let (start, place) = self.cut()?;
        let bytes = match place {
            Place::Plain { end } => &self.buffer[start..end],
            Place::Unquoted => &self.unquoted[..],
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Fault::InvalidUtf8 { line: line_of_damage(bytes, line) });
        };
        if let Place::Plain { .. } = place {
            self.bounds.clear();
            let mut from = 0;
            for at in memchr::memchr_iter(self.delimiter, bytes) {
                self.bounds.push((from, at));
                from = at + 1;
            }
            self.bounds.push((from, bytes.len()));
        }
        let (cells, columns) = (self.bounds.len(), self.header.len());
        if cells != columns && columns > 0 {
            return Err(Fault::Csv { line, message: format!("{cells} fields where the header has {columns}") });
        }
        let progress = Progress { line, bytes: self.taken.bytes() };
        Ok(Some(Record { text, bounds: &self.bounds, progress }))
    }

    /// Steps over one record and says where it lies. Its line end is left for the next call.
    fn cut(&mut self) -> Result<(usize, Place), Fault> {
        let length = self.line_length()?;
        let (start, end) = (self.start, self.start + length);
        if memchr::memchr(b'"', &self.buffer[start..end]).is_some() {
            self.cut_quoted()?;
            return Ok((0, Place::Unquoted));
        }
        if length > MAX_ROW_BYTES {
            return Err(Fault::RowTooLong { line: self.line, limit_bytes: MAX_ROW_BYTES as u64 });
        }
        self.start = end;
        Ok((start, Place::Plain { end }))
    }

    /// How far the next end of a line lies from `start`, or the end of the file, or more than a row may have.
    fn line_length(&mut self) -> Result<usize, Fault> {
        let mut searched = 0;
        loop {
            let bytes = &self.buffer[self.start + searched..self.end];
            match memchr::memchr2(b'\n', b'\r', bytes) {
                Some(at) => return Ok(searched + at),
                None => searched += bytes.len(),
            }
            if searched > MAX_ROW_BYTES || !self.fill()? {
                return Ok(searched);
            }
        }
    }

    fn first_line(&mut self) -> Result<&[u8], Fault> {
        let length = self.line_length()?;
        Ok(&self.buffer[self.start..self.start + length])
    }

    /// Whether there is something behind the ends of lines.
    fn skip_line_ends(&mut self) -> Result<bool, Fault> {
        loop {
            while let Some(byte) = self.buffer[..self.end].get(self.start) {
                match byte {
                    b'\n' => self.line += 1,
                    b'\r' => {}
                    _ => return Ok(true),
                }
                self.start += 1;
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Reads more behind what there is; false at the end of the file.
    fn fill(&mut self) -> Result<bool, Fault> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK_BYTES / 2 {
            self.buffer.resize((self.buffer.len() * 2).max(CHUNK_BYTES), 0);
        }
        let bytes = self.input.read_some(&mut self.buffer[self.end..])?;
        self.end += bytes;
        Ok(bytes > 0)
    }
}
