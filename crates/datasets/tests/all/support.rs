use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use flate2::{Compression, write::GzEncoder};
use plaudit_datasets::{
    Ballot, BallotOptions, BallotSink, BallotSummary, DatasetError, ImportedVote, Progress, ReadOptions, ReadSummary,
    Reason, Record, Rejection, Roster, Sink, SinkError, discover,
};
use plaudit_domain::{Arena, ArenaSlug, BattleId, Contestant, Generation, GenerationId, Prompt, PromptId};

/// A folder for one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("plaudit-datasets-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays behind: {error}", self.0.display());
        }
    }
}

pub(crate) fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Keeps everything, and fails when something is referred to before it was told, or told twice in one source.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) arenas: BTreeMap<String, Arena>,
    pub(crate) contestants: BTreeMap<(String, String), Contestant>,
    pub(crate) prompts: BTreeMap<PromptId, Prompt>,
    pub(crate) generations: BTreeMap<GenerationId, Generation>,
    pub(crate) media: Vec<plaudit_datasets::MediaFile>,
    pub(crate) votes: Vec<ImportedVote>,
    pub(crate) vote_lines: Vec<u64>,
    pub(crate) rejections: Vec<Rejection>,
    told: HashSet<String>,
    last_bytes: u64,
}

impl Kept {
    pub(crate) fn battles(&self) -> Vec<BattleId> {
        self.votes.iter().map(|vote| vote.battle).collect()
    }

    /// The reasons of the rows left out, with their lines.
    pub(crate) fn reasons(&self) -> Vec<(u64, Reason)> {
        self.rejections.iter().map(|rejection| (rejection.line, rejection.reason.clone())).collect()
    }

    fn tell(&mut self, what: String) {
        assert!(self.told.insert(what.clone()), "{what} was told twice");
    }

    fn known(&self, what: &str) {
        assert!(self.told.contains(what), "{what} is referred to but was not told");
    }
}

impl Sink for Kept {
    fn record(&mut self, record: Record, progress: Progress) -> Result<(), SinkError> {
        assert!(progress.bytes >= self.last_bytes, "progress went back");
        assert!(progress.line > 0);
        self.last_bytes = progress.bytes;
        match record {
            Record::Arena(arena) => {
                self.tell(format!("arena {}", arena.slug));
                self.arenas.insert(arena.slug.to_string(), arena);
            }
            Record::Contestant { arena, contestant } => {
                self.known(&format!("arena {arena}"));
                self.tell(format!("contestant {arena} {}", contestant.slug));
                self.contestants.insert((arena.to_string(), contestant.slug.to_string()), contestant);
            }
            Record::Prompt { arena, prompt } => {
                self.known(&format!("arena {arena}"));
                let id = prompt.id(&arena);
                self.tell(format!("prompt {id}"));
                self.prompts.insert(id, prompt);
            }
            Record::Generation { arena, prompt, id, generation } => {
                self.known(&format!("contestant {arena} {}", generation.contestant));
                self.known(&format!("prompt {prompt}"));
                if let plaudit_domain::Content::Picture { media, .. } = &generation.content {
                    self.known(&format!("media {media}"));
                }
                self.tell(format!("generation {id}"));
                self.generations.insert(id, generation);
            }
            Record::Media(file) => {
                assert_eq!(file.media.id, plaudit_domain::MediaId::of(&file.content));
                self.tell(format!("media {}", file.media.id));
                self.media.push(file);
            }
            Record::Vote(vote) => {
                self.known(&format!("contestant {} {}", vote.arena, vote.left));
                self.known(&format!("contestant {} {}", vote.arena, vote.right));
                if let Some(prompt) = vote.prompt {
                    self.known(&format!("prompt {prompt}"));
                }
                for id in [vote.left_generation, vote.right_generation].into_iter().flatten() {
                    assert!(self.generations.contains_key(&id), "{id} was in no source before");
                }
                self.vote_lines.push(progress.line);
                self.votes.push(vote);
            }
        }
        Ok(())
    }

    fn rejected(&mut self, rejection: Rejection) -> Result<(), SinkError> {
        self.rejections.push(rejection);
        Ok(())
    }
}

/// Discovers and reads everything, one source after the other.
pub(crate) fn read_all(paths: &[PathBuf], options: &ReadOptions) -> Result<(Kept, Vec<ReadSummary>), DatasetError> {
    let mut kept = Kept::default();
    let mut summaries = Vec::new();
    for source in discover(paths)?.sources {
        kept.told.clear();
        kept.last_bytes = 0;
        summaries.push(source.read(options, &mut kept)?);
        assert!(kept.last_bytes <= source.byte_len(), "more progress than bytes");
    }
    Ok((kept, summaries))
}

/// Reads one file with this content.
pub(crate) fn read_text(content: impl AsRef<[u8]>) -> Result<Kept, DatasetError> {
    let folder = Folder::new();
    Ok(read_all(&[folder.file("data", content)], &ReadOptions::default())?.0)
}

pub(crate) fn into_arena(slug: &str) -> ReadOptions {
    ReadOptions { arena: Some(slug.parse::<ArenaSlug>().unwrap()) }
}

/// Everything that comes as numbers.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) roster: Roster,
    pub(crate) ballots: Vec<Ballot>,
    pub(crate) progress: Vec<Progress>,
    pub(crate) summaries: Vec<BallotSummary>,
}

impl Counted {
    pub(crate) fn categories(&self) -> Vec<String> {
        self.roster.categories().to_vec()
    }
}

struct Collecting<'a> {
    ballots: &'a mut Vec<Ballot>,
    progress: &'a mut Vec<Progress>,
}

impl BallotSink for Collecting<'_> {
    fn ballot(&mut self, ballot: Ballot) -> Result<(), SinkError> {
        self.ballots.push(ballot);
        Ok(())
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }
}

/// Discovers and reads everything as numbers, one source after the other.
pub(crate) fn count_all(paths: &[PathBuf], options: &BallotOptions) -> Result<Counted, DatasetError> {
    let mut counted = Counted::default();
    for source in discover(paths)?.sources {
        let mut sink = Collecting { ballots: &mut counted.ballots, progress: &mut counted.progress };
        counted.summaries.push(source.read_ballots(options, &mut counted.roster, &mut sink)?);
    }
    Ok(counted)
}

/// Reads one file with this content as numbers.
pub(crate) fn count_text(content: impl AsRef<[u8]>, options: &BallotOptions) -> Result<Counted, DatasetError> {
    let folder = Folder::new();
    count_all(&[folder.file("data", content)], options)
}

/// Fails unless the numbers stand for these votes, in this order. The voters have to be among them.
pub(crate) fn told_alike(votes: &[ImportedVote], counted: &Counted) {
    assert_eq!(votes.len(), counted.ballots.len());
    let nobody = |arena: &ArenaSlug| plaudit_domain::VoterId::imported(&format!("battle-log/{arena}"), "");
    for (vote, ballot) in votes.iter().zip(&counted.ballots) {
        let arena = &counted.roster.arenas()[ballot.arena as usize];
        let slug = |number: u32| &arena.entrants()[number as usize].slug;
        let voter = ballot.voter.map_or_else(|| nobody(&vote.arena), |number| arena.voters()[number as usize]);
        assert_eq!(arena.arena.slug, vote.arena);
        assert_eq!((slug(ballot.left), slug(ballot.right)), (&vote.left, &vote.right));
        assert_eq!((ballot.outcome, voter, ballot.anonymous), (vote.outcome, vote.voter, vote.anonymous));
    }
}
