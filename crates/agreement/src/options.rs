use crate::AgreementError;

/// How figures are computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How often questions are drawn anew for the intervals.
    pub resamples: u32,
    /// Equal seeds give equal intervals, on every machine.
    pub seed: u64,
    /// The two-sided level of the intervals, strictly between 0 and 1.
    pub level: f64,
    /// How many equally wide bins a reliability curve has.
    pub bins: u32,
    /// How many of the largest disagreements are listed.
    pub disagreements: u32,
    /// By how many votes the first outcome must lead the second for a human majority to be clear.
    pub clear_lead: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { resamples: 1000, seed: 0, level: 0.95, bins: 10, disagreements: 20, clear_lead: 2 }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), AgreementError> {
        check("resamples", self.resamples.into(), (1..=1_000_000).contains(&self.resamples), "from 1 to a million")?;
        check("level", self.level, self.level > 0.0 && self.level < 1.0, "a number strictly between 0 and 1")?;
        check("bins", self.bins.into(), (1..=10_000).contains(&self.bins), "from 1 to 10,000")?;
        check("clear_lead", self.clear_lead.into(), self.clear_lead > 0, "at least 1")
    }
}

fn check(name: &'static str, value: f64, valid: bool, expected: &'static str) -> Result<(), AgreementError> {
    if valid { Ok(()) } else { Err(AgreementError::Option { name, value, expected }) }
}
