//! The live boards: every arena's votes in memory as counts, refitted when they changed and somebody looks.
//!
//! The database is the truth and this a copy of it. A vote cast here is applied right after its commit; votes that other
//! servers on the same database commit are read from the log's end (see [`follow`]). Applying a vote twice does nothing,
//! so the two ways may overlap.

mod compute;
pub mod follow;
mod log;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use plaudit_app::view_model::{BoardView, CountedContestant, CountsView, Method, Slice};
use plaudit_domain::{ArenaId, ArenaSlug, MethodBoard, RankingMethod, VoteId};
use tokio::sync::watch;

pub use compute::{Effect, Shift};
pub use log::{ArenaLog, LogError};

use crate::{
    matchmaker::Matchmaker,
    store::{ArenaRow, ContentVersion, ExclusionRow, Store, StoreError, VoteRow, WithdrawalRow},
};

/// A board and its JSON, made once for all who look at it.
#[derive(Debug)]
pub struct Snapshot {
    /// The board.
    pub board: BoardView,
    /// The same as JSON, as the event stream sends it.
    pub json: Arc<str>,
}

/// What can go wrong with a board.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The log does not fit the arena.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The ratings cannot be computed.
    #[error("ranking: {0}")]
    Ranking(#[from] plaudit_ranking::RankingError),
    /// The board cannot be written as JSON.
    #[error("board as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The computation was stopped.
    #[error("the computation did not end")]
    Stopped,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something computed, with the log's version that it is of.
type Versioned<T> = (u64, Arc<T>);

/// One arena, live.
pub struct LiveArena {
    /// As stored.
    pub row: ArenaRow,
    log: RwLock<ArenaLog>,
    matchmaker: RwLock<Arc<Matchmaker>>,
    cache: [tokio::sync::Mutex<Option<Arc<Snapshot>>>; Method::ALL.len() * Slice::ALL.len()],
    /// The counts as JSON, by slice, with the version that they are of.
    counts: [tokio::sync::Mutex<Option<Versioned<str>>>; Slice::ALL.len()],
    /// Boards by other methods, with the version that they are of. One lock: some take seconds, and one core is enough for
    /// them.
    methods: tokio::sync::Mutex<HashMap<(RankingMethod, Slice, u32), Versioned<MethodBoard>>>,
    /// What is counted for people who want the data, with the version that it is of.
    figures: tokio::sync::Mutex<Option<(u64, Figures)>>,
    changed: watch::Sender<u64>,
}

/// How much data there is of an arena.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Battles that somebody voted on.
    pub battles: u64,
    /// Counted votes by outcome, in the order of [`plaudit_domain::Outcome::ALL`].
    pub outcomes: [u64; 4],
}

