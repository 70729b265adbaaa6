//! Reads files of votes and writes them in every format into a folder, each file named after its format, and as a dataset
//! split by each of prompt, pair and contestant into `dataset-prompt` and so on; and what our board makes of them into `board`,
//! in the form of `plaudit rank --json`; and three votes on made-up pictures into `pictures`:
//! `cargo run -p plaudit-datasets --features parquet,zstd --example export_all -- FOLDER [FILE…]`
//!
//! Without a file it makes votes up, the same each time, with texts that readers may stumble over.
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::{
    collections::HashMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use plaudit_datasets::{
    Ballot, BallotOptions, Entrant, ImportedVote, PairTally, Progress, ReadOptions, Record, Rejection, Roster, Sink,
    SinkError, discover,
    export::{
        Compression, Content, DATASET_ROWS_PER_FILE, DatasetFacts, DatasetOptions, DatasetWriter, ExportFormat,
        ExportedPrompt, ExportedSide, ExportedVote, PictureBytes, Pseudonyms, Split, SplitBy, Verification, VoteSource,
        create, create_with,
    },
};
use plaudit_domain::{
    Arena, ArenaSlug, BattleId, Contestant, ContestantId, ContestantKind, ContestantSlug, Generation, GenerationId,
    Outcome, Prompt, PromptId, Task, Timestamp, VoteId, VoterId,
    agreement::{Absence, Figure, HumanCeiling},
};
use plaudit_ranking::{PairCounts, bradley_terry_or_prior, weak_penalty};

/// Everything that votes refer to, and the votes.
struct Kept {
    titles: HashMap<ArenaSlug, (Arc<str>, Task)>,
    names: HashMap<(ArenaSlug, ContestantSlug), Arc<str>>,
    prompts: HashMap<PromptId, (Arc<str>, Option<Arc<str>>)>,
    generations: HashMap<GenerationId, (Generation, Arc<str>)>,
    pseudonyms: Pseudonyms,
    license: Arc<str>,
    votes: Vec<ExportedVote>,
}

impl Kept {
    fn side(&self, arena: &ArenaSlug, slug: &ContestantSlug, generation: Option<GenerationId>) -> ExportedSide {
        let known = generation.and_then(|id| self.generations.get(&id));
        ExportedSide {
            contestant: slug.clone(),
            name: self.names.get(&(arena.clone(), slug.clone())).cloned().unwrap_or_else(|| slug.as_str().into()),
            family: None,
            generation,
            content: known.map(|(_, text)| Content::Text(text.clone())),
            seed: known.and_then(|(generation, _)| generation.seed),
            verification: known.map(|_| Verification::Pooled),
        }
    }
}

impl Sink for Kept {
    fn record(&mut self, record: Record, _: Progress) -> Result<(), SinkError> {
        match record {
            Record::Arena(arena) => {
                self.titles.insert(arena.slug, (arena.title.into(), arena.task));
            }
            Record::Contestant { arena, contestant } => {
                self.names.insert((arena, contestant.slug), contestant.name.into());
            }
            Record::Prompt { arena, prompt } => {
                let id = PromptId::of(&arena, &prompt.text);
                self.prompts.insert(id, (prompt.text.into(), prompt.category.map(Into::into)));
            }
            Record::Generation { id, generation, .. } => {
                let text = generation.content.text().unwrap_or_default().into();
                self.generations.insert(id, (generation, text));
            }
            Record::Media(_) => {}
            Record::Vote(vote) => {
                let (title, task) = self.titles.get(&vote.arena).cloned().ok_or("a vote before its arena")?;
                let mut tail = [0; 10];
                tail[2..].copy_from_slice(&(self.votes.len() as u64).to_be_bytes());
                let prompt = vote.prompt.and_then(|id| {
                    let (text, category) = self.prompts.get(&id)?.clone();
                    let digest = ExportedPrompt::digest_of(&text);
                    Some(ExportedPrompt { id, digest, text: Some(text), category, language: None, source: None })
                });
                self.votes.push(ExportedVote {
                    id: VoteId::new(Timestamp(1_790_000_000_000 + self.votes.len() as i64), tail),
                    origin: vote.origin,
                    battle: vote.battle,
                    arena_title: title,
                    task,
                    license: self.license.clone(),
                    prompt,
                    left: self.side(&vote.arena, &vote.left, vote.left_generation),
                    right: self.side(&vote.arena, &vote.right, vote.right_generation),
                    arena: vote.arena,
                    outcome: vote.outcome,
                    strength: None,
                    cast_at: vote.cast_at,
                    voter: self.pseudonyms.of(vote.voter),
                    source: VoteSource::Imported,
                    probability: None,
                    anonymous: vote.anonymous,
                    excluded: false,
                    withdrawn: false,
                    leaked: None,
                });
            }
        }
        Ok(())
    }

    fn rejected(&mut self, _: Rejection) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Pictures by the number in their address: red rises on the left, green on the right.
struct Shades;

impl PictureBytes for Shades {
    fn bytes(&self, address: &str) -> std::io::Result<Option<Vec<u8>>> {
        let name = address.strip_prefix("/media/").ok_or_else(|| std::io::Error::other("another address"))?;
        let (side, number) = name.split_at(name.len() - 1);
        let shade = 10 * number.parse::<u8>().map_err(std::io::Error::other)?;
        let colour = if side == "left" { [shade, 40, 90] } else { [200, shade, 90] };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(8, 8, image::Rgb(colour));
        picture.write_to(&mut bytes, image::ImageFormat::Png).map_err(std::io::Error::other)?;
        Ok(Some(bytes.into_inner()))
    }
}

/// Three votes on pictures: with the pictures in the file, and as a dataset with the pictures beside it.
fn pictures(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let format = ExportFormat::GenaiBenchParquet;
    let path = folder.join(format!("{format}.{}", format.extension()));
    let mut writer = create_with(format, &path, Compression::None, Some(Box::new(Shades)))?;
    let split = Split { by: SplitBy::None, test_share: 0.5, seed: 0 };
    let options = DatasetOptions { split, rows_per_file: DATASET_ROWS_PER_FILE };
    let mut dataset = DatasetWriter::create(&folder.join("dataset"), options)?.with_pictures(Box::new(Shades));
    for number in 0..3_u8 {
        let side = |side: &str| ExportedSide {
            contestant: ContestantSlug::from_name(side),
            name: side.into(),
            family: None,
            generation: None,
            content: Some(Content::Media(format!("/media/{side}{number}").into())),
            seed: None,
            verification: None,
        };
        let vote = ExportedVote {
            id: VoteId::from_bytes([number + 1; 16]),
            origin: None,
            battle: BattleId::from_bytes([number + 1; 16]),
            arena: ArenaSlug::from_name("pictures"),
            arena_title: "Pictures".into(),
            task: Task::Image,
            license: "CC-BY-4.0".into(),
            prompt: None,
            left: side("left"),
            right: side("right"),
            outcome: Outcome::Left,
            strength: None,
            cast_at: None,
            voter: VoterId::from_bytes([number; 16]),
            source: VoteSource::Cast,
            probability: None,
            anonymous: None,
            excluded: false,
            withdrawn: false,
            leaked: None,
        };
        writer.write(&vote)?;
        dataset.write(&vote)?;
    }
    writer.finish()?;
    dataset.finish(&facts())?;
    Ok(())
}

/// A small generator: the same votes every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Words that mean something to one format or another.
const ODD: [&str; 8] = [
    "=1+1",
    "a \"quoted\" word, and a comma",
    "two\nlines\r\nand three",
    "Zürich 北京 🙂 \u{202e}",
    "{\"json\": [null]}",
    "null",
    "- # **bold** |pipe|\t<b>tag</b>",
    "'apostrophe",
];

const MODELS: [&str; 8] = ["Ada", "Bob 2.0", "Ćao", "Dee/7B", "=Eve", "Fay", "Gil", "Hal"];

/// 2,000 votes of 60 voters on 200 prompts, on which the models differ in strength.
fn make_up(sink: &mut Kept) -> Result<(), Box<dyn Error>> {
    let (slug, mut random): (ArenaSlug, _) = ("made-up".parse()?, Random(7));
    let mut tell = |record| sink.record(record, Progress::default()).map_err(|error| error.to_string());
    let arena = Arena {
        slug: slug.clone(),
        title: "Made up: \"votes\"".to_owned(),
        task: Task::Text,
        description: String::new(),
        license: None,
    };
    tell(Record::Arena(arena))?;
    for name in MODELS {
        let contestant = Contestant {
            slug: ContestantSlug::from_name(name),
            name: name.to_owned(),
            kind: ContestantKind::Imported,
            description: String::new(),
            weights: None,
            sampler: None,
            system_prompt: None,
            drawing: None,
            service: None,
        };
        tell(Record::Contestant { arena: slug.clone(), contestant })?;
    }
    for number in 0..2_000_u64 {
        let text = format!("{} ({})", ODD[random.below(8) as usize], random.below(25));
        let prompt = PromptId::of(&slug, &text);
        tell(Record::Prompt {
            arena: slug.clone(),
            prompt: Prompt { text, category: Some("odd".to_owned()), source: None },
        })?;
        let left = random.below(8) as usize;
        let right = (left + 1 + random.below(7) as usize) % 8;
        let outcome = match random.below(10) {
            0 => Outcome::Tie,
            1 => Outcome::BothBad,
            2..6 if left > right => Outcome::Left,
            2..6 => Outcome::Right,
            side if side % 2 == 0 => Outcome::Left,
            _ => Outcome::Right,
        };
        let mut sides = Vec::new();
        for place in [left, right] {
            let contestant = ContestantSlug::from_name(MODELS[place]);
            let text = format!("{} {}", ODD[random.below(8) as usize], MODELS[place]);
            let seed = Some(u64::MAX - random.below(1000));
            let id = GenerationId::of(ContestantId::of(&slug, &contestant), prompt, seed, text.as_bytes());
            let content = plaudit_domain::Content::Text(text);
            let generation = Generation { contestant: contestant.clone(), content, seed, tokens: None, finish: None };
            tell(Record::Generation { arena: slug.clone(), prompt, id, generation })?;
            sides.push((contestant, id));
        }
        let mut voter = [0; 16];
        voter[8..].copy_from_slice(&random.below(60).to_be_bytes());
        tell(Record::Vote(ImportedVote {
            origin: None,
            arena: slug.clone(),
            battle: BattleId::imported(&slug, &[&number.to_be_bytes()], 0),
            prompt: Some(prompt),
            left: sides[0].0.clone(),
            right: sides[1].0.clone(),
            left_generation: Some(sides[0].1),
            right_generation: Some(sides[1].1),
            outcome,
            voter: VoterId::from_bytes(voter),
            cast_at: (number % 3 > 0).then_some(Timestamp(1_790_000_000_123 + number as i64)),
            anonymous: (number % 5 > 0).then_some(number % 2 == 0),
        }))?;
    }
    Ok(())
}

/// What the votes do not tell. That voters agree is not looked at here.
fn facts() -> DatasetFacts {
    let none = Figure::Absent(Absence::SingleVotes);
    DatasetFacts {
        title: "Votes: \"all\"".to_owned(),
        agreement: HumanCeiling {
            questions: 0,
            votes: 0,
            raw_agreement: none,
            raw_agreement_three: none,
            alpha_nominal: none,
            alpha_nominal_three: none,
            alpha_ordinal: none,
            leave_one_out_four: none,
            leave_one_out_three: none,
            leave_one_out_decisive: none,
        },
        checkpoint: None,
        filters: Vec::new(),
        unpublished: 0,
        withheld: Vec::new(),
        personal: "Nobody looked for texts that look personal.".to_owned(),
    }
}

/// Bradley-Terry of what is read back from the first export, in points of 400 to a factor of ten.
fn board(votes: PathBuf) -> Result<serde_json::Value, Box<dyn Error>> {
    let (mut roster, mut tally) = (Roster::new(), PairTally::default());
    let mut count = |ballot: Ballot| tally.add(ballot.left, ballot.right, ballot.outcome);
    for source in discover(&[votes])?.sources {
        source.read_ballots(&BallotOptions::default(), &mut roster, &mut count)?;
    }
    let mut counts = PairCounts::new(tally.contestants());
    for (left, right, outcome, votes) in tally.counts() {
        counts.add(left, right, outcome, votes)?;
    }
    let (fit, _) = bradley_terry_or_prior(&counts, weak_penalty())?;
    let arena = roster.arenas().first().ok_or("no arena was read")?;
    let item = |(entrant, log_odds): (&Entrant, &Option<f64>)| {
        let rating = log_odds.map(|log_odds| 1000.0 + log_odds * 400.0 / std::f64::consts::LN_10);
        serde_json::json!({"contestant": entrant.name, "rating": rating, "battles": 1})
    };
    let items: Vec<_> = arena.entrants().iter().zip(&fit.log_odds).map(item).collect();
    Ok(serde_json::json!({ "items": items }))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1).map(PathBuf::from);
    let folder = paths.next().ok_or("expected: FOLDER [FILE…]")?;
    fs::create_dir_all(&folder)?;
    let mut kept = Kept {
        titles: HashMap::new(),
        names: HashMap::new(),
        prompts: HashMap::new(),
        generations: HashMap::new(),
        pseudonyms: Pseudonyms::from_seed(1),
        license: "CC-BY-4.0".into(),
        votes: Vec::new(),
    };
    let files: Vec<_> = paths.collect();
    if files.is_empty() {
        make_up(&mut kept)?;
    }
    for source in discover(&files)?.sources {
        let summary = source.read(&ReadOptions::default(), &mut kept)?;
        println!("{}: {} votes, {} rows rejected", source.format, summary.total_votes(), summary.rejections);
    }
    for format in ExportFormat::ALL {
        let path = folder.join(format!("{format}.{}", format.extension()));
        let mut writer = create(format, &path, Compression::None)?;
        kept.votes.iter().try_for_each(|vote| writer.write(vote))?;
        let summary = writer.finish()?;
        println!("{format}: {} votes, {} rows, left out {:?}", summary.votes, summary.rows, summary.left_out);
    }
    for by in [SplitBy::Prompt, SplitBy::Pair, SplitBy::Contestant] {
        let split = Split { by, test_share: 0.3, seed: 0 };
        let options = DatasetOptions { split, rows_per_file: DATASET_ROWS_PER_FILE };
        let mut writer = DatasetWriter::create(&folder.join(format!("dataset-{by}")), options)?;
        for vote in &kept.votes {
            writer.write(vote)?;
        }
        let summary = writer.finish(&facts())?;
        println!("dataset by {by}: {} for training, {} for testing", summary.train, summary.test);
    }
    pictures(&folder.join("pictures"))?;
    let board = board(folder.join("plaudit-jsonl.jsonl"))?;
    fs::write(folder.join("board"), board.to_string())?;
    Ok(())
}
