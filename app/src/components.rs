//! Pieces that several pages or islands draw.

#[cfg(feature = "ssr")]
pub(crate) mod arena_header;
pub mod axis;
#[cfg(feature = "ssr")]
pub(crate) mod frame;
#[cfg(feature = "ssr")]
pub(crate) mod generation;
#[cfg(feature = "ssr")]
pub(crate) mod head;
pub mod heat_map;
#[cfg(feature = "ssr")]
pub(crate) mod judge_charts;
pub mod labels;
#[cfg(any(feature = "ssr", feature = "methods"))]
pub mod method_table;
#[cfg(feature = "ssr")]
pub(crate) mod share_axis;
pub mod standing;
