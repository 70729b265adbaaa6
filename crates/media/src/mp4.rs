//! ISO media (ISO/IEC 14496-12): boxes within boxes, each with its length and four letters.

use std::ops::Range;

use crate::{
    Refusal,
    clip::{Facts, number, refuse},
};

/// Boxes side by side. A clip has a dozen.
const MAX_BOXES: usize = 1024;

/// Codecs that browsers play, and what each of them is called in a sample's description.
const VIDEO: [&[u8; 4]; 4] = [b"avc1", b"avc3", b"av01", b"vp09"];
const AUDIO: [&[u8; 4]; 2] = [b"mp4a", b"Opus"];

/// What is needed of each box; all else is emptied.
const MOVIE: [&[u8; 4]; 2] = [b"mvhd", b"trak"];
const TRACK: [&[u8; 4]; 3] = [b"tkhd", b"mdia", b"edts"];
const MEDIA: [&[u8; 4]; 3] = [b"mdhd", b"hdlr", b"minf"];
const INFORMATION: [&[u8; 4]; 4] = [b"vmhd", b"smhd", b"dinf", b"stbl"];
const TABLES: [&[u8; 4]; 13] = [
    b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"sgpd", b"sbgp", b"sdtp",
];
/// Within the description of the pictures.
const DESCRIPTION: [&[u8; 4]; 9] = [b"avcC", b"av1C", b"vpcC", b"pasp", b"colr", b"btrt", b"clap", b"clli", b"mdcv"];

const FRAGMENTED: &str =
    "it is in fragments, as for streaming; in one piece it is taken (ffmpeg -i IN -c copy OUT.mp4)";

#[derive(Debug, Clone)]
struct Box4 {
    name: [u8; 4],
    start: usize,
    body: Range<usize>,
}

/// The boxes that fill a range, and fill it whole.
fn boxes(bytes: &[u8], range: Range<usize>) -> Result<Vec<Box4>, Refusal> {
    let cut = || Refusal::Truncated { part: "a part of an MP4 is shorter than it says" };
    let (mut at, mut found) = (range.start, Vec::new());
    while at < range.end {
        let head = bytes.get(at..range.end).and_then(|rest| rest.get(..8)).ok_or_else(cut)?;
        let name = [head[4], head[5], head[6], head[7]];
        let (length, header) = match number(&head[..4]) {
            // To the end of the file.
            0 => ((range.end - at) as u64, 8),
            1 => (number(bytes.get(at + 8..at + 16).ok_or_else(cut)?), 16),
            length => (length, 8),
        };
        let length = usize::try_from(length).map_err(|_| cut())?;
        let end = at.checked_add(length).filter(|end| *end <= range.end && length >= header).ok_or_else(cut)?;
        found.push(Box4 { name, start: at, body: at + header..end });
        if found.len() > MAX_BOXES {
            return refuse(format!("it has more than {MAX_BOXES} parts side by side"));
        }
        at = end;
    }
    Ok(found)
}

/// Makes a box one of no meaning, of the same length.
fn empty(bytes: &mut [u8], part: &Box4) {
    bytes[part.start + 4..part.start + 8].copy_from_slice(b"free");
    bytes[part.body.clone()].fill(0);
}

/// The boxes of a range that are needed; the others are emptied.
fn needed(bytes: &mut [u8], range: Range<usize>, names: &[&[u8; 4]]) -> Result<Vec<Box4>, Refusal> {
    let (kept, other): (Vec<_>, Vec<_>) =
        boxes(bytes, range)?.into_iter().partition(|part| names.contains(&&part.name));
    other.iter().for_each(|part| empty(bytes, part));
    Ok(kept)
}

fn one<'b>(parts: &'b [Box4], name: &[u8; 4]) -> Result<&'b Box4, Refusal> {
    let mut found = parts.iter().filter(|part| part.name == *name);
    match (found.next(), found.next()) {
        (Some(part), None) => Ok(part),
        (None, _) => refuse(format!("it has no part {}", name.escape_ascii())),
        _ => refuse(format!("it has two parts {} where one belongs", name.escape_ascii())),
    }
}

/// Bytes of a box's body.
fn field<'b>(bytes: &'b [u8], part: &Box4, range: Range<usize>) -> Result<&'b [u8], Refusal> {
    let body = bytes.get(part.body.clone()).unwrap_or_default();
    body.get(range).ok_or(Refusal::Truncated { part: "a part of an MP4 is too short" })
}

