//! The page as wasm.

use crate::build::Mode;
use crate::bundle::{self, Bundle, Recipe};
use crate::process::{self, step};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;

/// What the page's files are called before their hash, as Leptos derives them.
pub(crate) const NAME: &str = "plaudit";

const RECIPE: Recipe =
    Recipe { name: NAME, strip_names: false, optimise: &["-Oz"], worth: "a smaller download, at half a minute now" };

/// Builds the page.
pub(crate) fn build(workspace: &Workspace, toolchain: &WasmToolchain, mode: Mode) -> Result<Bundle> {
    let compiled = compile(workspace, toolchain, mode)?;
    let folder = workspace.target.join("page").join(if mode == Mode::Dev { "dev" } else { "release" });
    let page = bundle::bind(workspace, &RECIPE, &compiled, &folder.join("bindgen"))?;
    match mode {
        Mode::Dev => Ok(page),
        Mode::Release => bundle::optimise(workspace, &RECIPE, page, &folder.join("optimised")),
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
    Ok(toolchain.built_for_browser(workspace, profile_folder).join("plaudit_app.wasm"))
}
