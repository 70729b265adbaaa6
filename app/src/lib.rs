//! The pages of Plaudit, rendered on the server; a few islands of them come alive in the browser.
//!
//! *Architecture invariants.* This crate never sees SQL and holds no statistics: pages and server functions ask one
//! [`backend::Backend`], which the server implements, and only bind what it answers. What a [`view_model`] holds is
//! all that a browser can ever receive.

pub mod api;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod view_model;
