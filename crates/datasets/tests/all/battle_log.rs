use plaudit_datasets::{ReadOptions, Reason};
use plaudit_domain::{Outcome, Task, Timestamp};

use crate::support::{Folder, gzip, into_arena, read_all, read_text};

fn row(fields: &str) -> String {
    let base = r#""model_a":"x","model_b":"y","winner":"tie","judge":"j","anony":true,"tstamp":1.5"#;
    if fields.is_empty() { format!("{{{base}}}") } else { format!("{{{base},{fields}}}") }
}

fn reason_of(bad: &str) -> Reason {
    let kept = read_text(format!("{}\n\n{bad}\n{}", row(""), row(""))).unwrap();
    assert_eq!(kept.votes.len(), 2, "the rows around the bad one should be read");
    assert_eq!(kept.rejections.len(), 1);
    assert_eq!(kept.rejections[0].line, 3);
    assert!(!kept.rejections[0].excerpt.contains("127.0.0.1"), "a judge's name leaks");
    kept.rejections[0].reason.clone()
}

#[test]
fn every_row_that_makes_no_sense_is_left_out_with_its_reason() {
    let field = |fields: &str| reason_of(&row(fields));
    assert_eq!(field(r#""winner":"model_c""#), Reason::UnknownOutcome("model_c".into()));
    assert_eq!(field(r#""winner":null"#), Reason::MissingField { field: "winner" });
    assert_eq!(field(r#""judge":null"#), Reason::MissingField { field: "judge" });
    assert_eq!(reason_of(r#"{"model_a":"x","judge":"127.0.0.1"}"#), Reason::MissingField { field: "model_b" });
    assert_eq!(
        field(r#""judge":["127.0.0.1"]"#),
        Reason::WrongType { field: "judge", expected: "a text", found: "a list" }
    );
    assert_eq!(
        field(r#""anony":"yes""#),
        Reason::WrongType { field: "anony", expected: "true or false", found: "a text" }
    );
    assert_eq!(
        field(r#""tstamp":"1.5""#),
        Reason::WrongType { field: "tstamp", expected: "a number", found: "a text" }
    );
    assert_eq!(field(r#""tstamp":-1"#), Reason::BadTimestamp("-1".into()));
    assert_eq!(field(r#""tstamp":253402300800"#), Reason::BadTimestamp("253402300800".into()));
    assert_eq!(field(r#""tstamp":1e999"#), Reason::BadTimestamp("1e999".into()));
    assert_eq!(field(r#""model_a":" ""#), Reason::EmptyName { field: "model_a" });
    assert_eq!(field(r#""model_b":"a__edition""#), Reason::EmptyName { field: "model_b" });
    assert_eq!(field(r#""model_b":"x""#), Reason::SelfBattle("x".into()));
    assert_eq!(
        field(r#""model_a":"p_M_generation","model_b":"q_M_generation""#),
        Reason::SelfBattle("M".into()),
        "the same model of two providers"
    );
    assert_eq!(
        field(r#""model_a":"p_M_generation","model_b":"p_N_edition""#),
        Reason::DifferentTasks { left: "image generation".into(), right: "image editing".into() }
    );
    assert_eq!(reason_of("[1]"), Reason::NotAnObject { found: "a list" });
}

#[test]
fn a_vote_keeps_the_sides_the_answer_the_time_and_whether_it_was_anonymous() {
    let text = r#"[{"model_a":"imagenhub_A_generation","model_b":"imagenhub_B_generation","winner":"tie (bothbad)",
        "judge":"arena_user_127.0.0.1","anony":false,"tstamp":1707700514.3167}]"#;
    let kept = read_text(text).unwrap();
    let vote = &kept.votes[0];
    assert_eq!((vote.left.as_str(), vote.right.as_str(), vote.outcome), ("a", "b", Outcome::BothBad));
    assert_eq!((vote.cast_at, vote.anonymous), (Some(Timestamp(1_707_700_514_317)), Some(false)));
    assert_eq!(vote.arena.as_str(), "image-generation");
    assert_eq!(kept.arenas["image-generation"].task, Task::Image);
    assert_eq!(kept.contestants[&("image-generation".into(), "a".into())].name, "A");
}

#[test]
fn all_words_for_winners_are_understood() {
    let words = ["model_a", "model_b", "tie", "tie (bothbad)", "both_bad"];
    let text: Vec<_> = words.map(|word| row(&format!(r#""winner":"{word}""#))).into();
    let outcomes: Vec<_> = read_text(text.join("\n")).unwrap().votes.iter().map(|vote| vote.outcome).collect();
    assert_eq!(outcomes, [Outcome::Left, Outcome::Right, Outcome::Tie, Outcome::BothBad, Outcome::BothBad]);
}

#[test]
fn a_log_without_tasks_goes_to_the_arena_that_the_caller_names() {
    let folder = Folder::new();
    let log =
        folder.file("log", format!("[{},{}]", row(""), row(r#""model_a":"p_M_edition","model_b":"p_N_edition""#)));
    let arenas = |options: &ReadOptions| {
        let kept = read_all(std::slice::from_ref(&log), options).unwrap().0;
        kept.votes.iter().map(|vote| vote.arena.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(arenas(&ReadOptions::default()), ["chat-battles", "image-edition"]);
    assert_eq!(arenas(&into_arena("my-chat")), ["my-chat", "image-edition"]);
}

#[test]
fn an_array_lines_and_gzip_of_either_give_the_same_records() {
    let rows = [row(""), row(r#""winner":"model_b""#), row(r#""turn":3"#)];
    let array = format!("[\n{}\n]", rows.join(",\n"));
    let battles = |bytes: Vec<u8>| read_text(bytes).unwrap().battles();
    let expected = battles(array.clone().into_bytes());
    assert_eq!(expected.len(), 3);
    assert_eq!(battles(rows.join("\r\n").into_bytes()), expected);
    assert_eq!(battles(gzip(&array)), expected);
    let mut two_members = gzip(format!("{}\n", rows[0]));
    two_members.extend(gzip(format!("{}\n{}", rows[1], rows[2])));
    assert_eq!(battles(two_members), expected);
}

#[test]
fn identical_rows_are_different_battles_and_an_appended_file_adds_only_its_new_rows() {
    let (a, b) = (row(""), row(r#""winner":"model_a""#));
    let before = read_text([&a[..], &b, &a].join("\n")).unwrap().battles();
    let after = read_text([&a[..], &b, &a, &a, &b].join("\n")).unwrap().battles();
    assert_eq!(after[..3], before);
    let distinct: std::collections::HashSet<_> = after.iter().collect();
    assert_eq!(distinct.len(), 5);
}

#[test]
fn the_spelling_of_a_row_does_not_change_its_battle() {
    let spelled = r#"{ "judge": "j", "model_b":"\u0079", "model_a" : "x", "winner":"tie", "tstamp":1.5,"anony":true }"#;
    assert_eq!(read_text(spelled).unwrap().battles(), read_text(row("")).unwrap().battles());
}

#[test]
fn time_and_anonymity_may_be_unknown_and_unread_fields_may_hold_anything() {
    let text =
        r#"{"question_id":1e999,"model_a":"x","model_b":"y","winner":"tie","judge":"j","conversation_a":["\ud800"]}"#;
    let kept = read_text(text).unwrap();
    assert_eq!((kept.votes[0].cast_at, kept.votes[0].anonymous), (None, None));
}

#[test]
fn two_judges_are_two_voters_and_one_judge_is_one() {
    let text = [row(""), row(r#""judge":"k""#), row(r#""turn":2"#)].join("\n");
    let voters: Vec<_> = read_text(text).unwrap().votes.iter().map(|vote| vote.voter).collect();
    assert!(voters[0] != voters[1] && voters[0] == voters[2]);
}

#[test]
fn each_vote_comes_with_the_line_on_which_its_row_starts() {
    let text = format!("[\n{},\n\n{}\n,{}]", row(""), row("\n\"turn\":2"), row(""));
    assert_eq!(read_text(text).unwrap().vote_lines, [2, 4, 6]);
}
