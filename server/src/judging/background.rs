//! While the server runs, the judges that cost next to nothing keep up with the votes.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use super::{
    PairJudge, contrast,
    job::{self, JobOptions},
};
use crate::{board::Boards, clock::Clock};

/// Least pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// And so many times as long as the last look took, so that a long log costs little of a core.
const REST: u32 = 20;
/// So many pairs of one arena in one go, so that a big import does not keep the database from its voters.
const MOST_PAIRS: usize = 200;

/// Judges for ever; stops when the future is dropped.
pub async fn keep_up(boards: Arc<Boards>, judges: Vec<Arc<dyn PairJudge>>, clock: Clock) {
    let never = AtomicBool::new(false);
    let mut known = std::collections::HashMap::new();
    let mut failing = false;
    loop {
        let started = Instant::now();
        for arena in boards.arenas() {
            let version = arena.with_log(crate::board::ArenaLog::version);
            if known.get(&arena.row.id) == Some(&version) {
                continue;
            }
            let options = JobOptions {
                arena: arena.row.id,
                retry_failed: false,
                most_pairs: Some(MOST_PAIRS),
                contrasts: contrast::QUESTIONS,
            };
            let mut done = true;
            for judge in &judges {
                match job::run(boards.store(), judge, options, &clock, &never, |_, _| {}).await {
                    Ok(tally) => {
                        failing = false;
                        done &= tally.planned < MOST_PAIRS as u64;
                    }
                    Err(error) => {
                        if !failing {
                            tracing::error!(%error, judge = %judge.row().slug, "judging waits until the database answers");
                        }
                        failing = true;
                        done = false;
                    }
                }
            }
            if done {
                known.insert(arena.row.id, version);
            }
        }
        tokio::time::sleep(PAUSE.max(started.elapsed() * REST)).await;
    }
}
