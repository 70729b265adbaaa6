//! Models in web workers, as the page sees them. Nothing here knows of battles.

pub(super) mod bundle;
pub(super) mod cache;
pub(super) mod client;
pub(super) mod pace;
mod silence;
