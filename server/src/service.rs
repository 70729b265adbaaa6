//! The one place where store, boards, matchmaker and tickets meet: what pages and server functions ask for.

mod data;
mod judging;
pub mod live;
mod painters;
mod pictures;

pub(crate) use data::own_votes;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use plaudit_app::{
    api::ApiError,
    backend::Backend,
    view_model::{
        ArenaSummary, BattleView, FinishedBattle, FinishedSide, FinishedVote, GenerationCheck, GenerationView,
        HomeView, LeaderboardView, Method, MethodBoardView, PictureView, Provenance, Receipt, RevealedSide, Slice,
        data::{ApiView, DataView, ExportView},
        judges::{JudgeView, JudgesView, Opinion},
        live::{JudgingOffer, LiveAnswers, LiveBattle, LiveOffer, LiveReady, OfferedPainter, PlaygroundView},
    },
};
use plaudit_domain::{
    ArenaSlug, BattleId, ContestantId, GenerationId, JudgeSlug, Outcome, PromptId, RankingMethod, Timestamp, VoteId,
    VoterId,
};

use self::painters::painters;
use crate::{
    audit::{VoteLeaf, withdrawal_hash},
    board::{ArenaLog, BoardError, Boards, LiveArena, Shift},
    clock::{Clock, random_bytes},
    engine::Engine,
    exports::ExportDesk,
    judging::panel::JudgingDesk,
    markdown,
    media::MediaStore,
    models::Catalogue,
    secret::InstanceSecret,
    store::{
        CastVote, CastVoteAnswer, GenerationStatus, SkipBattle, StoreError, StoredBattle, StoredSide, StoredVote,
        Withdraw, WithdrawAnswer,
    },
    ticket::{MediaNames, OpenBattle, TICKET_LIFETIME_MILLIS, TicketError, TicketOffice},
};

/// How long a voter may undo.
pub const UNDO_MILLIS: i64 = 10_000;
/// A request that was sent in the last moment still counts when it travelled this long.
const UNDO_GRACE_MILLIS: i64 = 1_000;

/// The backend of the pages.
pub struct Service {
    boards: Arc<Boards>,
    tickets: TicketOffice,
    media_names: MediaNames,
    media: MediaStore,
    clock: Clock,
    catalogue: Arc<Catalogue>,
    engine: Arc<Engine>,
    judging: Arc<JudgingDesk>,
    exports: Arc<ExportDesk>,
    publish_by_default: bool,
}

/// Logs an error of ours and gives the visitor a reference to it instead of its text.
fn internal(error: &dyn std::error::Error) -> ApiError {
    let reference = data_encoding::HEXLOWER.encode(&random_bytes::<4>());
    tracing::error!(%error, reference, "request failed");
    ApiError::Internal { reference }
}

fn failed(error: BoardError) -> ApiError {
    internal(&error)
}

fn unread(error: StoreError) -> ApiError {
    internal(&error)
}

/// A vote that the database did not take was not counted, and its voter is told so.
fn uncounted(error: StoreError) -> ApiError {
    tracing::error!(%error, "a vote was not stored");
    ApiError::NotCounted
}

/// An undo that the database did not take leaves the vote where it is, and its voter is told so.
fn not_undone(error: StoreError) -> ApiError {
    tracing::error!(%error, "an undo was not stored");
    ApiError::NotUndone
}

impl From<TicketError> for Refused {
    fn from(error: TicketError) -> Self {
        Self(match error {
            TicketError::Invalid => ApiError::TicketInvalid,
            TicketError::Foreign => ApiError::TicketForeign,
            TicketError::Expired => ApiError::TicketExpired,
        })
    }
}

/// An [`ApiError`] that a ticket's error turns into.
struct Refused(ApiError);

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        refused.0
    }
}

/// Whether this voter may read the texts of a battle. What a browser claims to have generated could be anything until the
/// server has made it again; its maker, who voted on it, knows it anyway.
fn may_read(battle: &StoredBattle, voter: VoterId) -> bool {
    let sides = [&battle.left_side, &battle.right_side];
    battle.votes.iter().any(|vote| vote.voter == voter)
        || sides.into_iter().flatten().all(|side| side.status.is_public())
}

