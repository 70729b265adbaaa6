use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::ExportFault;

/// More leftovers of killed processes than this beside one target are not an accident.
const ATTEMPTS: u32 = 1000;

/// A file that is either whole or not there.
///
/// It is written under another name beside its target (`.NAME.PROCESS-NUMBER.partial`) and takes the target's name once
/// everything is on the disk. Dropped before that it is removed; a process that is killed leaves a file whose name says
/// that it is a part.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    partial: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl AtomicFile {
    /// Starts a file.
    ///
    /// # Errors
    /// When the folder of the target does not take a new file.
    pub fn create(target: &Path) -> Result<Self, ExportFault> {
        let open = |partial: &Path| OpenOptions::new().write(true).create_new(true).open(partial);
        let (file, partial) = unused(target, open)?;
        Ok(Self { file, partial, target: target.to_owned(), committed: false })
    }

    /// Gives the file its name, replacing what had it.
    ///
    /// # Errors
    /// When the disk does not take it; the target is as it was then.
    pub fn commit(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.target)?;
        self.committed = true;
        sync_folder_of(&self.target)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.committed {
            // Nobody is left to be told, and the name says what it is.
            fs::remove_file(&self.partial).ok();
        }
    }
}

/// A folder that is either whole or not there, as [`AtomicFile`]. It replaces nothing.
#[derive(Debug)]
pub struct AtomicFolder {
    partial: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl AtomicFolder {
    /// Starts a folder.
    ///
    /// # Errors
    /// When something has the target's name already, or the folder around it takes no new one.
    pub fn create(target: &Path) -> Result<Self, ExportFault> {
        if target.symlink_metadata().is_ok() {
            return Err(ExportFault::Exists);
        }
        let ((), partial) = unused(target, |partial| fs::create_dir(partial))?;
        Ok(Self { partial, target: target.to_owned(), committed: false })
    }

    /// Where to write its files until then.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its name. Its files are on the disk already, where [`AtomicFile`]s wrote them.
    ///
    /// # Errors
    /// When something has taken the name meanwhile, or the disk refuses.
    pub fn commit(mut self) -> Result<(), ExportFault> {
        if self.target.symlink_metadata().is_ok() {
            return Err(ExportFault::Exists);
        }
        fs::rename(&self.partial, &self.target)?;
        self.committed = true;
        Ok(sync_folder_of(&self.target)?)
    }
}

impl Drop for AtomicFolder {
    fn drop(&mut self) {
        if !self.committed {
            fs::remove_dir_all(&self.partial).ok();
        }
    }
}

/// Makes something under a name beside the target that nothing has.
fn unused<T>(target: &Path, make: impl Fn(&Path) -> io::Result<T>) -> Result<(T, PathBuf), ExportFault> {
    let name = target.file_name().ok_or(ExportFault::NoName)?;
    let mut attempt = 0;
    loop {
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(format!(".{}-{attempt}.partial", std::process::id()));
        let partial = target.with_file_name(partial);
        match make(&partial) {
            Ok(made) => return Ok((made, partial)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The new name itself has to be on the disk; other systems than Unix do not open folders for that.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
