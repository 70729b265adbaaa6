//! LLMFAO's crowd votes: 59 models, 8,931 votes, 39 % ties. Contestants by the order in which the votes name them.

use std::collections::HashMap;

use plaudit_domain::Outcome;

use super::shared;

pub(crate) struct Vote {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) outcome: Outcome,
    /// Of both generations: characters, line ends, `**`, and lines that begin with `- `.
    pub(crate) features: [[f64; 4]; 2],
}

pub(crate) fn votes() -> Option<Vec<Vote>> {
    let (votes, results) = (shared::read("llmfao/crowd-comparisons.csv")?, shared::read("llmfao/results.jsonl")?);
    let mut texts = HashMap::new();
    for line in results.lines() {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        let key = (result["prompt"].as_u64().unwrap(), result["model"].as_u64().unwrap());
        let text = result["result"].as_str().unwrap();
        let count = |pattern: &str| text.matches(pattern).count() as f64;
        texts.entry(key).or_insert([text.chars().count() as f64, count("\n"), count("**"), count("\n- ")]);
    }
    let mut names: Vec<String> = Vec::new();
    let mut number = |name: &str| {
        names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        }) as u32
    };
    let rows = csv::Reader::from_reader(votes.as_bytes()).into_records().map(|row| {
        let row = row.unwrap();
        let text = |model: usize| texts[&(row[1].parse().unwrap(), row[model].parse().unwrap())];
        Vote {
            left: number(&row[6]),
            right: number(&row[7]),
            outcome: row[5].parse().unwrap(),
            features: [text(2), text(3)],
        }
    });
    Some(rows.collect())
}
