use plaudit_datasets::{Fault, Format, LlmfaoPart, discover};

use crate::support::Folder;

const LOG: &str = r#"{"model_a":"x","model_b":"y","winner":"tie","judge":"j"}"#;
const PROMPT: &str = r#"{"id":8,"text":"t","slug":"s"}"#;
const MODEL: &str = r#"{"id":8,"name":"t","api_id":"s"}"#;
const RESULT: &str = r#"{"id":8,"model":8,"prompt":8,"result":"s"}"#;
const VOTES: &str = "id,prompt,model_x,model_y,worker,winner,left,right\n";
const JUDGE: &str = "id,prompt,model_x,model_y,winner,left,right\n";

#[test]
fn a_folder_gives_its_recognised_files_in_the_order_of_reading_and_says_what_it_passed_over() {
    let folder = Folder::new();
    for (name, text) in
        [("1", VOTES), ("2", LOG), ("3", RESULT), ("4", MODEL), ("5", PROMPT), ("6", "hi"), ("7", JUDGE)]
    {
        folder.file(name, text);
    }
    folder.file(".hidden", LOG);
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let found = discover(&[folder.path().to_owned()]).unwrap();
    let formats: Vec<_> = found.sources.iter().map(|source| source.format).collect();
    let parts = [LlmfaoPart::Prompts, LlmfaoPart::Models, LlmfaoPart::Results, LlmfaoPart::Votes].map(Format::Llmfao);
    assert_eq!(formats, [&parts[..], &[Format::BattleLog]].concat());
    assert!(matches!(
        found.skipped.iter().map(|skipped| &skipped.fault).collect::<Vec<_>>()[..],
        [Fault::Unrecognised { .. }, Fault::Judgments]
    ));
}

#[test]
fn a_file_named_twice_or_within_a_named_folder_counts_once() {
    let folder = Folder::new();
    let (prompts, votes) = (folder.file("p", PROMPT), folder.file("v", VOTES));
    let paths = [votes, folder.path().to_owned(), folder.path().join(".").join("p"), prompts];
    assert_eq!(discover(&paths).unwrap().sources.len(), 2);
}

#[test]
fn a_named_file_that_is_not_recognised_is_an_error_that_says_what_it_looks_like() {
    let folder = Folder::new();
    let error = discover(&[folder.file("x.json", r#"[{"idx": 0, "human_vote": "a"}]"#)]).err().unwrap();
    let text = error.to_string();
    assert!(text.contains("a JSON array of objects with the keys idx, human_vote"), "{text}");
    assert!(text.contains("plaudit-arena/1") && text.contains("model_a") && text.contains("x.json"), "{text}");
}

#[test]
fn a_folder_with_nothing_to_import_is_an_error() {
    let folder = Folder::new();
    folder.file("notes", "hello");
    let error = discover(&[folder.path().to_owned()]).err().unwrap();
    assert!(matches!(&error.fault, Fault::NothingRecognised { skipped } if skipped.len() == 1));
    assert!(error.to_string().contains("notes"));
    let empty = Folder::new();
    assert!(matches!(discover(&[empty.path().to_owned()]).err().unwrap().fault, Fault::NothingRecognised { .. }));
}

#[test]
fn two_files_for_one_part_of_a_set_are_an_error() {
    let folder = Folder::new();
    folder.file("a", MODEL);
    folder.file("b", MODEL);
    let error = discover(&[folder.path().to_owned()]).err().unwrap();
    assert!(matches!(error.fault, Fault::DuplicatePart { part: "models", .. }));
    let (one, two) = (Folder::new(), Folder::new());
    assert_eq!(discover(&[one.file("a", MODEL), two.file("a", MODEL)]).unwrap().sources.len(), 2);
}

#[test]
fn a_name_says_nothing() {
    let folder = Folder::new();
    let found = discover(&[folder.file("crowd-comparisons.csv", LOG)]).unwrap();
    assert_eq!(found.sources[0].format, Format::BattleLog);
    assert_eq!(found.sources[0].byte_len(), LOG.len() as u64);
}

#[cfg(unix)]
#[test]
fn a_device_is_refused_and_a_link_that_leads_nowhere_passed_over() {
    assert!(matches!(discover(&["/dev/null".into()]).err().unwrap().fault, Fault::NotAFile));
    let folder = Folder::new();
    folder.file("log", LOG);
    std::os::unix::fs::symlink("/no/such/file", folder.path().join("link")).unwrap();
    let found = discover(&[folder.path().to_owned()]).unwrap();
    assert_eq!((found.sources.len(), found.skipped.len()), (1, 1));
}
