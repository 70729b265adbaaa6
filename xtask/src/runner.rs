//! The runner: the worker with burn and the models, a bundle of its own. It takes a quarter of an hour on a cold machine
//! with two cores, so it is built when its own sources change and kept as a small tree that is laid over the site.

use crate::bundle::{self, Bundle, Recipe};
use crate::compress;
use crate::files::{self, Stamp};
use crate::process::{self, note, step};
use crate::size_table;
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// SIMD is in every browser we name (Safari since 16.4); wasm cannot ask at run time. The second is how getrandom 0.3 is
/// told that this is a browser.
pub(crate) const RUSTFLAGS: &str = r#"-C target-feature=+simd128 --cfg getrandom_backend="wasm_js""#;
/// The arguments of cargo, after its subcommand.
pub(crate) const CARGO: [&str; 9] =
    ["--package", "plaudit-runner", "--lib", "--crate-type", "cdylib", "--features", "worker", "--profile", "runner"];
const PROFILE_FOLDER: &str = "runner";

const RECIPE: Recipe = Recipe {
    name: "runner",
    strip_names: true,
    // No smaller download, but a third less for a browser to compile.
    optimise: &["-Oz", "--enable-simd"],
    worth: "less for a browser to compile, at some minutes now",
};

/// What the bundle is made from, besides the versions in Cargo.lock.
const SOURCES: [&str; 4] = ["crates/domain", "crates/judges", "crates/models", "crates/runner"];
/// The messages' version, for people who read `runner.json`; pages check it with the worker itself.
const PROTOCOL_FILE: &str = "crates/runner/src/protocol.rs";

/// How the bundle is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quality {
    /// As visitors get it.
    Release,
    /// Without wasm-opt, quickly compressed: some minutes sooner.
    Quick,
}

/// The finished tree (`pkg/…` and `runner.json`) and the stamp that says from what it was made.
pub(crate) struct Runner {
    folder: PathBuf,
    stamp: Stamp,
}

impl Runner {
    /// The runner for the sources as they are now.
    pub(crate) fn of(workspace: &Workspace, toolchain: &WasmToolchain) -> Result<Self> {
        let folder = workspace.target.join("runner-bundle");
        let settings = [&toolchain.describe(), RUSTFLAGS, &CARGO.join(" ")];
        let stamp = Stamp::of_sources(folder.join("sources.stamp"), &workspace.root, &settings, &SOURCES)?;
        Ok(Self { folder, stamp })
    }

    /// Whether what was built last is of these sources.
    pub(crate) fn is_current(&self) -> bool {
        self.tree().is_some() && self.stamp.is_fresh(&[])
    }

    /// What was built last, of whatever sources: a folder to be laid over the site.
    pub(crate) fn tree(&self) -> Option<PathBuf> {
        Some(self.folder.join("tree")).filter(|tree| tree.join(MANIFEST).exists())
    }

    /// The size of the module that was built last.
    pub(crate) fn wasm_bytes(&self) -> Result<Option<u64>> {
        let Some(tree) = self.tree() else { return Ok(None) };
        let manifest: serde_json::Value = serde_json::from_slice(&files::read(&tree.join(MANIFEST))?)?;
        Ok(manifest["wasm_bytes"].as_u64())
    }

    /// Builds it, if it is not current.
    pub(crate) fn build(&self, workspace: &Workspace, toolchain: &WasmToolchain, quality: Quality) -> Result<PathBuf> {
        let _lock = files::lock(&workspace.target.join("runner.lock"))?;
        let tree = self.folder.join("tree");
        // A release tree will do for a quick build, not the other way round.
        let is_good_enough = quality == Quality::Quick || !self.folder.join("quick").exists();
        if self.is_current() && is_good_enough {
            note("runner: nothing changed");
            return Ok(tree);
        }
        let bundle = self.bundle(workspace, toolchain, quality)?;
        let fresh = self.folder.join("tree.new");
        files::remove(&fresh)?;
        lay_out(&fresh, &bundle, &files::read_text(&workspace.root.join("crates/runner/src/worker.js"))?, workspace)?;
        step("runner: compressed copies");
        let brotli_quality = if quality == Quality::Quick { compress::QUICK } else { compress::BEST };
        compress::tree(&fresh, &tree, brotli_quality)?;
        tell_download(&fresh)?;
        files::remove(&self.folder.join("sources.stamp"))?;
        files::remove(&tree)?;
        std::fs::rename(&fresh, &tree)?;
        match quality {
            Quality::Quick => files::write(&self.folder.join("quick"), "")?,
            Quality::Release => files::remove(&self.folder.join("quick"))?,
        }
        self.stamp.set()?;
        size_table::print_runner(&files_of(&tree)?)?;
        Ok(tree)
    }

    fn bundle(&self, workspace: &Workspace, toolchain: &WasmToolchain, quality: Quality) -> Result<Bundle> {
        step(format!(
            "runner: cargo build for the browser, with {}; burn's kernels take a quarter of an hour the first time",
            toolchain.describe()
        ));
        let mut command = toolchain.cargo_with(workspace, "rustc", RUSTFLAGS);
        process::run(command.args(CARGO))?;
        let compiled = toolchain.built_for_browser(workspace, PROFILE_FOLDER).join("plaudit_runner.wasm");
        let bound = bundle::bind(workspace, &RECIPE, &compiled, &self.folder.join("bindgen"))?;
        match quality {
            Quality::Quick => Ok(bound),
            Quality::Release => bundle::optimise(workspace, &RECIPE, bound, &self.folder.join("optimised")),
        }
    }
}

