use std::cmp::Ordering;

use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};

use super::{crowd::Crowd, groups::check_membership, random::shuffle};
use crate::{
    PairCounts, RankingError,
    bradley_terry::{Problem, chances, maximise},
    weak_penalty,
};

/// Where a group's margins come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Margins {
    /// (wins − losses) / battles of pairs that the group compared. Assumes nothing, and needs several votes per pair and
    /// group before noise is not most of it.
    Counted,
    /// 2σ(θᵢ − θⱼ) − 1 by the group's board, for all pairs of contestants with battles in the group. Sees through noise, and
    /// does not see disagreement that no order of the contestants expresses.
    Fitted,
}

/// How [`group_inconsistency`] measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InconsistencyOptions {
    /// Where margins come from.
    pub margins: Margins,
    /// λ > 0 of the prior on the boards that give fitted margins.
    pub penalty: f64,
    /// How often voters are dealt into groups at random. With R permutations no p-value is below 1 / (R + 1).
    pub permutations: u32,
    /// Equal seeds give equal permutations.
    pub seed: u64,
}

impl Default for InconsistencyOptions {
    fn default() -> Self {
        Self { margins: Margins::Fitted, penalty: weak_penalty(), permutations: 499, seed: 0 }
    }
}

/// How far groups want opposite things.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Inconsistency {
    /// From 0, no pair is seen in opposite ways, to 1, every pair is. ½ is what margins without any relation give. `None`
    /// where the groups decided no pair in common.
    pub coefficient: Option<f64>,
    /// Its mean when voters are dealt into groups of these sizes at random: what noise alone gives, and what to compare it
    /// with.
    pub expected: Option<f64>,
    /// The share of random dealings with a coefficient at least as large, the actual one included.
    pub p_value: Option<f64>,
    /// Pairs of contestants of which both groups preferred one; all pairs of groups together.
    pub pairs: u64,
    /// Those of which they preferred different ones.
    pub opposed: u64,
}

/// The inconsistency of all groups and of each two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupInconsistency {
    /// Sums over all pairs of groups, divided after summing.
    pub overall: Inconsistency,
    /// Each two groups (first < second), ascending.
    pub between: Vec<(u32, u32, Inconsistency)>,
}

/// Whether named groups of voters want opposite things, and whether more so than any voters dealt into such groups would.
///
/// For groups a and b with margins m in −1..1 per pair of contestants, the coefficient is the share of what both feel that
/// is opposed: Σ over opposed pairs of |mₐ·m_b| / Σ over all pairs of |mₐ·m_b|, which is (1 − Σ mₐ·m_b / Σ |mₐ·m_b|) / 2. A
/// pair that leaves either group cold has no weight.
///
/// The null distribution shuffles whole voters between the groups and keeps the groups' sizes, so that it is right however
/// many votes each cast and however alike their votes are. Neither the order of the voters nor that of the contestants
/// matters, except that the contestants' numbers decide which permutations are drawn.
///
/// Sources: the idea of linear inconsistency of preferences between groups (LInCo), in the definition above; permutation
/// p-values: B. Phipson and G. K. Smyth, *Permutation P-values Should Never Be Zero* (2010).
///
/// # Errors
/// As [`group_boards`](crate::group_boards).
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{InconsistencyOptions, PairCounts, group_inconsistency};
///
/// // Five voters prefer the first contestant, five the second.
/// let mut voters = vec![PairCounts::new(2); 10];
/// for (index, voter) in (0..).zip(&mut voters) {
///     voter.add(index % 2, 1 - index % 2, Outcome::Left, 3)?;
/// }
/// let found = group_inconsistency(&voters, &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 2, &InconsistencyOptions::default())?;
/// assert_eq!(found.overall.coefficient, Some(1.0));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn group_inconsistency(
    voters: &[PairCounts],
    membership: &[u32],
    groups: u32,
    options: &InconsistencyOptions,
) -> Result<GroupInconsistency, RankingError> {
    check_membership(voters, membership, groups)?;
    let crowd = Crowd::new(voters, options.penalty)?;
    let mut labels: Vec<u32> = crowd.voters.iter().map(|&voter| membership[voter]).collect();
    let observed = measure(&crowd, &labels, groups, options.margins)?;
    let mut nulls: Vec<Null> = observed.iter().map(|_| Null::default()).collect();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    // Every permutation starts from the same order of the labels, whichever voter has which.
    labels.sort_unstable();
    for _ in 0..options.permutations {
        let mut dealt = labels.clone();
        shuffle(&mut random, &mut dealt);
        let drawn = measure(&crowd, &dealt, groups, options.margins)?;
        for ((null, observed), drawn) in nulls.iter_mut().zip(&observed).zip(&drawn) {
            null.add(observed, drawn);
        }
    }
    let mut results = observed.iter().zip(&nulls).map(|(sums, null)| null.result(sums));
    let names = (0..groups).flat_map(|first| (first + 1..groups).map(move |second| (first, second)));
    // The sums over all pairs of groups come first.
    let overall = results.next().unwrap_or_else(|| Null::default().result(&Sums::default()));
    Ok(GroupInconsistency { overall, between: names.zip(results).map(|((a, b), found)| (a, b, found)).collect() })
}

