use std::{
    cell::Cell,
    io::{self, BufReader, Cursor, Read},
    rc::Rc,
};

use flate2::read::MultiGzDecoder;

use crate::Fault;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The text of a file: decompressed where it was compressed, without a byte order mark, counting the bytes taken from
/// the file itself.
pub(crate) struct Input<'a> {
    reader: Box<dyn Read + 'a>,
    taken: Taken,
    packing: Packing,
}

/// How the bytes of a file are packed.
#[derive(Clone, Copy, PartialEq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

/// The number of bytes taken so far, shared with the reader that takes them.
#[derive(Clone, Default)]
pub(crate) struct Taken(Rc<Cell<u64>>);

impl Taken {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.get()
    }
}

impl Packing {
    fn of(magic: &[u8]) -> Self {
        if magic.starts_with(&GZIP_MAGIC) {
            Self::Gzip
        } else if magic == ZSTD_MAGIC {
            Self::Zstd
        } else {
            Self::None
        }
    }

    fn unpack<'a>(self, raw: impl Read + 'a) -> Result<Box<dyn Read + 'a>, Fault> {
        match self {
            Self::None => Ok(Box::new(raw)),
            Self::Gzip => Ok(Box::new(MultiGzDecoder::new(raw))),
            // Reads frame after frame, as the program does; a frame that asks for more than 128 MiB of memory is refused.
            #[cfg(feature = "zstd")]
            Self::Zstd => Ok(Box::new(zstd::Decoder::new(raw).map_err(Fault::Io)?)),
            #[cfg(not(feature = "zstd"))]
            Self::Zstd => Err(Fault::NotBuilt { missing: "zstd" }),
        }
    }

    /// Whether an error comes from the compressed data or from the file system.
    fn fault(self, error: io::Error) -> Fault {
        use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        // A disk's errors have a number of the system, the decoders' have not.
        let decoded = error.raw_os_error().is_none()
            && matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof | Other);
        match self {
            Self::Gzip if decoded => Fault::Gzip(error),
            Self::Zstd if decoded => Fault::Zstd(error),
            _ => Fault::Io(error),
        }
    }
}

impl<'a> Input<'a> {
    pub(crate) fn new(raw: impl Read + 'a) -> Result<Self, Fault> {
        let taken = Taken::default();
        let counting = BufReader::with_capacity(1 << 16, Counting { raw, taken: taken.clone() });
        let (magic, raw) = peek::<4>(counting).map_err(Fault::Io)?;
        let packing = Packing::of(&magic);
        let text = packing.unpack(raw)?;
        let (mark, text) = peek::<3>(text).map_err(|error| packing.fault(error))?;
        let reader: Box<dyn Read + 'a> = if mark == BYTE_ORDER_MARK {
            let mut text = text;
            text.read_exact(&mut [0; 3]).map_err(|error| packing.fault(error))?;
            Box::new(text)
        } else {
            Box::new(text)
        };
        Ok(Self { reader, taken, packing })
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
                Err(error) => return Err(self.packing.fault(error)),
            }
        }
    }

    /// At most so many bytes, fewer only at the end.
    pub(crate) fn read_up_to(&mut self, limit: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let packing = self.packing;
        self.reader.by_ref().take(limit).read_to_end(&mut bytes).map_err(|error| packing.fault(error))?;
        Ok(bytes)
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
