use plaudit_datasets::{ReadOptions, Reason};
use plaudit_domain::Outcome;

use crate::support::{Folder, Kept, into_arena, read_all, read_text};

const HEADER: &str = "id,prompt,model_x,model_y,worker,winner,left,right\n";
const PROMPTS: &str = r#"{"id":8,"text":"Haiku.","type":"reflexion","slug":"k8s"}
{"id":5,"text":"Explain.","slug":"qft","type":null}
"#;
const MODELS: &str = r#"{"id":1,"api_id":"a","name":"Ada","org":"Org"}
{"id":2,"api_id":"b","name":"Bob"}
{"id":3,"api_id":"c","name":"bob!"}
"#;
const RESULTS: &str = r#"{"id":0,"model":1,"result":"one","prompt":8}
{"id":1,"model":2,"result":"two","prompt":8}
"#;

/// The four files in one folder, with these rows added to them.
fn read_folder(prompts: &str, models: &str, results: &str, votes: &str) -> Kept {
    let folder = Folder::new();
    // The names say nothing, and their order is not the order of reading.
    folder.file("a", format!("{HEADER}{votes}"));
    folder.file("b", format!("{RESULTS}{results}"));
    folder.file("c", format!("{MODELS}{models}"));
    folder.file("d", format!("{PROMPTS}{prompts}"));
    read_all(&[folder.path().to_owned()], &ReadOptions::default()).unwrap().0
}

#[test]
fn a_vote_knows_its_prompt_and_both_generations() {
    let kept = read_folder("", "", "", "0,8,1,2,w,left,Ada,Bob\n1,5,1,3,w,tie,Ada,bob!\n");
    assert_eq!(kept.rejections, []);
    let vote = &kept.votes[0];
    assert_eq!(vote.outcome, Outcome::Left);
    assert_eq!(kept.generations[&vote.left_generation.unwrap()].content.text(), Some("one"));
    assert_eq!(kept.generations[&vote.right_generation.unwrap()].content.text(), Some("two"));
    assert_eq!(kept.prompts[&vote.prompt.unwrap()].category.as_deref(), Some("reflexion"));
    assert_eq!((kept.votes[1].left_generation, kept.votes[1].right_generation), (None, None));
    assert_eq!(kept.arenas["llmfao"].license.as_deref(), Some("CC-BY-4.0"));
}

#[test]
fn two_models_whose_names_give_one_slug_stay_two() {
    let kept = read_folder("", "", "", "0,8,2,3,w,left,Bob,bob!\n");
    assert_ne!(kept.votes[0].left, kept.votes[0].right);
    assert_eq!(kept.contestants.len(), 3);
}

#[test]
fn workers_share_a_battle_and_a_worker_who_votes_twice_gets_another() {
    let kept = read_folder(
        "",
        "",
        "",
        "0,8,1,2,v,left,Ada,Bob\n0,8,1,2,w,tie,Ada,Bob\n0,8,1,2,v,right,Ada,Bob\n0,8,2,1,v,tie,Bob,Ada\n",
    );
    let battles = kept.battles();
    assert_eq!(battles[0], battles[1]);
    assert_ne!(kept.votes[0].voter, kept.votes[1].voter);
    assert_eq!(kept.votes[0].voter, kept.votes[2].voter);
    assert!(battles[2] != battles[0] && battles[3] != battles[0]);
}

#[test]
fn the_table_alone_gives_the_same_battles_voters_and_slugs() {
    let votes = "0,8,1,2,v,left,Ada,Bob\n1,5,2,1,w,tie,Bob,Ada\n";
    let (whole, alone) = (read_folder("", "", "", votes), read_text(format!("{HEADER}{votes}")).unwrap());
    for (a, b) in whole.votes.iter().zip(&alone.votes) {
        assert_eq!(
            (a.battle, a.voter, &a.left, &a.right, a.outcome),
            (b.battle, b.voter, &b.left, &b.right, b.outcome)
        );
        assert_eq!((b.prompt, b.left_generation), (None, None));
    }
    assert_eq!(alone.votes.len(), 2);
}

#[test]
fn the_caller_may_choose_the_arena() {
    let folder = Folder::new();
    let file = folder.file("votes", format!("{HEADER}0,8,1,2,v,left,Ada,Bob\n"));
    let kept = read_all(&[file], &into_arena("crowd")).unwrap().0;
    assert_eq!(kept.votes[0].arena.as_str(), "crowd");
}

