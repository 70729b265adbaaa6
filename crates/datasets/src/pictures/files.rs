//! The files that a manifest or a row names: beside it in a folder, or within an archive. Never anywhere else.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use crate::{Fault, Reason, rejection::clip};

/// Entries of an archive.
const MAX_ENTRIES: usize = 100_000;
/// All entries of an archive together, unpacked.
const MAX_ARCHIVE_BYTES: u64 = 8 << 30;
/// One entry or file. A picture may have less: [`plaudit_media::Limits`].
const MAX_FILE_BYTES: u64 = 64 << 20;
/// How much of a file of rows is looked at to recognise it.
const HEAD_BYTES: u64 = 256 << 10;

/// Bytes of an archive, wherever they lie.
pub(crate) trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

/// Where named files are looked for.
pub(crate) enum Files {
    /// In this folder and those below it.
    Folder(PathBuf),
    /// In an archive all of whose entries are harmless.
    Archive {
        archive: Box<ZipArchive<Box<dyn Bytes>>>,
        /// By name.
        entries: HashMap<String, usize>,
        /// The folder of the manifest within it; empty, or ending in `/`.
        base: String,
    },
}

/// Why a name is none of a file within a folder or an archive.
fn unsafe_name(name: &str) -> Option<&'static str> {
    let parts = || name.split('/');
    if name.is_empty() {
        Some("its name is empty")
    } else if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        Some("its name is an absolute path")
    } else if name.contains('\\') {
        Some("its name holds a backslash")
    } else if name.contains(char::is_control) {
        Some("its name holds a control character")
    } else if parts().any(|part| part == "..") {
        Some("its name leads out of the folder")
    } else if parts().any(|part| part.is_empty() || part == ".") {
        Some("its name is no plain path")
    } else {
        None
    }
}

fn archive_fault(error: zip::result::ZipError) -> Fault {
    Fault::Archive { entry: None, why: clip(&error.to_string(), 200) }
}

impl Files {
    /// The files beside this one.
    pub(crate) fn beside(path: &Path) -> Result<Self, Fault> {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        std::fs::canonicalize(folder).map(Self::Folder).map_err(Fault::Io)
    }

    /// An archive, once every entry of it was looked at.
    pub(crate) fn archive(path: &Path) -> Result<Self, Fault> {
        Self::archive_in(Box::new(BufReader::new(File::open(path).map_err(Fault::Io)?)))
    }

    /// The same of bytes that lie in no file.
    pub(crate) fn archive_in(bytes: Box<dyn Bytes>) -> Result<Self, Fault> {
        let mut archive = ZipArchive::new(bytes).map_err(archive_fault)?;
        if archive.len() > MAX_ENTRIES {
            let why = format!("it has {} entries, and {MAX_ENTRIES} are the most", archive.len());
            return Err(Fault::Archive { entry: None, why });
        }
        let (mut entries, mut whole) = (HashMap::new(), 0_u64);
        for number in 0..archive.len() {
            let entry = archive.by_index_raw(number).map_err(archive_fault)?;
            let name = entry.name().to_owned();
            let refuse = |why: &str| Err(Fault::Archive { entry: Some(clip(&name, 120)), why: why.to_owned() });
            let plain = if entry.is_dir() { name.trim_end_matches('/') } else { name.as_str() };
            if let Some(why) = unsafe_name(plain) {
                return refuse(why);
            }
            if entry.is_symlink() {
                return refuse("it is a symbolic link");
            }
            if entry.encrypted() {
                return refuse("it is encrypted");
            }
            if entry.size() > MAX_FILE_BYTES {
                return refuse(&format!("unpacked it has {} bytes, and {MAX_FILE_BYTES} are the most", entry.size()));
            }
            whole = whole.saturating_add(entry.size());
            if whole > MAX_ARCHIVE_BYTES {
                return refuse(&format!("with it the archive has more than {MAX_ARCHIVE_BYTES} bytes unpacked"));
            }
            if entry.is_file() && entries.insert(name.clone(), number).is_some() {
                return refuse("there are two entries of this name");
            }
        }
        Ok(Self::Archive { archive: Box::new(archive), entries, base: String::new() })
    }

