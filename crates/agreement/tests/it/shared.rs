//! Files of the folder `shared` beside the repository: real votes, for tests only.

use std::{collections::HashMap, io::Read, path::Path};

use plaudit_agreement::{Answer, Order, Panel, Verdict, parse_verdict};
use plaudit_domain::Outcome;

/// The bytes of a file under `shared/data`; `None`, loudly, only when there is no folder `shared` at all.
pub(crate) fn read(name: &str) -> Option<Vec<u8>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.exists() {
        eprintln!("SKIPPED: {} does not exist, so nothing was compared with {name}", shared.display());
        return None;
    }
    let path = shared.join("data").join(name);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The rows of one judge of GenAI-Bench: what it said, what a person said, and whether the benchmark calls it right.
pub(crate) struct Row {
    pub(crate) response: String,
    pub(crate) vote: Outcome,
    pub(crate) correct: bool,
}

pub(crate) fn genai_bench(judge: &str) -> Option<Vec<Row>> {
    let bytes = read(&format!("genai-bench/image_generation-{judge}.jsonl.gz"))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    let rows = text.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let vote = match row["human_vote"].as_str().unwrap() {
            "leftvote" => Outcome::Left,
            "rightvote" => Outcome::Right,
            "tievote" => Outcome::Tie,
            "bothbad_vote" => Outcome::BothBad,
            other => panic!("{other}"),
        };
        Row { response: row["response"].as_str().unwrap().to_owned(), vote, correct: row["correct"].as_bool().unwrap() }
    });
    Some(rows.collect())
}

/// The same as a panel: one vote and one verdict, in the order given, per question. The rows name no contestants.
pub(crate) fn genai_bench_panel(rows: &[Row]) -> (Panel, u32) {
    let mut panel = Panel::new(2);
    let judge = panel.add_judge().unwrap();
    for row in rows {
        let question = panel.add_question(0, 1).unwrap();
        panel.add_vote(question, None, row.vote).unwrap();
        panel.add_verdict(judge, question, Verdict::new(Order::Given, parse_verdict(&row.response))).unwrap();
    }
    (panel, judge)
}

/// LLMFAO's crowd with GPT-4 as the judge.
pub(crate) fn llmfao() -> Option<(Panel, u32)> {
    let (votes, answers) = (read("llmfao/crowd-comparisons.csv")?, read("llmfao/gpt4-crowd-comparisons.csv")?);
    let rows = |bytes: Vec<u8>| -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(&bytes[..]).into_records().map(Result::unwrap).collect()
    };
    let (votes, answers) = (rows(votes), rows(answers));
    let mut names: HashMap<String, u32> = HashMap::new();
    for row in &votes {
        for model in [&row[2], &row[3]] {
            let next = names.len() as u32;
            names.entry(model.to_owned()).or_insert(next);
        }
    }
    let mut panel = Panel::new(names.len() as u32);
    let judge = panel.add_judge().unwrap();
    let mut questions: HashMap<String, u32> = HashMap::new();
    for row in &votes {
        let question = *questions
            .entry(row[0].to_owned())
            .or_insert_with(|| panel.add_question(names[&row[2]], names[&row[3]]).unwrap());
        panel.add_vote(question, Some(row[4].parse().unwrap()), row[5].parse().unwrap()).unwrap();
    }
    for row in &answers {
        let answer = Answer::Outcome(row[4].parse().unwrap());
        panel.add_verdict(judge, questions[&row[0]], Verdict::new(Order::Given, answer)).unwrap();
    }
    Some((panel, judge))
}
