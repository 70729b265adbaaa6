use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    errors::ParquetError,
    file::reader::RowGroupReader,
};

use super::guarded;
use crate::{Fault, cell::Cell};

/// One column of a row group, some rows of it at a time.
pub(crate) struct Column {
    reader: ColumnReader,
    values: Values,
    /// What a present value's definition level is; 0 where every row has a value.
    present: i16,
    levels: Vec<i16>,
    /// By row: where its value stands.
    places: Vec<Option<u32>>,
    /// Where integers are instants: how many of them make a millisecond, and how many milliseconds one makes.
    time: Option<(i64, i64)>,
}

enum Values {
    Flags(Vec<bool>),
    Small(Vec<i32>),
    Large(Vec<i64>),
    Single(Vec<f32>),
    Double(Vec<f64>),
    Texts(Vec<ByteArray>),
}

impl Column {
    pub(super) fn of(group: &dyn RowGroupReader, number: usize) -> Result<Self, Fault> {
        let reader = guarded(|| group.get_column_reader(number))?;
        let values = match &reader {
            ColumnReader::BoolColumnReader(_) => Values::Flags(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Small(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Large(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Single(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Double(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Values::Texts(Vec::new()),
            _ => {
                let column = group.metadata().column(number).column_descr();
                let message = format!("the column {} is of a kind that is not read", column.name());
                return Err(Fault::Parquet { message });
            }
        };
        let column = group.metadata().column(number).column_descr();
        let time = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(stamp)), _) => match stamp.unit {
                TimeUnit::MILLIS => Some((1, 1)),
                TimeUnit::MICROS => Some((1_000, 1)),
                TimeUnit::NANOS => Some((1_000_000, 1)),
            },
            (_, ConvertedType::TIMESTAMP_MILLIS) => Some((1, 1)),
            (_, ConvertedType::TIMESTAMP_MICROS) => Some((1_000, 1)),
            (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => Some((1, 86_400_000)),
            _ => None,
        };
        let present = column.max_def_level();
        Ok(Self { reader, values, present, levels: Vec::new(), places: Vec::new(), time })
    }

    /// Takes so many rows more in place of those before. Bytes that are no text are damage where there may be texts alone.
    pub(super) fn fill(&mut self, rows: usize, texts_alone: bool) -> Result<(), Fault> {
        let Self { reader, values, levels, .. } = self;
        levels.clear();
        let found = guarded(|| match (reader, values) {
            (ColumnReader::BoolColumnReader(reader), Values::Flags(values)) => read(reader, rows, levels, values),
            (ColumnReader::Int32ColumnReader(reader), Values::Small(values)) => read(reader, rows, levels, values),
            (ColumnReader::Int64ColumnReader(reader), Values::Large(values)) => read(reader, rows, levels, values),
            (ColumnReader::FloatColumnReader(reader), Values::Single(values)) => read(reader, rows, levels, values),
            (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => read(reader, rows, levels, values),
            (ColumnReader::ByteArrayColumnReader(reader), Values::Texts(values)) => read(reader, rows, levels, values),
            _ => Err(ParquetError::General("a column changed its kind".to_owned())),
        })?;
        self.places.clear();
        let mut next = 0;
        for row in 0..rows {
            let has_value = self.present == 0 || self.levels.get(row) == Some(&self.present);
            self.places.push(has_value.then_some(next));
            next += u32::from(has_value);
        }
        if next as usize != found {
            return Err(Fault::Parquet { message: format!("{found} values where {next} should be") });
        }
        match &self.values {
            Values::Texts(texts) if texts_alone && texts.iter().any(|text| str::from_utf8(text.data()).is_err()) => {
                Err(Fault::Parquet { message: "a text is not UTF-8".to_owned() })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        let Some(place) = self.places.get(row).copied().flatten() else { return Cell::Missing };
        let place = place as usize;
        let integer = |number: i64| match self.time {
            Some((in_a_millisecond, milliseconds)) => {
                Cell::Millis(number.div_euclid(in_a_millisecond).saturating_mul(milliseconds))
            }
            None => Cell::Integer(number),
        };
        let cell = match &self.values {
            Values::Flags(values) => values.get(place).copied().map(Cell::Flag),
            Values::Small(values) => values.get(place).map(|number| integer(i64::from(*number))),
            Values::Large(values) => values.get(place).copied().map(integer),
            Values::Single(values) => values.get(place).map(|number| Cell::Real(f64::from(*number))),
            Values::Double(values) => values.get(place).copied().map(Cell::Real),
            Values::Texts(values) => {
                values.get(place).and_then(|text| str::from_utf8(text.data()).ok()).map(Cell::Text)
            }
        };
        cell.unwrap_or(Cell::Missing)
    }

    /// The bytes in this row, text or not; `None` where there are none.
    #[cfg(feature = "media")]
    pub(crate) fn bytes(&self, row: usize) -> Option<&[u8]> {
        let place = self.places.get(row).copied().flatten()?;
        match &self.values {
            Values::Texts(values) => values.get(place as usize).map(ByteArray::data),
            _ => None,
        }
    }
}

/// How many values there are in the next so many rows.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<usize, ParquetError> {
    values.clear();
    let (mut rows_found, mut values_found) = (0, 0);
    while rows_found < rows {
        let (records, found, _) = reader.read_records(rows - rows_found, Some(levels), None, values)?;
        if records == 0 {
            return Err(ParquetError::EOF(format!("a column ends {} rows too early", rows - rows_found)));
        }
        rows_found += records;
        values_found += found;
    }
    Ok(values_found)
}
