//! `plaudit export`: votes out of the database into a file, or into the folder of a dataset.

mod dataset;
mod filters;
mod output_format;
mod records;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal,
    num::NonZeroU64,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use plaudit_datasets::export::{
    Compression, DatasetSummary, ExportSummary, ExportedVote, PersonalKind, PictureBytes, Pseudonyms, SplitBy,
    VoteWriter, create_with,
};
use plaudit_domain::{ArenaId, ArenaSlug, ContestantSlug, Outcome, VoteId};

use crate::{
    cli::DataArgs,
    clock::random_bytes,
    language::LanguageFilter,
    media::MediaStore,
    store::{ExportRow, ExportTexts, Store},
};
use dataset::Dataset;
use filters::Filters;
pub use filters::Step;
pub(crate) use filters::instant;
pub use output_format::OutputFormat;
pub(crate) use records::Records;
pub use records::Withheld;

/// Votes that are read at once.
const PAGE: u32 = 1000;

/// Of what neither the command nor the arena names one for.
const DEFAULT_LICENCE: &str = "CC-BY-4.0";

/// `plaudit export`.
///
/// What the site does not show to everybody stays here: prompts that visitors typed and the answers to them, and what
/// browsers made and this server has not made again. Voters get names that this export alone uses.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Where the data are.
    #[command(flatten)]
    pub data: DataArgs,
    /// The file to write; `.gz` or `.zst` at its end compresses it. For a dataset, the folder to make.
    #[arg(long)]
    pub out: PathBuf,
    /// plaudit-jsonl, plaudit-parquet, arena-55k, arena-140k, genai-arena, genai-bench, genai-bench-parquet
    /// (with the pictures in it), trl-preference,
    /// trl-preference-conversational, trl-unpaired, soft-preference, reward-rows, argilla, label-studio or csv; or
    /// dataset, a folder that a hub takes as it is.
    #[arg(long)]
    pub format: OutputFormat,
    /// none, gzip or zstd, whatever the file's name says.
    #[arg(long)]
    pub compression: Option<Compression>,
    /// Only this arena.
    #[arg(long)]
    pub arena: Option<ArenaSlug>,
    /// Only votes from this day or instant on: 2026-09-21 or 2026-09-21T12:00:00Z.
    #[arg(long, value_parser = filters::instant)]
    pub since: Option<plaudit_domain::Timestamp>,
    /// Only votes before this day or instant.
    #[arg(long, value_parser = filters::instant)]
    pub until: Option<plaudit_domain::Timestamp>,
    /// Only battles of these contestants, separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub contestant: Vec<ContestantSlug>,
    /// Only these outcomes, separated by commas: left, right, tie, both_bad.
    #[arg(long, value_delimiter = ',')]
    pub outcome: Vec<Outcome>,
    /// Only prompts in these languages, as tags of BCP 47 separated by commas: en, de, und (not recognised).
    #[arg(long, value_delimiter = ',')]
    pub language: Vec<LanguageFilter>,
    /// Only votes cast here, or only imported ones.
    #[arg(long)]
    pub source: Option<Source>,
    /// Only battles whose answers this server made itself, imported, or made again with the same result.
    #[arg(long)]
    pub verified_only: bool,
    /// No votes with an answer that tells who made it: its contestant's name, or a well-known model as its own.
    #[arg(long)]
    pub without_leaks: bool,
    /// Also votes that were taken back or are left out of the boards, marked as such.
    #[arg(long)]
    pub with_excluded: bool,
    /// Only pairs of contestants with so many votes among those that the other filters leave.
    #[arg(long)]
    pub min_votes_per_pair: Option<u64>,
    /// Of each prompt only the first vote; votes without a known prompt stay.
    #[arg(long)]
    pub distinct_prompts: bool,
    /// What becomes of votes with texts that look as if they told an address, a telephone or a card number.
    #[arg(long, default_value = "drop")]
    pub pii: Pii,
    /// Leave texts away.
    #[arg(long)]
    pub without_texts: bool,
    /// The licence of every row, as an SPDX expression. Otherwise that of the row's arena, and where it has none CC-BY-4.0.
    #[arg(long, value_parser = licence)]
    pub licence: Option<String>,
    /// Of a dataset, what its training and test split do not have in common: prompt (unless you say otherwise), pair,
    /// contestant; or none, which makes one split.
    #[arg(long)]
    pub split_by: Option<SplitBy>,
    /// Of a dataset, the share of prompts, pairs or contestants in the test split; 0.1 unless you say otherwise.
    #[arg(long)]
    pub test_share: Option<f64>,
    /// Of a dataset, another assignment to its splits for another number; 0 unless you say otherwise.
    #[arg(long)]
    pub split_seed: Option<u64>,
    /// Of a dataset, the most rows of a file.
    #[arg(long)]
    pub rows_per_file: Option<NonZeroU64>,
    /// Of a dataset, leave the files of pictures away; their addresses stay.
    #[arg(long)]
    pub without_pictures: bool,
    /// Of a dataset, its name for people.
    #[arg(long)]
    pub title: Option<String>,
    /// Makes the voters' names from this number, so that the same export is the same bytes. Whoever knows the number and
    /// a voter's id can then find that voter's votes.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Who follows the export instead of the terminal.
    #[arg(skip)]
    pub watch: Option<Watch>,
}

