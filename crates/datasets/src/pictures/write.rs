//! An arena of pictures as an archive: what [`super::manifest`] reads.

use std::{
    collections::BTreeSet,
    io::{Error, Seek, Write},
};

use plaudit_domain::{Arena, Contestant, ContestantSlug, MediaId};
use serde::Serialize;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::FORMAT;

/// What stands in the row of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureEntry<'a> {
    /// The prompt.
    pub prompt: &'a str,
    /// A word for the prompt.
    pub category: Option<&'a str>,
    /// What was to be changed, as [`PictureArchive::source`] calls it.
    pub source: Option<&'a str>,
    /// Who made it.
    pub contestant: &'a ContestantSlug,
    /// The seed, where known.
    pub seed: Option<u64>,
    /// What is to be seen on it, where somebody wrote that down.
    pub description: Option<&'a str>,
}

#[derive(Serialize)]
struct First<'a> {
    format: &'static str,
    arena: &'a Arena,
    contestants: &'a [Contestant],
}

#[derive(Serialize)]
struct Row<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    contestant: &'a ContestantSlug,
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
}

/// Writes a ZIP archive with `manifest.jsonl` and a PNG for each picture. The same pictures give the same bytes: no entry says
/// when it was written.
pub struct PictureArchive<W: Write + Seek> {
    archive: ZipWriter<W>,
    rows: Vec<u8>,
    pictures: u64,
    /// By name.
    sources: BTreeSet<String>,
}

impl<W: Write + Seek> PictureArchive<W> {
    /// Of this arena, with what is known of its contestants.
    ///
    /// # Errors
    /// When the arena cannot be written as JSON.
    pub fn new(out: W, arena: &Arena, contestants: &[Contestant]) -> Result<Self, Error> {
        let mut rows = Vec::new();
        line(&mut rows, &First { format: FORMAT, arena, contestants })?;
        Ok(Self { archive: ZipWriter::new(out), rows, pictures: 0, sources: BTreeSet::new() })
    }

    /// Adds a picture that prompts are about, once, and gives its name.
    ///
    /// # Errors
    /// Those of writing.
    pub fn source(&mut self, id: MediaId, png: &[u8]) -> Result<String, Error> {
        let name = format!("sources/{id}.png");
        if self.sources.insert(name.clone()) {
            self.file(&name, CompressionMethod::Stored, png)?;
        }
        Ok(name)
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// Those of writing.
    pub fn picture(&mut self, entry: PictureEntry<'_>, png: &[u8]) -> Result<(), Error> {
        let file = format!("{:05}.png", self.pictures);
        // They are compressed as they are.
        self.file(&file, CompressionMethod::Stored, png)?;
        let PictureEntry { prompt, category, source, contestant, seed, description } = entry;
        line(&mut self.rows, &Row { prompt, category, source, contestant, file: &file, seed, alt: description })?;
        self.pictures += 1;
        Ok(())
    }

    /// Writes the manifest; gives how many pictures there are.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> Result<u64, Error> {
        let rows = std::mem::take(&mut self.rows);
        self.file("manifest.jsonl", CompressionMethod::Deflated, &rows)?;
        self.archive.finish().map_err(Error::other)?.flush()?;
        Ok(self.pictures)
    }

    fn file(&mut self, name: &str, method: CompressionMethod, bytes: &[u8]) -> Result<(), Error> {
        let options = SimpleFileOptions::default().compression_method(method);
        self.archive.start_file(name, options).map_err(Error::other)?;
        self.archive.write_all(bytes)
    }
}

fn line(rows: &mut Vec<u8>, value: &impl Serialize) -> Result<(), Error> {
    serde_json::to_writer(&mut *rows, value)?;
    rows.push(b'\n');
    Ok(())
}
