use plaudit_datasets::{Fault, MAX_ROW_BYTES, Progress, ReadOptions, Record, Rejection, Sink, SinkError, discover};

use crate::support::{Folder, gzip, read_all, read_text};

const ROW: &str = r#"{"model_a":"x","model_b":"y","winner":"tie","judge":"j"}"#;
const HEADER: &str = "id,prompt,model_x,model_y,worker,winner,left,right\n";

fn fault(content: impl AsRef<[u8]>) -> Fault {
    read_text(content).err().unwrap().fault
}

#[test]
fn a_cut_off_or_broken_json_file_says_where() {
    let at = |text: String| match fault(&text) {
        Fault::Syntax { line, column, .. } => (line, column),
        other => panic!("{text:?} gave {other:?}"),
    };
    assert_eq!(at(format!("[{ROW},\n{ROW},\n")), (3, 1));
    assert_eq!(at(format!("[{ROW},\n  {{\"model_a\": ")), (2, 15));
    assert_eq!(at(format!("[{ROW},\n  {{\"model_a\": oops}}]")), (2, 15));
    assert_eq!(at(format!("[{ROW},\n{{\n\"a\":[}}}}\n]")), (3, 6));
    assert_eq!(at(format!("[{ROW}]\n{ROW}")), (2, 1));
    assert_eq!(at(format!("{ROW}\n\n{}", &ROW[..20])).0, 3);
    assert_eq!(at(format!("{ROW}\n{ROW}{ROW}")).0, 2);
    assert_eq!(at("{\n\"model_a\":1,\"model_b\":2}".to_owned()).0, 1);
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_line() {
    let mut json = format!("[{ROW},\n{{\n\"model_a\":\"").into_bytes();
    json.extend(b"\xff\"}]");
    assert!(matches!(fault(&json), Fault::InvalidUtf8 { line: 3 }));
    let mut table = format!("{HEADER}0,8,1,2,v,left,Ada,Bob\n").into_bytes();
    table.extend(b"0,8,1,2,v,left,\xff,Bob\n");
    assert!(matches!(fault(&table), Fault::InvalidUtf8 { line: 3 }));
    let mut bundle = b"{\"format\":\"plaudit-arena/1\",\n\"x\":\"".to_vec();
    bundle.extend(b"\xff\"}");
    assert!(matches!(fault(&bundle), Fault::InvalidUtf8 { line: 2 }));
}

#[test]
fn damaged_gzip_is_told_from_a_damaged_text() {
    let good = gzip(format!("{ROW}\n").repeat(2000));
    assert!(matches!(fault(&good[..good.len() - 4]), Fault::Gzip(_)), "cut off");
    assert!(matches!(fault(&good[..6]), Fault::Gzip(_)), "cut off in the header");
    let mut flipped = good.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0xff;
    assert!(matches!(fault(&flipped), Fault::Gzip(_)), "checksum");
    let mut followed = good;
    followed.extend(b"text");
    assert!(matches!(fault(&followed), Fault::Gzip(_)), "something else behind it");
}

#[test]
fn damaged_zstd_is_told_from_a_damaged_text() {
    let folder = Folder::new();
    let path = folder.path().join("log.jsonl.zst");
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    std::io::Write::write_all(&mut encoder, format!("{ROW}\n").repeat(2000).as_bytes()).unwrap();
    let good = encoder.finish().unwrap();
    std::fs::write(&path, &good).unwrap();
    assert_eq!(read_all(&[path], &ReadOptions::default()).unwrap().0.votes.len(), 2000);
    assert_eq!(read_text([&good[..], &good[..]].concat()).unwrap().votes.len(), 4000, "frame after frame");
    assert!(matches!(fault(&good[..good.len() - 4]), Fault::Zstd(_)), "cut off");
    assert!(matches!(fault(&good[..6]), Fault::Zstd(_)), "cut off in the header");
    let mut flipped = good.clone();
    let last = flipped.len() - 2;
    flipped[last] ^= 0xff;
    assert!(matches!(fault(&flipped), Fault::Zstd(_)), "checksum");
    let mut followed = good;
    followed.extend(b"text");
    assert!(matches!(fault(&followed), Fault::Zstd(_)), "something else behind it");
}

#[test]
fn a_broken_table_is_refused() {
    let short = fault(format!("{HEADER}0,8,1,2,v,left,Ada,Bob\n0,8,1\n"));
    assert!(matches!(&short, Fault::Csv { line: 3, message } if message.contains("3 fields")), "{short:?}");
    let open = fault(format!("{HEADER}0,8,1,2,v,left,Ada,Bob\n0,8,1,2,v,left,\"Ada,Bob\n0,8,1,2,v,left,Ada,Bob\n"));
    assert!(matches!(&open, Fault::Csv { line: 3, message } if message.contains("not closed")), "{open:?}");
}

#[test]
fn quotes_where_none_may_stand_are_refused() {
    for cells in ["Ada,Bo\"b", "\"Ada\"x,Bob", "Ada \"A\",Bob"] {
        let refused = fault(format!("{HEADER}0,8,1,2,v,left,Ada,Bob\r\n0,8,1,2,w,left,{cells}\r\n"));
        assert!(matches!(refused, Fault::Csv { line: 3, .. }), "{cells} gave {refused:?}");
    }
}

#[test]
fn missing_columns_are_named() {
    match fault("prompt,model_x,model_y,worker,left\n") {
        Fault::MissingColumns { missing } => assert_eq!(missing, ["winner", "right"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_implausibly_long_row_is_refused_before_it_fills_the_memory() {
    let long = "a".repeat(MAX_ROW_BYTES);
    assert!(matches!(fault(format!("{ROW}\n{{\"model_a\":\"{long}\"}}")), Fault::RowTooLong { line: 2, .. }));
    assert!(matches!(fault(format!("[{ROW},\n{{\"model_a\":\"{long}\"}}]")), Fault::RowTooLong { line: 2, .. }));
    let table = fault(format!("{HEADER}0,8,1,2,v,left,Ada,\"\n\n{long}\""));
    assert!(matches!(table, Fault::RowTooLong { line: 2, .. }), "{table:?}");
}

#[test]
fn judgments_are_recognised_and_refused() {
    let refused = fault("id,prompt,model_x,model_y,winner,left,right\n");
    assert!(matches!(refused, Fault::Judgments));
    assert!(refused.to_string().contains("judgments cannot be imported as votes"));
}

#[test]
fn results_without_their_prompts_and_models_are_refused() {
    let refused = fault(r#"{"id":0,"model":1,"result":"one","prompt":8}"#);
    assert!(matches!(refused, Fault::MissingSibling { missing: "prompts" }));
}

#[test]
fn damage_in_a_sibling_is_told_of_the_sibling() {
    let folder = Folder::new();
    folder.file("models", "{\"id\":1,\"name\":\"A\",\"api_id\":\"a\"}\n{\"id\":");
    folder.file("votes", format!("{HEADER}0,8,1,2,v,left,Ada,Bob\n"));
    let sources = discover(&[folder.path().to_owned()]).unwrap().sources;
    let error = sources[1].read(&ReadOptions::default(), &mut Refusing).err().unwrap();
    assert!(matches!(error.fault, Fault::Sink(_)), "the arena comes first");
    let error = read_all(&[folder.path().to_owned()], &ReadOptions::default()).err().unwrap();
    assert!(error.path.ends_with("models") && matches!(error.fault, Fault::Syntax { line: 2, .. }));
}

#[test]
fn a_missing_file_is_an_error_with_its_path() {
    let error = discover(&["/no/such/file".into()]).err().unwrap();
    assert_eq!(error.to_string(), "/no/such/file: cannot be read");
    assert!(std::error::Error::source(&error).is_some());
}

/// A receiver that takes nothing.
struct Refusing;

impl Sink for Refusing {
    fn record(&mut self, _: Record, _: Progress) -> Result<(), SinkError> {
        Err("the disk is full".into())
    }

    fn rejected(&mut self, _: Rejection) -> Result<(), SinkError> {
        Err("the disk is full".into())
    }
}

#[test]
fn a_receiver_that_gives_up_ends_the_reading_with_its_own_error() {
    for text in [ROW, r#"{"model_a":"x","model_b":"x","winner":"tie","judge":"j"}"#] {
        let folder = Folder::new();
        let sources = discover(&[folder.file("log", text)]).unwrap().sources;
        match sources[0].read(&ReadOptions::default(), &mut Refusing).err().unwrap().fault {
            Fault::Sink(error) => assert_eq!(error.to_string(), "the disk is full"),
            other => panic!("{other:?}"),
        }
    }
}
