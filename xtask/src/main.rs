//! `cargo xtask`: everything between a checkout and a running, tested Plaudit.
//!
//! One file per subject. A step says in one line what it does and why, does nothing when there is nothing to do, and
//! when it fails names the command to run by hand.
#![allow(clippy::print_stdout, reason = "a command line tool talks to a person on standard output")]

mod api_check;
mod background;
mod bench;
mod build;
mod bundle;
mod check;
mod compress;
mod css;
mod dev;
mod doctor;
mod files;
mod invariants;
mod licences;
mod metadata;
mod models;
mod node;
mod process;
mod python;
mod readers;
mod recount;
mod runner;
mod serve;
mod site;
mod size_table;
mod system;
mod tally;
mod test;
mod toolchain;
mod unused;
mod wasm;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Build, serve, test and check Plaudit")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the site (style sheet, wasm, compressed files), the server and the models' runner, as released
    Build(build::Arguments),
    /// Build, import what is asked for, and serve
    Serve(serve::Arguments),
    /// Serve an unoptimised build, rebuild what changes, reload the browser
    Dev(serve::Arguments),
    /// Formatting, lints for both targets, licences, advisories, unused dependencies, architecture
    Check,
    /// Set everything up, then check, unit tests, build, end-to-end tests
    Test(test::Arguments),
    /// Get, list or train the small models that run in browsers
    Models(models::Arguments),
    /// Speed beside peers, as ratios
    Bench(bench::Arguments),
    /// Part of serve and dev: builds the runner beside them
    #[command(hide = true)]
    RunnerInBackground(background::Arguments),
    /// What this machine has, what it lacks, and the command that installs it
    Doctor,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let workspace = workspace::Workspace::locate()?;
    match task {
        Task::Build(arguments) => build::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Serve(arguments) => serve::run(&workspace, &arguments),
        Task::Dev(arguments) => dev::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Check => check::run(&workspace).map(|()| ExitCode::SUCCESS),
        Task::Test(arguments) => test::run(&workspace, &arguments),
        Task::Models(arguments) => models::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Bench(arguments) => bench::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
        Task::RunnerInBackground(arguments) => background::run(&workspace, &arguments),
        Task::Doctor => doctor::run(&workspace),
    }
}
