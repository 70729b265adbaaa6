//! Models from the outside: files in, text out.

#![allow(missing_docs)]

mod faults;
mod llama;
mod replay;
mod smollm2;
mod support;
