//! Exports as jobs: who wants a file of an arena's votes orders it, sees how far it is, and fetches it.
//!
//! One is written at a time, and few wait. The same order of the same log is the same job: its file is made once and fetched by
//! everybody, with the voters' names of that one export. Files stay for a day, and the oldest go where the disk's share is full. A
//! job belongs to the server that took the order: several servers share their files where they share the data folder.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use plaudit_datasets::export::{AtomicFile, Compression, ExportFormat};
use plaudit_domain::{ArenaSlug, ContestantSlug, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, watch};

use crate::{
    board::{ArenaLog, Boards},
    clock::{Clock, random_bytes},
    command::export::{ExportArgs, ExportReport, Pii, Source, Watch, export, plain},
    language::LanguageFilter,
    rate::TooOften,
    store::StoreError,
};

/// Orders that wait or are being worked on.
const MOST_JOBS: usize = 8;
/// Failures that are remembered for who asks after them.
const MOST_FAILURES: usize = 64;
/// How long a file stays.
const KEEP_MILLIS: i64 = 24 * 3600 * 1000;
/// An undo in the middle of an export ends it; the next attempt sees the log as it is then.
const ATTEMPTS: u32 = 3;
/// Files are looked through this often.
const SWEEP_PAUSE: Duration = Duration::from_secs(600);
const FOLDER: &str = "exports";
const RECORD_EXTENSION: &str = "export";

/// The forms that are one file.
pub const FORMATS: [ExportFormat; 15] = [
    ExportFormat::Csv,
    ExportFormat::PlauditJsonl,
    ExportFormat::PlauditParquet,
    ExportFormat::TrlPreference,
    ExportFormat::TrlPreferenceConversational,
    ExportFormat::TrlUnpaired,
    ExportFormat::SoftPreference,
    ExportFormat::RewardRows,
    ExportFormat::Arena55k,
    ExportFormat::Arena140k,
    ExportFormat::GenaiArena,
    ExportFormat::GenaiBench,
    ExportFormat::GenaiBenchParquet,
    ExportFormat::Argilla,
    ExportFormat::LabelStudio,
];

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOrder {
    /// Of which arena.
    pub arena: ArenaSlug,
    /// In which form.
    pub format: ExportFormat,
    /// Packed, where the form is not packed by itself.
    pub compression: Compression,
    /// Only votes from this instant on.
    pub since: Option<Timestamp>,
    /// Only votes before this instant.
    pub until: Option<Timestamp>,
    /// Only battles of these; of all where there are none.
    pub contestants: Vec<ContestantSlug>,
    /// Only these outcomes; all where there are none.
    pub outcomes: Vec<Outcome>,
    /// Only prompts in these languages; in any where there are none.
    pub languages: Vec<LanguageFilter>,
    /// Only votes cast here, or only imported ones.
    pub source: Option<Source>,
    /// Only battles whose answers are known to come from their contestants.
    pub verified_only: bool,
    /// No votes with an answer that tells who made it.
    pub without_leaks: bool,
    /// Also votes that were taken back or are left out of the boards.
    pub with_excluded: bool,
    /// Only pairs with so many votes.
    pub min_votes_per_pair: Option<u64>,
    /// Of each prompt only the first vote.
    pub distinct_prompts: bool,
    /// Texts that look personal are masked; otherwise their votes are left out.
    pub mask_personal: bool,
    /// Leave texts away.
    pub without_texts: bool,
}

impl ExportOrder {
    /// All votes of an arena, as the exporter exports unless told otherwise.
    pub fn whole(arena: ArenaSlug, format: ExportFormat) -> Self {
        Self {
            arena,
            format,
            compression: Compression::None,
            since: None,
            until: None,
            contestants: Vec::new(),
            outcomes: Vec::new(),
            languages: Vec::new(),
            source: None,
            verified_only: false,
            without_leaks: false,
            with_excluded: false,
            min_votes_per_pair: None,
            distinct_prompts: false,
            mask_personal: false,
            without_texts: false,
        }
    }

