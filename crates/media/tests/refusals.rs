//! What is refused, and that what is taken has lost all but its pixels.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::io::{Cursor, Write};

use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage, RgbaImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use plaudit_media::{Limits, Picture, Refusal, take_in, to_square};
use proptest::prelude::*;

fn sample(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, ((x + y) % 256) as u8]))
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn taken(bytes: &[u8]) -> Picture {
    take_in(bytes, &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> Refusal {
    take_in(bytes, &Limits::default()).unwrap_err()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes()[..], name, data, &crc.sum().to_be_bytes()].concat()
}

/// A PNG with chunks of a test's own making behind its header.
fn png_with(chunks: &[u8]) -> Vec<u8> {
    let png = encoded(&sample(8, 8), ImageFormat::Png);
    // Signature and IHDR.
    [&png[..33], chunks, &png[33..]].concat()
}

fn header(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat()
}

/// A PNG of nothing but zeros, some thousand times smaller than its pixels.
fn png_of_zeros(width: u32, height: u32) -> Vec<u8> {
    let mut zeros = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let row = vec![0; width as usize * 3 + 1];
    for _ in 0..height {
        zeros.write_all(&row).unwrap();
    }
    let data = zeros.finish().unwrap();
    let parts = [chunk(b"IHDR", &header(width, height, 8, 2)), chunk(b"IDAT", &data), chunk(b"IEND", &[])];
    [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat()
}

#[test]
fn png_jpeg_and_webp_become_png_of_the_same_size() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let picture = taken(&encoded(&sample(60, 40), format));
        assert_eq!((picture.shown.width, picture.shown.height), (60, 40), "{format:?}");
        assert_eq!(image::guess_format(&picture.shown.png).unwrap(), ImageFormat::Png);
        assert_eq!(picture.thumbnail, None, "it is small enough to be its own");
        assert_eq!(picture.shown.id, plaudit_domain::MediaId::of(&picture.shown.png));
    }
}

#[test]
fn one_picture_has_one_address_however_its_file_was_written() {
    let picture = sample(30, 20);
    let png = taken(&encoded(&picture, ImageFormat::Png));
    assert_eq!(png, taken(&encoded(&picture, ImageFormat::WebP)), "both are without loss");
    // The same pixels with 16 bits and an opaque alpha channel.
    let mut deep = Cursor::new(Vec::new());
    let rgba = DynamicImage::ImageRgba8(DynamicImage::ImageRgb8(picture).into_rgba8());
    DynamicImage::ImageRgba16(rgba.into_rgba16()).write_to(&mut deep, ImageFormat::Png).unwrap();
    assert_eq!(png, taken(deep.get_ref()));
    assert_eq!(png, taken(&png.shown.png), "and again");
}

#[test]
fn transparency_is_kept() {
    let picture = RgbaImage::from_pixel(4, 4, image::Rgba([10, 20, 30, 40]));
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&picture, 4, 4, ExtendedColorType::Rgba8).unwrap();
    assert_eq!(image::load_from_memory(&taken(&png).shown.png).unwrap().into_rgba8(), picture);
}

#[test]
fn a_picture_of_any_shape_fits_a_square_whole_and_on_white() {
    let square = |picture: &RgbImage| to_square(&encoded(picture, ImageFormat::Png), 32, &Limits::default()).unwrap();
    assert_eq!(square(&sample(32, 32)), sample(32, 32).into_raw(), "what fits stays as it is");
    for (width, height) in [(64, 32), (32, 64), (5000, 1), (1, 1)] {
        let rgb = square(&RgbImage::from_pixel(width, height, Rgb([10, 20, 30])));
        let at = |x: usize, y: usize| [rgb[(y * 32 + x) * 3], rgb[(y * 32 + x) * 3 + 1], rgb[(y * 32 + x) * 3 + 2]];
        assert_eq!((rgb.len(), at(16, 15)), (32 * 32 * 3, [10, 20, 30]), "{width}x{height}");
        assert_eq!(at(0, 0) == [255; 3], width != height, "{width}x{height}");
    }
}

