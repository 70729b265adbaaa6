use std::{
    collections::HashSet,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, filter::tidy, random::Random};

/// One document in this many is held out,
const HELD_OUT: usize = 25;
/// but no more than this: they are read a dozen times in a run.
const MOST_HELD_OUT: usize = 200;

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What was asked.
    pub prompt: String,
    /// What SmolLM2 said.
    pub answer: String,
}

/// The text to train on, and some kept back to see how well that went.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// To learn from.
    pub training: Vec<Document>,
    /// Never learned from.
    pub held_out: Vec<Document>,
    /// SHA-256 of the compressed file.
    pub sha256: String,
}

impl Corpus {
    /// Reads a file that [`collect`] wrote. Which documents are held out depends on the file alone.
    ///
    /// # Errors
    /// Those of the file system and of lines that are not documents; [`Error::Corpus`] where there are too few.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let documents: Vec<Document> = lines(path, GzDecoder::new(bytes.as_slice()))?;
        Self::split(documents, crate::export::hexadecimal(&Sha256::digest(&bytes)))
    }

    /// Splits documents into those to learn from and those to hold out.
    ///
    /// # Errors
    /// [`Error::Corpus`] where there are too few.
    pub fn split(mut documents: Vec<Document>, sha256: String) -> Result<Self, Error> {
        if documents.len() < 20 {
            return Err(Error::Corpus(documents.len()));
        }
        Random::new(0, 1).shuffle(&mut documents);
        let held_out = documents.split_off(documents.len() - (documents.len() / HELD_OUT).clamp(1, MOST_HELD_OUT));
        Ok(Self { training: documents, held_out, sha256 })
    }

    /// All text to learn from, for the tokenizer.
    pub fn texts(&self) -> impl Iterator<Item = &str> + Send {
        self.training.iter().flat_map(|document| [document.prompt.as_str(), document.answer.as_str()])
    }
}

/// A line as `xtask/scripts/tiny-corpus/generate.py` writes it.
#[derive(Deserialize)]
struct Raw {
    prompt: String,
    answer: String,
    /// `stop`, or `length` where the answer ran into the limit.
    finish: String,
}

/// Reads raw answers, leaves out what is unfit or there already, and writes the rest as one compressed file.
/// Returns how many were read and how many are left.
///
/// # Errors
/// Those of the file system and of lines that are not answers.
pub fn collect(raw: &[PathBuf], target: &Path) -> Result<(usize, usize), Error> {
    let mut answers: Vec<Raw> = Vec::new();
    for path in raw {
        answers.extend(lines::<Raw>(path, File::open(path).map_err(Error::io(path))?)?);
    }
    let mut seen = HashSet::new();
    // No name and no time in the header: equal text gives equal files.
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    let count = answers.len();
    let mut kept = 0;
    for Raw { prompt, answer, finish } in answers {
        let Some(answer) = tidy(&answer, finish == "length") else { continue };
        if seen.insert(answer.clone()) {
            let line = serde_json::to_string(&Document { prompt, answer }).map_err(Error::json(target))?;
            writeln!(writer, "{line}").map_err(Error::io(target))?;
            kept += 1;
        }
    }
    let bytes = writer.finish().map_err(Error::io(target))?;
    crate::error::write_atomically(target, &bytes)?;
    Ok((count, kept))
}

fn lines<T: for<'a> Deserialize<'a>>(path: &Path, reader: impl std::io::Read) -> Result<Vec<T>, Error> {
    BufReader::new(reader)
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let line = line.map_err(Error::io(path))?;
            serde_json::from_str(&line).map_err(|source| Error::Line { path: path.to_owned(), line: index + 1, source })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collecting_leaves_out_doubles_and_reads_back() {
        let folder = std::env::temp_dir().join(format!("plaudit-trainer-corpus-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (raw, target) = (folder.join("raw.jsonl"), folder.join("corpus.jsonl.gz"));
        let line = |number: usize| {
            format!("{{\"prompt\":\"Why?\",\"answer\":\"Because there are {number} cats.\",\"finish\":\"stop\"}}\n")
        };
        std::fs::write(&raw, (0..30).chain(0..30).map(line).collect::<String>()).expect("a file");
        assert_eq!(collect(&[raw], &target).expect("a corpus"), (60, 30));
        let corpus = Corpus::read(&target).expect("the corpus");
        assert_eq!((corpus.training.len(), corpus.held_out.len()), (29, 1));
        assert!(!corpus.training.contains(&corpus.held_out[0]));
        std::fs::remove_dir_all(folder).expect("clean up");
    }
}