impl Service {
    /// Over the loaded boards and the models that browsers can have. `publish_by_default` is what is ticked for voters who
    /// have not said whether their votes may be published.
    #[expect(clippy::too_many_arguments, reason = "one for each thing that meets here")]
    pub fn new(
        boards: Arc<Boards>,
        secret: &InstanceSecret,
        clock: Clock,
        catalogue: Arc<Catalogue>,
        engine: Arc<Engine>,
        judging: Arc<JudgingDesk>,
        exports: Arc<ExportDesk>,
        media: MediaStore,
        publish_by_default: bool,
    ) -> Self {
        let (tickets, media_names) = (TicketOffice::new(secret), MediaNames::new(secret));
        Self { boards, tickets, media_names, clock, catalogue, engine, judging, exports, media, publish_by_default }
    }

    fn arena(&self, slug: &ArenaSlug) -> Result<Arc<LiveArena>, ApiError> {
        self.boards.arena(slug).ok_or(ApiError::NotFound)
    }

    fn open(&self, voter: VoterId, ticket: &str) -> Result<(OpenBattle, Arc<LiveArena>), ApiError> {
        let battle = self.tickets.open(ticket, voter, (self.clock)()).map_err(Refused::from)?;
        let arena = self.boards.arena_by_id(battle.arena).ok_or(ApiError::TicketInvalid)?;
        Ok((battle, arena))
    }

    async fn summary(&self, arena: &Arc<LiveArena>) -> Result<ArenaSummary, ApiError> {
        let snapshot = arena.board(Method::Bt, Slice::All).await.map_err(failed)?;
        let matchmaker = arena.matchmaker();
        let (votes_here, votes_imported) = arena.with_log(|log| (log.votes(Slice::Here), log.votes(Slice::Imported)));
        let row = &arena.row;
        Ok(ArenaSummary {
            slug: row.slug.clone(),
            title: row.title.clone(),
            description: row.description.clone(),
            task: row.task,
            license: row.license.clone(),
            contestants: snapshot.board.rows.len() as u32,
            prompts: matchmaker.prompts(),
            generations: matchmaker.generations(),
            votes_here,
            votes_imported,
            can_battle: matchmaker.can_battle(),
            leader: snapshot.board.rows.first().filter(|row| row.rank.is_some()).map(|row| row.name.clone()),
            samples: Vec::new(),
        })
    }

    async fn text(&self, generation: GenerationId) -> Result<String, ApiError> {
        self.boards.store().generation_text(generation).await.map_err(unread)?.ok_or(ApiError::NotFound)
    }

    async fn prompt(&self, prompt: PromptId) -> Result<String, ApiError> {
        self.boards.store().prompt_text(prompt).await.map_err(unread)?.ok_or(ApiError::NotFound)
    }

    async fn receipt(&self, arena: &Arc<LiveArena>, of: Voted) -> Result<Receipt, ApiError> {
        let effect = arena.effect(of.vote).await.map_err(failed)?;
        let side = |contestant: ContestantId, shift: Shift| -> Result<RevealedSide, ApiError> {
            arena.with_log(|log| {
                let contestant = log.contestant(contestant).ok_or(ApiError::NotFound)?;
                Ok(RevealedSide {
                    slug: contestant.slug.clone(),
                    name: contestant.name.clone(),
                    kind: contestant.details.kind,
                    rating_before: shift.before,
                    rating_after: shift.after,
                    rank: shift.rank,
                })
            })
        };
        let withdrawn = of.withdrawn || effect.withdrawn;
        let left_to_undo = of.recorded_at.0 + UNDO_MILLIS - (self.clock)().0;
        Ok(Receipt {
            arena: arena.row.slug.clone(),
            battle: of.battle,
            outcome: of.outcome,
            left: side(of.left, effect.left)?,
            right: side(of.right, effect.right)?,
            undo_millis: if withdrawn { 0 } else { left_to_undo.clamp(0, UNDO_MILLIS) as u32 },
            withdrawn,
            votes: effect.votes,
        })
    }

    fn event_id(&self, now: Timestamp) -> VoteId {
        VoteId::new(now, random_bytes())
    }
}

/// A committed vote, as far as a receipt needs it.
#[derive(Debug, Clone, Copy)]
struct Voted {
    battle: BattleId,
    vote: VoteId,
    left: ContestantId,
    right: ContestantId,
    outcome: Outcome,
    recorded_at: Timestamp,
    withdrawn: bool,
}

