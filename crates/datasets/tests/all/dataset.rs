//! Datasets: folders that a hub takes as they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU64,
    path::Path,
    process::Command,
};

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::RowAccessor,
};
use plaudit_datasets::export::{
    DatasetFacts, DatasetOptions, DatasetSummary, DatasetWriter, ExportFault, ExportedPrompt, ExportedVote, LeftOut,
    LogCheckpoint, Split, SplitBy,
};
use plaudit_domain::{
    Outcome, VoteId,
    agreement::{Absence, Figure, HumanCeiling},
};
use serde_json::{Value, json};

use crate::{
    export::{side, vote},
    support::Folder,
};

fn facts() -> DatasetFacts {
    let none = Figure::Absent(Absence::SingleVotes);
    DatasetFacts {
        title: "Text: \"votes\"".to_owned(),
        agreement: HumanCeiling {
            questions: 0,
            votes: 0,
            raw_agreement: none,
            raw_agreement_three: none,
            alpha_nominal: none,
            alpha_nominal_three: none,
            alpha_ordinal: none,
            leave_one_out_four: none,
            leave_one_out_three: none,
            leave_one_out_decisive: none,
        },
        checkpoint: Some(LogCheckpoint { events: 7, last: VoteId::from_bytes([9; 16]), root: [0xab; 32] }),
        filters: vec![("to begin with".to_owned(), 300)],
        unpublished: 3,
        withheld: vec![("an answer, because it is not verified".to_owned(), 4)],
        personal: "Texts that look personal are not in it.".to_owned(),
    }
}

fn by(by: SplitBy, test_share: f64) -> DatasetOptions {
    let rows_per_file = NonZeroU64::new(1000).unwrap();
    DatasetOptions { split: Split { by, test_share, seed: 0 }, rows_per_file }
}

/// Votes of 20 models on 50 prompts, each prompt in two arenas.
fn votes(number: u16) -> Vec<ExportedVote> {
    let of = |number: u16| {
        let (left, right) = (number % 20, (number + 1 + number / 20 % 19) % 20);
        let mut vote = vote(1, &format!("m{left}"), &format!("m{right}"), Outcome::ALL[usize::from(number % 4)]);
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        id[14..].copy_from_slice(&number.to_be_bytes());
        vote.id = VoteId::from_bytes(id);
        vote.battle = plaudit_domain::BattleId::from_bytes(id);
        vote.arena = if number.is_multiple_of(2) { "text".parse().unwrap() } else { "other".parse().unwrap() };
        let asked = format!("Question {}", number % 50 / 2 * 7);
        let prompt = vote.prompt.as_mut().unwrap();
        prompt.id = plaudit_domain::PromptId::of(&vote.arena, &asked);
        prompt.digest = ExportedPrompt::digest_of(&asked);
        prompt.text = Some(asked.into());
        let prompt = prompt.id;
        vote.left = side(&vote.arena, prompt, &vote.left.name, "Left", 1);
        vote.right = side(&vote.arena, prompt, &vote.right.name, "Right", 1);
        vote
    };
    (0..number).map(of).collect()
}

fn write(target: &Path, options: DatasetOptions, votes: &[ExportedVote]) -> DatasetSummary {
    let mut writer = DatasetWriter::create(target, options).unwrap();
    for vote in votes {
        writer.write(vote).unwrap();
    }
    writer.finish(&facts()).unwrap()
}

/// The rows of a split as vote, prompt, left, right, in the order of its files.
fn rows(folder: &Path, split: &str) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    for name in names(&folder.join("data")).into_iter().filter(|name| name.starts_with(split)) {
        let file = SerializedFileReader::new(fs::File::open(folder.join("data").join(name)).unwrap()).unwrap();
        let names: Vec<String> =
            file.metadata().file_metadata().schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
        let place = |name: &str| names.iter().position(|column| column == name).unwrap();
        let columns = ["vote_id", "prompt", "left", "right"].map(place);
        for row in file.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            rows.push(columns.map(|column| row.get_string(column).unwrap().clone()));
        }
    }
    rows
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// By the file's name its bytes.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let of = |folder: &Path| {
        names(folder).into_iter().map(|name| (name.clone(), fs::read(folder.join(name)))).collect::<Vec<_>>()
    };
    let mut all = of(&folder.join("data"));
    all.extend(of(folder));
    all.into_iter().filter_map(|(name, bytes)| Some((name, bytes.ok()?))).collect()
}

