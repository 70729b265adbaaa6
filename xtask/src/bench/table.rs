//! The benchmark of ranking as a table: ours, what stands beside it, the ratio, the goal, and what no program could be below.

use super::ranking::{ROWS, VOTES};
use super::samples::{Samples, Short, Spread};
use std::fmt::Write as _;

/// A line of the table.
struct Row {
    what: &'static str,
    ours: &'static str,
    /// What it is called, and its row among the samples; the first line of a group has the goal.
    beside: &'static [(&'static str, &'static str)],
    goal: &'static str,
    limit: String,
    is_memory: bool,
}

/// As Markdown.
pub(crate) fn of(samples: &Samples) -> String {
    let mut text = "| CPU time: median (least–most) | Plaudit | beside it | | Plaudit is | goal | physical limit |\n\
                    |---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows() {
        let Some(ours) = samples.spread(row.ours) else { continue };
        let shown = |spread: &Spread| if row.is_memory { spread.memory() } else { spread.time() };
        let mut first = Some(format!("{} | {}", row.what, shown(&ours)));
        let mut end = Some(format!("{} | {}", row.goal, row.limit));
        for (name, key) in row.beside {
            let (theirs, ratio) = match samples.spread(key) {
                Some(theirs) => (shown(&theirs), ratio(ours.median, theirs.median)),
                None => ("not run".to_owned(), String::new()),
            };
            let (start, end) = (first.take().unwrap_or(" | ".into()), end.take().unwrap_or(" | ".into()));
            // Writing to a string does not fail.
            _ = writeln!(text, "| {start} | {name} | {theirs} | {ratio} | {end} |");
        }
        if let (Some(start), Some(end)) = (first, end) {
            _ = writeln!(text, "| {start} | | | | {end} |");
        }
    }
    text
}

fn ratio(ours: f64, theirs: f64) -> String {
    if ours <= theirs { format!("1/{} of it", Short(theirs / ours)) } else { format!("{} × it", Short(ours / theirs)) }
}

fn rows() -> Vec<Row> {
    // Five Newton steps and the last look; a factorisation is n³/3 operations, an inverse from it 2n³/3, a sandwich five for
    // each pair and contestant.
    let operations = |n: usize| (6 * n.pow(3) / 3 + 2 * n.pow(3) / 3 + 5 * n * n * (n - 1) / 2) / 1_000_000;
    let cells = 3 * 200 * 199 / 2;
    let of = |what, ours, beside, goal, limit| Row { what, ours, beside, goal, limit, is_memory: false };
    vec![
        of(
            "Bradley-Terry and sandwich from votes in memory, 200 models × 2 M",
            "arrays",
            &[
                ("choix, no errors", "choix"),
                ("scikit-learn over pairs, no errors", "scikit-learn"),
                ("FastChat, from strings, no errors", "fastchat"),
                ("evalica, from strings, no errors", "evalica"),
                ("arena-rank with sandwich, from strings", "arena-rank"),
            ],
            "10 ms, 1/5 of choix",
            format!("{} MB of votes read, {} million operations", 12 * VOTES / 1_000_000, operations(200)),
        ),
        of(
            "the same from pair counts",
            "counts",
            &[("choix from its matrix of wins, no errors", "choix-matrix")],
            "",
            format!("{} million operations", operations(200)),
        ),
        of(
            "1,000 resamples, 200 models × 2 M",
            "bootstrap",
            &[("FastChat, from strings, extrapolated from 20 and 60 resamples", "fastchat-bootstrap")],
            "0.6 s, 1/100 of FastChat",
            format!(
                "{} million draws; {} million divisions and {} million multiplications a step, of which there are about five",
                cells / 1000,
                cells / 3 / 1000,
                200 * 200 / 1000
            ),
        ),
        of(
            "one more vote, 400 models × 2 M",
            "live",
            &[("ours, the whole fit from a warm start", "warm")],
            "1 ms",
            format!("a matrix of {} MB read twice, {} divisions", Short(8.0 * 0.16), 400 * 399 / 2),
        ),
        of(
            "20 M rows of strings read and ranked, 400 models",
            "csv",
            &[("pandas and evalica at their best", "csv-best"), ("as they are usually called", "csv-usual")],
            "1/4",
            format!("each byte looked at once, and {} million names", 2 * ROWS / 1_000_000),
        ),
        Row {
            is_memory: true,
            ..of(
                "its peak memory",
                "csv-memory",
                &[
                    ("pandas and evalica at their best", "csv-best-memory"),
                    ("as they are usually called", "csv-usual-memory"),
                ],
                "400 MB",
                "the counts: 400 × 400 × 4 numbers".to_owned(),
            )
        },
        of(
            "WebAssembly: a board by the worker, 200 models × 2 M",
            "wasm-board",
            &[("ours, native", "board")],
            "2.5 × native",
            "half the native speed where native code has vectors of two".to_owned(),
        ),
        of(
            "WebAssembly: the same with 1,000 resamples",
            "wasm-resampled",
            &[("ours, native", "resampled")],
            "2.5 × native",
            String::new(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_said_or_left_out() {
        let mut samples = Samples::default();
        samples.read("arrays 0.008 0.009\nchoix 0.064 0.07\ncounts 0.004 0.004").unwrap();
        let table = of(&samples);
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[2].contains("| 8.00 ms, once | choix, no errors | 64.0 ms, once | 1/8.00 of it | 10 ms"),
            "{table}"
        );
        assert!(lines[3].contains("scikit-learn over pairs, no errors | not run"), "{table}");
        assert!(lines[7].contains("| 4.00 ms, once | choix from its matrix of wins, no errors | not run |"), "{table}");
        assert_eq!(lines.len(), 8, "{table}");
        assert!(lines.iter().all(|line| line.matches('|').count() == lines[0].matches('|').count()), "{table}");
    }

    #[test]
    fn ratios_are_below_or_above_one() {
        assert_eq!(ratio(1.0, 5.0), "1/5.00 of it");
        assert_eq!(ratio(2.5, 1.0), "2.50 × it");
    }
}
