use super::{MixtureOptions, VoterMixture, em::best_of_restarts, fit};
use crate::{
    PairCounts, RankingError,
    bradley_terry::chances,
    error::check_option,
    voters::{
        crowd::{Choice, Crowd, lead_of},
        held_out::{HeldOut, Losses},
    },
    weak_penalty,
};

/// How [`select_mixture`] compares numbers of groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelectionOptions {
    /// Every number of groups from 1 to this is tried.
    pub most_groups: u32,
    /// Into how many parts each voter's votes are dealt.
    pub folds: u32,
    /// As in [`MixtureOptions::penalty`].
    pub penalty: f64,
    /// As in [`MixtureOptions::restarts`], for each fit.
    pub restarts: u32,
    /// For starts and folds.
    pub seed: u64,
}

impl Default for SelectionOptions {
    fn default() -> Self {
        Self { most_groups: 5, folds: 5, penalty: weak_penalty(), restarts: 10, seed: 0 }
    }
}

/// One number of groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureCandidate {
    /// How many.
    pub groups: u32,
    /// The loss on votes held out; `excess` is over the best candidate's.
    pub held_out: HeldOut,
    /// Of the fit to all votes.
    pub log_likelihood: f64,
    /// Of the fit to all votes, see [`VoterMixture::bic`].
    pub bic: f64,
}

/// How many kinds of voters the votes bear out.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureSelection {
    /// From one group upwards.
    pub candidates: Vec<MixtureCandidate>,
    /// The number of groups with the smallest loss on held-out votes.
    pub best: u32,
    /// The smallest number of groups whose loss is within one standard error of the best.
    pub chosen: u32,
    /// The mixture of so many groups, fitted to all votes.
    pub mixture: VoterMixture,
}

/// Fits mixtures of 1, 2, … groups and chooses the number of groups by how well they predict votes held out.
///
/// Each voter's votes are dealt into folds; a fold's votes are predicted from mixtures fitted to all others, where the
/// voter's own other votes say how likely it belongs to which group: P = Σₖ rᵥₖ σ(θₖᵢ − θₖⱼ). The choice is the smallest
/// number of groups that is not worse than the best by more than one standard error of the *difference* voter by voter
/// ([`HeldOut::excess_error`]): the errors of the losses themselves are far larger and would nearly always choose one group.
///
/// The alternatives are BIC, which is given too, and which needs many votes per parameter before it is right; and holding
/// out whole voters, see [`HeldOut`] for why not.
///
/// Source of the rule: L. Breiman, J. Friedman, C. J. Stone and R. A. Olshen, *Classification and Regression Trees* (1984).
///
/// # Errors
/// No groups, fewer than two folds, and as [`voter_mixture`](super::voter_mixture).
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, SelectionOptions, select_mixture};
///
/// let voter = |left, right| -> Result<PairCounts, plaudit_ranking::RankingError> {
///     let mut counts = PairCounts::new(2);
///     counts.add(left, right, Outcome::Left, 9)?;
///     counts.add(left, right, Outcome::Right, 1)?;
///     Ok(counts)
/// };
/// let voters = [voter(0, 1)?, voter(1, 0)?, voter(0, 1)?, voter(1, 0)?];
/// let options = SelectionOptions { most_groups: 2, ..Default::default() };
/// assert_eq!(select_mixture(&voters, &options)?.chosen, 2);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn select_mixture(voters: &[PairCounts], options: &SelectionOptions) -> Result<MixtureSelection, RankingError> {
    let SelectionOptions { most_groups, folds, penalty, restarts, seed } = *options;
    check_option("most_groups", f64::from(most_groups), most_groups >= 1, "a number of at least 1")?;
    let crowd = Crowd::new(voters, penalty)?;
    let folds = crowd.folds(folds, seed)?;
    let (mut losses, mut mixtures) = (Vec::new(), Vec::new());
    for groups in 1..=most_groups {
        mixtures.push(fit(&crowd, &MixtureOptions { groups, penalty, restarts, seed })?);
        let mut loss = Losses::new(crowd.ballots.len());
        for (training, held) in &folds {
            let em = best_of_restarts(training, groups as usize, restarts, seed)?;
            loss.add(held, |ballot, choice: &Choice| {
                let groups = em.state.strengths.iter().zip(&em.expectation.shares[ballot]);
                groups.fold((0.0, 0.0), |(first, second), (strengths, share)| {
                    let (wins, loses) = chances(lead_of(strengths, choice));
                    (first + share * wins, second + share * loses)
                })
            });
        }
        losses.push(loss);
    }
    let mut best = 0;
    for (index, loss) in losses.iter().enumerate() {
        if loss.mean() < losses[best].mean() {
            best = index;
        }
    }
    let candidate = |((loss, mixture), groups): ((&Losses, &VoterMixture), u32)| MixtureCandidate {
        groups,
        held_out: loss.against(&losses[best]),
        log_likelihood: mixture.log_likelihood,
        bic: mixture.bic,
    };
    let candidates: Vec<MixtureCandidate> = losses.iter().zip(&mixtures).zip(1..).map(candidate).collect();
    let is_close = |candidate: &MixtureCandidate| candidate.held_out.excess <= candidate.held_out.excess_error;
    let chosen = candidates.iter().position(is_close).unwrap_or(best);
    let mixture = mixtures.swap_remove(chosen);
    Ok(MixtureSelection { candidates, best: best as u32 + 1, chosen: chosen as u32 + 1, mixture })
}
