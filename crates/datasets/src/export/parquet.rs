use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parquet::{
    basic::{Compression as Codec, ConvertedType, ZstdLevel},
    column::writer::ColumnWriter,
    data_type::ByteArray,
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{WriterProperties, WriterVersion},
        writer::SerializedFileWriter,
    },
    schema::{parser::parse_message_type, types::ColumnPath},
};

use super::{
    AtomicFile, ExportError, ExportFault, ExportSummary, ExportedSide, ExportedVote, VOTE_FORMAT, VoteWriter,
    cells::Hex, license, rows::Order,
};

/// A row group ends at so many votes, or earlier at so many bytes.
const GROUP_VOTES: usize = 1 << 16;
const GROUP_BYTES: usize = 32 << 20;

const SCHEMA: &str = "message plaudit_vote {
    required binary vote_id (UTF8); optional binary origin_vote_id (UTF8); required binary battle_id (UTF8);
    required binary arena (UTF8); required binary arena_title (UTF8); required binary task (UTF8);
    required binary license (UTF8);
    optional binary prompt_id (UTF8); optional binary prompt (UTF8); optional binary prompt_category (UTF8);
    optional binary language (UTF8);
    required binary left (UTF8); required binary right (UTF8); required binary winner (UTF8);
    optional double strength; optional int64 timestamp (TIMESTAMP(MILLIS,true)); required binary voter (UTF8);
    required binary source (UTF8); optional double probability; optional boolean anonymous;
    required boolean excluded; required boolean withdrawn; optional boolean leaked;
    required binary left_name (UTF8); optional binary left_family (UTF8); optional binary left_generation_id (UTF8);
    optional binary left_text (UTF8); optional binary left_media (UTF8); optional int64 left_seed (INTEGER(64,false));
    optional binary left_verification (UTF8);
    required binary right_name (UTF8); optional binary right_family (UTF8); optional binary right_generation_id (UTF8);
    optional binary right_text (UTF8); optional binary right_media (UTF8); optional int64 right_seed (INTEGER(64,false));
    optional binary right_verification (UTF8);
}";

/// Plaudit's own log as Parquet: the columns of the JSON Lines but `format`, which stands in the file's metadata beside
/// `license`, that of all rows together. zstd;
/// the memory is that of one row group. Seeds are unsigned integers.
pub(super) struct PlauditParquet {
    writer: SerializedFileWriter<AtomicFile>,
    path: PathBuf,
    columns: Vec<Column>,
    /// Which column is filled next.
    next: usize,
    votes: usize,
    bytes: usize,
    order: Order,
    /// Those of the rows; they also stand in the file's metadata.
    licenses: BTreeSet<String>,
    /// Of all rows.
    text_bytes: u64,
    summary: ExportSummary,
}

/// A column, as Hugging Face `datasets` calls it.
pub(super) struct Feature {
    pub(super) name: String,
    /// `string`, `bool`, `float64`, `uint64` or `timestamp[ms, tz=UTC]`.
    pub(super) dtype: &'static str,
    pub(super) optional: bool,
}

/// The columns in their order.
pub(super) fn features() -> Result<Vec<Feature>, ExportFault> {
    let schema = parse_message_type(SCHEMA).map_err(fault)?;
    let feature = |field: &Arc<parquet::schema::types::Type>| Feature {
        name: field.name().to_owned(),
        dtype: match (field.get_physical_type(), field.get_basic_info().converted_type()) {
            (parquet::basic::Type::BOOLEAN, _) => "bool",
            (parquet::basic::Type::DOUBLE, _) => "float64",
            (parquet::basic::Type::INT64, ConvertedType::UINT_64) => "uint64",
            (parquet::basic::Type::INT64, _) => "timestamp[ms, tz=UTC]",
            _ => "string",
        },
        optional: field.is_optional(),
    };
    Ok(schema.get_fields().iter().map(feature).collect())
}

/// The values of one column of the row group being gathered.
enum Column {
    Text { bytes: Vec<u8>, ends: Vec<usize>, levels: Vec<i16> },
    Flag { values: Vec<bool>, levels: Vec<i16> },
    Integer { values: Vec<i64>, levels: Vec<i16> },
    Real { values: Vec<f64>, levels: Vec<i16> },
}

