//! `plaudit agree` on the files that researchers have.

use std::path::PathBuf;

use plaudit::command::agree::{AgreeArgs, Agreement, agreement};

use crate::support::shared_data;

fn agree(votes: &[PathBuf], judgments: &[PathBuf]) -> Agreement {
    let args = AgreeArgs { votes: votes.to_vec(), judgments: judgments.to_vec(), resamples: 200, seed: 1, json: false };
    agreement(&args).unwrap()
}

#[test]
fn genai_benchs_results_give_its_published_accuracies() {
    let Some(data) = shared_data("genai_benchs_results_give_its_published_accuracies") else { return };
    let files = ["gpt4o", "gemini-1.5-pro", "llava", "idefics2", "random"]
        .map(|judge| data.join(format!("genai-bench/image_generation-{judge}.jsonl.gz")));
    let found = agree(&[], &files);
    assert_eq!((found.votes, found.questions, found.judges.len()), (1735, 1735, 5));
    let percent = |name: &str| {
        let judge = found.judges.iter().find(|judge| judge.name.ends_with(name)).unwrap();
        (judge.report.votes.accuracy_four.value().unwrap() * 10_000.0).round() / 100.0
    };
    let published = [("gpt4o", 45.59), ("gemini-1.5-pro", 44.67), ("idefics2", 42.25), ("random", 25.36)];
    for (judge, accuracy) in published {
        assert_eq!(percent(judge), accuracy, "{judge}");
    }
    assert_eq!((percent("llava") * 10.0).round() / 10.0, 37.0);
}

#[test]
fn llmfaos_crowd_and_gpt_4_meet_on_prompt_and_names() {
    let Some(data) = shared_data("llmfaos_crowd_and_gpt_4_meet_on_prompt_and_names") else { return };
    let found = agree(&[data.join("llmfao/crowd-comparisons.csv")], &[data.join("llmfao/gpt4-crowd-comparisons.csv")]);
    assert_eq!((found.votes, found.judgments_without_votes, found.rejected), (8931, 0, 0));
    let report = &found.judges[0].report;
    let share = |value: Option<f64>| (value.unwrap() * 1000.0).round() / 1000.0;
    assert_eq!(share(report.majority.accuracy_three.value()), 0.446);
    assert_eq!(share(report.majority.accuracy_decisive.value()), 0.735);
    assert_eq!(share(found.ceiling.alpha_nominal.value()), 0.291);
    assert_eq!(share(found.ceiling.raw_agreement.value()), 0.532);
}

#[test]
fn what_does_not_meet_or_makes_no_sense_is_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let votes = file(
        "votes.csv",
        "question_id,model_a,model_b,winner,voter\n1,x,y,model_a,ann\n1,y,x,model_b,bob\n1,x,y,tie,ann\n2,x,y,dunno,ann\n3,x,x,tie,ann\n",
    );
    let judgments = file(
        "judge.jsonl",
        concat!(
            "{\"question_id\": 1, \"model_a\": \"x\", \"model_b\": \"y\", \"answer\": \"model_a\", \"confidence\": 0.9}\n",
            "{\"question_id\": 1, \"model_a\": \"x\", \"model_b\": \"y\", \"order\": \"swapped\", \"answer\": \"right\", \"confidence\": 0.9}\n",
            "{\"question_id\": 1, \"model_a\": \"x\", \"model_b\": \"y\", \"answer\": \"tie\"}\n",
            "{\"question_id\": 9, \"model_a\": \"x\", \"model_b\": \"y\", \"answer\": \"tie\"}\n",
            "{\"question_id\": 1, \"model_a\": \"x\", \"answer\": \"tie\"}\n",
        ),
    );
    let found = agree(&[votes], &[judgments]);
    assert_eq!((found.votes, found.repeated_votes), (2, 1), "of ann's two answers the first counts");
    assert_eq!((found.conflicting_judgments, found.judgments_without_votes, found.rejected), (1, 1, 3));
    assert!(found.first_rejected.iter().any(|row| row.contains("line 5") && row.contains("\"dunno\"")), "{found:?}");
    let report = &found.judges[0].report;
    assert_eq!(report.coverage.both_orders, 1);
    assert_eq!(report.votes.accuracy_four.value(), Some(1.0));
}
