//! Both sides of a live battle write equally fast: the faster one waits.

use plaudit_domain::Side;

/// Steps that a side may be ahead of the slower one, so that neither waits for a message between two steps.
const LEAD: u32 = 2;

/// How far the two sides are, how far they may go, and how much of it is shown.
#[derive(Debug, Clone, Default)]
pub(in crate::islands) struct Pace {
    left: Track,
    right: Track,
}

#[derive(Debug, Clone, Copy)]
struct Track {
    steps: u32,
    granted: u32,
    over: bool,
}

impl Default for Track {
    fn default() -> Self {
        Self { steps: 0, granted: LEAD, over: false }
    }
}

impl Pace {
    /// What each side may do at its start.
    pub(in crate::islands) const FIRST_GRANT: u32 = LEAD;

    /// A side made one more step.
    pub(in crate::islands) fn step(&mut self, side: Side) {
        self.track(side).steps += 1;
    }

    /// A side is done; it holds nobody up any more.
    pub(in crate::islands) fn finish(&mut self, side: Side) {
        self.track(side).over = true;
    }

    /// The steps that a side is newly allowed, from its start; `None` when it knows already.
    pub(in crate::islands) fn grant(&mut self, side: Side) -> Option<u32> {
        let (own, other) = self.both(side);
        let limit = if other.over { u32::MAX } else { own.steps.min(other.steps) + LEAD };
        if own.over || limit <= own.granted {
            return None;
        }
        self.track(side).granted = limit;
        Some(limit)
    }

    /// Steps of a side that are shown: as many as the other has, so that nobody sees which is the faster one.
    pub(in crate::islands) fn shown(&self, side: Side) -> u32 {
        let (own, other) = self.both(side);
        if other.over { own.steps } else { own.steps.min(other.steps) }
    }

    fn both(&self, side: Side) -> (Track, Track) {
        if side == Side::Left { (self.left, self.right) } else { (self.right, self.left) }
    }

    fn track(&mut self, side: Side) -> &mut Track {
        if side == Side::Left { &mut self.left } else { &mut self.right }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faster_side_waits_two_steps_ahead_and_shows_none_of_them() {
        let mut pace = Pace::default();
        pace.step(Side::Left);
        pace.step(Side::Left);
        assert_eq!((pace.grant(Side::Left), pace.grant(Side::Right)), (None, None));
        assert_eq!((pace.shown(Side::Left), pace.shown(Side::Right)), (0, 0));
        pace.step(Side::Right);
        assert_eq!((pace.grant(Side::Left), pace.grant(Side::Right)), (Some(3), Some(3)));
        assert_eq!((pace.shown(Side::Left), pace.shown(Side::Right)), (1, 1));
    }

    #[test]
    fn a_grant_is_said_once() {
        let mut pace = Pace::default();
        pace.step(Side::Left);
        pace.step(Side::Right);
        assert_eq!(pace.grant(Side::Left), Some(3));
        assert_eq!(pace.grant(Side::Left), None);
    }

    #[test]
    fn a_side_that_is_done_holds_nobody_up() {
        let mut pace = Pace::default();
        pace.step(Side::Left);
        pace.finish(Side::Left);
        assert_eq!(pace.grant(Side::Left), None);
        assert_eq!(pace.grant(Side::Right), Some(u32::MAX));
        for _ in 0..5 {
            pace.step(Side::Right);
        }
        assert_eq!((pace.shown(Side::Left), pace.shown(Side::Right)), (1, 5));
    }

    #[test]
    fn what_the_finished_side_wrote_ahead_appears_as_the_other_catches_up() {
        let mut pace = Pace::default();
        for _ in 0..3 {
            pace.step(Side::Left);
        }
        pace.finish(Side::Left);
        pace.step(Side::Right);
        assert_eq!((pace.shown(Side::Left), pace.shown(Side::Right)), (1, 1));
        pace.finish(Side::Right);
        assert_eq!(pace.shown(Side::Left), 3);
    }
}
