use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{
    crowd::{Choice, Crowd, lead_of},
    factors::FactorOptions,
    held_out::{HeldOut, Losses},
    ideal_points, latent,
    personal::tastes,
};
use crate::{PairCounts, RankingError, bradley_terry::chances};

/// How well each way to know a voter predicts votes held out; `excess` is over the crowd's board, and below zero where
/// knowing the voter helps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PersonalComparison {
    /// Everyone votes by the board of all.
    pub crowd: HeldOut,
    /// By [`personal_boards`](crate::personal_boards).
    pub personal: HeldOut,
    /// By [`latent_tastes`](crate::latent_tastes).
    pub latent: HeldOut,
    /// By [`ideal_points`](crate::ideal_points).
    pub ideal_points: HeldOut,
}

/// Whether personal boards are worth it: each voter's votes are dealt into folds, and each fold is predicted from fits to
/// all others. `options` are those of the models with points, its `penalty` that of all.
///
/// Where a posterior variance s² of a lead μ is known, the chance is averaged over it: σ(μ / √(1 + πs²/8)), after D. J. C.
/// MacKay, *The Evidence Framework Applied to Classification Networks* (1992). Ideal points have none.
///
/// # Errors
/// Fewer than two folds, and as those.
pub fn compare_personal(
    voters: &[PairCounts],
    options: &FactorOptions,
    folds: u32,
    seed: u64,
) -> Result<PersonalComparison, RankingError> {
    options.check()?;
    let crowd = Crowd::new(voters, options.penalty)?;
    let nothing = Losses::new(crowd.ballots.len());
    let [mut of_crowd, mut personal, mut of_latent, mut of_points] = std::array::from_fn(|_| nothing.clone());
    for (training, held) in crowd.folds(folds, seed)? {
        let strengths = training.fit()?.strengths;
        of_crowd.add(&held, |_, choice| chances(lead_of(&strengths, choice)));

        let tastes = tastes(&training, &strengths, None)?;
        personal.add(&held, |ballot, choice| {
            let (departure, variance) = tastes.owns[ballot].difference(choice, tastes.deviation);
            averaged(lead_of(&strengths, choice) + departure, variance)
        });

        let latent = latent::fit(&training, options)?;
        of_latent.add(&held, |ballot, choice| {
            let (lead, variance) = latent.posteriors[ballot].lead_and_variance(choice, &latent.factors);
            averaged(lead, variance)
        });

        let places = ideal_points::fit(&training, options)?;
        of_points.add(&held, |ballot, choice: &Choice| {
            let (base, points) = places.factors.difference(choice);
            chances(base + points.dot(&places.voters[ballot]))
        });
    }
    let against_crowd = |losses: &Losses| losses.against(&of_crowd);
    Ok(PersonalComparison {
        crowd: against_crowd(&of_crowd),
        personal: against_crowd(&personal),
        latent: against_crowd(&of_latent),
        ideal_points: against_crowd(&of_points),
    })
}

fn averaged(lead: f64, variance: f64) -> (f64, f64) {
    chances(lead / (1.0 + PI * variance / 8.0).sqrt())
}