/// Hears how far an export is: votes written and votes to look at. With `false` it ends the export, which leaves no file.
#[derive(Clone)]
pub struct Watch(pub std::sync::Arc<dyn Fn(u64, u64) -> bool + Send + Sync>);

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Watch(…)")
    }
}

/// Where votes were cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// Here.
    Cast,
    /// In an imported file.
    Imported,
}

/// What becomes of texts that look personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pii {
    /// They stay, and are counted.
    Keep,
    /// Their votes are left out.
    Drop,
    /// Words in brackets stand in their places, and the texts' ids are those of the changed texts.
    Mask,
}

/// What was done.
#[derive(Debug)]
pub struct ExportReport {
    /// Votes left after each filter, in the order in which they apply.
    pub steps: Vec<(Step, u64)>,
    /// Votes that are left out because their voters did not agree to publication. They count on the boards.
    pub unpublished: u64,
    /// Votes with finds of each kind.
    pub personal: BTreeMap<PersonalKind, u64>,
    /// Texts that are not for others to see.
    pub withheld: Withheld,
    /// What the writer says.
    pub summary: ExportSummary,
    /// What it says of the splits of a dataset.
    pub dataset: Option<DatasetSummary>,
    /// The licences of the rows.
    pub licences: BTreeSet<String>,
}

impl ExportReport {
    /// Votes that are not in the file, by reason: those for which the form has no row, and those without consent.
    pub(crate) fn left_out(&self) -> BTreeMap<String, u64> {
        let mut reasons: BTreeMap<String, u64> =
            self.summary.left_out.iter().map(|(why, votes)| (why.to_string(), *votes)).collect();
        if self.unpublished > 0 {
            reasons.insert("their voters did not agree to publication".to_owned(), self.unpublished);
        }
        reasons
    }
}

/// The pictures of a data folder, for formats that embed them.
struct KeptPictures(MediaStore);

impl PictureBytes for KeptPictures {
    fn bytes(&self, address: &str) -> std::io::Result<Option<Vec<u8>>> {
        match address.strip_prefix("/media/").and_then(|id| id.parse().ok()) {
            Some(media) => self.0.file(media),
            None => Ok(None),
        }
    }
}

/// Where votes go.
enum Sink {
    File(Box<dyn VoteWriter>),
    Dataset(Box<Dataset>),
}

impl Sink {
    fn create(args: &ExportArgs) -> anyhow::Result<Self> {
        match args.format {
            OutputFormat::Dataset => Ok(Self::Dataset(Box::new(Dataset::create(args)?))),
            OutputFormat::File(format) => {
                dataset::refuse_options(args)?;
                let compression = args.compression.unwrap_or_else(|| Compression::of(&args.out));
                let pictures = KeptPictures(MediaStore::in_folder(&args.data.data)?);
                Ok(Self::File(create_with(format, &args.out, compression, Some(Box::new(pictures)))?))
            }
        }
    }

    fn write(&mut self, vote: &ExportedVote, row: &ExportRow) -> anyhow::Result<()> {
        match self {
            Self::File(writer) => Ok(writer.write(vote)?),
            Self::Dataset(dataset) => dataset.write(vote, row),
        }
    }
}