/// Takes the dates from a header and gives its time scale and duration: `mvhd` and `mdhd` begin alike.
fn times(bytes: &mut [u8], part: &Box4) -> Result<u64, Refusal> {
    let wide = field(bytes, part, 0..1)?[0] == 1;
    let [dates, scale, duration] = if wide { [4..20, 20..24, 24..32] } else { [4..12, 12..16, 16..20] };
    let (scale, duration) = (number(field(bytes, part, scale)?), field(bytes, part, duration)?);
    // All ones: not known.
    let duration = if duration.iter().all(|byte| *byte == u8::MAX) { 0 } else { number(duration) };
    bytes[part.body.start + dates.start..part.body.start + dates.end].fill(0);
    Ok(milliseconds(duration, scale))
}

fn milliseconds(duration: u64, scale: u64) -> u64 {
    u64::try_from(u128::from(duration) * 1000 / u128::from(scale.max(1))).unwrap_or(u64::MAX)
}

/// Empties what is no clip, and gives what the container says of it.
pub(crate) fn empty_metadata(bytes: &mut [u8]) -> Result<Facts, Refusal> {
    let whole = boxes(bytes, 0..bytes.len())?;
    if whole.iter().any(|part| matches!(&part.name, b"moof" | b"styp" | b"sidx" | b"mfra")) {
        return refuse(FRAGMENTED);
    }
    for part in whole.iter().filter(|part| !matches!(&part.name, b"ftyp" | b"moov" | b"mdat")) {
        empty(bytes, part);
    }
    let movie = one(&whole, b"moov")?;
    if boxes(bytes, movie.body.clone())?.iter().any(|part| part.name == *b"mvex") {
        return refuse(FRAGMENTED);
    }
    let parts = needed(bytes, movie.body.clone(), &MOVIE)?;
    let lasts = times(bytes, one(&parts, b"mvhd")?)?;
    let data: Vec<_> = whole.iter().filter(|part| part.name == *b"mdat").map(|part| part.body.clone()).collect();
    let (mut shown, mut sounds) = (None, 0);
    for part in parts.iter().filter(|part| part.name == *b"trak") {
        match track(bytes, part, &data)? {
            None => sounds += 1,
            Some(facts) if shown.is_none() => shown = Some(facts),
            Some(_) => return refuse("it has more than one track of pictures"),
        }
    }
    if sounds > 1 {
        return refuse("it has more than one track of sound");
    }
    let Some(facts) = shown else { return refuse("it has no track of pictures") };
    Ok(Facts { milliseconds: facts.milliseconds.max(lasts), ..facts })
}

/// What a track of pictures shows; `None` for one of sound.
fn track(bytes: &mut [u8], part: &Box4, data: &[Range<usize>]) -> Result<Option<Facts>, Refusal> {
    let parts = needed(bytes, part.body.clone(), &TRACK)?;
    let (width, height) = shown_size(bytes, one(&parts, b"tkhd")?)?;
    let media = needed(bytes, one(&parts, b"mdia")?.body.clone(), &MEDIA)?;
    let header = one(&media, b"mdhd")?;
    let lasts = times(bytes, header)?;
    let wide = field(bytes, header, 0..1)?[0] == 1;
    let scale = number(field(bytes, header, if wide { 20..24 } else { 12..16 })?);
    let handler = one(&media, b"hdlr")?;
    let sort = field(bytes, handler, 8..12)?.to_vec();
    // The name of the program that wrote it.
    if let Some(name) = bytes.get_mut(handler.body.clone()).and_then(|body| body.get_mut(24..)) {
        name.fill(0);
    }
    let information = needed(bytes, one(&media, b"minf")?.body.clone(), &INFORMATION)?;
    within_itself(bytes, one(&information, b"dinf")?)?;
    let tables = needed(bytes, one(&information, b"stbl")?.body.clone(), &TABLES)?;
    let codecs: &[&[u8; 4]] = match sort.as_slice() {
        b"vide" => &VIDEO,
        b"soun" => &AUDIO,
        other => return refuse(format!("it has a track that is neither picture nor sound: {}", other.escape_ascii())),
    };
    let coded = description(bytes, one(&tables, b"stsd")?, codecs)?;
    places(bytes, &tables, data)?;
    if sort != b"vide" {
        return Ok(None);
    }
    let lasts = lasts.max(milliseconds(sum_of_times(bytes, one(&tables, b"stts")?)?, scale));
    let (width, height) = if width == 0 || height == 0 { coded } else { (width, height) };
    Ok(Some(Facts { width, height, milliseconds: lasts }))
}

