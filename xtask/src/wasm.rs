//! The page as wasm: cargo, then wasm-bindgen, then wasm-opt. The last two keep their output while their input is the same.

use crate::build::Mode;
use crate::files::{self, Stamp};
use crate::node;
use crate::process::{self, note, step};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// What the page's files are called before their hash: `NAME.js` and `NAME_bg.wasm`, as Leptos derives them.
pub(crate) const NAME: &str = "plaudit";

/// The features of WebAssembly that rustc uses by default, and wasm-bindgen after it; every browser we name has them.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];
const OPTIMISE: &str = "-Oz";

/// The files of the finished page.
pub(crate) struct Page {
    /// The module that loads the wasm.
    pub(crate) script: PathBuf,
    /// The wasm itself.
    pub(crate) wasm: PathBuf,
    /// JavaScript of crates, which the script imports by relative path; absent when there is none.
    pub(crate) snippets: Option<PathBuf>,
}

/// Builds the page.
pub(crate) fn build(workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<Page> {
    let compiled = compile(workspace, toolchain, mode)?;
    let folder = workspace.target.join("page").join(if mode == Mode::Dev { "dev" } else { "release" });
    let page = bind(workspace, &compiled, &folder.join("bindgen"))?;
    match mode {
        Mode::Dev => Ok(page),
        Mode::Release => optimise(workspace, page, &folder.join("optimised")),
    }
}

fn compile(workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<PathBuf> {
    step(format!("page: cargo build for the browser, with {}", toolchain.describe()));
    // Not `cargo build`: the library is an rlib too, for the server, and for such a library cargo leaves link-time
    // optimisation out without a word. As a cdylib alone the page is a sixth smaller.
    let mut command = toolchain.cargo(workspace, "rustc");
    command.args(["--package", "plaudit-app", "--lib", "--crate-type", "cdylib"]);
    command.args(["--no-default-features", "--features", "hydrate"]);
    let profile_folder = match mode {
        Mode::Release => {
            command.args(["--profile", "wasm-release"]);
            "wasm-release"
        }
        Mode::Dev => {
            // Debug information would make wasm-bindgen's input some ten times as large.
            command.args(["--config", "profile.dev.debug=false"]);
            "debug"
        }
    };
    process::run(&mut command)?;
    Ok(toolchain.target_folder(workspace).join("wasm32-unknown-unknown").join(profile_folder).join("plaudit_app.wasm"))
}

fn bind(workspace: &Workspace, compiled: &Path, folder: &Path) -> Result<Page> {
    let version = bindgen_version(&files::read_text(&workspace.root.join("Cargo.lock"))?)?;
    let input = files::read(compiled)?;
    let snippets = folder.join("snippets");
    let script = folder.join(format!("{NAME}.js"));
    let wasm = folder.join(format!("{NAME}_bg.wasm"));
    let stamp = Stamp::new(folder.with_extension("stamp"), &[&input, version.as_bytes()]);
    if stamp.is_fresh(&[&script, &wasm]) {
        note("wasm-bindgen: nothing changed");
    } else {
        step(format!("wasm-bindgen {version}: the page's calls into the browser"));
        files::remove(folder)?;
        let mut bindgen = Bindgen::new();
        bindgen.input_bytes(NAME, input).web(true)?.typescript(false);
        // The file names get their hash later, and Leptos passes the address itself.
        bindgen.omit_default_module_path(true);
        bindgen.generate(folder).with_context(|| format!("wasm-bindgen on {}", compiled.display()))?;
        stamp.set()?;
    }
    Ok(Page { script, wasm, snippets: snippets.exists().then_some(snippets) })
}

/// The version of wasm-bindgen in Cargo.lock, provided that the library which reads its output is of the same.
fn bindgen_version(lock: &str) -> Result<String> {
    let lock: toml::Table = lock.parse().context("Cargo.lock")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock lists no packages")?;
    let version = |name: &str| {
        let package = packages.iter().find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name));
        let version = package.and_then(|package| package.get("version")?.as_str());
        version.with_context(|| format!("Cargo.lock has no {name}"))
    };
    let (page, tool) = (version("wasm-bindgen")?, version("wasm-bindgen-cli-support")?);
    ensure!(
        page == tool,
        "Cargo.lock has wasm-bindgen {page} and wasm-bindgen-cli-support {tool}, which must be the same; \
         set wasm-bindgen-cli-support to ={page} in xtask/Cargo.toml"
    );
    Ok(page.to_owned())
}

fn optimise(workspace: &Workspace, page: Page, folder: &Path) -> Result<Page> {
    let program = node::wasm_opt(workspace)?;
    let version = process::probe(Command::new(&program).arg("--version")).context("wasm-opt does not start")?;
    let wasm = folder.join(format!("{NAME}_bg.wasm"));
    let input = files::read(&page.wasm)?;
    let flags = [&[OPTIMISE], FEATURES.as_slice()].concat();
    let stamp = Stamp::new(folder.with_extension("stamp"), &[&input, version.as_bytes(), flags.join(" ").as_bytes()]);
    if stamp.is_fresh(&[&wasm]) {
        note("wasm-opt: nothing changed");
    } else {
        step(format!("{version} {OPTIMISE}: a smaller download, at half a minute now"));
        std::fs::create_dir_all(folder)?;
        process::run(Command::new(&program).args(&flags).arg(&page.wasm).arg("-o").arg(&wasm))?;
        // An engine has to accept it, or every visitor would find out first.
        let accept = "WebAssembly.compile(require('node:fs').readFileSync(process.argv[1]))";
        process::run(Command::new("node").args(["--eval", accept]).arg(&wasm))
            .context("wasm-opt's output does not load")?;
        stamp.set()?;
    }
    Ok(Page { wasm, ..page })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(page: &str, tool: &str) -> String {
        format!(
            "[[package]]\nname = \"wasm-bindgen\"\nversion = \"{page}\"\n\
             [[package]]\nname = \"wasm-bindgen-cli-support\"\nversion = \"{tool}\"\n"
        )
    }

    #[test]
    fn bindgen_versions_must_agree() {
        assert_eq!(bindgen_version(&lock("0.2.130", "0.2.130")).unwrap(), "0.2.130");
        let error = bindgen_version(&lock("0.2.131", "0.2.130")).unwrap_err().to_string();
        assert!(error.contains("=0.2.131 in xtask/Cargo.toml"), "{error}");
    }
}
