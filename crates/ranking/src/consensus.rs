use plaudit_domain::Outcome;

use crate::{Kemeny, PairCounts, RankingError, Tournament, borda, kemeny};

/// One ranking out of those of many tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// Borda's score over the tasks: for every other contestant, the share of the tasks that rank this one above it, of
    /// those that rate both; ½ where none does. `None` for a contestant that no task rates together with another one.
    pub borda: Vec<Option<f64>>,
    /// The order that contradicts the fewest tasks, pair by pair.
    pub kemeny: Kemeny,
    /// The plain mean of the scores over the tasks that rate a contestant, for comparison: it depends on the scale of each
    /// task and on which tasks a contestant takes part in.
    pub mean: Vec<Option<f64>>,
}

/// Combines the boards of many tasks (arenas, categories): per task one score per contestant, more is better, `None` for
/// one that the task does not rate. Every task is one voter who ranks what it rates; scores of different tasks are never
/// added up, but for the mean.
///
/// Source: P. Colombo, N. Noiry, E. Irurozki and S. Clémençon, *What are the best systems? New perspectives on NLP
/// Benchmarking* (NeurIPS 2022).
///
/// # Errors
/// [`RankingError::DifferentContestants`] for boards of different lengths.
///
/// ```
/// use plaudit_ranking::consensus;
///
/// // The third task has another scale and decides the mean alone.
/// let tasks = [[Some(1.0), Some(0.0)], [Some(1.0), Some(0.0)], [Some(0.0), Some(1000.0)]].map(Vec::from);
/// let found = consensus(&tasks)?;
/// assert_eq!(found.kemeny.order, [0, 1]);
/// assert!(found.borda[0] > found.borda[1] && found.mean[0] < found.mean[1]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn consensus(tasks: &[Vec<Option<f64>>]) -> Result<Consensus, RankingError> {
    let contestants = tasks.first().map_or(0, |task| task.len() as u32);
    let mut counts = PairCounts::new(contestants);
    let mut sums = vec![(0.0, 0_u32); contestants as usize];
    for task in tasks {
        if task.len() != contestants as usize {
            return Err(RankingError::DifferentContestants { expected: contestants, given: task.len() as u32 });
        }
        for (sum, score) in sums.iter_mut().zip(task) {
            if let Some(score) = score {
                *sum = (sum.0 + score, sum.1 + 1);
            }
        }
        let rated: Vec<(u32, f64)> =
            (0_u32..).zip(task).filter_map(|(index, score)| Some((index, (*score)?))).collect();
        for (at, (first, score)) in rated.iter().enumerate() {
            for (second, other) in &rated[at + 1..] {
                let outcome = match score.total_cmp(other) {
                    std::cmp::Ordering::Greater => Outcome::Left,
                    std::cmp::Ordering::Less => Outcome::Right,
                    std::cmp::Ordering::Equal => Outcome::Tie,
                };
                counts.add(*first, *second, outcome, 1)?;
            }
        }
    }
    let tournament = Tournament::new(&counts);
    let mean = sums.into_iter().map(|(sum, tasks)| (tasks > 0).then(|| sum / f64::from(tasks))).collect();
    Ok(Consensus { borda: borda(&tournament), kemeny: kemeny(&tournament), mean })
}
