//! Debian packages: installed only when missing and only by root; anyone else is told the command.

use crate::process;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The browser of the end-to-end tests, wherever it is.
pub(crate) fn chromium() -> Option<PathBuf> {
    let set = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| process::is_executable(path));
    set.or_else(|| {
        ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| process::find_program(name))
    })
}

/// PostgreSQL's `initdb`: on `PATH`, or where Debian keeps it (`/usr/lib/postgresql/VERSION/bin`).
pub(crate) fn initdb() -> Option<PathBuf> {
    process::find_program("initdb").or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<_> = versions.flatten().map(|version| version.path().join("bin/initdb")).collect();
        found.sort();
        found.into_iter().rev().find(|file| process::is_executable(file))
    })
}

/// The command that installs these packages, as a person would type it.
pub(crate) fn install_line(packages: &[&str]) -> String {
    format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Installs Debian packages. Never removes one to make room: a conflict is for the user to decide.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let by_hand = install_line(packages);
    if process::find_program("apt-get").is_none() {
        bail!(
            "{why}: {} missing, and this is not a Debian system; install them your system's way",
            packages.join(", ")
        );
    }
    if !is_root() {
        bail!("{why}: {} missing, and only root may install; by hand: {by_hand}", packages.join(", "));
    }
    process::step(format!("apt-get install {}: {why}", packages.join(" ")));
    if apt_get_install(packages).is_ok() {
        return Ok(());
    }
    process::note("not found in the present package lists; fetching new ones");
    process::run(Command::new("apt-get").args(["update", "-q"]))
        .with_context(|| format!("{why}; by hand: {by_hand}"))?;
    apt_get_install(packages).with_context(|| format!("{why}; by hand: {by_hand}"))
}

fn apt_get_install(packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(["install", "-y", "-q", "--no-install-recommends", "--no-remove"]).args(packages);
    process::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The effective user owns the process's own entry: a question the standard library has no function for.
    std::fs::metadata("/proc/self").is_ok_and(|facts| facts.uid() == 0)
}

/// Whether all these files or folders are there.
pub(crate) fn all_exist(paths: &[&str]) -> bool {
    paths.iter().all(|path| Path::new(path).exists())
}
