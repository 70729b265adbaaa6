//! Which model of preference predicts votes that it has not seen.

use plaudit_domain::{FitScore, RankingMethod};
use rand_distr::{Binomial, Distribution};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

use crate::{
    OutcomeModel, PairCounts, RankingError, bradley_terry_or_prior, error::check_option, fit_outcomes, weak_penalty,
};

/// Chances below this are not believed: one vote against a certainty would cost infinitely much.
const LEAST_CHANCE: f64 = 1e-6;

/// Held-out log-loss and Brier score of each model that gives probabilities, and of the baseline for which all contestants
/// are alike, the smallest loss first.
///
/// Every vote is in one of `folds` parts, drawn from the pair counts without looking at single votes; each part is
/// predicted from the others. All models predict three outcomes: win, loss and tie, with both kinds of tie as one.
/// Models that take a tie for half a win (Bradley-Terry, Thurstone, the baseline) give it the share of ties among the
/// votes they were fitted to, and divide the rest. The loss is the mean of −log of what was voted, in nats; its standard
/// error is that of a mean over the votes. The Brier score is the mean squared distance of the three probabilities from
/// what was voted, from 0 to 2.
///
/// # Errors
/// Fewer than two folds; whatever keeps a model from being fitted.
pub fn held_out(counts: &PairCounts, folds: u32, seed: u64) -> Result<Vec<FitScore>, RankingError> {
    check_option("folds", f64::from(folds), folds >= 2, "a number of at least 2")?;
    let parts = split(counts, folds, seed)?;
    let mut scores: Vec<Score> = Predictor::ALL.iter().map(|_| Score::default()).collect();
    for part in parts.iter().filter(|part| part.total() > 0) {
        let mut rest = counts.clone();
        for pair in part.ordered_pairs() {
            for (outcome, count) in pair.outcomes() {
                rest.remove(pair.left, pair.right, outcome, count)?;
            }
        }
        for (predictor, score) in Predictor::ALL.iter().zip(&mut scores) {
            let chances = predictor.fit(&rest)?;
            for pair in part.pairs() {
                let [win, loss, tie] = chances(pair.first, pair.second);
                let voted = [pair.first_wins, pair.second_wins, pair.draws()];
                score.add([win, loss, tie], voted.map(|count| count as f64));
            }
        }
    }
    let told = |(predictor, score): (&Predictor, Score)| score.told(predictor.method());
    let mut told: Vec<FitScore> = Predictor::ALL.iter().zip(scores).filter_map(told).collect();
    told.sort_by(|one, other| one.log_loss.total_cmp(&other.log_loss));
    Ok(told)
}

#[derive(Clone, Copy)]
enum Predictor {
    Alike,
    BradleyTerry,
    Modelled(OutcomeModel, RankingMethod),
}

type Chances = Box<dyn Fn(u32, u32) -> [f64; 3]>;

impl Predictor {
    const ALL: [Self; 6] = [
        Self::Alike,
        Self::BradleyTerry,
        Self::Modelled(OutcomeModel::Davidson, RankingMethod::Davidson),
        Self::Modelled(OutcomeModel::RaoKupper, RankingMethod::RaoKupper),
        Self::Modelled(OutcomeModel::FourOutcomes, RankingMethod::FourOutcomes),
        Self::Modelled(OutcomeModel::Thurstone, RankingMethod::Thurstone),
    ];

    fn method(self) -> Option<RankingMethod> {
        match self {
            Self::Alike => None,
            Self::BradleyTerry => Some(RankingMethod::BradleyTerry),
            Self::Modelled(_, method) => Some(method),
        }
    }

    fn fit(self, counts: &PairCounts) -> Result<Chances, RankingError> {
        let ties = counts.pairs().map(|pair| pair.draws()).sum::<u64>() as f64 / counts.total().max(1) as f64;
        let divided = move |win: f64| [(1.0 - ties) * win, (1.0 - ties) * (1.0 - win), ties];
        match self {
            Self::Alike => Ok(Box::new(move |_, _| divided(0.5))),
            Self::BradleyTerry => {
                let strengths: Vec<f64> = bradley_terry_or_prior(counts, weak_penalty())?
                    .0
                    .log_odds
                    .into_iter()
                    .map(Option::unwrap_or_default)
                    .collect();
                Ok(Box::new(move |one, other| {
                    divided(1.0 / (1.0 + (strengths[other as usize] - strengths[one as usize]).exp()))
                }))
            }
            Self::Modelled(model, _) => {
                let fit = fit_outcomes(counts, model)?;
                Ok(Box::new(move |one, other| {
                    let chances = fit.chances(one, other);
                    if model == OutcomeModel::Thurstone {
                        divided(chances.win)
                    } else {
                        [chances.win, chances.loss, chances.draw]
                    }
                }))
            }
        }
    }
}

#[derive(Default)]
struct Score {
    votes: f64,
    loss: f64,
    squares: f64,
    brier: f64,
}

impl Score {
    fn add(&mut self, chances: [f64; 3], voted: [f64; 3]) {
        let squared: f64 = chances.iter().map(|chance| chance * chance).sum();
        for (chance, count) in chances.into_iter().zip(voted) {
            let loss = -chance.max(LEAST_CHANCE).ln();
            self.votes += count;
            self.loss += count * loss;
            self.squares += count * loss * loss;
            self.brier += count * (squared - 2.0 * chance + 1.0);
        }
    }

    /// `None` without a vote.
    fn told(self, method: Option<RankingMethod>) -> Option<FitScore> {
        let Self { votes, loss, squares, brier } = self;
        (votes > 0.0).then(|| {
            let mean = loss / votes;
            let variance = (squares / votes - mean * mean).max(0.0);
            FitScore { method, log_loss: mean, log_loss_error: (variance / votes).sqrt(), brier: brier / votes }
        })
    }
}

/// The votes in parts: each vote falls into one of them by chance, all with the same, so that a cell of the counts is split by
/// binomial draws and single votes are never looked at.
fn split(counts: &PairCounts, folds: u32, seed: u64) -> Result<Vec<PairCounts>, RankingError> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut parts = vec![PairCounts::new(counts.contestants()); folds as usize];
    for pair in counts.ordered_pairs() {
        for (outcome, count) in pair.outcomes() {
            let mut left = count;
            for (part, folds_left) in parts.iter_mut().zip((1..=folds).rev()) {
                // Never fails: a chance of at most 1. The last part takes what is left.
                let drawn =
                    Binomial::new(left, 1.0 / f64::from(folds_left)).map_or(left, |draw| draw.sample(&mut random));
                part.add(pair.left, pair.right, outcome, drawn)?;
                left -= drawn;
            }
        }
    }
    Ok(parts)
}
