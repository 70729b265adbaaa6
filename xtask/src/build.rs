//! `cargo xtask build`: the site, the server, the runner.

use crate::process::{self, note, step};
use crate::runner::{self, Quality, Runner};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{css, files, recount, site, size_table, wasm};
use anyhow::Result;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Fast to build, slow to load: debug profiles, no wasm-opt, no compressed files
    #[arg(long)]
    dev: bool,
    /// Build the models' runner alone and put it into the site that is there
    #[arg(long, conflicts_with = "no_runner")]
    runner: bool,
    /// Leave the models' runner out, unless it is built already
    #[arg(long)]
    no_runner: bool,
}

/// How much work goes into the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// What visitors get.
    Release,
    /// What a developer waits for.
    Dev,
}

impl Mode {
    /// The folder below cargo's target folder that the server is built into.
    pub(crate) fn server_folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }

    /// How much work goes into the runner then.
    fn runner_quality(self) -> Quality {
        match self {
            Self::Release => Quality::Release,
            Self::Dev => Quality::Quick,
        }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let mode = if arguments.dev { Mode::Dev } else { Mode::Release };
    if arguments.runner {
        let toolchain = WasmToolchain::ensure(workspace)?;
        build_runner(workspace, &toolchain, mode.runner_quality())?;
        return put_runner(workspace, &toolchain);
    }
    if arguments.no_runner {
        return everything_but_runner(workspace, mode).map(|_| ());
    }
    everything(workspace, mode, mode.runner_quality())
}

/// Runner, site and server.
pub(crate) fn everything(workspace: &Workspace, mode: Mode, runner: Quality) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    // Page and server first: what is wrong with them shows in minutes.
    build_site(workspace, &toolchain, mode)?;
    build_server(workspace, mode)?;
    build_runner(workspace, &toolchain, runner)?;
    put_runner(workspace, &toolchain)
}

/// What tests look at: the site as visitors get it; a runner without wasm-opt, some minutes sooner; and the server that
/// `cargo test` has built, since optimising one takes a quarter of an hour on two cores and no test is about its speed.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    build_site(workspace, &toolchain, Mode::Release)?;
    step("server: cargo build, as the tests have it");
    // The features of the whole workspace: with those of the one package cargo would compile much of it once more.
    process::run(workspace.cargo().args(["build", "--workspace", "--exclude", "xtask", "--bin", "plaudit"]))?;
    build_runner(workspace, &toolchain, Quality::Quick)?;
    put_runner(workspace, &toolchain)
}

/// Site and server, with a runner only if there is one already.
pub(crate) fn everything_but_runner(workspace: &Workspace, mode: Mode) -> Result<WasmToolchain> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    build_site(workspace, &toolchain, mode)?;
    build_server(workspace, mode)?;
    Ok(toolchain)
}

/// The runner, if it is not of the sources as they are.
fn build_runner(workspace: &Workspace, toolchain: &WasmToolchain, quality: Quality) -> Result<()> {
    Runner::of(workspace, toolchain)?.build(workspace, toolchain, quality).map(|_| ())
}

/// Puts the runner that was built last into the site.
fn put_runner(workspace: &Workspace, toolchain: &WasmToolchain) -> Result<()> {
    let _lock = files::lock(&workspace.target.join("site.lock"))?;
    let (runner, site) = (Runner::of(workspace, toolchain)?, workspace.site());
    let Some(tree) = runner.tree() else { return Ok(()) };
    if !site.exists() {
        note("there is no site yet to put the runner into; `cargo xtask build` makes it");
    } else if !runner::is_in(&tree, &site)? {
        step("runner: into the site");
        site::replace_runner(workspace, &tree)?;
    }
    Ok(())
}

/// Style sheet, page and public files, put together in the site's folder.
pub(crate) fn build_site(workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<()> {
    let _lock = files::lock(&workspace.target.join("site.lock"))?;
    step("style sheet: style/main.css with its imports, minified");
    let style = css::bundle(&workspace.root.join("style/main.css"))?;
    let votes = wasm::VOTES.build(workspace, toolchain, mode)?;
    let methods = wasm::METHODS.build(workspace, toolchain, mode)?;
    let models = wasm::MODELS.build(workspace, toolchain, mode)?;
    let recount = recount::build(workspace, toolchain)?;
    step("site: hashed names, public files, compressed copies");
    let runner = Runner::of(workspace, toolchain)?;
    // A developer's page may have an older runner; visitors' may not: their messages might not fit.
    let runner = runner.tree().filter(|_| mode == Mode::Dev || runner.is_current());
    let parts = site::Parts {
        votes: &votes,
        methods: &methods,
        models: &models,
        recount: &recount,
        style: &style,
        runner: runner.as_deref(),
    };
    let site = site::assemble(workspace, &parts, mode)?;
    size_table::print(&site)
}

/// The server, with the `ssr` half of the page compiled in.
pub(crate) fn build_server(workspace: &Workspace, mode: Mode) -> Result<()> {
    step("server: cargo build");
    let mut command = workspace.cargo();
    command.args(["build", "--package", "plaudit"]);
    if mode == Mode::Release {
        command.arg("--release");
    }
    process::run(&mut command)
}
