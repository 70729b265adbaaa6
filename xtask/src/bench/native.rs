//! `cargo xtask bench native`: a model that writes on a server, beside llama.cpp.

use super::machine;
use crate::process::{self, note, step};
use crate::python;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Times that each side runs, in turns
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Tokens that each writes
    #[arg(long, default_value_t = 64)]
    tokens: u32,
    /// Where the weights are
    #[arg(long, value_name = "DIR", default_value = crate::serve::DATA)]
    data: PathBuf,
}

const MODEL: &str = "models/smollm2-135m-instruct";
const WEIGHTS: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
/// What each side measures within a turn; the first warms up.
const WITHIN: &str = "3";
/// Names in the programs' output, and for people.
const ROWS: [(&str, &str); 4] = [
    ("plaudit-1", "Plaudit, one generation"),
    ("llama.cpp-1", "llama.cpp, one thread"),
    ("plaudit-2", "Plaudit, two generations at once"),
    ("llama.cpp-2", "llama.cpp, one generation on two threads"),
];

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let Arguments { runs, tokens, data } = arguments;
    let folder = std::path::absolute(data)?.join(MODEL);
    ensure!(
        folder.join(WEIGHTS).exists(),
        "{} is missing; by hand: cargo xtask models fetch smollm2",
        folder.display()
    );
    let scripts = workspace.root.join("xtask/scripts/bench-native");
    let environment = workspace.target.join("bench/python-native");
    let python = python::ensure(workspace, &environment, &scripts.join("requirements.txt"), "llama.cpp")?;
    step("cargo build --release: the program that measures");
    let mut build = workspace.cargo();
    process::run(build.args(["build", "--release", "--package", "plaudit-models", "--example", "generate_speed"]))?;
    let ours = workspace.target.join("release/examples/generate_speed");

    step("bench: in turns; leave the machine alone meanwhile");
    let before = machine::describe();
    let mut samples: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for _ in 0..(*runs).max(1) {
        for at_once in ["1", "2"] {
            let mut plaudit = Command::new(&ours);
            plaudit.arg(&folder).args([at_once, &tokens.to_string(), WITHIN]);
            let mut peer = Command::new(&python);
            peer.arg(scripts.join("peer.py")).arg(folder.join(WEIGHTS));
            peer.args([at_once, &tokens.to_string(), WITHIN]);
            for mut command in [plaudit, peer] {
                note(process::line(&command));
                for line in process::capture(&mut command)?.lines() {
                    let (name, sample) = read(line).with_context(|| format!("no measurement: {line}"))?;
                    samples.entry(name).or_default().push(sample);
                }
            }
        }
    }
    println!("\n{before} before and {} after", machine::load());
    println!("{}; llama-cpp-python 0.3.36\n", machine::versions(workspace));
    println!("| SmolLM2-135M Q4_1, {tokens} greedy tokens after 40 | tokens/s | first token, ms |\n|---|---|---|");
    for (name, title) in ROWS {
        let row = samples.get(name).with_context(|| format!("nothing was measured of {name}"))?;
        println!(
            "| {title} | {} | {} |",
            cell(row.iter().map(|(rate, _)| *rate)),
            cell(row.iter().map(|(_, first)| *first))
        );
    }
    Ok(())
}

/// A program's line: what, tokens a second, milliseconds.
fn read(line: &str) -> Option<(String, (f64, f64))> {
    let mut words = line.split(' ');
    let (name, rate, first) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((name.to_owned(), (rate, first)))
}

/// Median, least and most.
fn cell(numbers: impl Iterator<Item = f64>) -> String {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    match (sorted.first(), sorted.get(sorted.len() / 2), sorted.last()) {
        (Some(least), Some(median), Some(most)) => format!("{median:.1} ({least:.1}–{most:.1})"),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_measurement_is_not_read_as_one() {
        assert_eq!(read("plaudit-1 70.5 210.0"), Some(("plaudit-1".to_owned(), (70.5, 210.0))));
        assert_eq!([read(""), read("plaudit-1 fast 2"), read("llama.cpp-1 3")], [None, None, None]);
    }

    #[test]
    fn a_cell_is_median_least_and_most() {
        assert_eq!(cell([3.0, 1.0, 2.0].into_iter()), "2.0 (1.0–3.0)");
    }
}
