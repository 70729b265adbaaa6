use std::{path::Path, path::PathBuf, sync::Arc};

use parquet::{
    basic::{Compression as Codec, ZstdLevel},
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
use plaudit_domain::{MediaKind, Task};
use serde_json::json;

use super::{
    AtomicFile, ExportError, ExportFault, ExportSummary, ExportedSide, ExportedVote, PictureBytes, VoteWriter,
    cells::vote_type, parquet::fault, rows::Order,
};

/// A row group ends at so many votes, or earlier at so many bytes.
const GROUP_VOTES: usize = 1 << 12;
const GROUP_BYTES: usize = 32 << 20;

/// GenAI-Bench's rows as Parquet, as they are published: pictures and clips are in the file, bytes and name, in the form that `datasets` of
/// Hugging Face shows. What has no bytes here stands there by its address alone. One file holds one task.
pub(super) struct GenaiBenchParquet {
    pictures: Option<Box<dyn PictureBytes>>,
    path: PathBuf,
    order: Order,
    summary: ExportSummary,
    open: Option<Open>,
    /// Taken when the first vote tells the task.
    file: Option<AtomicFile>,
}

struct Open {
    task: Task,
    writer: SerializedFileWriter<AtomicFile>,
    columns: Vec<Column>,
    /// Which column is filled next.
    next: usize,
    votes: usize,
    bytes: usize,
}

/// The values of one leaf: all are bytes.
#[derive(Default)]
struct Column {
    values: Vec<ByteArray>,
    levels: Vec<i16>,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Picture,
    Clip,
    Sound,
}

fn columns(task: Task) -> Vec<(&'static str, Kind)> {
    use Kind::{Clip, Picture, Sound, Text};
    let sides = |left, right, kind| {
        vec![("left_model", Text), (left, kind), ("right_model", Text), (right, kind), ("vote_type", Text)]
    };
    let (mut columns, sides) = match task {
        Task::Text => (vec![("prompt", Text)], sides("left_text", "right_text", Text)),
        Task::Image => (vec![("prompt", Text)], sides("left_image", "right_image", Picture)),
        Task::ImageEdit => {
            let asked = [("source_prompt", Text), ("target_prompt", Text), ("instruct_prompt", Text)];
            let asked = asked.into_iter().chain([("source_image", Picture)]).collect();
            (asked, sides("left_output_image", "right_output_image", Picture))
        }
        Task::Video => (vec![("prompt", Text)], sides("left_video", "right_video", Clip)),
        Task::Audio => (vec![("prompt", Text)], sides("left_audio", "right_audio", Sound)),
    };
    columns.extend(sides);
    columns
}

impl GenaiBenchParquet {
    pub(super) fn create(path: &Path, pictures: Option<Box<dyn PictureBytes>>) -> Result<Self, ExportError> {
        let file = AtomicFile::create(path).map_err(|fault| fault.at(path))?;
        let (order, summary) = (Order::default(), ExportSummary::default());
        Ok(Self { pictures, path: path.to_owned(), order, summary, open: None, file: Some(file) })
    }

    fn open(&mut self, task: Task) -> Result<&mut Open, ExportFault> {
        if let Some(file) = self.file.take() {
            self.open = Some(Open::new(task, file)?);
        }
        let gone = || ExportFault::Parquet { message: "the file was given up".to_owned() };
        let open = self.open.as_mut().ok_or_else(gone)?;
        if open.task == task {
            return Ok(open);
        }
        let (first, second) = (open.task.as_str(), task.as_str());
        Err(ExportFault::MixedTasks { format: "genai-bench-parquet", first, second })
    }

    fn close(&mut self, task: Task) -> Result<(), ExportFault> {
        self.open(task)?.end_group()?;
        if let Some(open) = self.open.take() {
            open.writer.into_inner().map_err(fault)?.commit()?;
        }
        Ok(())
    }

    /// Name and bytes of a picture.
    fn picture(&self, address: &str) -> Result<(String, Option<Vec<u8>>), ExportFault> {
        let bytes = match &self.pictures {
            Some(pictures) => pictures.bytes(address)?,
            None => None,
        };
        // Our addresses end in a hash.
        let name = match (&bytes, address.rsplit('/').next()) {
            (Some(bytes), Some(name)) if !name.contains('.') => {
                format!("{name}.{}", MediaKind::of_start(bytes).extension())
            }
            (Some(_), Some(name)) => name.to_owned(),
            _ => address.to_owned(),
        };
        Ok((name, bytes))
    }

    fn row(&mut self, vote: &ExportedVote) -> Result<(), ExportFault> {
        let shown = |side: &ExportedSide| {
            if vote.task == Task::Text { side.text() } else { side.media().or(side.text()) }.map(str::to_owned)
        };
        let source = vote.prompt.as_ref().and_then(|prompt| prompt.source.as_deref()).map(str::to_owned);
        let mut row = Vec::new();
        for (name, kind) in columns(vote.task) {
            let value = match name {
                "prompt" | "instruct_prompt" => vote.prompt_text().map(str::to_owned),
                "source_prompt" | "target_prompt" => None,
                "source_image" => source.clone(),
                "left_model" => Some(vote.left.contestant.to_string()),
                "right_model" => Some(vote.right.contestant.to_string()),
                "vote_type" => Some(vote_type(vote.outcome).to_owned()),
                _ if name.starts_with("left") => shown(&vote.left),
                _ => shown(&vote.right),
            };
            row.push(match (kind, value) {
                (Kind::Text, value) => Cell::Text(value),
                (_, None) => Cell::Picture(None),
                (_, Some(address)) => Cell::Picture(Some(self.picture(&address)?)),
            });
        }
        let open = self.open(vote.task)?;
        open.next = 0;
        for cell in row {
            open.cell(cell);
        }
        open.votes += 1;
        if open.votes >= GROUP_VOTES || open.bytes >= GROUP_BYTES {
            open.end_group()?;
        }
        Ok(())
    }
}

enum Cell {
    Text(Option<String>),
    Picture(Option<(String, Option<Vec<u8>>)>),
}

impl Open {
    fn new(task: Task, file: AtomicFile) -> Result<Self, ExportFault> {
        let kinds = columns(task);
        let field = |(name, kind): &(&str, Kind)| match kind {
            Kind::Text => format!("optional binary {name} (UTF8);"),
            _ => {
                format!("optional group {name} {{ optional binary bytes; optional binary path (UTF8); }}")
            }
        };
        let fields: String = kinds.iter().map(field).collect();
        let schema = parse_message_type(&format!("message genai_bench {{ {fields} }}")).map_err(fault)?;
        let feature = |(name, kind): &(&str, Kind)| {
            let feature = match kind {
                Kind::Text => json!({ "dtype": "string", "_type": "Value" }),
                Kind::Picture => json!({ "_type": "Image" }),
                Kind::Clip => json!({ "_type": "Video" }),
                Kind::Sound => json!({ "_type": "Audio" }),
            };
            ((*name).to_owned(), feature)
        };
        let features: serde_json::Map<_, _> = kinds.iter().map(feature).collect();
        let shown = json!({ "info": { "features": features } }).to_string();
        let mut properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by("plaudit".to_owned())
            .set_compression(Codec::ZSTD(ZstdLevel::try_new(3).map_err(fault)?))
            .set_key_value_metadata(Some(vec![KeyValue::new("huggingface".to_owned(), shown)]));
        for (name, _) in kinds.iter().filter(|(_, kind)| *kind != Kind::Text) {
            let bytes = ColumnPath::new(vec![(*name).to_owned(), "bytes".to_owned()]);
            // Pictures are compressed as they are, and no statistics are of use on them.
            properties = properties
                .set_column_dictionary_enabled(bytes.clone(), false)
                .set_column_compression(bytes.clone(), Codec::UNCOMPRESSED)
                .set_column_statistics_enabled(bytes, parquet::file::properties::EnabledStatistics::None);
        }
        let leaves = kinds.iter().map(|(_, kind)| if *kind == Kind::Text { 1 } else { 2 }).sum();
        let columns = (0..leaves).map(|_| Column::default()).collect();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build())).map_err(fault)?;
        Ok(Self { task, writer, columns, next: 0, votes: 0, bytes: 0 })
    }

    /// `present` is the level of a value, the one below it that of none.
    fn leaf(&mut self, value: Option<Vec<u8>>, present: i16, absent: i16) {
        if let Some(column) = self.columns.get_mut(self.next) {
            column.levels.push(if value.is_some() { present } else { absent });
            if let Some(value) = value {
                self.bytes += value.len();
                column.values.push(ByteArray::from(value));
            }
        }
        self.next += 1;
    }

    fn cell(&mut self, cell: Cell) {
        match cell {
            Cell::Text(text) => self.leaf(text.map(String::into_bytes), 1, 0),
            Cell::Picture(None) => {
                self.leaf(None, 2, 0);
                self.leaf(None, 2, 0);
            }
            Cell::Picture(Some((name, bytes))) => {
                self.leaf(bytes, 2, 1);
                self.leaf(Some(name.into_bytes()), 2, 1);
            }
        }
    }

    fn end_group(&mut self) -> Result<(), ExportFault> {
        if self.votes == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(fault)?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column().map_err(fault)? else { break };
            match writer.untyped() {
                ColumnWriter::ByteArrayColumnWriter(writer) => {
                    writer.write_batch(&column.values, Some(&column.levels), None).map_err(fault)?;
                }
                _ => return Err(fault(ParquetError::General("a column of another type".to_owned()))),
            }
            writer.close().map_err(fault)?;
            column.values.clear();
            column.levels.clear();
        }
        group.close().map_err(fault)?;
        (self.votes, self.bytes) = (0, 0);
        Ok(())
    }
}

impl VoteWriter for GenaiBenchParquet {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.order.check(vote).map_err(|fault| fault.at(&self.path))?;
        self.row(vote).map_err(|fault| fault.at(&self.path))?;
        self.summary.votes += 1;
        self.summary.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<ExportSummary, ExportError> {
        let path = self.path.clone();
        // Without a vote it is an empty table of pictures.
        let task = self.open.as_ref().map_or(Task::Image, |open| open.task);
        self.close(task).map_err(|fault| fault.at(&path))?;
        Ok(self.summary)
    }
}
