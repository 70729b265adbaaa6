use super::crowd::Crowd;
use crate::{
    BradleyTerry, PairCounts, RankingError,
    bradley_terry::{describe, maximise},
    error::check_option,
};

/// The boards of named groups of voters, such as languages or occupations: `membership` has the number of each voter's
/// group, from 0 to `groups` − 1.
///
/// All are fitted under the Gaussian prior of this `penalty` (see
/// [`BradleyTerryOptions::penalty`](crate::BradleyTerryOptions::penalty); [`weak_penalty`](crate::weak_penalty) is a good
/// one), so that they are comparable, and rate the same contestants: one without a battle in a group stands at that
/// group's average with the uncertainty of the prior. Standard errors are the wider of the sandwich and the inverse
/// Hessian.
///
/// # Errors
/// As many memberships as voters are needed, each below `groups`; a penalty that is not positive; voters with different
/// numbers of contestants; [`RankingError::NotConverged`] for counts beyond what 64-bit floats can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, group_boards, weak_penalty};
///
/// let mut voters = vec![PairCounts::new(2); 2];
/// voters[0].add(0, 1, Outcome::Left, 5)?;
/// voters[1].add(1, 0, Outcome::Left, 5)?;
/// let boards = group_boards(&voters, &[0, 1], 2, weak_penalty())?;
/// assert!(boards[0].log_odds[0] > boards[1].log_odds[0]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn group_boards(
    voters: &[PairCounts],
    membership: &[u32],
    groups: u32,
    penalty: f64,
) -> Result<Vec<BradleyTerry>, RankingError> {
    check_membership(voters, membership, groups)?;
    let crowd = Crowd::new(voters, penalty)?;
    let boards = (0..groups).map(|group| {
        let weight = |voter: &usize| f64::from(u8::from(membership[*voter] == group));
        let problem = crowd.weighted(&crowd.voters.iter().map(weight).collect::<Vec<f64>>());
        Ok(describe(&problem, &maximise(&problem, None)?, u64::MAX))
    });
    boards.collect()
}

pub(super) fn check_membership(voters: &[PairCounts], membership: &[u32], groups: u32) -> Result<(), RankingError> {
    if membership.len() != voters.len() {
        return Err(RankingError::DifferentVoters { expected: voters.len(), given: membership.len() });
    }
    let inside = |&group: &u32| {
        check_option("membership", f64::from(group), group < groups, "a number below the number of groups")
    };
    membership.iter().try_for_each(inside)
}
