use nalgebra::{Cholesky, DVector};
use plaudit_domain::Outcome;
use serde::{Deserialize, Serialize};

use crate::{
    PairCounts, RankingError, bradley_terry::Problem, bradley_terry_or_prior, counts::check_battle, weak_penalty,
};

/// Rounds of removing by influence and fitting anew. Each takes what the last one's straight line fell short of.
const ROUNDS: u32 = 20;

/// Votes of one kind to be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Shown on the left.
    pub left: u32,
    /// Shown on the right.
    pub right: u32,
    /// What was voted.
    pub outcome: Outcome,
    /// How many of them.
    pub count: u64,
}

/// How few votes an order of two contestants hangs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fragility {
    /// Without these votes the other one is ahead. The most influential kind comes first.
    pub removals: Vec<Removal>,
    /// How many votes that are.
    pub votes: u64,
    /// Of all votes.
    pub share: f64,
    /// How many the influence of single votes on the board as it is predicted; `None` if it predicted that no removal
    /// is enough.
    pub predicted: Option<u64>,
}

/// The smallest number of votes found whose removal puts `lower` ahead of `upper`, by the fit of a live board
/// ([`bradley_terry_or_prior`]). Verified: the board without them was fitted. `None` where no removal was found that
/// leaves both rated.
///
/// Votes are taken in the order of their influence on the difference: removing one with score s and chance p between
/// contestants i and j moves it by about −(zᵢ − zⱼ)(s − p), with z = H⁻¹(eᵤ − eₗ). The board is fitted anew, the rest is
/// taken likewise until the order is another, and then as many as possible are put back. So the number is an upper
/// bound of the true minimum, and tight where influences add up, as they do where it is small beside all votes.
///
/// Source: T. Broderick, R. Giordano and R. Meager, *An Automatic Finite-Sample Robustness Metric: When Can Dropping a
/// Little Data Make a Big Difference?* (2020); on arenas: J. Huang et al., *Dropping Just a Handful of Preferences Can
/// Change Top Large Language Model Rankings* (2025).
///
/// # Errors
/// Contestants that do not exist or are the same; counts beyond what 64-bit floats can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, fragility};
///
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 60)?;
/// counts.add(0, 1, Outcome::Right, 50)?;
/// assert_eq!(fragility(&counts, 0, 1)?.map(|found| found.votes), Some(11));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn fragility(counts: &PairCounts, upper: u32, lower: u32) -> Result<Option<Fragility>, RankingError> {
    check_battle(upper, lower, counts.contestants())?;
    let mut rest = counts.clone();
    let mut taken: Vec<Removal> = Vec::new();
    let mut predicted = None;
    for round in 0..ROUNDS {
        let Some(lead) = lead(&rest, upper, lower)? else { return Ok(None) };
        if lead < 0.0 {
            return finish(counts, taken, (upper, lower), predicted).map(Some);
        }
        let (removals, is_enough) = most_influential(&rest, (upper, lower), lead)?;
        if round == 0 && is_enough {
            predicted = Some(removals.iter().map(|removal| removal.count).sum());
        }
        if removals.is_empty() {
            return Ok(None);
        }
        for removal in removals {
            rest.remove(removal.left, removal.right, removal.outcome, removal.count)?;
            taken.push(removal);
        }
    }
    Ok(None)
}

/// θ of `upper` less that of `lower`; `None` if either is not rated.
fn lead(counts: &PairCounts, upper: u32, lower: u32) -> Result<Option<f64>, RankingError> {
    let (fit, _) = bradley_terry_or_prior(counts, weak_penalty())?;
    let of = |contestant: u32| fit.log_odds[contestant as usize];
    Ok(of(upper).zip(of(lower)).map(|(upper, lower)| upper - lower))
}

