//! Exporting what was imported and cast, and reading it back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use plaudit::{
    command::{
        export::{ExportArgs, ExportReport, OutputFormat, Pii, export, plain},
        import::import_source,
    },
    store::{ImportCounts, Store, StoreOptions},
};
use plaudit_datasets::{
    Ballot, BallotOptions, ReadOptions, Roster, discover,
    export::{ExportFormat, LeftOut, SplitBy},
};
use plaudit_domain::{ArenaId, Outcome, VoteId};
use serde_json::json;

use crate::support::{Site, encoded, shared_data, sqlite};

async fn import(store: &Store, path: &Path) {
    for source in discover(&[path.to_owned()]).unwrap().sources {
        import_source(store, source, ReadOptions::default(), None).await.unwrap();
    }
}

async fn import_counts(store: &Store, path: &Path) -> ImportCounts {
    let source = discover(&[path.to_owned()]).unwrap().sources.remove(0);
    import_source(store, source, ReadOptions::default(), None).await.unwrap().counts
}

/// Everything, with voters' names that are the same each time.
fn whole(folder: &Path, format: ExportFormat, name: &str) -> ExportArgs {
    let out = folder.join(format!("{name}.{}", format.extension()));
    ExportArgs { seed: Some(1), pii: Pii::Keep, ..plain(folder, format, &out) }
}

async fn exported(store: &Store, args: &ExportArgs) -> (ExportReport, Vec<u8>) {
    let report = export(store, args).await.unwrap();
    (report, fs::read(&args.out).unwrap())
}

type Counts = BTreeMap<(String, String, Outcome), u64>;

