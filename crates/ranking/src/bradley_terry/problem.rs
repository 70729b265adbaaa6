use nalgebra::{DMatrix, DVector};

use crate::{BradleyTerry, PairCounts, RankingError, expected::FAR};

/// The most contestants with battles that a fit takes: its matrices then have 200 MB each. Contestants without a battle
/// cost next to nothing.
pub const MAX_RATED: usize = 5000;

/// Refuses counts with more than [`MAX_RATED`] contestants that have battles.
pub(crate) fn check_rated(counts: &PairCounts) -> Result<(), RankingError> {
    let contestants = counts.contestants() as usize;
    if contestants <= MAX_RATED {
        return Ok(());
    }
    check_size(counts.records().iter().filter(|record| record.battles() > 0).count())
}

/// Refuses so many rows of a matrix.
pub(crate) fn check_size(rated: usize) -> Result<(), RankingError> {
    if rated <= MAX_RATED { Ok(()) } else { Err(RankingError::TooManyContestants { rated, limit: MAX_RATED }) }
}

/// The fit over the contestants that have battles, renumbered without gaps.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// Per rated contestant its number in the counts.
    active: Vec<u32>,
    contestants: u32,
    pub(crate) pairs: Vec<Pair>,
    /// Per rated contestant.
    pub(crate) battles: Vec<u64>,
    pub(crate) penalty: f64,
}

/// Two contestants that met; `first < second`, both in the numbers without gaps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) first_wins: f64,
    pub(crate) second_wins: f64,
    /// Ties of both kinds.
    pub(crate) draws: f64,
}

impl Pair {
    pub(crate) fn battles(&self) -> f64 {
        self.first_wins + self.second_wins + self.draws
    }

    pub(crate) fn first_score(&self) -> f64 {
        self.first_wins + self.draws / 2.0
    }

    pub(crate) fn second_score(&self) -> f64 {
        self.second_wins + self.draws / 2.0
    }
}

/// The gradient and the negative Hessian of the penalised log-likelihood at one point.
pub(crate) struct Slope {
    pub(crate) gradient: DVector<f64>,
    /// The sum of the absolute values that cancel in each entry of the gradient: its rounding error is a few ε of this.
    pub(crate) magnitude: DVector<f64>,
    /// Lower triangle and diagonal only. Plus the gauge term, see [`Slope::gauge`].
    pub(crate) hessian: DMatrix<f64>,
    /// γ: the likelihood does not change when all strengths move together, so the Hessian is singular along 1.
    /// γ·11ᵀ/M with γ near its other eigenvalues makes it regular and touches nothing else: the gradient is orthogonal
    /// to 1, and so are the columns of G.
    pub(crate) gauge: f64,
}

/// (σ(x), σ(−x)), both to full relative precision: 1 − σ(x) would lose all of it for large x.
pub(crate) fn chances(x: f64) -> (f64, f64) {
    let small = (-x.abs()).exp();
    let (unlikely, likely) = (small / (1.0 + small), 1.0 / (1.0 + small));
    if x < 0.0 { (unlikely, likely) } else { (likely, unlikely) }
}