/// Exports.
///
/// # Errors
/// When the database or the disk refuses, or votes change meanwhile; there is no new file then.
pub async fn run(args: ExportArgs) -> anyhow::Result<()> {
    let store = args.data.open().await?;
    let started = Instant::now();
    let report = export(&store, &args).await?;
    let ExportSummary { votes, rows, left_out } = &report.summary;
    for (why, count) in left_out {
        eprintln!("  {count} votes have no row in {}: {why}", args.format);
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = *votes as f64 / seconds.max(1e-9);
    eprintln!("wrote {rows} rows of {votes} votes to {} in {seconds:.1} s ({rate:.0} votes/s)", args.out.display());
    if let Some(DatasetSummary { train, test, .. }) = &report.dataset {
        eprintln!("  {train} for training, {test} for testing");
        if *test == 0 && args.split_by != Some(SplitBy::None) {
            eprintln!("  so few that none fell into the test split: try another --test-share or --split-seed");
        }
    }
    let licences: Vec<_> = report.licences.iter().map(String::as_str).collect();
    eprintln!("licence: {}", licences.join(", "));
    store.close().await;
    Ok(())
}

/// Exports out of an open database.
///
/// # Errors
/// As [`run`].
pub async fn export(store: &Store, args: &ExportArgs) -> anyhow::Result<ExportReport> {
    let arenas = store.arenas().await?;
    let arena = match &args.arena {
        None => None,
        Some(slug) => match arenas.iter().find(|arena| arena.slug == *slug) {
            Some(arena) => Some(arena.id),
            None => {
                let known: Vec<_> = arenas.iter().map(|arena| arena.slug.as_str()).collect();
                bail!("there is no arena {slug}; there are: {}", known.join(", "));
            }
        },
    };
    let key = args.seed.map_or_else(|| Pseudonyms::new(random_bytes()), Pseudonyms::from_seed);
    let contestants = store.contestants().await?;
    let mut records = Records::new(arenas, contestants, key, args);
    let mut filters = Filters::new(args, records.contestant_ids(&args.contestant)?);
    let head = store.last_event().await?.unwrap_or(VoteId::from_bytes([0; 16]));
    let mut sink = Sink::create(args)?;
    let mut texts = ExportTexts::default();

    if args.min_votes_per_pair.is_some() {
        each_vote(store, &mut texts, arena, head, |row| {
            filters.count_pair(&mut records, row);
            Ok(())
        })
        .await?;
    }
    let mut counted = 0;
    each_vote(store, &mut texts, arena, head, |row| {
        counted += 1;
        filters.admits(&mut records, row);
        Ok(())
    })
    .await?;
    let (steps, personal, unpublished) = (filters.counts(), filters.personal().clone(), filters.unpublished());
    let told = args.watch.is_none();
    if told {
        for (step, votes) in &steps {
            eprintln!("  {votes:>10} votes {step}");
        }
        if unpublished > 0 {
            eprintln!(
                "  {unpublished:>10} votes stay: their voters did not agree to publication (they count on the boards)"
            );
        }
        for (kind, votes) in &personal {
            eprintln!("  {votes:>10} of them with what looks like a {kind}");
        }
    }
    filters.rewind();

    let (bar, mut seen) = (if told { progress_bar(counted) } else { ProgressBar::hidden() }, 0_u64);
    each_vote(store, &mut texts, arena, head, |row| {
        seen += 1;
        if seen.is_multiple_of(u64::from(PAGE)) {
            bar.set_position(seen);
            if args.watch.as_ref().is_some_and(|Watch(go_on)| !go_on(seen, counted)) {
                bail!("the export was stopped");
            }
        }
        if filters.admits(&mut records, row) {
            sink.write(&records.of(row)?, row)?;
        }
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    if filters.counts() != steps {
        bail!("votes changed while they were exported (an import, an undo or an exclusion): start it again");
    }
    let withheld = records.withheld();
    let licences = records.licences();
    let (summary, dataset) = match sink {
        Sink::File(writer) => (writer.finish()?, None),
        Sink::Dataset(dataset) => {
            let checkpoint = dataset::checkpoint(store, head).await?;
            let title = args.title.clone().unwrap_or_else(|| records.title());
            let summary = dataset.finish(args, title, &steps, unpublished, withheld, checkpoint)?;
            (summary.all.clone(), Some(summary))
        }
    };
    if told {
        for (what, votes) in withheld.told() {
            eprintln!("  {votes:>10} votes are without {what}");
        }
    }
    Ok(ExportReport { steps, unpublished, personal, withheld, summary, dataset, licences })
}

async fn each_vote(
    store: &Store,
    texts: &mut ExportTexts,
    arena: Option<ArenaId>,
    until: VoteId,
    mut take: impl FnMut(&ExportRow) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = VoteId::from_bytes([0; 16]);
    loop {
        let page = store.export_page_with(texts, arena, after, until, PAGE).await.context("cannot read the votes")?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        page.iter().try_for_each(&mut take)?;
    }
}

/// Something visible.
fn licence(text: &str) -> Result<String, String> {
    let licence = text.trim();
    if licence.is_empty() {
        Err("expected an SPDX expression such as CC-BY-4.0".to_owned())
    } else {
        Ok(licence.to_owned())
    }
}

/// Of votes; hidden where nobody looks.
fn progress_bar(votes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:40} {pos}/{len} votes {per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(votes).with_style(style)
}

/// The arguments for a whole export into a file, for those who change some of them.
pub fn plain(data: &Path, format: impl Into<OutputFormat>, out: &Path) -> ExportArgs {
    ExportArgs {
        data: DataArgs { data: data.to_owned(), database: None },
        out: out.to_owned(),
        format: format.into(),
        compression: None,
        arena: None,
        since: None,
        until: None,
        contestant: Vec::new(),
        outcome: Vec::new(),
        language: Vec::new(),
        source: None,
        verified_only: false,
        without_leaks: false,
        with_excluded: false,
        min_votes_per_pair: None,
        distinct_prompts: false,
        pii: Pii::Drop,
        without_texts: false,
        licence: None,
        split_by: None,
        test_share: None,
        split_seed: None,
        rows_per_file: None,
        without_pictures: false,
        title: None,
        seed: None,
        watch: None,
    }
}