#[async_trait]
impl Backend for Service {
    async fn home(&self) -> Result<HomeView, ApiError> {
        let mut arenas = Vec::new();
        for arena in self.boards.arenas() {
            let samples = self.samples(&arena).await?;
            arenas.push(ArenaSummary { samples, ..self.summary(&arena).await? });
        }
        arenas.sort_by_key(|arena| (!arena.can_battle, std::cmp::Reverse(arena.votes_here)));
        let votes_here = arenas.iter().map(|arena| arena.votes_here).sum();
        let votes = votes_here + arenas.iter().map(|arena| arena.votes_imported).sum::<u64>();
        Ok(HomeView { arenas, votes, votes_here })
    }

    async fn draw_battle(&self, voter: VoterId, arena: &ArenaSlug) -> Result<BattleView, ApiError> {
        let arena = self.arena(arena)?;
        let matchmaker = arena.matchmaker();
        if !matchmaker.can_battle() {
            return Err(ApiError::NothingToCompare);
        }
        let seen = self.boards.store().pairs_seen(arena.row.id, voter).await.map_err(unread)?;
        let draw = matchmaker.draw(&seen).ok_or(ApiError::NothingToCompare)?;
        let now = (self.clock)();
        let battle = OpenBattle {
            battle: BattleId::new(now, random_bytes()),
            voter,
            arena: arena.row.id,
            prompt: draw.left.prompt,
            left: draw.left.contestant,
            right: draw.right.contestant,
            left_generation: draw.left.id,
            right_generation: draw.right.id,
            probability: draw.probability,
            expires_at: now.plus_millis(TICKET_LIFETIME_MILLIS),
            live: false,
        };
        let prompt = self.prompt(battle.prompt).await?;
        let (source, [left, right]) = self.open_sides(arena.row.task, &battle, &prompt).await?;
        Ok(BattleView {
            ticket: self.tickets.seal(&battle),
            prompt: markdown::render(&prompt),
            source,
            left,
            right,
            arena: self.summary(&arena).await?,
        })
    }

    async fn cast_vote(
        &self,
        voter: VoterId,
        ticket: &str,
        outcome: Outcome,
        publish: bool,
    ) -> Result<Receipt, ApiError> {
        let (battle, arena) = self.open(voter, ticket)?;
        let now = (self.clock)();
        let id = self.event_id(now);
        let slugs = arena.with_log(|log| {
            let slug = |contestant| log.contestant(contestant).map(|contestant| contestant.slug.clone());
            slug(battle.left).zip(slug(battle.right))
        });
        let (left, right) = slugs.ok_or(ApiError::TicketInvalid)?;
        let leaf = VoteLeaf {
            id,
            battle: battle.battle,
            arena: &arena.row.slug,
            left: &left,
            right: &right,
            outcome,
            recorded_at: now,
        };
        let command = CastVote { leaf_hash: leaf.hash(), battle: battle.clone(), outcome, id, now, consent: publish };
        let voted = |vote, recorded_at, withdrawn| Voted {
            battle: battle.battle,
            vote,
            left: battle.left,
            right: battle.right,
            outcome,
            recorded_at,
            withdrawn,
        };
        let voted = match self.boards.store().cast_vote(command).await.map_err(uncounted)? {
            CastVoteAnswer::Committed => {
                let row = crate::store::VoteRow {
                    id,
                    left: battle.left,
                    right: battle.right,
                    outcome,
                    imported: false,
                    voter,
                    cast_at: now,
                };
                arena.apply(&[row], &[], &[]).map_err(failed)?;
                voted(id, now, false)
            }
            // The same answer again: a lost reply, a double click, a reload. The voter gets the same receipt.
            CastVoteAnswer::Already { id, outcome: first, recorded_at, withdrawn } if first == outcome => {
                voted(id, recorded_at, withdrawn)
            }
            CastVoteAnswer::Already { .. } => return Err(ApiError::AlreadyVoted),
            CastVoteAnswer::Closed => return Err(ApiError::AlreadyLeft),
        };
        self.receipt(&arena, voted).await
    }

