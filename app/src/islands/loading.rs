use leptos::prelude::*;
use plaudit_runner::protocol::Event;

use super::live;
use crate::format;

/// How far a model's load is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Loading {
    /// Bytes there.
    pub(super) received: u64,
    /// Bytes of all files.
    pub(super) total: u64,
    /// Bytes came over the network.
    pub(super) downloads: bool,
    /// All bytes are there.
    pub(super) preparing: bool,
    /// When the first bytes came over the network, in milliseconds, and how many were there then.
    began: Option<(u32, u64)>,
    /// Seconds that are left at the speed so far, once there is a speed to speak of.
    left: Option<u32>,
}

/// Sooner than this a speed means little, in milliseconds.
const SPEED_AFTER: u32 = 2000;

impl Loading {
    /// A load of so many bytes that has not begun.
    pub(super) fn of(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    /// Takes what a worker says of its load, at a moment in milliseconds.
    pub(super) fn hear(&mut self, event: &Event, now: f64) {
        let now = now as u32;
        match event {
            Event::Progress { received, total, cached } => {
                self.received = *received;
                self.total = *total;
                self.downloads |= !cached;
                if !cached {
                    let (since, before) = *self.began.get_or_insert((now, *received));
                    let (elapsed, come) = (now.saturating_sub(since), received.saturating_sub(before));
                    if elapsed >= SPEED_AFTER && come > 0 {
                        let seconds =
                            f64::from(elapsed) / 1000.0 * total.saturating_sub(*received) as f64 / come as f64;
                        self.left = Some(seconds.ceil() as u32);
                    }
                }
            }
            Event::Preparing | Event::Ready(_) => {
                self.received = self.total;
                self.preparing = true;
            }
            _ => {}
        }
    }

    /// Two loads as one: which of two models is the larger would tell who is who.
    pub(super) fn together(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            total: self.total + other.total,
            downloads: self.downloads || other.downloads,
            preparing: self.preparing && other.preparing,
            began: None,
            left: self.left.max(other.left),
        }
    }

    fn text(self) -> String {
        if self.preparing {
            return "Preparing…".to_owned();
        }
        if self.received == 0 {
            return "Starting…".to_owned();
        }
        let what = if self.downloads { "Downloading: " } else { "Reading from this device: " };
        let left = match self.left {
            Some(seconds) if seconds > 0 => [", ", &format::duration(f64::from(seconds)), " left"].concat(),
            _ => String::new(),
        };
        [what, &format::megabytes(self.received), " of ", &format::megabytes(self.total), &left].concat()
    }
}

/// The progress of a load.
#[component]
pub(super) fn LoadingBar(loading: Signal<Loading>) -> impl IntoView {
    view! {
        <div class="loading">
            <p class="loading__text">{live::text(move || loading.get().text())}</p>
            <progress
                class="loading__bar"
                aria-label="Loading models"
                max=live::text(move || loading.get().total.max(1).to_string())
                value=live::text(move || loading.get().received.to_string())
            ></progress>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(received: u64, cached: bool) -> Event {
        Event::Progress { received, total: 10_000_000, cached }
    }

    #[test]
    fn a_load_from_the_cache_is_not_called_a_download() {
        let mut one = Loading::of(10_000_000);
        assert_eq!(one.text(), "Starting…");
        one.hear(&progress(5_000_000, true), 0.0);
        assert_eq!(one.text(), "Reading from this device: 5.0\u{a0}MB of 10.0\u{a0}MB");
        one.hear(&progress(6_000_000, false), 1.0);
        assert_eq!(one.text(), "Downloading: 6.0\u{a0}MB of 10.0\u{a0}MB");
    }

    #[test]
    fn a_download_says_how_long_it_will_take_once_its_speed_is_known() {
        let mut one = Loading::of(10_000_000);
        one.hear(&progress(1_000_000, false), 500.0);
        one.hear(&progress(1_500_000, false), 1500.0);
        assert_eq!(one.text(), "Downloading: 1.5\u{a0}MB of 10.0\u{a0}MB");
        one.hear(&progress(2_000_000, false), 2500.0);
        assert_eq!(one.text(), "Downloading: 2.0\u{a0}MB of 10.0\u{a0}MB, 16 seconds left");
        let both = one.together(Loading::of(4_000_000));
        assert_eq!(both.text(), "Downloading: 2.0\u{a0}MB of 14.0\u{a0}MB, 16 seconds left");
    }

    #[test]
    fn two_loads_are_prepared_when_both_are() {
        let mut left = Loading::of(4);
        left.hear(&Event::Preparing, 0.0);
        let both = left.together(Loading::of(6));
        assert_eq!((both.received, both.total, both.preparing), (4, 10, false));
    }
}
