//! Importing real files, and refusing damaged ones.

use std::{path::Path, process::Command};

use plaudit::{
    command::import::{ImportReport, import_source},
    store::{Store, StoreOptions},
};
use plaudit_datasets::{ReadOptions, discover};
use plaudit_domain::VoteId;

use crate::support::{shared_data, sqlite};

async fn import(store: &Store, path: &Path) -> anyhow::Result<Vec<ImportReport>> {
    let mut reports = Vec::new();
    for source in discover(&[path.to_owned()])?.sources {
        reports.push(import_source(store, source, ReadOptions::default(), None).await?);
    }
    Ok(reports)
}

async fn votes(store: &Store, slug: &str) -> usize {
    let arena = plaudit_domain::ArenaId::of(&slug.parse().unwrap());
    store.votes_from(arena, VoteId::from_bytes([0; 16])).await.unwrap().len()
}

#[tokio::test]
async fn the_genai_arena_log_becomes_two_arenas_and_twice_adds_nothing() {
    let Some(data) = shared_data("the_genai_arena_log_becomes_two_arenas_and_twice_adds_nothing") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    let (store, _folder) = sqlite(StoreOptions::default()).await;
    let first = import(&store, &file).await.unwrap().remove(0);
    assert_eq!((first.counts.votes, first.rejected, first.counts.arenas, first.counts.contestants), (2_060, 1, 2, 13));
    assert_eq!(votes(&store, "image-generation").await + votes(&store, "image-edition").await, 2_060);
    let second = import(&store, &file).await.unwrap().remove(0);
    assert_eq!((second.counts.added(), second.counts.votes_known), (0, 2_060));
    let row = store
        .votes_from(plaudit_domain::ArenaId::of(&"image-edition".parse().unwrap()), VoteId::from_bytes([0; 16]))
        .await
        .unwrap();
    assert!(row.iter().all(|vote| vote.imported));
}

#[tokio::test]
async fn the_llmfao_folder_becomes_an_arena_to_vote_in() {
    let Some(data) = shared_data("the_llmfao_folder_becomes_an_arena_to_vote_in") else { return };
    let (store, _folder) = sqlite(StoreOptions::default()).await;
    // The folder also holds GPT-4's judgments, which are no votes and must not become any.
    let folder = tempfile::tempdir().unwrap();
    for name in ["prompts.jsonl", "models.jsonl", "results.jsonl", "crowd-comparisons.csv"] {
        std::fs::copy(data.join("llmfao").join(name), folder.path().join(name)).unwrap();
    }
    import(&store, folder.path()).await.unwrap();
    assert_eq!(votes(&store, "llmfao").await, 8_931);
    let arena = plaudit_domain::ArenaId::of(&"llmfao".parse().unwrap());
    let matchmaker = plaudit::matchmaker::Matchmaker::new(store.generations(arena).await.unwrap());
    assert!(matchmaker.can_battle());
    let again = import(&store, folder.path()).await.unwrap();
    assert_eq!(again.iter().map(|report| report.counts.added()).sum::<u64>(), 0);
}

#[tokio::test]
async fn a_damaged_file_imports_nothing_and_says_where_it_broke() {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let row = r#"{"model_a":"x_A_generation","model_b":"x_B_generation","winner":"model_a","judge":"j","anony":true,"tstamp":1707700514.3}"#;
    let whole = format!("[\n{}\n]", vec![row; 2_000].join(",\n"));
    let path = folder.path().join("battles.json");
    std::fs::write(&path, &whole[..whole.len() - 60]).unwrap();
    let error = import(&store, &path).await.unwrap_err();
    assert!(format!("{error:#}").contains("200"), "the line is named: {error:#}");
    assert_eq!(votes(&store, "image-generation").await, 0);
    assert_eq!(store.content_version().await.unwrap().imports, 0);
    std::fs::write(&path, &whole).unwrap();
    import(&store, &path).await.unwrap();
    assert_eq!(votes(&store, "image-generation").await, 2_000, "identical rows are votes of their own");
}

#[test]
fn the_command_lists_rejected_rows_beside_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("battles.json");
    let good = r#"{"model_a":"x_A_generation","model_b":"x_B_generation","winner":"model_a","judge":"j","anony":true,"tstamp":1707700514.3}"#;
    let self_battle = good.replace("x_B", "x_A");
    let unknown = good.replace("\"winner\":\"model_a\"", "\"winner\":\"draw\"");
    std::fs::write(&file, format!("[\n{good},\n{self_battle},\n{unknown}\n]\n")).unwrap();
    let data = folder.path().join("data");
    let output =
        Command::new(env!("CARGO_BIN_EXE_plaudit")).args(["import", "--data"]).arg(&data).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = std::fs::read_dir(data.join("rejected")).unwrap().next().unwrap().unwrap();
    let rows: Vec<serde_json::Value> =
        std::fs::read_to_string(list.path()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row["line"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 4]);
    assert!(rows.iter().all(|row| !row["reason"].as_str().unwrap().is_empty()));
}

#[test]
fn a_file_that_is_nothing_known_fails_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.csv");
    std::fs::write(&file, "a,b\n1,2\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(["import", "--data"])
        .arg(folder.path().join("data"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(!String::from_utf8_lossy(&output.stderr).is_empty());
}

#[test]
fn a_table_of_ones_own_is_imported_by_its_columns_and_leaves_as_a_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.csv");
    let rows: String = (0..40).map(|row| format!("x,y,{},p{}\n", row % 4, row % 7)).collect();
    std::fs::write(&file, format!("model_1,model_2,result,who\n{rows}")).unwrap();
    let plaudit = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
            .args(arguments)
            .env("PLAUDIT_DATA", folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let columns = "left=model_1,right=model_2,outcome=result,voter=who";
    let (done, said) = plaudit(&["import", "x.csv", "--arena", "ours", "--columns", columns]);
    assert!(done && said.contains("40 rows were rejected"), "without its words no outcome is known: {said}");
    let outcomes = "left=0,right=1,tie=2,both_bad=3";
    let (done, said) = plaudit(&["import", "x.csv", "--arena", "ours", "--columns", columns, "--outcomes", outcomes]);
    assert!(done && said.contains("added 40 votes"), "{said}");
    let (done, said) = plaudit(&["export", "--format", "dataset", "--out", "set", "--split-by", "none"]);
    assert!(done && said.contains("40 for training"), "{said}");
    let card = std::fs::read_to_string(folder.path().join("set/README.md")).unwrap();
    assert!(card.contains("40 votes of 7 voters") && card.contains("| train | 40 | 10 | 10 | 10 | 10 |"), "{card}");
    let (done, said) = plaudit(&["import", "x.csv", "--columns", "left=model_1,right=model_2,outcome=verdict"]);
    assert!(!done && said.contains("lacks the columns verdict"), "{said}");
    let (done, said) = plaudit(&["import", "x.csv"]);
    assert!(!done && said.contains("--columns"), "the hint names the way out: {said}");
}
