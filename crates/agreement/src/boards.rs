//! Two boards of the same questions, and how sure their agreement is.
//!
//! The interval comes from drawing both boards together around their estimates: each question moves a board by its influence
//! H⁻¹ Σ x (score − p), the first step of a refit, and the sums of all questions' influences on the two boards are drawn as
//! normal variables with the covariance that the questions give them. A refit per resample and board would cost the
//! inverse of a matrix each, for a difference of the order of 1 / battles. The percentiles are those around the median.

use std::collections::HashMap;

use nalgebra::{DMatrix, DVector};
use plaudit_domain::Outcome;
use plaudit_ranking::{BradleyTerry, PairCounts, RankingError, agreement_of, bradley_terry_or_prior, weak_penalty};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

use crate::{Absence, Figure, Options, estimate::Measure};

/// Per pair of contestants, the first with the lower number, what its questions add up to.
#[derive(Debug, Clone, Default)]
struct PairSums {
    /// Per board outcomes in the order of `Outcome::ALL`, of the pair's first.
    outcomes: [[u64; 4]; 2],
    /// Σ over questions of the products of (score on board one, battles on board one, score and battles on board two).
    moments: [[f64; 4]; 4],
}

/// Questions with votes for two boards.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    contestants: u32,
    pairs: HashMap<(u32, u32), PairSums>,
}

/// What is said of two boards.
pub(crate) struct Compared {
    pub(crate) spearman: Figure,
    pub(crate) kendall: Figure,
    /// Natural log-odds of each.
    pub(crate) boards: [Vec<Option<f64>>; 2],
    pub(crate) priors: [bool; 2],
}

impl Joint {
    pub(crate) fn new(contestants: u32) -> Self {
        Self { contestants, pairs: HashMap::new() }
    }

    /// One question with its votes for either board, in the order of `Outcome::ALL`.
    pub(crate) fn add(&mut self, left: u32, right: u32, votes: [[u32; 4]; 2]) {
        let turned = left > right;
        let sums = self.pairs.entry((left.min(right), left.max(right))).or_default();
        let mut row = [0.0; 4];
        for (board, mut votes) in votes.into_iter().enumerate() {
            if turned {
                votes.swap(0, 1);
            }
            for (sum, vote) in sums.outcomes[board].iter_mut().zip(votes) {
                *sum += u64::from(vote);
            }
            let [left, right, tie, both_bad] = votes.map(f64::from);
            row[2 * board] = left + (tie + both_bad) / 2.0;
            row[2 * board + 1] = left + right + tie + both_bad;
        }
        for (sums, one) in sums.moments.iter_mut().zip(row) {
            for (sum, other) in sums.iter_mut().zip(row) {
                *sum += one * other;
            }
        }
    }

    /// The boards, and their rank correlations.
    pub(crate) fn compare(&self, options: &Options) -> Compared {
        self.try_compare(options).unwrap_or_else(|_| {
            let absent = Figure::Absent(Absence::NotFitted);
            let nobody = vec![None; self.contestants as usize];
            Compared { spearman: absent, kendall: absent, boards: [nobody.clone(), nobody], priors: [false; 2] }
        })
    }

    fn try_compare(&self, options: &Options) -> Result<Compared, RankingError> {
        let mut pairs: Vec<(&(u32, u32), &PairSums)> = self.pairs.iter().collect();
        pairs.sort_unstable_by_key(|(pair, _)| **pair);
        let fit = |board: usize| {
            let mut counts = PairCounts::new(self.contestants);
            for ((first, second), sums) in &pairs {
                for (outcome, count) in Outcome::ALL.into_iter().zip(sums.outcomes[board]) {
                    counts.add(*first, *second, outcome, count)?;
                }
            }
            bradley_terry_or_prior(&counts, weak_penalty())
        };
        let ((one, prior_one), (other, prior_other)) = (fit(0)?, fit(1)?);
        let observed = agreement_of(&one.log_odds, &other.log_odds);
        let count = f64::from(observed.contestants);
        let absence = if observed.contestants < 2 { Absence::TooFewContestants } else { Absence::Constant };
        let measure = |value: Option<f64>| Measure { value: value.ok_or(absence), count };
        let (spearman, kendall) = (measure(observed.spearman), measure(observed.kendall));
        let mut drawn = [Vec::new(), Vec::new()];
        if spearman.value.is_ok() || kendall.value.is_ok() {
            drawn = Draws::new(&pairs, [&one, &other]).correlations(options);
        }
        let [mut spearmans, mut kendalls] = drawn;
        centre(&mut spearmans, spearman.value.unwrap_or_default());
        centre(&mut kendalls, kendall.value.unwrap_or_default());
        Ok(Compared {
            spearman: spearman.figure(&mut spearmans, options.level),
            kendall: kendall.figure(&mut kendalls, options.level),
            boards: [one.log_odds, other.log_odds],
            priors: [prior_one.is_used(), prior_other.is_used()],
        })
    }
}

