//! Kinds of voters: a mixture of Bradley-Terry models.

mod em;
mod selection;

use self::em::{Em, best_of_restarts};
pub use self::selection::{MixtureCandidate, MixtureSelection, SelectionOptions, select_mixture};
use super::crowd::{Crowd, battles};
use crate::{
    BradleyTerry, PairCounts, RankingError,
    bradley_terry::{describe, maximise},
    error::check_option,
    weak_penalty,
};

/// How [`voter_mixture`] fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureOptions {
    /// K ≥ 1, how many groups of voters there are.
    pub groups: u32,
    /// λ > 0 of the Gaussian prior on every group's strengths, as in
    /// [`BradleyTerryOptions::penalty`](crate::BradleyTerryOptions::penalty): a small group has few votes, and without a
    /// prior those who win all of them would be infinitely strong. The default is the [weak prior](weak_penalty).
    pub penalty: f64,
    /// From so many random starts the best is taken. The likelihood of a mixture has local maxima: on the votes of
    /// LLMFAO's 124 workers, five starts miss the best for some seeds, and ten found the same for all that were tried.
    pub restarts: u32,
    /// Equal seeds give equal starts.
    pub seed: u64,
}

impl Default for MixtureOptions {
    fn default() -> Self {
        Self { groups: 2, penalty: weak_penalty(), restarts: 20, seed: 0 }
    }
}

/// A crowd as a mixture of groups, the heaviest first.
#[derive(Debug, Clone, PartialEq)]
pub struct VoterMixture {
    /// Each group with its board. Groups of equal weight are ordered by their strengths.
    pub groups: Vec<VoterGroup>,
    /// Per voter the posterior probabilities of the groups; for a voter without votes the groups' weights.
    pub responsibilities: Vec<Vec<f64>>,
    /// Σ over voters of log Σ over groups of weight · likelihood, without the prior. A tie counts as half a win each.
    pub log_likelihood: f64,
    /// −2 · `log_likelihood` + p · ln n, with p = K·(M − 1) + K − 1 parameters for M contestants with battles, and n
    /// voters with votes: they, not their votes, are the mixture's independent draws. Smaller is better.
    pub bic: f64,
    /// What the fit maximises, before the first iteration and after each: `log_likelihood` plus the log densities of the
    /// priors up to a constant. It never falls.
    pub trace: Vec<f64>,
    /// Whether the last iteration changed the above by less than 10⁻⁶ nats. If not, there were 1000.
    pub is_converged: bool,
}

/// One kind of voter.
#[derive(Debug, Clone, PartialEq)]
pub struct VoterGroup {
    /// The share of voters of this kind.
    pub weight: f64,
    /// How many voters with votes are of this kind, by expectation.
    pub voters: f64,
    /// How many of the votes are theirs, by expectation.
    pub votes: f64,
    /// The group's own board. A vote whose voter belongs here with probability r counts as r votes, in strengths and errors
    /// alike; the errors are the wider of the sandwich and the inverse Hessian for everyone. They take the probabilities
    /// for known, and so fall short where it is unclear who belongs to which group.
    pub board: BradleyTerry,
}

impl VoterMixture {
    /// Per voter the most likely group; the first of equally likely ones.
    pub fn members(&self) -> Vec<u32> {
        let most_likely = |shares: &Vec<f64>| {
            let mut best = 0;
            for (group, share) in shares.iter().enumerate() {
                if *share > shares[best] {
                    best = group;
                }
            }
            best as u32
        };
        self.responsibilities.iter().map(most_likely).collect()
    }
}