fn counts_read(path: &Path) -> Counts {
    let (mut roster, mut ballots) = (Roster::new(), Vec::new());
    let mut keep = |ballot: Ballot| ballots.push(ballot);
    for source in discover(&[path.to_owned()]).unwrap().sources {
        source.read_ballots(&BallotOptions::default(), &mut roster, &mut keep).unwrap();
    }
    let mut counts = Counts::new();
    for ballot in ballots {
        let name = |number: u32| roster.arenas()[ballot.arena as usize].entrants()[number as usize].slug.to_string();
        *counts.entry((name(ballot.left), name(ballot.right), ballot.outcome)).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn llmfao_leaves_in_every_format_and_comes_back_with_the_same_counts() {
    let Some(data) = shared_data("llmfao_leaves_in_every_format_and_comes_back_with_the_same_counts") else { return };
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let folder = folder.path();
    let llmfao = folder.join("llmfao");
    fs::create_dir(&llmfao).unwrap();
    for name in ["prompts.jsonl", "models.jsonl", "results.jsonl", "crowd-comparisons.csv"] {
        fs::copy(data.join("llmfao").join(name), llmfao.join(name)).unwrap();
    }
    import(&store, &llmfao).await;
    let expected = counts_read(&llmfao);
    assert_eq!(expected.values().sum::<u64>(), 8_931);
    let arena = ArenaId::of(&"llmfao".parse().unwrap());
    let votes = store.votes_from(arena, VoteId::from_bytes([0; 16])).await.unwrap();
    let voters: BTreeSet<_> = votes.iter().map(|vote| vote.voter).collect();
    let reads_back = [
        ExportFormat::PlauditJsonl,
        ExportFormat::PlauditParquet,
        ExportFormat::Arena140k,
        ExportFormat::GenaiArena,
        ExportFormat::GenaiBench,
        ExportFormat::Csv,
    ];
    for format in reads_back {
        let args = whole(folder, format, &format!("{format}"));
        let (report, bytes) = exported(&store, &args).await;
        assert_eq!(report.summary.votes, 8_931, "{format}");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!voters.iter().any(|voter| text.contains(&voter.to_string())), "{format} holds a stored voter id");
        assert!(counts_read(&args.out) == expected, "{format}");
    }
    // One contestant's votes are enough for what only leaves.
    let one = store.contestants().await.unwrap().into_iter().find(|contestant| contestant.name == "GPT 4").unwrap();
    for format in ExportFormat::ALL {
        let args = ExportArgs { contestant: vec![one.slug.clone()], ..whole(folder, format, &format!("{format}-one")) };
        let (report, bytes) = exported(&store, &args).await;
        assert!(report.summary.votes > 100, "{format}");
        let again = ExportArgs { out: folder.join(format!("{format}-again.{}", format.extension())), ..args };
        assert!(bytes == exported(&store, &again).await.1, "{format}: the same export is the same bytes");
        let with_texts =
            report.summary.votes - report.summary.left_out.get(&LeftOut::NoText).copied().unwrap_or_default();
        match format {
            ExportFormat::TrlUnpaired => assert_eq!(report.summary.rows, 2 * with_texts),
            ExportFormat::TrlPreference => {
                assert_eq!(report.summary.rows, with_texts - report.summary.left_out[&LeftOut::Undecided]);
            }
            _ => {}
        }
    }
    let (other, copy) = sqlite(StoreOptions::default()).await;
    import(&other, &whole(folder, ExportFormat::PlauditJsonl, "plaudit-jsonl").out).await;
    let back = whole(copy.path(), ExportFormat::PlauditJsonl, "back");
    export(&other, &back).await.unwrap();
    assert!(counts_read(&back.out) == expected, "what was exported can be imported and exported again");
}

/// A file of a dataset as JSON.
fn statistics(dataset: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(dataset.join("statistics.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn llmfao_leaves_as_a_dataset_that_says_what_the_crowd_agrees_on_and_is_the_same_again() {
    let name = "llmfao_leaves_as_a_dataset_that_says_what_the_crowd_agrees_on_and_is_the_same_again";
    let Some(data) = shared_data(name) else { return };
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let folder = folder.path();
    let llmfao = folder.join("llmfao");
    fs::create_dir(&llmfao).unwrap();
    for name in ["prompts.jsonl", "models.jsonl", "results.jsonl", "crowd-comparisons.csv"] {
        fs::copy(data.join("llmfao").join(name), llmfao.join(name)).unwrap();
    }
    import(&store, &llmfao).await;
    let args = |name: &str, by: SplitBy| ExportArgs {
        seed: Some(1),
        pii: Pii::Keep,
        split_by: Some(by),
        test_share: Some(0.2),
        ..plain(folder, OutputFormat::Dataset, &folder.join(name))
    };
    for by in [SplitBy::Prompt, SplitBy::Pair, SplitBy::None] {
        let (one, two) = (args(&format!("{by}"), by), args(&format!("{by}-again"), by));
        let report = export(&store, &one).await.unwrap();
        export(&store, &two).await.unwrap();
        for file in report.dataset.unwrap().files {
            assert!(fs::read(one.out.join(&file)).unwrap() == fs::read(two.out.join(&file)).unwrap(), "{by}: {file}");
        }
        assert!(counts_read(&one.out) == counts_read(&llmfao), "{by}: the dataset read back has the same counts");
        let found = statistics(&one.out);
        assert_eq!((&found["votes"], &found["checkpoint"]["events"]), (&json!(8_931), &json!(8_931)));
        // The figure of `plaudit agree`, whichever answer is called left.
        let agreement = found["agreement"]["raw_agreement"]["estimate"]["value"].as_f64().unwrap();
        assert_eq!((agreement * 1000.0).round() / 1000.0, 0.532);
    }
    let error = export(&store, &args("none", SplitBy::None)).await.unwrap_err().to_string();
    assert!(error.contains("already exists"), "{error}");
    let wrong = ExportArgs { split_by: Some(SplitBy::Pair), ..whole(folder, ExportFormat::Csv, "wrong") };
    let error = export(&store, &wrong).await.unwrap_err().to_string();
    assert!(error.contains("--split-by is for --format dataset") && !wrong.out.exists(), "{error}");
}

#[tokio::test]
async fn the_licence_of_a_row_is_the_command_lines_or_else_its_arenas() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    site.post("/api/vote", &cookie, &format!("ticket={}&outcome=left&publish=true", encoded(&ticket))).await;
    for (asked, expected) in [(None, "CC0-1.0"), (Some("CC-BY-SA-4.0"), "CC-BY-SA-4.0")] {
        let args = ExportArgs {
            licence: asked.map(str::to_owned),
            ..whole(site.folder.path(), ExportFormat::PlauditJsonl, expected)
        };
        let (report, bytes) = exported(&site.store, &args).await;
        assert_eq!(report.licences.into_iter().collect::<Vec<_>>(), [expected]);
        let row: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(row["license"], expected);
    }
}

#[tokio::test]
async fn a_vote_whose_voter_did_not_agree_is_in_no_export_and_the_card_says_how_many_there_are() {
    let site = Site::new().await;
    let folder = site.folder.path();
    let mut cast = Vec::new();
    for (outcome, publish) in [("left", true), ("right", false), ("left", true), ("both_bad", false), ("tie", true)] {
        let (cookie, ticket) = site.open_battle().await;
        let form = format!("ticket={}&outcome={outcome}&publish={publish}", encoded(&ticket));
        let receipt = site.post("/api/vote", &cookie, &form).await;
        let receipt: serde_json::Value = serde_json::from_str(&receipt.body).unwrap();
        cast.push((receipt["battle"].as_str().unwrap().to_owned(), publish));
        site.clock.advance_millis(10);
    }
    assert_eq!(site.votes_on_board(), 5, "the board counts them all");
    for format in ExportFormat::ALL {
        // Whatever else is asked for.
        let args = ExportArgs { with_excluded: true, ..whole(folder, format, &format!("{format}")) };
        let (report, bytes) = exported(&site.store, &args).await;
        assert_eq!((report.summary.votes, report.unpublished), (3, 2), "{format}");
        let text = String::from_utf8_lossy(&bytes);
        for (battle, publish) in &cast {
            assert!(
                *publish || !text.contains(battle),
                "{format} holds the battle of a vote that is not to be published"
            );
        }
    }
    let out = folder.join("dataset");
    let args = ExportArgs { seed: Some(1), ..plain(folder, OutputFormat::Dataset, &out) };
    export(&site.store, &args).await.unwrap();
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("3 votes of 3 voters"), "{card}");
    assert!(card.contains("2 votes were left out for lack of consent"), "{card}");
    let found = statistics(&out);
    assert_eq!((&found["votes"], &found["left_out_without_consent"]), (&json!(3), &json!(2)));
    assert_eq!(found["checkpoint"]["events"], 5, "the log has them all");
}

#[tokio::test]
async fn the_checkpoint_of_a_dataset_is_an_event_of_the_log_and_no_choice_about_publication() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    site.post("/api/vote", &cookie, &format!("ticket={}&outcome=left&publish=true", encoded(&ticket))).await;
    let last = site.store.last_event().await.unwrap().unwrap();
    site.clock.advance_millis(10);
    let other = site.get("/data", None).await.cookie();
    assert_eq!(site.post("/api/publish", &other, "agreed=false").await.status, axum::http::StatusCode::OK);
    assert!(site.store.last_event().await.unwrap().unwrap() > last);
    let out = site.folder.path().join("dataset");
    export(&site.store, &plain(site.folder.path(), OutputFormat::Dataset, &out)).await.unwrap();
    assert_eq!(statistics(&out)["checkpoint"]["last_event"], json!(last.to_string()));
}

