//! The worker that computes boards in the browser: the ranking engine as wasm, a small bundle of its own.

use crate::bundle::{self, Bundle, Recipe};
use crate::files;
use crate::process::{self, step};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::{Path, PathBuf};

const RECIPE: Recipe = Recipe {
    name: "recount",
    strip_names: true,
    // Speed before size: it computes thousands of fits, and is loaded by those who ask for one.
    optimise: &["-O3"],
    worth: "a smaller download, at some seconds now",
};
/// Written by the build into `worker.js`.
const SCRIPT: &str = "@script@";
const WASM: &str = "@wasm@";

/// Builds the bundle. The same in development: without optimisation a bootstrap takes minutes.
pub(crate) fn build(workspace: &Workspace, toolchain: &WasmToolchain) -> Result<Bundle> {
    step(format!("recount: cargo build for the browser, with {}", toolchain.describe()));
    let mut command = toolchain.cargo(workspace, "rustc");
    command.args(["--package", "plaudit-recount", "--lib", "--crate-type", "cdylib"]);
    command.args(["--features", "worker", "--profile", "recount"]);
    process::run(&mut command)?;
    let compiled = toolchain.built_for_browser(workspace, "recount").join("plaudit_recount.wasm");
    let folder = workspace.target.join("page/recount");
    let bound = bundle::bind(workspace, &RECIPE, &compiled, &folder.join("bindgen"))?;
    bundle::optimise(workspace, &RECIPE, bound, &folder.join("optimised"))
}

/// Puts the bundle's files into the folder, under names with a hash; gives the worker's file.
pub(crate) fn put(workspace: &Workspace, bundle: &Bundle, package: &Path) -> Result<PathBuf> {
    let (script, wasm) = (files::read(&bundle.script)?, files::read(&bundle.wasm)?);
    let hash = files::name_hash(&[&script, &wasm]);
    let (script_name, wasm_name) = (format!("recount-{hash}.js"), format!("recount-{hash}_bg.wasm"));
    let worker = files::read_text(&workspace.root.join("crates/recount/src/worker.js"))?;
    let worker = worker.replace(SCRIPT, &format!("./{script_name}")).replace(WASM, &format!("./{wasm_name}"));
    let worker_name = format!("recount-worker-{}.js", files::name_hash(&[worker.as_bytes()]));
    files::write(&package.join(script_name), script)?;
    files::write(&package.join(wasm_name), wasm)?;
    files::write(&package.join(&worker_name), worker)?;
    Ok(PathBuf::from(worker_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_has_both_placeholders() {
        let worker = include_str!("../../crates/recount/src/worker.js");
        assert!(worker.contains(SCRIPT) && worker.contains(WASM));
    }
}
