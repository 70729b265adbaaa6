//! The `plaudit` program.

use std::process::ExitCode;

use clap::Parser;
use plaudit::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.start_log();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain on one line: what was tried, and why it failed.
            eprintln!("plaudit: {error:#}");
            ExitCode::FAILURE
        }
    }
}
