//! PandaLM, Open WebUI, and conversations of Chatbot Arena.

use plaudit_datasets::{BallotOptions, Fault, Format, ReadOptions, Reason, discover};
use plaudit_domain::Outcome;

use crate::support::{Folder, count_all, into_arena, read_all, read_text};

/// Two rows as PandaLM's file has them, with the `NaN` that Python writes.
const PANDALM: &str = r#"[
    {
        "idx": 0, "motivation_app": "Grammarly", "cmp_key": "bloom-7b_llama-7b", "instruction": "Rewrite \"NaN\".",
        "input": "If you have any questions", "response1": "A", "response2": "B",
        "annotator1": 2, "annotator2": 1, "annotator3": 0
    },
    {
        "idx": 1, "motivation_app": "Google Search", "cmp_key": "cerebras-gpt-6.7B_bloom-7b", "instruction": "Queries.",
        "input": NaN, "response1": "C", "response2": " ", "annotator1": 1, "annotator2": 1, "annotator3": 1
    },
    {"idx": 2, "cmp_key": "one", "instruction": "x", "input": NaN, "response1": "", "response2": "", "annotator1": 1},
    {"idx": 3, "cmp_key": "a_b", "instruction": "x", "input": NaN, "response1": "", "response2": "", "annotator1": 3}
]"#;

#[test]
fn every_annotator_of_pandalm_votes_and_its_nan_is_no_input() {
    let kept = read_text(PANDALM).unwrap();
    assert_eq!(kept.votes.len(), 6);
    assert_eq!(
        kept.votes.iter().map(|vote| vote.outcome).collect::<Vec<_>>(),
        [Outcome::Right, Outcome::Left, Outcome::Tie, Outcome::Left, Outcome::Left, Outcome::Left]
    );
    let sides = |vote: usize| (kept.votes[vote].left.as_str(), kept.votes[vote].right.as_str());
    assert_eq!((sides(0), sides(3)), (("bloom-7b", "llama-7b"), ("cerebras-gpt-6-7b", "bloom-7b")));
    assert_eq!(kept.votes[0].battle, kept.votes[2].battle, "three voters on one battle");
    assert_ne!(kept.votes[0].voter, kept.votes[1].voter);
    assert_eq!(kept.votes[0].voter, kept.votes[3].voter, "the first annotator is the same in both rows");
    let prompts: Vec<_> = kept.prompts.values().map(|prompt| prompt.text.as_str()).collect();
    assert!(prompts.contains(&"Queries.") && prompts.contains(&"Rewrite \"NaN\".\n\nIf you have any questions"));
    assert!(
        kept.votes[3].left_generation.is_some() && kept.votes[3].right_generation.is_none(),
        "a blank is no answer"
    );
    assert_eq!(kept.reasons().iter().map(|(line, _)| *line).collect::<Vec<_>>(), [11, 12]);
    assert_eq!(kept.reasons()[1].1, Reason::UnknownOutcome("3".into()));
}

#[test]
fn pandalm_cut_off_says_where() {
    match read_text(&PANDALM[..400]).err().unwrap().fault {
        Fault::Syntax { line: 9, .. } => {}
        other => panic!("{other:?}"),
    }
}

const FEEDBACK: &str = r#"[
{"id":"f1","user_id":"u1","version":0,"type":"rating","data":{"rating":1,"model_id":"llama","sibling_model_ids":["gemma","qwen"],"reason":"","comment":"x@example.org"},"meta":{"arena":true,"chat_id":"c"},"snapshot":{"chat":{"title":"a secret"}},"created_at":1730000000,"updated_at":1730000001},
{"id":"f2","user_id":"u2","version":0,"type":"rating","data":{"rating":"-1","model_id":"gemma","sibling_model_ids":["llama"]},"meta":{"arena":false},"snapshot":null,"created_at":1730000002,"updated_at":1730000003},
{"id":"f3","user_id":"u2","version":0,"type":"rating","data":{"rating":1,"model_id":"gemma","sibling_model_ids":null},"meta":{},"snapshot":null,"created_at":1730000002,"updated_at":1730000003},
{"id":"f4","user_id":"u2","version":0,"type":"rating","data":{"rating":5,"model_id":"gemma","sibling_model_ids":["llama"]},"meta":{},"snapshot":null,"created_at":1730000002,"updated_at":1730000003}
]"#;

