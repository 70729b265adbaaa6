//! What a figure was measured on.

use crate::process;
use crate::workspace::Workspace;
use std::process::Command;

/// The processor, how many of it, memory, and how busy it all is, in one line.
pub(crate) fn describe() -> String {
    let processor = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned());
    let memory = line_of("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{processor}, {cores} cores, {memory} of memory; load {}", load())
}

/// How many programs wanted the processor over the last minute, five minutes and a quarter of an hour.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    if words.is_empty() { "unknown".to_owned() } else { words.join(", ") }
}

/// The versions of the tools and the commit, in one line.
pub(crate) fn versions(workspace: &Workspace) -> String {
    let of = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let answer = process::probe(command.args(arguments).current_dir(&workspace.root));
        answer.unwrap_or_else(|| format!("{program} unknown"))
    };
    let commit = of("git", &["describe", "--always", "--dirty"]);
    format!("Plaudit {commit}, {}, Node {}", of("rustc", &["--version"]), of("node", &["--version"]))
}

fn line_of(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