/// All votes of a store, those that were imported too.
async fn all_votes(store: &Store) -> u64 {
    let mut votes = 0;
    for arena in store.arenas().await.unwrap() {
        votes += store.votes_from(arena.id, VoteId::from_bytes([0; 16])).await.unwrap().len() as u64;
    }
    votes
}

#[tokio::test]
async fn a_site_that_imports_its_own_export_counts_no_vote_twice() {
    let site = Site::new().await;
    for outcome in ["left", "right", "tie"] {
        let (cookie, ticket) = site.open_battle().await;
        site.post("/api/vote", &cookie, &format!("ticket={}&outcome={outcome}&publish=true", encoded(&ticket))).await;
    }
    let folder = site.folder.path();
    let before = all_votes(&site.store).await;
    assert_eq!(before, 3);
    for (format, seed) in [(ExportFormat::PlauditJsonl, 1), (ExportFormat::PlauditParquet, 2)] {
        // Each export calls the voters by other names.
        let args = ExportArgs { seed: Some(seed), ..whole(folder, format, "own") };
        export(&site.store, &args).await.unwrap();
        let counts = import_counts(&site.store, &args.out).await;
        assert_eq!((counts.votes, counts.votes_known), (0, 3), "{format}");
        assert_eq!(all_votes(&site.store).await, before, "{format}");
    }
}

