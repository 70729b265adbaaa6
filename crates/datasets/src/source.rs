use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    BallotOptions, BallotSink, BallotSummary, ColumnMapping, DatasetError, Fault, Format, LlmfaoPart, ReadOptions,
    ReadSummary, Roster, Sink, ballot::BallotEmitter, battles, bundle, emitter::Emitter, foreign, input::Input, llmfao,
    llmfao::Siblings, plaudit_votes,
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
    /// What its columns are called, where the caller said.
    pub(crate) mapping: Option<Arc<ColumnMapping>>,
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
        let mut out = Emitter::new(sink);
        let here = |fault: Fault| fault.at(&self.path);
        match self.format {
            Format::BattleLog | Format::Pairwise(_) => {
                battles::read(self.format, self.mapping.as_deref(), &self.path, options, &mut out).map_err(here)?;
            }
            Format::PandaLm | Format::OpenWebUi => {
                foreign::read(self.format, open(&self.path)?, options, &mut out).map_err(here)?;
            }
            Format::ArenaBundle => bundle::read(open(&self.path)?, options, &mut out).map_err(here)?,
            #[cfg(feature = "media")]
            Format::GenAiBench(_) | Format::Pictures => {
                crate::pictures::read(self.format, &self.path, options, &mut out).map_err(here)?;
            }
            #[cfg(not(feature = "media"))]
            Format::GenAiBench(_) | Format::Pictures => return Err(here(Fault::NotBuilt { missing: "media" })),
            Format::PlauditVotes | Format::PlauditParquet => {
                plaudit_votes::read(self.format, &self.path, options, &mut out).map_err(here)?;
            }
            Format::Llmfao(part) => {
                llmfao::read(part, open(&self.path)?, &self.path, &self.siblings, options, &mut out)?;
            }
        }
        Ok(out.summary)
    }

    /// Reads the votes of the file into the sink as numbers, which `roster` explains: for counting, without an
    /// allocation for each row. The same rows are taken and left out as by [`read`](Self::read). A file that holds no
    /// votes (a bundle, another part of LLMFAO) is not opened.
    ///
    /// # Errors
    /// As [`read`](Self::read); then neither what the sink has received nor the roster may be kept.
    pub fn read_ballots(
        &self,
        options: &BallotOptions,
        roster: &mut Roster,
        sink: &mut dyn BallotSink,
    ) -> Result<BallotSummary, DatasetError> {
        let mut out = BallotEmitter::new(sink, options.listed_rejections);
        match self.format {
            Format::BattleLog | Format::Pairwise(_) => {
                battles::read_ballots(self.format, self.mapping.as_deref(), &self.path, options, roster, &mut out)
                    .map_err(|fault| fault.at(&self.path))?;
            }
            // As numbers, its pictures are passed over.
            Format::GenAiBench(kind) => {
                let format = Format::Pairwise(kind);
                battles::read_ballots(format, self.mapping.as_deref(), &self.path, options, roster, &mut out)
                    .map_err(|fault| fault.at(&self.path))?;
            }
            Format::Llmfao(LlmfaoPart::Votes) => {
                let input = open(&self.path)?;
                llmfao::read_ballots(input, &self.path, &self.siblings, options, roster, &mut out)?;
            }
            Format::PlauditVotes | Format::PlauditParquet => {
                plaudit_votes::read_ballots(self.format, &self.path, options, roster, &mut out)
                    .map_err(|fault| fault.at(&self.path))?;
            }
            Format::PandaLm | Format::OpenWebUi => {
                foreign::read_ballots(self.format, open(&self.path)?, options, roster, &mut out)
                    .map_err(|fault| fault.at(&self.path))?;
            }
            Format::ArenaBundle | Format::Pictures | Format::Llmfao(_) => {}
        }
        Ok(out.finish(self.bytes))
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

/// Reads an archive of pictures that lies in no file of its own, as [`read_bundle`] does.
///
/// # Errors
/// As [`Source::read`]; also when the bytes are no archive with a manifest.
#[cfg(feature = "media")]
pub fn read_picture_archive(
    bytes: &'static [u8],
    name: &Path,
    options: &ReadOptions,
    sink: &mut dyn Sink,
) -> Result<ReadSummary, DatasetError> {
    let mut out = Emitter::new(sink);
    crate::pictures::Files::archive_in(Box::new(std::io::Cursor::new(bytes)))
        .and_then(|files| crate::pictures::read_archive(files, bytes.len() as u64, options, &mut out))
        .map_err(|fault| fault.at(name))?;
    Ok(out.summary)
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<Input<'static>, DatasetError> {
    open_fault(path).map_err(|fault| fault.at(path))
}

/// The same for those who do not name the file themselves.
pub(crate) fn open_fault(path: &Path) -> Result<Input<'static>, Fault> {
    File::open(path).map_err(Fault::Io).and_then(Input::new)
}
