//! The vote path: three commands, each of which is safe to run twice.

use std::future::Future;

use plaudit_domain::{BattleId, Outcome, Timestamp, VoteId, VoterId};
use sqlx::{PgConnection, SqliteConnection};

use super::{
    Store, StoreError,
    consent::ChoosePublication,
    pool::at,
    writer::{Answer, Command},
};
use crate::ticket::OpenBattle;

/// Answer a battle.
#[derive(Debug, Clone)]
pub struct CastVote {
    /// The battle of the ticket.
    pub battle: OpenBattle,
    /// The answer.
    pub outcome: Outcome,
    /// The id of the new vote.
    pub id: VoteId,
    /// Now.
    pub now: Timestamp,
    /// RFC 6962 leaf hash of the vote.
    pub leaf_hash: [u8; 32],
    /// The voter agrees that the vote is published in data sets.
    pub consent: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastVoteAnswer {
    /// The vote is committed.
    Committed,
    /// The same voter gave an answer to this battle before: this one.
    Already {
        /// The vote that stands.
        id: VoteId,
        /// Its answer.
        outcome: Outcome,
        /// When it was committed.
        recorded_at: Timestamp,
        /// The voter took it back.
        withdrawn: bool,
    },
    /// The battle was skipped, or closed by somebody else.
    Closed,
}

/// Leave a battle unanswered.
#[derive(Debug, Clone)]
pub struct SkipBattle {
    /// The battle of the ticket.
    pub battle: OpenBattle,
    /// Now.
    pub now: Timestamp,
}

/// Take one's vote back.
#[derive(Debug, Clone)]
pub struct Withdraw {
    /// The battle.
    pub battle: BattleId,
    /// Whose vote.
    pub voter: VoterId,
    /// The id of the new event.
    pub id: VoteId,
    /// Now.
    pub now: Timestamp,
    /// Votes committed before this instant can no longer be undone.
    pub not_before: Timestamp,
    /// Makes the leaf hash once the vote is known.
    pub leaf_hash: fn(VoteId, VoteId) -> [u8; 32],
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithdrawAnswer {
    /// It is withdrawn now, or was before.
    Withdrawn {
        /// The vote.
        vote: VoteId,
    },
    /// This voter has no vote on this battle.
    NoVote,
    /// It is too late.
    TooLate,
}

/// The statements of the vote path and of its voters' choices, written once and compiled for both engines.
pub(super) trait VoteStatements {
    fn cast_vote(&mut self, command: &CastVote) -> impl Future<Output = Result<CastVoteAnswer, StoreError>> + Send;
    fn skip_battle(&mut self, command: &SkipBattle) -> impl Future<Output = Result<bool, StoreError>> + Send;
    fn withdraw(&mut self, command: &Withdraw) -> impl Future<Output = Result<WithdrawAnswer, StoreError>> + Send;
    fn choose_publication(&mut self, choice: &ChoosePublication)
    -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whether the battle was free. The primary key is what makes a ticket work once, however many requests race.
const CLOSE_BATTLE: &str = "INSERT INTO battle (id, arena_id, prompt_id, left_contestant_id, right_contestant_id, \
     left_generation_id, right_generation_id, probability, skipped_by, recorded_at, live) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING";
const INSERT_VOTE: &str = "INSERT INTO vote (id, arena_id, battle_id, voter_id, outcome, cast_at, recorded_at, anonymous, leaf_hash, consent) \
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)";
const FIND_VOTE: &str = "SELECT vote.id, vote.outcome, vote.recorded_at, vote_withdrawal.id FROM vote \
     LEFT JOIN vote_withdrawal ON vote_withdrawal.vote_id = vote.id WHERE vote.battle_id = $1 AND vote.voter_id = $2";
const INSERT_WITHDRAWAL: &str = "INSERT INTO vote_withdrawal (id, vote_id, arena_id, recorded_at, leaf_hash) \
     SELECT $1, vote.id, vote.arena_id, $2, $3 FROM vote WHERE vote.id = $4 ON CONFLICT (vote_id) DO NOTHING";

const INSERT_CHOICE: &str =
    "INSERT INTO publication_choice (id, voter_id, agreed, recorded_at) VALUES ($1, $2, $3, $4)";

type FoundVote = (Vec<u8>, String, i64, Option<Vec<u8>>);

macro_rules! close_battle {
    ($connection:expr, $battle:expr, $skipped_by:expr, $now:expr) => {
        sqlx::query(CLOSE_BATTLE)
            .bind(&$battle.battle.as_bytes()[..])
            .bind($battle.arena.0)
            .bind(&$battle.prompt.as_bytes()[..])
            .bind($battle.left.0)
            .bind($battle.right.0)
            .bind(&$battle.left_generation.as_bytes()[..])
            .bind(&$battle.right_generation.as_bytes()[..])
            .bind($battle.probability)
            .bind($skipped_by)
            .bind(at($now))
            .bind($battle.live)
            .execute(&mut *$connection)
            .await?
            .rows_affected()
            == 1
    };
}

macro_rules! find_vote {
    ($connection:expr, $battle:expr, $voter:expr) => {
        sqlx::query_as::<_, FoundVote>(FIND_VOTE)
            .bind(&$battle.as_bytes()[..])
            .bind(&$voter.as_bytes()[..])
            .fetch_optional(&mut *$connection)
            .await?
    };
}

macro_rules! impl_vote_statements {
    ($connection:ty) => {
        impl VoteStatements for $connection {
            async fn cast_vote(&mut self, command: &CastVote) -> Result<CastVoteAnswer, StoreError> {
                let battle = &command.battle;
                if close_battle!(self, battle, None::<Vec<u8>>, command.now) {
                    sqlx::query(INSERT_VOTE)
                        .bind(&command.id.as_bytes()[..])
                        .bind(battle.arena.0)
                        .bind(&battle.battle.as_bytes()[..])
                        .bind(&battle.voter.as_bytes()[..])
                        .bind(command.outcome.as_str())
                        .bind(at(command.now))
                        .bind(true)
                        .bind(&command.leaf_hash[..])
                        .bind(command.consent)
                        .execute(&mut *self)
                        .await?;
                    return Ok(CastVoteAnswer::Committed);
                }
                match find_vote!(self, battle.battle, battle.voter) {
                    Some((id, outcome, recorded_at, withdrawal)) => Ok(CastVoteAnswer::Already {
                        id: VoteId::try_from(id.as_slice())
                            .map_err(|_| StoreError::damaged("vote id", "of wrong length"))?,
                        outcome: outcome.parse().map_err(|error| StoreError::damaged("outcome", error))?,
                        recorded_at: Timestamp(recorded_at),
                        withdrawn: withdrawal.is_some(),
                    }),
                    None => Ok(CastVoteAnswer::Closed),
                }
            }

            async fn skip_battle(&mut self, command: &SkipBattle) -> Result<bool, StoreError> {
                let voter = command.battle.voter.as_bytes().to_vec();
                Ok(close_battle!(self, command.battle, Some(voter), command.now))
            }

            async fn withdraw(&mut self, command: &Withdraw) -> Result<WithdrawAnswer, StoreError> {
                let Some((id, _, recorded_at, withdrawal)) = find_vote!(self, command.battle, command.voter) else {
                    return Ok(WithdrawAnswer::NoVote);
                };
                let vote =
                    VoteId::try_from(id.as_slice()).map_err(|_| StoreError::damaged("vote id", "of wrong length"))?;
                if withdrawal.is_some() {
                    return Ok(WithdrawAnswer::Withdrawn { vote });
                }
                if Timestamp(recorded_at) < command.not_before {
                    return Ok(WithdrawAnswer::TooLate);
                }
                sqlx::query(INSERT_WITHDRAWAL)
                    .bind(&command.id.as_bytes()[..])
                    .bind(at(command.now))
                    .bind(&(command.leaf_hash)(command.id, vote)[..])
                    .bind(&vote.as_bytes()[..])
                    .execute(&mut *self)
                    .await?;
                Ok(WithdrawAnswer::Withdrawn { vote })
            }

            async fn choose_publication(&mut self, choice: &ChoosePublication) -> Result<(), StoreError> {
                sqlx::query(INSERT_CHOICE)
                    .bind(&choice.id.as_bytes()[..])
                    .bind(&choice.voter.as_bytes()[..])
                    .bind(choice.agreed)
                    .bind(at(choice.now))
                    .execute(&mut *self)
                    .await?;
                Ok(())
            }
        }
    };
}

impl_vote_statements!(SqliteConnection);
impl_vote_statements!(PgConnection);

impl Store {
    /// Commits a vote. When this returns, the vote survives a crash.
    ///
    /// # Errors
    /// [`StoreError`]; the vote then is not counted.
    pub async fn cast_vote(&self, command: CastVote) -> Result<CastVoteAnswer, StoreError> {
        match self.writer.submit(Command::CastVote(command)).await? {
            Answer::CastVote(answer) => Ok(answer),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Closes a battle without an answer. `false` when it was closed before.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is stored then.
    pub async fn skip_battle(&self, command: SkipBattle) -> Result<bool, StoreError> {
        match self.writer.submit(Command::SkipBattle(command)).await? {
            Answer::SkipBattle(fresh) => Ok(fresh),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Withdraws a vote.
    ///
    /// # Errors
    /// [`StoreError`]; the vote stands then.
    pub async fn withdraw(&self, command: Withdraw) -> Result<WithdrawAnswer, StoreError> {
        match self.writer.submit(Command::Withdraw(command)).await? {
            Answer::Withdraw(answer) => Ok(answer),
            _ => Err(StoreError::Stopped),
        }
    }
}
