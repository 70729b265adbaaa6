//! Arena files and `plaudit generate`.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use plaudit::{
    arena_file::ArenaFile,
    arenas::{self, Absent},
    cli::{DataArgs, GenerateArgs},
    command::{
        generate::{Tally, generate},
        import::import_source,
    },
    engine::{Engine, EngineError, Made, Model, Order, Verdict},
    models::Catalogue,
    store::{DatabaseUrl, Store, StoreOptions},
};
use plaudit_datasets::{ReadOptions, discover};
use plaudit_domain::{ArenaId, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{WORDS_ARENA, WordModel, put_words, sqlite, word_models};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn args(data: &Path, seeds: u32) -> GenerateArgs {
    GenerateArgs {
        data: DataArgs { data: data.to_owned(), database: None },
        site: data.join("site"),
        arena: "words".parse().unwrap(),
        contestants: Vec::new(),
        prompts: "all".into(),
        seeds,
        threads: std::num::NonZeroUsize::new(2),
        export: None,
        allow_hosts: Vec::new(),
    }
}

async fn words() -> (Store, TempDir, Arc<Catalogue>) {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    put_words(folder.path());
    let catalogue = Arc::new(Catalogue::new(&folder.path().join("site"), folder.path()));
    arenas::add_all(&store, &catalogue, folder.path(), NOW).await.unwrap();
    (store, folder, catalogue)
}

#[tokio::test]
async fn an_arena_file_twice_adds_nothing_and_a_changed_contestant_has_to_take_a_new_slug() {
    let (store, _folder, catalogue) = words().await;
    let add = async |text: &str| {
        let file = ArenaFile::parse("words.toml", text).unwrap();
        arenas::add(&store, &catalogue, file, Absent::Refuse, NOW).await
    };
    assert_eq!(add(WORDS_ARENA).await.unwrap().added(), 0);
    let renamed = WORDS_ARENA.replace("name = \"Calm\"", "name = \"Very calm\"");
    assert_eq!(add(&renamed).await.unwrap().added(), 0, "a name decides nothing, and stays");
    for (changed, word) in [
        (WORDS_ARENA.replace("temperature = 0.5", "temperature = 0.6"), "sampler"),
        (WORDS_ARENA.replacen("max_tokens", "system_prompt = \"Be brief.\"\nmax_tokens", 1), "system prompt"),
        (
            WORDS_ARENA.replacen(
                "model = \"words\"",
                &format!(
                    "weights = {{ name = \"w\", sha256 = \"{}\", bytes = 1, license = \"MIT\", source = \"x\" }}",
                    "1".repeat(64)
                ),
                1,
            ),
            "digest",
        ),
    ] {
        let error = format!("{:#}", add(&changed).await.unwrap_err());
        assert!(error.starts_with("words.toml:6:") && error.contains("new slug") && error.contains(word), "{error}");
    }
    let more = WORDS_ARENA.replacen("[[prompt]]", "[[prompt]]\ntext = \"Third.\"\n\n[[prompt]]", 1);
    assert_eq!(add(&more).await.unwrap().added(), 1, "one prompt is new");
    let absent =
        WORDS_ARENA.replace("slug = \"calm\"", "slug = \"calmer\"").replacen("\"words\"\ntemp", "\"nowhere\"\ntemp", 1);
    let error = format!("{:#}", add(&absent).await.unwrap_err());
    assert!(error.contains("models fetch nowhere"), "{error}");
}

#[test]
fn the_import_command_takes_arena_files_and_names_the_line_of_an_error() {
    let folder = tempfile::tempdir().unwrap();
    put_words(folder.path());
    let file = folder.path().join("arenas/words.toml");
    let import = || {
        Command::new(env!("CARGO_BIN_EXE_plaudit"))
            .args(["import", "--data"])
            .arg(folder.path())
            .arg("--site")
            .arg(folder.path().join("site"))
            .arg(&file)
            .output()
            .unwrap()
    };
    let output = import();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("added 2 prompts, 3 contestants, 1 arenas"), "{said}");
    std::fs::write(&file, WORDS_ARENA.replace("max_tokens = 8", "max_token = 8")).unwrap();
    let output = import();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("words.toml:11: ") && said.contains("max_token"), "{said}");
}