#[tokio::test]
async fn two_exports_of_one_site_are_the_same_votes_elsewhere_and_on_their_way_back() {
    let site = Site::new().await;
    let mut exports = Vec::new();
    for (seed, outcome) in [(1, "left"), (2, "right")] {
        let (cookie, ticket) = site.open_battle().await;
        site.post("/api/vote", &cookie, &format!("ticket={}&outcome={outcome}&publish=true", encoded(&ticket))).await;
        let args = ExportArgs {
            seed: Some(seed),
            ..whole(site.folder.path(), ExportFormat::PlauditJsonl, &format!("{seed}"))
        };
        export(&site.store, &args).await.unwrap();
        exports.push(args.out);
    }
    let (other, folder) = sqlite(StoreOptions::default()).await;
    let first = import_counts(&other, &exports[0]).await;
    let second = import_counts(&other, &exports[1]).await;
    assert_eq!((first.votes, second.votes, second.votes_known), (1, 1, 1));
    // What the other site exports are still the first one's votes.
    let back = whole(folder.path(), ExportFormat::PlauditParquet, "back");
    export(&other, &back).await.unwrap();
    let returned = import_counts(&site.store, &back.out).await;
    assert_eq!((returned.votes, returned.votes_known, all_votes(&site.store).await), (0, 2, 2));
}

#[tokio::test]
async fn a_known_vote_with_another_outcome_is_an_error_that_names_it_and_imports_nothing() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    site.post("/api/vote", &cookie, &format!("ticket={}&outcome=left&publish=true", encoded(&ticket))).await;
    let args = whole(site.folder.path(), ExportFormat::PlauditJsonl, "own");
    let (_, bytes) = exported(&site.store, &args).await;
    let changed = String::from_utf8(bytes).unwrap().replace("\"winner\":\"left\"", "\"winner\":\"right\"");
    let row: serde_json::Value = serde_json::from_str(&changed).unwrap();
    fs::write(&args.out, &changed).unwrap();
    let source = discover(std::slice::from_ref(&args.out)).unwrap().sources.remove(0);
    let error = import_source(&site.store, source, ReadOptions::default(), None).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains(row["vote_id"].as_str().unwrap()) && error.contains("another content"), "{error}");
    assert_eq!(all_votes(&site.store).await, 1);
}

