//! `plaudit rank` against boards that others published.

use std::process::Command;

use crate::support::shared_data;

fn rank(arguments: &[&str], file: &std::path::Path) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(["rank", "--json", "--votes"])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_published_board_of_genai_arena_comes_out_of_its_log() {
    let Some(data) = shared_data("the_published_board_of_genai_arena_comes_out_of_its_log") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    let board = rank(&["--arena", "image-generation", "--anonymous-only", "--method", "bt", "--l2-c", "1"], &file);
    assert_eq!(board["method"], "bt");
    for (place, (name, rating)) in [
        ("PlayGroundV2", 1151.18),
        ("PixArtAlpha", 1078.36),
        ("SDXL", 1027.26),
        ("SDXLTurbo", 972.09),
        ("OpenJourney", 921.34),
        ("LCM", 849.77),
    ]
    .into_iter()
    .enumerate()
    {
        let item = &board["items"][place];
        assert_eq!(item["contestant"], name);
        let found = item["rating"].as_f64().unwrap();
        assert!((found - rating).abs() < 0.2, "{name}: {found}, published {rating}");
        assert!(item["lower"].as_f64().unwrap() < found && found < item["upper"].as_f64().unwrap());
        assert!(item["battles"].as_u64().unwrap() > 0 && item["rank"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn elo_and_no_interval_work_too() {
    let Some(data) = shared_data("elo_and_no_interval_work_too") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    let elo = rank(&["--arena", "image-edition", "--method", "elo"], &file);
    assert_eq!(elo["items"][0]["rank"], 1);
    assert!(elo["items"][0]["lower"].is_null());
    let plain = rank(&["--arena", "image-generation", "--interval", "none"], &file);
    assert!(plain["items"][0]["upper"].is_null());
}

#[test]
fn several_arenas_need_a_choice() {
    let Some(data) = shared_data("several_arenas_need_a_choice") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit")).args(["rank", "--votes"]).arg(file).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("--arena") && error.contains("image-edition"), "{error}");
}

/// What a command prints about a file of the shared data, as JSON.
fn told(command: &[&str], file: &std::path::Path) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(command)
        .args(["--json", "--votes"])
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_method_ranks_a_real_log_and_says_what_its_numbers_are() {
    let Some(data) = shared_data("every_method_ranks_a_real_log_and_says_what_its_numbers_are") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    for (method, unit) in [
        ("reweighted", "points"),
        ("davidson", "points"),
        ("rao-kupper", "points"),
        ("four-outcomes", "points"),
        ("thurstone", "points"),
        ("win-rate", "share"),
        ("borda", "opponents"),
        ("copeland", "opponents"),
        ("kemeny", "place"),
        ("maximal-lottery", "share"),
        ("regularised-nash", "share"),
    ] {
        let board = rank(&["--arena", "image-generation", "--method", method], &file);
        assert_eq!((board["method"].as_str(), board["unit"].as_str()), (Some(method), Some(unit)));
        let items = board["items"].as_array().unwrap();
        assert_eq!(items[0]["contestant"], "PlayGroundV2", "{method}");
        assert_eq!((items.len(), items[0]["rank"].as_u64()), (6, Some(1)), "{method}");
        assert_eq!(items[0]["lower"].is_number(), unit == "points", "{method}");
    }
}

#[test]
fn other_arenas_conventions_rank_alike_and_pin_as_they_do() {
    let Some(data) = shared_data("other_arenas_conventions_rank_alike_and_pin_as_they_do") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    for preset in ["fastchat", "arena-rank", "arena-rank-reweighted", "genai-arena", "comparia"] {
        let board = rank(&["--arena", "image-generation", "--anonymous-only", "--preset", preset], &file);
        assert_eq!(
            (board["method"].as_str(), board["items"][0]["contestant"].as_str()),
            (Some(preset), Some("PlayGroundV2"))
        );
        let rating = board["items"][0]["rating"].as_f64().unwrap();
        assert!((1140.0..1165.0).contains(&rating), "{preset}: {rating}");
    }
}

#[test]
fn resamples_give_rank_intervals_and_a_csv_holds_them() {
    let Some(data) = shared_data("resamples_give_rank_intervals_and_a_csv_holds_them") else { return };
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(["rank", "--arena", "image-generation", "--interval", "bootstrap:200", "--format", "csv", "--votes"])
        .arg(data.join("genai-arena/battles-20240220.json"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("rank,contestant,rating,lower,upper,best_rank,worst_rank,battles"));
    let first: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!((first[0], first[1], first[5], first[6]), ("1", "PlayGroundV2", "1", "1"));
    assert_eq!(lines.count(), 5);
}

#[test]
fn what_does_not_go_together_is_refused_with_the_reason() {
    let Some(data) = shared_data("what_does_not_go_together_is_refused_with_the_reason") else { return };
    let file = data.join("genai-arena/battles-20240220.json");
    for (arguments, word) in [
        (&["rank", "--method", "kemeny", "--l2-c", "1"][..], "--l2-c"),
        (&["rank", "--method", "borda", "--interval", "bootstrap:9"], "bootstrap"),
        (&["rank", "--method", "magic"], "davidson"),
        (&["groups"], "voter"),
        (&["committee", "--size", "3", "--family", "nobody=1..2"], "nobody"),
        (&["committee", "--size", "99"], "--size"),
        (&["consensus", "--arena", "image-generation"], "--arena"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plaudit"));
        command.args(arguments);
        if arguments[0] != "consensus" {
            command.args(["--arena", "image-generation"]);
        }
        let output = command.arg("--votes").arg(&file).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(word), "{arguments:?}: {error}");
    }
}

#[test]
fn two_methods_are_compared_by_their_swaps() {
    let Some(data) = shared_data("two_methods_are_compared_by_their_swaps") else { return };
    let file = data.join("llmfao");
    let same = told(&["compare", "bradley-terry", "bradley-terry"], &file);
    assert_eq!((same["kendall"].as_f64(), same["swaps"].as_array().unwrap().len()), (Some(1.0), 0));
    let other = told(&["compare", "bradley-terry", "copeland"], &file);
    let tau = other["kendall"].as_f64().unwrap();
    assert!(tau > 0.6 && tau < 1.0 && !other["swaps"].as_array().unwrap().is_empty(), "{other}");
}

#[test]
fn a_fragile_pair_is_named_with_the_votes_it_hangs_on() {
    let Some(data) = shared_data("a_fragile_pair_is_named_with_the_votes_it_hangs_on") else { return };
    let steps = told(&["fragility", "--top", "4"], &data.join("llmfao"));
    let steps = steps.as_array().unwrap();
    assert_eq!(steps.len(), 3);
    for step in steps {
        let (votes, removals) = (step["fragility"]["votes"].as_u64().unwrap(), step["removals"].as_array().unwrap());
        assert_eq!(removals.iter().map(|removal| removal["count"].as_u64().unwrap()).sum::<u64>(), votes);
        assert!(votes > 0 && step["better"].as_f64().unwrap() > 0.5);
    }
}

#[test]
fn the_crowd_of_llmfao_is_of_several_kinds_and_a_committee_serves_it() {
    let Some(data) = shared_data("the_crowd_of_llmfao_is_of_several_kinds_and_a_committee_serves_it") else { return };
    let file = data.join("llmfao");
    let groups = told(&["groups", "--most", "3"], &file);
    assert_eq!(groups["voters"], 124);
    let chosen = groups["chosen"].as_u64().unwrap();
    assert!(chosen > 1, "{groups}");
    let found = groups["groups"].as_array().unwrap();
    let weight: f64 = found.iter().map(|group| group["weight"].as_f64().unwrap()).sum();
    assert!(found.len() as u64 == chosen && (weight - 1.0).abs() < 1e-6);
    assert_eq!(groups["max_min"].as_array().unwrap().len(), 59);
    let committee = told(&["committee", "--size", "3", "--family", "GPT=0..1"], &file);
    let members: Vec<&str> = committee["members"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    assert!(members.len() == 3 && members.iter().filter(|name| name.contains("GPT")).count() <= 1, "{members:?}");
}

#[test]
fn two_arenas_make_a_consensus() {
    let Some(data) = shared_data("two_arenas_make_a_consensus") else { return };
    let board = told(&["consensus"], &data.join("genai-arena/battles-20240220.json"));
    assert_eq!(board["tasks"], serde_json::json!(["image-edition", "image-generation"]));
    assert_eq!((board["items"].as_array().unwrap().len(), board["is_optimal"].as_bool()), (13, Some(true)));
}

#[test]
fn a_table_of_pairs_is_ranked_as_it_is_and_by_slice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("votes.csv");
    let mut text = "model_a,model_b,winner,language\n".to_owned();
    for (count, row) in [(9, "Ada,Bob,model_a,English"), (3, "Ada,Bob,model_b,English"), (8, "Bob,Ada,model_a,French")]
    {
        text += &format!("{row}\n").repeat(count);
    }
    text += "Ada,Bob,perhaps,English\nBob,Ada,tie,French\n";
    std::fs::write(&file, text).unwrap();
    let all = rank(&[], &file);
    assert_eq!((all["votes"].as_u64(), all["rejected"].as_u64()), (Some(21), Some(1)));
    assert_eq!(all["items"][0]["contestant"], "Bob");
    let english = rank(&["--slice", "language=English"], &file);
    assert_eq!((english["votes"].as_u64(), english["items"][0]["contestant"].as_str()), (Some(12), Some("Ada")));
    let elo = rank(&["--method", "elo"], &file);
    assert_eq!(elo["votes"], 21);
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(["rank", "--slice", "language=Latin", "--votes"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("no votes"), "a slice without votes is no board");
}