/// A lock poisoned by a panic elsewhere still guards whole data: every change under it is one assignment or one push.
fn unpoison<G>(result: Result<G, PoisonError<G>>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

impl LiveArena {
    async fn load(store: &Store, row: ArenaRow) -> Result<Self, BoardError> {
        let contestants =
            store.contestants().await?.into_iter().filter(|contestant| contestant.arena == row.id).collect();
        let matchmaker = Matchmaker::new(store.generations(row.id).await?);
        let mut log = ArenaLog::new(contestants);
        let (votes, withdrawals, exclusions) = whole_log(store, row.id).await?;
        log.apply(&votes, &withdrawals, &exclusions)?;
        let (changed, _) = watch::channel(log.version());
        Ok(Self {
            row,
            log: RwLock::new(log),
            matchmaker: RwLock::new(Arc::new(matchmaker)),
            cache: Default::default(),
            counts: Default::default(),
            methods: Default::default(),
            figures: Default::default(),
            changed,
        })
    }

    /// Reads contestants and generations anew, after an import.
    async fn refresh(&self, store: &Store) -> Result<(), BoardError> {
        let contestants =
            store.contestants().await?.into_iter().filter(|contestant| contestant.arena == self.row.id).collect();
        unpoison(self.log.write()).set_contestants(contestants);
        self.refresh_pool(store).await?;
        let (votes, withdrawals, exclusions) = whole_log(store, self.row.id).await?;
        self.apply(&votes, &withdrawals, &exclusions)
    }

    /// Reads the generations anew.
    async fn refresh_pool(&self, store: &Store) -> Result<(), BoardError> {
        let matchmaker = Matchmaker::new(store.generations(self.row.id).await?);
        *unpoison(self.matchmaker.write()) = Arc::new(matchmaker);
        Ok(())
    }

    /// Takes committed events in; those already known do nothing.
    ///
    /// # Errors
    /// [`LogError`] when an event names a contestant that this arena does not have.
    pub fn apply(
        &self,
        votes: &[VoteRow],
        withdrawals: &[WithdrawalRow],
        exclusions: &[ExclusionRow],
    ) -> Result<(), BoardError> {
        let version = {
            let mut log = unpoison(self.log.write());
            log.apply(votes, withdrawals, exclusions)?;
            log.version()
        };
        self.changed.send_if_modified(|known| std::mem::replace(known, version) != version);
        Ok(())
    }

    /// Tells of every change; the value is the number of events in the log.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Looks at the log.
    pub fn with_log<T>(&self, look: impl FnOnce(&ArenaLog) -> T) -> T {
        let log = unpoison(self.log.read());
        look(&log)
    }

    /// Draws pairs of generations.
    pub fn matchmaker(&self) -> Arc<Matchmaker> {
        unpoison(self.matchmaker.read()).clone()
    }

    /// The board as of now: from memory when nothing changed, else refitted, once for all who wait.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn board(self: &Arc<Self>, method: Method, slice: Slice) -> Result<Arc<Snapshot>, BoardError> {
        let place = method as usize * Slice::ALL.len() + slice as usize;
        let mut cached = self.cache[place].lock().await;
        if let Some(snapshot) = &*cached
            && snapshot.board.version == self.with_log(ArenaLog::version)
        {
            return Ok(snapshot.clone());
        }
        let arena = self.clone();
        let snapshot = blocking(move || {
            let board = arena.with_log(|log| compute::board(log, method, slice))?;
            let json = serde_json::to_string(&board)?.into();
            Ok(Arc::new(Snapshot { board, json }))
        })
        .await;
        match (snapshot, &*cached) {
            (Ok(snapshot), _) => {
                *cached = Some(snapshot.clone());
                Ok(snapshot)
            }
            // Counts so uneven that no fit converges are next to impossible; an older board is better than none.
            (Err(error), Some(last)) => {
                tracing::error!(%error, arena = %self.row.slug, "a board cannot be refitted, the last one stays");
                Ok(last.clone())
            }
            (Err(error), None) => Err(error),
        }
    }

    /// The counts of the votes, day by day, as JSON of a [`CountsView`]: all that a board is computed from.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn counts(self: &Arc<Self>, slice: Slice) -> Result<Arc<str>, BoardError> {
        let mut cached = self.counts[slice as usize].lock().await;
        if let Some((version, json)) = &*cached
            && *version == self.with_log(ArenaLog::version)
        {
            return Ok(json.clone());
        }
        let arena = self.clone();
        let (version, json) = blocking(move || {
            let view = arena.with_log(|log| CountsView {
                slice,
                version: log.version(),
                contestants: compute::contestants(log),
                days: log.days(slice),
            });
            let json: Arc<str> = serde_json::to_string(&view)?.into();
            Ok((view.version, json))
        })
        .await?;
        *cached = Some((version, json.clone()));
        Ok(json)
    }

    /// The board by any method that reads counts alone.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn method_board(
        self: &Arc<Self>,
        method: RankingMethod,
        slice: Slice,
    ) -> Result<Arc<MethodBoard>, BoardError> {
        self.resampled_board(method, slice, 0).await
    }

    /// The same with rank intervals out of so many resamples, where the method has them. The same counts give the same ones.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn resampled_board(
        self: &Arc<Self>,
        method: RankingMethod,
        slice: Slice,
        resamples: u32,
    ) -> Result<Arc<MethodBoard>, BoardError> {
        let resamples = if method.has_resamples() { resamples } else { 0 };
        let mut cached = self.methods.lock().await;
        let version = self.with_log(ArenaLog::version);
        if let Some((known, board)) = cached.get(&(method, slice, resamples))
            && *known == version
        {
            return Ok(board.clone());
        }
        let arena = self.clone();
        let board = blocking(move || {
            let counts = arena.with_log(|log| log.counts(slice))?;
            let options = plaudit_ranking::BoardOptions { resamples, ..Default::default() };
            Ok(Arc::new(plaudit_ranking::rank_by_with(&counts, method, &options)?))
        })
        .await?;
        cached.insert((method, slice, resamples), (version, board.clone()));
        Ok(board)
    }

    /// How much data there is.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn figures(self: &Arc<Self>, store: &Store) -> Result<Figures, BoardError> {
        let mut cached = self.figures.lock().await;
        let version = self.with_log(ArenaLog::version);
        if let Some((known, figures)) = *cached
            && known == version
        {
            return Ok(figures);
        }
        let battles = store.voted_battles(self.row.id).await?;
        let arena = self.clone();
        let pairs = blocking(move || Ok(arena.with_log(|log| log.pairs(Slice::All)))).await?;
        let mut outcomes = [0; 4];
        for pair in pairs {
            for (sum, count) in outcomes.iter_mut().zip(pair.outcomes) {
                *sum += count;
            }
        }
        let figures = Figures { battles, outcomes };
        *cached = Some((version, figures));
        Ok(figures)
    }

    /// The contestants, by position.
    pub fn contestants(&self) -> Vec<CountedContestant> {
        self.with_log(compute::contestants)
    }

    /// What one vote does to the ratings of the two it judged.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn effect(self: &Arc<Self>, vote: VoteId) -> Result<Effect, BoardError> {
        let arena = self.clone();
        blocking(move || Ok(arena.with_log(|log| compute::effect(log, vote))?)).await
    }
}