#[test]
fn every_comparison_that_makes_no_sense_is_left_out_with_its_reason() {
    let reason = |row: &str| {
        let good = "0,8,1,2,v,left,Ada,Bob\n";
        let kept = read_folder("", "", "", &format!("{good}{row}\n{good}"));
        assert_eq!(kept.votes.len(), 2);
        assert_eq!(kept.rejections[0].line, 3);
        assert!(!kept.rejections[0].excerpt.contains("secret"), "a worker's name leaks");
        kept.rejections[0].reason.clone()
    };
    let unknown = |kind, name: &str| Reason::UnknownReference { kind, name: name.into() };
    assert_eq!(reason("0,8,1,2,secret,both_bad,Ada,Bob"), Reason::UnknownOutcome("both_bad".into()));
    assert_eq!(reason("0,8,1,1,secret,left,Ada,Ada"), Reason::SelfBattle("Ada".into()));
    assert_eq!(reason("0,9,1,2,secret,left,Ada,Bob"), unknown("prompt", "9"));
    assert_eq!(reason("0,8,1,7,secret,left,Ada,Eve"), unknown("model", "7"));
    assert_eq!(reason("0,8,1,2, ,left,Ada,Bob"), Reason::MissingField { field: "worker" });
    assert_eq!(
        reason("0,x,1,2,secret,left,Ada,Bob"),
        Reason::WrongType { field: "prompt", expected: "an integer", found: "a text" }
    );
    assert_eq!(
        reason("0,8,1,2,secret,left,Ada,Eve"),
        Reason::NamesDisagree { id: 2, here: "Eve".into(), before: "Bob".into() }
    );
}

#[test]
fn blank_repeated_and_dangling_results_are_left_out() {
    let results = r#"{"id":2,"model":3,"result":"\n","prompt":8}
{"id":3,"model":1,"result":"again","prompt":8}
{"id":4,"model":9,"result":"x","prompt":8}
{"id":5,"model":3,"result":"x","prompt":9}
{"id":6,"model":3,"result":7,"prompt":8}
{"id":7,"result":"x","prompt":8}
"#;
    let kept = read_folder("", "", results, "");
    assert_eq!(kept.generations.len(), 2);
    let unknown = |kind, name: &str| Reason::UnknownReference { kind, name: name.into() };
    assert_eq!(
        kept.reasons(),
        [
            (3, Reason::EmptyText { field: "result" }),
            (4, Reason::Duplicate { what: "result of model 1 for prompt 8".into() }),
            (5, unknown("model", "9")),
            (6, unknown("prompt", "9")),
            (7, Reason::WrongType { field: "result", expected: "a text", found: "a number" }),
            (8, Reason::MissingField { field: "model" }),
        ]
    );
}

#[test]
fn repeated_ids_and_empty_names_are_left_out_and_a_repeated_text_is_one_prompt() {
    let prompts = "{\"id\":8,\"text\":\"Other.\"}\n{\"id\":9,\"text\":\"Haiku.\"}\n{\"id\":10,\"text\":\" \"}\n";
    let models = "{\"id\":1,\"name\":\"Other\"}\n{\"id\":4,\"name\":\"\"}\n";
    let kept = read_folder(prompts, models, "", "0,9,1,2,v,left,Ada,Bob\n0,8,1,2,v,left,Ada,Bob\n");
    assert_eq!(
        kept.reasons(),
        [
            (3, Reason::Duplicate { what: "prompt with the id 8".into() }),
            (4, Reason::Duplicate { what: "prompt with the text of prompt 8".into() }),
            (5, Reason::EmptyText { field: "text" }),
            (4, Reason::Duplicate { what: "model with the id 1".into() }),
            (5, Reason::EmptyName { field: "name" }),
        ]
    );
    assert_eq!(kept.votes[0].prompt, kept.votes[1].prompt);
}

#[test]
fn cells_may_be_quoted_and_hold_commas_and_line_breaks() {
    let text = format!("\u{feff}{HEADER}0,8,1,2,v,left,\"Ada, \"\"the\"\"\nfirst\",Bob\r\n0,8,1,2,w,oops,x,Bob\r\n");
    let kept = read_text(text).unwrap();
    assert!(kept.contestants.values().any(|contestant| contestant.name == "Ada, \"the\"\nfirst"));
    assert_eq!(kept.rejections[0].line, 4);
}

#[test]
fn blank_lines_in_a_table_do_not_shift_its_line_numbers() {
    let kept = read_text(format!("{HEADER}\n\n0,8,1,2,v,left,Ada,Bob\n\n0,8,1,2,w,left,Ada,Bob\n")).unwrap();
    assert_eq!(kept.vote_lines, [4, 6]);
}
