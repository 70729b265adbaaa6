//! What comes alive in the browser. Nothing else of a page is in the wasm bundle.
//!
//! The first load of a battle has a budget (DESIGN: 200 KB), so these files are written for size where that costs no
//! clarity: one signal for each island's state, elements that are always there and are only hidden, [`live::text`] and
//! its kin instead of a closure type for every reactive bit. There are three bundles: one for battles and live boards,
//! and one each with the islands that compute boards (feature `methods`) or run models (feature `models`) in addition. No
//! page loads two of them.

mod ballot;
pub mod battle;
pub mod board;
mod board_row;
mod board_state;
mod browser;
pub mod clips;
pub mod closer;
#[cfg(any(feature = "ssr", feature = "models"))]
mod device_choice;
#[cfg(any(feature = "ssr", feature = "models"))]
mod easel;
mod events;
pub mod following;
#[cfg(any(feature = "ssr", feature = "models"))]
pub mod judging;
pub mod keys;
#[cfg(any(feature = "ssr", feature = "models"))]
pub mod learning;
mod live;
#[cfg(any(feature = "ssr", feature = "models"))]
pub mod live_battle;
#[cfg(any(feature = "ssr", feature = "models"))]
mod loading;
mod look;
#[cfg(any(feature = "ssr", feature = "methods"))]
pub mod methods;
#[cfg(any(feature = "ssr", feature = "models"))]
pub mod pictures;
#[cfg(any(feature = "ssr", feature = "models"))]
pub mod playground;
mod post;
#[cfg(any(feature = "ssr", feature = "methods"))]
pub mod recount;
#[cfg(any(feature = "ssr", feature = "models"))]
mod remembered;
mod reveal;
#[cfg(any(feature = "ssr", feature = "models"))]
mod run_controls;
pub mod sent;
mod together;
mod verdict;
mod vote;
mod vote_form;
#[cfg(any(feature = "ssr", feature = "models"))]
mod worker;
