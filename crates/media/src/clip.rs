//! Clips and sounds: their containers are looked through and emptied of what is no clip. They are not decoded: what a browser plays stays as
//! it came, byte for byte.

use plaudit_domain::{MediaId, MediaKind};

use crate::{
    Limits, Refusal, mp4,
    sniff::{Kind, kind},
    sound, webm,
};

/// A clip or a sound as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// BLAKE3 of `bytes`.
    pub id: MediaId,
    /// Its container.
    pub kind: MediaKind,
    /// Pixels from left to right, as it is shown; 0 of a sound.
    pub width: u32,
    /// Pixels from top to bottom, as it is shown; 0 of a sound.
    pub height: u32,
    /// How long it lasts.
    pub milliseconds: u32,
    /// The file: as long as the one it came from, with zeros where its metadata were.
    pub bytes: Vec<u8>,
}

/// What a container says of its clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) milliseconds: u64,
}

/// Looks through a clip's container, and empties all in it that does not show or sound: titles, tags, dates, names of programs,
/// whole foreign parts. Nothing moves: what was there is zeros afterwards, so that places that the container names stay right.
///
/// The stream itself is not looked into. What an encoder writes about itself between two frames stays.
///
/// # Errors
/// A [`Refusal`] for anything that is not one MP4 with H.264, AV1 or VP9, or one WebM with VP8, VP9 or AV1, within the limits.
pub fn take_in_clip(bytes: &[u8], limits: &Limits) -> Result<Clip, Refusal> {
    if bytes.len() > limits.file_bytes {
        return Err(Refusal::FileTooLarge { bytes: bytes.len() as u64, limit: limits.file_bytes as u64 });
    }
    let mut kept = bytes.to_vec();
    let (kind, facts) = match kind(bytes)? {
        Kind::Mp4 => (MediaKind::Mp4, mp4::empty_metadata(&mut kept)?),
        Kind::WebM => (MediaKind::WebM, webm::empty_metadata(&mut kept)?),
        other => return Err(Refusal::NoClip { kind: other.name() }),
    };
    let Facts { width, height, milliseconds } = facts;
    let side = u64::from(limits.clip_side);
    let sides = [width, height].map(|pixels| u32::try_from(pixels).unwrap_or(u32::MAX));
    if width == 0 || height == 0 || width > side || height > side {
        let [width, height] = sides;
        let limit_pixels = side * side;
        return Err(Refusal::TooManyPixels { width, height, limit_pixels, limit_side: limits.clip_side });
    }
    let limit = u64::from(limits.clip_seconds);
    if milliseconds > limit * 1000 {
        return Err(Refusal::TooLong { seconds: milliseconds.div_ceil(1000), limit });
    }
    let [width, height] = sides;
    let milliseconds = u32::try_from(milliseconds).unwrap_or(u32::MAX);
    Ok(Clip { id: MediaId::of(&kept), kind, width, height, milliseconds, bytes: kept })
}

/// The same for a sound: samples in WAV, or Opus in Ogg.
///
/// # Errors
/// A [`Refusal`] for anything that is not one of these, with one or two channels, within the limits.
pub fn take_in_sound(bytes: &[u8], limits: &Limits) -> Result<Clip, Refusal> {
    if bytes.len() > limits.file_bytes {
        return Err(Refusal::FileTooLarge { bytes: bytes.len() as u64, limit: limits.file_bytes as u64 });
    }
    let mut kept = bytes.to_vec();
    let (kind, milliseconds) = match kind(bytes)? {
        Kind::Wav => (MediaKind::Wav, sound::empty_wav(&mut kept)?),
        Kind::Ogg => (MediaKind::Opus, sound::empty_opus(&mut kept)?),
        other => return Err(Refusal::NoSound { kind: other.name() }),
    };
    let limit = u64::from(limits.sound_seconds);
    if milliseconds > limit * 1000 {
        return Err(Refusal::TooLong { seconds: milliseconds.div_ceil(1000), limit });
    }
    let milliseconds = u32::try_from(milliseconds).unwrap_or(u32::MAX);
    Ok(Clip { id: MediaId::of(&kept), kind, width: 0, height: 0, milliseconds, bytes: kept })
}

/// A clip that is not as it should be.
pub(crate) fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Clip { reason: reason.into() })
}

/// A number from bytes, the largest first; of more than eight the last eight.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
