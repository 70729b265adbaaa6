use crate::{
    Fault, Progress,
    input::{Input, Taken},
};

/// The longest row, in bytes, of any file that is read row by row.
pub const MAX_ROW_BYTES: usize = 16 << 20;

const CHUNK_BYTES: usize = 1 << 16;

/// The values of a JSON array, or of JSON Lines, one after the other, with the line on which each of them starts.
///
/// Only one value is in memory at a time. The borders between values are found by counting brackets outside of
/// strings; that what lies between two borders is JSON at all is for [`crate::row::Row`] to check.
pub(crate) struct JsonRows<'a> {
    input: Input<'a>,
    taken: Taken,
    chunk: Vec<u8>,
    next: usize,
    line: u64,
    column: u64,
    layout: Layout,
    row: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    Unknown,
    Lines,
    ArrayStart,
    ArrayMiddle,
    End,
}

/// One value as it stands in the file.
pub(crate) struct RawRow<'r> {
    pub(crate) text: &'r str,
    pub(crate) column: u64,
    pub(crate) progress: Progress,
}

impl<'a> JsonRows<'a> {
    pub(crate) fn new(input: Input<'a>) -> Self {
        let taken = input.taken();
        Self { input, taken, chunk: Vec::new(), next: 0, line: 1, column: 1, layout: Layout::Unknown, row: Vec::new() }
    }

