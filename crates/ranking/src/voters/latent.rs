use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{
    crowd::{Ballot, Choice, Crowd, battles},
    factors::{FactorOptions, Factors, Moments, System},
    personal::PersonalBoard,
};
use crate::{PairCounts, RankingError, bradley_terry::softplus};

const MAX_ITERATIONS: u32 = 300;

/// An iteration that gains less, in nats over all votes, is the last.
const LAST_GAIN: f64 = 1e-3;

/// Voters described by a few latent numbers each, with how sure these are.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentTastes {
    /// b: what a voter in the middle thinks, in natural log-odds with mean zero.
    pub log_odds: Vec<Option<f64>>,
    /// Per contestant its d loadings W: how much stronger it is for each unit of a voter's latent numbers. Columns are
    /// orthogonal, the longest first, each with its largest entry positive.
    pub loadings: Vec<Option<Vec<f64>>>,
    /// In the order of the voters.
    pub voters: Vec<LatentVoter>,
    /// In the order of the voters: b + W·mean, with the deviations that the latent numbers' covariance implies. Tastes that
    /// the loadings do not express are not in them.
    pub boards: Vec<PersonalBoard>,
    /// The bound on the log-likelihood, with the priors, before the first iteration and after each. It never falls.
    pub trace: Vec<f64>,
    /// Whether the last iteration gained less than a thousandth of a nat. If not, there were 300.
    pub is_converged: bool,
}

/// The Gaussian posterior of one voter's latent numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatentVoter {
    /// Its mean; 0 without votes.
    pub mean: Vec<f64>,
    /// Its covariance, by rows; the identity without votes.
    pub covariance: Vec<Vec<f64>>,
}

/// Personal boards by a latent variable: voter v has numbers zᵥ ~ N(0, I) in d dimensions and the strengths b + W zᵥ.
///
/// Where [`personal_boards`](crate::personal_boards) learns about a contestant only from the voter's own votes on it, this
/// learns from other voters who agree with this one so far. It is a logistic factor analysis of votes, fitted by variational
/// expectation-maximisation with the bound of Jaakkola and Jordan, σ(x) ≥ σ(ξ) exp((x − ξ)/2 − λ(ξ)(x² − ξ²)) with
/// λ(ξ) = tanh(ξ/2)/4ξ, under which every step is in closed form and none lowers the bound. b and W have Gaussian priors (see
/// [`FactorOptions`]). The bound makes posteriors a little too narrow. It begins at the principal directions of personal
/// boards and needs no chance.
///
/// Takes O((contestants · (d + 1))³) an iteration.
///
/// Sources: the use: S. Poddar et al., *Personalizing Reinforcement Learning from Human Feedback with Variational Preference
/// Learning* (2024), which learns by neural networks what stands in closed form here; the bound: T. S. Jaakkola and M. I.
/// Jordan, *Bayesian parameter estimation via variational methods*, Statistics and Computing 10 (2000); for factors:
/// M. E. Tipping, *Probabilistic visualisation of high-dimensional binary data* (1998).
///
/// # Errors
/// Dimensions not from 1 to 8, penalties that are not positive; voters with different numbers of contestants;
/// [`RankingError::NotConverged`] for counts beyond what 64-bit floats can balance.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{FactorOptions, PairCounts, latent_tastes};
///
/// // Two camps; the last voter has said little, and whom it agrees with says the rest.
/// let mut voters = vec![PairCounts::new(4); 9];
/// for (index, voter) in voters.iter_mut().enumerate().take(8) {
///     let [liked, disliked] = if index % 2 == 0 { [[0, 1], [2, 3]] } else { [[2, 3], [0, 1]] };
///     for (better, worse) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
///         voter.add(liked[better], disliked[worse], Outcome::Left, 4)?;
///     }
/// }
/// voters[8].add(0, 2, Outcome::Left, 3)?;
/// let found = latent_tastes(&voters, &FactorOptions::default())?;
/// assert!(found.boards[8].log_odds[1] > found.boards[8].log_odds[3]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn latent_tastes(voters: &[PairCounts], options: &FactorOptions) -> Result<LatentTastes, RankingError> {
    options.check()?;
    let crowd = Crowd::new(voters, options.penalty)?;
    let Latent { factors, posteriors, trace, is_converged } = fit(&crowd, options)?;
    let spread = |values: DVector<f64>| crowd.problem.spread(values.as_slice());
    let board = |(posterior, ballot): (&Posterior, &Ballot)| {
        let deviation = |row: usize| {
            let loadings = factors.points.row(row);
            (loadings * &posterior.covariance * loadings.transpose())[0].max(0.0).sqrt()
        };
        let log_odds = &factors.base + &factors.points * &posterior.mean;
        let deviations = DVector::from_fn(log_odds.len(), |row, _| deviation(row));
        PersonalBoard { log_odds: spread(log_odds), standard_deviations: spread(deviations), votes: battles(ballot) }
    };
    let boards = posteriors.iter().zip(&crowd.ballots).map(board).collect();
    let voter = |posterior: &Posterior| LatentVoter {
        mean: posterior.mean.as_slice().to_vec(),
        covariance: posterior.covariance.row_iter().map(|row| row.iter().copied().collect()).collect(),
    };
    Ok(LatentTastes {
        log_odds: crowd.problem.spread(factors.base.as_slice()),
        loadings: rows(&crowd, &factors.points),
        voters: crowd.in_order_of_voters(posteriors.iter().map(voter).collect()),
        boards: crowd.in_order_of_voters(boards),
        trace,
        is_converged,
    })
}

