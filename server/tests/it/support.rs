//! What tests share: stores, a site in process, small vote files.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use plaudit::{
    arenas,
    board::Boards,
    builtin,
    clock::Clock,
    engine::{Engine, EngineError, Loader, Made, Model, Order, Verdict},
    exports::ExportDesk,
    http::{AppState, ChatDesk, router, v1::ApiLimits},
    imports::ImportDesk,
    judging::panel::JudgingDesk,
    media::MediaStore,
    models::Catalogue,
    secret::{InstanceSecret, VoterCookies},
    service::Service,
    store::{DatabaseUrl, Store, StoreOptions},
    ticket::MediaNames,
    token::{Scope, TokenRow, token_hash},
};
use plaudit_app::{Assets, IslandFiles};
use plaudit_domain::{Finish, JudgeId, Timestamp};
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

/// The folder with real data beside the repository; `None`, loudly, only where it does not exist.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if !shared.exists() {
        eprintln!("SKIPPED {test}: there is no folder ../shared with real data beside the repository");
        return None;
    }
    Some(shared.join("data"))
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// At some day in 2026.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_790_000_000_000)))
    }

    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let time = self.0.clone();
        Arc::new(move || Timestamp(time.load(Ordering::SeqCst)))
    }
}

/// A catalogue over folders that do not exist.
pub fn no_models() -> Catalogue {
    Catalogue::new(Path::new("/nonexistent/site"), Path::new("/nonexistent/data"))
}

/// A store in a folder of its own.
pub async fn sqlite(options: StoreOptions) -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&DatabaseUrl::in_folder(folder.path()), options).await.unwrap();
    (store, folder)
}

/// The whole site in process, with the built-in arena.
pub struct Site {
    pub app: Router,
    pub exports: Arc<ExportDesk>,
    pub clock: TestClock,
    pub store: Store,
    pub boards: Arc<Boards>,
    pub catalogue: Arc<Catalogue>,
    pub engine: Arc<Engine>,
    pub media: MediaStore,
    pub secret: InstanceSecret,
    pub folder: TempDir,
    _stop: watch::Sender<bool>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The cookie to send from now on.
    pub fn cookie(&self) -> String {
        let cookie = self.headers[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The ticket of a battle page.
    pub fn ticket(&self) -> String {
        let place = self.body.find("name=\"ticket\"").unwrap_or_else(|| panic!("no ticket in {}", self.body));
        // The attribute order of the input is the renderer's; look around the name.
        let start = self.body[..place].rfind('<').unwrap();
        let tag = &self.body[start..start + self.body[start..].find('>').unwrap()];
        let value = tag.split("value=\"").nth(1).unwrap();
        value[..value.find('"').unwrap()].to_owned()
    }
}

impl Site {
    pub async fn new() -> Self {
        let (store, folder) = sqlite(StoreOptions::default()).await;
        Self::over(store, folder, None).await
    }

    pub async fn behind_tls(origin: &str) -> Self {
        let (store, folder) = sqlite(StoreOptions::default()).await;
        Self::over(store, folder, Some(origin)).await
    }

    pub async fn over(store: Store, folder: TempDir, origin: Option<&str>) -> Self {
        Self::with_loader(store, folder, origin, None).await
    }

    /// With models of a test's own making in place of burn's.
    pub async fn with_loader(store: Store, folder: TempDir, origin: Option<&str>, loader: Option<Loader>) -> Self {
        let clock = TestClock::new();
        let catalogue = Arc::new(Catalogue::new(&folder.path().join("site"), folder.path()));
        let engine = Arc::new(match loader {
            Some(loader) => Engine::with_loader(catalogue.clone(), loader),
            None => Engine::new(catalogue.clone()),
        });
        builtin::import(&store, &catalogue, clock.clock()()).await.unwrap();
        arenas::add_all(&store, &catalogue, folder.path(), clock.clock()()).await.unwrap();
        let boards = Arc::new(Boards::load(store.clone()).await.unwrap());
        let secret = store.instance_secret().await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("pkg/plaudit-test.css"), "body{}").unwrap();
        let media = MediaStore::in_folder(folder.path()).unwrap();
        let judging = Arc::new(JudgingDesk::new(store.clone()));
        let exports = Arc::new(
            ExportDesk::new(boards.clone(), folder.path(), EXPORTS_BYTES, clock.clock(), stopping.clone()).unwrap(),
        );
        let state = AppState {
            exports: exports.clone(),
            imports: Arc::new(ImportDesk::new(boards.clone(), folder.path()).unwrap()),
            judging: judging.clone(),
            backend: Arc::new(Service::new(
                boards.clone(),
                &secret,
                clock.clock(),
                catalogue.clone(),
                engine.clone(),
                judging,
                exports.clone(),
                media.clone(),
                true,
            )),
            media: media.clone(),
            media_names: MediaNames::new(&secret),
            models: catalogue.clone(),
            boards: boards.clone(),
            limits: Arc::new(ApiLimits::new(0, 1)),
            chat: Some(Arc::new(ChatDesk::new(CHAT_KEY, engine.clone()))),
            clock: clock.clock(),
            cookies: VoterCookies::new(&secret),
            assets: Assets {
                stylesheet: "/pkg/plaudit-test.css".to_owned(),
                votes: island_files("votes"),
                methods: island_files("methods"),
                models: island_files("models"),
                recount: "/pkg/recount-worker-test.js".to_owned(),
                origin: origin.map(ToOwned::to_owned),
                reload: false,
            },
            site,
            origin: origin.map(Into::into),
            stopping,
            reload_token: None,
        };
        Self {
            app: router(state),
            exports,
            clock,
            store,
            boards,
            catalogue,
            engine,
            media,
            secret,
            folder,
            _stop: stop,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 16 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// A page, as a browser asks for it.
    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let mut request = Request::get(path).header(header::ACCEPT, "text/html").header(header::HOST, "arena.example");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A form post as a script sends it.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.send(post_request(path, cookie, form, "application/json")).await
    }

    /// A form post as a browser without JavaScript sends it.
    pub async fn post_form(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.send(post_request(path, cookie, form, "text/html,application/xhtml+xml")).await
    }

    /// Opens the text arena as a new visitor: cookie and ticket.
    pub async fn open_battle(&self) -> (String, String) {
        let page = self.get("/arena/text", None).await;
        assert_eq!(page.status, StatusCode::OK);
        (page.cookie(), page.ticket())
    }

    /// Votes in the database.
    pub fn votes_on_board(&self) -> u64 {
        let arena = self.boards.arena(&"text".parse().unwrap()).unwrap();
        arena.with_log(|log| log.votes(plaudit_app::view_model::Slice::All))
    }
}

pub fn post_request(path: &str, cookie: &str, form: &str, accept: &str) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, "arena.example")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, accept)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

