//! Small things with files: hashes of content, stamps of finished steps, listings in a fixed order.

use crate::process;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// How many hexadecimal digits of a hash go into a file name: 64 bits, enough for the files of one site.
const NAME_DIGITS: usize = 16;

/// The content hash of several parts, as it goes into a file name. The length of each part is hashed too, so that
/// moving a byte from one part to the next changes the hash.
pub(crate) fn name_hash(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().chars().take(NAME_DIGITS).collect()
}

/// All files under `folder`, in a fixed order.
pub(crate) fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file, naming it when that fails.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a text file, naming it when that fails.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file, link or folder if it is there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(facts) if facts.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

/// Keeps a second xtask from writing the same files, until the value is dropped.
pub(crate) fn lock(path: &Path) -> Result<fs::File> {
    write(path, "")?;
    let file = fs::File::open(path)?;
    if file.try_lock().is_err() {
        process::note("waiting for another xtask");
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

/// The mark of a finished step: the hash of its inputs, kept in a file beside its outputs.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The stamp of a step with these inputs (sources, versions, flags: whatever its output depends on).
    pub(crate) fn new(file: PathBuf, inputs: &[&[u8]]) -> Self {
        Self { file, inputs: name_hash(inputs) }
    }

    /// That of a step made from these folders below `root`, from the versions and profiles of the workspace, and with these
    /// settings. Asks nothing of cargo, so it is a matter of milliseconds.
    pub(crate) fn of_sources(file: PathBuf, root: &Path, settings: &[&str], folders: &[&str]) -> Result<Self> {
        let mut inputs: Vec<Vec<u8>> = settings.iter().map(|setting| setting.as_bytes().to_vec()).collect();
        for name in ["Cargo.toml", "Cargo.lock"] {
            inputs.push(read(&root.join(name))?);
        }
        for folder in folders {
            for file in files_under(&root.join(folder))? {
                inputs.push(file.to_string_lossy().into_owned().into_bytes());
                inputs.push(read(&file)?);
            }
        }
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        Ok(Self::new(file, &inputs))
    }

    /// Whether the step was finished before with the same inputs, and its output is still there.
    pub(crate) fn is_fresh(&self, outputs: &[&Path]) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|inputs| inputs == self.inputs)
            && outputs.iter().all(|output| output.exists())
    }

    /// To be called once the output is complete.
    pub(crate) fn set(&self) -> Result<()> {
        write(&self.file, &self.inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_depend_on_content_and_on_where_parts_end() {
        assert_eq!(name_hash(&[b"js", b"wasm"]), name_hash(&[b"js", b"wasm"]));
        assert_ne!(name_hash(&[b"js", b"wasm"]), name_hash(&[b"jsw", b"asm"]));
        assert_ne!(name_hash(&[b"js", b"wasm"]), name_hash(&[b"wasm", b"js"]));
        let name = name_hash(&[b""]);
        assert_eq!(name.len(), NAME_DIGITS);
        assert!(name.chars().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase()));
    }

    #[test]
    fn a_step_is_done_again_when_input_changes_or_output_is_gone() {
        let folder = std::env::temp_dir().join(format!("plaudit-xtask-stamp-{}", std::process::id()));
        let output = folder.join("output");
        let stamp = Stamp::new(folder.join("stamp"), &[b"one"]);
        assert!(!stamp.is_fresh(&[]));
        write(&output, "x").unwrap();
        stamp.set().unwrap();
        assert!(stamp.is_fresh(&[&output]));
        assert!(!Stamp::new(folder.join("stamp"), &[b"two"]).is_fresh(&[&output]));
        remove(&output).unwrap();
        assert!(!stamp.is_fresh(&[&output]));
        remove(&folder).unwrap();
    }
}
