//! The runner's build beside a server that is open already: a process of its own, that ends with the server.

use crate::process::{self, note};
use crate::runner::Runner;
use crate::toolchain::WasmToolchain;
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result};
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const LOG: &str = "runner-build.log";
const LOOK_FOR_PARENT: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The process that serves
    #[arg(long)]
    parent: u32,
}

/// Starts the build, if the runner is not current. Models run in browsers from when it is done.
pub(crate) fn build_runner(workspace: &Workspace, toolchain: &WasmToolchain) -> Result<()> {
    if Runner::of(workspace, toolchain)?.is_current() {
        return Ok(());
    }
    let log = workspace.target.join(LOG);
    note(format!(
        "the models' runner is being built meanwhile, a quarter of an hour the first time; follow it with tail -f {}",
        shown(workspace, &log)
    ));
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["runner-in-background", "--parent", &std::process::id().to_string()]).current_dir(&workspace.root);
    // A group of its own, so that all of it can be ended at once, whatever ended the server.
    command
        .process_group(0)
        .spawn()
        .context("the runner's build did not start; by hand: cargo xtask build --runner")?;
    Ok(())
}

/// The process that [`build_runner`] starts: builds with the output in the log, and says how it went.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let start = Instant::now();
    let log = workspace.target.join(LOG);
    let file = std::fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["build", "--runner"]).stdout(file.try_clone()?).stderr(file);
    let mut build = command.spawn().context("the runner's build did not start")?;
    loop {
        if let Some(status) = build.try_wait()? {
            if status.success() {
                note(format!(
                    "the models' runner is ready, after {} s; pages use it at once",
                    start.elapsed().as_secs()
                ));
                return Ok(ExitCode::SUCCESS);
            }
            eprintln!(
                "\nThe models' runner could not be built; all else works. See {}; by hand: cargo xtask build --runner",
                shown(workspace, &log)
            );
            return Ok(ExitCode::FAILURE);
        }
        if parent_id() != arguments.parent {
            // cargo, its compilers and this process itself.
            process::run(Command::new("kill").args(["-TERM", "--", &format!("-{}", std::process::id())]))?;
        }
        std::thread::sleep(LOOK_FOR_PARENT);
    }
}
