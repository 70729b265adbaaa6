use std::{path::Path, sync::Arc};

use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use plaudit_datasets::{Fault, Format, PairwiseFile, ReadOptions, Reason, discover};

use crate::support::{Folder, count_text, read_all, read_text};

/// One vote: left, right, winner, voter, anonymous, time.
pub(crate) type Row = (&'static str, &'static str, &'static str, Option<&'static str>, Option<bool>, Option<f64>);

/// A Parquet file with these votes, so many in a row group.
pub(crate) fn parquet(rows: &[Row], per_group: usize, compression: Compression) -> Vec<u8> {
    let schema = "message votes {
        required binary model_a (UTF8); required binary model_b (UTF8); required binary winner (UTF8);
        optional binary judge (UTF8); optional boolean anony; optional double tstamp;
        required group conversation_a (LIST) { repeated group list { optional int32 element; } } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for rows in rows.chunks(per_group) {
        let mut group = writer.next_row_group().unwrap();
        let texts =
            |of: fn(&Row) -> Option<&'static str>| rows.iter().filter_map(of).map(ByteArray::from).collect::<Vec<_>>();
        let levels = |of: fn(&Row) -> bool| rows.iter().map(|row| i16::from(of(row))).collect::<Vec<_>>();
        for of in [|row: &Row| Some(row.0), |row: &Row| Some(row.1), |row: &Row| Some(row.2)] {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&texts(of), None, None).unwrap();
            column.close().unwrap();
        }
        let mut column = group.next_column().unwrap().unwrap();
        let judges = texts(|row| row.3);
        column.typed::<ByteArrayType>().write_batch(&judges, Some(&levels(|row| row.3.is_some())), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let flags: Vec<_> = rows.iter().filter_map(|row| row.4).collect();
        column.typed::<BoolType>().write_batch(&flags, Some(&levels(|row| row.4.is_some())), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let times: Vec<_> = rows.iter().filter_map(|row| row.5).collect();
        column.typed::<DoubleType>().write_batch(&times, Some(&levels(|row| row.5.is_some())), None).unwrap();
        column.close().unwrap();
        // Every conversation has two turns.
        let mut column = group.next_column().unwrap().unwrap();
        let turns = vec![1; rows.len() * 2];
        let repeated: Vec<_> = rows.iter().flat_map(|_| [0, 1]).collect();
        column.typed::<Int32Type>().write_batch(&turns, Some(&vec![2; turns.len()]), Some(&repeated)).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn table(rows: &[Row]) -> String {
    let row = |(left, right, winner, voter, anonymous, time): &Row| {
        let anonymous = anonymous.map_or_else(String::new, |flag| flag.to_string());
        let time = time.map_or_else(String::new, |time| time.to_string());
        format!("{left},{right},{winner},{},{anonymous},{time}\n", voter.unwrap_or_default())
    };
    let rows: String = rows.iter().map(row).collect();
    format!("model_a,model_b,winner,judge,anony,tstamp\n{rows}")
}

pub(crate) const VOTES: [Row; 5] = [
    ("x", "y", "model_a", Some("ann"), Some(true), Some(1.5)),
    ("z", "x", "tie", None, None, None),
    ("x", "x", "tie", Some("bob"), Some(false), None),
    ("y", "z", "perhaps", Some("bob"), Some(false), None),
    ("y", "z", "both_bad", Some("bob"), Some(false), Some(2.0)),
];

#[test]
fn parquet_gives_the_same_votes_as_a_table() {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3).unwrap());
    let expected = read_text(table(&VOTES)).unwrap();
    assert_eq!((expected.votes.len(), expected.rejections.len()), (3, 2));
    for (per_group, compression) in [(5, Compression::SNAPPY), (2, zstd), (1, Compression::UNCOMPRESSED)] {
        let kept = read_text(parquet(&VOTES, per_group, compression)).unwrap();
        assert_eq!(kept.votes, expected.votes);
        // Rows are numbered from 1, and there is no header.
        let reasons = [(3, Reason::SelfBattle("x".into())), (4, Reason::UnknownOutcome("perhaps".into()))];
        assert_eq!(kept.reasons(), reasons);
    }
}

#[test]
fn more_rows_than_are_decoded_at_a_time_are_read_in_their_order() {
    let rows: Vec<Row> = (0..10_001).map(|row| VOTES[row % 5]).collect();
    let expected = read_text(table(&rows)).unwrap();
    let kept = read_text(parquet(&rows, 9_000, Compression::SNAPPY)).unwrap();
    assert_eq!(kept.votes, expected.votes);
    assert_eq!(kept.rejections.len(), expected.rejections.len());
}

#[test]
fn a_file_that_pyarrow_wrote_is_read() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/votes.parquet");
    let format = discover(std::slice::from_ref(&file)).unwrap().sources[0].format;
    assert_eq!(format, Format::Pairwise(PairwiseFile::Parquet));
    let (kept, _) = read_all(&[file], &ReadOptions::default()).unwrap();
    let same = "model_a,model_b,winner,judge,anony,timestamp\n\
                x,y,model_a,17,true,1970-01-01T00:00:01.5Z\ny,z,tie,,false,\nz,x,both_bad,18,true,1.5\n";
    assert_eq!(kept.votes, read_text(same).unwrap().votes);
    assert_eq!(kept.reasons(), [(3, Reason::SelfBattle("x".into()))]);
}

#[test]
fn damaged_parquet_is_an_error_that_names_the_file() {
    let good = parquet(&VOTES, 5, Compression::SNAPPY);
    let folder = Folder::new();
    for keep in [4, 9, good.len() / 2, good.len() - 1] {
        let file = folder.file("votes.parquet", &good[..keep]);
        let error = read_all(std::slice::from_ref(&file), &ReadOptions::default()).err().unwrap();
        assert_eq!(error.path, file);
        assert!(matches!(error.fault, Fault::Parquet { .. }), "{error}");
    }
    // The first page's header.
    let mut page = good;
    page[4..24].fill(0xff);
    assert!(matches!(read_text(page).err().unwrap().fault, Fault::Parquet { .. }));
}

#[test]
fn parquet_without_votes_is_described_by_its_columns() {
    let rows: &[Row] = &[];
    assert_eq!(count_text(parquet(rows, 1, Compression::SNAPPY), &Default::default()).unwrap().ballots, []);
    let schema = Arc::new(parse_message_type("message m { required int32 model_a; required int32 other; }").unwrap());
    let file = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap().into_inner().unwrap();
    match read_text(file).err().unwrap().fault {
        Fault::Unrecognised { looks_like } => {
            assert_eq!(looks_like, "a Parquet file with the columns model_a, other");
        }
        other => panic!("{other:?}"),
    }
}
