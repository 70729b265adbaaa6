//! Other people's ranking programs: a Python environment of their own, with pinned versions, in the target folder.

use crate::files;
use crate::process::{self, note, step};
use crate::python;
use crate::workspace::Workspace;
use anyhow::{Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where FastChat's file is, at the commit whose figures the presets reproduce. No wheel ships it.
const RATING_SYSTEMS: &str = "https://raw.githubusercontent.com/lm-sys/FastChat/2bdb2e0cf988821ecd40cdb6db40e5e01efe7c85/fastchat/serve/monitor/rating_systems.py";

/// One thread each, as we have.
const THREADS: [&str; 3] = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];

/// The peers and what runs them.
pub(crate) struct Peers {
    python: PathBuf,
    script: PathBuf,
    /// FastChat's `rating_systems.py`.
    pub(crate) fastchat: Option<PathBuf>,
}

impl Peers {
    /// Installs them where that is needed. `fastchat`: the file, if it is at hand.
    pub(crate) fn ensure(workspace: &Workspace, fastchat: Option<&Path>) -> Result<Self> {
        let scripts = workspace.root.join("xtask/scripts/bench-ranking");
        let folder = workspace.target.join("bench/python");
        let requirements = scripts.join("requirements.txt");
        let python = python::ensure(workspace, &folder, &requirements, "the peers")?;
        let fastchat = match fastchat {
            Some(file) => {
                ensure!(file.exists(), "{} does not exist", file.display());
                Some(std::path::absolute(file)?)
            }
            None => fetch(&workspace.target.join("bench/rating_systems.py")),
        };
        Ok(Self { python, script: scripts.join("peers.py"), fastchat })
    }

    /// A call of the script.
    pub(crate) fn command(&self, votes: &Path, row: &str, file: Option<&Path>) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).arg(votes).arg(row).args(file);
        command.envs(THREADS.map(|name| (name, "1")));
        command.env("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false");
        command
    }

    /// Python's version and theirs.
    pub(crate) fn versions(&self) -> Result<String> {
        let versions = process::capture(&mut self.command(Path::new("-"), "versions", None))?;
        let fastchat = if self.fastchat.is_some() { "FastChat 2bdb2e0" } else { "no FastChat" };
        Ok(format!("{}, {fastchat}", versions.trim()))
    }
}

/// FastChat's file, if it can be had.
fn fetch(file: &Path) -> Option<PathBuf> {
    let get = || -> Result<()> {
        if file.exists() {
            return Ok(());
        }
        step("curl: FastChat's rating_systems.py");
        let whole = file.with_extension("part");
        let mut command = Command::new("curl");
        command.args(["--fail", "--silent", "--show-error", "--location", "--max-time", "60", "--output"]);
        process::run(command.arg(&whole).arg(RATING_SYSTEMS))?;
        if !files::read_text(&whole)?.contains("def compute_bootstrap_bt(") {
            bail!("{RATING_SYSTEMS} is not what was expected");
        }
        Ok(std::fs::rename(&whole, file)?)
    };
    match get() {
        Ok(()) => Some(file.to_owned()),
        Err(error) => {
            note(format!("NOTHING IS COMPARED WITH FASTCHAT; --fastchat FILE takes its rating_systems.py: {error:#}"));
            None
        }
    }
}
