//! The crate's own reader of tables, seen through the votes in them, beside the `csv` crate.

use plaudit_datasets::{BallotOptions, Fault};
use proptest::{collection::vec, prelude::*};

use crate::support::count_text;

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
