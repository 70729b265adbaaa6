//! `cargo xtask serve`: from a checkout to a running arena.

use crate::background;
use crate::build::{self, Mode};
use crate::process::{self, line, step};
use crate::workspace::Workspace;
use anyhow::{Result, anyhow};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The data folder where none is named.
pub(crate) const DATA: &str = "data";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files or folders to import before serving
    #[arg(long, value_name = "PATH", num_args = 1..)]
    import: Vec<PathBuf>,
    /// Where votes and media are kept
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3000")]
    listen: String,
    /// Passed on to `plaudit serve`
    #[arg(last = true, value_name = "ARGS")]
    extra: Vec<OsString>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let toolchain = build::everything_but_runner(workspace, Mode::Release)?;
    import(workspace, arguments, Mode::Release)?;
    background::build_runner(workspace, &toolchain)?;
    step("serving; Ctrl-C stops");
    let mut server = server(workspace, arguments, Mode::Release);
    // The server takes this process's place: signals reach it without anyone in between.
    let error = server.exec();
    Err(anyhow!("could not start: {error}; by hand: {}", line(&server)))
}

/// Imports what was asked for.
pub(crate) fn import(workspace: &Workspace, arguments: &Arguments, mode: Mode) -> Result<()> {
    if arguments.import.is_empty() {
        return Ok(());
    }
    step("importing into the data folder");
    let mut command = Command::new(workspace.server(mode.server_folder()));
    process::run(command.arg("import").arg("--data").arg(&arguments.data).args(&arguments.import))
}

/// The command that serves.
pub(crate) fn server(workspace: &Workspace, arguments: &Arguments, mode: Mode) -> Command {
    let mut command = Command::new(workspace.server(mode.server_folder()));
    command.arg("serve").arg("--site").arg(workspace.site()).arg("--data").arg(&arguments.data);
    command.args(["--listen", &arguments.listen]).args(&arguments.extra);
    command
}
