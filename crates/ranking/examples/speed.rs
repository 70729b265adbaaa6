//! How long a board takes, on one thread; the programs of `cargo xtask bench ranking`.
//!
//!     speed votes FILE MODELS COUNT     writes made-up votes: 12 % ties, 5 % both bad
//!     speed messages VOTES FILE         the same as `plaudit-recount` is sent them, and what it is asked
//!     speed measure VOTES ROW…          measures; rows: arrays, counts, bootstrap, live, warm
//!
//! A vote is 12 bytes: left, right and outcome (its place in `Outcome::ALL`) as 32-bit numbers, little end first. The first
//! twelve bytes of the file hold the number of models instead, and two zeros. Every measurement is a line: the row, seconds
//! of the processor, seconds of the clock.
// An example is there to print, and its votes are right.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{error::Error, fs, hint::black_box, time::Instant};

use plaudit_domain::{DayCounts, Outcome, PairOutcomes};
use plaudit_ranking::{
    BootstrapOptions, BradleyTerryOptions, LiveFit, PairCounts, bootstrap, bradley_terry, weak_penalty,
};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};
use rustix::time::{ClockId, clock_gettime};

type Vote = (u32, u32, Outcome);

fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn make(models: u32, count: usize) -> Vec<Vote> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let strengths: Vec<f64> = (0..models).map(|_| 2.0 * uniform(&mut random) - 1.0).collect();
    let vote = |_| {
        let left = (random.next_u64() % u64::from(models)) as u32;
        let right = (left + 1 + (random.next_u64() % u64::from(models - 1)) as u32) % models;
        let chance = 1.0 / (1.0 + (strengths[right as usize] - strengths[left as usize]).exp());
        let kind = uniform(&mut random);
        let outcome = match (kind < 0.12, kind < 0.17, uniform(&mut random) < chance) {
            (true, ..) => Outcome::Tie,
            (_, true, _) => Outcome::BothBad,
            (_, _, true) => Outcome::Left,
            _ => Outcome::Right,
        };
        (left, right, outcome)
    };
    (0..count).map(vote).collect()
}

fn write(file: &str, models: u32, votes: &[Vote]) -> Result<(), Box<dyn Error>> {
    let place = |outcome: Outcome| Outcome::ALL.iter().position(|other| *other == outcome).unwrap() as u32;
    let rows = votes.iter().map(|&(left, right, outcome)| [left, right, place(outcome)]);
    let numbers = std::iter::once([models, 0, 0]).chain(rows).flatten();
    Ok(fs::write(file, numbers.flat_map(u32::to_le_bytes).collect::<Vec<u8>>())?)
}

fn read(file: &str) -> Result<(u32, Vec<Vote>), Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let numbers: Vec<u32> = bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let [[models, ..], rows @ ..] = numbers.as_chunks::<3>().0 else { return Err("no votes in the file".into()) };
    Ok((*models, rows.iter().map(|&[left, right, outcome]| (left, right, Outcome::ALL[outcome as usize])).collect()))
}

fn messages(counts: &PairCounts) -> Result<String, Box<dyn Error>> {
    let pair = |pair: plaudit_ranking::OrderedPair| PairOutcomes {
        left: pair.left,
        right: pair.right,
        outcomes: pair.outcomes().map(|(_, count)| count),
    };
    let days = vec![DayCounts { day: 0, pairs: counts.ordered_pairs().map(pair).collect() }];
    let board = |resamples: u32| serde_json::json!({ "type": "board", "id": 0, "method": "bradley-terry", "until": null, "resamples": resamples });
    let counts = serde_json::json!({ "type": "counts", "contestants": counts.contestants(), "days": days });
    Ok(format!("{counts}\n{}\n{}\n", board(0), board(1000)))
}

/// Seconds that the processor has spent on this program, which other programs of a busy machine do not add to.
fn processor() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn measure(row: &str, times: usize, mut work: impl FnMut()) {
    for _ in 0..times {
        let (start, clock) = (processor(), Instant::now());
        work();
        let (seconds, passed) = (processor() - start, clock.elapsed().as_secs_f64());
        println!("{row} {seconds:.9} {passed:.9}");
    }
}

fn measure_row(row: &str, models: u32, votes: &[Vote]) -> Result<(), Box<dyn Error>> {
    let options = BradleyTerryOptions::default();
    let count = || PairCounts::from_battles(models, votes.iter().copied()).unwrap();
    let mut counts = count();
    let fit = bradley_terry(&counts, &options)?;
    let mut next = votes.iter().cycle();
    match row {
        "arrays" => measure(row, 15, || drop(black_box(bradley_terry(&count(), &options).unwrap()))),
        "counts" => measure(row, 15, || drop(black_box(bradley_terry(&counts, &options).unwrap()))),
        "bootstrap" => {
            let draw = BootstrapOptions { resamples: 1000, seed: 1 };
            measure(row, 2, || drop(black_box(bootstrap(&counts, &fit, &draw).unwrap())));
        }
        "warm" => {
            let start: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap()).collect();
            let warm = BradleyTerryOptions { start: Some(start), ..Default::default() };
            measure(row, 9, || {
                let (left, right, outcome) = *next.next().unwrap();
                counts.add(left, right, outcome, 1).unwrap();
                drop(black_box(bradley_terry(&counts, &warm).unwrap()));
            });
        }
        "live" => {
            let mut live = LiveFit::new(counts, weak_penalty())?;
            measure(row, 301, || {
                let (left, right, outcome) = *next.next().unwrap();
                live.add(left, right, outcome, 1).unwrap();
                assert!(!live.fit().unwrap().is_used());
            });
        }
        _ => return Err(format!("there is no row {row}").into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["votes", file, models, count] => {
            let models = models.parse()?;
            write(file, models, &make(models, count.parse()?))
        }
        ["messages", votes, file] => {
            let (models, votes) = read(votes)?;
            Ok(fs::write(file, messages(&PairCounts::from_battles(models, votes)?)?)?)
        }
        ["measure", votes, ref rows @ ..] => {
            let (models, votes) = read(votes)?;
            rows.iter().try_for_each(|row| measure_row(row, models, &votes))
        }
        _ => Err("say `votes FILE MODELS COUNT`, `messages VOTES FILE` or `measure VOTES ROW…`".into()),
    }
}