    fn args(&self, data: &Path, out: &Path, watch: Watch) -> ExportArgs {
        ExportArgs {
            compression: Some(self.compression),
            arena: Some(self.arena.clone()),
            since: self.since,
            until: self.until,
            contestant: self.contestants.clone(),
            outcome: self.outcomes.clone(),
            language: self.languages.clone(),
            source: self.source,
            verified_only: self.verified_only,
            without_leaks: self.without_leaks,
            with_excluded: self.with_excluded,
            min_votes_per_pair: self.min_votes_per_pair,
            distinct_prompts: self.distinct_prompts,
            pii: if self.mask_personal { Pii::Mask } else { Pii::Drop },
            without_texts: self.without_texts,
            watch: Some(watch),
            ..plain(data, self.format, out)
        }
    }

    fn extension(&self) -> String {
        let packed = match self.compression {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        [self.format.extension(), packed].concat()
    }
}

/// A job: 32 hexadecimal digits that follow from what is ordered and from the state of the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExportId(String);

impl ExportId {
    /// Out of an address; `None` for what is no id.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A finished export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedExport {
    /// Of which arena.
    pub arena: ArenaSlug,
    /// In which form.
    pub format: String,
    /// Name of the file in the folder of exports.
    file: String,
    /// Its name where it is fetched to.
    pub download: String,
    /// Its length.
    pub bytes: u64,
    /// Votes in it.
    pub votes: u64,
    /// Rows in it.
    pub rows: u64,
    /// Votes that are not in it because the form has no row for them or their voters did not agree, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Licence of the arena's prompts and generations, an SPDX expression.
    pub license: Option<String>,
    /// Of this writing of the file: an order that is written anew names its voters anew.
    pub tag: String,
    /// When it was finished.
    pub finished_at: Timestamp,
}

/// Where a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportState {
    /// Others are before it.
    Waiting,
    /// It is being written.
    Running {
        /// Votes looked at.
        seen: u64,
        /// Votes to look at; 0 while they are counted.
        votes: u64,
    },
    /// The file is there.
    Finished(FinishedExport),
    /// There is no file.
    Failed {
        /// Why, for whoever ordered it.
        reason: String,
    },
}

/// Why an order is not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// There is no such arena.
    #[error("there is no arena {0}")]
    Arena(ArenaSlug),
    /// The arena has no such contestant.
    #[error("the arena has no contestant {0}")]
    Contestant(ContestantSlug),
    /// Parquet is packed by itself.
    #[error("{0} is compressed already")]
    Compressed(ExportFormat),
    /// Too many wait.
    #[error("too many exports are waiting")]
    Busy,
    /// This network ordered too many.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk.
    #[error("the folder of exports: {0}")]
    Disk(#[from] io::Error),
}

#[derive(Default)]
struct Progress {
    seen: AtomicU64,
    votes: AtomicU64,
    running: AtomicBool,
}

enum Job {
    Open(Arc<Progress>),
    Failed(String),
}

/// Takes orders, and has them written one after another.
pub struct ExportDesk {
    boards: Arc<Boards>,
    data: PathBuf,
    clock: Clock,
    most_bytes: u64,
    stopping: watch::Receiver<bool>,
    jobs: Mutex<HashMap<ExportId, Job>>,
    turn: Semaphore,
    ended: Notify,
}

