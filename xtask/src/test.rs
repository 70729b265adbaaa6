//! `cargo xtask test`: everything that CI asks, cheapest first, from a bare machine on. Stops at the first part that fails.

use crate::build::{self, Mode};
use crate::process::{self, line, step};
use crate::tally::Tally;
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{api_check, check, files, models, node, readers, system};
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run one part only
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// The parts, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Part {
    /// Formatting, lints, licences, architecture
    Check,
    /// Unit, integration and documentation tests
    Unit,
    /// Exports, opened by the programs that others read them with
    Readers,
    /// The site as released, the runner without wasm-opt, the server that the unit tests test; lints of the worker
    Build,
    /// The API of a real server against its description (builds first)
    Api,
    /// A real browser against a real server (builds first)
    E2e,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let parts = match arguments.only {
        None => vec![Part::Check, Part::Unit, Part::Readers, Part::Build, Part::Api, Part::E2e],
        Some(Part::Api) => vec![Part::Build, Part::Api],
        Some(Part::E2e) => vec![Part::Build, Part::E2e],
        Some(part) => vec![part],
    };
    let mut tally = Tally::default();
    if let Err(error) = run_parts(workspace, &parts, &mut tally) {
        eprintln!("\nerror: {error:#}");
        if tally.failed == 0 {
            tally.add_failed_step();
        }
    }
    println!("\n{tally}");
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_parts(workspace: &Workspace, parts: &[Part], tally: &mut Tally) -> Result<()> {
    set_up(workspace, parts)?;
    for part in parts {
        let start = Instant::now();
        match part {
            Part::Check => check::run(workspace)?,
            Part::Unit => unit(workspace, tally)?,
            Part::Readers => readers::run(workspace)?,
            Part::Build => {
                build::for_tests(workspace)?;
                check::lints_worker(workspace)?;
            }
            Part::Api => {
                api_check::run(workspace, &server(workspace))?;
                tally.passed += 1;
            }
            Part::E2e => end_to_end(workspace, tally)?,
        }
        println!("\n✓ {part:?} in {} s", start.elapsed().as_secs());
    }
    Ok(())
}

/// Installs what the parts need, before anything is compiled: a missing package shows at once.
fn set_up(workspace: &Workspace, parts: &[Part]) -> Result<()> {
    let runs = |part: Part| parts.contains(&part);
    let mut packages = Vec::new();
    if runs(Part::Unit) && system::initdb().is_none() {
        packages.push("postgresql");
    }
    if runs(Part::E2e) && system::chromium().is_none() {
        packages.push("chromium");
    }
    system::install(&packages, "the tests use a real database and a real browser")?;
    if runs(Part::Check) || runs(Part::Build) {
        WasmToolchain::ensure(workspace)?;
    }
    if runs(Part::Api) {
        api_check::ensure(workspace)?;
    }
    if runs(Part::Unit) {
        models::fetch_for_tests(workspace);
    }
    let folder = workspace.root.join("tests/e2e");
    if runs(Part::E2e) && folder.join("package.json").exists() {
        node::ensure_packages(workspace, &folder, "the end-to-end tests drive a browser with Playwright")?;
    }
    Ok(())
}

/// Never with --all-features: `ssr` and `hydrate` of the page exclude each other. As it is, the server turns on `ssr`.
///
/// xtask apart, with what it was built with when it was started: together with the others, what it depends on would be
/// compiled anew with their features. Without the examples, which clippy has seen, and which take a minute to link.
fn unit(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    step("cargo test: unit, integration and documentation tests");
    for which in [
        ["--package", "xtask"].as_slice(),
        &["--workspace", "--exclude", "xtask", "--lib", "--bins", "--tests"],
        &["--workspace", "--exclude", "xtask", "--doc"],
    ] {
        let mut command = workspace.cargo();
        counting(command.arg("test").args(which).arg("--no-fail-fast"), tally)?;
    }
    Ok(())
}

/// The server's program that the tests run.
fn server(workspace: &Workspace) -> PathBuf {
    workspace.server(Mode::Dev.server_folder())
}

/// Runs tests whose output closes as libtest's does, and counts them.
fn counting(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("could not start: {}", line(command)))?;
    let output = child.stdout.take().context("the output of the tests")?;
    let mut counted = Tally::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(tally) = Tally::of_libtest_line(&line) {
            counted += tally;
        }
    }
    *tally += counted;
    let status = child.wait()?;
    if !status.success() {
        bail!("tests failed; by hand: {}", line(command));
    }
    ensure!(counted.ran() > 0, "no test ran; by hand: {}", line(command));
    Ok(())
}

fn end_to_end(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let folder = workspace.root.join("tests/e2e");
    if !folder.join("package.json").exists() {
        process::note("tests/e2e has no package.json: there are no end-to-end tests yet");
        return Ok(());
    }
    let chromium = system::chromium().context("chromium is gone")?;
    step("the worker alone: the built runner in a real browser, with good and with spoilt weights");
    let mut worker = Command::new("node");
    worker.current_dir(&workspace.root).arg("tests/worker/worker.mjs").arg("--site").arg(workspace.site());
    counting(worker.env("CHROMIUM", &chromium), tally)?;

    step("end-to-end tests: a real browser, the site as released, a real server");
    let report = workspace.target.join("e2e-report.json");
    files::remove(&report)?;
    let mut command = Command::new("npx");
    command.current_dir(&folder).args(["--no-install", "playwright", "test"]);
    command.env("PLAUDIT_BIN", server(workspace)).env("PLAUDIT_SITE", workspace.site());
    command.env("CHROMIUM", chromium).env("PLAUDIT_E2E_JSON", &report);
    let outcome = process::run(&mut command);
    let counted = match files::read_text(&report) {
        Ok(report) => Tally::of_playwright_report(&report)?,
        Err(error) => return outcome.and(Err(error)),
    };
    *tally += counted;
    outcome?;
    ensure!(counted.ran() > 0, "Playwright ran no test");
    Ok(())
}
