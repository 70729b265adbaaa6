//! The site's folder: what the server sends as it is. Assembled aside and put in place by swapping one link, so that a
//! running server never sees half of it.

use crate::build::Mode;
use crate::bundle::Bundle;
use crate::wasm::NAME;
use crate::workspace::Workspace;
use crate::{compress, files, runner};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the build made.
pub(crate) struct Parts<'a> {
    pub(crate) page: &'a Bundle,
    pub(crate) style: &'a str,
    /// The runner's files, where there are any: a folder to be laid over the site.
    pub(crate) runner: Option<&'a Path>,
}

/// A finished site: the files that every first visit loads.
pub(crate) struct Site {
    pub(crate) wasm: PathBuf,
    pub(crate) script: PathBuf,
    pub(crate) style: PathBuf,
}

/// Names with the hash of their content. Script and wasm share one, because Leptos derives both from one output name.
struct Names {
    output: String,
    style: String,
}

impl Names {
    fn of(script: &[u8], wasm: &[u8], style: &[u8]) -> Self {
        Self {
            output: format!("{NAME}-{}", files::name_hash(&[script, wasm])),
            style: format!("{NAME}-{}.css", files::name_hash(&[style])),
        }
    }

    /// What the server reads to write the page's head.
    fn manifest(&self) -> String {
        let manifest = serde_json::json!({ "output_name": self.output, "css": format!("/pkg/{}", self.style) });
        format!("{manifest:#}\n")
    }
}

/// Assembles the site and swaps it in.
pub(crate) fn assemble(workspace: &Workspace, parts: &Parts<'_>, mode: Mode) -> Result<Site> {
    let script = files::read(&parts.page.script)?;
    let wasm = files::read(&parts.page.wasm)?;
    let names = Names::of(&script, &wasm, parts.style.as_bytes());

    let folder = new_generation(workspace)?;
    copy_public(&workspace.root.join("public"), &folder)?;
    let package = folder.join("pkg");
    files::write(&package.join(format!("{}.js", names.output)), &script)?;
    files::write(&package.join(format!("{}_bg.wasm", names.output)), &wasm)?;
    files::write(&package.join(&names.style), parts.style)?;
    if let Some(snippets) = &parts.page.snippets {
        copy_tree(snippets, &package.join("snippets"))?;
    }
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
        wasm: package.join(format!("{}_bg.wasm", names.output)),
        script: package.join(format!("{}.js", names.output)),
        style: package.join(&names.style),
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
    fn script_and_wasm_share_one_hash_and_the_style_sheet_has_its_own() {
        let names = Names::of(b"js", b"wasm", b"css");
        assert_eq!(Names::of(b"js", b"wasm", b"other").output, names.output);
        assert_ne!(Names::of(b"js", b"other", b"css").output, names.output);
        assert_ne!(Names::of(b"other", b"wasm", b"css").output, names.output);
        assert_eq!(Names::of(b"other", b"other", b"css").style, names.style);
    }

    #[test]
    fn the_manifest_is_what_the_server_reads() {
        let names = Names { output: "plaudit-0123456789abcdef".into(), style: "plaudit-fedcba9876543210.css".into() };
        let manifest: serde_json::Value = serde_json::from_str(&names.manifest()).unwrap();
        let expected = serde_json::json!({ "output_name": "plaudit-0123456789abcdef", "css": "/pkg/plaudit-fedcba9876543210.css" });
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