    async fn undo_vote(&self, voter: VoterId, battle: BattleId) -> Result<Receipt, ApiError> {
        let now = (self.clock)();
        let id = self.event_id(now);
        let not_before = now.plus_millis(-UNDO_MILLIS - UNDO_GRACE_MILLIS);
        let command = Withdraw { battle, voter, id, now, not_before, leaf_hash: withdrawal_hash };
        match self.boards.store().withdraw(command).await.map_err(not_undone)? {
            WithdrawAnswer::Withdrawn { vote } => {
                let stored = self.boards.store().battle(battle).await.map_err(unread)?.ok_or(ApiError::NotFound)?;
                let arena = self.boards.arena_by_id(stored.arena).ok_or(ApiError::NotFound)?;
                arena.apply(&[], &[crate::store::WithdrawalRow { id, vote }], &[]).map_err(failed)?;
                let row = stored.votes.iter().find(|row| row.id == vote).ok_or(ApiError::NotFound)?;
                self.receipt(&arena, voted_of(battle, stored.left, stored.right, row)).await
            }
            WithdrawAnswer::NoVote => Err(ApiError::NotFound),
            WithdrawAnswer::TooLate => Err(ApiError::UndoTooLate),
        }
    }

    async fn skip_battle(&self, voter: VoterId, ticket: &str) -> Result<ArenaSlug, ApiError> {
        let (battle, arena) = self.open(voter, ticket)?;
        // Skipping twice, or after a vote, changes nothing, and either way the voter wants the next battle.
        self.boards.store().skip_battle(SkipBattle { battle, now: (self.clock)() }).await.map_err(unread)?;
        Ok(arena.row.slug.clone())
    }

    async fn leaderboard(&self, arena: &ArenaSlug, method: Method, slice: Slice) -> Result<LeaderboardView, ApiError> {
        let arena = self.arena(arena)?;
        let snapshot = arena.board(method, slice).await.map_err(failed)?;
        let excluded = arena.with_log(ArenaLog::excluded);
        Ok(LeaderboardView { arena: self.summary(&arena).await?, board: snapshot.board.clone(), excluded })
    }

    async fn method_board(
        &self,
        arena: &ArenaSlug,
        method: RankingMethod,
        slice: Slice,
    ) -> Result<(ArenaSummary, MethodBoardView), ApiError> {
        let arena = self.arena(arena)?;
        let board = arena.method_board(method, slice).await.map_err(failed)?.as_ref().clone();
        let view = MethodBoardView { slice, contestants: arena.contestants(), board };
        Ok((self.summary(&arena).await?, view))
    }

    async fn finished_battle(
        &self,
        voter: VoterId,
        slug: &ArenaSlug,
        battle: BattleId,
    ) -> Result<FinishedBattle, ApiError> {
        let arena = self.arena(slug)?;
        let stored = self.boards.store().battle(battle).await.map_err(unread)?.ok_or(ApiError::NotFound)?;
        // A skipped battle stays secret: its names would tell whoever skipped it what a later voter should not know.
        if stored.arena != arena.row.id || stored.votes.is_empty() {
            return Err(ApiError::NotFound);
        }
        let shown = may_read(&stored, voter);
        let [left_picture, right_picture] = pictures::finished(&stored);
        let side = |contestant: ContestantId,
                    text: &Option<String>,
                    picture: Option<PictureView>,
                    made: &Option<StoredSide>|
         -> Result<FinishedSide, ApiError> {
            let text = || text.as_deref().map(markdown::render).map(GenerationView::Text);
            let generation = picture.map(GenerationView::Picture).or_else(text).filter(|_| shown);
            arena.with_log(|log| {
                let contestant = log.contestant(contestant).ok_or(ApiError::NotFound)?;
                Ok(FinishedSide {
                    slug: contestant.slug.clone(),
                    name: contestant.name.clone(),
                    kind: contestant.details.kind,
                    generation,
                    provenance: made.as_ref().map(provenance),
                })
            })
        };
        let yours = match stored.votes.iter().find(|vote| vote.voter == voter) {
            Some(vote) => Some(self.receipt(&arena, voted_of(battle, stored.left, stored.right, vote)).await?),
            None => None,
        };
        let vote = |vote: &StoredVote| FinishedVote {
            outcome: vote.outcome,
            imported: vote.imported,
            cast_at: vote.cast_at.map(moment),
            withdrawn: vote.withdrawn,
            yours: vote.voter == voter,
        };
        let shown_vote = |vote: &&StoredVote| vote.published || vote.voter == voter;
        Ok(FinishedBattle {
            id: battle,
            prompt: stored.prompt.as_deref().filter(|_| shown).map(markdown::render),
            source: pictures::source(&stored).filter(|_| shown),
            left: side(stored.left, &stored.left_text, left_picture, &stored.left_side)?,
            right: side(stored.right, &stored.right_text, right_picture, &stored.right_side)?,
            live: stored.live,
            excluded: stored.excluded.clone(),
            votes: stored.votes.iter().filter(shown_vote).map(vote).collect(),
            kept_votes: stored.votes.iter().filter(|vote| !shown_vote(vote)).count() as u64,
            yours,
            arena: self.summary(&arena).await?,
        })
    }

