//! Counting tests: libtest's closing lines and Playwright's report, in one sum.

use anyhow::{Context, Result};
use std::fmt;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// The counts of a line such as `test result: ok. 5 passed; 0 failed; 1 ignored; …`, if it is one.
    pub(crate) fn of_libtest_line(line: &str) -> Option<Self> {
        let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| {
            let part = counts.split(';').find_map(|part| part.trim().strip_suffix(what))?;
            part.trim().parse().ok()
        };
        Some(Self { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
    }

    /// The counts of Playwright's JSON report. A test that passed on a second try counts as passed; Playwright's own
    /// output names it.
    pub(crate) fn of_playwright_report(report: &str) -> Result<Self> {
        let report: serde_json::Value = serde_json::from_str(report).context("Playwright's report")?;
        let count = |what: &str| {
            report["stats"][what].as_u64().with_context(|| format!("Playwright's report has no stats.{what}"))
        };
        Ok(Self {
            passed: count("expected")? + count("flaky")?,
            failed: count("unexpected")?,
            skipped: count("skipped")?,
        })
    }

    /// Counts a step that is no test and failed, so that the closing line cannot look well.
    pub(crate) fn add_failed_step(&mut self) {
        self.failed += 1;
    }

    /// How many tests ran.
    pub(crate) fn ran(self) -> u64 {
        self.passed + self.failed
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_lines_are_counted_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 2 failed; 3 ignored; 0 measured; 4 filtered out; finished in 0.01s";
        assert_eq!(Tally::of_libtest_line(line), Some(Tally { passed: 12, failed: 2, skipped: 3 }));
        assert_eq!(Tally::of_libtest_line("test vote::is_counted ... ok"), None);
        assert_eq!(Tally::of_libtest_line("running 3 tests"), None);
    }

    #[test]
    fn the_report_of_playwright_is_counted() {
        let report =
            r#"{"suites": [], "stats": {"duration": 1.5, "expected": 7, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        assert_eq!(Tally::of_playwright_report(report).unwrap(), Tally { passed: 8, failed: 2, skipped: 1 });
        assert!(Tally::of_playwright_report("{}").is_err());
    }

    #[test]
    fn the_closing_line_has_one_form() {
        let mut tally = Tally { passed: 3, failed: 0, skipped: 1 };
        tally += Tally { passed: 2, failed: 0, skipped: 0 };
        assert_eq!(tally.to_string(), "5 passed, 0 failed, 1 skipped");
        tally.add_failed_step();
        assert_eq!(tally.to_string(), "5 passed, 1 failed, 1 skipped");
    }
}
