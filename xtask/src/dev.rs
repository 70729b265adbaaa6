//! `cargo xtask dev`: serve, and rebuild what a saved file touches. A build that fails leaves the old server running.

use crate::background;
use crate::build::{self, Mode};
use crate::process::{self, line, note, step};
use crate::serve::{self, Arguments};
use crate::toolchain::WasmToolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use notify::{RecursiveMode, Watcher};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Editors save in several steps; wait until this long nothing more happened.
const QUIET: Duration = Duration::from_millis(200);
const CHECK_ON_SERVER: Duration = Duration::from_secs(1);
const TIME_TO_STOP: Duration = Duration::from_secs(10);
const WATCHED: [&str; 5] = ["app", "crates", "server", "style", "public"];

/// What has to be built again.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Stale {
    site: bool,
    server: bool,
}

impl Stale {
    /// What a change of this file, given from the root, makes stale.
    fn after(file: &Path) -> Self {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let is_scratch =
            name.starts_with('.') || name.starts_with('#') || name.ends_with('~') || name.ends_with(".swp");
        if is_scratch || name.parse::<u32>().is_ok() {
            return Self::default();
        }
        match file.iter().next().and_then(|folder| folder.to_str()) {
            Some("style" | "public") => Self { site: true, server: false },
            Some("server") => Self { site: false, server: true },
            Some("app" | "crates") => Self { site: true, server: true },
            _ => Self::default(),
        }
    }

    fn or(self, other: Self) -> Self {
        Self { site: self.site || other.site, server: self.server || other.server }
    }

    fn any(self) -> bool {
        self.site || self.server
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let toolchain = WasmToolchain::ensure(workspace)?;
    let (sender, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
        Ok(event) if !event.kind.is_access() => event.paths.into_iter().for_each(|path| drop(sender.send(path))),
        Ok(_) => {}
        Err(error) => eprintln!("watching files: {error}"),
    })?;
    for folder in WATCHED.map(|name| workspace.root.join(name)).iter().filter(|folder| folder.exists()) {
        watcher
            .watch(folder, RecursiveMode::Recursive)
            .with_context(|| format!("cannot watch {}", folder.display()))?;
    }

    let mut server: Option<Child> = None;
    let mut has_runner = false;
    let mut stale = Stale { site: true, server: true };
    let mut imported = false;
    loop {
        match rebuild(workspace, &toolchain, stale) {
            Ok(()) => {
                stop(server.take())?;
                if !imported {
                    serve::import(workspace, arguments, Mode::Dev)?;
                    imported = true;
                }
                server = Some(start(workspace, arguments)?);
                // Once: later changes of the models leave the older runner in place, until `cargo xtask build --runner`.
                if !has_runner {
                    background::build_runner(workspace, &toolchain)?;
                    has_runner = true;
                }
                stale = Stale::default();
            }
            // What failed stays stale, so that the next change builds it too.
            Err(error) => eprintln!("\nerror: {error:#}\nThe old server keeps running; save a file to try again."),
        }
        let Some(more) = next_change(workspace, &changes, &mut server)? else { return stop(server) };
        stale = stale.or(more);
    }
}

fn rebuild(workspace: &Workspace, toolchain: &WasmToolchain, stale: Stale) -> Result<()> {
    let start = Instant::now();
    // The server's half is quicker to compile and finds most errors.
    if stale.server {
        build::build_server(workspace, Mode::Dev)?;
    }
    if stale.site {
        build::build_site(workspace, toolchain, Mode::Dev)?;
    }
    note(format!("built in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// Waits for files to change and then for quiet. Nothing when the watcher has ended.
fn next_change(
    workspace: &Workspace,
    changes: &Receiver<std::path::PathBuf>,
    server: &mut Option<Child>,
) -> Result<Option<Stale>> {
    let mut stale = Stale::default();
    loop {
        match changes.recv_timeout(if stale.any() { QUIET } else { CHECK_ON_SERVER }) {
            Ok(path) => stale = stale.or(Stale::after(path.strip_prefix(&workspace.root).unwrap_or(&path))),
            Err(RecvTimeoutError::Timeout) if stale.any() => return Ok(Some(stale)),
            Err(RecvTimeoutError::Timeout) => say_if_ended(server)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
}

fn say_if_ended(server: &mut Option<Child>) -> Result<()> {
    if let Some(child) = server
        && let Some(status) = child.try_wait()?
    {
        eprintln!("\nThe server ended ({status}); it starts again after the next change.");
        *server = None;
    }
    Ok(())
}

fn start(workspace: &Workspace, arguments: &Arguments) -> Result<Child> {
    step("serving; pages reload after a change; Ctrl-C stops");
    let mut command = serve::server(workspace, arguments, Mode::Dev);
    command.arg("--reload");
    command.spawn().with_context(|| format!("could not start; by hand: {}", line(&command)))
}

/// Asks the server to end, as Ctrl-C would, and insists after a while.
fn stop(server: Option<Child>) -> Result<()> {
    let Some(mut child) = server else { return Ok(()) };
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    process::run(Command::new("kill").args(["-TERM", &child.id().to_string()]))?;
    let asked = Instant::now();
    while child.try_wait()?.is_none() {
        if asked.elapsed() > TIME_TO_STOP {
            note("the server does not stop when asked; ending it");
            child.kill()?;
            child.wait()?;
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_rebuilds_only_what_depends_on_it() {
        let after = |file: &str| Stale::after(Path::new(file));
        assert_eq!(after("style/tokens.css"), Stale { site: true, server: false });
        assert_eq!(after("server/src/main.rs"), Stale { site: false, server: true });
        assert_eq!(after("crates/domain/src/vote.rs"), Stale { site: true, server: true });
        assert!(!after("app/src/.lib.rs.swp").any());
        assert!(!after("app/src/4913").any(), "vim's probe file");
        assert!(!after("target/debug/x").any());
    }
}
