//! From what cargo made for the browser to what a browser loads: wasm-bindgen, then wasm-opt. Both keep their output
//! while their input is the same. The page and the runner go the same way.

use crate::files::{self, Stamp};
use crate::node;
use crate::process::{self, note, step};
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

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

/// What distinguishes one bundle from another.
pub(crate) struct Recipe {
    /// What its files are called before their hash: `NAME.js` and `NAME_bg.wasm`, as wasm-bindgen derives them.
    pub(crate) name: &'static str,
    /// Whether names of functions go, which only a debugger reads: they are a third of the runner.
    pub(crate) strip_names: bool,
    /// wasm-opt's level, and features beyond the usual ones.
    pub(crate) optimise: &'static [&'static str],
    /// What wasm-opt is worth, for the person who waits.
    pub(crate) worth: &'static str,
}

/// The files of a finished bundle.
pub(crate) struct Bundle {
    /// The module that loads the wasm.
    pub(crate) script: PathBuf,
    /// The wasm itself.
    pub(crate) wasm: PathBuf,
    /// JavaScript of crates, which the script imports by relative path; absent when there is none.
    pub(crate) snippets: Option<PathBuf>,
}

/// wasm-bindgen: `compiled` becomes a module and its script, in `folder`.
pub(crate) fn bind(workspace: &Workspace, recipe: &Recipe, compiled: &Path, folder: &Path) -> Result<Bundle> {
    let version = bindgen_version(&files::read_text(&workspace.root.join("Cargo.lock"))?)?;
    let input = files::read(compiled)?;
    let snippets = folder.join("snippets");
    let script = folder.join(format!("{}.js", recipe.name));
    let wasm = folder.join(format!("{}_bg.wasm", recipe.name));
    let stamp = Stamp::new(folder.with_extension("stamp"), &[&input, version.as_bytes()]);
    if stamp.is_fresh(&[&script, &wasm]) {
        note("wasm-bindgen: nothing changed");
    } else {
        step(format!("wasm-bindgen {version}: calls into the browser"));
        files::remove(folder)?;
        let mut bindgen = Bindgen::new();
        bindgen.input_bytes(recipe.name, input).web(true)?.typescript(false);
        bindgen.remove_name_section(recipe.strip_names);
        // The file names get their hash later, and who loads the module passes the address.
        bindgen.omit_default_module_path(true);
        bindgen.generate(folder).with_context(|| format!("wasm-bindgen on {}", compiled.display()))?;
        stamp.set()?;
    }
    Ok(Bundle { script, wasm, snippets: snippets.exists().then_some(snippets) })
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

/// wasm-opt: the same bundle with a smaller module, in `folder`.
pub(crate) fn optimise(workspace: &Workspace, recipe: &Recipe, bundle: Bundle, folder: &Path) -> Result<Bundle> {
    let program = node::wasm_opt(workspace)?;
    let version = process::probe(Command::new(&program).arg("--version")).context("wasm-opt does not start")?;
    let wasm = folder.join(format!("{}_bg.wasm", recipe.name));
    let input = files::read(&bundle.wasm)?;
    let flags = [recipe.optimise, FEATURES.as_slice()].concat();
    let stamp = Stamp::new(folder.with_extension("stamp"), &[&input, version.as_bytes(), flags.join(" ").as_bytes()]);
    if stamp.is_fresh(&[&wasm]) {
        note("wasm-opt: nothing changed");
    } else {
        step(format!("{version} {}: {}", recipe.optimise.join(" "), recipe.worth));
        std::fs::create_dir_all(folder)?;
        process::run(Command::new(&program).args(&flags).arg(&bundle.wasm).arg("-o").arg(&wasm))?;
        // An engine has to accept it, or every visitor would find out first.
        let accept = "WebAssembly.compile(require('node:fs').readFileSync(process.argv[1]))";
        process::run(Command::new("node").args(["--eval", accept]).arg(&wasm))
            .context("wasm-opt's output does not load")?;
        stamp.set()?;
    }
    Ok(Bundle { wasm, ..bundle })
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
