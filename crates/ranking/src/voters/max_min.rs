use microlp::{ComparisonOp, OptimizationDirection, Problem};
use serde::{Deserialize, Serialize};

use crate::{BradleyTerry, RankingError, bradley_terry::chances, ordinal_ranks};

/// A contestant as the group sees it that likes it least.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LeastServed {
    /// The number of the group; the first of several.
    pub group: u32,
    /// What the contestant is worth to it: see [`MaxMinBoard::utilities`].
    pub utility: f64,
}

/// A board that no group has to suffer for the others: contestants by the group that likes them least.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaxMinBoard {
    /// Per group and contestant the chance to win, by that group's board, against an opponent drawn evenly from all other
    /// rated contestants: 1/(M−1) Σⱼ σ(θᵢ − θⱼ). From 0 to 1 with mean ½ in every group, so that a group that feels
    /// strongly does not outweigh one that does not. `None` for a contestant that some board does not rate, and where
    /// there are no two that all boards rate.
    pub utilities: Vec<Vec<Option<f64>>>,
    /// Per contestant its least utility: the board's score.
    pub least: Vec<Option<LeastServed>>,
    /// Ranks by that score: 1 is the contestant whose worst group likes it best.
    pub ranks: Vec<Option<u32>>,
    /// The MaxMin lottery: with which chance to take each contestant, so that the expected utility of the worst-off group is
    /// as large as can be. All zeros where nobody is rated. Where several lotteries are as good, one of them.
    pub lottery: Vec<f64>,
    /// The expected utility of the worst-off group under the lottery: at least the best contestant's score, as a lottery can
    /// please groups by turns.
    pub lottery_utility: Option<f64>,
}

/// Ranks contestants by the group that is worst off with each, and finds the fairest lottery over them.
///
/// The groups are those of a [mixture](crate::voter_mixture) or [named ones](crate::group_boards); what their boards say
/// counts equally, however many voters they have. A group too small to be measured therefore weighs too much: look at its
/// board's intervals first.
///
/// Sources: J. Rawls, *A Theory of Justice* (1971); for preferences of groups: S. Chakraborty et al., *MaxMin-RLHF:
/// Alignment with Diverse Human Preferences* (2024).
///
/// # Errors
/// Boards of different numbers of contestants; [`RankingError::LinearProgramme`] if the lottery's solver gives up.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, group_boards, max_min_board, weak_penalty};
///
/// // One voter likes 0 most and 1 least, the other the reverse; both find 2 middling.
/// let mut voters = vec![PairCounts::new(3); 2];
/// for (voter, [best, middle, worst]) in voters.iter_mut().zip([[0, 2, 1], [1, 2, 0]]) {
///     voter.add(best, middle, Outcome::Left, 9)?;
///     voter.add(middle, worst, Outcome::Left, 9)?;
/// }
/// let board = max_min_board(&group_boards(&voters, &[0, 1], 2, weak_penalty())?)?;
/// assert_eq!(board.ranks, [Some(2), Some(2), Some(1)]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn max_min_board(groups: &[BradleyTerry]) -> Result<MaxMinBoard, RankingError> {
    let contestants = groups.first().map_or(0, |group| group.log_odds.len());
    for group in groups {
        let (expected, given) = (contestants as u32, group.log_odds.len() as u32);
        if expected != given {
            return Err(RankingError::DifferentContestants { expected, given });
        }
    }
    let is_rated = |index: &usize| groups.iter().all(|group| group.log_odds[*index].is_some());
    let mut rated: Vec<usize> = (0..contestants).filter(is_rated).collect();
    if rated.len() < 2 {
        rated.clear();
    }
    let utilities: Vec<Vec<Option<f64>>> = groups.iter().map(|group| utilities(group, &rated)).collect();
    let least: Vec<Option<LeastServed>> = (0..contestants).map(|index| least(&utilities, index)).collect();
    let scores: Vec<Option<f64>> = least.iter().map(|least| least.map(|least| least.utility)).collect();
    // In an order that does not depend on the contestants' numbers, as the solver's choice among equals does.
    rated.sort_by(|&one, &other| {
        let column = |index: usize| utilities.iter().map(move |group| group[index].unwrap_or_default());
        let score = |index: usize| scores[index].unwrap_or_default();
        let by_group =
            || column(other).zip(column(one)).map(|(other, one)| other.total_cmp(&one)).find(|order| order.is_ne());
        score(other).total_cmp(&score(one)).then_with(|| by_group().unwrap_or(std::cmp::Ordering::Equal))
    });
    let (lottery, lottery_utility) = lottery(&utilities, &rated, contestants)?;
    Ok(MaxMinBoard { ranks: ordinal_ranks(&scores), utilities, least, lottery, lottery_utility })
}

