//! One writer for SQLite that commits many votes at once (group commit).
//!
//! An fsync costs the same for one vote as for hundreds. While one commit waits for the disk the next requests queue up,
//! and all of them go into the next transaction. Each voter is answered after the commit that holds their vote. On
//! PostgreSQL every command has a transaction of its own, and the server there groups the flushes.

use std::sync::Arc;

use plaudit_domain::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::{
    StoreError,
    consent::ChoosePublication,
    judging::{AddJudgments, AddedJudgments, JudgeRow, JudgeStatements},
    live::{AddGeneration, FinishLive, FinishLiveAnswer, JudgeAnswer, JudgeGeneration, LiveStatements},
    pool::{Pool, transaction},
    token::TokenStatements,
    vote::{CastVote, CastVoteAnswer, SkipBattle, VoteStatements, Withdraw, WithdrawAnswer},
};
use crate::token::{TokenHash, TokenRow};

/// Commands in one transaction at the most: bounds how long the first of them waits.
const MAX_BATCH: usize = 256;
/// Commands that may wait; beyond it requests wait for a place.
const QUEUE: usize = 4096;
/// How often a transaction is tried again after a serialisation failure.
const RETRIES: u32 = 5;

/// What the writer can do.
#[derive(Debug, Clone)]
pub(super) enum Command {
    CastVote(CastVote),
    SkipBattle(SkipBattle),
    Withdraw(Withdraw),
    ChoosePublication(ChoosePublication),
    FinishLive(Box<FinishLive>),
    AddGeneration(Box<AddGeneration>),
    Judge(Box<JudgeGeneration>),
    RenewPool,
    AddJudge(Box<JudgeRow>, Timestamp),
    AddJudgments(Box<AddJudgments>),
    AddToken(Box<TokenRow>),
    RevokeToken(TokenHash, Timestamp),
}

/// What it says.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    CastVote(CastVoteAnswer),
    SkipBattle(bool),
    Withdraw(WithdrawAnswer),
    ChoosePublication,
    FinishLive(FinishLiveAnswer),
    AddGeneration(bool),
    Judge(JudgeAnswer),
    RenewPool,
    AddJudge(bool),
    AddJudgments(AddedJudgments),
    AddToken,
    RevokeToken(bool),
}

type Reply = oneshot::Sender<Result<Answer, StoreError>>;

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<(Command, Reply)>,
}

impl Writer {
    pub(super) fn start(pool: Arc<Pool>) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(pool, receiver));
        Self { queue }
    }

    /// Hands a command in and waits until it is committed.
    pub(super) async fn submit(&self, command: Command) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send((command, reply)).await.map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }
}

async fn run(pool: Arc<Pool>, mut receiver: mpsc::Receiver<(Command, Reply)>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while receiver.recv_many(&mut batch, MAX_BATCH).await > 0 {
        match &*pool {
            Pool::Sqlite { .. } => commit_batch(&pool, &mut batch).await,
            Pool::Postgres(_) => {
                for (command, reply) in batch.drain(..) {
                    let pool = pool.clone();
                    tokio::spawn(async move {
                        let result = commit_one(&pool, &command).await;
                        // Nobody waits any more when the browser went away; the commit stands all the same.
                        drop(reply.send(result));
                    });
                }
            }
        }
    }
}

/// All of the batch, or nothing of it. When one command is at fault, each gets a second chance on its own, so that it
/// cannot take its neighbours down.
async fn commit_batch(pool: &Pool, batch: &mut Vec<(Command, Reply)>) {
    let whole: Result<Vec<Answer>, StoreError> = async {
        transaction!(pool, connection => {
            let mut answers = Vec::with_capacity(batch.len());
            let mut failure = None;
            for (command, _) in batch.iter() {
                match execute(connection, command).await {
                    Ok(answer) => answers.push(answer),
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            failure.map_or(Ok(answers), Err)
        })
    }
    .await;
    match whole {
        Ok(answers) => {
            for ((_, reply), answer) in batch.drain(..).zip(answers) {
                drop(reply.send(Ok(answer)));
            }
        }
        Err(error) if batch.len() == 1 => {
            tracing::error!(%error, "a write was rolled back");
            if let Some((_, reply)) = batch.pop() {
                drop(reply.send(Err(error)));
            }
        }
        // The whole database is at fault, not one command: asking again for each of them would keep the last voter
        // waiting for the lock as many times as there are commands.
        Err(StoreError::Locked) => refuse_all(batch, || StoreError::Locked),
        Err(StoreError::Full) => refuse_all(batch, || StoreError::Full),
        Err(error) => {
            tracing::error!(%error, commands = batch.len(), "a batch of writes was rolled back, trying one by one");
            for (command, reply) in batch.drain(..) {
                drop(reply.send(commit_one(pool, &command).await));
            }
        }
    }
}

fn refuse_all(batch: &mut Vec<(Command, Reply)>, error: impl Fn() -> StoreError) {
    tracing::error!(error = %error(), commands = batch.len(), "a batch of writes was rolled back");
    for (_, reply) in batch.drain(..) {
        drop(reply.send(Err(error())));
    }
}

async fn commit_one(pool: &Pool, command: &Command) -> Result<Answer, StoreError> {
    for attempt in 1.. {
        let result: Result<Answer, StoreError> =
            async { transaction!(pool, connection => execute(connection, command).await) }.await;
        match result {
            Err(error) if error.is_serialisation_failure() && attempt < RETRIES => {
                tracing::debug!(%error, attempt, "trying a transaction again");
            }
            result => return result,
        }
    }
    Err(StoreError::Stopped)
}

/// One command on one connection of either engine.
async fn execute(
    connection: &mut (impl VoteStatements + LiveStatements + JudgeStatements + TokenStatements),
    command: &Command,
) -> Result<Answer, StoreError> {
    match command {
        Command::CastVote(command) => connection.cast_vote(command).await.map(Answer::CastVote),
        Command::SkipBattle(command) => connection.skip_battle(command).await.map(Answer::SkipBattle),
        Command::Withdraw(command) => connection.withdraw(command).await.map(Answer::Withdraw),
        Command::ChoosePublication(choice) => {
            connection.choose_publication(choice).await.map(|()| Answer::ChoosePublication)
        }
        Command::FinishLive(command) => connection.finish_live(command).await.map(Answer::FinishLive),
        Command::AddGeneration(command) => connection.add_generation(command).await.map(Answer::AddGeneration),
        Command::Judge(command) => connection.judge(command).await.map(Answer::Judge),
        Command::RenewPool => connection.renew_pool().await.map(|()| Answer::RenewPool),
        Command::AddJudge(judge, now) => connection.add_judge(judge, *now).await.map(Answer::AddJudge),
        Command::AddJudgments(command) => connection.add_judgments(command).await.map(Answer::AddJudgments),
        Command::AddToken(token) => connection.add_token(token).await.map(|()| Answer::AddToken),
        Command::RevokeToken(hash, now) => connection.revoke_token(hash, *now).await.map(Answer::RevokeToken),
    }
}
