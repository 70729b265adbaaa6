//! A dataset: a folder that a hub takes as it is.

mod card;
mod checksums;
mod pictures;
mod shards;
mod split;
mod statistics;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    num::NonZeroU64,
    path::{Path, PathBuf},
};

use plaudit_domain::{VoteId, agreement::HumanCeiling};
use serde::{Serialize, Serializer};

pub use split::{Split, SplitBy};

use super::{
    AtomicFile, AtomicFolder, ExportError, ExportFault, ExportSummary, ExportedVote, LeftOut, PictureBytes, atomic,
    license, parquet, rows::Order,
};
use card::Card;
use pictures::Pictures;
use shards::Shards;
use split::{Place, Splitter};
use statistics::{Filtered, STATISTICS_FORMAT, Statistics, Tally};

/// Rows in a file of a dataset, unless somebody asks for another number: with texts of a few kilobytes, files of some
/// hundred megabytes.
pub const DATASET_ROWS_PER_FILE: NonZeroU64 = match NonZeroU64::new(250_000) {
    Some(rows) => rows,
    None => NonZeroU64::MIN,
};

/// How a dataset is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatasetOptions {
    /// What is for training and what for testing.
    pub split: Split,
    /// The most rows that a file has.
    pub rows_per_file: NonZeroU64,
}

/// What the votes themselves do not tell, and the card does.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetFacts {
    /// The dataset's name for people.
    pub title: String,
    /// How far voters agree with each other on the votes of all splits.
    pub agreement: HumanCeiling,
    /// The state of the log that the votes are from.
    pub checkpoint: Option<LogCheckpoint>,
    /// Each filter and how many votes it has left, in the order in which they applied.
    pub filters: Vec<(String, u64)>,
    /// Votes that are not in it because their voters did not agree to it, of those that the other filters of counts and
    /// contestants leave.
    pub unpublished: u64,
    /// What votes lack because it is not for others to see, and how many.
    pub withheld: Vec<(String, u64)>,
    /// What became of texts that look personal, as a sentence.
    pub personal: String,
}

/// A state of the public log: its first events, up to and with the last, and the root of the Merkle tree over their leaf
/// hashes (RFC 6962).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCheckpoint {
    /// How many events: votes, withdrawals and exclusions.
    pub events: u64,
    /// The id of the last of them.
    pub last: VoteId,
    /// The root.
    pub root: [u8; 32],
}

impl LogCheckpoint {
    fn root_hex(&self) -> String {
        self.root.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Serialize for LogCheckpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told {
            events: u64,
            last_event: String,
            root_sha256: String,
        }
        Told { events: self.events, last_event: self.last.to_string(), root_sha256: self.root_hex() }
            .serialize(serializer)
    }
}

/// What became of the votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSummary {
    /// Votes taken, rows of both splits, votes that stand in neither.
    pub all: ExportSummary,
    /// Rows for training.
    pub train: u64,
    /// Rows for testing.
    pub test: u64,
    /// Votes without a known prompt, which went by their battles where prompts decide.
    pub without_prompt: u64,
    /// The files, as they are called in the folder.
    pub files: Vec<String>,
}

/// Writes a dataset:
///
/// | file | |
/// |---|---|
/// | `README.md` | the card, with what hubs and Hugging Face `datasets` read at its head |
/// | `data/train-00000-of-00001.parquet`, … | the votes, with the columns of [`super::ExportFormat::PlauditParquet`] |
/// | `media/HASH.png`, `.mp4`, `.wav`, … | the pictures, clips and sounds at `/media/HASH`, once each, where [`Self::with_pictures`] says where they are |
/// | `statistics.json` | what was counted: votes per outcome, voters, contestants, agreement among voters, the log's checkpoint |
/// | `checksums.sha256` | for `sha256sum -c` |
///
/// The folder takes its name when it is whole, and replaces nothing. The same votes, options and facts give the same bytes.
///
/// Memory is that of two row groups of Parquet and what is different: voters, prompts, contestants; and eight bytes for each
/// vote.
pub struct DatasetWriter {
    folder: AtomicFolder,
    target: PathBuf,
    options: DatasetOptions,
    splitter: Splitter,
    order: Order,
    train: (Shards, Tally),
    test: (Shards, Tally),
    pictures: Pictures,
    crossing: u64,
    without_prompt: u64,
    votes: u64,
}

impl DatasetWriter {
    /// Starts a dataset that will have this name.
    ///
    /// # Errors
    /// When something has that name already, the disk refuses, or the share of the test split is none.
    pub fn create(target: &Path, options: DatasetOptions) -> Result<Self, ExportError> {
        let fail = |fault: ExportFault| fault.at(target);
        let Split { by, test_share, .. } = options.split;
        if by != SplitBy::None && !(test_share > 0.0 && test_share < 1.0) {
            return Err(fail(ExportFault::TestShare { share: test_share }));
        }
        let folder = AtomicFolder::create(target).map_err(fail)?;
        let data = folder.path().join("data");
        fs::create_dir(&data).map_err(|error| fail(error.into()))?;
        let split = |name| (Shards::new(&data, name, options.rows_per_file.get()), Tally::default());
        Ok(Self {
            train: split("train"),
            test: split("test"),
            pictures: Pictures::new(folder.path().to_owned()),
            folder,
            target: target.to_owned(),
            splitter: Splitter::new(options.split),
            options,
            order: Order::default(),
            crossing: 0,
            without_prompt: 0,
            votes: 0,
        })
    }

