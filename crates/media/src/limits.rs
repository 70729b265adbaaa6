/// What a file may ask for at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Pixels of the picture as the file has it.
    pub pixels: u64,
    /// Pixels of one side, as the file has it.
    pub side: u32,
    /// Bytes of the decoded picture. While it is converted, about as much again is in use.
    pub decoded_bytes: u64,
    /// Pixels of the longer side as it is kept and shown.
    pub shown_side: u32,
    /// Pixels of the longer side of a thumbnail.
    pub thumbnail_side: u32,
    /// Seconds that a clip may last.
    pub clip_seconds: u32,
    /// Pixels of a clip's longer side.
    pub clip_side: u32,
    /// Seconds that a sound may last.
    pub sound_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            pixels: 24_000_000,
            side: 16_384,
            decoded_bytes: 128 << 20,
            shown_side: 1024,
            thumbnail_side: 256,
            clip_seconds: 60,
            clip_side: 1920,
            sound_seconds: 300,
        }
    }
}
