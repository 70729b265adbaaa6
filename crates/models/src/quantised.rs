//! Matrices of four- and eight-bit weights that stay so in memory, and their product with activations.
//!
//! What is stored: blocks of 32 weights along a row, as GGUF has them, of the form `scale · level + min`. `Q4_1` is that
//! already; `Q4_0` has `min = −8 · scale`; `Q8_0` has no `min`. Scales are widened to `f32` once, since WebAssembly has
//! no half floats; that makes a four-bit weight 6 bits of memory and an eight-bit weight 9.
//!
//! How it multiplies: an activation vector is rounded to 16-bit levels per block of 32 (an error of at most 1/65,534 of the
//! block's largest value, some 250 times finer than llama.cpp's eight bits), and levels are multiplied as integers, eight
//! lanes to an instruction (`pmaddwd`, `i32x4.dot_i16x8_s`, `smull`). A 16-byte half block is read as eight 16-bit lanes
//! whose nibbles (bytes) are masked out without any widening; activations lie in the order in which that takes them out.
//! The largest possible sum in a block, 32 · 127 · 32,767, is below 2^28, so nothing overflows.
//!
//! The source of the formats: ggml's `block_q4_0`, `block_q4_1`, `block_q8_0`.

mod activation;
mod kernel;
mod matrix;

pub use activation::Activations;
pub use matrix::{QuantisedMatrix, UnevenRows};

/// Weights in a block that shares one scale.
pub const BLOCK: usize = 32;