    /// Puts the pictures and clips beside the votes that are about them.
    #[must_use]
    pub fn with_pictures(mut self, pictures: Box<dyn PictureBytes>) -> Self {
        self.pictures.from(pictures);
        self
    }

    /// Takes one vote, and says whether it has a row. Votes come in the order of their ids.
    ///
    /// # Errors
    /// As [`super::VoteWriter::write`].
    pub fn write(&mut self, vote: &ExportedVote) -> Result<bool, ExportError> {
        self.order.check(vote).map_err(|fault| fault.at(&self.target))?;
        self.votes += 1;
        self.without_prompt += u64::from(vote.prompt.is_none());
        let (shards, tally) = match self.splitter.place(vote) {
            Place::Train => &mut self.train,
            Place::Test => &mut self.test,
            Place::Crossing => {
                self.crossing += 1;
                return Ok(false);
            }
        };
        tally.add(vote);
        shards.write(vote)?;
        self.pictures.write(vote).map_err(|fault| fault.at(&self.target))?;
        Ok(true)
    }

    /// Ends the dataset and gives it its name.
    ///
    /// # Errors
    /// When there is no row, the disk refuses, or something has taken the name meanwhile; there is no folder then.
    pub fn finish(self, facts: &DatasetFacts) -> Result<DatasetSummary, ExportError> {
        let Self { folder, target, options, train, test, pictures, crossing, without_prompt, votes, .. } = self;
        let fail = |fault: ExportFault| fault.at(&target);
        let (train, mut train_tally) = train;
        let (test, mut test_tally) = test;
        if train.rows + test.rows == 0 {
            return Err(fail(ExportFault::NoVotes));
        }
        // Everybody expects a split for training, if need be without rows.
        let (train, test) = (train.finish(true)?, test.finish(false)?);
        let (train_counts, test_counts) = (train_tally.counts(), test_tally.counts());
        let mut all_tally = train_tally.merge(&test_tally);
        let all = all_tally.counts();
        let license = license::together(all_tally.licenses.iter().map(String::as_str));
        let statistics = Statistics {
            format: STATISTICS_FORMAT,
            license: &license,
            all: &all,
            splits: BTreeMap::from([("train", &train_counts), ("test", &test_counts)]),
            split: options.split,
            crossing,
            votes_by_arena: &all_tally.arenas,
            votes_by_contestant: &all_tally.contestants,
            agreement: &facts.agreement,
            checkpoint: facts.checkpoint.as_ref(),
            filters: Filtered::all(facts),
            left_out_without_consent: facts.unpublished,
        };
        let mut json = serde_json::to_vec_pretty(&statistics).map_err(|error| fail(error.into()))?;
        json.push(b'\n');
        let mut files: Vec<String> = train.files.iter().chain(&test.files).map(|name| format!("data/{name}")).collect();
        let card = Card {
            facts,
            split: options.split,
            license: &license,
            tally: &all_tally,
            all: &all,
            splits: [(&train, &train_counts), (&test, &test_counts)]
                .into_iter()
                .filter(|(split, _)| !split.files.is_empty())
                .collect(),
            crossing,
            pictures: pictures.files.iter().filter(|name| name.ends_with(".png")).count(),
            clips: pictures.files.iter().filter(|name| !name.ends_with(".png")).count(),
            features: parquet::features().map_err(fail)?,
        };
        let card = card.text();
        let put = |name: &str, bytes: &[u8]| put(&folder.path().join(name), bytes).map_err(fail);
        put("README.md", card.as_bytes())?;
        put("statistics.json", &json)?;
        files.extend(["README.md".to_owned(), "statistics.json".to_owned()]);
        let has_pictures = !pictures.files.is_empty();
        files.extend(pictures.files);
        files.sort_unstable();
        let manifest = checksums::manifest(folder.path(), &files).map_err(|error| fail(error.into()))?;
        put("checksums.sha256", manifest.as_bytes())?;
        files.push("checksums.sha256".to_owned());
        // The names in all folders have to be on the disk before that of the whole.
        let folders = [Some("data/_"), has_pictures.then_some("media/_"), Some("_")];
        for path in folders.into_iter().flatten().map(|name| folder.path().join(name)) {
            atomic::sync_folder_of(&path).map_err(|error| fail(error.into()))?;
        }
        folder.commit().map_err(fail)?;
        let (train, test) = (train.rows, test.rows);
        let left_out = [(LeftOut::Crossing, crossing)].into_iter().filter(|(_, votes)| *votes > 0).collect();
        let all = ExportSummary { votes, rows: train + test, left_out };
        Ok(DatasetSummary { all, train, test, without_prompt, files })
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), ExportFault> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    Ok(file.commit()?)
}
