//! The site's folder: what the server sends as it is. Assembled aside and put in place by swapping one link, so that a
//! running server never sees half of it.

use crate::build::Mode;
use crate::bundle::Bundle;
use crate::wasm::{Islands, METHODS, MODELS, VOTES};
use crate::workspace::Workspace;
use crate::{compress, files, recount, runner};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the build made.
pub(crate) struct Parts<'a> {
    /// [`VOTES`].
    pub(crate) votes: &'a Bundle,
    /// [`METHODS`].
    pub(crate) methods: &'a Bundle,
    /// [`MODELS`].
    pub(crate) models: &'a Bundle,
    pub(crate) recount: &'a Bundle,
    pub(crate) style: &'a str,
    /// The runner's files, where there are any: a folder to be laid over the site.
    pub(crate) runner: Option<&'a Path>,
}

/// A finished site: the files that a first visit loads.
pub(crate) struct Site {
    pub(crate) wasm: PathBuf,
    pub(crate) script: PathBuf,
    /// What is loaded in their place, where: wasm and script.
    pub(crate) others: [(&'static str, PathBuf, PathBuf); 2],
    pub(crate) style: PathBuf,
}

/// Names with the hash of their content.
struct Names {
    votes: BundleNames,
    methods: BundleNames,
    models: BundleNames,
    /// The worker that computes boards.
    recount: String,
    style: String,
}

/// Script and wasm share one hash: neither is of use with another one's other half.
struct BundleNames {
    script: String,
    wasm: String,
}

impl BundleNames {
    fn of(islands: &Islands, script: &[u8], wasm: &[u8]) -> Self {
        let name = format!("{}-{}", islands.file_name(), files::name_hash(&[script, wasm]));
        Self { script: format!("{name}.js"), wasm: format!("{name}_bg.wasm") }
    }

    /// Their addresses.
    fn manifest(&self) -> serde_json::Value {
        serde_json::json!({ "script": format!("/pkg/{}", self.script), "wasm": format!("/pkg/{}", self.wasm) })
    }
}

impl Names {
    /// What the server reads to write the page's head.
    fn manifest(&self) -> String {
        let manifest = serde_json::json!({
            "css": format!("/pkg/{}", self.style),
            VOTES.name: self.votes.manifest(),
            METHODS.name: self.methods.manifest(),
            MODELS.name: self.models.manifest(),
            "recount": format!("/pkg/{}", self.recount),
        });
        format!("{manifest:#}\n")
    }
}

/// Assembles the site and swaps it in.
pub(crate) fn assemble(workspace: &Workspace, parts: &Parts<'_>, mode: Mode) -> Result<Site> {
    let folder = new_generation(workspace)?;
    copy_public(&workspace.root.join("public"), &folder)?;
    let package = folder.join("pkg");
    let put = |islands: &Islands, bundle: &Bundle| -> Result<BundleNames> {
        let (script, wasm) = (files::read(&bundle.script)?, files::read(&bundle.wasm)?);
        let names = BundleNames::of(islands, &script, &wasm);
        files::write(&package.join(&names.script), script)?;
        files::write(&package.join(&names.wasm), wasm)?;
        if let Some(snippets) = &bundle.snippets {
            copy_tree(snippets, &package.join("snippets"))?;
        }
        Ok(names)
    };
    let names = Names {
        votes: put(&VOTES, parts.votes)?,
        methods: put(&METHODS, parts.methods)?,
        models: put(&MODELS, parts.models)?,
        recount: recount::put(workspace, parts.recount, &package)?.to_string_lossy().into_owned(),
        style: format!("plaudit-{}.css", files::name_hash(&[parts.style.as_bytes()])),
    };
    files::write(&package.join(&names.style), parts.style)?;
    files::write(&folder.join("manifest.json"), names.manifest())?;
    if let Some(runner) = parts.runner {
        copy_tree(runner, &folder)?;
    }
    if mode == Mode::Release {
        compress::tree(&folder, &workspace.site(), compress::BEST)?;
    }
    put_in_place(workspace, &folder)?;
    let package = workspace.site().join("pkg");
    Ok(Site {
        wasm: package.join(names.votes.wasm),
        script: package.join(names.votes.script),
        others: [("a board computed", names.methods), ("models run", names.models)]
            .map(|(what, names)| (what, package.join(names.wasm), package.join(names.script))),
        style: package.join(names.style),
    })
}

/// Puts another runner into the site that is there, which may be in use.
pub(crate) fn replace_runner(workspace: &Workspace, runner: &Path) -> Result<()> {
    let site = workspace.site();
    let folder = new_generation(workspace)?;
    for file in files::files_under(&site)? {
        let path = file.strip_prefix(&site)?;
        if !runner::owns(path) {
            files::write(&folder.join(path), files::read(&file)?)?;
        }
    }
    copy_tree(runner, &folder)?;
    put_in_place(workspace, &folder)
}

/// A folder for the site's next generation.
fn new_generation(workspace: &Workspace) -> Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    Ok(workspace.target.join("sites").join(now.to_string()))
}

/// Makes a generation the site, and removes older ones.
fn put_in_place(workspace: &Workspace, folder: &Path) -> Result<()> {
    let generation = folder.file_name().context("a generation has a name")?;
    swap(&workspace.site(), &Path::new("sites").join(generation))?;
    for entry in std::fs::read_dir(workspace.target.join("sites"))? {
        let entry = entry?;
        if entry.file_name() != generation {
            files::remove(&entry.path())?;
        }
    }
    Ok(())
}

fn copy_public(public: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    if !public.exists() {
        return Ok(());
    }
    for reserved in ["pkg", "manifest.json", "runner.json"] {
        ensure!(!public.join(reserved).exists(), "public/{reserved} would hide the build's own {reserved}; rename it");
    }
    copy_tree(public, folder)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in files::files_under(from)? {
        files::write(&to.join(file.strip_prefix(from)?), files::read(&file)?)?;
    }
    Ok(())
}

/// Points the link at another generation, in one step.
fn swap(link: &Path, generation: &Path) -> Result<()> {
    if link.is_dir() && !link.is_symlink() {
        files::remove(link)?;
    }
    let new = link.with_extension("new");
    files::remove(&new)?;
    std::os::unix::fs::symlink(generation, &new)?;
    std::fs::rename(&new, link).with_context(|| format!("cannot put {} in place", link.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_wasm_share_one_hash_which_changes_with_either() {
        let names = BundleNames::of(&VOTES, b"js", b"wasm");
        let stem = names.script.strip_suffix(".js").unwrap();
        assert_eq!(names.wasm, format!("{stem}_bg.wasm"));
        assert_ne!(BundleNames::of(&VOTES, b"js", b"other").script, names.script);
        assert_ne!(BundleNames::of(&VOTES, b"other", b"wasm").script, names.script);
    }

    #[test]
    fn the_manifest_is_what_the_server_reads() {
        let bundle = |name: &str| BundleNames { script: format!("{name}.js"), wasm: format!("{name}_bg.wasm") };
        let names = Names {
            votes: bundle("one"),
            methods: bundle("three"),
            models: bundle("two"),
            recount: "recount-worker-0.js".into(),
            style: "plaudit-fedcba9876543210.css".into(),
        };
        let manifest: serde_json::Value = serde_json::from_str(&names.manifest()).unwrap();
        let expected = serde_json::json!({
            "css": "/pkg/plaudit-fedcba9876543210.css",
            "votes": { "script": "/pkg/one.js", "wasm": "/pkg/one_bg.wasm" },
            "methods": { "script": "/pkg/three.js", "wasm": "/pkg/three_bg.wasm" },
            "models": { "script": "/pkg/two.js", "wasm": "/pkg/two_bg.wasm" },
            "recount": "/pkg/recount-worker-0.js",
        });
        assert_eq!(manifest, expected);
    }

    #[test]
    fn a_swap_replaces_folder_and_link_alike() {
        let folder = std::env::temp_dir().join(format!("plaudit-xtask-swap-{}", std::process::id()));
        for generation in ["1", "2"] {
            files::write(&folder.join("sites").join(generation).join("which"), generation).unwrap();
        }
        let link = folder.join("site");
        files::write(&link.join("which"), "0").unwrap();
        for generation in ["1", "2"] {
            swap(&link, &Path::new("sites").join(generation)).unwrap();
            assert_eq!(files::read_text(&link.join("which")).unwrap(), generation);
        }
        files::remove(&folder).unwrap();
    }
}
