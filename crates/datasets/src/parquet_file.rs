//! Files of Parquet, some of their columns at a time.

mod column;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use parquet::{
    errors::{ParquetError, Result as ParquetResult},
    file::{
        reader::{ChunkReader, FileReader, Length},
        serialized_reader::SerializedFileReader,
    },
};

use crate::{Fault, Progress};
pub(crate) use column::Column;

/// A file whose end has been read: what columns it has, and what it says of itself.
pub(crate) struct ParquetFile {
    file: SerializedFileReader<Bounded>,
    bytes: u64,
}

impl ParquetFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let file = File::open(path).map_err(Fault::Io)?;
        let bytes = file.metadata().map_err(Fault::Io)?.len();
        let file = guarded(|| SerializedFileReader::new(Bounded { file, bytes }))?;
        Ok(Self { file, bytes })
    }

    /// The names of the columns in their order; `None` for those within lists and structures.
    pub(crate) fn columns(&self) -> Vec<Option<String>> {
        let schema = self.file.metadata().file_metadata().schema_descr();
        let name = |column: &parquet::schema::types::ColumnDescPtr| {
            let plain = column.path().parts().len() == 1 && column.max_rep_level() == 0;
            plain.then(|| column.name().to_owned())
        };
        schema.columns().iter().map(name).collect()
    }

    /// The path of each column, its parts joined by dots: `image.bytes` for a part of a group.
    pub(crate) fn paths(&self) -> Vec<String> {
        let schema = self.file.metadata().file_metadata().schema_descr();
        schema.columns().iter().map(|column| column.path().string()).collect()
    }

    /// What the file's metadata say under this key.
    pub(crate) fn said(&self, key: &str) -> Option<&str> {
        let pairs = self.file.metadata().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// Gives out row after row of the columns with these numbers, and reads nothing of the others; so many rows are decoded
    /// at a time. Rows are numbered from 1, as lines are.
    pub(crate) fn each_row<const N: usize>(
        &self,
        numbers: [Option<usize>; N],
        batch_rows: usize,
        take: impl FnMut(&[Option<Column>; N], usize, Progress) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.each_row_of(numbers, batch_rows, true, take)
    }

    /// The same, where columns may hold bytes that are no text; those are no cells then, see [`Column::bytes`].
    #[cfg(feature = "media")]
    pub(crate) fn each_row_with_bytes<const N: usize>(
        &self,
        numbers: [Option<usize>; N],
        batch_rows: usize,
        take: impl FnMut(&[Option<Column>; N], usize, Progress) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.each_row_of(numbers, batch_rows, false, take)
    }

    fn each_row_of<const N: usize>(
        &self,
        numbers: [Option<usize>; N],
        batch_rows: usize,
        texts_alone: bool,
        mut take: impl FnMut(&[Option<Column>; N], usize, Progress) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let metadata = self.file.metadata();
        let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
        let mut done = 0_u64;
        for group in 0..metadata.num_row_groups() {
            let group = guarded(|| self.file.get_row_group(group))?;
            let mut columns: [Option<Column>; N] = std::array::from_fn(|_| None);
            for (slot, number) in columns.iter_mut().zip(numbers) {
                if let Some(number) = number {
                    *slot = Some(Column::of(group.as_ref(), number)?);
                }
            }
            let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
            while left > 0 {
                let count = left.min(batch_rows);
                columns.iter_mut().flatten().try_for_each(|column| column.fill(count, texts_alone))?;
                for row in 0..count {
                    done += 1;
                    // The file says how many rows it has; should it have more, that is no more than all of it.
                    let read = u128::from(self.bytes) * u128::from(done.min(rows)) / u128::from(rows.max(1));
                    take(&columns, row, Progress { line: done, bytes: read as u64 })?;
                }
                left -= count;
            }
        }
        Ok(())
    }
}

/// Calls the decoder, which on damaged files may panic as well as fail: a damaged file is an error like any other, and
/// what the decoder leaves behind is not used again.
fn guarded<T>(decode: impl FnOnce() -> ParquetResult<T>) -> Result<T, Fault> {
    let message = match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the decoder gave up".to_owned(),
    };
    Err(Fault::Parquet { message })
}

/// A file that is never read beyond its end, whatever lengths it claims: memory is taken before the bytes are there.
struct Bounded {
    file: File,
    bytes: u64,
}

impl Bounded {
    fn at(&self, start: u64, length: u64) -> ParquetResult<io::Take<File>> {
        let rest = self.bytes.checked_sub(start).filter(|rest| length <= *rest);
        let rest = rest.ok_or_else(|| ParquetError::EOF(format!("{length} bytes at {start} lie behind the end")))?;
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(file.take(rest))
    }
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Bounded {
    type T = io::BufReader<io::Take<File>>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(io::BufReader::new(self.at(start, 0)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<bytes::Bytes> {
        let mut buffer = vec![0; length.min(usize::try_from(self.bytes).unwrap_or(length))];
        self.at(start, length as u64)?.read_exact(&mut buffer)?;
        Ok(buffer.into())
    }
}
