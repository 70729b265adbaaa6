//! Files of votes that are handed in over HTTP: kept aside until they are whole, then imported as `plaudit import` does, one at a
//! time and in one transaction each.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::StreamExt;
use plaudit_datasets::{ReadOptions, discover};
use plaudit_domain::ArenaSlug;
use tokio::{io::AsyncWriteExt, sync::Semaphore};

use crate::{
    board::{BoardError, Boards},
    clock::random_bytes,
    command::import::{ImportReport, import_source},
    store::StoreError,
};

/// The largest file that is taken. Whoever has more has a shell, and `plaudit import`.
pub const MOST_BYTES: u64 = 256 << 20;
/// The longest name of a file, which is kept with what it added.
const MOST_NAME: usize = 100;
const FOLDER: &str = "incoming";

/// Why a file was not imported. Nothing of it is stored then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The name would be no name of a file.
    #[error("a file's name has letters, digits, `.`, `_` and `-`, at most {MOST_NAME}, and does not begin with a dot")]
    Name,
    /// Another one is being imported.
    #[error("another file is being imported; try again when it is done")]
    Busy,
    /// Too much.
    #[error("a file is at most {} MiB; `plaudit import` takes larger ones", MOST_BYTES >> 20)]
    TooLarge,
    /// It did not come to its end.
    #[error("the file was not sent to its end")]
    Broken,
    /// It cannot be read, or says other things than what is stored.
    #[error("{0}")]
    Refused(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The boards cannot be brought up to date.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The disk.
    #[error("the folder of incoming files: {0}")]
    Disk(#[from] io::Error),
}

/// Takes files in.
pub struct ImportDesk {
    boards: Arc<Boards>,
    data: PathBuf,
    turn: Semaphore,
}

/// A folder for one file, which goes when the import has ended, however it did.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "an incoming file cannot be removed");
        }
    }
}

fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    !name.is_empty() && name.len() <= MOST_NAME && !name.starts_with('.') && name.chars().all(plain)
}

impl ImportDesk {
    /// Over the boards' database, with files in `data`/incoming until they are imported.
    ///
    /// # Errors
    /// When what a killed server left cannot be removed.
    pub fn new(boards: Arc<Boards>, data: &Path) -> io::Result<Self> {
        match std::fs::remove_dir_all(data.join(FOLDER)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { boards, data: data.to_owned(), turn: Semaphore::new(1) })
    }

    /// Imports one file, into `arena` where it is given and into the one that the file names otherwise.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn import(
        &self,
        name: &str,
        arena: Option<ArenaSlug>,
        body: axum::body::BodyDataStream,
    ) -> Result<ImportReport, ImportError> {
        if !is_name(name) {
            return Err(ImportError::Name);
        }
        let _turn = self.turn.try_acquire().map_err(|_| ImportError::Busy)?;
        let folder = self.data.join(FOLDER).join(data_encoding::HEXLOWER.encode(&random_bytes::<8>()));
        tokio::fs::create_dir_all(&folder).await?;
        let incoming = Incoming(folder);
        let path = incoming.0.join(name);
        receive(&path, body).await?;
        let shown = format!("{}/", incoming.0.display());
        // What the file is called here is nobody's business.
        let refused = |error: &dyn std::fmt::Display| ImportError::Refused(error.to_string().replace(&shown, ""));
        let paths = [path];
        let found = tokio::task::spawn_blocking(move || discover(&paths)).await.map_err(|_| ImportError::Broken)?;
        let mut sources = found.map_err(|error| refused(&error))?.sources;
        let (Some(source), true) = (sources.pop(), sources.is_empty()) else {
            return Err(ImportError::Refused("there is nothing in this file that can be imported".to_owned()));
        };
        let report = import_source(self.boards.store(), source, ReadOptions { arena }, Some(&self.data)).await;
        let report = report.map_err(|error| match error.downcast::<StoreError>() {
            Ok(error @ StoreError::VoteDiffers { .. }) => refused(&error),
            Ok(error) => ImportError::Store(error),
            Err(error) => refused(&format!("{error:#}")),
        })?;
        self.boards.refresh().await?;
        Ok(report)
    }
}

async fn receive(path: &Path, mut body: axum::body::BodyDataStream) -> Result<(), ImportError> {
    let (mut file, mut bytes) = (tokio::fs::File::create(path).await?, 0);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| ImportError::Broken)?;
        bytes += piece.len() as u64;
        if bytes > MOST_BYTES {
            return Err(ImportError::TooLarge);
        }
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert!(is_name("votes-2026.jsonl.gz"));
        for name in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "ä", "a\0", &"x".repeat(101)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
