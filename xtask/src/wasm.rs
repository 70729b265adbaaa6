//! The page as wasm: its islands, in three bundles.

use crate::build::Mode;
use crate::bundle::{self, Bundle, Recipe};
use crate::process::{self, step};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;

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
        let compiled = self.compile(workspace, toolchain, mode)?;
        let folder = workspace.target.join("page").join(if mode == Mode::Dev { "dev" } else { "release" });
        let folder = folder.join(self.name);
        let page = bundle::bind(workspace, &self.recipe, &compiled, &folder.join("bindgen"))?;
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