/// Moves draws so that their median is the value, and keeps them correlations.
///
/// A draw has the noise of the votes twice, once as they are and once as they are drawn, so that the two boards agree less in
/// it than they do; how far the draws spread is what they tell, not where they lie.
fn centre(draws: &mut [f64], value: f64) {
    if draws.is_empty() {
        return;
    }
    let middle = draws.len() / 2;
    let (_, &mut median, _) = draws.select_nth_unstable_by(middle, f64::total_cmp);
    draws.iter_mut().for_each(|draw| *draw = (*draw + (value - median)).clamp(-1.0, 1.0));
}

/// Both boards around their estimates.
struct Draws {
    centres: [DVector<f64>; 2],
    /// `[2 · size, 2 · size]`: turns independent normal variables into both boards' deviations, one above the other.
    spread: DMatrix<f64>,
    /// Columns of contestants on both boards.
    shared: Vec<usize>,
}

/// Draws that are made in one product of matrices.
const AT_ONCE: usize = 250;

impl Draws {
    fn new(pairs: &[(&(u32, u32), &PairSums)], fits: [&BradleyTerry; 2]) -> Self {
        let mut columns = vec![None; fits[0].log_odds.len()];
        let mut shared = Vec::new();
        let mut size = 0;
        for (contestant, column) in columns.iter_mut().enumerate() {
            let rated = fits.map(|fit| fit.log_odds[contestant].is_some());
            if rated[0] || rated[1] {
                *column = Some(size);
                if rated[0] && rated[1] {
                    shared.push(size);
                }
                size += 1;
            }
        }
        let strengths = fits.map(|fit| {
            let rated = columns.iter().zip(&fit.log_odds).filter(|(column, _)| column.is_some());
            DVector::from_iterator(size, rated.map(|(_, strength)| strength.unwrap_or_default()))
        });
        let mut hessians = fits.map(|fit| {
            let mut hessian = DMatrix::from_element(size, size, 1.0 / size as f64);
            for (contestant, column) in columns.iter().enumerate() {
                if let Some(column) = *column {
                    // One who is on the other board alone must not leave the matrix singular.
                    hessian[(column, column)] += if fit.log_odds[contestant].is_some() { fit.penalty } else { 1.0 };
                }
            }
            hessian
        });
        // Of both boards' gradients, one above the other.
        let mut moved = DMatrix::zeros(2 * size, 2 * size);
        for ((first, second), sums) in pairs {
            let (Some(first), Some(second)) = (columns[*first as usize], columns[*second as usize]) else { continue };
            let chances: [f64; 2] =
                std::array::from_fn(|board| 1.0 / (1.0 + (strengths[board][second] - strengths[board][first]).exp()));
            for board in 0..2 {
                let battles: u64 = sums.outcomes[board].iter().sum();
                let weight = battles as f64 * chances[board] * (1.0 - chances[board]);
                add_difference(&mut hessians[board], [first, second], [first, second], weight);
            }
            // The residual score − p · battles of a question, as weights of its moments.
            let residuals = [[1.0, -chances[0], 0.0, 0.0], [0.0, 0.0, 1.0, -chances[1]]];
            for (one, other) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let each = (0..4).flat_map(|row| (0..4).map(move |column| (row, column)));
                let terms = each
                    .map(|(row, column)| residuals[one][row] * sums.moments[row][column] * residuals[other][column]);
                let place = |board: usize| [board * size + first, board * size + second];
                add_difference(&mut moved, place(one), place(other), terms.sum());
            }
        }
        factor(&mut moved);
        let mut spread = DMatrix::zeros(2 * size, 2 * size);
        for (board, hessian) in hessians.into_iter().enumerate() {
            let inverse = hessian.cholesky().map_or_else(|| DMatrix::zeros(size, size), |factor| factor.inverse());
            spread.rows_mut(board * size, size).gemm(1.0, &inverse, &moved.rows(board * size, size), 0.0);
        }
        Self { centres: strengths, spread, shared }
    }

    /// Spearman's and Kendall's of each draw.
    fn correlations(&self, options: &Options) -> [Vec<f64>; 2] {
        let size = self.centres[0].len();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
        let mut order = self.shared.clone();
        let mut ranks = vec![0_usize; size];
        let mut found = [Vec::new(), Vec::new()];
        let centre = DVector::from_iterator(2 * size, self.centres.iter().flat_map(|centre| centre.iter().copied()));
        let mut left = options.resamples as usize;
        while left > 0 {
            let count = left.min(AT_ONCE);
            left -= count;
            let independent = DMatrix::from_fn(2 * size, count, |_, _| StandardNormal.sample(&mut random));
            let mut boards = &self.spread * independent;
            for mut both in boards.column_iter_mut() {
                both += &centre;
                let (one, other) = both.as_slice().split_at(size);
                order.sort_unstable_by(|first, second| other[*first].total_cmp(&other[*second]));
                order.iter().enumerate().for_each(|(rank, &column)| ranks[column] = rank);
                order.sort_unstable_by(|first, second| one[*first].total_cmp(&one[*second]));
                let count = order.len() as f64;
                let (mut squares, mut inversions) = (0.0, 0_u64);
                for (rank, &column) in order.iter().enumerate() {
                    squares += (rank as f64 - ranks[column] as f64).powi(2);
                    let later = order[rank + 1..].iter().filter(|&&later| ranks[later] < ranks[column]);
                    inversions += later.count() as u64;
                }
                found[0].push(1.0 - 6.0 * squares / (count * (count * count - 1.0)));
                found[1].push(1.0 - 4.0 * inversions as f64 / (count * (count - 1.0)));
            }
        }
        found
    }
}

