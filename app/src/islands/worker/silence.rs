//! When a worker that says nothing counts as broken.
//!
//! Looks are counted, not seconds: after a sleep of the whole machine the clock has jumped, the worker has not.

/// Milliseconds between two looks.
pub(super) const LOOK_MILLIS: u64 = 5_000;

/// A minute without a word.
const PATIENT_LOOKS: u32 = 12;
/// The worker's own code comes over the network, WebGPU compiles its shaders (measured: more than a minute on a software
/// adapter under load), and a long prompt takes a slow processor minutes before its first token; all are silent.
const VERY_PATIENT_LOOKS: u32 = 48;

/// What a worker is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing, or it waits for the page.
    None,
    /// Its own code, the model and its shaders, or the prompt.
    Long,
    /// Bytes of weights, or the next token.
    Short,
}

/// Counts the looks since the last word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Silence(u32);

impl Silence {
    /// The worker said something, or was told something.
    pub(super) fn end(&mut self) {
        self.0 = 0;
    }

    /// Looks once more; whether the worker has been silent for too long.
    pub(super) fn look(&mut self, work: Work) -> bool {
        self.0 += 1;
        match work {
            Work::None => false,
            Work::Long => self.0 > VERY_PATIENT_LOOKS,
            Work::Short => self.0 > PATIENT_LOOKS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_without_a_token_is_too_long_and_a_word_starts_it_anew() {
        let mut silence = Silence::default();
        assert!((0..12).all(|_| !silence.look(Work::Short)));
        assert!(silence.look(Work::Short));
        silence.end();
        assert!(!silence.look(Work::Short));
    }

    #[test]
    fn a_worker_that_waits_for_the_page_may_be_silent() {
        let mut silence = Silence::default();
        assert!((0..1000).all(|_| !silence.look(Work::None)));
    }
}
