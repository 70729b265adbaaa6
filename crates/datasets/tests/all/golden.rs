//! Counts of the real files, which lie beside the repository and are not part of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use plaudit_datasets::{Fault, ReadOptions, Reason, discover};

use crate::support::{Kept, gzip, read_all, read_text};

/// The folder of real files. `None`, with a word about it, only where there is no shared folder at all.
pub(crate) fn data(test: &str) -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.exists() {
        eprintln!("SKIPPED {test}: no real data, {} does not exist", shared.display());
        return None;
    }
    Some(shared.join("data"))
}

fn read(path: PathBuf) -> Kept {
    read_all(&[path], &ReadOptions::default()).unwrap().0
}

#[test]
fn genai_arena_gives_2060_votes_of_13_models_in_two_arenas() {
    let Some(data) = data("genai_arena") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    let (kept, summaries) = read_all(std::slice::from_ref(&file), &ReadOptions::default()).unwrap();
    let counts: BTreeMap<_, _> = summaries[0].votes.iter().map(|(arena, votes)| (arena.as_str(), *votes)).collect();
    assert_eq!(counts, BTreeMap::from([("image-edition", 83), ("image-generation", 1_977)]));
    assert_eq!((summaries[0].total_votes(), summaries[0].rejections), (2_060, 1));
    assert_eq!(kept.reasons(), [(14_554, Reason::SelfBattle("SDXLTurbo".into()))]);
    assert_eq!(kept.contestants.len(), 13);
    assert_eq!(kept.votes.iter().filter(|vote| vote.anonymous == Some(true)).count(), 1_515);
    assert_eq!(kept.battles().iter().collect::<HashSet<_>>().len(), 2_060);
    assert_eq!(kept.votes.iter().map(|vote| vote.voter).collect::<HashSet<_>>().len(), 2, "one judge, two arenas");
    assert_eq!(kept.vote_lines[..2], [2, 10]);

    let again = read(file.clone());
    assert_eq!(again.votes, kept.votes);
    let compressed = read_text(gzip(std::fs::read(file).unwrap())).unwrap();
    assert_eq!(compressed.votes, kept.votes);
}

#[test]
fn llmfao_gives_8931_votes_of_124_workers_on_59_models_and_13_prompts() {
    let Some(data) = data("llmfao") else { return };
    let kept = read(data.join("llmfao"));
    assert_eq!(kept.votes.len(), 8_931);
    let distinct = |count: usize, what: &str, expected: usize| assert_eq!(count, expected, "{what}");
    distinct(kept.votes.iter().map(|vote| vote.voter).collect::<HashSet<_>>().len(), "workers", 124);
    let voted: BTreeSet<_> = kept.votes.iter().flat_map(|vote| [&vote.left, &vote.right]).collect();
    distinct(voted.len(), "models with votes", 59);
    distinct(kept.votes.iter().filter_map(|vote| vote.prompt).collect::<HashSet<_>>().len(), "prompts with votes", 13);
    distinct(kept.battles().iter().collect::<HashSet<_>>().len(), "battles", 2_139);
    distinct(kept.prompts.len(), "prompts", 19);
    distinct(kept.contestants.len(), "models", 70);

    // Every result is either a generation or blank.
    assert!(kept.rejections.iter().all(|rejection| rejection.reason == Reason::EmptyText { field: "result" }));
    assert_eq!(kept.generations.len() + kept.rejections.len(), 1_133);
    assert_eq!(kept.rejections.len(), BLANK_RESULTS);
    let sides = || kept.votes.iter().flat_map(|vote| [vote.left_generation, vote.right_generation]);
    assert_eq!(sides().filter(Option::is_none).count(), SIDES_WITH_BLANK_RESULTS);

    let again = read(data.join("llmfao"));
    assert_eq!(again.votes, kept.votes);
    assert_eq!(again.generations, kept.generations);

    let alone = read(data.join("llmfao/crowd-comparisons.csv"));
    assert_eq!(alone.battles(), kept.battles());
    let sides = |kept: &Kept| {
        kept.votes.iter().map(|vote| (vote.voter, vote.left.clone(), vote.right.clone())).collect::<Vec<_>>()
    };
    assert_eq!(sides(&alone), sides(&kept));
}

/// 25 results are empty and 44 hold nothing but line breaks.
const BLANK_RESULTS: usize = 69;
/// In 1,208 votes one of the two outputs is blank: the crowd was shown an empty box.
const SIDES_WITH_BLANK_RESULTS: usize = 1_208;

#[test]
fn the_judgments_of_gpt_4_are_passed_over_in_their_folder_and_refused_by_name() {
    let Some(data) = data("gpt4-crowd-comparisons") else { return };
    let found = discover(&[data.join("llmfao")]).unwrap();
    assert!(matches!(found.skipped[..], [ref skipped] if matches!(skipped.fault, Fault::Judgments)));
    let error = discover(&[data.join("llmfao/gpt4-crowd-comparisons.csv")]).err().unwrap();
    assert!(matches!(error.fault, Fault::Judgments));
}

#[test]
fn genai_bench_is_not_recognised_and_described_by_its_keys() {
    let Some(data) = data("genai-bench") else { return };
    let error = discover(&[data.join("genai-bench/image_generation-random.jsonl.gz")]).err().unwrap();
    assert!(error.to_string().contains("idx, prompt, response, model_vote, human_vote"), "{error}");
}
