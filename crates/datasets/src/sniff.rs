use std::{
    fs::File,
    io::{Read, Seek},
    path::Path,
};

use crate::{
    CategoryColumn, ColumnMapping, Fault, Format, LlmfaoPart, PairwiseFile,
    battles::{Columns, Dialect},
    export::VOTE_FORMAT,
    input::Input,
    json_keys::FirstObject,
    rejection::clip,
    table::Table,
};

/// So much of the beginning is looked at.
const HEAD_BYTES: u64 = 256 << 10;

const VOTE_COLUMNS: [&str; 7] = ["prompt", "model_x", "model_y", "worker", "winner", "left", "right"];

/// The first bytes of a ZIP archive: of one with entries, and of an empty one.
const ZIP_MAGIC: [[u8; 4]; 2] = [*b"PK\x03\x04", *b"PK\x05\x06"];

/// The first bytes of pictures: they are what a manifest names, and not looked at any further.
const PICTURE_MAGIC: [[u8; 4]; 4] = [*b"\x89PNG", *b"\xff\xd8\xff\xe0", *b"\xff\xd8\xff\xe1", *b"RIFF"];

const PARQUET_MAGIC: [u8; 4] = *b"PAR1";

/// Recognises a file, from its first bytes unless it is one that is written from its end.
pub(crate) fn recognise_file(path: &Path) -> Result<Format, Fault> {
    let mut file = File::open(path).map_err(Fault::Io)?;
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(Fault::Io)?;
    if magic == PARQUET_MAGIC {
        return recognise_parquet(path);
    }
    if PICTURE_MAGIC.iter().any(|start| magic == start) {
        return Err(unrecognised("a picture, which a manifest has to name"));
    }
    if ZIP_MAGIC.iter().any(|start| magic == start) {
        return recognise_archive(path);
    }
    file.rewind().map_err(Fault::Io)?;
    recognise(file)
}

/// What kind of file the columns stand in that the caller named.
pub(crate) fn recognise_mapped(path: &Path, mapping: &ColumnMapping) -> Result<Format, Fault> {
    let mut file = File::open(path).map_err(Fault::Io)?;
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(Fault::Io)?;
    let (kind, names) = if magic == PARQUET_MAGIC {
        (PairwiseFile::Parquet, parquet_columns(path)?)
    } else {
        file.rewind().map_err(Fault::Io)?;
        let head = Input::new(file)?.read_up_to(HEAD_BYTES)?;
        let text = head.trim_ascii_start();
        match text.first() {
            None => return Err(unrecognised("an empty file")),
            Some(b'{' | b'[') => {
                let start = text.iter().position(|byte| *byte == b'{').unwrap_or_default();
                (PairwiseFile::Json, FirstObject::scan(&text[start..]).keys)
            }
            Some(_) => {
                let line = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
                (PairwiseFile::Table, columns_of(&String::from_utf8_lossy(line)))
            }
        }
    };
    let missing: Vec<_> = mapping.columns().filter(|column| !names.iter().any(|name| name == column)).collect();
    if missing.is_empty() {
        Ok(Format::Pairwise(kind))
    } else {
        Err(Fault::MissingColumns { missing: missing.into_iter().map(str::to_owned).collect() })
    }
}

#[cfg(feature = "parquet")]
fn parquet_columns(path: &Path) -> Result<Vec<String>, Fault> {
    Ok(crate::parquet_file::ParquetFile::open(path)?.columns().into_iter().flatten().collect())
}

#[cfg(not(feature = "parquet"))]
fn parquet_columns(_: &Path) -> Result<Vec<String>, Fault> {
    Err(unrecognised("a Parquet file, which this build does not read"))
}

