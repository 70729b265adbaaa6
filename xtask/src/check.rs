//! `cargo xtask check`: all that can be said about the code without running it. Every check runs, then all failures are
//! listed.

use crate::metadata::{Features, Metadata};
use crate::process::{self, find_program, note, step};
use crate::runner::{self, Runner};
use crate::toolchain::WasmToolchain;
use crate::wasm::{METHODS, MODELS, VOTES};
use crate::workspace::Workspace;
use crate::{files, invariants, licences, unused};
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// Crates that have to compile for the browser besides the page itself.
const BROWSER_CRATES: [&str; 3] = ["plaudit-domain", "plaudit-ranking", "plaudit-agreement"];

type Check = fn(&Workspace) -> Result<()>;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let checks: [(&str, Check); 9] = [
        ("formatting", formatting),
        ("architecture", architecture),
        ("licences", licences),
        ("unused dependencies", unused_dependencies),
        ("duplicate versions", duplicates),
        ("advisories", advisories),
        ("lints, native", lints_native),
        ("lints, browser", lints_browser),
        ("lints, worker", lints_worker_if_built),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        step(format!("check: {name}"));
        if let Err(error) = check(workspace) {
            eprintln!("error: {error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}; all of it by hand: cargo xtask check", failed.join(", "));
    }
    Ok(())
}

fn formatting(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

/// The whole workspace as a native build sees it: the server turns on the page's `ssr`, and nothing its `hydrate`.
fn lints_native(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn lints_browser(workspace: &Workspace) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    let metadata = Metadata::load(workspace, Features::Default)?;
    for islands in [&VOTES, &METHODS, &MODELS] {
        let mut page = toolchain.cargo(workspace, "clippy");
        page.args(["--package", "plaudit-app", "--lib", "--no-default-features", "--features", islands.features]);
        process::run(page.args(["--", "-D", "warnings"]))?;
    }
    let mut recount = toolchain.cargo(workspace, "clippy");
    recount.args(["--package", "plaudit-recount", "--lib", "--features", "worker"]);
    process::run(recount.args(["--", "-D", "warnings"]))?;
    let mut shared = toolchain.cargo(workspace, "clippy");
    shared.arg("--lib");
    for name in BROWSER_CRATES.iter().filter(|name| metadata.ours().any(|package| package.name == **name)) {
        shared.args(["--package", name]);
    }
    process::run(shared.args(["--", "-D", "warnings"]))
}

/// The worker and the models as the runner's build sees them. Not `cargo clippy`, which would look at burn's kernel crates
/// once more, for minutes: cargo builds with clippy in rustc's place for our own crates, and has all others from the runner.
pub(crate) fn lints_worker(workspace: &Workspace) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    step("clippy: the worker, for the browser");
    let mut command = toolchain.cargo_with(workspace, "rustc", runner::RUSTFLAGS);
    command.args(runner::CARGO).args(["--", "-D", "warnings"]);
    process::run(command.env("RUSTC_WORKSPACE_WRAPPER", toolchain.clippy_driver()))
}

fn lints_worker_if_built(workspace: &Workspace) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    if Runner::of(workspace, &toolchain)?.tree().is_none() {
        note("THE WORKER WAS NOT LINTED: that needs the runner's dependencies; by hand: cargo xtask build --runner");
        return Ok(());
    }
    lints_worker(workspace)
}

fn architecture(workspace: &Workspace) -> Result<()> {
    listed(invariants::violations(&Metadata::load(workspace, Features::Default)?))
}

fn licences(workspace: &Workspace) -> Result<()> {
    let deny = files::read_text(&workspace.root.join("deny.toml"))?;
    listed(licences::violations(&Metadata::load(workspace, Features::All)?, &deny)?)
}

fn unused_dependencies(workspace: &Workspace) -> Result<()> {
    listed(unused::violations(&Metadata::load(workspace, Features::All)?)?)
}

/// Known vulnerabilities, where a tool is installed and its database can be had. Neither is a reason to stop someone
/// who is offline, but it is said aloud.
fn advisories(workspace: &Workspace) -> Result<()> {
    let by_hand = "by hand, with a network: cargo install cargo-deny && cargo deny check advisories";
    if find_program("cargo-deny").is_some() {
        if process::run(workspace.cargo().args(["deny", "fetch", "db"])).is_err() {
            note(format!("ADVISORIES WERE NOT CHECKED: the advisory database cannot be reached; {by_hand}"));
            return Ok(());
        }
        return process::run(workspace.cargo().args(["deny", "check", "--disable-fetch", "advisories"]));
    }
    if find_program("cargo-audit").is_some() {
        let output = workspace.cargo().arg("audit").output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        if said.contains("couldn't fetch advisory database") {
            note(format!("ADVISORIES WERE NOT CHECKED: the advisory database cannot be reached; {by_hand}"));
            return Ok(());
        }
        println!("{said}");
        return if output.status.success() { Ok(()) } else { bail!("by hand: cargo audit") };
    }
    note(format!("ADVISORIES WERE NOT CHECKED: neither cargo-deny nor cargo-audit is installed; {by_hand}"));
    Ok(())
}

/// Two versions of one crate in what we ship: twice the code. Told, not forbidden: it is rarely ours to change.
fn duplicates(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["tree", "--package", "plaudit", "--edges", "normal", "--duplicates", "--depth=0", "--prefix=none"]);
    let tree = process::capture(&mut command)?;
    let several = versions_by_name(&tree);
    let told: Vec<String> = several.iter().map(|(name, versions)| format!("{name} {}", versions.join("/"))).collect();
    note(if told.is_empty() { "none".to_owned() } else { told.join(", ") });
    Ok(())
}

/// The versions of each crate in lines such as `syn v2.0.119 (proc-macro)`, where there are several.
fn versions_by_name(tree: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let versions = found.entry(name).or_default();
            let version = version.trim_start_matches('v');
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
    }
    // One version with two sets of features is listed too.
    found.retain(|_, versions| versions.len() > 1);
    found
}

fn listed(violations: Vec<String>) -> Result<()> {
    if violations.is_empty() {
        note("nothing to object to");
        return Ok(());
    }
    bail!("{} found:\n  {}", violations.len(), violations.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_collected_by_name() {
        let tree = "base64 v0.22.1\n\nbase64 v0.22.1\n\nsyn v2.0.119 (proc-macro)\n\nsyn v3.0.10\n";
        assert_eq!(versions_by_name(tree), BTreeMap::from([("syn", vec!["2.0.119", "3.0.10"])]));
    }
}