fn statistics(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("statistics.json")).unwrap()).unwrap()
}

#[test]
fn a_dataset_is_a_card_data_statistics_and_checksums_that_hold() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let options = DatasetOptions { rows_per_file: NonZeroU64::new(100).unwrap(), ..by(SplitBy::Prompt, 0.2) };
    let summary = write(&target, options, &votes(1000));
    assert_eq!(names(folder.path()), ["set"], "nothing unfinished stays behind");
    assert_eq!(names(&target), ["README.md", "checksums.sha256", "data", "statistics.json"]);
    let files = names(&target.join("data"));
    let train = summary.train.div_ceil(100);
    assert_eq!(files.iter().filter(|name| name.starts_with("train-")).count() as u64, train);
    assert!(files.contains(&format!("train-00000-of-{train:05}.parquet")), "{files:?}");
    assert_eq!((summary.all.votes, summary.all.rows), (1000, summary.train + summary.test));
    assert_eq!(rows(&target, "train").len() as u64, summary.train);
    assert_eq!(rows(&target, "test").len() as u64, summary.test);

    let checked =
        Command::new("sha256sum").args(["--check", "--strict", "checksums.sha256"]).current_dir(&target).output();
    let checked = checked.unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert_eq!(String::from_utf8_lossy(&checked.stdout).lines().count(), files.len() + 2, "every file is listed");
    fs::write(target.join("statistics.json"), "{}").unwrap();
    let spoilt = Command::new("sha256sum").args(["--check", "checksums.sha256"]).current_dir(&target).output().unwrap();
    assert!(!spoilt.status.success());
}

#[test]
fn the_same_votes_options_and_facts_are_the_same_bytes() {
    let folder = Folder::new();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    write(&one, by(SplitBy::Pair, 0.2), &votes(300));
    write(&two, by(SplitBy::Pair, 0.2), &votes(300));
    assert_eq!(bytes(&one), bytes(&two));
    assert!(bytes(&one).len() >= 5);
}

#[test]
fn no_prompt_is_in_both_splits_not_even_in_two_arenas() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    write(&target, by(SplitBy::Prompt, 0.3), &votes(1000));
    let prompts = |split: &str| rows(&target, split).into_iter().map(|row| row[1].clone()).collect::<BTreeSet<_>>();
    let (train, test) = (prompts("train"), prompts("test"));
    assert!(!train.is_empty() && !test.is_empty());
    assert!(train.is_disjoint(&test));
}

#[test]
fn the_split_by_prompt_is_the_same_where_texts_are_left_away() {
    let folder = Folder::new();
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));
    let mut votes = votes(300);
    let summary = write(&with, by(SplitBy::Prompt, 0.3), &votes);
    for vote in &mut votes {
        vote.prompt.as_mut().unwrap().text = None;
        (vote.left.content, vote.right.content) = (None, None);
    }
    let other = write(&without, by(SplitBy::Prompt, 0.3), &votes);
    assert_eq!((summary.train, summary.test), (other.train, other.test));
    assert_eq!(statistics(&without)["without_texts"], 300);
}

#[test]
fn no_pair_is_in_both_splits_whoever_was_shown_left() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let mut votes = votes(1000);
    for vote in votes.iter_mut().skip(1).step_by(2) {
        std::mem::swap(&mut vote.left, &mut vote.right);
    }
    write(&target, by(SplitBy::Pair, 0.3), &votes);
    let pairs = |split: &str| {
        let pair = |row: [String; 4]| (row[2].clone().min(row[3].clone()), row[2].clone().max(row[3].clone()));
        rows(&target, split).into_iter().map(pair).collect::<BTreeSet<_>>()
    };
    let (train, test) = (pairs("train"), pairs("test"));
    assert!(!train.is_empty() && !test.is_empty());
    assert!(train.is_disjoint(&test));
}

