use crate::Refusal;

/// The kinds that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    WebP,
    Mp4,
    WebM,
    Wav,
    Ogg,
}

impl Kind {
    /// In a sentence about it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Png => "a PNG picture",
            Self::Jpeg => "a JPEG picture",
            Self::WebP => "a WebP picture",
            Self::Mp4 => "an MP4 video",
            Self::WebM => "a WebM or Matroska video",
            Self::Wav => "a WAV sound",
            Self::Ogg => "an Ogg sound or video",
        }
    }
}

/// What starts how, and is no picture of these kinds.
const OTHERS: [(&[u8], &str); 15] = [
    (b"GIF87a", "a GIF"),
    (b"GIF89a", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"\0\0\x01\0", "an icon"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML file"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
];

/// Sounds of other kinds.
const LATER: [(&[u8], &str); 4] =
    [(b"fLaC", "a FLAC sound"), (b"ID3", "an MP3 sound"), (b"\xff\xfb", "an MP3 sound"), (b"\xff\xf1", "an AAC sound")];

/// What the bytes are, whatever the file is called.
pub(crate) fn kind(bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Png);
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(Kind::Jpeg);
    }
    if let (b"RIFF", Some(form)) = (bytes.get(..4).unwrap_or_default(), bytes.get(8..12)) {
        return match form {
            b"WEBP" => Ok(Kind::WebP),
            b"WAVE" => Ok(Kind::Wav),
            b"AVI " => Err(Refusal::NotTaken { kind: "an AVI video" }),
            _ => Err(Refusal::WrongType { kind: "a RIFF file of another kind".to_owned() }),
        };
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        // The boxes of ISO media: the first brand says what is in them.
        return match bytes.get(8..12).unwrap_or_default() {
            b"avif" | b"avis" => Err(Refusal::NotTaken { kind: "an AVIF picture" }),
            b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" => {
                Err(Refusal::WrongType { kind: "a HEIC picture".to_owned() })
            }
            _ => Ok(Kind::Mp4),
        };
    }
    if bytes.starts_with(b"\x1a\x45\xdf\xa3") {
        return Ok(Kind::WebM);
    }
    if bytes.starts_with(b"OggS") {
        return Ok(Kind::Ogg);
    }
    let starts = |start: &[u8]| bytes.len() >= start.len() && bytes[..start.len()].eq_ignore_ascii_case(start);
    if let Some((_, kind)) = LATER.into_iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(Refusal::NotTaken { kind });
    }
    let kind = match OTHERS.into_iter().find(|(start, _)| starts(start)) {
        Some((_, kind)) => kind.to_owned(),
        None => {
            let start: Vec<_> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("something else, starting with the bytes {}", start.join(" "))
        }
    };
    Err(Refusal::WrongType { kind })
}