type WholeLog = (Vec<VoteRow>, Vec<WithdrawalRow>, Vec<ExclusionRow>);

async fn whole_log(store: &Store, arena: ArenaId) -> Result<WholeLog, StoreError> {
    let start = VoteId::from_bytes([0; 16]);
    let votes = store.votes_from(arena, start).await?;
    Ok((votes, store.withdrawals_from(arena, start).await?, store.exclusions_from(arena, start).await?))
}

/// Runs a computation of milliseconds off the threads that answer requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BoardError> + Send + 'static,
) -> Result<T, BoardError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| BoardError::Stopped)?
}

/// All arenas of one installation.
pub struct Boards {
    store: Store,
    arenas: RwLock<Catalogue>,
    content_version: Mutex<Option<ContentVersion>>,
}

#[derive(Default)]
struct Catalogue {
    by_slug: HashMap<ArenaSlug, Arc<LiveArena>>,
    by_id: HashMap<ArenaId, Arc<LiveArena>>,
}

impl Boards {
    /// Reads everything from the database.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn load(store: Store) -> Result<Self, BoardError> {
        let boards = Self { store, arenas: RwLock::default(), content_version: Mutex::default() };
        boards.refresh().await?;
        Ok(boards)
    }

    /// Takes in what imports have added since the last call, if anything.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn refresh(&self) -> Result<(), BoardError> {
        let version = self.store.content_version().await?;
        let known = *unpoison(self.content_version.lock());
        if known == Some(version) {
            return Ok(());
        }
        let only_pool = known.is_some_and(|known| ContentVersion { pool: version.pool, ..known } == version);
        for row in self.store.arenas().await? {
            match self.arena_by_id(row.id) {
                Some(arena) if only_pool => arena.refresh_pool(&self.store).await?,
                Some(arena) => arena.refresh(&self.store).await?,
                None => {
                    let arena = Arc::new(LiveArena::load(&self.store, row).await?);
                    let mut arenas = unpoison(self.arenas.write());
                    arenas.by_slug.insert(arena.row.slug.clone(), arena.clone());
                    arenas.by_id.insert(arena.row.id, arena);
                }
            }
        }
        *unpoison(self.content_version.lock()) = Some(version);
        Ok(())
    }

    /// An arena by its name.
    pub fn arena(&self, slug: &ArenaSlug) -> Option<Arc<LiveArena>> {
        unpoison(self.arenas.read()).by_slug.get(slug).cloned()
    }

    /// An arena by its id.
    pub fn arena_by_id(&self, id: ArenaId) -> Option<Arc<LiveArena>> {
        unpoison(self.arenas.read()).by_id.get(&id).cloned()
    }

    /// All arenas, by slug.
    pub fn arenas(&self) -> Vec<Arc<LiveArena>> {
        let mut arenas: Vec<_> = unpoison(self.arenas.read()).by_slug.values().cloned().collect();
        arenas.sort_by(|one, other| one.row.slug.cmp(&other.row.slug));
        arenas
    }

    /// The database behind the boards.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
