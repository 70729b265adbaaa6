//! Reads the votes of one arena out of Plaudit's own log as it is downloaded (`plaudit-jsonl`), piece by piece.
//!
//! Nothing of a vote is kept but its count: memory grows with the pairs of contestants and one line. What a line says besides,
//! texts above all, is passed over.

use std::{borrow::Cow, collections::HashMap};

use plaudit_domain::{ContestantSlug, Outcome, PairOutcomes};
use serde::{Deserialize, Serialize};

/// What every line says that it is.
const FORMAT: &str = "plaudit-vote/1";
/// The longest line, in bytes: a prompt and two answers of a few million letters.
const MOST_LINE_BYTES: usize = 16 << 20;
/// The counts of so many contestants among each other are some hundred megabytes at the most.
const MOST_CONTESTANTS: usize = 2_000;

/// Why a file cannot be counted. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Another kind of file.
    #[error("this is {kind}; choose the votes as JSON Lines (plaudit-jsonl), as they are or packed with gzip")]
    Kind {
        /// Which.
        kind: &'static str,
    },
    /// Not UTF-8, not JSON, or without what a vote has.
    #[error("line {line} is no vote of Plaudit’s log (plaudit-jsonl): {reason}")]
    NotAVote {
        /// Where.
        line: u64,
        /// What the parser says.
        reason: String,
    },
    /// No end in sight.
    #[error("line {line} is longer than {} MiB", MOST_LINE_BYTES >> 20)]
    LineTooLong {
        /// Where.
        line: u64,
    },
    /// Ids ascend in a log.
    #[error("the vote in line {line} is not later than the one before it: a log has every vote once, in order")]
    Order {
        /// Where.
        line: u64,
    },
    /// A contestant against itself.
    #[error("line {line} has the same contestant on both sides")]
    SameContestant {
        /// Where.
        line: u64,
    },
    /// More than anybody ranks.
    #[error("the file names more than {MOST_CONTESTANTS} contestants")]
    TooManyContestants,
    /// It breaks off within a line.
    #[error("the file is cut off in line {line}: download it again")]
    CutOff {
        /// Where.
        line: u64,
    },
    /// Nothing.
    #[error("the file is empty: there is no vote in it")]
    Empty,
    /// Votes, but none of this arena.
    #[error("none of the {votes} votes in the file is of this arena; they are of {other}")]
    OtherArena {
        /// How many.
        votes: u64,
        /// The arena of the first.
        other: String,
    },
}

/// What the votes of a file come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCounts {
    /// Votes counted.
    pub votes: u64,
    /// Votes passed over, because they were taken back or are left out of the boards.
    pub left_out: u64,
    /// Votes of other arenas.
    pub elsewhere: u64,
    /// The id of the last vote, counted or not: where the log was cut.
    pub last: String,
    /// Slugs by position: those that were known before, and then those that the file names.
    pub contestants: Vec<String>,
    /// Pairs in the order shown, ascending.
    pub pairs: Vec<PairOutcomes>,
}

/// A line, of which only that is read which counts.
#[derive(Deserialize)]
struct Row<'l> {
    #[serde(borrow)]
    format: Cow<'l, str>,
    #[serde(borrow)]
    vote_id: Cow<'l, str>,
    #[serde(borrow)]
    arena: Cow<'l, str>,
    #[serde(borrow)]
    left: Cow<'l, str>,
    #[serde(borrow)]
    right: Cow<'l, str>,
    winner: Outcome,
    excluded: bool,
    withdrawn: bool,
}

/// Counts votes piece by piece.
#[derive(Debug, Default)]
pub struct LogReader {
    arena: String,
    positions: HashMap<String, u32>,
    contestants: Vec<String>,
    counts: HashMap<(u32, u32), [u64; 4]>,
    /// The start of a line whose end has not come.
    rest: Vec<u8>,
    line: u64,
    bytes: u64,
    votes: u64,
    left_out: u64,
    elsewhere: u64,
    other: Option<String>,
    last: String,
}

/// What a file is by its first bytes, where it is not this.
fn kind(start: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 7] = [
        (b"PAR1", "a Parquet file"),
        (b"\x1f\x8b", "a gzip file within another"),
        (b"\x28\xb5\x2f\xfd", "a zstd file, which browsers do not unpack"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"[", "a JSON array"),
        (b"vote_id,", "a CSV table"),
        (b"\xef\xbb\xbf", "a CSV table or a text with a byte order mark"),
    ];
    starts.into_iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| kind)
}

