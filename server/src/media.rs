//! Where pictures are kept: by the hash of their content, in a folder of the data folder.
//!
//! The `object_store` crate stands between, so that another place can be put there without a change to what uses it.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, local::LocalFileSystem};
use plaudit_datasets::MediaFile;
use plaudit_domain::MediaId;

/// What kept the store from doing what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The folder cannot be made.
    #[error("the folder for media cannot be made")]
    Folder(#[source] std::io::Error),
    /// The disk does not say that it has a file.
    #[error("a file cannot be made durable")]
    Disk(#[source] std::io::Error),
    /// The store refused or failed.
    #[error("the media store failed")]
    Store(#[source] object_store::Error),
}

/// Files by the hash of their content. Cheap to clone.
#[derive(Clone)]
pub struct MediaStore {
    objects: Arc<dyn ObjectStore>,
    /// Where the objects are files.
    folder: PathBuf,
}

impl MediaStore {
    /// In the folder `media` of a data folder; made when missing.
    ///
    /// # Errors
    /// [`MediaError`] when it cannot be made.
    pub fn in_folder(data: &Path) -> Result<Self, MediaError> {
        let folder = data.join("media");
        std::fs::create_dir_all(&folder).map_err(MediaError::Folder)?;
        let objects = LocalFileSystem::new_with_prefix(&folder).map_err(MediaError::Store)?;
        Ok(Self { objects: Arc::new(objects), folder })
    }

    /// Two letters of folders keep each of them small.
    fn place(media: MediaId) -> object_store::path::Path {
        let name = media.to_string();
        object_store::path::Path::from_iter([&name[..2], name.as_str()])
    }

    /// Keeps these bytes; what is there already stays as it is.
    ///
    /// # Errors
    /// [`MediaError`].
    pub async fn put(&self, media: MediaId, content: Vec<u8>) -> Result<(), MediaError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.objects.put_opts(&Self::place(media), PutPayload::from(content), options).await {
            Ok(_) => self.sync(media).await,
            Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(MediaError::Store(error)),
        }
    }

    /// Waits until the file and its name are on the disk: a row that names it will be durable, so it has to be before.
    async fn sync(&self, media: MediaId) -> Result<(), MediaError> {
        let path = self.folder.join(Self::place(media).to_string());
        let synced = async {
            tokio::fs::File::open(&path).await?.sync_all().await?;
            // The folder holds the name. Not every system can open one, and those that cannot keep names by themselves.
            #[cfg(unix)]
            if let Some(folder) = path.parent() {
                tokio::fs::File::open(folder).await?.sync_all().await?;
            }
            Ok(())
        };
        synced.await.map_err(MediaError::Disk)
    }

    /// Keeps a picture and its thumbnail.
    ///
    /// # Errors
    /// [`MediaError`].
    pub async fn put_file(&self, file: &mut MediaFile) -> Result<(), MediaError> {
        self.put(file.media.id, std::mem::take(&mut file.content)).await?;
        if let (Some(id), Some(content)) = (file.media.thumbnail, file.thumbnail.take()) {
            self.put(id, content).await?;
        }
        Ok(())
    }

    /// How many bytes it has; `None` where there is nothing.
    ///
    /// # Errors
    /// [`MediaError`].
    pub async fn length(&self, media: MediaId) -> Result<Option<u64>, MediaError> {
        match self.objects.head(&Self::place(media)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(MediaError::Store(error)),
        }
    }

    /// All of its bytes; `None` where there is nothing.
    ///
    /// # Errors
    /// [`MediaError`].
    pub async fn whole(&self, media: MediaId) -> Result<Option<axum::body::Bytes>, MediaError> {
        match self.length(media).await? {
            Some(length) => self.read(media, 0..length).await.map(Some),
            None => Ok(None),
        }
    }

    /// The whole file, read on this thread; `None` where there is nothing.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn file(&self, media: MediaId) -> std::io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.folder.join(Self::place(media).to_string())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Some of its bytes.
    ///
    /// # Errors
    /// [`MediaError`], also where there is nothing.
    pub async fn read(&self, media: MediaId, range: Range<u64>) -> Result<axum::body::Bytes, MediaError> {
        self.objects.get_range(&Self::place(media), range).await.map_err(MediaError::Store)
    }
}