#[test]
fn no_contestant_is_in_both_splits_and_battles_between_them_are_counted() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let summary = write(&target, by(SplitBy::Contestant, 0.4), &votes(1000));
    let contestants = |split: &str| {
        rows(&target, split).into_iter().flat_map(|[_, _, left, right]| [left, right]).collect::<BTreeSet<_>>()
    };
    let (train, test) = (contestants("train"), contestants("test"));
    assert!(!train.is_empty() && !test.is_empty());
    assert!(train.is_disjoint(&test));
    let crossing = summary.all.left_out[&LeftOut::Crossing];
    assert!(crossing > 0);
    assert_eq!(summary.train + summary.test + crossing, 1000);
    assert_eq!(statistics(&target)["crossing"], crossing);
    let card = fs::read_to_string(target.join("README.md")).unwrap();
    assert!(card.contains(&format!("{crossing} votes on battles between the splits stand in neither")), "{card}");
}

#[test]
fn a_later_export_keeps_every_vote_in_its_split_and_a_larger_share_takes_none_out_of_the_test_split() {
    let folder = Folder::new();
    for kind in [SplitBy::Prompt, SplitBy::Pair] {
        let at = |name: &str| folder.path().join(format!("{kind}-{name}"));
        write(&at("early"), by(kind, 0.2), &votes(300));
        write(&at("late"), by(kind, 0.2), &votes(1000));
        write(&at("larger"), by(kind, 0.4), &votes(1000));
        let ids = |name: &str, split: &str| {
            rows(&at(name), split).into_iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>()
        };
        for split in ["train", "test"] {
            assert!(ids("early", split).is_subset(&ids("late", split)), "{kind} {split}");
        }
        assert!(ids("late", "test").is_subset(&ids("larger", "test")), "{kind}");
    }
}

#[test]
fn votes_without_a_known_prompt_go_by_their_battles_and_the_card_says_so() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let mut votes = votes(100);
    votes.iter_mut().take(40).for_each(|vote| vote.prompt = None);
    let summary = write(&target, by(SplitBy::Prompt, 0.5), &votes);
    assert_eq!(summary.without_prompt, 40);
    let card = fs::read_to_string(target.join("README.md")).unwrap();
    assert!(card.contains("40 votes have no known prompt"), "{card}");
}

#[test]
fn statistics_count_what_is_in_the_splits() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    write(&target, by(SplitBy::Prompt, 0.3), &votes(1000));
    let found = statistics(&target);
    assert_eq!(found["format"], "plaudit-statistics/1");
    assert_eq!(found["outcomes"], json!({"left": 250, "right": 250, "tie": 250, "both_bad": 250}));
    assert_eq!(
        (&found["votes"], &found["battles"], &found["contestants"], &found["voters"], &found["prompts"]),
        (&json!(1000), &json!(1000), &json!(20), &json!(1), &json!(25))
    );
    let votes = |split: &str| found["splits"][split]["votes"].as_u64().unwrap();
    assert_eq!(votes("train") + votes("test"), 1000);
    assert_eq!(found["votes_by_arena"], json!({"other": 500, "text": 500}));
    let by_contestant: u64 =
        found["votes_by_contestant"].as_object().unwrap().values().map(|votes| votes.as_u64().unwrap()).sum();
    assert_eq!(by_contestant, 2000);
    assert_eq!(found["checkpoint"]["events"], 7);
    assert_eq!(found["checkpoint"]["root_sha256"], "ab".repeat(32));
    assert_eq!(found["agreement"]["alpha_nominal"], json!({"absent": "single_votes"}));
    assert_eq!(found["first_vote"], "2026-09-21T14:13:20.500Z");
}

