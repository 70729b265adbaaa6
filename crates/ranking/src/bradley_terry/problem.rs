use nalgebra::{DMatrix, DVector};

use crate::PairCounts;

/// The fit over the contestants that have battles, renumbered without gaps.
pub(super) struct Problem {
    /// Per rated contestant its number in the counts.
    active: Vec<u32>,
    contestants: u32,
    pub(super) pairs: Vec<Pair>,
    /// Per rated contestant.
    pub(super) battles: Vec<u64>,
    pub(super) penalty: f64,
}

/// Two contestants that met; `first < second`, both in the numbers without gaps.
pub(super) struct Pair {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) first_wins: f64,
    pub(super) second_wins: f64,
    /// Ties of both kinds.
    pub(super) draws: f64,
}

impl Pair {
    pub(super) fn battles(&self) -> f64 {
        self.first_wins + self.second_wins + self.draws
    }

    pub(super) fn first_score(&self) -> f64 {
        self.first_wins + self.draws / 2.0
    }

    pub(super) fn second_score(&self) -> f64 {
        self.second_wins + self.draws / 2.0
    }
}

/// The gradient and the negative Hessian of the penalised log-likelihood at one point.
pub(super) struct Slope {
    pub(super) gradient: DVector<f64>,
    /// The sum of the absolute values that cancel in each entry of the gradient: its rounding error is a few ε of this.
    pub(super) magnitude: DVector<f64>,
    /// Lower triangle and diagonal only. Plus the gauge term, see [`Slope::gauge`].
    pub(super) hessian: DMatrix<f64>,
    /// γ: the likelihood does not change when all strengths move together, so the Hessian is singular along 1.
    /// γ·11ᵀ/M with γ near its other eigenvalues makes it regular and touches nothing else: the gradient is orthogonal
    /// to 1, and so are the columns of G.
    pub(super) gauge: f64,
}

/// (σ(x), σ(−x)), both to full relative precision: 1 − σ(x) would lose all of it for large x.
pub(super) fn chances(x: f64) -> (f64, f64) {
    let small = (-x.abs()).exp();
    let (unlikely, likely) = (small / (1.0 + small), 1.0 / (1.0 + small));
    if x < 0.0 { (unlikely, likely) } else { (likely, unlikely) }
}

/// log(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl Problem {
    pub(super) fn new(counts: &PairCounts, penalty: f64) -> Self {
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

    /// M, how many contestants have battles.
    pub(super) fn size(&self) -> usize {
        self.active.len()
    }

    /// From one value per contestant to one per rated contestant.
    pub(super) fn gather(&self, all: &[f64]) -> DVector<f64> {
        DVector::from_iterator(self.size(), self.active.iter().map(|&index| all[index as usize]))
    }

    /// The inverse of [`gather`](Self::gather), with `None` for the unrated.
    pub(super) fn spread(&self, rated: &[f64]) -> Vec<Option<f64>> {
        let mut all = vec![None; self.contestants as usize];
        for (&index, &value) in self.active.iter().zip(rated) {
            all[index as usize] = Some(value);
        }
        all
    }

    /// The penalised log-likelihood.
    pub(super) fn objective(&self, strengths: &DVector<f64>) -> f64 {
        let loss = |pair: &Pair| {
            let difference = strengths[pair.first] - strengths[pair.second];
            pair.first_score() * softplus(-difference) + pair.second_score() * softplus(difference)
        };
        -self.pairs.iter().map(loss).sum::<f64>() - self.penalty / 2.0 * strengths.norm_squared()
    }

    pub(super) fn slope(&self, strengths: &DVector<f64>) -> Slope {
        let size = self.size();
        let mut gradient = strengths * -self.penalty;
        let mut magnitude = gradient.abs();
        let mut hessian = DMatrix::zeros(size, size);
        for pair in &self.pairs {
            let (first, second) = (pair.first, pair.second);
            let (wins, loses) = chances(strengths[first] - strengths[second]);
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
