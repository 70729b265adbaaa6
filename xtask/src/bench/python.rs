//! Python environments in the target folder, with pinned packages.

use crate::files::{self, Stamp};
use crate::process::{self, step};
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the environment `name`, which has what `requirements` names.
pub(crate) fn environment(workspace: &Workspace, name: &str, requirements: &Path) -> Result<PathBuf> {
    let folder = workspace.target.join("bench").join(name);
    let python = folder.join("bin/python");
    let stamp = Stamp::new(folder.join(".installed"), &[&files::read(requirements)?]);
    if !stamp.is_fresh(&[&python]) {
        step(format!("pip install in {}: {}", shown(workspace, &folder), shown(workspace, requirements)));
        files::remove(&folder)?;
        let made = process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        made.with_context(|| crate::system::install_line(&["python3", "python3-venv"]))?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(install.arg(requirements))?;
        stamp.set()?;
    }
    Ok(python)
}