/// What a page polls to learn that models can run, and where their worker is.
const MANIFEST: &str = "runner.json";
/// The placeholders of worker.js.
const SCRIPT: &str = "@script@";
const WASM: &str = "@wasm@";

/// Whether a file of the site, by its path from the site's root, is the runner's.
pub(crate) fn owns(path: &Path) -> bool {
    let in_package = path.strip_prefix("pkg").ok().and_then(Path::to_str);
    path.to_str().is_some_and(|path| path.starts_with(MANIFEST))
        || in_package.is_some_and(|name| name.starts_with("runner-"))
}

/// Whether the site has just this runner.
pub(crate) fn is_in(tree: &Path, site: &Path) -> Result<bool> {
    Ok(std::fs::read(site.join(MANIFEST)).ok() == Some(files::read(&tree.join(MANIFEST))?))
}

/// Writes the files under the names that the site has for them.
fn lay_out(tree: &Path, bundle: &Bundle, worker: &str, workspace: &Workspace) -> Result<()> {
    let (script, wasm) = (files::read(&bundle.script)?, files::read(&bundle.wasm)?);
    let hash = files::name_hash(&[&script, &wasm]);
    let (script_name, wasm_name) = (format!("runner-{hash}.js"), format!("runner-{hash}_bg.wasm"));
    let worker = worker.replace(SCRIPT, &format!("./{script_name}")).replace(WASM, &format!("./{wasm_name}"));
    let worker_name = format!("runner-worker-{}.js", files::name_hash(&[worker.as_bytes()]));
    let package = tree.join("pkg");
    files::write(&package.join(&script_name), &script)?;
    files::write(&package.join(&wasm_name), &wasm)?;
    files::write(&package.join(&worker_name), worker)?;
    if let Some(snippets) = &bundle.snippets {
        anyhow::bail!(
            "{} would collide with the page's snippets; give the runner a folder of its own",
            snippets.display()
        );
    }
    let protocol = protocol_version(&files::read_text(&workspace.root.join(PROTOCOL_FILE))?)?;
    let manifest = serde_json::json!({
        "worker": format!("/pkg/{worker_name}"),
        "protocol": protocol,
        "wasm_bytes": wasm.len(),
    });
    files::write(&tree.join(MANIFEST), format!("{manifest:#}\n"))
}

/// `PROTOCOL_VERSION` in the source.
fn protocol_version(source: &str) -> Result<u32> {
    let value = source.lines().find_map(|line| line.strip_prefix("pub const PROTOCOL_VERSION: u32 = "));
    let version = value.and_then(|value| value.strip_suffix(';')?.parse().ok());
    version.with_context(|| format!("{PROTOCOL_FILE} has no PROTOCOL_VERSION"))
}

/// Adds to `runner.json` how much a browser downloads, so that the page can say so before it does.
fn tell_download(tree: &Path) -> Result<()> {
    let path = tree.join(MANIFEST);
    let mut manifest: serde_json::Value = serde_json::from_slice(&files::read(&path)?)?;
    let bytes = files_of(tree)?.iter().map(|file| transferred(file)).sum::<Result<u64>>()?;
    manifest["download_bytes"] = bytes.into();
    files::write(&path, format!("{manifest:#}\n"))
}

/// The size in which a file travels: with brotli, where that is there.
fn transferred(file: &Path) -> Result<u64> {
    let mut brotli = file.as_os_str().to_owned();
    brotli.push(".br");
    let sent = if Path::new(&brotli).exists() { PathBuf::from(brotli) } else { file.to_owned() };
    let metadata = std::fs::metadata(&sent).with_context(|| format!("cannot read {}", sent.display()))?;
    Ok(metadata.len())
}

/// The tree's files that a visitor who needs a model downloads.
fn files_of(tree: &Path) -> Result<Vec<PathBuf>> {
    let files = files::files_under(&tree.join("pkg"))?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "js" || end == "wasm")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_files_are_told_from_the_pages() {
        for own in ["runner.json", "pkg/runner-0123456789abcdef_bg.wasm.br", "pkg/runner-worker-0123456789abcdef.js"] {
            assert!(owns(Path::new(own)), "{own}");
        }
        for other in ["manifest.json", "pkg/plaudit-0123456789abcdef.js", "runner/notes.txt"] {
            assert!(!owns(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn the_version_is_read_from_the_source_and_its_absence_is_said() {
        assert_eq!(protocol_version("/// x\npub const PROTOCOL_VERSION: u32 = 12;\n").unwrap(), 12);
        assert!(protocol_version("const VERSION: u32 = 1;").is_err());
    }

    #[test]
    fn the_download_is_told_as_it_travels() {
        let tree = std::env::temp_dir().join(format!("plaudit-xtask-download-{}", std::process::id()));
        let write = |name: &str, bytes: usize| files::write(&tree.join(name), vec![b' '; bytes]).unwrap();
        write("pkg/runner-1_bg.wasm", 1000);
        write("pkg/runner-1_bg.wasm.br", 300);
        write("pkg/runner-1_bg.wasm.gz", 400);
        write("pkg/runner-1.js", 20);
        files::write(&tree.join(MANIFEST), r#"{"worker":"/pkg/w.js"}"#).unwrap();
        tell_download(&tree).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&files::read(&tree.join(MANIFEST)).unwrap()).unwrap();
        assert_eq!((manifest["download_bytes"].as_u64(), manifest["worker"].as_str()), (Some(320), Some("/pkg/w.js")));
        files::remove(&tree).unwrap();
    }

    #[test]
    fn the_worker_has_both_placeholders() {
        let worker = include_str!("../../crates/runner/src/worker.js");
        assert!(worker.contains(SCRIPT) && worker.contains(WASM));
    }
}
