//! `cargo xtask doctor`: what this machine has, what it lacks, and what installs it.

use crate::process::{find_program, probe};
use crate::runner::Runner;
use crate::toolchain::{self, DEBIAN_PACKAGES, OLDEST_RUSTC, WasmToolchain};
use crate::workspace::Workspace;
use crate::{models, node, serve, system};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Who needs it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// `serve`, and so everyone.
    Serve,
    /// `test`.
    Test,
}

struct Finding {
    what: &'static str,
    need: Need,
    /// What was found, or nothing.
    found: Option<String>,
    /// The command that installs it.
    remedy: String,
}

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let findings = findings(workspace);
    for finding in &findings {
        let need = if finding.need == Need::Serve { "serve" } else { "test" };
        match &finding.found {
            Some(found) => println!("ok       {need:6} {:15} {found}", finding.what),
            None => println!("MISSING  {need:6} {:15} {}", finding.what, finding.remedy),
        }
    }
    let lacks = |need: Need| findings.iter().any(|finding| finding.need == need && finding.found.is_none());
    let (code, verdict) = match (lacks(Need::Serve), lacks(Need::Test)) {
        (true, _) => (ExitCode::FAILURE, "something is missing; `cargo xtask serve` installs what it can by itself"),
        (false, true) => (ExitCode::SUCCESS, "ready to serve; `cargo xtask test` installs what it can by itself"),
        (false, false) => (ExitCode::SUCCESS, "ready to serve and to test"),
    };
    println!("models   {}", runner_and_models(workspace)?);
    println!("\n{verdict}");
    Ok(code)
}

/// Whether models can run in browsers, and which are there.
fn runner_and_models(workspace: &Workspace) -> Result<String> {
    let runner = match WasmToolchain::find(workspace) {
        None => "runner not built (no wasm toolchain yet)".to_owned(),
        Some(toolchain) => {
            let runner = Runner::of(workspace, &toolchain)?;
            match (runner.wasm_bytes()?, runner.is_current()) {
                (None, _) => "runner not built   cargo xtask build --runner".to_owned(),
                (Some(bytes), true) => format!("runner built, {:.1} MB of wasm", bytes as f64 / 1e6),
                (Some(_), false) => "runner older than its sources   cargo xtask build --runner".to_owned(),
            }
        }
    };
    let names = models::names(workspace, Path::new(serve::DATA))?;
    let models = if names.is_empty() { "none   cargo xtask models fetch smollm2".to_owned() } else { names.join(", ") };
    Ok(format!("{runner}; weights: {models}"))
}

fn findings(workspace: &Workspace) -> Vec<Finding> {
    let (major, minor) = OLDEST_RUSTC;
    let apt = |package: &str| system::install_line(&[package]);
    let version = |program: &'static str, need: Need, package: &str| Finding {
        what: program,
        need,
        found: probe(Command::new(program).arg("--version")),
        remedy: apt(package),
    };
    let path = |what, need, found: Option<PathBuf>, remedy| Finding {
        what,
        need,
        found: found.map(|path| path.display().to_string()),
        remedy,
    };
    let wasm_opt = Some(node::wasm_opt_path(workspace)).filter(|path| path.exists());
    vec![
        Finding {
            what: "rustc",
            need: Need::Serve,
            found: toolchain::own_rustc_release(workspace).filter(|release| toolchain::is_new_enough(release)),
            remedy: format!("rustup update stable   ({major}.{minor} or newer)"),
        },
        Finding {
            what: "wasm toolchain",
            need: Need::Serve,
            found: WasmToolchain::find(workspace).map(|toolchain| toolchain.describe()),
            remedy: format!(
                "rustup target add wasm32-unknown-unknown   (no route there? {}, then any xtask)",
                system::install_line(&DEBIAN_PACKAGES)
            ),
        },
        path("C compiler", Need::Serve, find_program("cc"), apt("build-essential")),
        version("node", Need::Serve, "nodejs"),
        version("npm", Need::Serve, "npm"),
        path(
            "wasm-opt",
            Need::Serve,
            wasm_opt,
            "cargo xtask build   (npm package binaryen, into the target folder)".to_owned(),
        ),
        version("python3", Need::Test, "python3"),
        path("chromium", Need::Test, system::chromium(), apt("chromium")),
        path("initdb", Need::Test, system::initdb(), apt("postgresql")),
    ]
}