/// log(1 + eˣ) without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl Problem {
    pub(crate) fn new(counts: &PairCounts, penalty: f64) -> Self {
        let all: Vec<u64> = counts.records().iter().map(|record| record.battles()).collect();
        let mut place = vec![usize::MAX; all.len()];
        let mut active = Vec::new();
        for (index, _) in all.iter().enumerate().filter(|(_, battles)| **battles > 0) {
            place[index] = active.len();
            active.push(index as u32);
        }
        let pairs = counts.pairs().map(|pair| Pair {
            first: place[pair.first as usize],
            second: place[pair.second as usize],
            first_wins: pair.first_wins as f64,
            second_wins: pair.second_wins as f64,
            draws: pair.draws() as f64,
        });
        Self {
            contestants: counts.contestants(),
            pairs: pairs.collect(),
            battles: active.iter().map(|&index| all[index as usize]).collect(),
            active,
            penalty,
        }
    }

    /// That of an earlier fit of these counts.
    ///
    /// # Errors
    /// A fit of other contestants.
    pub(crate) fn of(counts: &PairCounts, fit: &BradleyTerry) -> Result<Self, RankingError> {
        let (expected, given) = (counts.contestants(), fit.log_odds.len() as u32);
        if expected != given {
            return Err(RankingError::DifferentContestants { expected, given });
        }
        let problem = Self::new(counts, fit.penalty);
        check_size(problem.size())?;
        Ok(problem)
    }

    /// Per contestant its number without gaps.
    pub(crate) fn places(&self) -> Vec<Option<usize>> {
        let mut places = vec![None; self.contestants as usize];
        for (place, &index) in self.active.iter().enumerate() {
            places[index as usize] = Some(place);
        }
        places
    }

    /// The same contestants and pairs with other counts per pair: wins of the first, wins of the second, draws. Some may
    /// be without a battle there, and only a penalty keeps their strengths finite.
    pub(crate) fn with_cells(&self, cells: &[[f64; 3]]) -> Self {
        let pairs = self.pairs.iter().zip(cells).map(|(pair, &[first_wins, second_wins, draws])| Pair {
            first_wins,
            second_wins,
            draws,
            ..*pair
        });
        let pairs: Vec<Pair> = pairs.collect();
        let mut battles = vec![0; self.size()];
        for pair in &pairs {
            battles[pair.first] += pair.battles() as u64;
            battles[pair.second] += pair.battles() as u64;
        }
        Self { active: self.active.clone(), contestants: self.contestants, pairs, battles, penalty: self.penalty }
    }

    /// M, how many contestants have battles.
    pub(crate) fn size(&self) -> usize {
        self.active.len()
    }

    /// From one value per contestant to one per rated contestant.
    pub(crate) fn gather(&self, all: &[f64]) -> DVector<f64> {
        DVector::from_iterator(self.size(), self.active.iter().map(|&index| all[index as usize]))
    }

    /// The inverse of [`gather`](Self::gather), with `None` for the unrated.
    pub(crate) fn spread(&self, rated: &[f64]) -> Vec<Option<f64>> {
        let mut all = vec![None; self.contestants as usize];
        for (&index, &value) in self.active.iter().zip(rated) {
            all[index as usize] = Some(value);
        }
        all
    }

    /// The penalised log-likelihood.
    pub(crate) fn objective(&self, strengths: &DVector<f64>) -> f64 {
        let loss = |pair: &Pair| {
            let difference = strengths[pair.first] - strengths[pair.second];
            pair.first_score() * softplus(-difference) + pair.second_score() * softplus(difference)
        };
        -self.pairs.iter().map(loss).sum::<f64>() - self.penalty / 2.0 * strengths.norm_squared()
    }

    pub(crate) fn slope(&self, strengths: &DVector<f64>) -> Slope {
        let size = self.size();
        let mut gradient = strengths * -self.penalty;
        let mut magnitude = gradient.abs();
        let mut hessian = DMatrix::zeros(size, size);
        // By odds an exponential per contestant is enough, and only strengths far out need one per pair.
        let odds: Option<Vec<f64>> =
            (strengths.amax() <= FAR).then(|| strengths.iter().map(|strength| strength.exp()).collect());
        for pair in &self.pairs {
            let (first, second) = (pair.first, pair.second);
            let (wins, loses) = match &odds {
                Some(odds) => {
                    let both = odds[first] + odds[second];
                    // Two divisions, because then equals have exactly one half.
                    (odds[first] / both, odds[second] / both)
                }
                None => chances(strengths[first] - strengths[second]),
            };
            // score − n·p, written so that what cancels is small when p is near 0 or 1.
            let (gained, lost) = (pair.first_score() * loses, pair.second_score() * wins);
            gradient[first] += gained - lost;
            gradient[second] -= gained - lost;
            magnitude[first] += gained + lost;
            magnitude[second] += gained + lost;
            let weight = pair.battles() * wins * loses;
            hessian[(first, first)] += weight;
            hessian[(second, second)] += weight;
            hessian[(second, first)] -= weight;
        }
        let gauge = hessian.trace() / size as f64;
        let (shift, penalty) = (gauge / size as f64, self.penalty);
        for column in 0..size {
            for row in column..size {
                hessian[(row, column)] += shift;
            }
            hessian[(column, column)] += penalty;
        }
        Slope { gradient, magnitude, hessian, gauge }
    }
}
