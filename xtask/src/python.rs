//! Python environments with pinned packages, in the target folder.

use crate::files::{self, Stamp};
use crate::process::{self, step};
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of an environment with what `requirements` names; made anew where that has changed. `what` says what for.
pub(crate) fn ensure(workspace: &Workspace, folder: &Path, requirements: &Path, what: &str) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    let stamp = Stamp::new(folder.join(".installed"), &[&files::read(requirements)?]);
    if !stamp.is_fresh(&[&python]) {
        step(format!("pip install in {}: {what}, of pinned versions", shown(workspace, folder)));
        files::remove(folder)?;
        let made = process::run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        made.with_context(|| crate::system::install_line(&["python3", "python3-venv"]))?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(install.arg(requirements))?;
        stamp.set()?;
    }
    Ok(python)
}