/// One row per contestant.
pub(super) fn rows(crowd: &Crowd, points: &DMatrix<f64>) -> Vec<Option<Vec<f64>>> {
    let mut rows = points.row_iter().map(|row| row.iter().copied().collect());
    crowd.problem.places().into_iter().map(|place| place.and_then(|_| rows.next())).collect()
}

pub(super) struct Latent {
    pub(super) factors: Factors,
    /// Per ballot.
    pub(super) posteriors: Vec<Posterior>,
    trace: Vec<f64>,
    is_converged: bool,
}

pub(super) struct Posterior {
    pub(super) mean: DVector<f64>,
    pub(super) covariance: DMatrix<f64>,
}

/// Of options that were checked.
pub(super) fn fit(crowd: &Crowd, options: &FactorOptions) -> Result<Latent, RankingError> {
    let dimensions = options.dimensions as usize;
    let prior =
        || Posterior { mean: DVector::zeros(dimensions), covariance: DMatrix::identity(dimensions, dimensions) };
    let mut factors = Factors::start(crowd, dimensions)?;
    let mut posteriors: Vec<Posterior> = crowd.ballots.iter().map(|_| prior()).collect();
    let mut trace = vec![bound(crowd, &factors, &posteriors, options)];
    let mut is_converged = crowd.problem.size() == 0;
    for iterations in 0..MAX_ITERATIONS {
        if is_converged {
            break;
        }
        let failed = || RankingError::NotConverged { iterations, gradient_norm: 0.0 };
        let updated =
            posteriors.iter().zip(&crowd.ballots).map(|(posterior, ballot)| posterior.updated(ballot, &factors));
        posteriors = updated.collect::<Option<_>>().ok_or_else(failed)?;
        let mut system = System::new(crowd.problem.size(), options);
        for (posterior, ballot) in posteriors.iter().zip(&crowd.ballots) {
            let moments = Moments::new(&posterior.mean, Some(&posterior.covariance));
            for choice in ballot {
                let (_, square) = posterior.lead(choice, &factors);
                system.add(choice, curvature(choice, square), half_margin(choice), &moments);
            }
        }
        factors = factors.with_flat(&system.solve().ok_or_else(failed)?);
        let value = bound(crowd, &factors, &posteriors, options);
        is_converged = value - trace.last().copied().unwrap_or(value) < LAST_GAIN;
        trace.push(value);
    }
    let turn = factors.gauge();
    factors.points = &factors.points * &turn;
    for posterior in &mut posteriors {
        posterior.mean = turn.tr_mul(&posterior.mean);
        posterior.covariance = turn.tr_mul(&posterior.covariance) * &turn;
    }
    Ok(Latent { factors, posteriors, trace, is_converged })
}

/// 2nλ(ξ) at the best ξ, whose square is the lead's mean square.
fn curvature(choice: &Choice, square: f64) -> f64 {
    let reach = square.max(0.0).sqrt();
    // tanh(ξ/2)/2ξ, by its series where both are near zero.
    let rate = if reach < 1e-3 { 0.25 - square / 48.0 } else { (reach / 2.0).tanh() / (2.0 * reach) };
    choice.battles() * rate
}

fn half_margin(choice: &Choice) -> f64 {
    (choice.cells[0] - choice.cells[1]) / 2.0
}

impl Posterior {
    /// Mean and mean square of a choice's lead.
    fn lead(&self, choice: &Choice, factors: &Factors) -> (f64, f64) {
        let (base, points) = factors.difference(choice);
        let mean = base + points.dot(&self.mean);
        (mean, mean * mean + points.dot(&(&self.covariance * &points)))
    }

    /// Mean and variance of a choice's lead.
    pub(super) fn lead_and_variance(&self, choice: &Choice, factors: &Factors) -> (f64, f64) {
        let (mean, square) = self.lead(choice, factors);
        (mean, (square - mean * mean).max(0.0))
    }

    fn updated(&self, ballot: &Ballot, factors: &Factors) -> Option<Self> {
        let size = self.mean.len();
        let (mut precision, mut pull) = (DMatrix::identity(size, size), DVector::zeros(size));
        for choice in ballot {
            let (base, points) = factors.difference(choice);
            let weight = curvature(choice, self.lead(choice, factors).1);
            precision += &points * points.transpose() * weight;
            pull += &points * (half_margin(choice) - weight * base);
        }
        let covariance = Cholesky::new(precision)?.inverse();
        Some(Self { mean: &covariance * pull, covariance })
    }

    /// The Kullback-Leibler divergence from the prior.
    fn divergence(&self) -> f64 {
        let log_determinant = self.covariance.determinant().max(f64::MIN_POSITIVE).ln();
        (self.covariance.trace() + self.mean.norm_squared() - self.mean.len() as f64 - log_determinant) / 2.0
    }
}

fn bound(crowd: &Crowd, factors: &Factors, posteriors: &[Posterior], options: &FactorOptions) -> f64 {
    let voters = posteriors.iter().zip(&crowd.ballots).map(|(posterior, ballot)| {
        let votes = ballot.iter().map(|choice| {
            let (mean, square) = posterior.lead(choice, factors);
            let reach = square.max(0.0).sqrt();
            half_margin(choice) * mean - choice.battles() * (softplus(-reach) + reach / 2.0)
        });
        votes.sum::<f64>() - posterior.divergence()
    });
    voters.sum::<f64>() + factors.log_prior(options)
}
