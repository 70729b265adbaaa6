use serde::{Deserialize, Serialize};

use crate::{BradleyTerry, PairCounts, RankingError, bradley_terry::Problem, refit::Refit};

/// What the board would be without one voter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VoterInfluence {
    /// How many votes the voter cast.
    pub votes: u64,
    /// The contestant that moves most; `None` for a voter without votes.
    pub contestant: Option<u32>,
    /// How far it moves when the voter is left out, in natural log-odds.
    pub shift: f64,
    /// Pairs of contestants that stand in another order without the voter: Kendall's distance.
    pub swaps: u32,
    /// Without the voter the comparisons no longer determine the ratings, and the weak prior stood in.
    pub needs_prior: bool,
}

/// Fits the board once without each voter, in their order. Takes O(contestants²) a voter, with few exceptions.
///
/// # Errors
/// A fit of other contestants, or a voter with votes that are not among `counts`.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{BradleyTerryOptions, PairCounts, bradley_terry, leave_one_voter_out};
///
/// let vote = |outcome, count| -> Result<PairCounts, plaudit_ranking::RankingError> {
///     let mut counts = PairCounts::new(2);
///     counts.add(0, 1, outcome, count)?;
///     Ok(counts)
/// };
/// // One voter, alone against three, has cast most of the votes.
/// let voters = [vote(Outcome::Left, 30)?, vote(Outcome::Right, 5)?, vote(Outcome::Right, 5)?, vote(Outcome::Tie, 5)?];
/// let mut counts = PairCounts::new(2);
/// voters.iter().try_for_each(|voter| counts.merge(voter))?;
/// let fit = bradley_terry(&counts, &BradleyTerryOptions::default())?;
/// let swaps: Vec<u32> = leave_one_voter_out(&counts, &fit, &voters)?.iter().map(|voter| voter.swaps).collect();
/// assert_eq!(swaps, [1, 0, 0, 0]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn leave_one_voter_out<'a>(
    counts: &PairCounts,
    fit: &BradleyTerry,
    voters: impl IntoIterator<Item = &'a PairCounts>,
) -> Result<Vec<VoterInfluence>, RankingError> {
    let problem = Problem::of(counts, fit)?;
    let places = problem.places();
    let names: Vec<u32> = (0..counts.contestants()).filter(|&index| places[index as usize].is_some()).collect();
    let given: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap_or_default()).collect();
    let strengths = problem.gather(&given);
    let nobody = VoterInfluence { votes: 0, contestant: None, shift: 0.0, swaps: 0, needs_prior: false };
    if problem.size() == 0 {
        return voters.into_iter().map(|voter| subtract(counts, voter).map(|_| nobody)).collect();
    }
    let mut refit = Refit::new(&problem, strengths.clone())?;
    let (mut cells, mut drawn) = (Vec::new(), Vec::new());
    let mut influences = Vec::new();
    for voter in voters {
        let rest = subtract(counts, voter)?;
        if voter.total() == 0 {
            influences.push(nobody);
            continue;
        }
        cells.clear();
        let mut left = rest.pairs().peekable();
        for pair in counts.pairs() {
            // What the voter alone compared is still a pair of the problem, with nothing in it.
            let kept = left.next_if(|kept| (kept.first, kept.second) == (pair.first, pair.second));
            cells.push(
                kept.map_or([0.0; 3], |kept| [kept.first_wins as f64, kept.second_wins as f64, kept.draws() as f64]),
            );
        }
        drawn.clear();
        let needs_prior = refit.fit(&cells, &mut drawn)?;
        let shifts = drawn.iter().zip(strengths.iter()).map(|(without, with)| without - with);
        let largest = shifts.enumerate().max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()));
        influences.push(VoterInfluence {
            votes: voter.total(),
            contestant: largest.map(|(place, _)| names[place]),
            shift: largest.map_or(0.0, |(_, shift)| shift),
            swaps: swaps(strengths.as_slice(), &drawn),
            needs_prior,
        });
    }
    Ok(influences)
}

fn subtract(counts: &PairCounts, voter: &PairCounts) -> Result<PairCounts, RankingError> {
    let (expected, given) = (counts.contestants(), voter.contestants());
    if expected != given {
        return Err(RankingError::DifferentContestants { expected, given });
    }
    let mut rest = counts.clone();
    for pair in voter.ordered_pairs() {
        for (outcome, count) in pair.outcomes() {
            rest.remove(pair.left, pair.right, outcome, count)?;
        }
    }
    Ok(rest)
}

/// Pairs whose order is reversed; level pairs are in no order.
fn swaps(before: &[f64], after: &[f64]) -> u32 {
    let mut swaps = 0;
    for one in 0..before.len() {
        for other in one + 1..before.len() {
            let is_reversed = (before[one] - before[other]) * (after[one] - after[other]) < 0.0;
            swaps += u32::from(is_reversed);
        }
    }
    swaps
}