/// How large a track is shown, and takes its dates.
fn shown_size(bytes: &mut [u8], part: &Box4) -> Result<(u64, u64), Refusal> {
    let wide = field(bytes, part, 0..1)?[0] == 1;
    let (dates, matrix) = if wide { (4..20, 52) } else { (4..12, 40) };
    // Fixed-point numbers with sixteen bits of a fraction.
    let whole = |at: usize| Ok::<_, Refusal>(number(field(bytes, part, at..at + 4)?) >> 16);
    let (width, height) = (whole(matrix + 36)?, whole(matrix + 40)?);
    let turned = number(field(bytes, part, matrix..matrix + 4)?) == 0;
    bytes[part.body.start + dates.start..part.body.start + dates.end].fill(0);
    Ok(if turned { (height, width) } else { (width, height) })
}

/// That a track's data are in this file: a reference may name any other.
fn within_itself(bytes: &mut [u8], part: &Box4) -> Result<(), Refusal> {
    let parts = needed(bytes, part.body.clone(), &[b"dref"])?;
    let references = one(&parts, b"dref")?;
    field(bytes, references, 0..8)?;
    for reference in boxes(bytes, references.body.start + 8..references.body.end)? {
        if field(bytes, &reference, 0..4)?[3] & 1 == 0 {
            return refuse("its pictures lie in another file");
        }
    }
    Ok(())
}

/// That all samples are coded in a way that is played, and how large their pictures are; the encoder's name is taken out.
fn description(bytes: &mut [u8], part: &Box4, codecs: &[&[u8; 4]]) -> Result<(u64, u64), Refusal> {
    field(bytes, part, 0..8)?;
    let entries = boxes(bytes, part.body.start + 8..part.body.end)?;
    let [entry] = entries.as_slice() else { return refuse("its pictures are of more than one kind") };
    if !codecs.contains(&&entry.name) {
        return refuse(format!(
            "it is coded as {}, which not every browser plays; H.264, AV1 and VP9 are (ffmpeg -i IN -c:v libx264 OUT.mp4)",
            entry.name.escape_ascii()
        ));
    }
    if !VIDEO.contains(&&entry.name) {
        return Ok((0, 0));
    }
    let (width, height) = (number(field(bytes, entry, 24..26)?), number(field(bytes, entry, 26..28)?));
    field(bytes, entry, 0..78)?;
    let start = entry.body.start;
    bytes[start + 42..start + 74].fill(0);
    needed(bytes, start + 78..entry.body.end, &DESCRIPTION)?;
    Ok((width, height))
}

/// That there are pictures, and that they lie in this file's data.
fn places(bytes: &[u8], tables: &[Box4], data: &[Range<usize>]) -> Result<(), Refusal> {
    let (part, width) = match one(tables, b"stco") {
        Ok(part) => (part, 4),
        Err(_) => (one(tables, b"co64")?, 8),
    };
    let count = number(field(bytes, part, 4..8)?) as usize;
    let places = field(bytes, part, 8..part.body.len())?;
    if count == 0 || count.checked_mul(width) != Some(places.len()) {
        return refuse("it does not say where its pictures are");
    }
    // They stand in the order of the file: millions of places are looked up in a thousand of them.
    let holds = |at: usize| {
        let before = data.partition_point(|data| data.start <= at);
        before.checked_sub(1).is_some_and(|last| data[last].contains(&at))
    };
    let inside = |place: &[u8]| usize::try_from(number(place)).is_ok_and(holds);
    if places.chunks_exact(width).all(inside) {
        Ok(())
    } else {
        Err(Refusal::Truncated { part: "its data end too early" })
    }
}

/// How long all samples last, in the track's units.
fn sum_of_times(bytes: &[u8], part: &Box4) -> Result<u64, Refusal> {
    let entries = field(bytes, part, 8..part.body.len())?.chunks_exact(8);
    Ok(entries.map(|entry| number(&entry[..4]).saturating_mul(number(&entry[4..]))).fold(0, u64::saturating_add))
}
