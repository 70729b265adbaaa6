//! How long it takes to train a reward head on 9,000 votes with cached vectors:
//! `cargo run --release -p plaudit-judges --example reward_speed`.

#![allow(clippy::print_stdout, reason = "an example reports on the terminal")]

use std::time::Instant;

use futures_lite::future::block_on;
use plaudit_judges::reward::{
    Comparison, Dataset, Recipe, TextFeatures, by_prompt,
    train::{cross_validate, train},
};
use plaudit_models::{EMBEDDING_WIDTH, device, sampling::Draws};

const VOTES: u32 = 9_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut draws = Draws::new(1);
    let mut text = || TextFeatures {
        vector: [(); EMBEDDING_WIDTH].map(|()| (draws.next_number() - 0.5) as f32 / 5.7),
        characters: (draws.next_number() * 900.0) as u32,
        words: (draws.next_number() * 150.0) as u32,
    };
    let texts: Vec<TextFeatures> = (0..500 + 2 * VOTES).map(|_| text()).collect();
    let comparisons = (0..VOTES).map(|vote| Comparison {
        prompt: vote % 500,
        left: 500 + 2 * vote,
        right: 501 + 2 * vote,
        label: f64::from((draws.next_number() * 3.0) as u8) / 2.0,
        prompt_group: vote % 500,
        left_contestant: vote % 6,
        right_contestant: (vote + 1) % 6,
    });
    let dataset = Dataset::new(texts, comparisons.collect())?;
    let recipe = Recipe::default();
    let all: Vec<usize> = (0..VOTES as usize).collect();
    let start = Instant::now();
    block_on(train(&dataset, &recipe, &all, &[], &device::cpu(), &mut |epoch| {
        println!("epoch {}: loss {:.4}, {:.1} s", epoch.epoch, epoch.training_loss, start.elapsed().as_secs_f64());
    }))?;
    println!("{VOTES} votes, {recipe:?}: {:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let splits = by_prompt(&dataset, 5, 1)?;
    let found = block_on(cross_validate(&dataset, &recipe, &splits, &device::cpu(), &mut |_, _| ()))?;
    println!("five folds: {:.1} s, accuracy {:.3} of coins", start.elapsed().as_secs_f64(), found.accuracy());
    Ok(())
}