impl LogReader {
    /// For the votes of this arena. Known contestants keep their positions, so that the same counts are the same numbers.
    pub fn new(arena: &str, known: &[String]) -> Self {
        let mut reader = Self { arena: arena.to_owned(), ..Self::default() };
        for slug in known {
            reader.positions.insert(slug.clone(), reader.contestants.len() as u32);
            reader.contestants.push(slug.clone());
        }
        reader
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next piece, which may begin and end anywhere.
    ///
    /// # Errors
    /// [`LogError`]; the reader is of no more use then.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), LogError> {
        self.bytes += piece.len() as u64;
        let mut lines = piece.split(|byte| *byte == b'\n');
        // There is always one: what stands before the first end of a line.
        let mut line = lines.next().unwrap_or_default();
        for next in lines {
            if self.rest.is_empty() {
                self.take(line)?;
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.take(&whole)?;
                whole.clear();
                self.rest = whole;
            }
            line = next;
        }
        if self.rest.len() + line.len() > MOST_LINE_BYTES {
            return Err(LogError::LineTooLong { line: self.line + 1 });
        }
        self.rest.extend_from_slice(line);
        Ok(())
    }

    /// The counts, once the last piece was taken.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn finish(mut self) -> Result<LogCounts, LogError> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            let line = self.line + 1;
            self.take(&rest).map_err(|error| match error {
                LogError::NotAVote { .. } if line > 1 || rest.starts_with(b"{") => LogError::CutOff { line },
                error => error,
            })?;
        }
        match self.other {
            _ if self.line == 0 => return Err(LogError::Empty),
            Some(other) if self.votes + self.left_out == 0 => {
                return Err(LogError::OtherArena { votes: self.elsewhere, other });
            }
            _ => {}
        }
        let pair = |((left, right), outcomes)| PairOutcomes { left, right, outcomes };
        let mut pairs: Vec<_> = self.counts.into_iter().map(pair).collect();
        pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
        Ok(LogCounts {
            votes: self.votes,
            left_out: self.left_out,
            elsewhere: self.elsewhere,
            last: self.last,
            contestants: self.contestants,
            pairs,
        })
    }

    fn take(&mut self, line: &[u8]) -> Result<(), LogError> {
        self.line += 1;
        let number = self.line;
        if number == 1
            && let Some(kind) = kind(line)
        {
            return Err(LogError::Kind { kind });
        }
        let not_a_vote = |reason: String| LogError::NotAVote { line: number, reason };
        let row: Row<'_> = serde_json::from_slice(line).map_err(|error| not_a_vote(error.to_string()))?;
        if row.format != FORMAT {
            return Err(not_a_vote(format!("it says that it is {:?}, and not {FORMAT:?}", row.format)));
        }
        if row.vote_id.len() != 32 || *row.vote_id <= *self.last {
            return Err(LogError::Order { line: number });
        }
        self.last.clear();
        self.last.push_str(&row.vote_id);
        if row.arena != self.arena {
            self.elsewhere += 1;
            self.other.get_or_insert_with(|| row.arena.into_owned());
            return Ok(());
        }
        if row.excluded || row.withdrawn {
            self.left_out += 1;
            return Ok(());
        }
        if row.left == row.right {
            return Err(LogError::SameContestant { line: number });
        }
        let pair = (self.position(&row.left)?, self.position(&row.right)?);
        let place = Outcome::ALL.iter().position(|outcome| *outcome == row.winner).unwrap_or_default();
        self.counts.entry(pair).or_default()[place] += 1;
        self.votes += 1;
        Ok(())
    }

    fn position(&mut self, slug: &str) -> Result<u32, LogError> {
        if let Some(position) = self.positions.get(slug) {
            return Ok(*position);
        }
        if self.contestants.len() >= MOST_CONTESTANTS {
            return Err(LogError::TooManyContestants);
        }
        if slug.parse::<ContestantSlug>().is_err() {
            return Err(LogError::NotAVote { line: self.line, reason: format!("{slug:?} is no contestant’s name") });
        }
        let position = self.contestants.len() as u32;
        self.positions.insert(slug.to_owned(), position);
        self.contestants.push(slug.to_owned());
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, arena: &str, left: &str, right: &str, winner: &str) -> String {
        format!(
            "{{\"format\":\"plaudit-vote/1\",\"vote_id\":\"{number:032x}\",\"origin_vote_id\":null,\"arena\":\"{arena}\",\
             \"prompt\":\"a \\\"text\\\"\\nof two lines\",\"left\":\"{left}\",\"right\":\"{right}\",\"winner\":\"{winner}\",\
             \"excluded\":false,\"withdrawn\":false,\"leaked\":null}}\n"
        )
    }

    fn counted(pieces: &[&[u8]]) -> Result<LogCounts, LogError> {
        let mut reader = LogReader::new("text", &["known".to_owned()]);
        for piece in pieces {
            reader.push(piece)?;
        }
        reader.finish()
    }

    #[test]
    fn votes_are_counted_wherever_the_pieces_end() {
        let text = [
            row(1, "text", "b", "known", "left"),
            row(2, "text", "b", "known", "both_bad"),
            row(3, "other", "x", "y", "tie"),
            row(4, "text", "known", "a", "right"),
            row(5, "text", "a", "b", "tie").replace("\"withdrawn\":false", "\"withdrawn\":true"),
            row(6, "text", "a", "b", "tie").replace("\"excluded\":false", "\"excluded\":true"),
        ]
        .concat();
        let whole = counted(&[text.as_bytes()]).unwrap();
        assert_eq!((whole.votes, whole.left_out, whole.elsewhere), (3, 2, 1));
        assert_eq!(whole.last, format!("{:032x}", 6));
        assert_eq!(whole.contestants, ["known", "b", "a"], "known ones keep their positions");
        let pair = |left, right, outcomes| PairOutcomes { left, right, outcomes };
        assert_eq!(whole.pairs, [pair(0, 2, [0, 1, 0, 0]), pair(1, 0, [1, 0, 0, 1])]);
        for size in [1, 7, 64, 301] {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(counted(&pieces).unwrap(), whole, "{size}");
        }
        assert_eq!(counted(&[text.trim_end().as_bytes()]).unwrap(), whole, "the last line may lack its end");
    }

    #[test]
    fn a_file_of_another_kind_is_named() {
        for (bytes, word) in [
            (&b"PAR1\x15\x04"[..], "Parquet"),
            (b"\x28\xb5\x2f\xfd\0\0", "zstd"),
            (b"PK\x03\x04", "ZIP"),
            (b"[{\"model_a\":1}]", "JSON array"),
            (b"vote_id,battle_id\n", "CSV"),
            (b"\xef\xbb\xbfvote_id,battle_id\n", "CSV"),
            (b"\x1f\x8b\x08", "gzip"),
        ] {
            let error = counted(&[bytes]).unwrap_err();
            assert!(matches!(error, LogError::Kind { .. }) && error.to_string().contains(word), "{error}");
        }
        for bytes in [&b"hello\n"[..], b"{\"prompt\":\"x\",\"chosen\":\"y\"}\n", b"\xff\xfe\n", b"{}\n", b"\n"] {
            assert!(matches!(counted(&[bytes]), Err(LogError::NotAVote { line: 1, .. })), "{bytes:?}");
        }
        let later = row(1, "text", "a", "b", "left").replace("vote/1", "vote/9");
        assert!(counted(&[later.as_bytes()]).unwrap_err().to_string().contains("plaudit-vote/9"));
    }

    #[test]
    fn a_file_that_is_cut_off_is_not_counted() {
        let text = [row(1, "text", "a", "b", "left"), row(2, "text", "a", "b", "tie")].concat();
        for end in [1, 40, text.len() - 60] {
            let line = if end < text.len() / 2 { 1 } else { 2 };
            assert_eq!(counted(&[&text.as_bytes()[..end]]), Err(LogError::CutOff { line }), "{end}");
        }
        assert_eq!(counted(&[]), Err(LogError::Empty));
        assert_eq!(counted(&[b""]), Err(LogError::Empty));
    }

    #[test]
    fn a_log_that_contradicts_itself_is_not_counted() {
        let twice = row(1, "text", "a", "b", "left").repeat(2);
        assert_eq!(counted(&[twice.as_bytes()]), Err(LogError::Order { line: 2 }));
        let itself = row(1, "text", "a", "a", "left");
        assert_eq!(counted(&[itself.as_bytes()]), Err(LogError::SameContestant { line: 1 }));
        let elsewhere = row(1, "image", "a", "b", "left");
        let error = counted(&[elsewhere.as_bytes()]).unwrap_err();
        assert_eq!(error, LogError::OtherArena { votes: 1, other: "image".to_owned() });
        let name = row(1, "text", "A B", "b", "left");
        assert!(counted(&[name.as_bytes()]).unwrap_err().to_string().contains("no contestant"));
        let winner = row(1, "text", "a", "b", "model_a");
        assert!(matches!(counted(&[winner.as_bytes()]), Err(LogError::NotAVote { line: 1, .. })));
    }

    #[test]
    fn a_line_without_end_is_given_up_and_memory_stays_small() {
        let mut reader = LogReader::new("text", &[]);
        let piece = vec![b'x'; 1 << 20];
        let error = (0..100).find_map(|_| reader.push(&piece).err());
        assert_eq!(error, Some(LogError::LineTooLong { line: 1 }));
        assert!(reader.rest.len() <= MOST_LINE_BYTES);
        let mut reader = LogReader::new("text", &[]);
        let crowd = (0..3000).map(|number| row(number + 1, "text", &format!("a{number}"), "b", "left"));
        let error = crowd.into_iter().find_map(|line| reader.push(line.as_bytes()).err());
        assert_eq!(error, Some(LogError::TooManyContestants));
    }
}