/// Adds `weight` · (e_first − e_second)(e_first − e_second)ᵀ, of rows and columns of their own.
fn add_difference(matrix: &mut DMatrix<f64>, rows: [usize; 2], columns: [usize; 2], weight: f64) {
    for (row, sign) in rows.into_iter().zip([1.0, -1.0]) {
        matrix[(row, columns[0])] += sign * weight;
        matrix[(row, columns[1])] -= sign * weight;
    }
}

/// A positive semidefinite matrix becomes its lower triangular factor. A direction without variance, such as the sum of a
/// board, has a pivot of nothing but rounding, and its column is zero; nalgebra's own factor ends there.
fn factor(matrix: &mut DMatrix<f64>) {
    let size = matrix.nrows();
    let tolerance = 1e-12 * matrix.diagonal().max().max(0.0);
    for column in 0..size {
        let pivot = matrix[(column, column)];
        if pivot <= tolerance {
            matrix.column_mut(column).fill(0.0);
            continue;
        }
        let root = pivot.sqrt();
        matrix.column_mut(column).rows_mut(0, column).fill(0.0);
        matrix.column_mut(column).rows_mut(column, size - column).scale_mut(1.0 / root);
        for later in column + 1..size {
            let scale = matrix[(later, column)];
            if scale == 0.0 {
                continue;
            }
            let (done, mut rest) = matrix.columns_range_pair_mut(column, later);
            rest.rows_mut(later, size - later).axpy(-scale, &done.rows(later, size - later), 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_of_a_singular_matrix_gives_it_back() {
        // Rank two of four: every row sums to zero, as both boards' gradients do.
        let mut whole = DMatrix::zeros(4, 4);
        add_difference(&mut whole, [0, 1], [0, 1], 2.0);
        add_difference(&mut whole, [2, 3], [2, 3], 5.0);
        add_difference(&mut whole, [0, 1], [2, 3], 1.5);
        add_difference(&mut whole, [2, 3], [0, 1], 1.5);
        let mut lower = whole.clone();
        factor(&mut lower);
        assert!((&lower * lower.transpose() - &whole).amax() < 1e-12, "{lower}");
        assert_eq!(lower[(0, 1)], 0.0);
        let mut nothing = DMatrix::zeros(2, 2);
        factor(&mut nothing);
        assert_eq!(nothing, DMatrix::zeros(2, 2));
    }
}
