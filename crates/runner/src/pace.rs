//! How many steps a generation may make before it waits, and whether it shall end.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// What a generation does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Make a step.
    Step,
    /// End: the page asked for it.
    Stop,
}

/// The reins of one generation. The page's messages change it, the generation asks it before every step.
#[derive(Debug)]
pub(crate) struct Pace {
    made: Cell<u32>,
    /// `None`: as many as it likes.
    granted: Cell<Option<u32>>,
    stopped: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Pace {
    /// A generation that may make `granted` steps at first.
    pub(crate) fn new(granted: Option<u32>) -> Self {
        Self { made: Cell::new(0), granted: Cell::new(granted), stopped: Cell::new(false), waiting: RefCell::new(None) }
    }

    /// Lets it make `steps` altogether. A grant that comes late or twice takes nothing away.
    pub(crate) fn grant(&self, steps: u32) {
        self.granted.set(self.granted.get().map(|granted| granted.max(steps)));
        self.wake();
    }

    /// Ends it before its next step.
    pub(crate) fn stop(&self) {
        self.stopped.set(true);
        self.wake();
    }

    /// Counts a step that was made.
    pub(crate) fn count(&self) {
        self.made.set(self.made.get() + 1);
    }

    /// Whether [`Pace::turn`] has to wait.
    pub(crate) fn must_wait(&self) -> bool {
        !self.stopped.get() && self.granted.get().is_some_and(|granted| self.made.get() >= granted)
    }

    /// What to do next, once there is something to do.
    pub(crate) async fn turn(&self) -> Turn {
        poll_fn(|context| {
            if self.must_wait() {
                *self.waiting.borrow_mut() = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(if self.stopped.get() { Turn::Stop } else { Turn::Step })
        })
        .await
    }

    fn wake(&self) {
        let waiting = self.waiting.borrow_mut().take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll(pace: &Pace, woken: &Arc<Woken>) -> Poll<Turn> {
        let waker = woken.clone().into();
        pin!(pace.turn()).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn it_waits_at_the_grant_and_goes_on_with_the_next() {
        let (pace, woken) = (Pace::new(Some(2)), Arc::<Woken>::default());
        for _ in 0..2 {
            assert_eq!(poll(&pace, &woken), Poll::Ready(Turn::Step));
            pace.count();
        }
        assert_eq!(poll(&pace, &woken), Poll::Pending);
        pace.grant(3);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(&pace, &woken), Poll::Ready(Turn::Step));
        pace.count();
        pace.grant(1);
        assert_eq!(poll(&pace, &woken), Poll::Pending, "a smaller grant that comes late changes nothing");
    }

    #[test]
    fn stopping_ends_a_wait_and_a_run_alike() {
        let (pace, woken) = (Pace::new(Some(0)), Arc::<Woken>::default());
        assert_eq!(poll(&pace, &woken), Poll::Pending);
        pace.stop();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(&pace, &woken), Poll::Ready(Turn::Stop));
        let pace = Pace::new(None);
        pace.count();
        pace.stop();
        assert_eq!(poll(&pace, &woken), Poll::Ready(Turn::Stop));
    }

    #[test]
    fn without_a_limit_a_grant_sets_none() {
        let (pace, woken) = (Pace::new(None), Arc::<Woken>::default());
        pace.grant(0);
        assert_eq!(poll(&pace, &woken), Poll::Ready(Turn::Step));
    }
}
