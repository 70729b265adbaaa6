use std::path::Path;

use plaudit_datasets::{Fault, ReadOptions, Reason, read_bundle};
use plaudit_domain::{ContestantKind, Finish, Task};

use crate::support::{Folder, Kept, gzip, into_arena, read_all, read_text};

const ARENA: &str = r#""arena":{"slug":"tiny","title":"Tiny","task":"text","description":"d","license":null}"#;

fn bundle(contestants: &str, prompts: &str, generations: &str) -> String {
    format!(
        "{{\"format\":\"plaudit-arena/1\",{ARENA},\n\"generations\":[{generations}],\n\"contestants\":[{contestants}],\n\
         \"prompts\":[{prompts}]}}"
    )
}

const CONTESTANT: &str = r#"{"slug":"a","name":"A","kind":"language_model","description":"",
 "weights":{"name":"w","sha256":"00","bytes":3,"license":"MIT","source":"s"},
 "sampler":{"temperature":0.5,"top_k":null,"top_p":null,"min_p":null,"repetition_penalty":null,"max_tokens":9},
 "system_prompt":null}"#;
const PROMPT: &str = r#"{"slug":"p","text":"Tell.","category":"story"}"#;
const GENERATION: &str = r#"{"contestant":"a","prompt":"p","seed":7,"text":"Once.","tokens":2,"finish":"stop"}"#;

#[test]
fn a_bundle_gives_its_arena_and_all_that_belongs_to_it_whatever_the_order_of_its_sections() {
    let kept = read_text(bundle(CONTESTANT, PROMPT, GENERATION)).unwrap();
    assert_eq!(kept.rejections, []);
    assert_eq!(kept.arenas["tiny"].task, Task::Text);
    let contestant = &kept.contestants[&("tiny".into(), "a".into())];
    assert_eq!(contestant.kind, ContestantKind::LanguageModel);
    assert_eq!(contestant.sampler.as_ref().unwrap().max_tokens, Some(9));
    let generation = kept.generations.values().next().unwrap();
    assert_eq!((generation.seed, generation.tokens, generation.finish), (Some(7), Some(2), Some(Finish::Stop)));
    assert_eq!(kept.prompts.values().next().unwrap().category.as_deref(), Some("story"));
}

#[test]
fn a_bundle_can_be_read_from_memory_under_a_name_of_its_own() {
    let read = |text: &str| {
        let mut kept = Kept::default();
        read_bundle(text.as_bytes(), Path::new("built-in"), &ReadOptions::default(), &mut kept)
    };
    let summary = read(&bundle(CONTESTANT, PROMPT, GENERATION)).unwrap();
    assert_eq!((summary.contestants, summary.prompts, summary.generations, summary.rejections), (1, 1, 1, 0));
    assert!(read("{").err().unwrap().to_string().starts_with("built-in: damaged file: JSON error at line 1"));
}

#[test]
fn a_bundle_may_be_compressed_and_go_to_another_arena() {
    let folder = Folder::new();
    let file = folder.file("data", gzip(bundle(CONTESTANT, PROMPT, GENERATION)));
    let kept = read_all(&[file], &into_arena("other")).unwrap().0;
    assert!(kept.arenas.contains_key("other"));
}

#[test]
fn entries_that_make_no_sense_are_left_out_with_their_line() {
    let contestants =
        format!("{CONTESTANT},\n{CONTESTANT},{}", r#"{"slug":"b","name":" ","kind":"baseline"},{"slug":"B!"}"#);
    let prompts = format!(
        "{PROMPT},\n{PROMPT},{}",
        r#"{"slug":"q","text":"Tell."},{"slug":"r","text":""},{"slug":"","text":"x"},{"slug":3}"#
    );
    let generations = [
        GENERATION,
        GENERATION,
        r#"{"contestant":"z","prompt":"p","text":"x"}"#,
        r#"{"contestant":"a","prompt":"z","text":"x"}"#,
        r#"{"contestant":"a","prompt":"q","text":""}"#,
        r#"{"contestant":"a","prompt":"p","text":"x","seed":-1}"#,
    ]
    .join(",\n");
    let kept = read_text(bundle(&contestants, &prompts, &generations)).unwrap();
    let unknown = |kind, name: &str| Reason::UnknownReference { kind, name: name.into() };
    let reasons = kept.reasons();
    assert_eq!(reasons[0], (12, Reason::Duplicate { what: "contestant a".into() }));
    assert_eq!(reasons[1], (15, Reason::EmptyName { field: "name" }));
    assert!(matches!(&reasons[2], (15, Reason::Malformed { what: "contestant", .. })), "{reasons:?}");
    assert_eq!(reasons[3], (17, Reason::Duplicate { what: "prompt p".into() }));
    assert_eq!(reasons[4], (17, Reason::Duplicate { what: "prompt with the text of p".into() }));
    assert_eq!(reasons[5], (17, Reason::EmptyText { field: "text" }));
    assert_eq!(reasons[6], (17, Reason::EmptyName { field: "slug" }));
    assert!(matches!(&reasons[7], (17, Reason::Malformed { what: "prompt", .. })));
    assert_eq!(reasons[8], (3, Reason::Duplicate { what: "generation of a with the same seed and text".into() }));
    assert_eq!(reasons[9], (4, unknown("contestant", "z")));
    assert_eq!(reasons[10], (5, unknown("prompt", "z")));
    assert_eq!(reasons[11], (6, Reason::EmptyText { field: "text" }));
    assert!(matches!(&reasons[12], (7, Reason::Malformed { what: "generation", .. })));
    assert_eq!(reasons.len(), 13);
}

#[test]
fn a_bundle_without_a_valid_arena_or_of_another_version_is_refused_whole() {
    let fault = |text: &str| {
        let folder = Folder::new();
        read_all(&[folder.file("data", text)], &ReadOptions::default()).err().unwrap().fault
    };
    let of = |rest: &str| fault(&format!("{{\"format\":\"plaudit-arena/1\"{rest}}}"));
    assert!(matches!(of(""), Fault::InvalidBundle { line: 1, message } if message.contains("arena")));
    assert!(matches!(of(",\n\"arena\":{\"slug\":\"A b\"}"), Fault::InvalidBundle { line: 2, .. }));
    assert!(matches!(of(&format!(",{ARENA},\n\"prompts\":3")), Fault::InvalidBundle { line: 2, .. }));
    assert!(matches!(of(",\"arena\":"), Fault::Syntax { line: 1, .. }));
    assert!(matches!(of(&format!(",{ARENA}}} {{")), Fault::Syntax { line: 1, .. }));
    assert!(matches!(
        fault(r#"{"format":"plaudit-arena/2"}"#),
        Fault::UnsupportedVersion { found } if found == "plaudit-arena/2"
    ));
}
