//! Safe intake of pictures, clips and sounds from elsewhere: bytes in, a clean file out, or a reason why not.
//!
//! [`take_in`] recognises what it is given by its content, looks at its whole container, decodes it within [`Limits`], and
//! writes it anew as PNG: what a contestant's file held beside the picture (Exif, colour profiles, texts, other files behind
//! its end) is not in what comes out, and files of all contestants are of one kind, so that neither kind nor metadata tell
//! them apart. A picture larger than [`Limits::shown_side`] is made smaller, none is made larger.
//!
//! [`take_in_clip`] and [`take_in_sound`] look through the container of a clip or a sound in the same way and empty it of all else;
//! pictures and samples are not decoded, and stay as they are.
//!
//! *Architecture invariants.* This crate does no I/O, starts no thread, and knows neither arenas nor a database. The same
//! bytes give the same picture with the same address. Memory is bounded by [`Limits`], whatever the bytes say about themselves.

mod clip;
mod container;
mod limits;
mod mp4;
mod picture;
mod refusal;
mod sniff;
mod sound;
mod webm;

pub use clip::{Clip, take_in_clip, take_in_sound};
pub use limits::Limits;
pub use picture::{Encoded, Picture, from_rgb, take_in, to_rgb, to_square};
pub use refusal::Refusal;
