use nalgebra::{Cholesky, DMatrix, DVector, SymmetricEigen};

use super::{crowd::Choice, crowd::Crowd, personal::tastes};
use crate::{RankingError, error::check_option, weak_penalty};

/// Standard deviation of the loadings to begin with. Small enough for the first steps to find their way, and away from
/// zero, where no direction is better than another.
const START: f64 = 0.3;

/// How [`ideal_points`](crate::ideal_points) and [`latent_tastes`](crate::latent_tastes) fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorOptions {
    /// d, how many numbers describe a voter: from 1 to 8.
    pub dimensions: u32,
    /// λ > 0 of the Gaussian prior on the common strengths, as in
    /// [`BradleyTerryOptions::penalty`](crate::BradleyTerryOptions::penalty).
    pub penalty: f64,
    /// The same on the contestants' points. Voters' points have unit variance, so this alone decides how far tastes may
    /// differ; 4, the default, expects half a natural log-odd per dimension.
    pub point_penalty: f64,
}

impl Default for FactorOptions {
    fn default() -> Self {
        Self { dimensions: 1, penalty: weak_penalty(), point_penalty: 4.0 }
    }
}

impl FactorOptions {
    pub(super) fn check(&self) -> Result<(), RankingError> {
        let Self { dimensions, point_penalty, .. } = *self;
        check_option("dimensions", f64::from(dimensions), (1..=8).contains(&dimensions), "a number from 1 to 8")?;
        check_option("point_penalty", point_penalty, point_penalty > 0.0, "a positive number")
    }
}

/// The contestants of a model in which voter v gives i the strength bᵢ + aᵥ·xᵢ.
#[derive(Clone)]
pub(super) struct Factors {
    /// b, per rated contestant.
    pub(super) base: DVector<f64>,
    /// x, a row per rated contestant.
    pub(super) points: DMatrix<f64>,
}

impl Factors {
    /// The crowd's board, and the main directions in which voters' own boards depart from it. No chance is involved, and
    /// the names of the contestants do not matter.
    pub(super) fn start(crowd: &Crowd, dimensions: usize) -> Result<Self, RankingError> {
        let base = crowd.fit()?.strengths;
        let size = crowd.problem.size();
        let mut spread = DMatrix::<f64>::zeros(size, size);
        for own in tastes(crowd, &base, Some(1.0))?.owns {
            for (one, &row) in own.contestants.iter().enumerate() {
                for (other, &column) in own.contestants.iter().enumerate() {
                    spread[(row, column)] += own.departures[one] * own.departures[other];
                }
            }
        }
        let mut points = DMatrix::zeros(size, dimensions);
        if size == 0 {
            return Ok(Self { base, points });
        }
        let eigen = SymmetricEigen::new(spread);
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&one, &other| eigen.eigenvalues[other].total_cmp(&eigen.eigenvalues[one]));
        for (dimension, &place) in order.iter().take(dimensions).enumerate() {
            points.set_column(dimension, &(eigen.eigenvectors.column(place) * (START * (size as f64).sqrt())));
        }
        Ok(Self { base, points })
    }

    /// By how much the first of a choice leads with everyone, and by how much per unit of the voter's point.
    pub(super) fn difference(&self, choice: &Choice) -> (f64, DVector<f64>) {
        let points = self.points.row(choice.first) - self.points.row(choice.second);
        (self.base[choice.first] - self.base[choice.second], points.transpose())
    }

    /// The log densities of the priors, up to a constant.
    pub(super) fn log_prior(&self, options: &FactorOptions) -> f64 {
        -(options.penalty * self.base.norm_squared() + options.point_penalty * self.points.norm_squared()) / 2.0
    }

    /// b and x by contestant, as [`System`] numbers them.
    pub(super) fn flat(&self) -> DVector<f64> {
        let wide = self.points.ncols() + 1;
        DVector::from_fn(self.base.len() * wide, |index, _| match index % wide {
            0 => self.base[index / wide],
            column => self.points[(index / wide, column - 1)],
        })
    }

    /// The inverse of [`flat`](Self::flat).
    pub(super) fn with_flat(&self, flat: &DVector<f64>) -> Self {
        let wide = self.points.ncols() + 1;
        let base = DVector::from_fn(self.base.len(), |index, _| flat[index * wide]);
        let points = DMatrix::from_fn(base.len(), wide - 1, |index, column| flat[index * wide + column + 1]);
        Self { base, points }
    }

    /// The rotation after which the points' columns are orthogonal, the longest first, each with its largest entry
    /// positive. Turn points and voters alike by it from the right, and nothing they say changes.
    pub(super) fn gauge(&self) -> DMatrix<f64> {
        let eigen = SymmetricEigen::new(self.points.transpose() * &self.points);
        let mut order: Vec<usize> = (0..self.points.ncols()).collect();
        order.sort_by(|&one, &other| eigen.eigenvalues[other].total_cmp(&eigen.eigenvalues[one]));
        let columns: Vec<DVector<f64>> = order
            .iter()
            .map(|&place| {
                let column = eigen.eigenvectors.column(place).into_owned();
                let mut entries: Vec<f64> = (&self.points * &column).iter().copied().collect();
                entries.sort_by(|one, other| other.abs().total_cmp(&one.abs()));
                if entries.first().is_some_and(|largest| *largest < 0.0) { -column } else { column }
            })
            .collect();
        DMatrix::from_columns(&columns)
    }
}

/// Linear equations for all contestants' b and x together: a block of d + 1 per contestant.
pub(super) struct System {
    matrix: DMatrix<f64>,
    pub(super) right: DVector<f64>,
    wide: usize,
}

impl System {
    /// With the priors' part of the matrix.
    pub(super) fn new(contestants: usize, options: &FactorOptions) -> Self {
        let wide = options.dimensions as usize + 1;
        let prior = DVector::from_fn(contestants * wide, |index, _| {
            if index % wide == 0 { options.penalty } else { options.point_penalty }
        });
        Self { right: DVector::zeros(prior.len()), matrix: DMatrix::from_diagonal(&prior), wide }
    }

    /// A choice with this weight per squared lead, of a voter with these moments of (1, a), pulled by so much.
    pub(super) fn add(&mut self, choice: &Choice, weight: f64, pull: f64, moments: &Moments) {
        let (first, second) = (choice.first * self.wide, choice.second * self.wide);
        for column in 0..self.wide {
            self.right[first + column] += pull * moments.mean[column];
            self.right[second + column] -= pull * moments.mean[column];
            for row in 0..self.wide {
                let entry = weight * moments.square[(row, column)];
                self.matrix[(first + row, first + column)] += entry;
                self.matrix[(second + row, second + column)] += entry;
                self.matrix[(first + row, second + column)] -= entry;
                self.matrix[(second + row, first + column)] -= entry;
            }
        }
    }

    pub(super) fn solve(self) -> Option<DVector<f64>> {
        let solution = Cholesky::new(self.matrix)?.solve(&self.right);
        solution.iter().all(|entry| entry.is_finite()).then_some(solution)
    }
}

/// E(1, a) and E(1, a)(1, a)ᵀ.
pub(super) struct Moments {
    mean: DVector<f64>,
    square: DMatrix<f64>,
}

impl Moments {
    pub(super) fn new(mean: &DVector<f64>, covariance: Option<&DMatrix<f64>>) -> Self {
        let mean = mean.clone().insert_row(0, 1.0);
        let mut square = &mean * mean.transpose();
        if let Some(covariance) = covariance {
            let mut corner = square.view_mut((1, 1), covariance.shape());
            corner += covariance;
        }
        Self { mean, square }
    }
}