#[test]
fn a_large_picture_is_made_smaller_and_gets_a_thumbnail_and_a_small_one_is_not_made_larger() {
    let picture = taken(&encoded(&sample(3000, 1000), ImageFormat::Jpeg));
    assert_eq!((picture.shown.width, picture.shown.height), (1024, 341));
    let thumbnail = picture.thumbnail.unwrap();
    assert_eq!((thumbnail.width, thumbnail.height), (256, 85));
    let line = taken(&encoded(&sample(5000, 1), ImageFormat::Png));
    assert_eq!((line.shown.width, line.shown.height), (1024, 1));
    assert_eq!(taken(&encoded(&sample(32, 32), ImageFormat::Png)).shown.width, 32);
}

#[test]
fn metadata_do_not_survive() {
    let secret = b"Made by SecretModel 9000";
    let text = chunk(b"tEXt", &[b"Software\0", &secret[..]].concat());
    let exif = chunk(b"eXIf", &[b"II*\0\x08\0\0\0\0\0\0\0\0\0", &secret[..]].concat());
    let unknown = chunk(b"prVt", secret);
    let png = png_with(&[text, exif, unknown].concat());
    assert!(png.windows(secret.len()).any(|window| window == secret));
    let kept = taken(&png).shown.png;
    assert!(!kept.windows(6).any(|window| window == b"Secret"));
    assert_eq!(kept, taken(&png_with(&[])).shown.png);
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new(&mut jpeg);
    encoder.set_icc_profile(secret.to_vec()).unwrap();
    encoder.write_image(&sample(8, 8), 8, 8, ExtendedColorType::Rgb8).unwrap();
    assert!(jpeg.windows(6).any(|window| window == b"Secret"));
    assert!(!taken(&jpeg).shown.png.windows(6).any(|window| window == b"Secret"));
}

#[test]
fn a_photograph_stands_upright_without_its_note_on_how_it_was_held() {
    let jpeg = encoded(&sample(40, 20), ImageFormat::Jpeg);
    // Orientation 6: turn by a quarter.
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let segment = [&[0xff, 0xe1][..], &((exif.len() + 2) as u16).to_be_bytes(), exif].concat();
    let turned = [&jpeg[..2], &segment, &jpeg[2..]].concat();
    let picture = taken(&turned);
    assert_eq!((picture.shown.width, picture.shown.height), (20, 40));
}

#[test]
fn a_hundred_megapixels_are_refused() {
    let bomb = png_of_zeros(10_000, 10_000);
    assert!(bomb.len() < 2 << 20, "300 MB in {} bytes", bomb.len());
    assert!(matches!(refused(&bomb), Refusal::TooManyPixels { width: 10_000, height: 10_000, .. }));
    assert!(matches!(refused(&png_of_zeros(20_000, 1)), Refusal::TooManyPixels { .. }));
}

