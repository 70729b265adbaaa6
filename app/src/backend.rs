//! The seam between pages and server: one trait that the server implements, found in Leptos' context.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use http::{HeaderName, HeaderValue, StatusCode};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use plaudit_domain::{ArenaSlug, BattleId, JudgeSlug, Outcome, RankingMethod, VoterId};

use crate::{
    api::ApiError,
    view_model::data::{ApiView, DataView, ExportView},
    view_model::judges::{JudgeView, JudgesView, Opinion},
    view_model::live::{JudgingOffer, LiveAnswers, LiveBattle, LiveOffer, LiveReady, OfferedPainter, PlaygroundView},
    view_model::{
        ArenaSummary, BattleView, FinishedBattle, HomeView, LeaderboardView, Method, MethodBoardView, Receipt, Slice,
    },
};

/// Where a browser without JavaScript goes after a successful post. Set by [`answer`], read by the server's form layer.
pub const NEXT_PAGE: HeaderName = HeaderName::from_static("plaudit-next-page");

/// All that pages and server functions can ask of the server.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// The arenas and their counts.
    async fn home(&self) -> Result<HomeView, ApiError>;
    /// Draws a battle for this voter and seals a ticket for it.
    async fn draw_battle(&self, voter: VoterId, arena: &ArenaSlug) -> Result<BattleView, ApiError>;
    /// Commits a vote.
    /// `publish` is whether the voter agrees that the vote is in data sets.
    async fn cast_vote(
        &self,
        voter: VoterId,
        ticket: &str,
        outcome: Outcome,
        publish: bool,
    ) -> Result<Receipt, ApiError>;
    /// Withdraws a vote.
    async fn undo_vote(&self, voter: VoterId, battle: BattleId) -> Result<Receipt, ApiError>;
    /// Leaves a battle unanswered.
    async fn skip_battle(&self, voter: VoterId, ticket: &str) -> Result<ArenaSlug, ApiError>;
    /// A board.
    async fn leaderboard(&self, arena: &ArenaSlug, method: Method, slice: Slice) -> Result<LeaderboardView, ApiError>;
    /// A board by a method that reads counts alone.
    async fn method_board(
        &self,
        arena: &ArenaSlug,
        method: RankingMethod,
        slice: Slice,
    ) -> Result<(ArenaSummary, MethodBoardView), ApiError>;
    /// A battle after its vote.
    async fn finished_battle(
        &self,
        voter: VoterId,
        arena: &ArenaSlug,
        battle: BattleId,
    ) -> Result<FinishedBattle, ApiError>;
    /// How far judges agree with people.
    async fn judges(&self, arena: &ArenaSlug) -> Result<JudgesView, ApiError>;
    /// One judge from all sides; the newest version that judged here unless one is named.
    async fn judge(&self, arena: &ArenaSlug, judge: &JudgeSlug, version: Option<&str>) -> Result<JudgeView, ApiError>;
    /// What the judges say of a finished battle, the newest version of each; nothing before this voter may know it.
    async fn opinions(&self, voter: VoterId, battle: BattleId) -> Result<Vec<Opinion>, ApiError>;
    /// What a browser needs to judge a finished battle itself; `None` where its texts are not for this voter, or not there.
    async fn judging_offer(
        &self,
        voter: VoterId,
        arena: &ArenaSlug,
        battle: BattleId,
    ) -> Result<Option<JudgingOffer>, ApiError>;
    /// What the arena offers to generate in the browser; `None` when fewer than two of its contestants can.
    async fn live_offer(&self, arena: &ArenaSlug) -> Result<Option<LiveOffer>, ApiError>;
    /// Draws two contestants among those whose model is named, for the visitor's prompt or one of the arena's; where pictures are
    /// changed, with `source`, one that the arena has, or one that goes with the arena's prompt.
    async fn start_live(
        &self,
        voter: VoterId,
        arena: &ArenaSlug,
        prompt: Option<&str>,
        source: Option<&str>,
        models: &[&str],
    ) -> Result<LiveBattle, ApiError>;
    /// Takes what the browser made, and answers with the right to vote on it.
    async fn finish_live(&self, voter: VoterId, ticket: &str, answers: LiveAnswers) -> Result<LiveReady, ApiError>;
    /// How much data there is, and how much of it is this voter's.
    async fn data(&self, voter: VoterId) -> Result<DataView, ApiError>;
    /// How far an export is.
    async fn export(&self, id: &str) -> Result<ExportView, ApiError>;
    /// What programs can ask for.
    fn api(&self) -> Result<ApiView, ApiError>;
    /// Whether this voter's next vote may be published, unless they say otherwise with it.
    async fn publishes(&self, voter: VoterId) -> Result<bool, ApiError>;
    /// Says of all of a voter's votes so far whether they may be published.
    async fn publish(&self, voter: VoterId, agreed: bool) -> Result<(), ApiError>;
    /// Takes all of a voter's votes back, and says how many there were.
    async fn withdraw_all(&self, voter: VoterId) -> Result<u64, ApiError>;
    /// What draws in a browser.
    fn painters(&self) -> Vec<OfferedPainter>;
    /// Every contestant that can run in a browser.
    async fn playground(&self) -> Result<PlaygroundView, ApiError>;
}

/// The backend of this request.
pub fn backend() -> Result<Arc<dyn Backend>, ApiError> {
    use_context::<Arc<dyn Backend>>().ok_or_else(|| missing("backend"))
}

/// Who asks. The server's session layer puts it into the context of every request.
pub fn voter() -> Result<VoterId, ApiError> {
    use_context::<VoterId>().ok_or_else(|| missing("voter"))
}

fn missing(what: &str) -> ApiError {
    tracing::error!(what, "nothing in the context of this request");
    ApiError::Internal { reference: format!("no-{what}") }
}

/// Runs the body of a server function and gives its answer the right status, and the page that follows it.
pub async fn answer<T>(
    body: impl Future<Output = Result<T, ApiError>>,
    next_page: impl FnOnce(&T) -> String,
) -> Result<T, ApiError> {
    let response = use_context::<ResponseOptions>();
    let result = body.await;
    if let Some(response) = response {
        match &result {
            Ok(value) => {
                if let Ok(page) = HeaderValue::from_str(&next_page(value)) {
                    response.insert_header(NEXT_PAGE, page);
                }
            }
            Err(error) => {
                response.set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
            }
        }
    }
    result
}
