//! Running other programs: one place that says what is run, and what to run by hand when it fails.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Announces a step: what is done, and why.
pub(crate) fn step(what: impl AsRef<str>) {
    println!("\n→ {}", what.as_ref());
}

/// A remark under the step that is going on.
pub(crate) fn note(what: impl AsRef<str>) {
    println!("  {}", what.as_ref());
}

/// Runs a program with its output on the terminal; fails, naming the command, unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    succeeded(command, status)
}

/// Runs a program and returns what it wrote to standard output; its standard error goes to the terminal.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| not_started(command))?;
    succeeded(command, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("`{}` wrote something that is not UTF-8", line(command)))
}

/// Runs a program in silence and returns its standard output, trimmed, or nothing if it is missing or fails.
/// For questions whose answer may be no ("which version?").
pub(crate) fn probe(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program for at most `limit`; one that takes longer is ended and counts as failed.
pub(crate) fn run_for(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child = command.stdin(Stdio::null()).spawn().with_context(|| not_started(command))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return succeeded(command, status);
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("no answer within {} s: {}", limit.as_secs(), line(command));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The command as a person would type it, with the variables that were set for it.
pub(crate) fn line(command: &Command) -> String {
    let mut words = Vec::new();
    if let Some(folder) = command.get_current_dir() {
        words.push(format!("cd {} &&", quoted(folder.as_os_str())));
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.to_string_lossy(), quoted(value)));
        }
    }
    words.push(quoted(command.get_program()));
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_=./:,+@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn not_started(command: &Command) -> String {
    format!("could not start; by hand: {}", line(command))
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("{status}; by hand: {}", line(command))
}

/// The first file of that name in the folders of `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| is_executable(candidate))
}

/// Whether the file is there and may be run.
pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("cargo");
        command.args(["build", "--features", "a b"]).env("RUSTFLAGS", "--sysroot x");
        assert_eq!(line(&command), "RUSTFLAGS='--sysroot x' cargo build --features 'a b'");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let error = run_for(Command::new("sleep").arg("30"), Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("no answer"), "{error}");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(&mut Command::new("false")).unwrap_err();
        assert!(error.to_string().ends_with("by hand: false"), "{error}");
    }
}
