//! Server-sent events: open leaderboards hear of every change.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use plaudit_app::{
    api::ApiError,
    view_model::{Method, Slice},
};
use tokio::{sync::watch, time::Instant};

use super::{AppState, BoardRequest, api_error, asked_board};
use crate::{board::LiveArena, judging::panel::Version};

/// Boards follow one another no faster than a person can read them.
const MIN_PAUSE: Duration = Duration::from_millis(200);
/// After a lost connection the browser comes back this soon.
const RETRY: Duration = Duration::from_secs(2);
/// Keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Watcher {
    arena: Arc<LiveArena>,
    method: Method,
    slice: Slice,
    changes: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    last: Option<Instant>,
}

impl Watcher {
    /// The next board: the first at once, the others when something changed. `None` when the server stops.
    async fn next(&mut self) -> Option<Event> {
        if let Some(last) = self.last {
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
            tokio::time::sleep_until(last + MIN_PAUSE).await;
        }
        self.changes.mark_unchanged();
        self.last = Some(Instant::now());
        match self.arena.board(self.method, self.slice).await {
            Ok(snapshot) => {
                Some(Event::default().retry(RETRY).id(snapshot.board.version.to_string()).data(&*snapshot.json))
            }
            Err(error) => {
                tracing::error!(%error, arena = %self.arena.row.slug, "board failed, an event stream ends");
                None
            }
        }
    }
}

pub(super) async fn board(State(state): State<AppState>, asked: BoardRequest) -> Response {
    let (arena, query) = match asked_board(&state, asked) {
        Ok(found) => found,
        Err(error) => return api_error(&error),
    };
    let watcher = Watcher {
        changes: arena.subscribe(),
        arena,
        method: query.method,
        slice: query.votes,
        stopping: state.stopping.clone(),
        last: None,
    };
    let events = stream::unfold(watcher, |mut watcher| async move {
        watcher.next().await.map(|event| (Ok::<_, Infallible>(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// Judgments that other processes write are looked for this often.
const JUDGMENTS_PAUSE: Duration = Duration::from_secs(3);

struct JudgesWatcher {
    state: AppState,
    arena: Arc<LiveArena>,
    changes: watch::Receiver<u64>,
    told: Option<Version>,
}

impl JudgesWatcher {
    /// The next version: the first at once, the others when it changed. `None` when the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.state.judging.version(&self.arena).await {
                Ok(version) if self.told != Some(version) => {
                    self.told = Some(version);
                    return Some(Event::default().retry(RETRY).data(version.to_string()));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, arena = %self.arena.row.slug, "judges failed, an event stream ends");
                    return None;
                }
            }
            let pause = tokio::time::sleep(JUDGMENTS_PAUSE);
            tokio::select! {
                () = pause => continue,
                changed = self.changes.changed() => changed.ok()?,
                _ = self.state.stopping.wait_for(|stopping| *stopping) => return None,
            }
            tokio::time::sleep(MIN_PAUSE).await;
        }
    }
}

/// The versions of an arena's judges' pages.
pub(super) async fn judges(State(state): State<AppState>, Path(slug): Path<String>) -> Response {
    let Some(arena) = slug.parse().ok().and_then(|slug| state.boards.arena(&slug)) else {
        return api_error(&ApiError::NotFound);
    };
    let watcher = JudgesWatcher { changes: arena.subscribe(), arena, state, told: None };
    let events = stream::unfold(watcher, |mut watcher| async move {
        watcher.next().await.map(|event| (Ok::<_, Infallible>(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// For `cargo xtask dev`: one event with the token of this start, then silence until the server stops.
pub(super) async fn reload(State(state): State<AppState>) -> Response {
    let Some(token) = state.reload_token else { return api_error(&ApiError::NotFound) };
    let events = stream::unfold((Some(token), state.stopping), |(token, mut stopping)| async move {
        match token {
            Some(token) => {
                let event = Event::default().retry(Duration::from_millis(500)).data(&*token);
                Some((Ok::<_, Infallible>(event), (None, stopping)))
            }
            None => {
                // An error means that the sender is gone, and so is the server.
                drop(stopping.wait_for(|stopping| *stopping).await);
                None
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
