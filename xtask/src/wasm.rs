//! The page as wasm: its islands, in three bundles.

use crate::build::Mode;
use crate::bundle::{self, Bundle, Recipe};
use crate::files::{self, Stamp};
use crate::process::{self, note, step};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;

/// What the islands are made from, besides the versions in Cargo.lock.
const SOURCES: [&str; 4] = ["app", "crates/domain", "crates/recount", "crates/runner"];

/// Some of the page's islands.
pub(crate) struct Islands {
    /// As the site's manifest calls them.
    pub(crate) name: &'static str,
    /// plaudit-app's features.
    pub(crate) features: &'static str,
    recipe: Recipe,
}

const fn recipe(name: &'static str) -> Recipe {
    Recipe { name, strip_names: false, optimise: &["-Oz"], worth: "a smaller download, at half a minute now" }
}

/// Those of battles and live boards, which every first visit loads.
pub(crate) const VOTES: Islands = Islands { name: "votes", features: "hydrate", recipe: recipe("plaudit") };
/// Those and the ones that compute boards.
pub(crate) const METHODS: Islands =
    Islands { name: "methods", features: "hydrate,methods", recipe: recipe("plaudit-methods") };
/// Those of battles and the ones that run models.
pub(crate) const MODELS: Islands =
    Islands { name: "models", features: "hydrate,models", recipe: recipe("plaudit-models") };

impl Islands {
    /// What their files are called before their hash.
    pub(crate) fn file_name(&self) -> &'static str {
        self.recipe.name
    }

    /// Builds them.
    pub(crate) fn build(&self, workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<Bundle> {
        let folder = workspace.target.join("page").join(if mode == Mode::Dev { "dev" } else { "release" });
        let folder = folder.join(self.name);
        let kept = folder.join("compiled.wasm");
        // All bundles are one library to cargo, with one name for its output: it compiles each of them anew after another one,
        // whether anything changed or not. So what it made is kept, with what it was made from.
        let settings = [self.features, &toolchain.describe()];
        let stamp = Stamp::of_sources(folder.join("sources.stamp"), &workspace.root, &settings, &SOURCES)?;
        if stamp.is_fresh(&[&kept]) {
            note(format!("islands of {}: nothing changed", self.name));
        } else {
            let compiled = self.compile(workspace, toolchain, mode)?;
            files::write(&kept, files::read(&compiled)?)?;
            stamp.set()?;
        }
        let page = bundle::bind(workspace, &self.recipe, &kept, &folder.join("bindgen"))?;
        match mode {
            Mode::Dev => Ok(page),
            Mode::Release => bundle::optimise(workspace, &self.recipe, page, &folder.join("optimised")),
        }
    }

    fn compile(&self, workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<PathBuf> {
        step(format!("islands of {}: cargo build for the browser, with {}", self.name, toolchain.describe()));
        // Not `cargo build`: the library is an rlib too, for the server, and for such a library cargo leaves link-time
        // optimisation out without a word. As a cdylib alone the page is a sixth smaller.
        let mut command = toolchain.cargo(workspace, "rustc");
        command.args(["--package", "plaudit-app", "--lib", "--crate-type", "cdylib"]);
        command.args(["--no-default-features", "--features", self.features]);
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
        Ok(toolchain.built_for_browser(workspace, profile_folder).join("plaudit_app.wasm"))
    }
}