#[tokio::test]
async fn generating_again_makes_only_what_is_missing() {
    let (store, folder, catalogue) = words().await;
    let engine = Arc::new(Engine::with_loader(catalogue.clone(), word_models()));
    let stop = Arc::new(AtomicBool::new(false));
    let run = async |seeds| generate(&store, &catalogue, &engine, &args(folder.path(), seeds), &stop).await.unwrap();
    let first = run(1).await;
    assert_eq!((first.added, first.known, first.tokens), (6, 0, 48), "three contestants, two prompts, eight tokens");
    assert_eq!(run(1).await, Tally { known: 6, ..Tally::default() });
    let more = run(3).await;
    assert_eq!((more.added, more.known), (8, 6), "two more for the two that draw; the greedy one always says the same");
    let arena = ArenaId::of(&"words".parse().unwrap());
    assert_eq!(store.generations(arena).await.unwrap().len(), 14);
    assert!(store.content_version().await.unwrap().pool > 0, "a running server hears of it");
}

/// Stops the whole run while the fourth generation is being made.
struct Interrupted(Arc<AtomicBool>, AtomicU32);

impl Model for Interrupted {
    fn prompt_tokens(&self, order: &Order) -> Result<u64, EngineError> {
        WordModel.prompt_tokens(order)
    }
    fn decode(&self, tokens: &[u32]) -> String {
        WordModel.decode(tokens)
    }
    fn generate(&self, order: &Order, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Made>, EngineError> {
        if self.1.fetch_add(1, Ordering::SeqCst) == 3 {
            self.0.store(true, Ordering::SeqCst);
        }
        WordModel.generate(order, go_on)
    }
    fn replay(&self, order: &Order, tokens: &[u32], ended: bool) -> Result<Verdict, EngineError> {
        WordModel.replay(order, tokens, ended)
    }
}

#[tokio::test]
async fn an_interrupted_run_keeps_what_was_made_and_goes_on_from_there() {
    let (store, folder, catalogue) = words().await;
    let stop = Arc::new(AtomicBool::new(false));
    let model: Arc<dyn Model> = Arc::new(Interrupted(stop.clone(), AtomicU32::new(0)));
    let engine = Arc::new(Engine::with_loader(catalogue.clone(), Box::new(move |_| Ok(model.clone()))));
    let mut args = args(folder.path(), 1);
    args.threads = std::num::NonZeroUsize::new(1);
    let first = generate(&store, &catalogue, &engine, &args, &stop).await.unwrap();
    assert_eq!((first.added, first.stopped), (3, true));
    stop.store(false, Ordering::SeqCst);
    let second = generate(&store, &catalogue, &engine, &args, &stop).await.unwrap();
    assert_eq!((second.added, second.known, second.stopped), (3, 3, false));
}

#[tokio::test]
async fn missing_models_and_contestants_are_named() {
    let (store, folder, catalogue) = words().await;
    let engine = Arc::new(Engine::with_loader(catalogue.clone(), word_models()));
    let stop = Arc::new(AtomicBool::new(false));
    let mut wanted = args(folder.path(), 1);
    wanted.contestants = vec!["nobody".parse().unwrap()];
    let error = generate(&store, &catalogue, &engine, &wanted, &stop).await.unwrap_err().to_string();
    assert!(error.contains("nobody"), "{error}");
    std::fs::remove_dir_all(folder.path().join("models")).unwrap();
    let error = generate(&store, &catalogue, &engine, &args(folder.path(), 1), &stop).await.unwrap_err().to_string();
    assert!(error.contains("cargo xtask models fetch words"), "{error}");
}

/// The real thing, with the smallest model: generate by command, export, import elsewhere, nothing is lost.
#[tokio::test]
async fn the_command_generates_with_a_real_model_and_exports_what_an_import_reads() {
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    if !public.join("models/tiny/manifest.json").exists() {
        eprintln!("SKIPPED: there is no public/models/tiny");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("arenas")).unwrap();
    let file = data.join("arenas/words.toml");
    let arena =
        WORDS_ARENA.replace("model = \"words\"", "model = \"tiny\"").replace("max_tokens = 8", "max_tokens = 24");
    std::fs::write(&file, &arena).unwrap();
    let plaudit = |arguments: &[&str], data: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
            .args(arguments)
            .arg("--data")
            .arg(data)
            .arg("--site")
            .arg(&public)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    plaudit(&["import", file.to_str().unwrap()], &data);
    let bundle = folder.path().join("words.json");
    let command = ["generate", "--arena", "words", "--seeds", "2", "--export", bundle.to_str().unwrap()];
    let said = plaudit(&command, &data);
    assert!(said.contains("added 10 generations") || said.contains("answers were empty"), "{said}");
    let said = plaudit(&command, &data);
    assert!(said.contains("added 0 generations"), "{said}");
    let elsewhere = folder.path().join("elsewhere");
    plaudit(&["import", bundle.to_str().unwrap()], &elsewhere);
    let id = ArenaId::of(&"words".parse().unwrap());
    let mut pools = Vec::new();
    for data in [&data, &elsewhere] {
        let store = Store::open(&DatabaseUrl::in_folder(data), StoreOptions::default()).await.unwrap();
        pools.push(store.generations(id).await.unwrap());
        store.close().await;
    }
    assert_eq!(pools[0], pools[1]);
    // The other machine can make again what it was given, and knows what it was not.
    let store = Store::open(&DatabaseUrl::in_folder(&data), StoreOptions::default()).await.unwrap();
    let catalogue = Arc::new(Catalogue::new(&public, &data));
    let engine = Engine::new(catalogue);
    let contestants = store.contestants().await.unwrap();
    let one = pools[0][0];
    let stored = store.generation(one.id).await.unwrap().unwrap();
    let contestant = contestants.iter().find(|contestant| contestant.id == one.contestant).unwrap();
    let made = stored.details.made.unwrap();
    let order = Order {
        prompt: stored.prompt,
        system_prompt: None,
        sampler: contestant.details.sampler.clone().unwrap(),
        seed: stored.details.seed.unwrap(),
    };
    let model = engine.load(&made.weights_sha256).unwrap();
    let ended = stored.details.finish == Some(plaudit_domain::Finish::Stop);
    assert_eq!(model.replay(&order, &made.tokens, ended).unwrap(), Verdict::Plausible);
    let reversed: Vec<u32> = made.tokens.iter().rev().copied().collect();
    assert!(matches!(model.replay(&order, &reversed, ended).unwrap(), Verdict::Implausible(_)));
}

/// What a service was asked: path and body.
type Asked = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A service on this machine; gives its address and what it was asked.
async fn service() -> (std::net::SocketAddr, Asked) {
    let asked = Asked::default();
    let seen = asked.clone();
    let app = Router::new().fallback(move |request: Request<Body>| {
        let seen = seen.clone();
        async move {
            let path = request.uri().path().to_owned();
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap().to_vec();
            let text = String::from_utf8_lossy(&body).into_owned();
            let answer = match path.as_str() {
                "/v1/chat/completions" => json!({
                    "choices": [{ "message": { "content": "A tale." }, "finish_reason": "length" }],
                    "usage": { "prompt_tokens": 5, "completion_tokens": 3 },
                }),
                // As services do that know no wish for the picture itself, and send it all the same.
                _ if text.contains("response_format") => json!({ "error": { "message": "unknown: response_format" } }),
                _ if text.contains("by address") => json!({ "data": [{ "url": "http://127.0.0.1:1/x.png" }] }),
                _ => json!({ "data": [{ "b64_json": data_encoding::BASE64.encode(&picture(text.len())) }] }),
            };
            seen.lock().unwrap().push((path, body));
            let status = if answer.get("error").is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            (status, answer.to_string())
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (address, asked)
}

/// A picture that other numbers give otherwise.
fn picture(shade: usize) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(300, 200, image::Rgb([(shade % 251) as u8, 90, 30]));
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn add_file(store: &Store, catalogue: &Catalogue, text: &str) {
    let file = ArenaFile::parse("services.toml", text).unwrap();
    arenas::add(store, catalogue, file, Absent::Refuse, NOW).await.unwrap();
}

fn services(data: &Path, arena: &str, hosts: &[&str]) -> GenerateArgs {
    let allow_hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    GenerateArgs { arena: arena.parse().unwrap(), allow_hosts, ..args(data, 1) }
}

async fn fill(store: &Store, data: &Path, arena: &str, hosts: &[&str]) -> anyhow::Result<Tally> {
    let catalogue = Catalogue::new(&data.join("site"), data);
    let engine = Arc::new(Engine::new(Arc::new(Catalogue::new(&data.join("site"), data))));
    generate(store, &catalogue, &engine, &services(data, arena, hosts), &Arc::new(AtomicBool::new(false))).await
}

#[tokio::test]
async fn a_service_writes_for_the_pool_as_its_contestant_says_once_its_host_is_allowed() {
    let (address, asked) = service().await;
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let catalogue = Catalogue::new(&folder.path().join("site"), folder.path());
    let text = format!(
        "[arena]\nslug = \"tales\"\ntitle = \"Tales\"\n\n[[contestant]]\nslug = \"far\"\nname = \"Far\"\n\
         service = {{ base_url = \"http://{address}/v1\", model = \"far-1\" }}\nsystem_prompt = \"Be brief.\"\n\
         temperature = 0.7\nmax_tokens = 40\n\n[[prompt]]\ntext = \"A tale, please.\"\n"
    );
    add_file(&store, &catalogue, &text).await;
    let refused = fill(&store, folder.path(), "tales", &[]).await.unwrap_err();
    assert!(refused.to_string().contains("--allow-host"), "{refused:#}");
    assert!(asked.lock().unwrap().is_empty(), "nobody is asked whom the operator has not named");

    let tally = fill(&store, folder.path(), "tales", &["127.0.0.1"]).await.unwrap();
    assert_eq!((tally.added, tally.tokens, tally.unfit), (1, 3, 0));
    let made = store.pooled_generations(ArenaId::of(&"tales".parse().unwrap())).await.unwrap().remove(0).1;
    assert_eq!((made.text.as_str(), made.details.tokens), ("A tale.", Some(3)));
    assert_eq!(made.details.finish, Some(plaudit_domain::Finish::Length));
    let body: Value = serde_json::from_slice(&asked.lock().unwrap()[0].1).unwrap();
    assert_eq!(body["messages"][0], json!({ "role": "system", "content": "Be brief." }));
    assert_eq!(body["messages"][1], json!({ "role": "user", "content": "A tale, please." }));
    assert_eq!((body["model"].as_str(), body["temperature"].as_f64()), (Some("far-1"), Some(0.7)));
    assert!(body.get("top_p").is_none(), "what its file does not say is left to the service");
    assert_eq!(fill(&store, folder.path(), "tales", &["127.0.0.1"]).await.unwrap().known, 1);
}

#[tokio::test]
async fn a_service_draws_and_changes_pictures_and_an_address_is_never_fetched() {
    let (address, asked) = service().await;
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let catalogue = Catalogue::new(&folder.path().join("site"), folder.path());
    let text = |task: &str, prompts: &str| {
        format!(
            "[arena]\nslug = \"{task}s\"\ntitle = \"T\"\ntask = \"{task}\"\n\n[[contestant]]\nslug = \"far\"\n\
             name = \"Far\"\nservice = {{ base_url = \"http://{address}/v1\", model = \"far-1\", size = \"256x256\" }}\n{prompts}"
        )
        .replace("slug = \"image_edits\"", "slug = \"edits\"")
    };
    let prompts = "\n[[prompt]]\ntext = \"a cat\"\n\n[[prompt]]\ntext = \"one by address\"\n";
    add_file(&store, &catalogue, &text("image", prompts)).await;
    let tally = fill(&store, folder.path(), "images", &["127.0.0.1"]).await.unwrap();
    assert_eq!((tally.added, tally.unfit), (1, 1));
    let made = store.pooled_generations(ArenaId::of(&"images".parse().unwrap())).await.unwrap().remove(0).1;
    let media = made.media.unwrap();
    assert_eq!((media.width, media.height), (300, 200));
    assert!(media.thumbnail.is_some(), "it is taken in as one from a file");
    let kept = plaudit::media::MediaStore::in_folder(folder.path()).unwrap();
    assert!(kept.whole(media.id).await.unwrap().unwrap().starts_with(b"\x89PNG"));
    let body: Value = serde_json::from_slice(&asked.lock().unwrap()[1].1).unwrap();
    assert_eq!((body["size"].as_str(), body["n"].as_u64()), (Some("256x256"), Some(1)));

    // Of an edit the picture goes with the wish, in a form.
    add_file(&store, &catalogue, &text("image_edit", "")).await;
    let source = plaudit_media::take_in(&picture(7), &plaudit_media::Limits::default()).unwrap();
    let rows = r#"{"format":"plaudit-pictures/1","arena":{"slug":"edits","title":"T","task":"image_edit","description":"","license":null}}
{"prompt":"make it blue","source":"source.png"}"#;
    let edits = tempfile::tempdir().unwrap();
    std::fs::write(edits.path().join("source.png"), &source.shown.png).unwrap();
    std::fs::write(edits.path().join("manifest.jsonl"), rows).unwrap();
    let found = discover(&[edits.path().to_owned()]).unwrap().sources.remove(0);
    import_source(&store, found, ReadOptions::default(), Some(folder.path())).await.unwrap();
    asked.lock().unwrap().clear();
    assert_eq!(fill(&store, folder.path(), "edits", &["127.0.0.1"]).await.unwrap().added, 1);
    let (path, body) = asked.lock().unwrap().last().cloned().unwrap();
    assert_eq!(path, "/v1/images/edits");
    let holds = |word: &[u8]| body.windows(word.len()).any(|window| window == word);
    assert!(holds(b"name=\"prompt\"\r\n\r\nmake it blue\r\n") && holds(&source.shown.png));
}
