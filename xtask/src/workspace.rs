//! Where things are: the checkout, cargo's target folder, the user's cache.

use crate::process;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout that this xtask works on.
pub(crate) struct Workspace {
    /// The folder with the root Cargo.toml.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever `CARGO_TARGET_DIR` or a config file puts it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, from the current folder.
    pub(crate) fn locate() -> Result<Self> {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
        let metadata: Value = serde_json::from_str(&process::capture(&mut command)?)?;
        let folder = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).with_context(|| format!("cargo metadata has no {key}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// The user's own cargo, in the root of the checkout. By its name: a command that is shown stays short, and rustup
    /// hands on the toolchain that runs xtask.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new("cargo");
        command.current_dir(&self.root);
        command
    }

    /// The finished site. A link to the newest generation, so that a new one appears in one step.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// The server's program in the given profile's folder (`release`, `debug`).
    pub(crate) fn server(&self, profile_folder: &str) -> PathBuf {
        self.target.join(profile_folder).join("plaudit")
    }
}

/// A folder for what outlives a checkout: `$XDG_CACHE_HOME/plaudit` or `~/.cache/plaudit`.
pub(crate) fn user_cache() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    Ok(base
        .context("neither XDG_CACHE_HOME nor HOME is set: set one, it is where the wasm toolchain is kept")?
        .join("plaudit"))
}

/// The path as seen from the root where it lies inside, for messages.
pub(crate) fn shown<'a>(workspace: &Workspace, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(&workspace.root).unwrap_or(path).display()
}
