use super::Table;
use crate::{Fault, MAX_ROW_BYTES};

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    PlainField,
    QuotedField,
    /// Behind a quote in a quoted field: the field's end, or the first half of a doubled quote.
    QuoteInQuotes,
}

impl Table<'_> {
    /// Cuts the record at `start`, which may hold quotes, byte by byte; its cells come to lie in `unquoted`.
    pub(super) fn cut_quoted(&mut self) -> Result<(), Fault> {
        self.unquoted.clear();
        self.bounds.clear();
        let (first_line, mut state, mut field, mut bytes) = (self.line, State::FieldStart, 0, 0_usize);
        loop {
            if self.start == self.end && !self.fill()? {
                if state == State::QuotedField {
                    return Err(damage(first_line, "a quoted field is not closed"));
                }
                break;
            }
            let byte = self.buffer[self.start];
            if state != State::QuotedField && matches!(byte, b'\r' | b'\n') {
                break;
            }
            bytes += 1;
            if bytes > MAX_ROW_BYTES {
                return Err(Fault::RowTooLong { line: first_line, limit_bytes: MAX_ROW_BYTES as u64 });
            }
            self.start += 1;
            self.line += u64::from(byte == b'\n');
            state = match (state, byte) {
                (State::QuotedField, b'"') => State::QuoteInQuotes,
                (State::FieldStart, b'"') => State::QuotedField,
                (State::QuoteInQuotes, b'"') => {
                    self.unquoted.push(byte);
                    State::QuotedField
                }
                (State::QuotedField, _) => {
                    self.unquoted.push(byte);
                    State::QuotedField
                }
                (_, byte) if byte == self.delimiter => {
                    self.bounds.push((field, self.unquoted.len()));
                    field = self.unquoted.len();
                    State::FieldStart
                }
                (State::PlainField, b'"') | (State::QuoteInQuotes, _) => {
                    return Err(damage(self.line, "a quote in the middle of a field"));
                }
                (State::FieldStart | State::PlainField, _) => {
                    self.unquoted.push(byte);
                    State::PlainField
                }
            };
        }
        self.bounds.push((field, self.unquoted.len()));
        Ok(())
    }
}

fn damage(line: u64, message: &str) -> Fault {
    Fault::Csv { line, message: message.to_owned() }
}
