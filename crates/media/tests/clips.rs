//! Clips: what is taken of them, what is emptied, what is refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use plaudit_domain::{MediaId, MediaKind};
use plaudit_media::{Clip, Limits, Refusal, take_in, take_in_clip, take_in_sound};
use proptest::prelude::*;

const H264: &[u8] = include_bytes!("clips/h264.mp4");
const VP9_MP4: &[u8] = include_bytes!("clips/vp9.mp4");
const VP9: &[u8] = include_bytes!("clips/vp9.webm");
const VP8: &[u8] = include_bytes!("clips/vp8.webm");

fn taken(bytes: &[u8]) -> Clip {
    take_in_clip(bytes, &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> Refusal {
    take_in_clip(bytes, &Limits::default()).unwrap_err()
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// Where this word stands first.
fn place_of(bytes: &[u8], word: &[u8]) -> usize {
    bytes.windows(word.len()).position(|window| window == word).unwrap()
}

/// A box of ISO media.
fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
}

#[test]
fn clips_of_both_kinds_are_taken_with_their_size_and_length() {
    let kinds = [MediaKind::Mp4, MediaKind::Mp4, MediaKind::WebM, MediaKind::WebM];
    for (bytes, kind) in [H264, VP9_MP4, VP9, VP8].into_iter().zip(kinds) {
        let clip = taken(bytes);
        assert_eq!((clip.kind, clip.width, clip.height), (kind, 96, 64));
        // The sound of two of them lasts a few milliseconds longer than the eight pictures.
        assert!((1000..1100).contains(&clip.milliseconds), "{}", clip.milliseconds);
        assert_eq!(clip.id, MediaId::of(&clip.bytes));
        assert_eq!(MediaKind::of_start(&clip.bytes), kind);
    }
}

#[test]
fn who_made_a_clip_and_with_what_is_not_in_what_is_kept() {
    for bytes in [H264, VP9_MP4, VP9, VP8] {
        let kept = taken(bytes).bytes;
        assert_eq!(kept.len(), bytes.len(), "places that the container names stay right");
        for word in [&b"SecretModelXL"[..], b"Lavf", b"Handler", b"libx264", b"libvpx"] {
            assert!(!holds(&kept, word), "{}", word.escape_ascii());
        }
        assert!(holds(bytes, b"SecretModelXL"), "or this test shows nothing");
        assert_eq!(taken(&kept).bytes, kept, "taken in again it is the same");
    }
}

#[test]
fn what_shows_and_sounds_stays_as_it_was() {
    // In an MP4 of ffmpeg's the data are the last part.
    let data = place_of(H264, b"mdat");
    assert_eq!(taken(H264).bytes[data..], H264[data..]);
    // In a WebM of ffmpeg's everything behind the first cluster's start is.
    let cluster = place_of(VP8, b"\x1f\x43\xb6\x75");
    // Its number stands in the list of parts at the start as well.
    let cues = cluster + place_of(&VP8[cluster..], b"\x1c\x53\xbb\x6b");
    assert_eq!(taken(VP8).bytes[cluster..cues], VP8[cluster..cues]);
}

#[test]
fn foreign_parts_are_emptied_wherever_they_are() {
    let hidden =
        [H264, &boxed(b"uuid", b"0123456789abcdefPK\x03\x04 an archive"), &boxed(b"free", b"MZ a program")].concat();
    let kept = taken(&hidden).bytes;
    assert!(!holds(&kept, b"an archive") && !holds(&kept, b"a program"));
    assert_eq!(kept[..H264.len()], taken(H264).bytes);
}

#[test]
fn what_is_not_one_whole_clip_is_refused_with_a_reason() {
    let said = |bytes: &[u8]| refused(bytes).to_string();
    assert!(said(include_bytes!("clips/fragments.mp4")).contains("fragments"));
    assert!(said(include_bytes!("clips/mpeg4.mp4")).contains("coded as mp4v"));
    assert!(said(include_bytes!("clips/matroska.mkv")).contains("no WebM"));
    assert!(matches!(refused(b""), Refusal::Empty));
    assert!(said(b"\x89PNG\r\n\x1a\n").contains("clips are taken as MP4 or WebM"));
    for whole in [H264, VP9_MP4, VP9, VP8] {
        for end in [16, 40, whole.len() / 2, whole.len() - 1] {
            refused(&whole[..end]);
        }
        refused(&[whole, b"PK\x03\x04 and more"].concat());
        assert!(take_in(whole, &Limits::default()).unwrap_err().to_string().contains("pictures are taken as PNG"));
    }
}

#[test]
fn a_clip_whose_pictures_lie_elsewhere_is_refused() {
    // The flag that says "in this file", after the reference's name and version.
    let place = place_of(VP9_MP4, b"url ") + 7;
    let mut elsewhere = VP9_MP4.to_vec();
    assert_eq!(std::mem::replace(&mut elsewhere[place], 0), 1);
    assert!(refused(&elsewhere).to_string().contains("another file"));
    // A place behind the file's end.
    let place = place_of(VP9_MP4, b"stco") + 12;
    let mut behind = VP9_MP4.to_vec();
    behind[place] = 0x7f;
    assert!(matches!(refused(&behind), Refusal::Truncated { .. }));
}

#[test]
fn clips_that_are_too_long_or_too_large_are_refused_whatever_one_of_their_headers_says() {
    let short = Limits { clip_seconds: 0, ..Limits::default() };
    for bytes in [H264, VP9_MP4, VP9, VP8] {
        assert!(matches!(take_in_clip(bytes, &short), Err(Refusal::TooLong { seconds: 1 | 2, limit: 0 })));
        let small = Limits { clip_side: 95, ..Limits::default() };
        assert!(matches!(take_in_clip(bytes, &small), Err(Refusal::TooManyPixels { width: 96, height: 64, .. })));
        let few = Limits { file_bytes: bytes.len() - 1, ..Limits::default() };
        assert!(matches!(take_in_clip(bytes, &few), Err(Refusal::FileTooLarge { .. })));
    }
    // Headers that tell of nothing, and pictures that last an hour.
    let mut lies = VP9_MP4.to_vec();
    for header in [b"mvhd", b"mdhd"] {
        let duration = place_of(&lies, header) + 20;
        lies[duration..duration + 4].fill(0);
    }
    assert!((1000..1100).contains(&taken(&lies).milliseconds));
    let times = place_of(&lies, b"stts") + 12;
    lies[times..times + 4].copy_from_slice(&3_000_u32.to_be_bytes());
    assert!(matches!(refused(&lies), Refusal::TooLong { .. }));
    // Of a WebM the last cluster counts, where it begins later than the whole is said to last.
    let mut later = VP9.to_vec();
    let said = place_of(&later, b"\x44\x89\x88") + 3;
    later[said..said + 8].fill(0);
    let time = place_of(&later, b"\x1f\x43\xb6\x75") + 4;
    let time = time + place_of(&later[time..], b"\xe7\x81") + 2;
    later[time] = 0xff;
    // A scale of a second in place of a millisecond.
    let scale = place_of(&later, b"\x2a\xd7\xb1\x83") + 4;
    later[scale..scale + 3].copy_from_slice(&[0xff; 3]);
    assert!(taken(&later).milliseconds > 4000, "a cluster that begins late ends later");
}

const WAV: &[u8] = include_bytes!("clips/sound.wav");
const OPUS: &[u8] = include_bytes!("clips/sound.opus");

#[test]
fn sounds_keep_their_samples_and_lose_what_tells_who_made_them() {
    let taken = |bytes: &[u8]| take_in_sound(bytes, &Limits::default()).unwrap();
    for (bytes, kind, lasts) in [(WAV, MediaKind::Wav, 500), (OPUS, MediaKind::Opus, 1000)] {
        let sound = taken(bytes);
        assert_eq!((sound.kind, sound.width, sound.height), (kind, 0, 0));
        assert!((lasts..lasts + 10).contains(&sound.milliseconds), "{}", sound.milliseconds);
        assert_eq!(MediaKind::of_start(&sound.bytes), kind);
        for word in [&b"SecretModelXL"[..], b"Lavf", b"Lavc"] {
            assert!(holds(bytes, word) || word == b"Lavc");
            assert!(!holds(&sound.bytes, word), "{}", word.escape_ascii());
        }
        assert_eq!(taken(&sound.bytes).bytes, sound.bytes);
    }
    let samples = place_of(WAV, b"data");
    assert_eq!(taken(WAV).bytes[samples..], WAV[samples..]);
    // The third page is the first with sound.
    let sound = OPUS.windows(4).enumerate().filter(|(_, window)| window == b"OggS").nth(2).unwrap().0;
    assert_eq!(taken(OPUS).bytes[sound..], OPUS[sound..]);
}

#[test]
fn what_is_not_one_whole_sound_is_refused_with_a_reason() {
    let refused = |bytes: &[u8]| take_in_sound(bytes, &Limits::default()).unwrap_err();
    let said = |bytes: &[u8]| refused(bytes).to_string();
    assert!(said(include_bytes!("clips/vorbis.ogg")).contains("no Opus"));
    assert!(said(H264).contains("this is an MP4 video: sounds are taken"));
    assert!(said(b"ID3\x03\0\0").contains("an MP3 sound"));
    for whole in [WAV, OPUS] {
        for end in [14, 60, whole.len() / 2, whole.len() - 1] {
            refused(&whole[..end]);
        }
        refused(&[whole, b"PK\x03\x04 and more"].concat());
        let short = Limits { sound_seconds: 0, ..Limits::default() };
        assert!(matches!(take_in_sound(whole, &short), Err(Refusal::TooLong { limit: 0, .. })));
        assert!(take_in_clip(whole, &Limits::default()).unwrap_err().to_string().contains("clips are taken as MP4"));
    }
    let mut many = WAV.to_vec();
    many[place_of(WAV, b"fmt ") + 10] = 6;
    assert!(said(&many).contains("6 channels"));
    // Two thousand million bytes a second, as it says, and half a second all the same.
    let mut fast = WAV.to_vec();
    let rate = place_of(WAV, b"fmt ") + 16;
    fast[rate..rate + 4].fill(0x7f);
    assert!((500..510).contains(&take_in_sound(&fast, &Limits::default()).unwrap().milliseconds));
    let two = [OPUS, OPUS].concat();
    assert!(take_in_sound(&two, &Limits::default()).is_err(), "one after the other are not one");
}

proptest! {
    /// Whatever the bytes: an answer, and nothing kept that is not as long as what came.
    #[test]
    fn damaged_clips_are_refused_or_taken_and_end_nothing(
        which in 0_usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let mut bytes = [H264, VP9_MP4, VP9, VP8, WAV, OPUS][which].to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let take = if which < 4 { take_in_clip } else { take_in_sound };
        if let Ok(clip) = take(&bytes, &Limits::default()) {
            prop_assert_eq!(clip.bytes.len(), bytes.len());
        }
    }
}