pub(super) fn fault(error: ParquetError) -> ExportFault {
    match error {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => ExportFault::Io(*error),
            Err(error) => ExportFault::Parquet { message: error.to_string() },
        },
        other => ExportFault::Parquet { message: other.to_string() },
    }
}

impl PlauditParquet {
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        Self::open(path).map_err(|fault| fault.at(path))
    }

    fn open(path: &Path) -> Result<Self, ExportFault> {
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(fault)?);
        let mut properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by("plaudit".to_owned())
            .set_compression(Codec::ZSTD(ZstdLevel::try_new(3).map_err(fault)?))
            .set_key_value_metadata(Some(vec![KeyValue::new("format".to_owned(), VOTE_FORMAT.to_owned())]));
        // Every value is another one: a dictionary would only be given up again.
        for column in ["vote_id", "origin_vote_id", "battle_id", "timestamp"] {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
        }
        let columns = schema.get_fields().iter().map(|field| Column::of(field.get_physical_type())).collect();
        let writer = SerializedFileWriter::new(AtomicFile::create(path)?, schema, Arc::new(properties.build()))
            .map_err(fault)?;
        Ok(Self {
            writer,
            path: path.to_owned(),
            columns,
            next: 0,
            votes: 0,
            bytes: 0,
            order: Order::default(),
            licenses: BTreeSet::new(),
            text_bytes: 0,
            summary: ExportSummary::default(),
        })
    }

    /// How much memory the rows so far take as Arrow, which is what hubs call the size of a split: for each text four bytes
    /// more than it has, for each number eight, for each flag a bit.
    pub(super) fn arrow_bytes(&self) -> u64 {
        let rows = self.summary.rows;
        let of_column = |column: &Column| match column {
            Column::Text { .. } => 4 * rows,
            Column::Integer { .. } | Column::Real { .. } => 8 * rows,
            Column::Flag { .. } => rows.div_ceil(8),
        };
        self.text_bytes + self.columns.iter().map(of_column).sum::<u64>()
    }

    fn text(&mut self, text: Option<&str>) {
        if let Column::Text { bytes, ends, levels } = &mut self.columns[self.next] {
            levels.push(i16::from(text.is_some()));
            if let Some(text) = text {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                self.bytes += text.len();
                self.text_bytes += text.len() as u64;
            }
        }
        self.next += 1;
    }

    fn hex(&mut self, id: Option<&[u8; 16]>) {
        self.text(id.map(Hex::of).as_ref().map(Hex::as_str));
    }

    fn flag(&mut self, flag: Option<bool>) {
        if let Column::Flag { values, levels } = &mut self.columns[self.next] {
            levels.push(i16::from(flag.is_some()));
            values.extend(flag);
        }
        self.next += 1;
    }

    fn integer(&mut self, number: Option<i64>) {
        if let Column::Integer { values, levels } = &mut self.columns[self.next] {
            levels.push(i16::from(number.is_some()));
            values.extend(number);
        }
        self.next += 1;
    }

    fn real(&mut self, number: Option<f64>) {
        if let Column::Real { values, levels } = &mut self.columns[self.next] {
            levels.push(i16::from(number.is_some()));
            values.extend(number);
        }
        self.next += 1;
    }

    /// In the order of the schema.
    fn side(&mut self, side: &ExportedSide) {
        self.text(Some(&side.name));
        self.text(side.family.as_deref());
        self.hex(side.generation.as_ref().map(|id| id.as_bytes()));
        self.text(side.text());
        self.text(side.media());
        // Parquet keeps unsigned integers in the bits of signed ones.
        self.integer(side.seed.map(u64::cast_signed));
        self.text(side.verification.map(super::Verification::as_str));
    }

    fn end_group(&mut self) -> Result<(), ExportFault> {
        if self.votes == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(fault)?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column().map_err(fault)? else { break };
            column.drain_into(writer.untyped()).map_err(fault)?;
            writer.close().map_err(fault)?;
        }
        group.close().map_err(fault)?;
        (self.votes, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Column {
    fn of(kind: parquet::basic::Type) -> Self {
        let levels = Vec::new();
        match kind {
            parquet::basic::Type::BOOLEAN => Self::Flag { values: Vec::new(), levels },
            parquet::basic::Type::INT64 => Self::Integer { values: Vec::new(), levels },
            parquet::basic::Type::DOUBLE => Self::Real { values: Vec::new(), levels },
            _ => Self::Text { bytes: Vec::new(), ends: Vec::new(), levels },
        }
    }

    /// Where a column has a value in every row, the encoder passes over the levels.
    fn drain_into(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        match (self, writer) {
            (Self::Text { bytes, ends, levels }, ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let all = Bytes::from(std::mem::take(bytes));
                let mut start = 0;
                let value = |end: &usize| {
                    let value = ByteArray::from(all.slice(start..*end));
                    start = *end;
                    value
                };
                let values: Vec<_> = ends.iter().map(value).collect();
                writer.write_batch(&values, Some(levels.as_slice()), None)?;
                ends.clear();
                levels.clear();
            }
            (Self::Flag { values, levels }, ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(values, Some(levels.as_slice()), None)?;
                values.clear();
                levels.clear();
            }
            (Self::Integer { values, levels }, ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(values, Some(levels.as_slice()), None)?;
                values.clear();
                levels.clear();
            }
            (Self::Real { values, levels }, ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(values, Some(levels.as_slice()), None)?;
                values.clear();
                levels.clear();
            }
            _ => return Err(ParquetError::General("a column of another type than the schema's".to_owned())),
        }
        Ok(())
    }
}

impl VoteWriter for PlauditParquet {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.order.check(vote).map_err(|fault| fault.at(&self.path))?;
        self.summary.votes += 1;
        self.summary.rows += 1;
        self.next = 0;
        let prompt = vote.prompt.as_ref();
        self.hex(Some(vote.id.as_bytes()));
        self.hex(vote.origin.as_ref().map(|id| id.as_bytes()));
        self.hex(Some(vote.battle.as_bytes()));
        self.text(Some(vote.arena.as_str()));
        self.text(Some(&vote.arena_title));
        self.text(Some(vote.task.as_str()));
        self.text(Some(&vote.license));
        if !self.licenses.contains(&*vote.license) {
            self.licenses.insert(vote.license.to_string());
        }
        self.hex(prompt.map(|prompt| prompt.id.as_bytes()));
        self.text(prompt.and_then(|prompt| prompt.text.as_deref()));
        self.text(prompt.and_then(|prompt| prompt.category.as_deref()));
        self.text(prompt.and_then(|prompt| prompt.language.as_deref()));
        self.text(Some(vote.left.contestant.as_str()));
        self.text(Some(vote.right.contestant.as_str()));
        self.text(Some(vote.outcome.as_str()));
        self.real(vote.strength);
        self.integer(vote.cast_at.map(|time| time.0));
        self.hex(Some(vote.voter.as_bytes()));
        self.text(Some(vote.source.as_str()));
        self.real(vote.probability);
        self.flag(vote.anonymous);
        self.flag(Some(vote.excluded));
        self.flag(Some(vote.withdrawn));
        self.flag(vote.leaked);
        self.side(&vote.left);
        self.side(&vote.right);
        self.votes += 1;
        if self.votes >= GROUP_VOTES || self.bytes >= GROUP_BYTES {
            self.end_group().map_err(|fault| fault.at(&self.path))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.end_group().map_err(|fault| fault.at(&self.path))?;
        let Self { mut writer, path, licenses, summary, .. } = *self;
        if !licenses.is_empty() {
            let all = license::together(licenses.iter().map(String::as_str));
            writer.append_key_value_metadata(KeyValue::new("license".to_owned(), all));
        }
        let file = writer.into_inner().map_err(|error| fault(error).at(&path))?;
        file.commit().map_err(|error| ExportFault::from(error).at(&path))?;
        Ok(summary)
    }
}
