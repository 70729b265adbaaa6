use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Rgb, RgbImage,
    codecs::png::{CompressionType, FilterType, PngEncoder},
    error::LimitErrorKind,
    imageops,
};
use plaudit_domain::MediaId;

use crate::{
    Limits, Refusal,
    container::checked,
    sniff::{Kind, kind},
};

/// A clean picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// As it is shown.
    pub shown: Encoded,
    /// Smaller; `None` where the picture itself is no larger than a thumbnail.
    pub thumbnail: Option<Encoded>,
}

/// A PNG: 8 bits, RGB or RGBA, sRGB, without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// BLAKE3 of `png`.
    pub id: MediaId,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The file.
    pub png: Vec<u8>,
}

/// Decodes a picture and writes it anew.
///
/// # Errors
/// A [`Refusal`] for anything that is not one still picture as PNG, JPEG or WebP within the limits.
pub fn take_in(bytes: &[u8], limits: &Limits) -> Result<Picture, Refusal> {
    if bytes.len() > limits.file_bytes {
        return Err(Refusal::FileTooLarge { bytes: bytes.len() as u64, limit: limits.file_bytes as u64 });
    }
    let kind = kind(bytes)?;
    let bytes = checked(kind, bytes)?;
    // Decoders of foreign files are the one place where somebody else's mistake could end an import.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(kind, &bytes, limits)));
    let picture = decoded.unwrap_or_else(|_| Err(Refusal::Damaged { message: "the decoder gave up".to_owned() }))?;
    let shown = contained(picture, limits.shown_side);
    let thumbnail = (shown.width().max(shown.height()) > limits.thumbnail_side)
        .then(|| encode(&contained(shown.clone(), limits.thumbnail_side)))
        .transpose()?;
    Ok(Picture { shown: encode(&shown)?, thumbnail })
}

/// Writes pixels as a PNG: `rgb` holds red, green and blue of each, row by row from the top left.
///
/// # Errors
/// [`Refusal`] when there are not three bytes for each pixel, or no pixels.
pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Encoded, Refusal> {
    let wrong = || Refusal::Damaged { message: "its bytes are not three for each pixel".to_owned() };
    let picture = image::RgbImage::from_raw(width, height, rgb).filter(|picture| !picture.is_empty());
    let picture = picture.filter(|picture| picture.as_raw().len() as u64 == 3 * u64::from(width) * u64::from(height));
    encode(&DynamicImage::ImageRgb8(picture.ok_or_else(wrong)?))
}

/// The pixels of a picture, as [`from_rgb`] takes them; what is transparent is on white.
///
/// # Errors
/// A [`Refusal`], as [`take_in`] has.
pub fn to_rgb(bytes: &[u8], limits: &Limits) -> Result<(u32, u32, Vec<u8>), Refusal> {
    let picture = on_white(decode(kind(bytes)?, bytes, limits)?);
    Ok((picture.width(), picture.height(), picture.into_raw()))
}

fn on_white(picture: DynamicImage) -> RgbImage {
    let picture = picture.into_rgba8();
    let (width, height) = picture.dimensions();
    let on_white = |[red, green, blue, alpha]: [u8; 4]| {
        let over = |value: u8| ((u16::from(value) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255) as u8;
        [over(red), over(green), over(blue)]
    };
    RgbImage::from_fn(width, height, |x, y| Rgb(on_white(picture.get_pixel(x, y).0)))
}

/// The pixels of a picture as [`from_rgb`] takes them, made to fit a square of so many pixels a side, on white.
///
/// # Errors
/// A [`Refusal`], as [`take_in`] has.
pub fn to_square(bytes: &[u8], side: u32, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let picture = on_white(decode(kind(bytes)?, bytes, limits)?);
    if picture.dimensions() == (side, side) {
        return Ok(picture.into_raw());
    }
    let fitted = DynamicImage::ImageRgb8(picture).resize(side, side, imageops::FilterType::Triangle).into_rgb8();
    let mut square = RgbImage::from_pixel(side, side, Rgb([u8::MAX; 3]));
    let (left, top) = ((side - fitted.width()) / 2, (side - fitted.height()) / 2);
    imageops::replace(&mut square, &fitted, left.into(), top.into());
    Ok(square.into_raw())
}

fn decode(kind: Kind, bytes: &[u8], limits: &Limits) -> Result<DynamicImage, Refusal> {
    let format = match kind {
        Kind::Png => ImageFormat::Png,
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::WebP => ImageFormat::WebP,
        Kind::Mp4 | Kind::WebM | Kind::Wav | Kind::Ogg => {
            return Err(Refusal::WrongType { kind: kind.name().to_owned() });
        }
    };
    let refuse = |error| refusal(error, limits);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut asked = image::Limits::default();
    asked.max_alloc = Some(limits.decoded_bytes);
    reader.limits(asked);
    let mut decoder = reader.into_decoder().map_err(refuse)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > limits.pixels || width.max(height) > limits.side {
        let (limit_pixels, limit_side) = (limits.pixels, limits.side);
        return Err(Refusal::TooManyPixels { width, height, limit_pixels, limit_side });
    }
    if decoder.total_bytes() > limits.decoded_bytes {
        return Err(Refusal::TooMuchMemory { limit_bytes: limits.decoded_bytes });
    }
    // Cameras turn pictures by a note in the metadata, which will be gone.
    let orientation = decoder.orientation().map_err(refuse)?;
    let mut picture = plain(DynamicImage::from_decoder(decoder).map_err(refuse)?);
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// 8 bits in each channel, and transparency only where there is any: then neither tells which program wrote a file.
fn plain(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let picture = picture.into_rgba8();
    if picture.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(picture).into_rgb8())
    } else {
        DynamicImage::ImageRgba8(picture)
    }
}

/// No side longer than this; never larger than it was.
fn contained(picture: DynamicImage, side: u32) -> DynamicImage {
    let longer = picture.width().max(picture.height());
    if longer <= side {
        return picture;
    }
    let scaled = |length: u32| {
        let rounded = (u64::from(length) * u64::from(side) + u64::from(longer) / 2) / u64::from(longer);
        (rounded as u32).clamp(1, side)
    };
    picture.resize_exact(scaled(picture.width()), scaled(picture.height()), imageops::FilterType::Lanczos3)
}

fn encode(picture: &DynamicImage) -> Result<Encoded, Refusal> {
    let mut png = Vec::new();
    let (width, height) = (picture.width(), picture.height());
    let color = if picture.color().has_alpha() { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(picture.as_bytes(), width, height, color)
        .map_err(|error| Refusal::Damaged { message: error.to_string() })?;
    Ok(Encoded { id: MediaId::of(&png), width, height, png })
}

fn refusal(error: ImageError, limits: &Limits) -> Refusal {
    match error {
        ImageError::Limits(limit) if !matches!(limit.kind(), LimitErrorKind::DimensionError) => {
            Refusal::TooMuchMemory { limit_bytes: limits.decoded_bytes }
        }
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Refusal::Truncated { part: "the picture's data end too early" }
        }
        error => {
            let mut message = error.to_string().replace(char::is_control, " ");
            if let Some((end, _)) = message.char_indices().nth(200) {
                message.truncate(end);
            }
            Refusal::Damaged { message }
        }
    }
}
