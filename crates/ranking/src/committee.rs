use crate::{PairCounts, RankingError, error::check_option};

/// Up to so many committees every one is looked at.
const MOST_COMMITTEES: u64 = 200_000;

/// How a committee is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitteeRule {
    /// k-Borda: the sum of what all voters think of all members. Picks the k best.
    Borda,
    /// Chamberlin and Courant: each voter counts the member it likes best. Picks members that together leave few voters
    /// without one they like.
    ChamberlinCourant,
    /// Proportional approval voting: a voter that approves of m members adds 1 + ½ + … + 1/m. A voter approves of a
    /// contestant that it rates above the mean of those it has met.
    ProportionalApproval,
}

/// How many members a group of contestants has to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBounds {
    /// Contestants of the group.
    pub members: Vec<u32>,
    /// At least so many of them.
    pub least: u32,
    /// At most so many.
    pub most: u32,
}

/// A committee and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Committee {
    /// The members, ascending.
    pub members: Vec<u32>,
    /// Its score under the rule.
    pub score: f64,
    /// Whether every committee within the bounds was compared. If not, it was grown member by member and then improved by
    /// single exchanges until none helped; for the two rules other than Borda's the start alone has at least 1 − 1/e (63 %)
    /// of the best score where there are no bounds.
    pub is_optimal: bool,
}

/// Chooses `size` contestants that serve the voters together.
///
/// A voter's utility of a contestant is the share of the voter's own votes on it that it won, ties as half; a contestant that
/// the voter has not met has none, and counts for nothing. A voter may also be a prompt or a category.
///
/// Sources: P. Faliszewski, P. Skowron, A. Slinko and N. Talmon, *Multiwinner Voting: A New Challenge for Social Choice
/// Theory* (2017), for the three rules; G. Nemhauser, L. Wolsey and M. Fisher (1978) for the bound.
///
/// # Errors
/// A size of 0 or more than there are contestants; bounds that no committee fits; voters with different numbers of
/// contestants.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{CommitteeRule, PairCounts, committee};
///
/// // Two voters of three like 0 and 1 alike, the third likes 2 alone.
/// let mut voters = vec![PairCounts::new(3); 3];
/// for voter in &mut voters[..2] {
///     voter.add(0, 2, Outcome::Left, 4)?;
///     voter.add(1, 2, Outcome::Left, 4)?;
/// }
/// voters[2].add(2, 0, Outcome::Left, 4)?;
/// voters[2].add(2, 1, Outcome::Left, 4)?;
/// assert_eq!(committee(&voters, 2, CommitteeRule::Borda, &[])?.members, [0, 1]);
/// assert_eq!(committee(&voters, 2, CommitteeRule::ChamberlinCourant, &[])?.members, [0, 2]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn committee(
    voters: &[PairCounts],
    size: u32,
    rule: CommitteeRule,
    bounds: &[GroupBounds],
) -> Result<Committee, RankingError> {
    let contestants = voters.first().map_or(0, PairCounts::contestants);
    if let Some(other) = voters.iter().find(|voter| voter.contestants() != contestants) {
        return Err(RankingError::DifferentContestants { expected: contestants, given: other.contestants() });
    }
    let fits = size >= 1 && size <= contestants;
    check_option("size", f64::from(size), fits, "at least 1, and at most the number of contestants")?;
    let search = Search { utilities: voters.iter().map(utilities).collect(), contestants, size, rule, bounds };
    let best = if committees(contestants, size) <= MOST_COMMITTEES { search.all() } else { search.grown() };
    best.ok_or(RankingError::NoCommittee { size })
}

/// The shares of one voter's votes that each contestant won; `None` for one that it has not met.
fn utilities(voter: &PairCounts) -> Vec<Option<f64>> {
    voter.records().iter().map(crate::Record::win_rate).collect()
}

/// How many there are, or `u64::MAX`.
fn committees(contestants: u32, size: u32) -> u64 {
    let mut count = 1_u64;
    for chosen in 0..u64::from(size.min(contestants - size)) {
        let Some(product) = count.checked_mul(u64::from(contestants) - chosen) else { return u64::MAX };
        count = product / (chosen + 1);
    }
    count
}