#[test]
fn the_card_names_licence_splits_and_where_it_comes_from() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let mut votes = votes(300);
    votes.iter_mut().take(10).for_each(|vote| vote.license = "MIT OR Apache-2.0".into());
    let summary = write(&target, by(SplitBy::Prompt, 0.3), &votes);
    let card = fs::read_to_string(target.join("README.md")).unwrap();
    let (head, text) = card.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    for line in [
        "pretty_name: \"Text: \\\"votes\\\"\"",
        "license: other",
        "license_name: \"CC-BY-4.0 AND (MIT OR Apache-2.0)\"",
        "- \"n<1K\"",
        "- \"text-generation\"",
        "    path: data/test-*",
        &format!("    num_examples: {}", summary.test),
        "  - name: left_seed",
        "    dtype: timestamp[ms, tz=UTC]",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} is not in\n{head}");
    }
    for part in ["## Known limits", "Voters chose themselves", &"ab".repeat(32), "to begin with", "not verified"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn nothing_in_the_test_split_means_no_such_split_in_the_card() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let summary = write(&target, by(SplitBy::Pair, 1e-9), &votes(20));
    assert_eq!(summary.test, 0);
    let card = fs::read_to_string(target.join("README.md")).unwrap();
    assert!(!card.contains("data/test-") && card.contains("none fell into the test split"), "{card}");
}

#[test]
fn a_dataset_that_is_not_finished_leaves_nothing_and_one_that_is_there_is_not_replaced() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let mut writer = DatasetWriter::create(&target, by(SplitBy::None, 0.0)).unwrap();
    writer.write(&votes(1)[0]).unwrap();
    drop(writer);
    assert!(names(folder.path()).is_empty());
    let empty = DatasetWriter::create(&target, by(SplitBy::None, 0.0)).unwrap();
    assert!(matches!(empty.finish(&facts()).unwrap_err().fault, ExportFault::NoVotes));
    assert!(names(folder.path()).is_empty());
    fs::create_dir(&target).unwrap();
    let error = DatasetWriter::create(&target, by(SplitBy::None, 0.0)).err().unwrap();
    assert!(matches!(error.fault, ExportFault::Exists));
    for share in [0.0, 1.0, f64::NAN] {
        let error = DatasetWriter::create(&folder.path().join("x"), by(SplitBy::Prompt, share)).err().unwrap();
        assert!(matches!(error.fault, ExportFault::TestShare { .. }), "{share}");
    }
}

#[test]
fn every_parquet_file_names_the_licence_of_its_rows() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    write(&target, by(SplitBy::None, 0.0), &votes(10));
    let file = fs::File::open(target.join("data/train-00000-of-00001.parquet")).unwrap();
    let metadata = SerializedFileReader::new(file).unwrap();
    let pairs = metadata.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let value = |key: &str| pairs.iter().find(|pair| pair.key == key).unwrap().value.clone().unwrap();
    assert_eq!((value("format").as_str(), value("license").as_str()), ("plaudit-vote/1", "CC-BY-4.0"));
}

#[test]
fn a_dataset_is_read_back_whole_by_its_folder() {
    let folder = Folder::new();
    let target = folder.path().join("set");
    let options = DatasetOptions { rows_per_file: NonZeroU64::new(100).unwrap(), ..by(SplitBy::Prompt, 0.3) };
    let summary = write(&target, options, &votes(500));
    let found = plaudit_datasets::discover(&[target]).unwrap();
    assert_eq!(found.sources.len(), summary.files.len() - 3);
    let mut kept = Vec::new();
    for source in found.sources {
        let mut roster = plaudit_datasets::Roster::new();
        let mut count = |ballot: plaudit_datasets::Ballot| kept.push(ballot.outcome);
        source.read_ballots(&plaudit_datasets::BallotOptions::default(), &mut roster, &mut count).unwrap();
    }
    assert_eq!(kept.len(), 500);
}