    pub(crate) fn next_row(&mut self) -> Result<Option<RawRow<'_>>, Fault> {
        self.skip_blanks()?;
        if self.layout == Layout::Unknown {
            self.layout = if self.peek()? == Some(b'[') { Layout::ArrayStart } else { Layout::Lines };
            if self.layout == Layout::ArrayStart {
                self.bump();
            }
        }
        let found = match self.layout {
            Layout::Lines => self.peek()?.is_some(),
            Layout::End => return Ok(None),
            _ => self.enter_element()?,
        };
        if !found {
            return Ok(None);
        }
        let (line, column) = (self.line, self.column);
        self.row.clear();
        if self.layout == Layout::Lines {
            self.take_line(line)?;
        } else {
            self.take_element(line)?;
        }
        let Ok(text) = std::str::from_utf8(&self.row) else {
            return Err(Fault::InvalidUtf8 { line: line_of_damage(&self.row, line) });
        };
        Ok(Some(RawRow { text, column, progress: Progress { line, bytes: self.taken.bytes() } }))
    }

    /// Stands before an array's next value (true), or after its end and nothing but blanks (false).
    fn enter_element(&mut self) -> Result<bool, Fault> {
        self.skip_blanks()?;
        match (self.layout, self.peek()?) {
            (_, None) => Err(self.damage("the file ends within the array")),
            (_, Some(b']')) => {
                self.bump();
                self.skip_blanks()?;
                if self.peek()?.is_some() {
                    return Err(self.damage("text after the end of the array"));
                }
                self.layout = Layout::End;
                Ok(false)
            }
            (Layout::ArrayMiddle, Some(b',')) => {
                self.bump();
                self.skip_blanks()?;
                if matches!(self.peek()?, None | Some(b',' | b']')) {
                    return Err(self.damage("a value should follow the comma"));
                }
                Ok(true)
            }
            (Layout::ArrayMiddle, Some(_)) => Err(self.damage("a comma or the end of the array should follow")),
            (_, Some(b',')) => Err(self.damage("a value should stand before the comma")),
            _ => {
                self.layout = Layout::ArrayMiddle;
                Ok(true)
            }
        }
    }

    fn take_element(&mut self, line: u64) -> Result<(), Fault> {
        let (mut depth, mut in_string, mut escaped) = (0_u64, false, false);
        loop {
            if self.peek()?.is_none() {
                return Err(self.damage("the file ends within a value"));
            }
            let rest = &self.chunk[self.next..];
            let mut length = 0;
            while let Some(byte) = rest.get(length).copied() {
                if in_string {
                    if escaped {
                        escaped = false;
                    } else if byte == b'"' {
                        in_string = false;
                    } else if byte == b'\\' {
                        escaped = true;
                    } else {
                        // Most of a file is text within strings.
                        let text = &rest[length..];
                        length += memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len());
                        continue;
                    }
                } else {
                    match byte {
                        b',' | b']' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                            return self.take(length, line);
                        }
                        b'"' => in_string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                }
                length += 1;
            }
            self.take(length, line)?;
        }
    }

    fn take_line(&mut self, line: u64) -> Result<(), Fault> {
        while !matches!(self.peek()?, None | Some(b'\n')) {
            let rest = &self.chunk[self.next..];
            self.take(memchr::memchr(b'\n', rest).unwrap_or(rest.len()), line)?;
        }
        Ok(())
    }

    /// Moves the next bytes of the chunk to the row.
    fn take(&mut self, length: usize, line: u64) -> Result<(), Fault> {
        if self.row.len() + length > MAX_ROW_BYTES {
            return Err(Fault::RowTooLong { line, limit_bytes: MAX_ROW_BYTES as u64 });
        }
        let bytes = &self.chunk[self.next..self.next + length];
        self.row.extend_from_slice(bytes);
        self.next += length;
        match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
                self.column = (length - last) as u64;
            }
            None => self.column += length as u64,
        }
        Ok(())
    }

    fn skip_blanks(&mut self) -> Result<(), Fault> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek()? {
            self.bump();
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, Fault> {
        if self.next == self.chunk.len() {
            self.chunk.resize(CHUNK_BYTES, 0);
            let bytes = self.input.read_some(&mut self.chunk)?;
            self.chunk.truncate(bytes);
            self.next = 0;
        }
        Ok(self.chunk.get(self.next).copied())
    }

    /// Steps over the byte that [`Self::peek`] has shown.
    fn bump(&mut self) {
        if self.chunk.get(self.next) == Some(&b'\n') {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        self.next += 1;
    }

    fn damage(&self, message: &str) -> Fault {
        Fault::Syntax { line: self.line, column: self.column, message: message.to_owned() }
    }
}

/// The line of the first bytes that are not UTF-8, in a text that starts on `line`.
pub(crate) fn line_of_damage(bytes: &[u8], line: u64) -> u64 {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    line + bytes[..valid].iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(String, u64)>, Fault> {
        let mut rows = JsonRows::new(Input::new(text.as_bytes())?);
        let mut all = Vec::new();
        while let Some(row) = rows.next_row()? {
            all.push((row.text.to_owned(), row.progress.line));
        }
        Ok(all)
    }

    #[test]
    fn an_array_is_cut_at_its_commas_and_not_at_those_within_values() {
        let all = rows("\u{feff}[ {\"a\":[1,2]},\n\n \"b,]\\\",\" , 3\n,{\"c\":\"}\\\\\"}]\n").unwrap();
        let expected = [("{\"a\":[1,2]}", 1), ("\"b,]\\\",\"", 3), ("3", 3), ("{\"c\":\"}\\\\\"}", 4)];
        assert_eq!(all, expected.map(|(text, line)| (text.to_owned(), line)));
    }

    #[test]
    fn lines_are_cut_at_their_ends_and_blank_ones_skipped() {
        let all = rows("{\"a\":1}\r\n\n{\"b\":2}").unwrap();
        assert_eq!(
            all.iter().map(|(text, line)| (text.trim(), *line)).collect::<Vec<_>>(),
            [("{\"a\":1}", 1), ("{\"b\":2}", 3)]
        );
    }

    #[test]
    fn a_broken_array_says_where_it_is_broken() {
        for (text, line, column) in [
            ("[1,\n2", 2, 2),
            ("[1\n 2]", 2, 2),
            ("[1,]", 1, 4),
            ("[,1]", 1, 2),
            ("[1] x", 1, 5),
            ("[\n", 2, 1),
            ("[{", 1, 3),
        ] {
            match rows(text) {
                Err(Fault::Syntax { line: l, column: c, .. }) => assert_eq!((l, c), (line, column), "{text:?}"),
                other => panic!("{text:?} gave {other:?}"),
            }
        }
    }

    #[test]
    fn an_array_may_be_empty() {
        assert_eq!(rows(" [ ] ").unwrap(), []);
    }
}
