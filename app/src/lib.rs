//! The pages of Plaudit, rendered on the server; a few islands of them come alive in the browser.
//!
//! *Architecture invariants.* This crate never sees SQL and holds no statistics: pages and server functions ask one
//! [`backend::Backend`], which the server implements, and only bind what it answers. What a [`view_model`] holds is
//! all that a browser can ever receive. The router, the pages and the components that no island uses are compiled for
//! the server alone; the browser's bundle holds [`islands`] and what they draw with.

#![allow(unreachable_pub, reason = "leptos' #[component] writes `pub` into the private functions it makes")]
// Views are one type per element; the type of a whole page nests deeper than the default limit.
#![recursion_limit = "512"]

pub mod api;
#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod components;
pub mod format;
pub mod islands;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;
pub mod view_model;

#[cfg(feature = "ssr")]
pub use crate::{
    app::App,
    pages::problem::{problem_page, problem_page_for},
    shell::{Assets, IslandFiles, shell},
};

/// Wakes the reactive system in the browser. The loader in the page's head calls it once, before any island.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
    leptos::mount::hydrate_islands();
}