    async fn judges(&self, arena: &ArenaSlug) -> Result<JudgesView, ApiError> {
        self.judges_view(arena).await
    }

    async fn judge(&self, arena: &ArenaSlug, judge: &JudgeSlug, version: Option<&str>) -> Result<JudgeView, ApiError> {
        self.judge_view(arena, judge, version).await
    }

    async fn judging_offer(
        &self,
        voter: VoterId,
        arena: &ArenaSlug,
        battle: BattleId,
    ) -> Result<Option<JudgingOffer>, ApiError> {
        self.offer_of_judges(voter, arena, battle).await
    }

    async fn opinions(&self, voter: VoterId, battle: BattleId) -> Result<Vec<Opinion>, ApiError> {
        self.opinions_on(voter, battle).await
    }

    async fn live_offer(&self, arena: &ArenaSlug) -> Result<Option<LiveOffer>, ApiError> {
        self.offer(arena).await
    }

    async fn start_live(
        &self,
        voter: VoterId,
        arena: &ArenaSlug,
        prompt: Option<&str>,
        source: Option<&str>,
        models: &[&str],
    ) -> Result<LiveBattle, ApiError> {
        self.draw_live(voter, arena, (prompt, source), models).await
    }

    async fn finish_live(&self, voter: VoterId, ticket: &str, answers: LiveAnswers) -> Result<LiveReady, ApiError> {
        self.take_live(voter, ticket, answers).await
    }

    async fn data(&self, voter: VoterId) -> Result<DataView, ApiError> {
        self.data_view(voter).await
    }

    async fn export(&self, id: &str) -> Result<ExportView, ApiError> {
        self.export_view(id)
    }

    fn api(&self) -> Result<ApiView, ApiError> {
        Ok(self.api_view())
    }

    async fn publishes(&self, voter: VoterId) -> Result<bool, ApiError> {
        self.publishes_of(voter).await
    }

    async fn publish(&self, voter: VoterId, agreed: bool) -> Result<(), ApiError> {
        self.choose_publication(voter, agreed).await
    }

    async fn withdraw_all(&self, voter: VoterId) -> Result<u64, ApiError> {
        self.withdraw_all_of(voter).await
    }

    fn painters(&self) -> Vec<OfferedPainter> {
        painters(&self.catalogue)
    }

    async fn playground(&self) -> Result<PlaygroundView, ApiError> {
        self.playground_view()
    }
}

fn provenance(side: &StoredSide) -> Provenance {
    let StoredSide { details, status, picture: _ } = side;
    let made = details.made.as_ref();
    Provenance {
        seed: details.seed,
        weights_sha256: made.map(|made| made.weights_sha256.clone()),
        backend: made.map(|made| made.backend),
        device: made.map(|made| made.device.clone()),
        tokens: details.tokens,
        tokens_per_second: made.and_then(|made| made.tokens_per_second),
        check: match status {
            GenerationStatus::Pooled => None,
            GenerationStatus::Unchecked => Some(GenerationCheck::Unchecked),
            GenerationStatus::Verified => Some(GenerationCheck::Verified),
            GenerationStatus::Refuted => Some(GenerationCheck::Refuted),
        },
    }
}

fn voted_of(battle: BattleId, left: ContestantId, right: ContestantId, vote: &StoredVote) -> Voted {
    let StoredVote { id, outcome, recorded_at, withdrawn, .. } = *vote;
    Voted { battle, vote: id, left, right, outcome, recorded_at, withdrawn }
}

/// `2026-11-23 21:10 UTC`.
fn moment(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0)
        .map(|time| time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_time_zone() {
        assert_eq!(moment(Timestamp(1_707_700_514_317)), "2024-02-12 01:15 UTC");
    }
}
