use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::export::{ExportError, ExportFault, ExportedVote, VoteWriter, parquet::PlauditParquet};

/// One split: files of a bounded number of rows, numbered as hubs want them.
pub(super) struct Shards {
    folder: PathBuf,
    name: &'static str,
    rows_per_file: u64,
    current: Option<Box<PlauditParquet>>,
    rows_in_current: u64,
    files: Vec<PathBuf>,
    pub(super) rows: u64,
    pub(super) arrow_bytes: u64,
}

/// A split that is on the disk.
pub(super) struct WrittenSplit {
    pub(super) name: &'static str,
    pub(super) rows: u64,
    pub(super) arrow_bytes: u64,
    pub(super) file_bytes: u64,
    /// Names of files, in the order of their rows.
    pub(super) files: Vec<String>,
}

impl Shards {
    pub(super) fn new(folder: &Path, name: &'static str, rows_per_file: u64) -> Self {
        let folder = folder.to_owned();
        Self {
            folder,
            name,
            rows_per_file,
            current: None,
            rows_in_current: 0,
            files: Vec::new(),
            rows: 0,
            arrow_bytes: 0,
        }
    }

    pub(super) fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        if self.rows_in_current == self.rows_per_file {
            self.close()?;
        }
        let writer = match &mut self.current {
            Some(writer) => writer,
            None => {
                let path = self.folder.join(format!("{}-{:05}.parquet", self.name, self.files.len()));
                let writer = PlauditParquet::create(&path)?;
                self.files.push(path);
                self.current.insert(Box::new(writer))
            }
        };
        writer.write(vote)?;
        self.rows_in_current += 1;
        self.rows += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), ExportError> {
        if let Some(writer) = self.current.take() {
            self.arrow_bytes += writer.arrow_bytes();
            writer.finish()?;
        }
        self.rows_in_current = 0;
        Ok(())
    }

    /// Gives the files their names, which tell how many there are. A split without rows has none, unless `always` asks for
    /// an empty one.
    pub(super) fn finish(mut self, always: bool) -> Result<WrittenSplit, ExportError> {
        self.close()?;
        if always && self.files.is_empty() {
            let path = self.folder.join(format!("{}-00000.parquet", self.name));
            Box::new(PlauditParquet::create(&path)?).finish()?;
            self.files.push(path);
        }
        let (mut names, mut file_bytes) = (Vec::new(), 0);
        for (number, path) in self.files.iter().enumerate() {
            let name = format!("{}-{number:05}-of-{:05}.parquet", self.name, self.files.len());
            let fail = |error| ExportFault::Io(error).at(path);
            file_bytes += fs::metadata(path).map_err(fail)?.len();
            fs::rename(path, self.folder.join(&name)).map_err(fail)?;
            names.push(name);
        }
        Ok(WrittenSplit { name: self.name, rows: self.rows, arrow_bytes: self.arrow_bytes, file_bytes, files: names })
    }
}
