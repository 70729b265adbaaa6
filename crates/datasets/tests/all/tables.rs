//! The crate's own reader of tables, seen through the votes in them, beside the `csv` crate.

use std::path::PathBuf;

use plaudit_datasets::{BallotOptions, ColumnMapping, Fault, ReadOptions, Reason, discover_mapped};
use plaudit_domain::Outcome;
use proptest::{collection::vec, prelude::*};

use crate::support::{Folder, count_text};

/// The names of both sides of each vote, by the reader under test.
fn names(table: &[u8]) -> Result<Vec<[String; 2]>, Fault> {
    let counted = count_text(table, &BallotOptions::default()).map_err(|error| error.fault)?;
    let arenas = counted.roster.arenas();
    let name = |number: u32| arenas[0].entrants()[number as usize].name.clone();
    Ok(counted.ballots.iter().map(|ballot| [name(ballot.left), name(ballot.right)]).collect())
}

/// A name that survives trimming, with everything in it that needs quotes; its tail keeps different names different
/// slugs.
fn cell() -> impl Strategy<Value = String> {
    ("[a-zä,\"\n\r\t;]{0,6}", 0..1000_u32).prop_map(|(odd, tail)| format!("n{odd}{tail}"))
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        rows in vec((cell(), cell()), 0..20),
        tab: bool,
        ending in prop::sample::select(&[csv::Terminator::CRLF, csv::Terminator::Any(b'\n')][..]),
    ) {
        let rows: Vec<_> = rows.into_iter().map(|(left, right)| [format!("l{left}"), format!("r{right}")]).collect();
        let delimiter = if tab { b'\t' } else { b',' };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(ending).from_writer(Vec::new());
        writer.write_record(["left", "right", "winner"]).unwrap();
        for [left, right] in &rows {
            writer.write_record([left.as_str(), right, "tie"]).unwrap();
        }
        let table = writer.into_inner().unwrap();
        // Two names of one slug are one contestant only across files; within one they stay apart.
        prop_assert_eq!(names(&table).unwrap(), rows);
    }

    #[test]
    fn tables_that_are_read_are_read_as_the_csv_crate_reads_them(body in "[ab,\"\n\r]{0,40}") {
        let table = format!("left,right,winner\n{body}");
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table.as_bytes());
        let theirs: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
        let options = BallotOptions { listed_rejections: usize::MAX, ..BallotOptions::default() };
        if let Ok(counted) = count_text(&table, &options) {
            prop_assert!(theirs.iter().all(|record| record.len() == 3));
            let summary = &counted.summaries[0];
            prop_assert_eq!(summary.ballots + summary.rejections, theirs.len() as u64);
        }
    }
}

#[test]
fn a_record_longer_than_the_buffer_is_read() {
    let long = "x".repeat(3 << 20);
    for quote in ["", "\""] {
        let read =
            names(format!("left,right,winner,note\na,b,tie,{quote}{long}{quote}\nc,d,tie,\n").as_bytes()).unwrap();
        assert_eq!(read, [["a", "b"], ["c", "d"]]);
    }
}

#[test]
fn records_end_with_a_carriage_return_alone_or_with_the_file() {
    let read = names(b"left,right,winner\ra,b,tie\r\r\n\nc,d,\"tie\"").unwrap();
    assert_eq!(read, [["a", "b"], ["c", "d"]]);
}

/// Left, right and outcome of each vote.
fn votes(path: PathBuf, mapping: &ColumnMapping) -> Vec<(String, String, Outcome)> {
    let mut kept = crate::support::Kept::default();
    let found = discover_mapped(&[path], mapping).unwrap();
    found.sources[0].read(&ReadOptions::default(), &mut kept).unwrap();
    let vote = |vote: &plaudit_datasets::ImportedVote| (vote.left.to_string(), vote.right.to_string(), vote.outcome);
    kept.votes.iter().map(vote).collect()
}

#[test]
fn somebodys_own_columns_and_words_are_read_as_they_are_mapped_from_any_kind_of_file() {
    let mapping: ColumnMapping = "left=model_1,right=model_2,outcome=result,voter=who,time=when".parse().unwrap();
    let mapping = mapping.with_outcomes("left=1,right=2,tie=0,both_bad=-1").unwrap();
    let expected: Vec<_> =
        [Outcome::Left, Outcome::Right, Outcome::Tie, Outcome::BothBad, Outcome::Right, Outcome::Tie]
            .map(|outcome| ("x".to_owned(), "y".to_owned(), outcome))
            .into();
    let folder = Folder::new();
    // A column with a usual name says nothing here, as its place is taken.
    let rows = ["1", "2", "0", "-1", "y", "draw"].map(|word| format!("x,y,{word},ann,1.5,model_a\n")).concat();
    let table = folder.file("table", format!("model_1,model_2,result,who,when,winner\n{rows}"));
    assert_eq!(votes(table, &mapping), expected);
    let rows = ["1", "2", "0", "-1", "\"y\"", "\"draw\""]
        .map(|word| format!("{{\"model_1\":\"x\",\"model_2\":\"y\",\"result\":{word},\"who\":7,\"when\":1.5}}\n"));
    let lines = folder.file("lines", rows.concat());
    assert_eq!(votes(lines, &mapping), expected);
}

#[test]
fn a_mapped_column_that_a_file_lacks_is_named() {
    let mapping: ColumnMapping = "left=model_1,right=model_2,outcome=result".parse().unwrap();
    let folder = Folder::new();
    for text in ["model_1,model_2,verdict\nx,y,1\n", "[{\"model_1\":\"x\",\"model_2\":\"y\"}]"] {
        let path = folder.file("file", text);
        let error = discover_mapped(&[path], &mapping).err().unwrap();
        assert!(matches!(&error.fault, Fault::MissingColumns { missing } if missing == &["result"]), "{error}");
    }
}

#[test]
fn a_word_that_is_mapped_to_nothing_rejects_its_row() {
    let mapping: ColumnMapping = "left=a,right=b,outcome=c".parse().unwrap();
    let folder = Folder::new();
    let mut kept = crate::support::Kept::default();
    let path = folder.file("file", "a,b,c\nx,y,better\nx,y,left\n");
    discover_mapped(&[path], &mapping).unwrap().sources[0].read(&ReadOptions::default(), &mut kept).unwrap();
    assert_eq!((kept.votes.len(), kept.reasons()), (1, vec![(2, Reason::UnknownOutcome("better".into()))]));
}
