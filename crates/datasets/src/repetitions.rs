use std::collections::HashMap;

/// Counts how often the same content has come before, by a 16-byte hash of it.
///
/// This is the one thing that grows with the number of votes: some 24 bytes for each different one.
#[derive(Default)]
pub(crate) struct Repetitions(HashMap<[u8; 16], u64>);

impl Repetitions {
    /// 0 the first time, then 1, 2, …
    pub(crate) fn next(&mut self, content: [u8; 16]) -> u64 {
        let seen = self.0.entry(content).or_insert(0);
        let repetition = *seen;
        *seen += 1;
        repetition
    }
}
