//! A Rust toolchain that can compile for the browser.
//!
//! rustup's `target add` is the ordinary way and is tried first. On a machine that has no route to rustup's servers,
//! Debian's packages bring a compiler together with the source of its standard library. From that source the library
//! is built once for wasm32 into a sysroot in the user's cache; nothing is written under /usr, and the user's own
//! toolchain stays the default. Compiler and library must be of one version, so the wasm half of the build, clippy
//! included, is then done by Debian's toolchain from end to end.

use crate::process::{self, note, step};
use crate::workspace::{Workspace, user_cache};
use crate::{files, system};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TARGET: &str = "wasm32-unknown-unknown";
/// The variables that carry settings for that target alone, so that build scripts and macros keep the host's.
const TARGET_LINKER: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";
const TARGET_RUSTFLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";
/// `own` or `debian`: to insist on one of the two ways, for instance to test the second where the first works.
const CHOICE: &str = "PLAUDIT_WASM_TOOLCHAIN";
/// rustup fetches some 20 MB; where its servers cannot be reached it may also hang.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);
/// The workspace's `rust-version`.
pub(crate) const OLDEST_RUSTC: (u32, u32) = (1, 95);

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_CLIPPY: &str = "/usr/bin/cargo-clippy";
const DEBIAN_CLIPPY_DRIVER: &str = "/usr/bin/clippy-driver";
const DEBIAN_LINKER: &str = "/usr/bin/wasm-ld-19";
const DEBIAN_STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";
/// Link-time optimisation of the page reaches into the standard library, and finds nothing there without this.
const STD_FLAGS: &str = "-Cembed-bitcode=yes";
/// The packages that hold the five paths above, in their order.
pub(crate) const DEBIAN_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-clippy", "lld-19", "rust-web-src"];

/// Which compiler makes the wasm.
pub(crate) enum WasmToolchain {
    /// The user's own has the target.
    Own,
    /// Debian's, with the standard library that we built for it.
    Debian {
        /// Holds `lib/rustlib/wasm32-unknown-unknown/lib` and nothing else.
        sysroot: PathBuf,
    },
}

impl WasmToolchain {
    /// The toolchain, if it is ready for use; installs nothing.
    pub(crate) fn find(workspace: &Workspace) -> Option<Self> {
        let choice = std::env::var(CHOICE).unwrap_or_default();
        if choice != "debian" && own_has_target(workspace) {
            return Some(Self::Own);
        }
        if choice != "own" && debian_is_installed() {
            let sysroot = debian_sysroot().ok()?;
            return has_std(&sysroot).then_some(Self::Debian { sysroot });
        }
        None
    }

    /// The toolchain, installed or built first where that is needed.
    pub(crate) fn ensure(workspace: &Workspace) -> Result<Self> {
        if let Some(found) = Self::find(workspace) {
            return Ok(found);
        }
        let choice = std::env::var(CHOICE).unwrap_or_default();
        if choice != "debian" {
            match rustup_target_add(workspace) {
                Ok(()) => return Ok(Self::Own),
                Err(error) if choice == "own" => return Err(error),
                Err(error) => note(format!("{error:#}\n  Debian's toolchain will do instead.")),
            }
        }
        let way_out = format!("no compiler for {TARGET}; the ordinary way is `rustup target add {TARGET}`");
        debian_install().with_context(|| way_out.clone())?;
        let sysroot = debian_sysroot()?;
        build_std(&sysroot).with_context(|| way_out)?;
        Ok(Self::Debian { sysroot })
    }

    /// `cargo SUBCOMMAND` for the browser.
    pub(crate) fn cargo(&self, workspace: &Workspace, subcommand: &str) -> Command {
        self.cargo_with(workspace, subcommand, "")
    }

