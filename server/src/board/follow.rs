//! Following the log: what other processes commit to the same database.
//!
//! Polling, because LISTEN/NOTIFY is missing from engines that otherwise speak PostgreSQL's protocol. Ids start with the
//! time at which their request arrived, so each poll reads again what is younger than [`OVERLAP_MILLIS`]: longer than a
//! commit can take and clocks of servers may differ. Imports are longer transactions, but they count up the content
//! version, and then everything is read anew.

use std::{sync::Arc, time::Duration};

use plaudit_domain::{Timestamp, VoteId};

use super::{BoardError, Boards};
use crate::clock::Clock;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(400);
/// How far back each look reads.
const OVERLAP_MILLIS: i64 = 15_000;

/// Follows for ever; stops when the future is dropped.
pub async fn follow(boards: Arc<Boards>, clock: Clock) {
    // Until the first look succeeds, the boards are as fresh as their load.
    let mut read_until = clock();
    let mut failing = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        let now = clock();
        match look(&boards, read_until.plus_millis(-OVERLAP_MILLIS)).await {
            Ok(()) => {
                read_until = now;
                failing = false;
            }
            // Once is enough: a database that is down for an hour should not write an hour of log.
            Err(error) if !failing => {
                tracing::error!(%error, "cannot follow the log; boards stand still until the database answers");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

async fn look(boards: &Boards, from: Timestamp) -> Result<(), BoardError> {
    boards.refresh().await?;
    if boards.store().has_one_server() {
        return Ok(());
    }
    let from = VoteId::floor(from);
    for arena in boards.arenas() {
        let votes = boards.store().votes_from(arena.row.id, from).await?;
        let withdrawals = boards.store().withdrawals_from(arena.row.id, from).await?;
        let exclusions = boards.store().exclusions_from(arena.row.id, from).await?;
        arena.apply(&votes, &withdrawals, &exclusions)?;
    }
    Ok(())
}