#[derive(Default, Clone, Copy)]
struct Sums {
    opposed_weight: f64,
    weight: f64,
    pairs: u64,
    opposed: u64,
}

impl Sums {
    fn coefficient(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.opposed_weight / self.weight)
    }
}

#[derive(Default)]
struct Null {
    sum: f64,
    drawn: u32,
    at_least: u32,
}

impl Null {
    fn add(&mut self, observed: &Sums, drawn: &Sums) {
        let (Some(observed), Some(drawn)) = (observed.coefficient(), drawn.coefficient()) else { return };
        self.sum += drawn;
        self.drawn += 1;
        // The same dealing summed in another order must count as equal.
        self.at_least += u32::from(drawn >= observed - 1e-9);
    }

    fn result(&self, observed: &Sums) -> Inconsistency {
        let coefficient = observed.coefficient();
        let (drawn, at_least) = (f64::from(self.drawn), f64::from(self.at_least));
        Inconsistency {
            coefficient,
            expected: (self.drawn > 0).then(|| self.sum / drawn),
            p_value: coefficient.map(|_| (1.0 + at_least) / (1.0 + drawn)),
            pairs: observed.pairs,
            opposed: observed.opposed,
        }
    }
}

/// First all pairs of groups together, then each.
fn measure(crowd: &Crowd, labels: &[u32], groups: u32, margins: Margins) -> Result<Vec<Sums>, RankingError> {
    let margins = (0..groups).map(|group| {
        let weights: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label == group))).collect();
        let problem = crowd.weighted(&weights);
        match margins {
            Margins::Counted => Ok(counted(&problem)),
            Margins::Fitted => fitted(&problem),
        }
    });
    let margins: Vec<Vec<f64>> = margins.collect::<Result<_, RankingError>>()?;
    let (mut all, mut sums) = (Sums::default(), vec![]);
    for (place, first) in margins.iter().enumerate() {
        for second in &margins[place + 1..] {
            let mut of_two = Sums::default();
            for (one, other) in first.iter().zip(second) {
                let product = one * other;
                let is_opposed = product.partial_cmp(&0.0) == Some(Ordering::Less);
                of_two.weight += product.abs();
                of_two.pairs += u64::from(product != 0.0);
                of_two.opposed += u64::from(is_opposed);
                of_two.opposed_weight += if is_opposed { -product } else { 0.0 };
            }
            all.opposed_weight += of_two.opposed_weight;
            all.weight += of_two.weight;
            all.pairs += of_two.pairs;
            all.opposed += of_two.opposed;
            sums.push(of_two);
        }
    }
    sums.insert(0, all);
    Ok(sums)
}

/// Zero where there is none, as such pairs have no weight.
fn counted(problem: &Problem) -> Vec<f64> {
    let margin = |pair: &crate::bradley_terry::Pair| (pair.first_wins - pair.second_wins) / pair.battles().max(1.0);
    problem.pairs.iter().map(margin).collect()
}

fn fitted(problem: &Problem) -> Result<Vec<f64>, RankingError> {
    let strengths = maximise(problem, None)?.strengths;
    let mut margins = Vec::with_capacity(problem.size() * problem.size() / 2);
    for first in 0..problem.size() {
        for second in first + 1..problem.size() {
            let (wins, loses) = chances(strengths[first] - strengths[second]);
            let is_known = problem.battles[first] > 0 && problem.battles[second] > 0;
            margins.push(if is_known { wins - loses } else { 0.0 });
        }
    }
    Ok(margins)
}
