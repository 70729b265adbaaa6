//! How long the worker's code takes for a board as a native program; `xtask/scripts/bench-ranking/wasm.mjs` asks the same of
//! it as WebAssembly. Part of `cargo xtask bench ranking`.
//!
//! The one argument is a file of messages, a line each: the counts, a board, a board with resamples. Every measurement is a
//! line: what, seconds of the processor, seconds of the clock.
#![allow(clippy::print_stdout, reason = "an example is there to print")]

use std::{error::Error, time::Instant};

use plaudit_recount::answer;
use rustix::time::{ClockId, clock_gettime};

fn processor() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("a file of messages is missing")?;
    let text = std::fs::read_to_string(file)?;
    let [counts, board, resampled] = text.lines().collect::<Vec<_>>()[..] else {
        return Err("three messages were expected".into());
    };
    if let Some(error) = answer(counts) {
        return Err(error.into());
    }
    for (row, message, times) in [("board", board, 15), ("resampled", resampled, 3)] {
        // The first is to warm up, as WebAssembly has to.
        for time in 0..=times {
            let (start, clock) = (processor(), Instant::now());
            let reply = answer(message).ok_or("no answer")?;
            let (seconds, passed) = (processor() - start, clock.elapsed().as_secs_f64());
            if reply.contains("\"type\":\"failed\"") {
                return Err(reply.into());
            }
            if time > 0 {
                println!("{row} {seconds:.9} {passed:.9}");
            }
        }
    }
    Ok(())
}
