//! The pictures and clips that a dataset's votes are about, as files beside them.

use std::{collections::BTreeSet, fs, path::PathBuf};

use plaudit_domain::MediaKind;

use super::{
    super::{Content, ExportFault, ExportedVote, PictureBytes},
    put,
};

/// Writes each picture once. Memory: its address.
pub(super) struct Pictures {
    bytes: Option<Box<dyn PictureBytes>>,
    folder: PathBuf,
    seen: BTreeSet<String>,
    /// As they are called in the dataset's folder.
    pub(super) files: Vec<String>,
}

impl Pictures {
    /// Into this folder, which is the dataset's own.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { bytes: None, folder, seen: BTreeSet::new(), files: Vec::new() }
    }

    pub(super) fn from(&mut self, bytes: Box<dyn PictureBytes>) {
        self.bytes = Some(bytes);
    }

    /// Writes what this vote is about and is not there yet.
    pub(super) fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportFault> {
        let Some(bytes) = &self.bytes else { return Ok(()) };
        let shown = [&vote.left, &vote.right].into_iter().filter_map(|side| match &side.content {
            Some(Content::Media(address)) => Some(address),
            _ => None,
        });
        for address in shown.chain(vote.prompt.as_ref().and_then(|prompt| prompt.source.as_ref())) {
            if self.seen.contains(&**address) {
                continue;
            }
            self.seen.insert(address.to_string());
            let Some(bytes) = bytes.bytes(address)? else { continue };
            let Some(name) = file_name(address, MediaKind::of_start(&bytes)) else { continue };
            if self.files.is_empty() {
                fs::create_dir(self.folder.join("media"))?;
            }
            put(&self.folder.join(&name), &bytes)?;
            self.files.push(name);
        }
        Ok(())
    }
}

/// `media/HASH.png` for the picture at the address `/media/HASH`; none for what would lead elsewhere.
fn file_name(address: &str, kind: MediaKind) -> Option<String> {
    let hash = address.strip_prefix("/media/")?;
    let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then(|| format!("media/{hash}.{}", kind.extension()))
}

#[cfg(test)]
mod tests {
    use super::{MediaKind, file_name};

    #[test]
    fn only_hashes_become_names_of_files() {
        assert_eq!(file_name("/media/ab12", MediaKind::Png).as_deref(), Some("media/ab12.png"));
        assert_eq!(file_name("/media/ab12", MediaKind::WebM).as_deref(), Some("media/ab12.webm"));
        for wrong in ["/media/", "/media/../x", "/media/a/b", "media/ab12", "https://a.example/x.png"] {
            assert_eq!(file_name(wrong, MediaKind::Png), None, "{wrong}");
        }
    }
}
