use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    DatasetError, Fault, Format, ReadOptions, ReadSummary, Sink, battle_log, bundle, emitter::Emitter, input::Input,
    llmfao, llmfao::Siblings,
};

/// One recognised file: what one atomic import takes.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it was recognised as.
    pub format: Format,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size when it was recognised.
    pub(crate) bytes: u64,
    /// The other files of its LLMFAO folder.
    pub(crate) siblings: Arc<Siblings>,
}

impl Source {
    /// The file's size in bytes (as compressed as it is), to compare with [`crate::Progress::bytes`].
    pub fn byte_len(&self) -> u64 {
        self.bytes
    }

    /// Reads the whole file into the sink. Reading the same file twice gives the same records.
    ///
    /// # Errors
    /// When the file (or, for LLMFAO, a sibling that it refers to) cannot be read or is damaged, or the sink gives up;
    /// then nothing that the sink has received may be kept.
    pub fn read(&self, options: &ReadOptions, sink: &mut dyn Sink) -> Result<ReadSummary, DatasetError> {
        let input = open(&self.path)?;
        let mut out = Emitter::new(sink);
        let here = |fault: Fault| fault.at(&self.path);
        match self.format {
            Format::BattleLog => battle_log::read(input, options, &mut out).map_err(here)?,
            Format::ArenaBundle => bundle::read(input, options, &mut out).map_err(here)?,
            Format::Llmfao(part) => llmfao::read(part, input, &self.path, &self.siblings, options, &mut out)?,
        }
        Ok(out.summary)
    }
}

/// Reads an arena bundle that lies in no file of its own, such as the one built into the server.
///
/// `name` is what errors call it.
///
/// # Errors
/// As [`Source::read`]; also when the bytes are no bundle.
pub fn read_bundle(
    bytes: impl Read,
    name: &Path,
    options: &ReadOptions,
    sink: &mut dyn Sink,
) -> Result<ReadSummary, DatasetError> {
    let mut out = Emitter::new(sink);
    Input::new(bytes).and_then(|input| bundle::read(input, options, &mut out)).map_err(|fault| fault.at(name))?;
    Ok(out.summary)
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<Input<'static>, DatasetError> {
    File::open(path).map_err(Fault::Io).and_then(Input::new).map_err(|fault| fault.at(path))
}
