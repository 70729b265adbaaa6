use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use flate2::write::GzEncoder;

use super::{AtomicFile, ExportFault};

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// As gzip does, level 6, without time or name: the same content is the same bytes.
    Gzip,
    /// As zstd does, level 3, with a checksum. Only with the crate's feature `zstd`.
    Zstd,
}

impl Compression {
    /// What the end of a file's name says: `.gz`, `.zst` or `.zstd`; anything else is not compressed.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("gz" | "gzip") => Self::Gzip,
            Some("zst" | "zstd") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

impl std::str::FromStr for Compression {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::None, Self::Gzip, Self::Zstd]
            .into_iter()
            .find(|compression| compression.as_str() == word)
            .ok_or_else(|| format!("{word:?} is no compression: expected none, gzip or zstd"))
    }
}

/// A file being written, compressed on the way.
pub(super) enum Output {
    Plain(BufWriter<AtomicFile>),
    Gzip(Box<GzEncoder<BufWriter<AtomicFile>>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::Encoder<'static, BufWriter<AtomicFile>>>),
}

impl Output {
    pub(super) fn create(path: &Path, compression: Compression) -> Result<Self, ExportFault> {
        let file = BufWriter::with_capacity(1 << 16, AtomicFile::create(path)?);
        Ok(match compression {
            Compression::None => Self::Plain(file),
            Compression::Gzip => Self::Gzip(Box::new(GzEncoder::new(file, flate2::Compression::new(6)))),
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(file, 3)?;
                encoder.include_checksum(true)?;
                Self::Zstd(Box::new(encoder))
            }
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => return Err(ExportFault::NotBuilt { missing: "zstd" }),
        })
    }

    pub(super) fn commit(self) -> Result<(), ExportFault> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder.finish()?,
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => encoder.finish()?,
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(file.commit()?)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