    /// The rows of an archive's manifest: the one file in it whose start `recognise` knows. Names in it are then read from where it lies.
    pub(crate) fn manifest(&mut self, recognise: impl Fn(&[u8]) -> bool) -> Result<Option<Vec<u8>>, Fault> {
        let Self::Archive { archive, entries, base } = self else { return Ok(None) };
        let mut names: Vec<_> = entries.iter().filter(|(name, _)| name.ends_with(".jsonl")).collect();
        // Nearest to the root first, then by name: the same archive gives the same manifest.
        names.sort_by_key(|(name, _)| (name.matches('/').count(), name.as_str()));
        for (name, number) in names {
            let entry = archive.by_index(*number).map_err(archive_fault)?;
            let mut head = Vec::new();
            let failed = |error: std::io::Error| damaged_entry(name, &error);
            entry.take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
            if recognise(&head) {
                *base = name.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"));
                let entry = archive.by_index(*number).map_err(archive_fault)?;
                let mut rows = Vec::new();
                entry.take(MAX_FILE_BYTES + 1).read_to_end(&mut rows).map_err(failed)?;
                if rows.len() as u64 > MAX_FILE_BYTES {
                    return Err(too_long(name));
                }
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// The bytes of a named file. A name that leads elsewhere, or to nothing, rejects its row.
    pub(crate) fn read(&mut self, name: &str) -> Result<Result<Vec<u8>, Reason>, Fault> {
        let refuse = |message: &str| Ok(Err(Reason::Picture { name: clip(name, 120), message: message.to_owned() }));
        if let Some(why) = unsafe_name(name) {
            return refuse(why);
        }
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                let Ok(real) = std::fs::canonicalize(&path) else { return refuse("there is no such file") };
                // A link within the folder may be somebody's way of saving space; one that leads out of it is not.
                if !real.starts_with(&*folder) {
                    return refuse("it is a link that leads out of the folder");
                }
                let metadata = std::fs::metadata(&real).map_err(Fault::Io)?;
                if !metadata.is_file() {
                    return refuse("it is no file");
                }
                if metadata.len() > MAX_FILE_BYTES {
                    return refuse("it is too large");
                }
                let mut bytes = Vec::new();
                File::open(&real)
                    .and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes))
                    .map_err(Fault::Io)?;
                Ok(Ok(bytes))
            }
            Self::Archive { archive, entries, base } => {
                let Some(number) = entries.get(&format!("{base}{name}")) else {
                    return refuse("there is no such file");
                };
                let entry = archive.by_index(*number).map_err(archive_fault)?;
                let mut bytes = Vec::new();
                // An entry may be longer than it says.
                entry.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| damaged_entry(name, &error))?;
                if bytes.len() as u64 > MAX_FILE_BYTES { Err(too_long(name)) } else { Ok(Ok(bytes)) }
            }
        }
    }
}

fn damaged_entry(name: &str, error: &std::io::Error) -> Fault {
    Fault::Archive { entry: Some(clip(name, 120)), why: clip(&format!("it cannot be unpacked: {error}"), 200) }
}

fn too_long(name: &str) -> Fault {
    let why = format!("unpacked it has more than {MAX_FILE_BYTES} bytes");
    Fault::Archive { entry: Some(clip(name, 120)), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        for name in
            ["../a.png", "a/../../b.png", "/etc/passwd", "C:/a.png", "a\\..\\b.png", "a//b.png", "./a.png", "", "a\0b"]
        {
            assert!(unsafe_name(name).is_some(), "{name:?}");
        }
        for name in ["a.png", "model a/1..2.png", "…/ü.png"] {
            assert_eq!(unsafe_name(name), None, "{name:?}");
        }
    }
}
