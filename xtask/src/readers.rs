//! The programs that open exports: a Python environment of their own, with pinned versions, in the target folder.

use crate::files::{self, Stamp};
use crate::process::{self, step};
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Its checks of formats need transformers, and not the torch that it would bring.
const WITHOUT_DEPENDENCIES: &str = "trl==1.16.0";

/// Exports made-up votes in every format and as datasets, and lets everybody's readers look at all of them.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = ensure(workspace)?;
    let exports = workspace.target.join("readers/exports");
    files::remove(&exports)?;
    step("exports in every format, and datasets, for the readers");
    let mut export = workspace.cargo();
    export.args(["run", "--quiet", "--package", "plaudit-datasets", "--features", "parquet,zstd"]);
    process::run(export.args(["--example", "export_all", "--"]).arg(&exports))?;
    step("pandas, polars, DuckDB, Hugging Face datasets, evalica and TRL read them");
    let mut command = Command::new(python);
    command.arg(workspace.root.join("crates/datasets/scripts/readers.py")).arg(&exports).arg(exports.join("board"));
    // Nothing that they read lies elsewhere.
    process::run(command.envs([("HF_HUB_OFFLINE", "1"), ("HF_DATASETS_OFFLINE", "1")]))
}

/// Installs the readers where that is needed.
fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("readers/python");
    let python = folder.join("bin/python");
    let requirements = workspace.root.join("crates/datasets/scripts/requirements.txt");
    let stamp = Stamp::new(folder.join(".installed"), &[&files::read(&requirements)?, WITHOUT_DEPENDENCIES.as_bytes()]);
    if !stamp.is_fresh(&[&python]) {
        step(format!("pip install in {}: the readers, of pinned versions", shown(workspace, &folder)));
        files::remove(&folder)?;
        let made = process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        made.with_context(|| crate::system::install_line(&["python3", "python3-venv"]))?;
        let install = || {
            let mut install = Command::new(&python);
            install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            install
        };
        process::run(install().arg("--requirement").arg(&requirements))?;
        process::run(install().args(["--no-deps", WITHOUT_DEPENDENCIES]))?;
        stamp.set()?;
    }
    Ok(python)
}