#[test]
fn a_header_that_promises_more_than_memory_holds_is_refused() {
    let promise = |width, height, depth, color| {
        let parts = [chunk(b"IHDR", &header(width, height, depth, color)), chunk(b"IDAT", &[]), chunk(b"IEND", &[])];
        [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat()
    };
    let most = u32::MAX >> 1;
    assert_eq!(refused(&promise(most, most, 8, 6)), Refusal::TooMuchMemory { limit_bytes: 128 << 20 });
    assert_eq!(refused(&promise(4_800, 4_800, 16, 6)), Refusal::TooMuchMemory { limit_bytes: 128 << 20 });
    assert!(matches!(refused(&promise(0, 5, 8, 2)), Refusal::Damaged { .. } | Refusal::TooManyPixels { .. }));
}

#[test]
fn a_profile_that_unpacks_to_a_gigabyte_never_reaches_the_decoder() {
    let mut zeros = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![0; 1 << 20];
    for _ in 0..64 {
        zeros.write_all(&block).unwrap();
    }
    let profile = [b"x\0\0", &zeros.finish().unwrap()[..]].concat();
    assert_eq!(taken(&png_with(&chunk(b"iCCP", &profile))), taken(&png_with(&[])));
}

#[test]
fn what_follows_a_picture_is_refused_for_another_file_could_hide_there() {
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let polyglot = [&encoded(&sample(20, 20), format)[..], zip].concat();
        assert_eq!(refused(&polyglot), Refusal::TrailingBytes { bytes: zip.len() as u64 }, "{format:?}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = encoded(&sample(64, 64), format);
        for length in (1..whole.len()).step_by(whole.len() / 40 + 1) {
            assert!(take_in(&whole[..length], &Limits::default()).is_err(), "{format:?} cut at {length}");
        }
        let nearly = &whole[..whole.len() - 1];
        assert!(matches!(refused(nearly), Refusal::Truncated { .. }), "{format:?}: {:?}", refused(nearly));
    }
}

#[test]
fn animated_pictures_are_refused() {
    assert_eq!(refused(&png_with(&chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]))), Refusal::Animated);
    let body = [&b"VP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0"[..], b"ANIM\x06\0\0\0\0\0\0\0\0\0"].concat();
    let webp = [&b"RIFF"[..], &(body.len() as u32 + 4).to_le_bytes(), b"WEBP", &body].concat();
    assert_eq!(refused(&webp), Refusal::Animated);
}

#[test]
fn a_jpeg_of_a_thousand_passes_is_refused() {
    let jpeg = encoded(&sample(16, 16), ImageFormat::Jpeg);
    let scan = jpeg.windows(2).position(|window| window == [0xff, 0xda]).unwrap();
    let (before, after) = jpeg.split_at(scan);
    let bomb = [before, &after[..after.len() - 2].repeat(1000), &[0xff, 0xd9]].concat();
    assert!(matches!(refused(&bomb), Refusal::TooManyScans { .. }));
}

#[test]
fn other_kinds_are_named_and_those_to_come_are_told_apart() {
    assert_eq!(refused(b""), Refusal::Empty);
    let said = |bytes: &[u8]| refused(bytes).to_string();
    for (bytes, words) in [
        (&b"\0\0\0\x1cftypavif\0\0\0\0"[..], "an AVIF picture, which is not taken"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "an MP4 video: pictures are taken as PNG, JPEG or WebP"),
        (b"\x1a\x45\xdf\xa3xxxxxxxx", "a WebM or Matroska video: pictures are taken as PNG, JPEG or WebP"),
        (b"OggS\0\0\0\0\0\0\0\0", "an Ogg sound or video: pictures are taken as PNG, JPEG or WebP"),
        (b"ID3\x03\0\0\0\0\0\0", "an MP3 sound, which is not taken"),
        (b"RIFF\x04\0\0\0WAVEfmt ", "a WAV sound: pictures are taken as PNG, JPEG or WebP"),
        (b"GIF89a\x01\0\x01\0", "this is a GIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "this is a HEIC picture"),
        (b"%PDF-1.7 xxxxxx", "this is a PDF"),
        (b"PK\x03\x04xxxxxxxx", "this is a ZIP archive"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "this is an SVG drawing"),
        (b"<!doctype html><script>", "this is a web page"),
        (b"hello world", "starting with the bytes 68 65 6c 6c 6f 20 77 6f"),
    ] {
        assert!(said(bytes).contains(words), "{}", said(bytes));
    }
}

#[test]
fn a_file_longer_than_allowed_is_not_even_looked_at() {
    let limits = Limits { file_bytes: 100, ..Limits::default() };
    let bytes = encoded(&sample(64, 64), ImageFormat::Png);
    assert!(matches!(take_in(&bytes, &limits), Err(Refusal::FileTooLarge { limit: 100, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_file_changed_in_some_bytes_panics_nobody(
        format in prop::sample::select(vec![ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = encoded(&sample(24, 24), format);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let _taken_or_refused = take_in(&bytes, &Limits::default());
    }

    #[test]
    fn no_bytes_panic_the_intake(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(take_in(&bytes, &Limits::default()).is_err());
    }
}
