//! `cargo xtask bench`: speed beside peers, in one run, as ratios. Never part of a test.

mod browser;
mod data;
mod machine;
mod native;
mod peers;
mod ranking;
mod samples;
mod table;

use crate::workspace::Workspace;
use anyhow::Result;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(clap::Subcommand)]
enum Subject {
    /// Models in a browser: SmolLM2 on the processor beside wllama (llama.cpp as WebAssembly), or on WebGPU; the judges' encoder beside
    /// transformers.js
    Browser(browser::Arguments),
    /// Votes in and out: Parquet and JSON Lines, beside pandas and pyarrow; `plaudit import` and `plaudit export`
    Data(data::Arguments),
    /// Models on a server: SmolLM2, one generation and two at once, beside llama.cpp with one and two threads
    Native(native::Arguments),
    /// Boards: votes in memory and in a file, resamples, live votes, WebAssembly; beside choix, FastChat, evalica and others
    Ranking(ranking::Arguments),
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    match &arguments.subject {
        Subject::Browser(arguments) => browser::run(workspace, arguments),
        Subject::Data(arguments) => data::run(workspace, arguments),
        Subject::Native(arguments) => native::run(workspace, arguments),
        Subject::Ranking(arguments) => ranking::run(workspace, arguments),
    }
}
