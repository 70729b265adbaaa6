//! What a first visit downloads, against the budget.

use crate::compress::beside;
use crate::files;
use crate::process::note;
use crate::site::Site;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The budget for script, wasm and style sheet of a first visit, brotli-compressed, in bytes.
const BUDGET_BYTES: u64 = 200_000;
/// The budget for the runner, which loads where a page needs a model.
const RUNNER_BUDGET_BYTES: u64 = 2_500_000;

/// Sizes of one file, or of all, in bytes. Nothing for forms that were not made.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Sizes {
    raw: u64,
    gzip: Option<u64>,
    brotli: Option<u64>,
}

/// Prints the table.
pub(crate) fn print(site: &Site) -> Result<()> {
    let style = ("style sheet", sizes(&site.style)?);
    let rows = [("wasm", sizes(&site.wasm)?), ("script", sizes(&site.script)?), style];
    for line in table(&rows, "first load", Some(BUDGET_BYTES)).lines() {
        note(line);
    }
    // Said because they grow unseen; the budget is for what most visits load.
    for (what, wasm, script) in &site.others {
        let rows = [("wasm", sizes(wasm)?), ("script", sizes(script)?), style];
        for line in table(&rows, what, None).lines() {
            note(line);
        }
    }
    Ok(())
}

/// Prints the table of the runner's files.
pub(crate) fn print_runner(files: &[PathBuf]) -> Result<()> {
    let mut rows = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let what = match (name.ends_with(".wasm"), name.starts_with("runner-worker-")) {
            (true, _) => "wasm",
            (_, true) => "worker",
            _ => "script",
        };
        rows.push((what, sizes(file)?));
    }
    for line in table(&rows, "runner", Some(RUNNER_BUDGET_BYTES)).lines() {
        note(line);
    }
    Ok(())
}

fn sizes(file: &Path) -> Result<Sizes> {
    let packed = |suffix: &str| std::fs::metadata(beside(file, suffix)).ok().map(|facts| facts.len());
    Ok(Sizes { raw: files::read(file)?.len() as u64, gzip: packed("gz"), brotli: packed("br") })
}

fn table(rows: &[(&str, Sizes)], sum: &str, budget: Option<u64>) -> String {
    let total = Sizes {
        raw: rows.iter().map(|(_, sizes)| sizes.raw).sum(),
        gzip: rows.iter().map(|(_, sizes)| sizes.gzip.or(Some(sizes.raw))).sum(),
        brotli: rows.iter().map(|(_, sizes)| sizes.brotli.or(Some(sizes.raw))).sum(),
    };
    let packed = rows.iter().any(|(_, sizes)| sizes.brotli.is_some());
    let mut text = format!("{:16} {:>12} {:>12} {:>12}\n", "bytes", "raw", "gzip", "brotli");
    for (name, sizes) in
        rows.iter().copied().chain([(sum, if packed { total } else { Sizes { gzip: None, brotli: None, ..total } })])
    {
        text += &format!("{name:16} {:>12} {:>12} {:>12}\n", sizes.raw, shown(sizes.gzip), shown(sizes.brotli));
    }
    if let (true, Some(brotli), Some(budget)) = (packed, total.brotli, budget) {
        let (difference, side) = (budget.abs_diff(brotli), if brotli > budget { "OVER" } else { "under" });
        text += &format!("{difference} bytes {side} the budget of {budget} for {sum}\n");
    }
    text
}

fn shown(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_counts_a_file_without_a_compressed_copy_as_it_is() {
        let rows = [
            ("wasm", Sizes { raw: 500_000, gzip: Some(230_000), brotli: Some(190_000) }),
            ("style sheet", Sizes { raw: 900, gzip: None, brotli: None }),
        ];
        let text = table(&rows, "first load", Some(200_000));
        assert!(text.contains("first load             500900       230900       190900"), "{text}");
        assert!(text.contains("9100 bytes under the budget of 200000"), "{text}");
    }

    #[test]
    fn over_the_budget_is_said_aloud() {
        let text = table(
            &[("wasm", Sizes { raw: 500_000, gzip: Some(250_000), brotli: Some(200_001) })],
            "first load",
            Some(200_000),
        );
        assert!(text.contains("1 bytes OVER the budget"), "{text}");
    }
}
