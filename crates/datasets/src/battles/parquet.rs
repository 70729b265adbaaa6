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
        reader::{ChunkReader, FileReader, Length, RowGroupReader},
        serialized_reader::SerializedFileReader,
    },
};

use super::{
    Visitor,
    battle::Fields,
    columns::{Columns, Dialect, ROLES, Role},
    visit,
};
use crate::{CategoryColumn, Fault, Progress, cell::Cell};
use column::Column;

/// So many rows are decoded at a time.
const BATCH_ROWS: usize = 4096;

/// The names of a file's columns, but for those within lists and structures.
pub(crate) fn top_columns(path: &Path) -> Result<Vec<String>, Fault> {
    Ok(names(&open(path)?).into_iter().flatten().collect())
}

/// Reads the columns with a role, and nothing of the others. Rows are numbered from 1, as lines are.
pub(super) fn each_battle(
    path: &Path,
    dialect: Dialect,
    category: &CategoryColumn,
    visitor: &mut impl Visitor,
) -> Result<(), Fault> {
    let file = open(path)?;
    let columns = columns(&names(&file), dialect, category);
    let metadata = file.metadata();
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    let bytes = std::fs::metadata(path).map_err(Fault::Io)?.len();
    let mut done = 0_u64;
    for group in 0..metadata.num_row_groups() {
        let group = guarded(|| file.get_row_group(group))?;
        let mut batch = Batch::of(group.as_ref(), &columns)?;
        let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        while left > 0 {
            let count = left.min(BATCH_ROWS);
            batch.fill(count)?;
            for row in 0..count {
                done += 1;
                // The file says how many rows it has; should it have more, that is no more than all of it.
                let read = u128::from(bytes) * u128::from(done.min(rows)) / u128::from(rows.max(1));
                let progress = Progress { line: done, bytes: read as u64 };
                visit(&ParquetFields { batch: &batch, row }, dialect, progress, visitor)?;
            }
            left -= count;
        }
    }
    Ok(())
}

/// The columns with a role, and some of their rows.
struct Batch {
    columns: [Option<(usize, Column)>; ROLES],
}

impl Batch {
    fn of(group: &dyn RowGroupReader, columns: &Columns) -> Result<Self, Fault> {
        let mut batch = Self { columns: Default::default() };
        for (slot, place) in batch.columns.iter_mut().zip(columns.places) {
            if let Some((number, place)) = place {
                *slot = Some((place, Column::of(group, number)?));
            }
        }
        Ok(batch)
    }

    fn fill(&mut self, rows: usize) -> Result<(), Fault> {
        self.columns.iter_mut().flatten().try_for_each(|(_, column)| column.fill(rows))
    }
}

struct ParquetFields<'r> {
    batch: &'r Batch,
    row: usize,
}

impl<'r> Fields<'r> for ParquetFields<'r> {
    fn cell(&self, role: Role) -> Cell<'r> {
        match &self.batch.columns[role.index()] {
            Some((_, column)) => column.cell(self.row),
            None => Cell::Missing,
        }
    }

    fn place(&self, role: Role) -> Option<usize> {
        self.batch.columns[role.index()].as_ref().map(|(place, _)| *place)
    }
}

fn open(path: &Path) -> Result<SerializedFileReader<Bounded>, Fault> {
    let file = File::open(path).map_err(Fault::Io)?;
    let bytes = file.metadata().map_err(Fault::Io)?.len();
    guarded(|| SerializedFileReader::new(Bounded { file, bytes }))
}

/// The names of the columns; `None` for those within lists and structures.
fn names(file: &SerializedFileReader<Bounded>) -> Vec<Option<String>> {
    let schema = file.metadata().file_metadata().schema_descr();
    let name = |column: &parquet::schema::types::ColumnDescPtr| {
        let plain = column.path().parts().len() == 1 && column.max_rep_level() == 0;
        plain.then(|| column.name().to_owned())
    };
    schema.columns().iter().map(name).collect()
}

fn columns(names: &[Option<String>], dialect: Dialect, category: &CategoryColumn) -> Columns {
    Columns::of(names.iter().map(|name| name.as_deref().unwrap_or_default()), dialect, category)
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