/// Fits K groups of voters with a board each, where a voter belongs to group k with probability wₖ and then votes by that
/// group's Bradley-Terry model, by expectation-maximisation.
///
/// It maximises Σᵥ log Σₖ wₖ Pₖ(votes of v) − λ/2 Σₖ ‖θₖ‖² + 1/K Σₖ log wₖ. The last two terms are the priors: strengths
/// are Gaussian around equal ones (see [`MixtureOptions::penalty`]), and weights have a Dirichlet prior worth one voter,
/// spread evenly. Each M-step is an exact fit, so every iteration climbs. Starts are drawn as k-means++ draws its centres,
/// from voters whom the centres so far predict badly; all get a few iterations, the best is run to the end. A start
/// depends on the numbering of the contestants, the maximum it leads to does not; the order of the voters matters to neither.
///
/// With one group this is the board of all votes under the prior. For how many groups there are see [`select_mixture`].
///
/// Sources: A. P. Dempster, N. M. Laird and D. B. Rubin, *Maximum Likelihood from Incomplete Data via the EM Algorithm*,
/// Journal of the Royal Statistical Society B 39 (1977); starts: D. Arthur and S. Vassilvitskii, *k-means++: The Advantages
/// of Careful Seeding* (2007); short runs: C. Biernacki, G. Celeux and G. Govaert, Computational Statistics & Data Analysis
/// 41 (2003).
///
/// # Errors
/// No groups, no restarts, a penalty that is not positive; voters with different numbers of contestants;
/// [`RankingError::NotConverged`] for counts beyond what 64-bit floats can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{MixtureOptions, PairCounts, voter_mixture};
///
/// let voter = |left, right| -> Result<PairCounts, plaudit_ranking::RankingError> {
///     let mut counts = PairCounts::new(2);
///     counts.add(left, right, Outcome::Left, 9)?;
///     counts.add(left, right, Outcome::Right, 1)?;
///     Ok(counts)
/// };
/// // Two voters prefer the first contestant, one the second.
/// let mixture = voter_mixture(&[voter(0, 1)?, voter(1, 0)?, voter(0, 1)?], &MixtureOptions::default())?;
/// assert_eq!(mixture.members(), [0, 1, 0]);
/// assert!((mixture.groups[0].voters - 2.0).abs() < 0.01);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn voter_mixture(voters: &[PairCounts], options: &MixtureOptions) -> Result<VoterMixture, RankingError> {
    fit(&Crowd::new(voters, options.penalty)?, options)
}

fn fit(crowd: &Crowd, options: &MixtureOptions) -> Result<VoterMixture, RankingError> {
    let MixtureOptions { groups, restarts, seed, .. } = *options;
    check_option("groups", f64::from(groups), groups >= 1, "a number of at least 1")?;
    check_option("restarts", f64::from(restarts), restarts >= 1, "a number of at least 1")?;
    let Em { mut state, expectation, trace, is_converged } = best_of_restarts(crowd, groups as usize, restarts, seed)?;
    let order = state.order();
    state = state.reordered(&order);
    let shares: Vec<Vec<f64>> =
        expectation.shares.iter().map(|all| order.iter().map(|&group| all[group]).collect()).collect();
    let has_votes = |index: usize| f64::from(u8::from(!crowd.ballots[index].is_empty()));
    let mut boards = Vec::with_capacity(order.len());
    for (group, (strengths, &weight)) in state.strengths.iter().zip(&state.weights).enumerate() {
        let share: Vec<f64> = shares.iter().map(|shares| shares[group]).collect();
        let problem = crowd.weighted(&share);
        let solution = maximise(&problem, Some(&crowd.everywhere(strengths)))?;
        boards.push(VoterGroup {
            weight,
            voters: share.iter().enumerate().map(|(index, share)| share * has_votes(index)).sum(),
            votes: share.iter().zip(&crowd.ballots).map(|(share, ballot)| share * battles(ballot)).sum(),
            board: describe(&problem, &solution, u64::MAX),
        });
    }
    let count = f64::from(groups);
    let parameters = count * (crowd.problem.size() as f64 - 1.0).max(0.0) + count - 1.0;
    let voters = (0..crowd.ballots.len()).map(has_votes).sum::<f64>();
    Ok(VoterMixture {
        groups: boards,
        responsibilities: crowd.in_order_of_voters(shares),
        log_likelihood: expectation.log_likelihood,
        bic: parameters * voters.max(1.0).ln() - 2.0 * expectation.log_likelihood,
        trace,
        is_converged,
    })
}