#[tokio::test]
async fn filters_count_what_they_leave() {
    let Some(data) = shared_data("filters_count_what_they_leave") else { return };
    let (store, folder) = sqlite(StoreOptions::default()).await;
    import(&store, &data.join("genai-arena/battles-20240220.json")).await;
    let all = whole(folder.path(), ExportFormat::PlauditJsonl, "all");
    let edits = ExportArgs { arena: Some("image-edition".parse().unwrap()), ..all.clone() };
    assert_eq!(export(&store, &edits).await.unwrap().summary.votes, 83);
    let ties = ExportArgs { outcome: vec![Outcome::Tie, Outcome::BothBad], ..all.clone() };
    let report = export(&store, &ties).await.unwrap();
    assert_eq!(report.steps[0].1, 2_060);
    assert!(
        report.summary.votes > 0 && counts_read(&ties.out).keys().all(|(_, _, outcome)| outcome.left_score() == 0.5)
    );
    let late = ExportArgs { since: Some(plaudit_domain::Timestamp(1_708_000_000_000)), ..all.clone() };
    let early = ExportArgs { since: None, until: late.since, ..late.clone() };
    let votes = async |args: &ExportArgs| export(&store, args).await.unwrap().summary.votes;
    assert_eq!(votes(&late).await + votes(&early).await, 2_060);
    let cast = ExportArgs { source: Some(plaudit::command::export::Source::Cast), ..all.clone() };
    assert_eq!(votes(&cast).await, 0);
    let dense = ExportArgs { min_votes_per_pair: Some(50), ..all.clone() };
    assert!(votes(&dense).await < 2_060 && votes(&dense).await > 0);
    let unknown = ExportArgs { arena: Some("nowhere".parse().unwrap()), ..all };
    let error = export(&store, &unknown).await.unwrap_err().to_string();
    assert!(error.contains("image-edition"), "{error}");
}

#[tokio::test]
async fn prompts_are_filtered_by_their_language_and_answers_that_tell_who_made_them_are_left_out() {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let folder = folder.path();
    let battle = |number: usize, asked: &str, [left, right]: [&str; 2]| {
        let chat = |text: &str| json!([{ "role": "user", "content": asked }, { "role": "assistant", "content": text }]);
        json!({
            "question_id": number.to_string(), "model_a": "vicuna-13b", "model_b": "blue", "winner": "model_a", "judge": "ann",
            "turn": 1, "language": "unknown", "tstamp": 1_700_000_000.0 + number as f64,
            "conversation_a": chat(left), "conversation_b": chat(right),
        })
    };
    let rows = [
        battle(0, "Who was the first person on the moon?", ["Neil Armstrong.", "I am not sure."]),
        battle(1, "Wer war der erste Mensch auf dem Mond?", ["Neil Armstrong.", "Das war Neil Armstrong."]),
        battle(2, "Please tell me your name first.", ["I am Vicuna.", "Nobody."]),
        battle(3, "Do you know any other model?", ["Not one.", "As an AI, I was trained by OpenAI."]),
        battle(4, "pen", ["pen", "pencil"]),
    ];
    fs::write(folder.join("battles.json"), serde_json::Value::from(rows.to_vec()).to_string()).unwrap();
    assert_eq!(import_counts(&store, &folder.join("battles.json")).await.votes, 5);
    let (_, bytes) = exported(&store, &whole(folder, ExportFormat::PlauditJsonl, "all")).await;
    let text = String::from_utf8(bytes).unwrap();
    let column = |name: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()[name].clone()).collect()
    };
    assert_eq!(column("language"), [json!("en"), json!("de"), json!("en"), json!("en"), json!(null)]);
    assert_eq!(column("leaked"), [json!(false), json!(false), json!(true), json!(true), json!(false)]);

    let ask = async |languages: &[&str], without_leaks: bool| {
        let language = languages.iter().map(|tag| tag.parse().unwrap()).collect();
        let args = ExportArgs { language, without_leaks, ..whole(folder, ExportFormat::Csv, "some") };
        let report = export(&store, &args).await.unwrap();
        (report.summary.votes, report.steps.iter().map(|(step, votes)| format!("{votes} {step}")).collect::<Vec<_>>())
    };
    assert_eq!(ask(&["en"], false).await.0, 3);
    assert_eq!(ask(&["de", "und"], false).await.0, 2);
    let (votes, steps) = ask(&["en"], true).await;
    assert_eq!(votes, 1);
    assert!(steps.contains(&"3 on prompts in the languages asked for".to_owned()), "{steps:?}");
    assert!(steps.contains(&"1 with answers that do not tell who made them".to_owned()), "{steps:?}");
}

