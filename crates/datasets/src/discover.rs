use std::{
    collections::{HashMap, HashSet},
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{ColumnMapping, DatasetError, Fault, Format, LlmfaoPart, Source, llmfao::Siblings, sniff};

/// What can be imported, and what was passed over.
#[derive(Debug)]
pub struct Discovery {
    /// In the order in which to read them: what is referred to comes first.
    pub sources: Vec<Source>,
    /// Files of folders that are not for import; a file that was named itself is never passed over.
    pub skipped: Vec<Skipped>,
}

/// A file of a folder that was passed over.
#[derive(Debug)]
pub struct Skipped {
    /// Where it lies.
    pub path: PathBuf,
    /// Why.
    pub fault: Fault,
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.display(), self.fault)
    }
}

/// Recognises files by their content, and folders by their files (hidden files and subfolders are not looked at). A dataset
/// as hubs lay them out, with a card and a folder `data`, is recognised by the files of that folder.
///
/// Parts of LLMFAO that lie in the same folder become one set: prompts, models, results, votes. A path that is named
/// twice counts once.
///
/// # Errors
/// When a file cannot be read, when a named file is not recognised or holds a judge's judgments, when a folder holds
/// nothing that can be imported, or when two files of a folder claim to be the same part of LLMFAO.
pub fn discover(paths: &[PathBuf]) -> Result<Discovery, DatasetError> {
    discover_all(paths, None)
}

/// Takes files as votes on pairs whose columns have these names: tables, JSON rows or Parquet, told apart by their content.
///
/// # Errors
/// As [`discover`]; also when a file lacks one of the columns.
pub fn discover_mapped(paths: &[PathBuf], mapping: &ColumnMapping) -> Result<Discovery, DatasetError> {
    discover_all(paths, Some(Arc::new(mapping.clone())))
}

fn discover_all(paths: &[PathBuf], mapping: Option<Arc<ColumnMapping>>) -> Result<Discovery, DatasetError> {
    let mut found = Found { mapping: mapping.clone(), ..Found::default() };
    for path in paths {
        if metadata(path)?.is_dir() { found.add_folder(path)? } else { found.add_file(path)? }
    }
    let mut sources = in_reading_order(found.candidates)?;
    for source in &mut sources {
        source.mapping.clone_from(&mapping);
    }
    Ok(Discovery { sources, skipped: found.skipped })
}

fn metadata(path: &Path) -> Result<fs::Metadata, DatasetError> {
    fs::metadata(path).map_err(|error| Fault::Io(error).at(path))
}

struct Candidate {
    format: Format,
    path: PathBuf,
    /// The same for all files of one folder, however their paths are written.
    folder: PathBuf,
    bytes: u64,
}

impl Candidate {
    fn part(&self) -> Option<LlmfaoPart> {
        match self.format {
            Format::Llmfao(part) => Some(part),
            _ => None,
        }
    }

    fn into_source(self, siblings: Arc<Siblings>) -> Source {
        Source { format: self.format, path: self.path, bytes: self.bytes, siblings, mapping: None }
    }
}

#[derive(Default)]
struct Found {
    candidates: Vec<Candidate>,
    skipped: Vec<Skipped>,
    seen: HashSet<PathBuf>,
    mapping: Option<Arc<ColumnMapping>>,
}

