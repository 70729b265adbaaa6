//! How fast vote files are read, and how much memory that takes:
//! `cargo run --release -p plaudit-datasets --example read_speed -- [--voters] [--category] [--order] [--rank] FILE…`
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::{error::Error, fs, path::PathBuf, time::Instant};

use plaudit_datasets::{
    Ballot, BallotOptions, BallotSequence, BallotSink, CategoryColumn, PairTally, Roster, SinkError, discover,
};
use plaudit_ranking::{PairCounts, bradley_terry_or_prior, weak_penalty};
use rustix::time::{ClockId, clock_gettime};

/// Counts, and keeps the order where asked to.
#[derive(Default)]
struct Counting {
    tallies: Vec<PairTally>,
    order: Option<BallotSequence>,
}

impl BallotSink for Counting {
    fn ballot(&mut self, ballot: Ballot) -> Result<(), SinkError> {
        let arena = ballot.arena as usize;
        if arena >= self.tallies.len() {
            self.tallies.resize_with(arena + 1, PairTally::default);
        }
        self.tallies[arena].add(ballot.left, ballot.right, ballot.outcome);
        if let Some(order) = &mut self.order {
            order.push(ballot.left, ballot.right, ballot.outcome);
        }
        Ok(())
    }
}

/// A line of `/proc/self/status`, where there is one.
fn status(name: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.map_or_else(|| "unknown".to_owned(), |value| value.trim_start_matches(':').trim().to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, files): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let asked = |name: &str| flags.iter().any(|flag| flag == name);
    let category = if asked("--category") { CategoryColumn::Usual } else { CategoryColumn::None };
    let options = BallotOptions { voters: asked("--voters"), category, ..BallotOptions::default() };
    let (mut roster, mut sink) = (Roster::new(), Counting::default());
    sink.order = asked("--order").then(BallotSequence::default);
    let started = Instant::now();
    let (mut ballots, mut rejections) = (0, 0);
    for source in discover(&files.into_iter().map(PathBuf::from).collect::<Vec<_>>())?.sources {
        let summary = source.read_ballots(&options, &mut roster, &mut sink)?;
        ballots += summary.ballots;
        rejections += summary.rejections;
        for rejection in summary.first_rejections {
            println!("line {}: {} ({})", rejection.line, rejection.reason, rejection.excerpt);
        }
    }
    if asked("--rank") {
        for tally in &sink.tallies {
            let mut counts = PairCounts::new(tally.contestants());
            for (left, right, outcome, count) in tally.counts() {
                counts.add(left, right, outcome, count)?;
            }
            let (fit, _) = bradley_terry_or_prior(&counts, weak_penalty())?;
            println!("strongest: {:.3}", fit.log_odds.into_iter().flatten().fold(f64::NEG_INFINITY, f64::max));
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    if asked("--rank") {
        // For `cargo xtask bench ranking`: seconds of the processor and of the clock, then bytes.
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let kilobytes = status("VmHWM").split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        println!("csv {}.{:09} {seconds:.9}", time.tv_sec, time.tv_nsec);
        println!("csv-memory {} 0", kilobytes.ok_or("peak memory is unknown on this system")? * 1024);
    }
    for (arena, tally) in roster.arenas().iter().zip(&sink.tallies) {
        let (contestants, voters) = (arena.entrants().len(), arena.voters().len());
        println!("{}: {} votes, {contestants} contestants, {voters} voters", arena.arena.slug, tally.total());
    }
    println!("{ballots} votes, {rejections} rejections, {} categories", roster.categories().len());
    println!("{seconds:.2} s, {:.0} rows/s, peak memory {}", (ballots + rejections) as f64 / seconds, status("VmHWM"));
    Ok(())
}
