//! How fast a generation was: the first token, and the pace of those after it, without the time it waited for the page.

/// Times of one generation, in milliseconds of one clock that only goes forward.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    started_ms: f64,
    first: Option<f64>,
    last: f64,
    steps: u32,
    /// Between the first step and the last.
    waited_ms: f64,
    /// Since the last step.
    waiting_ms: f64,
}

impl Stopwatch {
    /// Starts.
    pub(crate) fn start(now_ms: f64) -> Self {
        Self { started_ms: now_ms, first: None, last: now_ms, steps: 0, waited_ms: 0.0, waiting_ms: 0.0 }
    }

    /// A step is done.
    pub(crate) fn step(&mut self, now_ms: f64) {
        if self.first.is_some() {
            self.waited_ms += self.waiting_ms;
        }
        self.waiting_ms = 0.0;
        self.first.get_or_insert(now_ms);
        self.last = now_ms;
        self.steps += 1;
    }

    /// It waited for the page.
    pub(crate) fn waited(&mut self, milliseconds: f64) {
        self.waiting_ms += milliseconds;
    }

    /// From the start to the first token; so far, when none came.
    pub(crate) fn first_token_ms(&self) -> f64 {
        self.first.unwrap_or(self.last) - self.started_ms
    }

    /// Tokens a second after the first; nothing for fewer than two, or faster than the clock can tell.
    pub(crate) fn tokens_per_second(&self) -> Option<f64> {
        let seconds = (self.last - self.first? - self.waited_ms) / 1000.0;
        (self.steps > 1 && seconds > 0.0).then(|| f64::from(self.steps - 1) / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_not_counted() {
        let mut watch = Stopwatch::start(1000.0);
        watch.waited(50.0);
        watch.step(1200.0);
        watch.step(1300.0);
        watch.waited(10_000.0);
        watch.step(11_400.0);
        watch.waited(5000.0);
        assert_eq!(watch.first_token_ms(), 200.0);
        assert_eq!(watch.tokens_per_second(), Some(10.0));
    }

    #[test]
    fn one_token_has_no_pace() {
        let mut watch = Stopwatch::start(0.0);
        assert_eq!(watch.tokens_per_second(), None);
        watch.step(100.0);
        assert_eq!(watch.tokens_per_second(), None);
        watch.step(100.0);
        assert_eq!(watch.tokens_per_second(), None, "a clock that did not move measures nothing");
    }
}
