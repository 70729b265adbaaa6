use std::{
    cell::Cell,
    io::{self, BufReader, Cursor, Read},
    rc::Rc,
};

use flate2::read::MultiGzDecoder;

use crate::Fault;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The text of a file: decompressed where it was compressed, without a byte order mark, counting the bytes taken from
/// the file itself.
pub(crate) struct Input<'a> {
    reader: Box<dyn Read + 'a>,
    taken: Taken,
    gzip: bool,
}

/// The number of bytes taken so far, shared with the reader that takes them.
#[derive(Clone, Default)]
pub(crate) struct Taken(Rc<Cell<u64>>);

impl Taken {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.get()
    }
}

impl<'a> Input<'a> {
    pub(crate) fn new(raw: impl Read + 'a) -> Result<Self, Fault> {
        let taken = Taken::default();
        let counting = BufReader::with_capacity(1 << 16, Counting { raw, taken: taken.clone() });
        let (magic, raw) = peek::<2>(counting).map_err(Fault::Io)?;
        let gzip = magic == GZIP_MAGIC;
        let text: Box<dyn Read + 'a> = if gzip { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        let (mark, text) = peek::<3>(text).map_err(|error| fault(gzip, error))?;
        let reader: Box<dyn Read + 'a> = if mark == BYTE_ORDER_MARK {
            let mut text = text;
            text.read_exact(&mut [0; 3]).map_err(|error| fault(gzip, error))?;
            Box::new(text)
        } else {
            Box::new(text)
        };
        Ok(Self { reader, taken, gzip })
    }

    pub(crate) fn taken(&self) -> Taken {
        self.taken.clone()
    }

    /// Reads some bytes into the buffer; 0 at the end.
    pub(crate) fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        loop {
            match self.reader.read(buffer) {
                Ok(bytes) => return Ok(bytes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(fault(self.gzip, error)),
            }
        }
    }

    /// At most so many bytes, fewer only at the end.
    pub(crate) fn read_up_to(&mut self, limit: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let gzip = self.gzip;
        self.reader.by_ref().take(limit).read_to_end(&mut bytes).map_err(|error| fault(gzip, error))?;
        Ok(bytes)
    }
}

/// Whether an error comes from the compressed data or from the file system.
fn fault(gzip: bool, error: io::Error) -> Fault {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    if gzip && matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) {
        Fault::Gzip(error)
    } else {
        Fault::Io(error)
    }
}

/// The first bytes, and a reader that still begins with them.
fn peek<'a, const N: u64>(mut reader: impl Read + 'a) -> io::Result<(Vec<u8>, impl Read + 'a)> {
    let mut first = Vec::with_capacity(4);
    reader.by_ref().take(N).read_to_end(&mut first)?;
    Ok((first.clone(), Cursor::new(first).chain(reader)))
}

struct Counting<R> {
    raw: R,
    taken: Taken,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.raw.read(buffer)?;
        self.taken.0.set(self.taken.0.get() + bytes as u64);
        Ok(bytes)
    }
}
