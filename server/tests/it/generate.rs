//! Arena files and `plaudit generate`.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use plaudit::{
    arena_file::ArenaFile,
    arenas::{self, Absent},
    cli::{DataArgs, GenerateArgs},
    command::generate::{Tally, generate},
    engine::{Engine, EngineError, Made, Model, Order, Verdict},
    models::Catalogue,
    store::{DatabaseUrl, Store, StoreOptions},
};
use plaudit_domain::{ArenaId, Timestamp};
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
