//! `cargo xtask build`: the site, then the server.

use crate::process::{self, step};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{css, files, site, size_table, wasm};
use anyhow::Result;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Fast to build, slow to load: debug profiles, no wasm-opt, no compressed files
    #[arg(long)]
    dev: bool,
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
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    everything(workspace, if arguments.dev { Mode::Dev } else { Mode::Release })
}

/// Site and server.
pub(crate) fn everything(workspace: &Workspace, mode: Mode) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    build_site(workspace, &toolchain, mode)?;
    build_server(workspace, mode)
}

/// Style sheet, page and public files, put together in the site's folder.
pub(crate) fn build_site(workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<()> {
    let _lock = files::lock(&workspace.target.join("site.lock"))?;
    step("style sheet: style/main.css with its imports, minified");
    let style = css::bundle(&workspace.root.join("style/main.css"))?;
    let page = wasm::build(workspace, toolchain, mode)?;
    step("site: hashed names, public files, compressed copies");
    let site = site::assemble(workspace, &site::Parts { page: &page, style: &style }, mode)?;
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
