//! While the server runs, the judges that cost next to nothing keep up with the votes.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use super::{
    PairJudge, contrast,
    job::{self, JobError, JobOptions},
};
use plaudit_domain::ArenaId;

use crate::{board::Boards, clock::Clock};

/// Least pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// And so many times as long as the last look took, so that a long log costs little of a core.
const REST: u32 = 20;
/// So many pairs of one arena in one go, so that a big import does not keep the database from its voters.
const MOST_PAIRS: usize = 200;

/// Judges for ever; stops when the future is dropped.
pub async fn keep_up(boards: Arc<Boards>, judges: Vec<Arc<dyn PairJudge>>, clock: Clock) {
    let mut known = std::collections::HashMap::new();
    let mut failing = false;
    loop {
        let started = Instant::now();
        for arena in boards.arenas() {
            let version = arena.with_log(crate::board::ArenaLog::version);
            if known.get(&arena.row.id) == Some(&version) {
                continue;
            }
            match keep_up_in(&boards, arena.row.id, &judges, &clock).await {
                Ok(done) => {
                    failing = false;
                    if done {
                        known.insert(arena.row.id, version);
                    }
                }
                Err(error) => {
                    if !failing {
                        tracing::error!(%error, "judging waits until the database answers");
                    }
                    failing = true;
                }
            }
        }
        tokio::time::sleep(PAUSE.max(started.elapsed() * REST)).await;
    }
}

/// Whether all that there was to judge in this arena is judged.
async fn keep_up_in(
    boards: &Boards,
    arena: ArenaId,
    judges: &[Arc<dyn PairJudge>],
    clock: &Clock,
) -> Result<bool, JobError> {
    let never = AtomicBool::new(false);
    let contrasts = contrast::questions(boards.store(), arena, contrast::QUESTIONS).await?;
    let options = JobOptions { arena, retry_failed: false, most_pairs: Some(MOST_PAIRS), contrasts: &contrasts };
    let mut done = true;
    for judge in judges {
        let tally = job::run(boards.store(), judge, options, clock, &never, |_, _| {}).await?;
        done &= tally.planned < MOST_PAIRS as u64;
    }
    Ok(done)
}