    /// `cargo SUBCOMMAND` for the browser, with flags for rustc.
    pub(crate) fn cargo_with(&self, workspace: &Workspace, subcommand: &str, rustflags: &str) -> Command {
        let mut command = match self {
            Self::Own => workspace.cargo(),
            // cargo would look for its subcommands on PATH, where rustup's come first.
            Self::Debian { .. } => debian_command(if subcommand == "clippy" { DEBIAN_CLIPPY } else { DEBIAN_CARGO }),
        };
        command.current_dir(&workspace.root).args([subcommand, "--target", TARGET]);
        let mut flags = rustflags.to_owned();
        if let Self::Debian { sysroot } = self {
            command.arg("--target-dir").arg(self.target_folder(workspace)).env(TARGET_LINKER, DEBIAN_LINKER);
            flags += &format!(" --sysroot {}", sysroot.display());
        }
        if !flags.is_empty() {
            // A set RUSTFLAGS hides the target's own variable; with --target it too is for the target alone.
            let variable = if std::env::var_os("RUSTFLAGS").is_some() { "RUSTFLAGS" } else { TARGET_RUSTFLAGS };
            let set = std::env::var(variable).unwrap_or_default();
            command.env(variable, format!("{set} {}", flags.trim()).trim_start());
        }
        command
    }

    /// What lints instead of compiling, when cargo is told so with `RUSTC_WORKSPACE_WRAPPER`.
    pub(crate) fn clippy_driver(&self) -> &'static str {
        match self {
            Self::Own => "clippy-driver",
            Self::Debian { .. } => DEBIAN_CLIPPY_DRIVER,
        }
    }

    /// Where cargo puts what it builds for the browser with the profile of this folder.
    pub(crate) fn built_for_browser(&self, workspace: &Workspace, profile_folder: &str) -> PathBuf {
        self.target_folder(workspace).join(TARGET).join(profile_folder)
    }

    /// Cargo's target folder for the browser: the ordinary one, where macros and build scripts are shared with the
    /// native build, or one apart for a second compiler.
    pub(crate) fn target_folder(&self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Own => workspace.target.clone(),
            Self::Debian { .. } => workspace.target.join("wasm"),
        }
    }

    /// One line for people, and an input of what is built with it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Own => format!("the default toolchain with {TARGET}"),
            Self::Debian { sysroot } => format!("Debian's {DEBIAN_RUSTC} with {}", sysroot.display()),
        }
    }
}

/// The release of the user's own `rustc`.
pub(crate) fn own_rustc_release(workspace: &Workspace) -> Option<String> {
    release_of(&process::probe(Command::new("rustc").arg("-vV").current_dir(&workspace.root))?)
}

/// Whether a release such as `1.96.0` is new enough for the workspace.
pub(crate) fn is_new_enough(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if (major, minor) >= OLDEST_RUSTC)
}

fn release_of(verbose_version: &str) -> Option<String> {
    verbose_version.lines().find_map(|line| line.strip_prefix("release: ")).map(str::to_owned)
}

fn own_has_target(workspace: &Workspace) -> bool {
    process::probe(Command::new("rustc").args(["--print", "sysroot"]).current_dir(&workspace.root))
        .is_some_and(|sysroot| has_std(Path::new(&sysroot)))
}

fn std_folder(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_std(sysroot: &Path) -> bool {
    let is_std = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    };
    std::fs::read_dir(std_folder(sysroot)).is_ok_and(|entries| entries.flatten().any(is_std))
}

fn rustup_target_add(workspace: &Workspace) -> Result<()> {
    ensure!(process::find_program("rustup").is_some(), "rustup is not installed");
    step(format!("rustup target add {TARGET}: the page runs in the browser as wasm"));
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).current_dir(&workspace.root);
    process::run_for(&mut command, RUSTUP_LIMIT)?;
    ensure!(own_has_target(workspace), "rustup succeeded, yet `rustc --print sysroot` has no {TARGET}");
    Ok(())
}

fn debian_is_installed() -> bool {
    system::all_exist(&[DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_CLIPPY, DEBIAN_LINKER, DEBIAN_STD_SOURCE])
}