/// What a test's exports may take of the disk.
pub const EXPORTS_BYTES: u64 = 1 << 20;

/// Opens the interface for chat completions.
pub const CHAT_KEY: &str = "host-key";

/// A model whose tokens are words: `t1 t2 …`. It says the same for the same prompt, settings and seed.
pub struct WordModel;

impl WordModel {
    fn tokens(order: &Order) -> Vec<u32> {
        let seed = if order.sampler.temperature == Some(0.0) { 0 } else { order.seed };
        let text = format!("{seed} {} {:?} {:?}", order.prompt, order.system_prompt, order.sampler);
        let hash = blake3::hash(text.as_bytes());
        hash.as_bytes()[..order.sampler.max_tokens.unwrap_or(8).min(8) as usize]
            .iter()
            .copied()
            .map(u32::from)
            .collect()
    }
}

impl Model for WordModel {
    fn prompt_tokens(&self, order: &Order) -> Result<u64, EngineError> {
        if order.prompt.len() > 1000 {
            return Err(EngineError::Prompt("too long".to_owned()));
        }
        Ok(order.prompt.split_whitespace().count() as u64)
    }

    fn decode(&self, tokens: &[u32]) -> String {
        tokens.iter().map(|token| format!("t{token}")).collect::<Vec<_>>().join(" ")
    }

    fn generate(&self, order: &Order, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Made>, EngineError> {
        let tokens = Self::tokens(order);
        if !tokens.iter().all(|_| go_on()) {
            return Ok(None);
        }
        Ok(Some(Made { text: self.decode(&tokens), tokens, finish: Finish::Stop }))
    }

    fn replay(&self, order: &Order, tokens: &[u32], _: bool) -> Result<Verdict, EngineError> {
        let same = Self::tokens(order) == tokens;
        Ok(if same { Verdict::Plausible } else { Verdict::Implausible("other tokens".to_owned()) })
    }
}

/// Makes [`WordModel`]s.
pub fn word_models() -> Loader {
    Box::new(|_| Ok(Arc::new(WordModel)))
}

/// SHA-256 of the weights of the model `words`.
pub const WORDS_SHA256: &str = "5555555555555555555555555555555555555555555555555555555555555555";

/// An arena with three contestants of the model `words`: two that draw, one greedy; and two prompts.
pub const WORDS_ARENA: &str = r#"
[arena]
slug = "words"
title = "Words"

[[contestant]]
slug = "calm"
name = "Calm"
model = "words"
temperature = 0.5
max_tokens = 8

[[contestant]]
slug = "wild"
name = "Wild"
model = "words"
temperature = 1.5
max_tokens = 8

[[contestant]]
slug = "greedy"
name = "Greedy"
model = "words"
temperature = 0.0
max_tokens = 8

[[prompt]]
text = "Say a word."

[[prompt]]
text = "Say another one."
"#;

/// Puts the model `words` and its arena into a data folder.
pub fn put_words(data: &Path) {
    let folder = data.join("models/words");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = serde_json::json!({
        "format": plaudit_domain::MODEL_FORMAT, "name": "words", "title": "Words", "architecture": "llama",
        "parameters": 1, "context": 256, "license": "CC0-1.0", "source": "made up",
        "files": [{ "role": "weights", "path": "words.bin", "sha256": WORDS_SHA256, "bytes": 5 }],
        "self_check": { "prompt_tokens": [1], "logits": [[2, 0.5]] },
    });
    std::fs::write(folder.join("words.bin"), b"words").unwrap();
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::create_dir_all(data.join("arenas")).unwrap();
    std::fs::write(data.join("arenas/words.toml"), WORDS_ARENA).unwrap();
}

impl Site {
    /// With the arena `words`, whose contestants run in browsers.
    pub async fn with_words() -> Self {
        let (store, folder) = sqlite(StoreOptions::default()).await;
        put_words(folder.path());
        Self::with_loader(store, folder, None, Some(word_models())).await
    }
}

/// A value for a form.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn island_files(name: &str) -> IslandFiles {
    IslandFiles { script: format!("/pkg/{name}-test.js"), wasm: format!("/pkg/{name}-test_bg.wasm") }
}

/// A token as its host would make it.
pub fn token(secret: &str, scopes: &[Scope], judge: Option<JudgeId>, now: Timestamp) -> TokenRow {
    TokenRow {
        hash: token_hash(secret),
        name: "test".to_owned(),
        scopes: scopes.iter().copied().collect(),
        judge,
        recorded_at: now,
        revoked_at: None,
    }
}
