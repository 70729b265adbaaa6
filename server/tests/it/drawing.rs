//! Pictures that the visitor's browser draws, and a pool of them drawn here. With the real caption encoder and two real
//! collections of pictures, one of them in negative: what is looked up takes no time to draw.

use std::{fs, path::Path, process::Command, sync::atomic::AtomicBool, time::Duration};

use axum::http::StatusCode;
use plaudit::{
    command::import::import_source,
    engine::{PICTURE_SIDE, Painted},
    judging::{
        job::{self, JobOptions},
        local,
    },
    store::{GenerationStatus, StoreOptions},
    verify::{Checked, Sample, Verifier},
};
use plaudit_app::view_model::{
    Receipt,
    live::{LiveAnswer, LiveAnswers, LiveBattle, LiveContent, LiveReady, LiveSide, LiveWork},
};
use plaudit_datasets::{ReadOptions, discover};
use plaudit_domain::{ArenaId, ArenaSlug, ContestantId, Drawing, MediaId, VoteId, Weights};
use plaudit_runner::protocol::BackendKind;
use sha2::{Digest, Sha256};

use crate::support::{Answer, Site, encoded, sqlite};

const ARENA: &str = r#"
[arena]
slug = "drawn"
title = "Drawn"
task = "image"
description = "Which one fits?"
license = "MIT AND Apache-2.0"

[[contestant]]
slug = "plain"
name = "Plain"
kind = "baseline"
model = "nearest"
captions = "captions"
steps = 1

[[contestant]]
slug = "negative"
name = "Negative"
kind = "baseline"
model = "negative"
captions = "captions"
steps = 1

[[prompt]]
text = "a cat face"

[[prompt]]
text = "a red heart"
"#;

fn shipped(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/models/pictures").join(name)
}

/// The models in a data folder: as they ship, and the collection once more in other colours.
fn put_models(data: &Path) {
    for name in ["captions", "nearest", "clip"] {
        let folder = data.join("models").join(name);
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(shipped(name)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    let folder = data.join("models/negative");
    fs::create_dir_all(&folder).unwrap();
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(shipped("nearest/manifest.json")).unwrap()).unwrap();
    let file = manifest["files"][0]["path"].as_str().unwrap().to_owned();
    let mut bytes = fs::read(shipped("nearest").join(&file)).unwrap();
    let (length, _) = bytes.split_first_chunk::<8>().unwrap();
    let data_start = 8 + usize::try_from(u64::from_le_bytes(*length)).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..data_start]).unwrap();
    let offset = |place: usize| header["palettes"]["data_offsets"][place].as_u64().unwrap() as usize;
    for colour in &mut bytes[data_start + offset(0)..data_start + offset(1)] {
        *colour = u8::MAX - *colour;
    }
    manifest["name"] = "negative".into();
    manifest["files"][0]["sha256"] = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)).into();
    fs::write(folder.join(&file), bytes).unwrap();
    fs::copy(shipped("nearest/config.json"), folder.join("config.json")).unwrap();
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

async fn site_with(arena: &str) -> Site {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    put_models(folder.path());
    fs::create_dir_all(folder.path().join("arenas")).unwrap();
    fs::write(folder.path().join("arenas/drawn.toml"), arena).unwrap();
    Site::over(store, folder, None).await
}

async fn start(site: &Site, cookie: &str, prompt: &str) -> LiveBattle {
    start_with(site, cookie, &format!("prompt={}&models=nearest,negative", encoded(prompt))).await
}