fn debian_install() -> Result<()> {
    if !debian_is_installed() {
        system::install(&DEBIAN_PACKAGES, "a Rust compiler with the source of its standard library")?;
        ensure!(debian_is_installed(), "the packages {} are not what was expected", DEBIAN_PACKAGES.join(" "));
    }
    let version = process::capture(Command::new(DEBIAN_RUSTC).arg("-vV").env_remove("LD_LIBRARY_PATH"))?;
    let release = release_of(&version).context("rustc -vV names no release")?;
    if !is_new_enough(&release) {
        let (major, minor) = OLDEST_RUSTC;
        bail!(
            "{DEBIAN_RUSTC} is {release}, and {major}.{minor} is needed: is the security archive among apt's sources?"
        );
    }
    Ok(())
}

/// Where the standard library for Debian's compiler is kept: one folder for each build of the compiler
/// and each way to build the library.
fn debian_sysroot() -> Result<PathBuf> {
    let version = process::capture(Command::new(DEBIAN_RUSTC).arg("-vV").env_remove("LD_LIBRARY_PATH"))?;
    let release = release_of(&version).with_context(|| format!("{DEBIAN_RUSTC} -vV names no release"))?;
    let recipe = files::name_hash(&[version.as_bytes(), STD_FLAGS.as_bytes()]);
    Ok(user_cache()?.join(format!("wasm-toolchain-{release}-{recipe}")))
}

/// Builds the standard library from Debian's source. Makes a folder of its own first and moves it into place, so that
/// an interrupted build leaves nothing that looks finished.
fn build_std(sysroot: &Path) -> Result<()> {
    step(format!("building Rust's standard library for {TARGET} (once, about a minute): Debian ships its source only"));
    let scratch = sysroot.with_extension(format!("building-{}", std::process::id()));
    files::remove(&scratch)?;
    let seed = scratch.join("seed");
    files::write(&seed.join("src/lib.rs"), "")?;
    files::write(&seed.join("Cargo.toml"), "[package]\nname = \"seed\"\nedition = \"2024\"\n[workspace]\n")?;

    let mut command = debian_command(DEBIAN_CARGO);
    command.current_dir(&seed).args(["build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET]);
    command.args(["--target-dir", "target"]);
    // -Zbuild-std is for nightly compilers; this variable is how a distribution's stable one is asked for it.
    command.env("RUSTC_BOOTSTRAP", "1");
    command.env("RUSTFLAGS", STD_FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    process::run(&mut command)?;

    let libraries = std_folder(&scratch);
    std::fs::create_dir_all(&libraries)?;
    for file in files::files_under(&seed.join("target").join(TARGET).join("release/deps"))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libseed-") {
            std::fs::copy(&file, libraries.join(&name)).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    files::remove(&seed)?;
    ensure!(has_std(&scratch), "the build made no libstd");
    files::remove(sysroot)?;
    std::fs::rename(&scratch, sysroot).with_context(|| format!("cannot make {}", sysroot.display()))
}

fn debian_command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("RUSTC", DEBIAN_RUSTC).env("CARGO", DEBIAN_CARGO);
    // `cargo run` points the loader at the libraries of the toolchain that runs xtask.
    command.env_remove("LD_LIBRARY_PATH").env_remove("RUSTUP_TOOLCHAIN");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_by_number() {
        assert!(is_new_enough("1.95.0"));
        assert!(is_new_enough("1.100.0-nightly"));
        assert!(is_new_enough("2.0.0"));
        assert!(!is_new_enough("1.94.9"));
        assert!(!is_new_enough("1.9.5"));
        assert!(!is_new_enough("unknown"));
    }

    #[test]
    fn the_release_is_read_from_the_verbose_version() {
        let text = "rustc 1.96.0 (ac68faa20 2026-05-25)\nbinary: rustc\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(release_of(text).as_deref(), Some("1.96.0"));
        assert_eq!(release_of("rustc 1.96.0"), None);
    }
}
