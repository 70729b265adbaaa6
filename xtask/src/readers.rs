//! The programs that open exports: a Python environment of their own, with pinned versions, in the target folder.

use crate::files::{self, Stamp};
use crate::process::{self, step};
use crate::python;
use crate::workspace::Workspace;
use anyhow::Result;
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
    // With the features of the whole workspace, as the tests are built: nothing but the example is compiled.
    let mut build = workspace.cargo();
    process::run(build.args(["build", "--workspace", "--exclude", "xtask", "--example", "export_all"]))?;
    let mut export = Command::new(workspace.target.join("debug/examples/export_all"));
    process::run(export.current_dir(&workspace.root).arg(&exports))?;
    step("pandas, polars, DuckDB, Hugging Face datasets, evalica, arena-rank and TRL read them");
    let mut command = Command::new(python);
    command.arg(workspace.root.join("crates/datasets/scripts/readers.py")).arg(&exports).arg(exports.join("board"));
    // Nothing that they read lies elsewhere.
    process::run(command.envs([("HF_HUB_OFFLINE", "1"), ("HF_DATASETS_OFFLINE", "1")]))
}

/// Installs the readers where that is needed.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("readers/python");
    let requirements = workspace.root.join("crates/datasets/scripts/requirements.txt");
    let python = python::ensure(workspace, &folder, &requirements, "the readers")?;
    let stamp = Stamp::new(folder.join(".without-dependencies"), &[WITHOUT_DEPENDENCIES.as_bytes()]);
    if !stamp.is_fresh(&[&python]) {
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        process::run(install.arg(WITHOUT_DEPENDENCIES))?;
        stamp.set()?;
    }
    Ok(python)
}
