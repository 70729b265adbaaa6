use nalgebra::{Cholesky, DMatrix, DVector};

use super::{
    crowd::{Ballot, Crowd},
    factors::{FactorOptions, Factors, Moments, System},
    latent::rows,
};
use crate::{PairCounts, RankingError, bradley_terry::chances};

/// A step of the contestants and one of the voters each.
const MAX_ITERATIONS: u32 = 300;

/// A round that gains less, in nats over all votes, is the last.
const LAST_GAIN: f64 = 1e-5;

/// How often a step that does not climb is halved before it is given up.
const HALVINGS: u32 = 30;

/// Contestants and voters as points of one space.
#[derive(Debug, Clone, PartialEq)]
pub struct IdealPoints {
    /// b: what a voter at the origin thinks, in natural log-odds with mean zero.
    pub log_odds: Vec<Option<f64>>,
    /// x: d coordinates per contestant. Their means are zero; columns are orthogonal, the longest first, each with its
    /// largest entry positive.
    pub contestants: Vec<Option<Vec<f64>>>,
    /// a: d coordinates per voter, in the order of the voters; 0 without votes.
    pub voters: Vec<Vec<f64>>,
    /// The log-likelihood plus the log densities of the priors up to a constant, before the first round and after each. It
    /// never falls.
    pub trace: Vec<f64>,
    /// Whether the last round gained less than 10⁻⁵ nats. If not, there were 300.
    pub is_converged: bool,
}

/// Places voters and contestants in d dimensions such that voters prefer what lies in their direction: voter v gives
/// contestant i the utility bᵢ + aᵥ·xᵢ, and the difference of two utilities is the log-odds of the preference.
///
/// *Distances.* −‖aᵥ − xᵢ‖² = 2aᵥ·xᵢ − ‖xᵢ‖² − ‖aᵥ‖², whose last term does not matter to any preference. So the model of
/// ideal points, where voters prefer what is near, is this one with x twice as large and bᵢ − ‖xᵢ‖² for bᵢ; as b is free, the
/// two describe the same votes. This form is used because it is concave in voters and in contestants.
///
/// *Gauge.* Votes fix neither rotation nor scale. Voters' points have the prior N(0, I), contestants' N(0, I/penalty), which
/// fixes the scale; axes and signs are those stated at [`IdealPoints::contestants`]. With one dimension that is all; with
/// two, equally long axes leave the rotation open.
///
/// It is the posterior mode over all points, by Newton steps for the contestants and for each voter in turn, from the
/// principal directions of personal boards; no chance is involved. Points of voters with few votes are drawn towards the
/// origin; how sure they are [`latent_tastes`](crate::latent_tastes) says. Whether there is anything to see is for
/// [`compare_personal`](crate::compare_personal) to say: a picture can be drawn of noise, too.
///
/// Sources: C. H. Coombs, *A Theory of Data* (1964); J. Clinton, S. Jackman and D. Rivers, *The Statistical Analysis of Roll
/// Call Data*, American Political Science Review 98 (2004); for preferences over models: D. Chen et al., *PAL: Pluralistic
/// Alignment Framework for Learning from Heterogeneous Preferences* (2024).
///
/// # Errors
/// As [`latent_tastes`](crate::latent_tastes).
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{FactorOptions, PairCounts, ideal_points};
///
/// let mut voters = vec![PairCounts::new(2); 4];
/// for (index, voter) in (0..).zip(&mut voters) {
///     voter.add(index % 2, 1 - index % 2, Outcome::Left, 5)?;
/// }
/// let found = ideal_points(&voters, &FactorOptions::default())?;
/// // Voters 0 and 2 stand on one side, 1 and 3 on the other.
/// assert!(found.voters[0][0] * found.voters[2][0] > 0.0 && found.voters[0][0] * found.voters[1][0] < 0.0);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn ideal_points(voters: &[PairCounts], options: &FactorOptions) -> Result<IdealPoints, RankingError> {
    options.check()?;
    let crowd = Crowd::new(voters, options.penalty)?;
    let Places { factors, voters, trace, is_converged } = fit(&crowd, options)?;
    Ok(IdealPoints {
        log_odds: crowd.problem.spread(factors.base.as_slice()),
        contestants: rows(&crowd, &factors.points),
        voters: crowd.in_order_of_voters(voters.iter().map(|point| point.as_slice().to_vec()).collect()),
        trace,
        is_converged,
    })
}

