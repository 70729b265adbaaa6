//! `plaudit import`: one file, one transaction.

use std::{
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use plaudit_datasets::{
    DatasetError, Discovery, Format, Progress, ReadOptions, ReadSummary, Record, Rejection, Sink, SinkError, Source,
    discover, discover_mapped,
};
use serde_json::json;
use tokio::{runtime::Handle, sync::mpsc};

use crate::{
    arena_file::ArenaFile,
    arenas::{self, Absent},
    cli::ImportArgs,
    clock::system_clock,
    media::MediaStore,
    models::Catalogue,
    store::{ImportCounts, ImportJob, ImportMessage, Store},
};

/// Records that travel together to the transaction.
const BATCH: usize = 512;
/// Batches that may wait: bounds memory when the disk is slower than the file.
const QUEUE: usize = 8;

/// What became of one file.
#[derive(Debug)]
pub struct ImportReport {
    /// What it added.
    pub counts: ImportCounts,
    /// Rows that were rejected.
    pub rejected: u64,
    /// The file that lists them.
    pub rejected_list: Option<PathBuf>,
    /// Records read and rows rejected.
    pub rows: u64,
    /// The first rejected row's line and reason; empty without one.
    pub first_rejection: String,
}

/// What becomes of the pictures that a file holds.
#[derive(Clone)]
pub enum MediaPlace {
    /// It has none.
    None,
    /// They are kept.
    Store(MediaStore),
    /// Nothing of the file is kept: it is only tried.
    Nowhere,
}

/// Imports all files.
///
/// # Errors
/// The first file that cannot be imported; those before it stay imported.
pub async fn run(args: ImportArgs) -> anyhow::Result<()> {
    let (arena_files, files): (Vec<_>, Vec<_>) =
        args.files.into_iter().partition(|path| path.extension().is_some_and(|extension| extension == "toml"));
    // Nothing is imported when one of the files written by hand has an error.
    let arena_files = arena_files.iter().map(|path| ArenaFile::read(path)).collect::<Result<Vec<_>, _>>()?;
    let columns = match (args.columns, args.outcomes) {
        (Some(columns), Some(outcomes)) => Some(columns.with_outcomes(&outcomes)?),
        (columns, _) => columns,
    };
    let found = match columns {
        _ if files.is_empty() => Discovery { sources: Vec::new(), skipped: Vec::new() },
        Some(columns) => discover_mapped(&files, &columns)?,
        None => discover(&files)?,
    };
    for skipped in &found.skipped {
        eprintln!("passed over {skipped}");
    }
    let store = args.data.open().await?;
    let catalogue = Catalogue::new(&args.site, &args.data.data);
    for file in arena_files {
        eprintln!("{} (arena {})", file.file, file.arena.slug);
        if args.dry_run {
            continue;
        }
        let counts = arenas::add(&store, &catalogue, file, Absent::Refuse, system_clock()()).await?;
        let ImportCounts { arenas, contestants, prompts, .. } = counts;
        eprintln!("  added {prompts} prompts, {contestants} contestants, {arenas} arenas");
    }
    let options = ReadOptions { arena: args.arena };
    if args.dry_run {
        eprintln!("a dry run: everything is read, and nothing is kept");
    }
    let total = found.sources.len();
    for (number, source) in found.sources.into_iter().enumerate() {
        let name = source.path.display().to_string();
        eprintln!("[{}/{total}] {name} ({})", number + 1, source.format);
        let started = Instant::now();
        let read = if args.dry_run {
            try_source(&store, source, options.clone()).await
        } else {
            import_source(&store, source, options.clone(), Some(&args.data.data)).await
        };
        let report = read.with_context(|| format!("{name}: nothing of this file was imported"))?;
        print_report(&report, started.elapsed(), args.dry_run);
    }
    store.close().await;
    Ok(())
}

fn print_report(report: &ImportReport, elapsed: Duration, dry: bool) {
    let ImportCounts { arenas, contestants, prompts, media, generations, votes, votes_known } = report.counts;
    let added = if dry { "would add" } else { "added" };
    let pictures = if media > 0 { format!("{media} pictures, ") } else { String::new() };
    let rate = report.rows as f64 / elapsed.as_secs_f64().max(1e-9);
    eprintln!(
        "  {added} {votes} votes, {generations} generations, {pictures}{prompts} prompts, {contestants} contestants, {arenas} arenas; \
         {votes_known} votes were there before; {} rows in {:.1} s ({rate:.0} rows/s)",
        report.rows,
        elapsed.as_secs_f64()
    );
    if dry && report.rejected > 0 {
        eprintln!("  {} rows would be rejected; the first: {}", report.rejected, report.first_rejection);
    }
    if let Some(list) = &report.rejected_list {
        eprintln!("  {} rows were rejected, listed with reasons in {}", report.rejected, list.display());
    }
}

/// Imports one file, keeps its pictures in `data/media/`, and lists its rejected rows in `data/rejected/`. Without a data folder
/// it takes no pictures.
///
/// # Errors
/// When the file is damaged or the database refuses; nothing of the file is stored then.
pub async fn import_source(
    store: &Store,
    source: Source,
    options: ReadOptions,
    data: Option<&Path>,
) -> anyhow::Result<ImportReport> {
    let now = system_clock()();
    let has_pictures = matches!(source.format, Format::Pictures | Format::GenAiBench(_));
    let media = match data.filter(|_| has_pictures) {
        Some(data) => MediaPlace::Store(MediaStore::in_folder(data)?),
        None => MediaPlace::None,
    };
    let file_name = name_of(&source);
    let list = data.map(|data| data.join("rejected").join(format!("{file_name}.{}.jsonl", now.0)));
    let job = ImportJob { file_name, format: source.format.to_string(), now };
    let bar = progress_bar(source.byte_len());
    import_with(store, &job, list, bar, media, move |sink| source.read(&options, sink)).await
}

/// Reads one file as an import would, and keeps nothing of it.
///
/// # Errors
/// As [`import_source`].
pub async fn try_source(store: &Store, source: Source, options: ReadOptions) -> anyhow::Result<ImportReport> {
    let job = ImportJob { file_name: name_of(&source), format: source.format.to_string(), now: system_clock()() };
    let bar = progress_bar(source.byte_len());
    import_with(store, &job, None, bar, MediaPlace::Nowhere, move |sink| source.read(&options, sink)).await
}

fn name_of(source: &Source) -> String {
    source.path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Imports what a reader gives, in one transaction.
///
/// # Errors
/// When the reader fails or the database refuses; nothing is stored then.
pub async fn import_with(
    store: &Store,
    job: &ImportJob,
    rejects: Option<PathBuf>,
    bar: ProgressBar,
    media: MediaPlace,
    read: impl FnOnce(&mut dyn Sink) -> Result<ReadSummary, DatasetError> + Send + 'static,
) -> anyhow::Result<ImportReport> {
    let (messages, inbox) = mpsc::channel(QUEUE);
    let runtime = Handle::current();
    let reading = tokio::task::spawn_blocking(move || {
        let rejects = RejectList::new(rejects);
        let (batch, first_rejection) = (Vec::new(), String::new());
        let mut sink =
            ChannelSink { messages, batch, bar, rejects, rejected: 0, records: 0, media, runtime, first_rejection };
        let read = read(&mut sink);
        sink.bar.finish_and_clear();
        finish(read, sink)
    });
    let counts = store.import(job, inbox).await;
    let read = reading.await.context("the reader stopped")?;
    match (read, counts) {
        // The database's own error explains why the reader could not go on.
        (_, Err(error)) => Err(error.into()),
        (Err(error), Ok(_)) => Err(error),
        (Ok(_), Ok(None)) => bail!("the import stopped before its end"),
        (Ok(report), Ok(Some(counts))) => Ok(ImportReport { counts, ..report }),
    }
}

/// Sends the end of the file; the counts come from the transaction. A file that failed leaves no list of rejects.
fn finish(read: Result<ReadSummary, DatasetError>, mut sink: ChannelSink) -> anyhow::Result<ImportReport> {
    if let Err(error) = read {
        sink.rejects.discard();
        return Err(error.into());
    }
    let rejected = sink.rejected;
    let rejected_list = sink.rejects.close()?;
    let end = match sink.media {
        MediaPlace::None | MediaPlace::Store(_) => ImportMessage::Finished { rejected },
        MediaPlace::Nowhere => ImportMessage::Tried,
    };
    let sent = sink.flush().and_then(|()| Ok(sink.messages.blocking_send(end)?));
    sent.map_err(|error| anyhow::anyhow!("{error}"))?;
    let (rows, first_rejection) = (sink.records + rejected, sink.first_rejection);
    Ok(ImportReport { counts: ImportCounts::default(), rejected, rejected_list, rows, first_rejection })
}

/// Of bytes read; hidden where nobody looks.
pub(super) fn progress_bar(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:40} {bytes}/{total_bytes} {msg} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}

/// Carries records from the reading thread to the transaction.
struct ChannelSink {
    messages: mpsc::Sender<ImportMessage>,
    batch: Vec<Record>,
    bar: ProgressBar,
    rejects: RejectList,
    rejected: u64,
    records: u64,
    media: MediaPlace,
    runtime: Handle,
    first_rejection: String,
}

impl ChannelSink {
    fn flush(&mut self) -> Result<(), SinkError> {
        if !self.batch.is_empty() {
            let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
            self.messages.blocking_send(ImportMessage::Records(batch))?;
        }
        Ok(())
    }
}

impl Sink for ChannelSink {
    fn record(&mut self, mut record: Record, progress: Progress) -> Result<(), SinkError> {
        // A picture's bytes go to their place at once: a batch of them would be too much to hold. A picture of an import that fails
        // afterwards stays there under its hash, named by nothing, and the next attempt finds it.
        if let Record::Media(file) = &mut record {
            match &self.media {
                MediaPlace::Store(store) => self.runtime.block_on(store.put_file(file))?,
                MediaPlace::Nowhere => (file.content, file.thumbnail) = (Vec::new(), None),
                MediaPlace::None => return Err("there is no folder for pictures".into()),
            }
        }
        self.batch.push(record);
        self.records += 1;
        if self.batch.len() >= BATCH {
            self.bar.set_position(progress.bytes);
            let rate = self.records as f64 / self.bar.elapsed().as_secs_f64().max(1e-9);
            self.bar.set_message(format!("{rate:.0} rows/s"));
            self.flush()?;
        }
        Ok(())
    }

    fn rejected(&mut self, rejection: Rejection) -> Result<(), SinkError> {
        if self.rejected == 0 {
            self.first_rejection = format!("line {}: {}", rejection.line, rejection.reason);
        }
        self.rejected += 1;
        self.rejects.write(&rejection)?;
        Ok(())
    }
}

/// The file that lists rejected rows; made with the first of them.
struct RejectList {
    path: Option<PathBuf>,
    file: Option<BufWriter<File>>,
}

impl RejectList {
    fn new(path: Option<PathBuf>) -> Self {
        Self { path, file: None }
    }

    fn write(&mut self, rejection: &Rejection) -> std::io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                self.file.insert(BufWriter::new(File::create(path)?))
            }
        };
        let row =
            json!({ "line": rejection.line, "reason": rejection.reason.to_string(), "excerpt": rejection.excerpt });
        writeln!(file, "{row}")
    }

    fn close(&mut self) -> std::io::Result<Option<PathBuf>> {
        match self.file.take() {
            Some(mut file) => {
                file.flush()?;
                Ok(self.path.clone())
            }
            None => Ok(None),
        }
    }

    fn discard(&mut self) {
        if self.file.take().is_some()
            && let Some(path) = &self.path
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!(%error, path = %path.display(), "cannot remove the list of a failed import");
        }
    }
}