#[cfg(feature = "parquet")]
fn recognise_parquet(path: &Path) -> Result<Format, Fault> {
    let file = crate::parquet_file::ParquetFile::open(path)?;
    if let Some(format) = file.said("format").filter(|format| format.starts_with("plaudit-vote/")) {
        return match format {
            VOTE_FORMAT => Ok(Format::PlauditParquet),
            other => Err(Fault::UnsupportedVersion { found: clip(other, 60) }),
        };
    }
    let roots: Vec<String> = file.paths().iter().filter_map(|path| path.split('.').next().map(str::to_owned)).collect();
    if shows_pictures(&roots) {
        return Ok(Format::GenAiBench(PairwiseFile::Parquet));
    }
    let columns: Vec<String> = file.columns().into_iter().flatten().collect();
    if are_pairwise(&columns) {
        return Ok(Format::Pairwise(PairwiseFile::Parquet));
    }
    Err(unrecognised(&format!("a Parquet file {}", named("columns", &columns))))
}

#[cfg(not(feature = "parquet"))]
fn recognise_parquet(_: &Path) -> Result<Format, Fault> {
    Err(unrecognised("a Parquet file, which this build does not read"))
}

/// Recognises a text from its first bytes.
fn recognise(raw: impl Read) -> Result<Format, Fault> {
    let head = Input::new(raw)?.read_up_to(HEAD_BYTES)?;
    recognise_head(&head)
}

fn recognise_head(head: &[u8]) -> Result<Format, Fault> {
    let text = head.trim_ascii_start();
    match text.first() {
        None => Err(unrecognised("an empty file")),
        Some(b'{') => recognise_object(text, "JSON objects"),
        Some(b'[') => {
            let inner = text[1..].trim_ascii_start();
            match inner.first() {
                Some(b'{') => recognise_object(inner, "a JSON array of objects"),
                Some(b']') => Err(unrecognised("an empty JSON array")),
                _ => Err(unrecognised("a JSON array of something other than objects")),
            }
        }
        Some(_) => recognise_table(text, head),
    }
}

fn recognise_object(text: &[u8], kind: &str) -> Result<Format, Fault> {
    let object = FirstObject::scan(text);
    let has = |keys: &[&str]| keys.iter().all(|key| object.keys.iter().any(|found| found == key));
    if let Some(version) = object.format.as_deref().and_then(|format| format.strip_prefix("plaudit-arena/")) {
        return match version {
            "1" => Ok(Format::ArenaBundle),
            _ => Err(Fault::UnsupportedVersion { found: clip(&format!("plaudit-arena/{version}"), 60) }),
        };
    }
    if let Some(format) = object.format.as_deref().filter(|format| format.starts_with("plaudit-vote/")) {
        return match format {
            VOTE_FORMAT => Ok(Format::PlauditVotes),
            other => Err(Fault::UnsupportedVersion { found: clip(other, 60) }),
        };
    }
    if let Some(format) = object.format.as_deref().filter(|format| format.starts_with("plaudit-pictures/")) {
        return match format {
            PICTURES_FORMAT if cfg!(feature = "media") => Ok(Format::Pictures),
            PICTURES_FORMAT => Err(Fault::NotBuilt { missing: "media" }),
            other => Err(Fault::UnsupportedVersion { found: clip(other, 60) }),
        };
    }
    if has(&["prompt", "contestant", "file"]) {
        return if cfg!(feature = "media") { Ok(Format::Pictures) } else { Err(Fault::NotBuilt { missing: "media" }) };
    }
    if shows_pictures(&object.keys) {
        return Ok(Format::GenAiBench(PairwiseFile::Json));
    }
    if has(&["cmp_key", "response1", "response2"]) {
        return Ok(Format::PandaLm);
    }
    if has(&["user_id", "type", "data", "meta"]) {
        return Ok(Format::OpenWebUi);
    }
    let pairwise = are_pairwise(&object.keys);
    if has(&["model_a", "model_b"]) && (has(&["judge"]) || !pairwise) {
        Ok(Format::BattleLog)
    } else if has(&["model", "prompt", "result"]) {
        Ok(Format::Llmfao(LlmfaoPart::Results))
    } else if has(&["id", "name", "api_id"]) {
        Ok(Format::Llmfao(LlmfaoPart::Models))
    } else if has(&["id", "text", "slug"]) {
        Ok(Format::Llmfao(LlmfaoPart::Prompts))
    } else if pairwise {
        Ok(Format::Pairwise(PairwiseFile::Json))
    } else {
        Err(unrecognised(&format!("{kind} {}", named("keys", &object.keys))))
    }
}

