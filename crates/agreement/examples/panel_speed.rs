//! How long reports take: `cargo run --release -p plaudit-agreement --example panel_speed [questions judges contestants]`.
//!
//! One thread; made-up votes and verdicts. Half of the judges answer in one order alone, half in both with scores,
//! probabilities and days.
// An example is there to print, and its votes are right.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{hint::black_box, time::Instant};

use plaudit_agreement::{Answer, Certainty, Options, Order, Panel, Unparsed, Verdict};
use plaudit_domain::Outcome;
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

struct Random(Xoshiro256PlusPlus);

impl Random {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn outcome(&mut self, left: f64) -> Outcome {
        let kind = self.uniform();
        match (kind < 0.12, kind < 0.17, self.uniform() < left) {
            (true, ..) => Outcome::Tie,
            (_, true, _) => Outcome::BothBad,
            (_, _, true) => Outcome::Left,
            _ => Outcome::Right,
        }
    }
}

fn panel(questions: u32, judges: u32, contestants: u32) -> Panel {
    let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(1));
    let mut panel = Panel::new(contestants);
    let strengths: Vec<f64> = (0..contestants).map(|_| 2.0 * random.uniform() - 1.0).collect();
    for _ in 0..judges {
        panel.add_judge().unwrap();
    }
    for _ in 0..questions {
        let left = (random.0.next_u64() % u64::from(contestants)) as u32;
        let right = (left + 1 + (random.0.next_u64() % u64::from(contestants - 1)) as u32) % contestants;
        let question = panel.add_question(left, right).unwrap();
        let truth = strengths[left as usize] - strengths[right as usize] + 2.0 * random.uniform() - 1.0;
        let chance = 1.0 / (1.0 + (-2.0 * truth).exp());
        // One vote as a rule, up to five.
        let votes = if random.uniform() < 0.8 { 1 } else { 1 + random.0.next_u64() % 5 };
        for _ in 0..votes {
            let outcome = random.outcome(chance);
            panel.add_vote(question, None, outcome).unwrap();
        }
        for judge in 0..judges {
            let blurred = 1.0 / (1.0 + (-2.0 * truth - 2.0 * random.uniform() + 1.0).exp());
            if judge % 2 == 0 {
                let answer = if random.uniform() < 0.01 {
                    Answer::Unparsed(Unparsed::NoVerdict)
                } else {
                    Answer::Outcome(random.outcome(blurred))
                };
                panel.add_verdict(judge, question, Verdict::new(Order::Given, answer)).unwrap();
                continue;
            }
            for order in [Order::Given, Order::Swapped] {
                let seen = if order == Order::Given { blurred } else { 1.0 - blurred };
                let seen = (seen + 0.1 * random.uniform()).min(1.0);
                let verdict = Verdict::new(order, Answer::Outcome(random.outcome(seen)))
                    .with_scores(seen, 1.0 - seen)
                    .with_certainty(Certainty::LeftBetter(seen))
                    .on_day((question / 1000) as i32);
                panel.add_verdict(judge, question, verdict).unwrap();
            }
        }
    }
    panel
}

fn main() {
    let numbers: Vec<u32> = std::env::args().skip(1).map(|number| number.parse().unwrap()).collect();
    let [questions, judges, contestants] = numbers[..].try_into().unwrap_or([100_000, 20, 27]);
    let start = Instant::now();
    let panel = panel(questions, judges, contestants);
    println!("{questions} questions, {judges} judges, {contestants} contestants");
    println!("  making up and adding            {:8.3} s", start.elapsed().as_secs_f64());
    let options = Options::default();
    let start = Instant::now();
    let mut slowest: f64 = 0.0;
    for judge in 0..judges {
        let one = Instant::now();
        black_box(panel.report(judge, &options).unwrap());
        slowest = slowest.max(one.elapsed().as_secs_f64());
    }
    println!("  all reports, 1,000 resamples    {:8.3} s (the slowest {slowest:.3} s)", start.elapsed().as_secs_f64());
    let start = Instant::now();
    black_box(panel.ceiling(None, &options).unwrap());
    black_box(panel.baselines(None, &options).unwrap());
    println!("  human ceiling and baselines     {:8.3} s", start.elapsed().as_secs_f64());
    if judges > 1 {
        let start = Instant::now();
        black_box(panel.versions(0, 1, &options).unwrap());
        println!("  one pair of versions            {:8.3} s", start.elapsed().as_secs_f64());
    }
}