async fn start_with(site: &Site, cookie: &str, form: &str) -> LiveBattle {
    let answer = site.post("/api/live/start", cookie, &format!("arena=drawn&{form}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// What an honest browser draws, or makes of a picture.
fn honest(site: &Site, prompt: &str, source: Option<&Painted>, side: &LiveSide) -> LiveAnswer {
    let LiveWork::Draw { captions, sampler } = &side.work else { panic!("it draws") };
    let drawing = Drawing { captions: weights(captions.manifest.weights_sha256()), sampler: *sampler };
    let weights_sha256 = side.model.manifest.weights_sha256().to_owned();
    let painted = site.engine.painter(&weights_sha256, &drawing).unwrap();
    let painted = painted.draw(prompt, *sampler, source, side.seed).unwrap();
    LiveAnswer {
        content: LiveContent::Picture { side: painted.side, rgb: data_encoding::HEXLOWER.encode(&painted.rgb) },
        weights_sha256,
        backend: BackendKind::WebGpu,
        device: "a test".to_owned(),
    }
}

fn weights(sha256: &str) -> Weights {
    let nothing = String::new;
    Weights { name: nothing(), sha256: sha256.to_owned(), bytes: 0, license: nothing(), source: nothing() }
}

fn both(site: &Site, battle: &LiveBattle) -> LiveAnswers {
    let source = battle.source.as_ref().map(|source| Painted {
        side: PICTURE_SIDE,
        rgb: data_encoding::HEXLOWER.decode(source.rgb.as_bytes()).unwrap(),
    });
    let side = |side| honest(site, &battle.prompt, source.as_ref(), side);
    LiveAnswers { left: side(&battle.left), right: side(&battle.right) }
}

async fn finish(site: &Site, cookie: &str, ticket: &str, answers: &LiveAnswers) -> Answer {
    let answers = encoded(&serde_json::to_string(answers).unwrap());
    site.post("/api/live/finish", cookie, &format!("ticket={ticket}&answers={answers}")).await
}

async fn vote(site: &Site, cookie: &str, finished: &Answer) -> Receipt {
    assert_eq!(finished.status, StatusCode::OK, "{}", finished.body);
    let ready: LiveReady = serde_json::from_str(&finished.body).unwrap();
    let answer = site.post("/api/vote", cookie, &format!("ticket={}&outcome=left&publish=true", ready.ticket)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn verify(site: &Site) -> Checked {
    let (boards, engine, catalogue) = (site.boards.clone(), site.engine.clone(), site.catalogue.clone());
    let sample = Sample::new(&site.secret, 1.0);
    let mut verifier = Verifier::new(boards, engine, catalogue, site.media.clone(), sample, site.clock.clock());
    verifier.look(VoteId::from_bytes([0; 16]), Duration::ZERO).await.unwrap()
}

fn pixels(answer: &mut LiveAnswer) -> &mut String {
    match &mut answer.content {
        LiveContent::Picture { rgb, .. } => rgb,
        LiveContent::Text { .. } => panic!("it is drawn"),
    }
}

fn shows_pictures(page: &Answer) -> bool {
    page.body.contains("class=\"picture__image")
}

#[tokio::test]
async fn a_battle_of_pictures_is_drawn_in_a_browser_voted_on_and_made_again() {
    let site = site_with(ARENA).await;
    let cookie = site.get("/arena/drawn/live", None).await.cookie();
    let battle = start(&site, &cookie, "a cat with a hat").await;
    let answers = both(&site, &battle);
    let receipt = vote(&site, &cookie, &finish(&site, &cookie, &battle.ticket, &answers).await).await;
    assert_eq!(receipt.votes, 1);
    let path = format!("/arena/drawn/battle/{}", receipt.battle);
    assert!(shows_pictures(&site.get(&path, Some(&cookie)).await), "who voted sees them");
    assert!(!shows_pictures(&site.get(&path, None).await), "nobody else does before they were made again");
    assert_eq!(verify(&site).await, Checked { verified: 2, refuted: 0, unknown: 0 });
    assert!(shows_pictures(&site.get(&path, None).await));
    let stored = site.store.battle(receipt.battle).await.unwrap().unwrap();
    assert!(stored.live);
    let side = stored.left_side.unwrap();
    assert_eq!((side.status, side.picture.unwrap().media.width), (GenerationStatus::Verified, 32));
}

#[tokio::test]
async fn two_devices_may_round_differently_and_another_picture_is_refuted_in_the_open() {
    let site = site_with(ARENA).await;
    let cookie = site.get("/arena/drawn/live", None).await.cookie();
    let mut battles = Vec::new();
    for (prompt, step) in [("a dog", 1), ("a house", 60)] {
        let battle = start(&site, &cookie, prompt).await;
        let mut answers = both(&site, &battle);
        let rgb = pixels(&mut answers.left);
        let off = |byte: u8| if byte > 127 { byte - step } else { byte + step };
        let bytes = data_encoding::HEXLOWER.decode(rgb.as_bytes()).unwrap();
        *rgb = data_encoding::HEXLOWER.encode(&bytes.into_iter().map(off).collect::<Vec<_>>());
        battles.push(vote(&site, &cookie, &finish(&site, &cookie, &battle.ticket, &answers).await).await.battle);
    }
    assert_eq!(verify(&site).await, Checked { verified: 3, refuted: 1, unknown: 0 });
    let page = |battle| format!("/arena/drawn/battle/{battle}");
    let [rounded, forged] = [battles[0], battles[1]];
    assert!(!site.get(&page(rounded), None).await.body.contains("could not be reproduced"));
    assert!(site.get(&page(forged), None).await.body.contains("could not be reproduced"));
}

#[tokio::test]
async fn pictures_that_cannot_come_from_the_drawn_contestants_are_refused_and_nothing_is_stored() {
    let site = site_with(ARENA).await;
    let cookie = site.get("/arena/drawn/live", None).await.cookie();
    let battle = start(&site, &cookie, "a cat").await;
    let good = both(&site, &battle);
    let files = || fs::read_dir(site.folder.path().join("media")).unwrap().count();
    let before = files();
    let forgeries: [fn(&mut LiveAnswer); 6] = [
        |answer| answer.weights_sha256 = "0".repeat(64),
        |answer| pixels(answer).truncate(100),
        |answer| pixels(answer).push_str("00"),
        |answer| pixels(answer).replace_range(..2, "xy"),
        |answer| answer.content = LiveContent::Picture { side: 4096, rgb: "00".repeat(3) },
        |answer| {
            answer.content =
                LiveContent::Text { text: "a cat".to_owned(), tokens: vec![1], finish: None, tokens_per_second: None };
        },
    ];
    for (number, forge) in forgeries.into_iter().enumerate() {
        let mut answers = good.clone();
        forge(&mut answers.right);
        let answer = finish(&site, &cookie, &battle.ticket, &answers).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "forgery {number}: {}", answer.body);
        assert_eq!(files(), before, "forgery {number}");
    }
    let mut same = good.clone();
    same.right.content = same.left.content.clone();
    let answer = finish(&site, &cookie, &battle.ticket, &same).await;
    assert!(answer.status == StatusCode::CONFLICT && answer.body.contains("identical"), "{}", answer.body);
    assert_eq!(files(), before);
    vote(&site, &cookie, &finish(&site, &cookie, &battle.ticket, &good).await).await;
}

/// Runs `plaudit generate` over the site's data; what it says.
fn generate(site: &Site, more: &[&str]) -> String {
    let folder = site.folder.path().join("site");
    plaudit(site, &[&["generate", "--site", folder.to_str().unwrap()], more].concat())
}

/// Runs a command on the arena.
fn plaudit(site: &Site, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(words)
        .args(["--arena", "drawn", "--data"])
        .arg(site.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[tokio::test]
async fn a_pool_of_pictures_is_drawn_here_and_moves_to_another_site_with_its_contestants_settings() {
    let site = site_with(ARENA).await;
    let archive = site.folder.path().join("drawn.zip");
    let options = ["--seeds", "3", "--export", archive.to_str().unwrap()];
    let said = generate(&site, &options);
    assert!(said.contains("added 4 generations"), "what is looked up has no second seed: {said}");
    let bytes = fs::read(&archive).unwrap();
    let said = generate(&site, &options);
    assert!(said.contains("added 0 generations") && said.contains("4 were there before"), "{said}");
    assert!(fs::read(&archive).unwrap() == bytes, "the same pool gives the same bytes");
    site.boards.refresh().await.unwrap();
    assert!(shows_pictures(&site.get("/arena/drawn", None).await));

    let (store, folder) = sqlite(StoreOptions::default()).await;
    let source = discover(&[archive]).unwrap().sources.remove(0);
    let report = import_source(&store, source, ReadOptions::default(), Some(folder.path())).await.unwrap();
    assert_eq!((report.rejected, report.counts.generations, report.counts.contestants), (0, 4, 2));
    let arena = ArenaId::of(&"drawn".parse::<ArenaSlug>().unwrap());
    let details = |rows: Vec<plaudit::store::ContestantRow>| {
        let mut rows: Vec<_> = rows.into_iter().filter(|row| row.arena == arena).collect();
        rows.sort_by_key(|row| row.slug.to_string());
        rows.into_iter().map(|row| (row.name, row.details)).collect::<Vec<_>>()
    };
    assert_eq!(details(store.contestants().await.unwrap()), details(site.store.contestants().await.unwrap()));
}

#[tokio::test]
async fn judges_that_look_at_pictures_judge_them_and_those_that_read_do_not() {
    let site = site_with(ARENA).await;
    generate(&site, &[]);
    site.boards.refresh().await.unwrap();
    let cookie = site.get("/arena/drawn", None).await.cookie();
    for _ in 0..2 {
        let page = site.get("/arena/drawn", Some(&cookie)).await;
        let form = format!("ticket={}&outcome=left&publish=true", page.ticket());
        let answer = site.post("/api/vote", &cookie, &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let arena = ArenaId::of(&"drawn".parse::<ArenaSlug>().unwrap());
    let options = JobOptions { arena, retry_failed: false, most_pairs: None, contrasts: &[] };
    let (clock, stop) = (site.clock.clock(), AtomicBool::new(false));
    let mut looked = Vec::new();
    for judge in local::built_in(&site.catalogue, site.folder.path()) {
        let tally = job::run(&site.store, &judge, options, &clock, &stop, |_, _| {}).await.unwrap();
        assert_eq!((tally.judged, tally.failed), (tally.planned, 0), "{}", judge.row().slug);
        if tally.judged > 0 {
            assert_eq!(tally.judged, 4, "two pairs in both orders");
            looked.push(judge.row().slug.to_string());
        }
    }
    looked.sort();
    assert_eq!(looked, ["always-left", "colourfulness", "emoji-clip", "novelty", "random"]);

    let plain = ContestantId::of(&"drawn".parse().unwrap(), &"plain".parse().unwrap());
    let judges = site.store.judges().await.unwrap();
    let of = |slug: &str| judges.iter().find(|judge| judge.slug.as_str() == slug).unwrap().id;
    for judgment in site.store.judgments(arena).await.unwrap() {
        let (left, right) = judgment.details.scores.unwrap_or_default();
        let is_plain = site.store.generation(judgment.left).await.unwrap().unwrap().contestant == plain;
        let (plain, negative) = if is_plain { (left, right) } else { (right, left) };
        if judgment.judge == of("emoji-clip") {
            assert!(plain > negative, "a cat and a heart look like themselves: {plain} {negative}");
        } else if judgment.judge == of("novelty") {
            assert!(plain < 0.02 && negative > plain, "what is looked up is not new: {plain} {negative}");
        }
    }
    let page = site.get("/arena/drawn/judges", None).await;
    for name in ["Emoji-CLIP", "Novelty", "More colourful", "Random", "Always A"] {
        assert!(page.body.contains(name), "{name}");
    }
}

#[tokio::test]
async fn votes_on_pictures_leave_with_the_pictures_in_the_file() {
    let site = site_with(ARENA).await;
    generate(&site, &[]);
    site.boards.refresh().await.unwrap();
    let cookie = site.get("/arena/drawn", None).await.cookie();
    let ticket = site.get("/arena/drawn", Some(&cookie)).await.ticket();
    let answer = site.post("/api/vote", &cookie, &format!("ticket={ticket}&outcome=right&publish=true")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let file = site.folder.path().join("votes.parquet");
    plaudit(&site, &["export", "--format", "genai-bench-parquet", "--out", file.to_str().unwrap()]);
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let source = discover(&[file]).unwrap().sources.remove(0);
    let report = import_source(&store, source, ReadOptions::default(), Some(folder.path())).await.unwrap();
    let counts = report.counts;
    assert_eq!((report.rejected, counts.votes, counts.generations, counts.media), (0, 1, 2, 2));
    let answer = site.get("/data/drawn/genai-bench-parquet.parquet", None).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);

    let dataset = site.folder.path().join("dataset");
    plaudit(&site, &["export", "--format", "dataset", "--split-by", "none", "--out", dataset.to_str().unwrap()]);
    let pictures: Vec<_> =
        std::fs::read_dir(dataset.join("media")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(pictures.len(), 2);
    let sums = std::fs::read_to_string(dataset.join("checksums.sha256")).unwrap();
    for picture in pictures {
        let name = picture.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(sums.contains(&format!("  media/{name}\n")), "{sums}");
        let content = fs::read(&picture).unwrap();
        assert_eq!(MediaId::of(&content).to_string(), name.trim_end_matches(".png"), "it is what its address says");
    }
    let bare = site.folder.path().join("bare");
    let out = bare.to_str().unwrap();
    plaudit(&site, &["export", "--format", "dataset", "--split-by", "none", "--without-pictures", "--out", out]);
    assert!(bare.join("README.md").exists() && !bare.join("media").exists());
}

#[tokio::test]
async fn a_site_without_a_model_that_draws_says_so_and_nothing_leads_there() {
    let site = Site::new().await;
    assert!(!site.get("/playground", None).await.body.contains("/playground/pictures"));
    let page = site.get("/playground/pictures", None).await.body;
    assert!(page.contains("This server has no models that draw yet.") && !page.contains("<canvas"), "{page}");
    // What looks pictures up is there to be compared with; alone it is no model that draws.
    let site = site_with(ARENA).await;
    assert!(!site.get("/playground", None).await.body.contains("/playground/pictures"));
}

#[tokio::test]
async fn a_contestant_that_draws_says_with_what_and_in_how_many_steps() {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    put_models(folder.path());
    let catalogue = plaudit::models::Catalogue::new(Path::new("/nonexistent"), folder.path());
    let add = async |text: &str| {
        let file = plaudit::arena_file::ArenaFile::parse("drawn.toml", text).map_err(|error| error.to_string())?;
        let now = plaudit_domain::Timestamp(0);
        plaudit::arenas::add(&store, &catalogue, file, plaudit::arenas::Absent::Refuse, now)
            .await
            .map_err(|error| error.to_string())
    };
    for (from, to, line, words) in [
        ("captions = \"captions\"\n", "", 9, "captions is missing"),
        ("steps = 1\n", "", 9, "steps is missing"),
        ("steps = 1", "steps = 0", 15, "steps"),
        ("steps = 1", "steps = 1\nguidance = 90.0", 16, "guidance"),
        ("steps = 1", "steps = 1\nmax_tokens = 9", 9, "max_tokens is not for a contestant that draws"),
        ("captions = \"captions\"", "captions = \"letters\"", 9, "letters"),
        ("task = \"image\"", "task = \"text\"", 9, "is not for a contestant that writes"),
    ] {
        let said = add(&ARENA.replacen(from, to, 1)).await.unwrap_err();
        assert!(said.starts_with(&format!("drawn.toml:{line}: ")) && said.contains(words), "{to}: {said}");
    }
    add(ARENA).await.unwrap();
    let said = add(&ARENA.replacen("steps = 1", "steps = 2", 1)).await.unwrap_err();
    assert!(said.contains("way to draw") && said.contains("new slug"), "{said}");
}

/// An arena of two wishes for two pictures, one of them larger than models see; and who fulfils them.
const EDITS: &str = r#"
[arena]
slug = "drawn"
title = "Changed"
task = "image_edit"

[[contestant]]
slug = "noise"
name = "Noise"
model = "diffusion"
captions = "captions"
edit = "noise"
level = 0.7
steps = 1

[[contestant]]
slug = "inversion"
name = "Inversion"
model = "diffusion"
captions = "captions"
edit = "inversion"
level = 2.0
steps = 1
"#;

async fn site_of_edits() -> Site {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let models = folder.path().join("models/diffusion");
    put_models(folder.path());
    fs::create_dir_all(&models).unwrap();
    for file in ["config.json", "manifest.json", "model.safetensors"] {
        fs::copy(shipped("diffusion").join(file), models.join(file)).unwrap();
    }
    fs::create_dir_all(folder.path().join("arenas")).unwrap();
    fs::write(folder.path().join("arenas/drawn.toml"), EDITS).unwrap();
    let wishes = folder.path().join("wishes");
    fs::create_dir_all(&wishes).unwrap();
    let picture = |side: u32, red: u8| {
        let dot = |x: u32, y: u32| (x + 4 > side / 2 && y > side / 3) as u8;
        image::RgbImage::from_fn(side, side, |x, y| image::Rgb([red, 200 * dot(x, y), 40]))
    };
    picture(32, 220).save(wishes.join("small.png")).unwrap();
    picture(80, 30).save(wishes.join("large.png")).unwrap();
    let rows = [
        r#"{"format": "plaudit-pictures/1", "arena": {"slug": "drawn", "title": "Changed", "task": "image_edit", "description": "", "license": "CC0-1.0"}}"#,
        r#"{"prompt": "make it blue", "source": "small.png"}"#,
        r#"{"prompt": "make it blue", "source": "large.png"}"#,
        r#"{"prompt": " ", "source": "large.png"}"#,
    ];
    fs::write(wishes.join("manifest.jsonl"), rows.join("\n")).unwrap();
    let source = discover(&[wishes]).unwrap().sources.remove(0);
    let report = import_source(&store, source, ReadOptions::default(), Some(folder.path())).await.unwrap();
    assert_eq!((report.rejected, report.counts.prompts, report.counts.media, report.counts.generations), (1, 2, 2, 0));
    Site::over(store, folder, None).await
}

#[tokio::test]
async fn wishes_are_fulfilled_for_the_pool_and_voted_on_beside_their_pictures() {
    let site = site_of_edits().await;
    let archive = site.folder.path().join("changed.zip");
    let said = generate(&site, &["--export", archive.to_str().unwrap()]);
    assert!(said.contains("added 4 generations"), "{said}");
    site.boards.refresh().await.unwrap();
    let page = site.get("/arena/drawn", None).await;
    assert!(shows_pictures(&page) && page.body.contains("alt=\"The picture to change\""), "{}", page.body);

    let (store, folder) = sqlite(StoreOptions::default()).await;
    let source = discover(&[archive]).unwrap().sources.remove(0);
    let report = import_source(&store, source, ReadOptions::default(), Some(folder.path())).await.unwrap();
    let counts = report.counts;
    assert_eq!(
        (report.rejected, counts.prompts, counts.media, counts.generations, counts.contestants),
        (0, 2, 6, 4, 2)
    );
}

#[tokio::test]
async fn a_picture_is_changed_in_a_browser_as_its_visitor_wishes_and_the_server_can_tell_when_it_was_another_one() {
    let site = site_of_edits().await;
    let page = site.get("/arena/drawn/live", None).await;
    let cookie = page.cookie();
    let sources = site.store.sources(ArenaId::of(&"drawn".parse().unwrap())).await.unwrap();
    assert_eq!(sources.len(), 2);
    for source in &sources {
        assert!(page.body.contains(&format!("/media/{}", source.id)), "the page offers them");
    }
    let form = |prompt: &str, source: &str| format!("prompt={}&models=diffusion&source={source}", encoded(prompt));
    for nowhere in ["0".repeat(64), "x".to_owned()] {
        let answer = site.post("/api/live/start", &cookie, &format!("arena=drawn&{}", form("a hat", &nowhere))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
    // Whoever chooses none is given one, whatever is typed.
    for prompt in ["", "put a hat on it"] {
        assert!(start_with(&site, &cookie, &form(prompt, "")).await.source.is_some());
    }

    let mut battles = Vec::new();
    for (prompt, forged) in [("as a night scene", false), ("in green", true)] {
        let mut battle = start_with(&site, &cookie, &form(prompt, &sources[0].id.to_string())).await;
        let ticket = battle.ticket.clone();
        if forged {
            let other = start_with(&site, &cookie, &form(prompt, &sources[1].id.to_string())).await;
            battle.source = other.source;
        }
        let answers = both(&site, &battle);
        battles.push(vote(&site, &cookie, &finish(&site, &cookie, &ticket, &answers).await).await.battle);
    }
    assert_eq!(verify(&site).await, Checked { verified: 2, refuted: 2, unknown: 0 });
    let path = |battle| format!("/arena/drawn/battle/{battle}");
    let honest = site.get(&path(battles[0]), None).await;
    assert!(shows_pictures(&honest) && !honest.body.contains("could not be reproduced"));
    assert!(honest.body.contains(&format!("/media/{}", sources[0].id)), "with what it was made from");
    assert!(site.get(&path(battles[1]), None).await.body.contains("could not be reproduced"));
}

#[tokio::test]
async fn a_contestant_that_changes_pictures_says_how() {
    let parse =
        |text: &str| plaudit::arena_file::ArenaFile::parse("edits.toml", text).map_err(|error| error.to_string());
    assert!(parse(EDITS).is_ok());
    for (from, to, words) in [
        ("edit = \"noise\"\n", "", "edit is missing"),
        ("level = 0.7\n", "", "level is missing"),
        ("level = 0.7", "level = 0.0", "level is 0"),
        ("level = 0.7", "level = 21.0", "level is 21"),
        ("edit = \"noise\"", "edit = \"instruction\"", "level is not for"),
        ("edit = \"noise\"", "edit = \"magic\"", "magic"),
        ("task = \"image_edit\"", "task = \"image\"", "edit is not for"),
        ("task = \"image_edit\"", "task = \"text\"", "is not for a contestant that writes"),
    ] {
        let error = parse(&EDITS.replacen(from, to, 1)).unwrap_err();
        assert!(error.starts_with("edits.toml:") && error.contains(words), "{to}: {error}");
    }
}