fn recognise_table(text: &[u8], head: &[u8]) -> Result<Format, Fault> {
    let line = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let first_line = match std::str::from_utf8(line) {
        Ok(line) if !line.chars().any(|letter| letter.is_control() && letter != '\t') => line,
        _ => {
            let start: Vec<_> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            return Err(unrecognised(&format!("binary data starting with the bytes {}", start.join(" "))));
        }
    };
    let columns = columns_of(first_line);
    let has = |name: &str| columns.iter().any(|column| column == name);
    if has("model_x") && has("model_y") {
        let missing: Vec<_> = VOTE_COLUMNS.into_iter().filter(|name| !has(name)).map(str::to_owned).collect();
        return match missing.as_slice() {
            [] => Ok(Format::Llmfao(LlmfaoPart::Votes)),
            [one] if one == "worker" => Err(Fault::Judgments),
            _ => Err(Fault::MissingColumns { missing }),
        };
    }
    if are_pairwise(&columns) {
        return Ok(Format::Pairwise(PairwiseFile::Table));
    }
    if columns.len() > 1 {
        return Err(unrecognised(&format!("a table {}", named("columns", &columns))));
    }
    Err(unrecognised(&format!("text starting with {:?}", clip(first_line.trim_end(), 60))))
}

/// What the first row of a manifest of pictures may call itself.
#[cfg(feature = "media")]
const PICTURES_FORMAT: &str = crate::pictures::FORMAT;
#[cfg(not(feature = "media"))]
const PICTURES_FORMAT: &str = "plaudit-pictures/1";

/// Whether these columns are GenAI-Bench's with pictures. Without the feature they are votes, and their pictures passed over.
fn shows_pictures(names: &[String]) -> bool {
    let has = |wanted: &[&str]| wanted.iter().all(|wanted| names.iter().any(|name| name == wanted));
    cfg!(feature = "media")
        && has(&["left_model", "right_model", "vote_type"])
        && ["image", "output_image", "video", "audio"]
            .iter()
            .any(|kind| has(&[&format!("left_{kind}"), &format!("right_{kind}")]))
}

/// Whether a file is a ZIP archive.
#[cfg(feature = "media")]
pub(crate) fn is_archive(path: &Path) -> Result<bool, Fault> {
    let mut magic = Vec::new();
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic)).map_err(Fault::Io)?;
    Ok(ZIP_MAGIC.iter().any(|start| magic == start))
}

/// Whether rows that start like this are a manifest of pictures.
#[cfg(feature = "media")]
pub(crate) fn is_manifest(head: &[u8]) -> bool {
    matches!(recognise(head), Ok(Format::Pictures))
}

/// What is said of an archive without one.
#[cfg(feature = "media")]
pub(crate) fn archive_without_manifest() -> Fault {
    unrecognised(
        "a ZIP archive without a manifest of pictures (a .jsonl file with prompt, contestant and file in each row)",
    )
}

/// An archive is looked at as a whole: one entry that could do harm, and nothing of it is taken.
#[cfg(feature = "media")]
fn recognise_archive(path: &Path) -> Result<Format, Fault> {
    match crate::pictures::Files::archive(path)?.manifest(is_manifest)? {
        Some(_) => Ok(Format::Pictures),
        None => Err(archive_without_manifest()),
    }
}

#[cfg(not(feature = "media"))]
fn recognise_archive(_: &Path) -> Result<Format, Fault> {
    Err(Fault::NotBuilt { missing: "media" })
}

fn are_pairwise(names: &[String]) -> bool {
    Columns::of(names.iter().map(String::as_str), Dialect::Pairwise, &CategoryColumn::None).are_enough()
}

/// The cells of a header line; none where they cannot be told apart.
fn columns_of(line: &str) -> Vec<String> {
    let table = Input::new(line.as_bytes()).and_then(Table::new);
    table.map(|table| table.header().to_vec()).unwrap_or_default()
}