impl ExportDesk {
    /// Over the boards' database, with files in `data`/exports of at most `most_bytes` together.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn new(
        boards: Arc<Boards>,
        data: &Path,
        most_bytes: u64,
        clock: Clock,
        stopping: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        // What a killed server left.
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "partial") {
                std::fs::remove_file(path)?;
            }
        }
        let (jobs, turn, ended) = (Mutex::default(), Semaphore::new(1), Notify::new());
        Ok(Self { boards, data: data.to_owned(), clock, most_bytes, stopping, jobs, turn, ended })
    }

    fn folder(&self) -> PathBuf {
        self.data.join(FOLDER)
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<ExportId, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an order. `allow` is asked only where it is new work.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn order(
        self: &Arc<Self>,
        order: ExportOrder,
        allow: impl FnOnce() -> Result<(), TooOften>,
    ) -> Result<ExportId, OrderError> {
        let arena = self.boards.arena(&order.arena).ok_or_else(|| OrderError::Arena(order.arena.clone()))?;
        if order.format.is_compressed() && order.compression != Compression::None {
            return Err(OrderError::Compressed(order.format));
        }
        let content = self.boards.store().content_version().await?;
        // A voter who no longer wants to be published is in no file that is made from now on.
        let choices = self.boards.store().publication_choices().await?;
        let (version, unknown) = arena.with_log(|log| {
            let known = |slug: &ContestantSlug| log.contestants().iter().any(|contestant| contestant.slug == *slug);
            (ArenaLog::version(log), order.contestants.iter().find(|slug| !known(slug)).cloned())
        });
        if let Some(unknown) = unknown {
            return Err(OrderError::Contestant(unknown));
        }
        let hash = blake3::hash(format!("plaudit export 2\n{version} {content:?} {choices}\n{order:?}").as_bytes());
        let id = ExportId(hash.to_hex()[..32].to_owned());
        if self.finished(&id).is_some() {
            return Ok(id);
        }
        let progress = Arc::new(Progress::default());
        {
            let mut jobs = self.jobs();
            let open = jobs.values().filter(|job| matches!(job, Job::Open(_))).count();
            match jobs.get(&id) {
                Some(Job::Open(_)) => return Ok(id),
                _ if open >= MOST_JOBS => return Err(OrderError::Busy),
                _ => allow()?,
            }
            jobs.insert(id.clone(), Job::Open(progress.clone()));
        }
        let license = arena.row.license.clone();
        tokio::spawn(self.clone().work(id.clone(), order, license, progress));
        Ok(id)
    }

    async fn work(self: Arc<Self>, id: ExportId, order: ExportOrder, license: Option<String>, progress: Arc<Progress>) {
        let written = match self.turn.acquire().await {
            Ok(_turn) => {
                progress.running.store(true, Ordering::Relaxed);
                let (desk, id) = (self.clone(), id.clone());
                // The writer writes to the disk between its reads, so the whole of it has a thread of its own.
                let runtime = tokio::runtime::Handle::current();
                let work = move || runtime.block_on(desk.write(&id, &order, license, &progress));
                tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err("the export did not end".to_owned()))
            }
            Err(_) => Err("the server stops".to_owned()),
        };
        {
            let mut jobs = self.jobs();
            match written {
                Ok(()) => {
                    jobs.remove(&id);
                }
                Err(reason) => {
                    if jobs.len() > MOST_FAILURES {
                        jobs.retain(|_, job| matches!(job, Job::Open(_)));
                    }
                    jobs.insert(id, Job::Failed(reason));
                }
            }
        }
        self.ended.notify_waiters();
    }

    /// Writes a file and its record. The error is for whoever ordered it.
    async fn write(
        self: &Arc<Self>,
        id: &ExportId,
        order: &ExportOrder,
        license: Option<String>,
        progress: &Arc<Progress>,
    ) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| {
            let reference = data_encoding::HEXLOWER.encode(&random_bytes::<4>());
            tracing::error!(%error, reference, id = id.as_str(), "an export failed");
            format!("something went wrong on our side (reference {reference})")
        };
        self.sweep(self.most_bytes / 2).map_err(|error| failed(&error))?;
        let file = [id.as_str(), ".", &order.extension()].concat();
        let out = self.folder().join(&file);
        let too_large = Arc::new(AtomicBool::new(false));
        let watch = {
            let (desk, progress, too_large) = (self.clone(), progress.clone(), too_large.clone());
            Watch(Arc::new(move |seen, votes| {
                progress.seen.store(seen, Ordering::Relaxed);
                progress.votes.store(votes, Ordering::Relaxed);
                let full = folder_bytes(&desk.folder()).is_ok_and(|bytes| bytes > desk.most_bytes);
                too_large.fetch_or(full, Ordering::Relaxed);
                !full && !*desk.stopping.borrow()
            }))
        };
        let args = order.args(&self.data, &out, watch);
        let mut attempt = 1;
        let report = loop {
            match export(self.boards.store(), &args).await {
                Ok(report) => break report,
                Err(_) if too_large.load(Ordering::Relaxed) => {
                    return Err("the file would be larger than this site lets exports be; ask for fewer votes, or without texts".to_owned());
                }
                Err(_) if *self.stopping.borrow() => return Err("the server stops".to_owned()),
                Err(error) if attempt < ATTEMPTS => {
                    tracing::info!(error = format!("{error:#}"), attempt, "an export starts again");
                    attempt += 1;
                }
                Err(error) => return Err(failed(&format!("{error:#}"))),
            }
        };
        let record = self.record(order, file, license, report).map_err(|error| failed(&error))?;
        self.put_record(id, &record).map_err(|error| failed(&error))
    }

    fn record(
        &self,
        order: &ExportOrder,
        file: String,
        license: Option<String>,
        report: ExportReport,
    ) -> io::Result<FinishedExport> {
        let bytes = std::fs::metadata(self.folder().join(&file))?.len();
        let left_out = report.left_out();
        let summary = report.summary;
        Ok(FinishedExport {
            arena: order.arena.clone(),
            format: order.format.to_string(),
            download: format!("plaudit-{}-{}.{}", order.arena, order.format, order.extension()),
            file,
            bytes,
            votes: summary.votes,
            rows: summary.rows,
            left_out,
            license,
            tag: data_encoding::HEXLOWER.encode(&random_bytes::<16>()),
            finished_at: (self.clock)(),
        })
    }

    fn record_path(&self, id: &ExportId) -> PathBuf {
        self.folder().join([id.as_str(), ".", RECORD_EXTENSION].concat())
    }

    fn put_record(&self, id: &ExportId, record: &FinishedExport) -> io::Result<()> {
        let mut file = AtomicFile::create(&self.record_path(id)).map_err(io::Error::other)?;
        serde_json::to_writer(&mut file, record)?;
        file.commit()
    }

    /// The record of a file that is there.
    fn finished(&self, id: &ExportId) -> Option<FinishedExport> {
        let record = std::fs::read(self.record_path(id)).ok()?;
        let record: FinishedExport = serde_json::from_slice(&record).ok()?;
        self.path(&record).is_file().then_some(record)
    }

    /// Where a finished file is.
    pub fn path(&self, export: &FinishedExport) -> PathBuf {
        self.folder().join(&export.file)
    }

    /// Where a job is; `None` for one that nobody ordered, or whose file was swept.
    pub fn state(&self, id: &ExportId) -> Option<ExportState> {
        match self.jobs().get(id) {
            Some(Job::Open(progress)) if progress.running.load(Ordering::Relaxed) => {
                let (seen, votes) = (progress.seen.load(Ordering::Relaxed), progress.votes.load(Ordering::Relaxed));
                return Some(ExportState::Running { seen, votes });
            }
            Some(Job::Open(_)) => return Some(ExportState::Waiting),
            Some(Job::Failed(reason)) => return Some(ExportState::Failed { reason: reason.clone() }),
            None => {}
        }
        self.finished(id).map(ExportState::Finished)
    }

    /// Waits until a job has ended, or for so long.
    pub async fn wait(&self, id: &ExportId, limit: Duration) -> Option<ExportState> {
        let ended = async {
            loop {
                // Heard from before the look, so that an end between the two is not missed.
                let next = self.ended.notified();
                match self.state(id) {
                    Some(ExportState::Waiting | ExportState::Running { .. }) => next.await,
                    state => return state,
                }
            }
        };
        match tokio::time::timeout(limit, ended).await {
            Ok(state) => state,
            Err(_) => self.state(id),
        }
    }

    /// Removes what is too old, and the oldest files until no more than `most_bytes` are left.
    fn sweep(&self, most_bytes: u64) -> io::Result<()> {
        let mut records = Vec::new();
        for entry in std::fs::read_dir(self.folder())? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != RECORD_EXTENSION) {
                continue;
            }
            match serde_json::from_slice::<FinishedExport>(&std::fs::read(&path)?) {
                Ok(record) => records.push((record, path)),
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "a damaged record of an export is removed");
                    std::fs::remove_file(path)?;
                }
            }
        }
        records.sort_by_key(|(record, _)| record.finished_at);
        let mut bytes: u64 = records.iter().map(|(record, _)| record.bytes).sum();
        let oldest = (self.clock)().plus_millis(-KEEP_MILLIS);
        for (record, path) in records {
            if record.finished_at >= oldest && bytes <= most_bytes {
                break;
            }
            bytes -= record.bytes;
            // The record first: a file without one is nobody's.
            std::fs::remove_file(path)?;
            match std::fs::remove_file(self.path(&record)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Sweeps for as long as the server runs.
    pub async fn keep_swept(self: Arc<Self>) {
        let mut stopping = self.stopping.clone();
        loop {
            let desk = self.clone();
            match tokio::task::spawn_blocking(move || desk.sweep(desk.most_bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the folder of exports cannot be swept"),
                Err(error) => tracing::error!(%error, "sweeping the folder of exports did not end"),
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_PAUSE) => {}
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        }
    }
}

fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        // One that was swept meanwhile takes no room.
        bytes += entry?.metadata().map_or(0, |metadata| metadata.len());
    }
    Ok(bytes)
}
