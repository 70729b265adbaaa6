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
