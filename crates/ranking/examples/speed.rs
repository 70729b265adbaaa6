//! How long a board takes: `cargo run --release -p plaudit-ranking --example speed`.
//!
//! Medians on one thread, from votes as integers in memory; made-up votes with 12 % ties and 5 % both bad.
// An example is there to print, and its votes are right.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{hint::black_box, time::Instant};

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BootstrapOptions, BradleyTerryOptions, LiveFit, PairCounts, bootstrap, bradley_terry, weak_penalty,
};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn votes(models: u32, count: usize) -> Vec<(u32, u32, Outcome)> {
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

/// Milliseconds, the median of so many runs.
fn median(runs: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

fn main() {
    let options = BradleyTerryOptions::default();
    for (models, battles) in [(200, 2_000_000), (400, 2_000_000)] {
        let votes = votes(models, battles);
        let count = || PairCounts::from_battles(models, votes.iter().copied()).unwrap();
        let counts = count();
        let fit = bradley_terry(&counts, &options).unwrap();
        println!("{models} models, {battles} votes, {} Newton steps", fit.iterations);
        let counting = median(11, || drop(black_box(count())));
        println!("  votes to pair counts            {counting:9.2} ms");
        let fitting = median(21, || drop(black_box(bradley_terry(&counts, &options).unwrap())));
        println!("  Bradley-Terry with sandwich     {fitting:9.2} ms");
        let draw = BootstrapOptions { resamples: 1000, seed: 1 };
        let drawing = median(1, || drop(black_box(bootstrap(&counts, &fit, &draw).unwrap())));
        println!("  bootstrap of 1000               {drawing:9.2} ms");

        let start: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap()).collect();
        let warm = BradleyTerryOptions { start: Some(start), ..Default::default() };
        let mut counts = counts;
        let mut next = votes.iter().cycle();
        let refitting = median(21, || {
            let (left, right, outcome) = *next.next().unwrap();
            counts.add(left, right, outcome, 1).unwrap();
            drop(black_box(bradley_terry(&counts, &warm).unwrap()));
        });
        println!("  one vote more, whole refit      {refitting:9.2} ms");

        let mut live = LiveFit::new(counts, weak_penalty()).unwrap();
        let updating = median(101, || {
            let (left, right, outcome) = *next.next().unwrap();
            live.add(left, right, outcome, 1).unwrap();
            assert!(!live.fit().unwrap().is_used());
        });
        println!("  one vote more, live             {updating:9.2} ms, {} whole fits", live.whole_fits());
    }
}
