//! How fast votes without texts are written, and how much memory that takes:
//! `cargo run --release -p plaudit-datasets --features parquet,zstd --example export_speed -- FORMAT FILE [VOTES]`
//!
//! The votes are made up while they are written, which is part of the time; how long that takes alone is told too.
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::{error::Error, fs, path::Path, sync::Arc, time::Instant};

use plaudit_datasets::export::{Compression, ExportedSide, ExportedVote, Verification, VoteSource, create};
use plaudit_domain::{BattleId, ContestantSlug, Outcome, Task, Timestamp, VoteId, VoterId};

const MODELS: u64 = 100;

/// A small generator: the same votes every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) ^ self.0
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }
}

struct Model {
    slug: ContestantSlug,
    name: Arc<str>,
}

/// Changes the last vote into the next one.
fn change(vote: &mut ExportedVote, number: u64, random: &mut Random, models: &[Model]) {
    let left = random.next() % MODELS;
    let right = (left + 1 + random.next() % (MODELS - 1)) % MODELS;
    let mut id = random.bytes();
    id[..8].copy_from_slice(&(1_790_000_000_000 + number).to_be_bytes());
    vote.id = VoteId::from_bytes(id);
    vote.battle = BattleId::from_bytes(random.bytes());
    let mut voter = [0; 16];
    voter[..8].copy_from_slice(&(random.next() % 100_000).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    vote.voter = VoterId::from_bytes(voter);
    vote.outcome = Outcome::ALL[(random.next() % 4) as usize];
    vote.cast_at = Some(Timestamp(1_790_000_000_000 + number as i64));
    for (side, model) in [(&mut vote.left, left), (&mut vote.right, right)] {
        let model = &models[model as usize];
        side.contestant.clone_from(&model.slug);
        side.name = model.name.clone();
    }
}

/// A line of `/proc/self/status`, where there is one.
fn status(name: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.map_or_else(|| "unknown".to_owned(), |value| value.trim_start_matches(':').trim().to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [format, path, rest @ ..] = arguments.as_slice() else {
        return Err("expected: FORMAT FILE [VOTES]".into());
    };
    let (format, path) = (format.parse()?, Path::new(path));
    let votes: u64 = rest.first().map_or(Ok(1_000_000), |number| number.parse())?;
    let models: Vec<_> = (0..MODELS)
        .map(|number| {
            let name = format!("Model {number}");
            Model { slug: ContestantSlug::from_name(&name), name: name.into() }
        })
        .collect();
    let side = ExportedSide {
        contestant: models[0].slug.clone(),
        name: models[0].name.clone(),
        family: None,
        generation: None,
        content: None,
        seed: None,
        verification: Some(Verification::Pooled),
    };
    let mut vote = ExportedVote {
        id: VoteId::from_bytes([0; 16]),
        origin: None,
        battle: BattleId::from_bytes([0; 16]),
        arena: "text".parse()?,
        arena_title: "Text".into(),
        task: Task::Text,
        license: "CC-BY-4.0".into(),
        prompt: None,
        left: side.clone(),
        right: side,
        outcome: Outcome::Left,
        strength: None,
        cast_at: None,
        voter: VoterId::from_bytes([0; 16]),
        source: VoteSource::Cast,
        probability: Some(0.0002),
        anonymous: Some(true),
        excluded: false,
        withdrawn: false,
        leaked: None,
    };
    let (started, mut random) = (Instant::now(), Random(42));
    for number in 0..votes {
        change(&mut vote, number, &mut random, &models);
        std::hint::black_box(&vote);
    }
    println!("making {votes} votes up: {:.2} s", started.elapsed().as_secs_f64());

    let (started, mut random) = (Instant::now(), Random(42));
    let mut writer = create(format, path, Compression::of(path))?;
    for number in 0..votes {
        change(&mut vote, number, &mut random, &models);
        writer.write(&vote)?;
    }
    let summary = writer.finish()?;
    let seconds = started.elapsed().as_secs_f64();
    let rate = summary.votes as f64 / seconds;
    let bytes = fs::metadata(path)?.len();
    println!("{format}: {seconds:.2} s, {rate:.0} votes/s, {bytes} bytes, peak memory {}", status("VmHWM"));
    Ok(())
}
