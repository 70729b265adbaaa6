//! Tools that npm delivers: wasm-opt, from the package `binaryen`. Version and checksum stand in `xtask/tools`.

use crate::files::{self, Stamp};
use crate::process::{self, step};
use crate::workspace::{Workspace, shown};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files that pin the tools, as kept in `xtask/tools`.
const PINS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// wasm-opt, installed into the target folder first where that is needed.
pub(crate) fn wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    let folder = tools_folder(workspace);
    let mut pins = Vec::new();
    for name in PINS {
        let content = files::read(&workspace.root.join("xtask/tools").join(name))?;
        files::write(&folder.join(name), &content)?;
        pins.push(content);
    }
    let pins: Vec<&[u8]> = pins.iter().map(Vec::as_slice).collect();
    let stamp = Stamp::new(folder.join(".installed"), &pins);
    let program = wasm_opt_path(workspace);
    if !stamp.is_fresh(&[&program]) {
        step(format!("npm ci in {}: wasm-opt halves the page's wasm", shown(workspace, &folder)));
        npm_ci(&folder)?;
        ensure!(program.exists(), "the npm package binaryen brought no {}", program.display());
        stamp.set()?;
    }
    Ok(program)
}

/// Where wasm-opt is once it is installed.
pub(crate) fn wasm_opt_path(workspace: &Workspace) -> PathBuf {
    tools_folder(workspace).join("node_modules/.bin/wasm-opt")
}

/// Installs exactly what a folder's lock file names; skipped while that is installed already.
pub(crate) fn ensure_packages(workspace: &Workspace, folder: &Path, why: &str) -> Result<()> {
    let pins = [files::read(&folder.join("package.json"))?, files::read(&folder.join("package-lock.json"))?];
    let modules = folder.join("node_modules");
    let stamp = Stamp::new(modules.join(".installed"), &[&pins[0], &pins[1]]);
    if stamp.is_fresh(&[&modules]) {
        return Ok(());
    }
    step(format!("npm ci in {}: {why}", shown(workspace, folder)));
    npm_ci(folder)?;
    stamp.set()
}

fn npm_ci(folder: &Path) -> Result<()> {
    for program in ["node", "npm"] {
        if process::find_program(program).is_none() {
            bail!("{program} is missing; by hand: {}", crate::system::install_line(&["nodejs", "npm"]));
        }
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-fund", "--no-audit", "--no-update-notifier"]).current_dir(folder);
    // The machine's own browser is used: Playwright's must not be downloaded.
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    process::run(&mut command).context("npm packages could not be installed")
}

fn tools_folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools/node")
}