fn named(what: &str, names: &[String]) -> String {
    const SHOWN: usize = 12;
    if names.is_empty() {
        return format!("without {what}");
    }
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| clip(name, 40)).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("with the {what} {}{more}", shown.join(", "))
}

fn unrecognised(looks_like: &str) -> Fault {
    Fault::Unrecognised { looks_like: looks_like.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks_like(bytes: &[u8]) -> String {
        match recognise(bytes) {
            Err(Fault::Unrecognised { looks_like }) => looks_like,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_recognised_is_described_by_what_it_shows() {
        assert_eq!(looks_like(b""), "an empty file");
        assert_eq!(looks_like(b" [ ]"), "an empty JSON array");
        assert_eq!(looks_like(b"[1, 2]"), "a JSON array of something other than objects");
        assert_eq!(looks_like(b"{\"idx\": 0, \"prompt\": \"x\"}"), "JSON objects with the keys idx, prompt");
        assert_eq!(looks_like(b"[{}]"), "a JSON array of objects without keys");
        assert_eq!(looks_like(b"name,age\r\nx,3"), "a table with the columns name, age");
        assert_eq!(looks_like(b"hello\n"), "text starting with \"hello\"");
        assert_eq!(looks_like(b"PK\x03\x04"), "binary data starting with the bytes 50 4b 03 04");
    }

    #[test]
    fn every_format_is_recognised_by_its_keys() {
        let format = |text: &str| recognise(text.as_bytes()).unwrap();
        assert_eq!(format("\u{feff}[\n{\"model_a\":1,\"model_b\":2}]"), Format::BattleLog);
        assert_eq!(format("{\"model_a\":1,\"model_b\":2}\n"), Format::BattleLog);
        assert_eq!(format("{\"model_a\":1,\"model_b\":2,\"winner\":3,\"judge\":4}\n"), Format::BattleLog);
        for keys in [
            "{\"model_a\":1,\"model_b\":2,\"winner\":3}",
            "[{\"model_a_name\":1,\"model_b_name\":2,\"chosen_model_name\":null,\"both_equal\":true}]",
            "{\"model_a\":1,\"model_b\":2,\"winner_model_a\":1,\"winner_model_b\":0,\"winner_tie\":0}",
        ] {
            assert_eq!(format(keys), Format::Pairwise(PairwiseFile::Json), "{keys}");
        }
        for header in
            ["left,right,winner", "\"model_a\"\tmodel_b\twinner\tjudge\r\n", "vote_type,left_model,right_model"]
        {
            assert_eq!(format(header), Format::Pairwise(PairwiseFile::Table), "{header}");
        }
        assert_eq!(format("{\"format\":\"plaudit-arena/1\"}"), Format::ArenaBundle);
        assert_eq!(format("{\"format\":\"plaudit-vote/1\",\"left\":1}"), Format::PlauditVotes);
        assert_eq!(format("{\"id\":1,\"text\":\"\",\"slug\":\"\"}"), Format::Llmfao(LlmfaoPart::Prompts));
        assert_eq!(format("{\"id\":1,\"name\":\"\",\"api_id\":\"\"}"), Format::Llmfao(LlmfaoPart::Models));
        assert_eq!(
            format("{\"id\":1,\"model\":1,\"result\":\"\",\"prompt\":1,\"api_id\":\"\",\"name\":\"\",\"slug\":\"\"}"),
            Format::Llmfao(LlmfaoPart::Results)
        );
        assert_eq!(
            format("[{\"cmp_key\": \"a_b\", \"input\": NaN, \"response1\": \"\", \"response2\": \"\"}]"),
            Format::PandaLm
        );
        assert_eq!(format("[{\"user_id\": 1, \"type\": 1, \"data\": {}, \"meta\": {}}]"), Format::OpenWebUi);
        assert_eq!(format("id,prompt,model_x,model_y,worker,winner,left,right\n"), Format::Llmfao(LlmfaoPart::Votes));
    }
}
