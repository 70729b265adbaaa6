/// Why a file is not taken in. Each is a sentence for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Longer than [`crate::Limits::file_bytes`].
    #[error("the file has {bytes} bytes, and {limit} are the most")]
    FileTooLarge {
        /// Its bytes.
        bytes: u64,
        /// The most.
        limit: u64,
    },
    /// A kind of media that is not taken.
    #[error(
        "this is {kind}, which is not taken: pictures as PNG, JPEG or WebP are, clips as MP4 or WebM, sounds as WAV or Opus"
    )]
    NotTaken {
        /// What it is.
        kind: &'static str,
    },
    /// Something else than a picture of the kinds that are taken.
    #[error("this is {kind}: pictures are taken as PNG, JPEG or WebP")]
    WrongType {
        /// What it looks like.
        kind: String,
    },
    /// Something else where a clip belongs.
    #[error("this is {kind}: clips are taken as MP4 or WebM")]
    NoClip {
        /// What it is.
        kind: &'static str,
    },
    /// Something else where a sound belongs.
    #[error("this is {kind}: sounds are taken as WAV, or as Opus in Ogg")]
    NoSound {
        /// What it is.
        kind: &'static str,
    },
    /// A clip or a sound that is not as it should be.
    #[error("it is not taken: {reason}")]
    Clip {
        /// Why.
        reason: String,
    },
    /// Longer than [`crate::Limits::clip_seconds`] or [`crate::Limits::sound_seconds`].
    #[error("it lasts {seconds} s, and {limit} s are the most")]
    TooLong {
        /// Begun seconds.
        seconds: u64,
        /// The most.
        limit: u64,
    },
    /// More than one picture.
    #[error("the picture is animated: only still pictures are taken")]
    Animated,
    /// A side of no pixels, or of more than [`crate::Limits::side`], or more pixels than [`crate::Limits::pixels`].
    #[error("the picture has {width} × {height} pixels: {limit_pixels} in all and {limit_side} on a side are the most")]
    TooManyPixels {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
        /// The most in all.
        limit_pixels: u64,
        /// The most on one side.
        limit_side: u32,
    },
    /// Decoding would take more than [`crate::Limits::decoded_bytes`].
    #[error("the picture would take more than {limit_bytes} bytes of memory")]
    TooMuchMemory {
        /// The most.
        limit_bytes: u64,
    },
    /// The container is not whole.
    #[error("the file is cut off: {part}")]
    Truncated {
        /// What is missing.
        part: &'static str,
    },
    /// Bytes behind the picture's end: another file could be hidden there.
    #[error("{bytes} bytes follow after the picture's end: another file could be hidden in them")]
    TrailingBytes {
        /// How many.
        bytes: u64,
    },
    /// More passes over the picture than any camera or program makes: each costs time.
    #[error("the JPEG has {scans} passes over the picture, and {limit} are the most")]
    TooManyScans {
        /// How many.
        scans: u32,
        /// The most.
        limit: u32,
    },
    /// The decoder does not understand it.
    #[error("the picture is damaged: {message}")]
    Damaged {
        /// The decoder's words.
        message: String,
    },
}