#[tokio::test]
async fn nothing_of_a_visitor_leaves_but_the_vote() {
    let site = Site::new().await;
    let (cookie, ticket) = site.open_battle().await;
    let form = format!("ticket={}&outcome=left&publish=true", encoded(&ticket));
    site.post("/api/vote", &cookie, &form).await;
    let arena = ArenaId::of(&"text".parse().unwrap());
    let votes = site.store.votes_from(arena, VoteId::from_bytes([0; 16])).await.unwrap();
    assert_eq!(votes.len(), 1);
    let value = cookie.split_once('=').unwrap().1;
    for format in ExportFormat::ALL {
        let (report, bytes) = exported(&site.store, &whole(site.folder.path(), format, "cast")).await;
        assert_eq!(report.summary.votes, 1);
        let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        for secret in [value.as_bytes(), votes[0].voter.to_string().as_bytes(), votes[0].voter.as_bytes(), b"127.0.0.1"]
        {
            assert!(!holds(secret), "{format} holds {}", String::from_utf8_lossy(secret));
        }
    }
    let dataset = plain(site.folder.path(), OutputFormat::Dataset, &site.folder.path().join("dataset"));
    let files = export(&site.store, &dataset).await.unwrap().dataset.unwrap().files;
    // One more where the vote fell into the test split: that depends on the prompt that was drawn.
    assert!((4..=5).contains(&files.len()), "{files:?}");
    for file in files {
        let bytes = fs::read(dataset.out.join(&file)).unwrap();
        let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        for secret in [value.as_bytes(), votes[0].voter.to_string().as_bytes(), votes[0].voter.as_bytes(), b"127.0.0.1"]
        {
            assert!(!holds(secret), "{file} holds {}", String::from_utf8_lossy(secret));
        }
    }
}

#[tokio::test]
async fn a_site_that_imports_its_own_export_with_masked_texts_adds_none_of_them() {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let folder = folder.path();
    let chat = |name: &str, text: &str| json!([{ "role": "user", "content": "Write to ann@mail.example" }, { "role": "assistant", "content": format!("{name}: {text}") }]);
    let rows: Vec<_> = (0..3)
        .map(|number| {
            json!({
                "question_id": number.to_string(), "model_a": "red", "model_b": "blue", "winner": "model_a", "judge": "ann",
                "turn": 1, "language": "English", "tstamp": 1_700_000_000.0 + f64::from(number),
                "conversation_a": chat("red", &number.to_string()), "conversation_b": chat("blue", "ask bob@mail.example"),
            })
        })
        .collect();
    fs::write(folder.join("battles.json"), serde_json::Value::from(rows).to_string()).unwrap();
    let first = import_counts(&store, &folder.join("battles.json")).await;
    assert_eq!((first.votes, first.prompts, first.generations), (3, 1, 4));
    let masked = ExportArgs { pii: Pii::Mask, ..whole(folder, ExportFormat::PlauditJsonl, "masked") };
    let (_, bytes) = exported(&store, &masked).await;
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("mail.example") && text.contains("red: 0"), "{text}");
    let again = import_counts(&store, &masked.out).await;
    assert_eq!(again, ImportCounts { votes_known: 3, ..ImportCounts::default() });
    let (other, _copy) = sqlite(StoreOptions::default()).await;
    let elsewhere = import_counts(&other, &masked.out).await;
    assert_eq!(
        (elsewhere.votes, elsewhere.prompts, elsewhere.generations),
        (3, 1, 4),
        "where they are new they have texts"
    );
}
