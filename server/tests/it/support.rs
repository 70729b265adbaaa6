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
    board::Boards,
    builtin,
    clock::Clock,
    http::{AppState, router},
    secret::VoterCookies,
    service::Service,
    store::{DatabaseUrl, Store, StoreOptions},
};
use plaudit_app::Assets;
use plaudit_domain::Timestamp;
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

/// A store in a folder of its own.
pub async fn sqlite(options: StoreOptions) -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&DatabaseUrl::in_folder(folder.path()), options).await.unwrap();
    (store, folder)
}

/// The whole site in process, with the built-in arena.
pub struct Site {
    pub app: Router,
    pub clock: TestClock,
    pub store: Store,
    pub boards: Arc<Boards>,
    _folder: TempDir,
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
        let clock = TestClock::new();
        builtin::import(&store, clock.clock()()).await.unwrap();
        let boards = Arc::new(Boards::load(store.clone()).await.unwrap());
        let secret = store.instance_secret().await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("pkg/plaudit-test.css"), "body{}").unwrap();
        let state = AppState {
            backend: Arc::new(Service::new(boards.clone(), &secret, clock.clock())),
            boards: boards.clone(),
            cookies: VoterCookies::new(&secret),
            assets: Assets {
                stylesheet: "/pkg/plaudit-test.css".to_owned(),
                script: "/pkg/plaudit-test.js".to_owned(),
                wasm: "/pkg/plaudit-test_bg.wasm".to_owned(),
                origin: origin.map(ToOwned::to_owned),
                reload: false,
            },
            site,
            origin: origin.map(Into::into),
            stopping,
            reload_token: None,
        };
        Self { app: router(state), clock, store, boards, _folder: folder, _stop: stop }
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