struct Search<'a> {
    utilities: Vec<Vec<Option<f64>>>,
    contestants: u32,
    size: u32,
    rule: CommitteeRule,
    bounds: &'a [GroupBounds],
}

impl Search<'_> {
    fn score(&self, members: &[u32]) -> f64 {
        let of = |voter: &Vec<Option<f64>>| {
            let liked = || members.iter().filter_map(|member| voter[*member as usize]);
            match self.rule {
                CommitteeRule::Borda => liked().sum::<f64>(),
                CommitteeRule::ChamberlinCourant => liked().fold(0.0, f64::max),
                CommitteeRule::ProportionalApproval => {
                    let met: Vec<f64> = voter.iter().flatten().copied().collect();
                    let mean = met.iter().sum::<f64>() / met.len().max(1) as f64;
                    let approved = liked().filter(|utility| *utility > mean).count();
                    (1..=approved).map(|place| 1.0 / place as f64).sum()
                }
            }
        };
        self.utilities.iter().map(of).sum()
    }

    fn inside(group: &GroupBounds, members: &[u32]) -> u32 {
        members.iter().filter(|member| group.members.contains(member)).count() as u32
    }

    fn is_allowed(&self, members: &[u32]) -> bool {
        self.bounds.iter().all(|group| (group.least..=group.most).contains(&Self::inside(group, members)))
    }

    /// Whether a committee that is not full yet can still fit: no group is over its limit, and the free places suffice for
    /// every group alone.
    fn is_promising(&self, members: &[u32]) -> bool {
        let free = self.size - members.len() as u32;
        self.bounds.iter().all(|group| {
            let inside = Self::inside(group, members);
            inside <= group.most && inside + free >= group.least
        })
    }

    fn all(&self) -> Option<Committee> {
        let mut best: Option<Committee> = None;
        let mut members: Vec<u32> = (0..self.size).collect();
        loop {
            if self.is_allowed(&members) {
                let score = self.score(&members);
                // Of equally good ones, the first.
                if best.as_ref().is_none_or(|best| score > best.score + 1e-12) {
                    best = Some(Committee { members: members.clone(), score, is_optimal: true });
                }
            }
            // The next combination in ascending order.
            let last = |place: usize| self.contestants - self.size + place as u32;
            let Some(place) = (0..members.len()).rev().find(|&place| members[place] < last(place)) else { return best };
            let next = members[place] + 1;
            for (distance, member) in members[place..].iter_mut().enumerate() {
                *member = next + distance as u32;
            }
        }
    }

    fn grown(&self) -> Option<Committee> {
        let mut members: Vec<u32> = Vec::new();
        while members.len() < self.size as usize {
            let candidates = (0..self.contestants).filter(|candidate| !members.contains(candidate));
            let grown = candidates.map(|candidate| [members.as_slice(), &[candidate]].concat());
            let scored = grown.filter(|grown| self.is_promising(grown)).map(|grown| (self.score(&grown), grown));
            members = scored.reduce(|best, next| if next.0 > best.0 + 1e-12 { next } else { best })?.1;
        }
        if !self.is_allowed(&members) {
            return None;
        }
        let mut score = self.score(&members);
        loop {
            let mut better: Option<(f64, usize, u32)> = None;
            for place in 0..members.len() {
                for candidate in (0..self.contestants).filter(|candidate| !members.contains(candidate)) {
                    let mut changed = members.clone();
                    changed[place] = candidate;
                    if self.is_allowed(&changed) {
                        let reached = self.score(&changed);
                        if reached > better.map_or(score, |better| better.0) + 1e-9 {
                            better = Some((reached, place, candidate));
                        }
                    }
                }
            }
            let Some((reached, place, candidate)) = better else { break };
            members[place] = candidate;
            score = reached;
        }
        members.sort_unstable();
        Some(Committee { members, score, is_optimal: false })
    }
}
