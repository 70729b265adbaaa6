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
}

impl Loading {
    /// Takes what a worker says of its load.
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::Progress { received, total, cached } => {
                self.received = *received;
                self.total = *total;
                self.downloads |= !cached;
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
        [what, &format::megabytes(self.received), " of ", &format::megabytes(self.total)].concat()
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

    #[test]
    fn a_load_from_the_cache_is_not_called_a_download() {
        let mut one = Loading { total: 10_000_000, ..Loading::default() };
        assert_eq!(one.text(), "Starting…");
        one.hear(&Event::Progress { received: 5_000_000, total: 10_000_000, cached: true });
        assert_eq!(one.text(), "Reading from this device: 5.0\u{a0}MB of 10.0\u{a0}MB");
        one.hear(&Event::Progress { received: 6_000_000, total: 10_000_000, cached: false });
        assert_eq!(one.text(), "Downloading: 6.0\u{a0}MB of 10.0\u{a0}MB");
    }

    #[test]
    fn two_loads_are_prepared_when_both_are() {
        let mut left = Loading { total: 4, ..Loading::default() };
        left.hear(&Event::Preparing);
        let both = left.together(Loading { total: 6, ..Loading::default() });
        assert_eq!((both.received, both.total, both.preparing), (4, 10, false));
    }
}
