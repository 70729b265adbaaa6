//! How two clips keep together. Apart from the island, so that it is tested without a browser.

/// Seconds that one may be ahead of the other: some four pictures, which nobody sees.
const APART: f64 = 0.15;

/// Where one clip is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds from its start.
    pub at: f64,
    /// At its end.
    pub ended: bool,
    /// There is something to show next.
    pub ready: bool,
    /// Not running.
    pub paused: bool,
}

/// What is to be done while both are to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Both go on.
    GoOn,
    /// Both start, or go on after a stop.
    Start,
    /// One has nothing to show yet: the other waits for it.
    Wait,
    /// Both are through: from the start. Who was shorter has stood still meanwhile.
    Again,
    /// The second goes where the first is.
    Catch(f64),
}

/// What the two are to do next.
pub fn next([first, second]: [Moment; 2]) -> Next {
    if first.ended && second.ended {
        return Next::Again;
    }
    let waits = |moment: Moment| !moment.ended && !moment.ready;
    if waits(first) || waits(second) {
        return Next::Wait;
    }
    let running = !first.ended && !second.ended;
    if running && (first.at - second.at).abs() > APART {
        return Next::Catch(first.at);
    }
    let stands = |moment: Moment| !moment.ended && moment.paused;
    if stands(first) || stands(second) { Next::Start } else { Next::GoOn }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: Moment = Moment { at: 1.0, ended: false, ready: true, paused: false };

    #[test]
    fn neither_runs_on_without_the_other() {
        assert_eq!(next([RUNS, RUNS]), Next::GoOn);
        let late = Moment { ready: false, ..RUNS };
        assert_eq!([next([RUNS, late]), next([late, RUNS])], [Next::Wait; 2]);
        let stopped = Moment { paused: true, ..RUNS };
        assert_eq!([next([stopped, stopped]), next([RUNS, stopped])], [Next::Start; 2]);
        assert_eq!(next([RUNS, Moment { at: 0.5, ..RUNS }]), Next::Catch(1.0));
        assert_eq!(next([RUNS, Moment { at: 1.04, ..RUNS }]), Next::GoOn);
    }

    #[test]
    fn the_shorter_one_waits_at_its_end_and_both_begin_again_together() {
        let through = Moment { at: 0.8, ended: true, ready: true, paused: true };
        assert_eq!(next([RUNS, through]), Next::GoOn);
        assert_eq!(next([through, Moment { at: 3.0, ..through }]), Next::Again);
    }
}
