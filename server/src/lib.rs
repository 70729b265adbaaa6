//! The server of Plaudit: command line, HTTP, storage, live board.
//!
//! *Architecture invariants.* [`store`] alone knows the database. [`service`] implements the app's `Backend` and is the
//! only place where store, board, matchmaker and tickets meet. [`http`] knows requests and answers, and no SQL. Nothing
//! a browser receives before its vote is committed tells which contestant made which side.

pub mod arena_file;
pub mod arenas;
pub mod audit;
pub mod board;
pub mod builtin;
pub mod cli;
pub mod clock;
pub mod command;
pub mod engine;
pub mod exports;
pub mod http;
pub mod imports;
pub mod judging;
pub mod language;
pub mod markdown;
pub mod matchmaker;
pub mod media;
pub mod models;
pub mod rate;
pub mod secret;
pub mod service;
pub mod store;
pub mod ticket;
pub mod token;
pub mod verify;
