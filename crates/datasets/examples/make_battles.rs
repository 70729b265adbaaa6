//! Writes a table of made-up votes to the standard output, the same for the same seed, in memory that does not grow:
//! `cargo run --release -p plaudit-datasets --example make_battles -- --rows 20000000 --models 400 > battles.csv`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

use std::io::{self, BufWriter, Write};

/// The golden-ratio sequence with a mixer behind it (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn argument(name: &str, otherwise: u64) -> Result<u64, String> {
    let arguments: Vec<_> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == name) {
        None => Ok(otherwise),
        Some(place) => {
            let value = arguments.get(place + 1).and_then(|value| value.parse().ok());
            value.filter(|value| *value > 1).ok_or_else(|| format!("{name} needs a number of at least 2"))
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (rows, models) = (argument("--rows", 1_000_000)?, argument("--models", 200)?);
    let (voters, seed) = (argument("--voters", 100_000)?, argument("--seed", 42)?);
    let mut random = Random(seed);
    let strength: Vec<f64> = (0..models).map(|_| (random.unit() - 0.5) * 4.0).collect();
    let names: Vec<String> = (0..models).map(|model| format!("company-{}/model-{model:03}-chat", model % 23)).collect();
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    writeln!(out, "model_a,model_b,winner,judge,language")?;
    for _ in 0..rows {
        let left = random.below(models);
        let right = (left + 1 + random.below(models - 1)) % models;
        let chance = 1.0 / (1.0 + (strength[right as usize] - strength[left as usize]).exp());
        let winner = match random.unit() {
            drawn if drawn < 0.12 => "tie",
            drawn if drawn < 0.17 => "tie (bothbad)",
            _ if random.unit() < chance => "model_a",
            _ => "model_b",
        };
        let language = ["English", "French", "Chinese", "Russian"][random.below(4) as usize];
        let (left, right) = (&names[left as usize], &names[right as usize]);
        writeln!(out, "{left},{right},{winner},user-{:07},{language}", random.below(voters))?;
    }
    out.flush()?;
    Ok(())
}
