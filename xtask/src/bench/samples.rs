//! What the programs of a benchmark say: a line for each measurement, with its row, seconds of the processor, and seconds of the
//! clock. Everything else that they say is for people.

use anyhow::{Result, ensure};
use std::collections::BTreeMap;
use std::fmt;

/// Seconds of the processor (or bytes) by row.
#[derive(Default)]
pub(crate) struct Samples(BTreeMap<String, Vec<f64>>);

impl Samples {
    /// Takes in what a program printed; fails if nothing of that was a measurement.
    pub(crate) fn read(&mut self, output: &str) -> Result<()> {
        let mut found = false;
        for line in output.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [row, value, clock] = words[..] else { continue };
            if let (Ok(value), Ok(_)) = (value.parse::<f64>(), clock.parse::<f64>()) {
                self.0.entry(row.to_owned()).or_default().push(value);
                found = true;
            }
        }
        ensure!(found, "a program of the benchmark measured nothing; it said: {output}");
        Ok(())
    }

    /// The middle and the ends of a row; nothing for one that was not measured.
    pub(crate) fn spread(&self, row: &str) -> Option<Spread> {
        let mut values = self.0.get(row)?.clone();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Spread { median, least, most, count: values.len() })
    }
}

/// Of several measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) count: usize,
}

impl Spread {
    /// As seconds or parts of them.
    pub(crate) fn time(&self) -> String {
        let (unit, name) = if self.median < 0.1 { (1e-3, "ms") } else { (1.0, "s") };
        self.shown(unit, name)
    }

    /// As millions of bytes.
    pub(crate) fn memory(&self) -> String {
        self.shown(1e6, "MB")
    }

    fn shown(&self, unit: f64, name: &str) -> String {
        let of = |value: f64| Short(value / unit);
        if self.count == 1 {
            return format!("{} {name}, once", of(self.median));
        }
        format!("{} {name} ({}–{}, {} times)", of(self.median), of(self.least), of(self.most), self.count)
    }
}

/// With three digits that count.
pub(crate) struct Short(pub(crate) f64);

impl fmt::Display for Short {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.0 > 0.0 { self.0.log10().floor() as i32 } else { 0 };
        let places = usize::try_from(2 - whole).unwrap_or_default();
        write!(formatter, "{:.places$}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_found_among_what_a_program_says() {
        let mut samples = Samples::default();
        samples.read("3 votes, 2 contestants\nfit 0.004 0.009\nstrongest: 1.0 twice\nfit 0.002 0.003\n").unwrap();
        samples.read("fit 0.003 0.003").unwrap();
        let spread = samples.spread("fit").unwrap();
        assert_eq!(spread, Spread { median: 0.003, least: 0.002, most: 0.004, count: 3 });
        assert_eq!(spread.time(), "3.00 ms (2.00–4.00, 3 times)");
        assert_eq!(samples.spread("other"), None);
        assert!(samples.read("Traceback (most recent call last):").is_err());
    }

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.0123456, 1.0, 45.678, 1234.5].map(|value| Short(value).to_string());
        assert_eq!(shown, ["0.0123", "1.00", "45.7", "1234"]);
    }
}