/// Votes that make up for this lead by the straight line of their influence, and whether there are enough of them.
fn most_influential(
    counts: &PairCounts,
    (upper, lower): (u32, u32),
    lead: f64,
) -> Result<(Vec<Removal>, bool), RankingError> {
    let (fit, _) = bradley_terry_or_prior(counts, weak_penalty())?;
    let problem = Problem::of(counts, &fit)?;
    let places = problem.places();
    let place = |contestant: u32| places[contestant as usize].unwrap_or_default();
    let given: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap_or_default()).collect();
    let strengths = problem.gather(&given);
    let slope = problem.slope(&strengths);
    let gradient_norm = slope.gradient.amax();
    let failed = RankingError::NotConverged { iterations: 0, gradient_norm };
    let mut direction = DVector::zeros(problem.size());
    direction[place(upper)] = 1.0;
    direction[place(lower)] = -1.0;
    let pull = Cholesky::new(slope.hessian).ok_or(failed)?.solve(&direction);

    let mut kinds: Vec<(f64, Removal)> = Vec::new();
    for pair in counts.ordered_pairs() {
        let (left, right) = (place(pair.left), place(pair.right));
        let chance = 1.0 / (1.0 + (strengths[right] - strengths[left]).exp());
        for (outcome, count) in pair.outcomes().into_iter().filter(|(_, count)| *count > 0) {
            let influence = (pull[left] - pull[right]) * (outcome.left_score() - chance);
            kinds.push((influence, Removal { left: pair.left, right: pair.right, outcome, count }));
        }
    }
    // Votes that hold the lead up, the strongest first; equals in the order of the pairs.
    kinds.retain(|(influence, _)| *influence > 0.0);
    kinds.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut missing, mut removals) = (lead, Vec::new());
    for (influence, removal) in kinds {
        // One more than what levels them: ahead, not level.
        let wanted = (missing / influence).floor() + 1.0;
        let count = if wanted < removal.count as f64 { wanted as u64 } else { removal.count };
        missing -= influence * count as f64;
        removals.push(Removal { count, ..removal });
        if missing < 0.0 {
            return Ok((removals, true));
        }
    }
    Ok((removals, false))
}

/// Puts back as many of the votes taken last as the new order allows.
fn finish(
    counts: &PairCounts,
    taken: Vec<Removal>,
    (upper, lower): (u32, u32),
    predicted: Option<u64>,
) -> Result<Fragility, RankingError> {
    let total: u64 = taken.iter().map(|removal| removal.count).sum();
    // `enough` always is; `short` never was.
    let (mut short, mut enough) = (0, total);
    while enough - short > 1 {
        let middle = short + (enough - short) / 2;
        let without = remove_first(counts, &taken, middle)?;
        match lead(&without, upper, lower)? {
            Some(lead) if lead < 0.0 => enough = middle,
            _ => short = middle,
        }
    }
    let mut removals: Vec<Removal> = Vec::new();
    for removal in first(&taken, enough) {
        let is_same = |known: &&mut Removal| {
            (known.left, known.right, known.outcome) == (removal.left, removal.right, removal.outcome)
        };
        match removals.iter_mut().find(is_same) {
            Some(known) => known.count += removal.count,
            None => removals.push(removal),
        }
    }
    Ok(Fragility { removals, votes: enough, share: enough as f64 / counts.total() as f64, predicted })
}

/// The first so many votes of a list.
fn first(removals: &[Removal], votes: u64) -> impl Iterator<Item = Removal> {
    let mut left = votes;
    removals.iter().map_while(move |removal| {
        let count = removal.count.min(left);
        left -= count;
        (count > 0).then_some(Removal { count, ..*removal })
    })
}

fn remove_first(counts: &PairCounts, removals: &[Removal], votes: u64) -> Result<PairCounts, RankingError> {
    let mut rest = counts.clone();
    for removal in first(removals, votes) {
        rest.remove(removal.left, removal.right, removal.outcome, removal.count)?;
    }
    Ok(rest)
}
