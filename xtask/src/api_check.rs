//! The API's description against a really running server, by schemathesis.

use crate::process::{self, step};
use crate::python;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// With the server's start. It takes a third of that on two cores.
const LIMIT: Duration = Duration::from_secs(120);

/// Installs it where that is needed.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.root.join("xtask/scripts/api-check/requirements.txt");
    python::ensure(workspace, &workspace.target.join("api-check/python"), &requirements, "schemathesis")
}

/// Asks the server that was built last. Fails when it answers with a 5xx or with what its description does not know.
pub(crate) fn run(workspace: &Workspace, server: &std::path::Path) -> Result<()> {
    let python = ensure(workspace)?;
    step("the API against its description: no 5xx, no answer that it does not describe");
    let mut command = Command::new(python);
    command.arg(workspace.root.join("xtask/scripts/api-check/check.py")).arg(server).arg(workspace.site());
    process::run_for(&mut command, LIMIT)
}
