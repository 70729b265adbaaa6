//! How much of a model has come, told often enough to move a bar and seldom enough to cost nothing.

use crate::protocol::Event;

/// Between two messages.
const EVERY_MS: f64 = 100.0;

/// Bytes of all files of a model.
#[derive(Debug)]
pub(crate) struct Progress {
    total: u64,
    /// Of the files before this one.
    before: u64,
    /// Of this one.
    received: u64,
    told_at_ms: Option<f64>,
}

impl Progress {
    /// Nothing has come of `total` bytes.
    pub(crate) fn new(total: u64) -> Self {
        Self { total, before: 0, received: 0, told_at_ms: None }
    }

    /// So many bytes of the present file are there; the message, if it is time for one.
    pub(crate) fn received(&mut self, bytes: u64, cached: bool, now_ms: f64) -> Option<Event> {
        self.received = bytes;
        if self.told_at_ms.is_some_and(|told| now_ms - told < EVERY_MS) && self.before + bytes < self.total {
            return None;
        }
        self.told_at_ms = Some(now_ms);
        Some(Event::Progress { received: self.before + bytes, total: self.total, cached })
    }

    /// The present file was no good and comes once more.
    pub(crate) fn again(&mut self) {
        self.received = 0;
        self.told_at_ms = None;
    }

    /// The present file is complete.
    pub(crate) fn next_file(&mut self) {
        self.before += self.received;
        self.received = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(event: Option<Event>) -> Option<u64> {
        match event {
            Some(Event::Progress { received, .. }) => Some(received),
            _ => None,
        }
    }

    #[test]
    fn the_first_and_the_last_byte_are_told_and_little_between() {
        let mut progress = Progress::new(1000);
        assert_eq!(received(progress.received(1, false, 5.0)), Some(1));
        assert_eq!(received(progress.received(300, false, 6.0)), None);
        assert_eq!(received(progress.received(500, false, 106.0)), Some(500));
        assert_eq!(received(progress.received(1000, false, 107.0)), Some(1000));
    }

    #[test]
    fn files_add_up_and_a_repeated_one_counts_once() {
        let mut progress = Progress::new(30);
        progress.received(10, true, 0.0);
        progress.next_file();
        progress.received(15, true, 200.0);
        progress.again();
        assert_eq!(received(progress.received(5, false, 201.0)), Some(15));
        assert_eq!(received(progress.received(20, false, 202.0)), Some(30));
    }
}