fn utilities(group: &BradleyTerry, rated: &[usize]) -> Vec<Option<f64>> {
    let mut utilities = vec![None; group.log_odds.len()];
    let strength = |index: usize| group.log_odds[index].unwrap_or_default();
    for &index in rated {
        let opponents = rated.iter().filter(|other| **other != index);
        let wins: f64 = opponents.map(|&other| chances(strength(index) - strength(other)).0).sum();
        utilities[index] = Some(wins / (rated.len() as f64 - 1.0));
    }
    utilities
}

fn least(utilities: &[Vec<Option<f64>>], index: usize) -> Option<LeastServed> {
    let mut least: Option<LeastServed> = None;
    for (group, utilities) in (0..).zip(utilities) {
        let utility = utilities[index]?;
        if least.is_none_or(|least| utility < least.utility) {
            least = Some(LeastServed { group, utility });
        }
    }
    least
}

/// Maximises t subject to Σᵢ pᵢ uᵢ ≥ t in every group, p ≥ 0, Σ p = 1.
fn lottery(
    utilities: &[Vec<Option<f64>>],
    rated: &[usize],
    contestants: usize,
) -> Result<(Vec<f64>, Option<f64>), RankingError> {
    let mut lottery = vec![0.0; contestants];
    if rated.is_empty() {
        return Ok((lottery, None));
    }
    let mut programme = Problem::new(OptimizationDirection::Maximize);
    let worst = programme.add_var(1.0, (0.0, 1.0));
    let chances: Vec<_> = rated.iter().map(|_| programme.add_var(0.0, (0.0, 1.0))).collect();
    let everything: Vec<_> = chances.iter().map(|&chance| (chance, 1.0)).collect();
    programme.add_constraint(&everything, ComparisonOp::Eq, 1.0);
    for group in utilities {
        let worth = chances.iter().zip(rated).map(|(&chance, &index)| (chance, group[index].unwrap_or_default()));
        let mut terms: Vec<_> = worth.collect();
        terms.push((worst, -1.0));
        programme.add_constraint(&terms, ComparisonOp::Ge, 0.0);
    }
    let failed = |reason: String| RankingError::LinearProgramme { reason };
    let outcome = programme.solve().map_err(|error| failed(error.to_string()))?;
    let stopped = outcome.into_solution().map_err(|stopped| format!("{:?}", stopped.termination_reason()));
    let solution = stopped.map_err(failed)?;
    // The solver keeps its constraints to within 10⁻⁷.
    let sum: f64 = chances.iter().map(|&chance| solution.var_value(chance).max(0.0)).sum();
    for (&chance, &index) in chances.iter().zip(rated) {
        lottery[index] = solution.var_value(chance).max(0.0) / sum;
    }
    let expected = |group: &Vec<Option<f64>>| -> f64 {
        group.iter().zip(&lottery).map(|(utility, chance)| utility.unwrap_or_default() * chance).sum()
    };
    let utility = utilities.iter().map(expected).fold(f64::INFINITY, f64::min);
    Ok((lottery, utility.is_finite().then_some(utility)))
}
