//! The web worker that runs [`plaudit-models`](../plaudit_models/index.html), and the protocol in which the page talks to it.
//!
//! *Architecture invariant.* Without the feature `worker` this crate is [`protocol`] alone, without burn: the page can
//! afford it. Only `cargo xtask build` turns the feature on, for a bundle of its own that a page loads when it needs a
//! model.
//!
//! *Architecture invariant.* What touches the browser is in `worker` and below. `failure`, `pace`, `progress` and
//! `stopwatch` do not: their tests run without one.

pub mod protocol;

#[cfg(any(test, all(feature = "worker", target_arch = "wasm32")))]
mod failure;
#[cfg(any(test, all(feature = "worker", target_arch = "wasm32")))]
mod pace;
#[cfg(any(test, all(feature = "worker", target_arch = "wasm32")))]
mod progress;
#[cfg(any(test, all(feature = "worker", target_arch = "wasm32")))]
mod stopwatch;

#[cfg(all(feature = "worker", target_arch = "wasm32"))]
mod worker;