pub(super) struct Places {
    pub(super) factors: Factors,
    /// Per ballot.
    pub(super) voters: Vec<DVector<f64>>,
    trace: Vec<f64>,
    is_converged: bool,
}

/// Of options that were checked.
pub(super) fn fit(crowd: &Crowd, options: &FactorOptions) -> Result<Places, RankingError> {
    let dimensions = options.dimensions as usize;
    let mut factors = Factors::start(crowd, dimensions)?;
    let mut voters = vec![DVector::zeros(dimensions); crowd.ballots.len()];
    let mut trace = vec![objective(crowd, &factors, &voters, options)];
    let mut is_converged = crowd.problem.size() == 0;
    for iterations in 0..MAX_ITERATIONS {
        if is_converged {
            break;
        }
        let failed = || RankingError::NotConverged { iterations, gradient_norm: 0.0 };
        for (point, ballot) in voters.iter_mut().zip(&crowd.ballots) {
            *point = moved(point, ballot, &factors).ok_or_else(failed)?;
        }
        let before = objective(crowd, &factors, &voters, options);
        let flat = factors.flat();
        let mut step = towards(crowd, &factors, &voters, options).ok_or_else(failed)?;
        let mut value = before;
        for _ in 0..HALVINGS {
            let next = factors.with_flat(&(&flat + &step));
            let reached = objective(crowd, &next, &voters, options);
            if reached >= before {
                (factors, value) = (next, reached);
                break;
            }
            step /= 2.0;
        }
        is_converged = value - trace.last().copied().unwrap_or(value) < LAST_GAIN;
        trace.push(value);
    }
    let turn = factors.gauge();
    factors.points = &factors.points * &turn;
    voters.iter_mut().for_each(|point| *point = turn.tr_mul(point));
    Ok(Places { factors, voters, trace, is_converged })
}

/// Newton's step of all contestants.
fn towards(crowd: &Crowd, factors: &Factors, voters: &[DVector<f64>], options: &FactorOptions) -> Option<DVector<f64>> {
    let mut system = System::new(crowd.problem.size(), options);
    for (point, ballot) in voters.iter().zip(&crowd.ballots) {
        let moments = Moments::new(point, None);
        for choice in ballot {
            let (base, points) = factors.difference(choice);
            let (wins, loses) = chances(base + points.dot(point));
            let residual = choice.first_score() * loses - choice.second_score() * wins;
            system.add(choice, choice.battles() * wins * loses, residual, &moments);
        }
    }
    let wide = options.dimensions as usize + 1;
    let flat = factors.flat();
    for (index, entry) in system.right.iter_mut().enumerate() {
        *entry -= flat[index] * if index % wide == 0 { options.penalty } else { options.point_penalty };
    }
    system.solve()
}

/// A voter's Newton step, halved until it climbs.
fn moved(point: &DVector<f64>, ballot: &Ballot, factors: &Factors) -> Option<DVector<f64>> {
    let size = point.len();
    let (mut hessian, mut gradient) = (DMatrix::identity(size, size), -point);
    for choice in ballot {
        let (base, points) = factors.difference(choice);
        let (wins, loses) = chances(base + points.dot(point));
        gradient += &points * (choice.first_score() * loses - choice.second_score() * wins);
        hessian += &points * points.transpose() * (choice.battles() * wins * loses);
    }
    let mut step = Cholesky::new(hessian)?.solve(&gradient);
    let before = of_voter(point, ballot, factors);
    for _ in 0..HALVINGS {
        let next = point + &step;
        if of_voter(&next, ballot, factors) >= before {
            return Some(next);
        }
        step /= 2.0;
    }
    Some(point.clone())
}

fn of_voter(point: &DVector<f64>, ballot: &Ballot, factors: &Factors) -> f64 {
    let votes = ballot.iter().map(|choice| {
        let (base, points) = factors.difference(choice);
        choice.log_likelihood(base + points.dot(point))
    });
    votes.sum::<f64>() - point.norm_squared() / 2.0
}

fn objective(crowd: &Crowd, factors: &Factors, voters: &[DVector<f64>], options: &FactorOptions) -> f64 {
    let voters = voters.iter().zip(&crowd.ballots).map(|(point, ballot)| of_voter(point, ballot, factors));
    voters.sum::<f64>() + factors.log_prior(options)
}