impl Found {
    fn add_folder(&mut self, folder: &Path) -> Result<(), DatasetError> {
        let fail = |error| Fault::Io(error).at(folder);
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !hidden {
                paths.push(entry.path());
            }
        }
        paths.sort();
        if let (true, Some(data)) = (folder.join("README.md").is_file(), data_folder(folder)) {
            // The card and what stands beside it is about the data.
            return self.add_folder(&data);
        }
        let (mut usable, skipped_before) = (0_u64, self.skipped.len());
        for path in paths {
            // A link that leads nowhere is passed over, like a file of another kind.
            let outcome = match metadata(&path) {
                Ok(metadata) if !metadata.is_file() => continue,
                Ok(_) => self.add_file(&path),
                Err(DatasetError { fault, .. }) => {
                    self.skipped.push(Skipped { path, fault });
                    continue;
                }
            };
            match outcome {
                Ok(()) => usable += 1,
                Err(DatasetError { path, fault: fault @ (Fault::Unrecognised { .. } | Fault::Judgments) }) => {
                    self.skipped.push(Skipped { path, fault });
                }
                Err(error) => return Err(error),
            }
        }
        if self.candidates.iter().any(|found| found.format == Format::Pictures && found.path.parent() == Some(folder)) {
            // What lies beside a manifest is what it names.
            let here = self.skipped.split_off(skipped_before);
            self.skipped
                .extend(here.into_iter().filter(|skipped| !matches!(skipped.fault, Fault::Unrecognised { .. })));
        }
        if usable == 0 {
            let skipped = self.skipped[skipped_before..].iter().map(Skipped::to_string).collect();
            return Err(Fault::NothingRecognised { skipped }.at(folder));
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> Result<(), DatasetError> {
        let fail = |fault: Fault| fault.at(path);
        let metadata = metadata(path)?;
        if !metadata.is_file() {
            return Err(fail(Fault::NotAFile));
        }
        let real = fs::canonicalize(path).map_err(|error| fail(Fault::Io(error)))?;
        if self.seen.contains(&real) {
            return Ok(());
        }
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder).map_err(|error| fail(Fault::Io(error)))?;
        let format = match &self.mapping {
            Some(mapping) => sniff::recognise_mapped(path, mapping),
            None => sniff::recognise_file(path),
        }
        .map_err(fail)?;
        self.candidates.push(Candidate { format, path: path.to_owned(), folder, bytes: metadata.len() });
        self.seen.insert(real);
        Ok(())
    }
}

/// The folder in a dataset that holds its files.
fn data_folder(folder: &Path) -> Option<PathBuf> {
    let data = folder.join("data");
    data.is_dir().then_some(data)
}

/// In the order found, but each LLMFAO set together, in the place of its first file.
fn in_reading_order(candidates: Vec<Candidate>) -> Result<Vec<Source>, DatasetError> {
    let sets = llmfao_sets(&candidates)?;
    let mut place_of_set = HashMap::new();
    let mut placed: Vec<_> = Vec::with_capacity(candidates.len());
    for (place, candidate) in candidates.into_iter().enumerate() {
        let siblings = match candidate.part() {
            Some(_) => sets.get(&candidate.folder).cloned().unwrap_or_default(),
            None => Arc::default(),
        };
        let order = match candidate.part() {
            Some(part) => (*place_of_set.entry(candidate.folder.clone()).or_insert(place), Some(part)),
            None => (place, None),
        };
        placed.push((order, candidate.into_source(siblings)));
    }
    placed.sort_by_key(|(order, _)| *order);
    Ok(placed.into_iter().map(|(_, source)| source).collect())
}

/// The tables that the parts of each LLMFAO folder need of each other.
fn llmfao_sets(candidates: &[Candidate]) -> Result<HashMap<PathBuf, Arc<Siblings>>, DatasetError> {
    let mut sets: HashMap<PathBuf, Siblings> = HashMap::new();
    for candidate in candidates {
        let Some(part) = candidate.part() else { continue };
        let set = sets.entry(candidate.folder.clone()).or_default();
        let place = match part {
            LlmfaoPart::Prompts => &mut set.prompts,
            LlmfaoPart::Models => &mut set.models,
            LlmfaoPart::Results => &mut set.results,
            LlmfaoPart::Votes => continue,
        };
        if let Some(first) = place.replace(candidate.path.clone()) {
            return Err(Fault::DuplicatePart { part: part.as_str(), first }.at(&candidate.path));
        }
    }
    Ok(sets.into_iter().map(|(folder, set)| (folder, Arc::new(set))).collect())
}
