//! What comes alive in the browser. Nothing else of a page is in the wasm bundle.

mod ballot;
pub mod battle;
pub mod board;
mod board_row;
mod events;
pub mod keys;
mod live;
mod verdict;