#[test]
fn a_rating_of_open_webui_is_a_vote_against_every_model_beside_it_and_none_without() {
    let kept = read_text(FEEDBACK).unwrap();
    let votes: Vec<_> = kept.votes.iter().map(|vote| (vote.left.as_str(), vote.right.as_str(), vote.outcome)).collect();
    assert_eq!(
        votes,
        [("gemma", "llama", Outcome::Right), ("llama", "qwen", Outcome::Left), ("gemma", "llama", Outcome::Right)]
    );
    assert_eq!((kept.votes[0].anonymous, kept.votes[2].anonymous), (Some(true), Some(false)));
    assert_eq!(kept.votes[0].cast_at.unwrap().0, 1_730_000_000_000);
    assert!(kept.prompts.is_empty() && kept.generations.is_empty(), "people's chats stay where they are");
    let reasons = kept.reasons();
    assert_eq!(reasons.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5]);
    assert!(reasons[0].1.to_string().contains("beside no other"), "{}", reasons[0].1);
    assert!(!kept.rejections.iter().any(|rejection| rejection.excerpt.contains("u2")), "no voter is shown");
}

#[test]
fn numbers_and_records_of_foreign_files_are_the_same_votes() {
    let folder = Folder::new();
    for (name, text, format) in [("p", PANDALM, Format::PandaLm), ("w", FEEDBACK, Format::OpenWebUi)] {
        let path = folder.file(name, text);
        assert_eq!(discover(std::slice::from_ref(&path)).unwrap().sources[0].format, format);
        let (kept, _) = read_all(std::slice::from_ref(&path), &ReadOptions::default()).unwrap();
        let counted = count_all(&[path], &BallotOptions { voters: true, ..BallotOptions::default() }).unwrap();
        let arena = &counted.roster.arenas()[0];
        let slug = |number: u32| arena.entrants()[number as usize].slug.clone();
        let ballots: Vec<_> = counted
            .ballots
            .iter()
            .map(|one| (slug(one.left), slug(one.right), one.outcome, arena.voters()[one.voter.unwrap() as usize]))
            .collect();
        let votes: Vec<_> =
            kept.votes.iter().map(|one| (one.left.clone(), one.right.clone(), one.outcome, one.voter)).collect();
        assert_eq!(ballots, votes, "{name}");
        assert_eq!(counted.summaries[0].rejections, 2, "{name}");
    }
}

#[test]
fn a_file_read_into_an_arena_has_that_arenas_votes() {
    let folder = Folder::new();
    let (kept, _) = read_all(&[folder.file("x", FEEDBACK)], &into_arena("ours")).unwrap();
    assert!(kept.votes.iter().all(|vote| vote.arena.as_str() == "ours"));
}

#[test]
fn conversations_of_one_turn_give_prompt_and_answers_and_longer_ones_the_vote_alone() {
    let row = |winner: &str, a: &str, b: &str| {
        format!(
            r#"{{"question_id":"q","model_a":"x","model_b":"y","winner":"{winner}","judge":"j","conversation_a":{a},"conversation_b":{b},"turn":1,"anony":true,"language":"English","tstamp":1.5}}"#
        )
    };
    let turn = |question: &str, answer: &str| {
        format!(r#"[{{"content":"{question}","role":"user"}},{{"content":"{answer}","role":"assistant"}}]"#)
    };
    let typed = r#"[{"role":"user","content":[{"type":"text","text":"Why?","image":null}]},{"role":"assistant","content":[{"type":"text","text":"So."}]}]"#;
    let longer = turn("Why?", "So.").replace(']', r#",{"content":"And?","role":"user"}]"#);
    let log = [
        row("model_a", &turn("Why?", "Because."), &turn("Why?", "So.")),
        row("model_b", &turn("Why?", "Because."), typed),
        row("tie", &longer, &longer),
        row("tie", &turn("Why?", "A"), &turn("How?", "B")),
    ];
    let kept = read_text(log.join("\n")).unwrap();
    assert_eq!((kept.votes.len(), kept.prompts.len(), kept.generations.len()), (4, 1, 2));
    assert_eq!(kept.votes[0].left_generation, kept.votes[1].left_generation);
    assert_eq!(kept.votes[0].right_generation, kept.votes[1].right_generation, "typed content is the same text");
    assert_eq!((kept.votes[2].prompt, kept.votes[3].prompt), (None, None));
    // Battles are what they were before texts were read.
    let without = kept.battles();
    assert_eq!(without.len(), 4);
}
