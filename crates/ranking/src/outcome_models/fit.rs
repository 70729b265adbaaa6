use nalgebra::{Cholesky, DMatrix, DVector, Matrix4, Vector4};

use super::{existence::runs_away, model::OutcomeModel};
use crate::{FEW_BATTLES, PairCounts, RankingError, degeneracy};

/// Damped Newton takes some ten steps; one that needs so many has no maximum to go to.
const MAX_ITERATIONS: u32 = 100;

/// A step that moves nothing by more than this is the last: Newton's error after it is its square.
const LAST_STEP: f64 = 1e-9;

/// After so many steps counts are so lopsided that `LAST_STEP` is below the rounding of the gradient; then a gradient of
/// this share of the votes is zero, and a rating may be off by a point.
const PATIENCE: u32 = 40;
const ROUNDING: f64 = 1e-12;

/// No strength of a board that has a maximum is so far out; one that gets there is on its way to infinity.
const FAR: f64 = 60.0;

/// The answer over the contestants that have battles, and the two parameters behind them.
pub(super) struct Fitted {
    /// Per contestant its number without gaps.
    pub(super) places: Vec<Option<usize>>,
    pub(super) parameters: DVector<f64>,
    pub(super) variances: DVector<f64>,
    /// Whether the tie parameter and the bar are estimated.
    pub(super) active: [bool; 2],
    pub(super) log_likelihood: f64,
    pub(super) needs_prior: bool,
    pub(super) iterations: u32,
}

/// Newton's method has arrived by then unless the counts are lopsided, or there is nowhere to arrive: each further step then
/// goes as far as the last one.
const SUSPICIOUS: u32 = 12;

/// A step this long, in natural log-odds, is no rounding: six points.
const STEP: f64 = 0.035;

/// Counts in the order first wins, second wins, tie, both bad.
pub(super) struct Cell {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) outcomes: [f64; 4],
    weight: f64,
}

struct Problem {
    model: OutcomeModel,
    cells: Vec<Cell>,
    /// Contestants with battles.
    size: usize,
    battles: Vec<u64>,
    active: [bool; 2],
    penalty: f64,
}

/// The gradient and the negative Hessian of the objective at one point.
struct Slope {
    gradient: DVector<f64>,
    hessian: DMatrix<f64>,
}

pub(super) fn fit_or_prior(counts: &PairCounts, model: OutcomeModel, penalty: f64) -> Result<Fitted, RankingError> {
    let mut places = vec![None; counts.contestants() as usize];
    let mut battles = Vec::new();
    for (place, record) in places.iter_mut().zip(counts.records()) {
        if record.battles() > 0 {
            *place = Some(battles.len());
            battles.push(record.battles());
        }
    }
    let place = |contestant: u32| places[contestant as usize].unwrap_or_default();
    let cells: Vec<Cell> = counts
        .pairs()
        .map(|pair| Cell {
            first: place(pair.first),
            second: place(pair.second),
            outcomes: [pair.first_wins, pair.second_wins, pair.ties, pair.both_bad].map(|count| count as f64),
            weight: model.weight(pair.battles() as f64),
        })
        .collect();
    let seen: [bool; 4] = std::array::from_fn(|outcome| cells.iter().any(|cell| cell.outcomes[outcome] > 0.0));
    let has_bar = model == OutcomeModel::FourOutcomes && seen[3];
    let active = [model.has_tie_parameter() && (seen[2] || (seen[3] && !has_bar)), has_bar];
    let size = battles.len();
    let mut problem = Problem { model, cells, size, battles, active, penalty: 0.0 };
    let finish = |problem: &Problem, (parameters, iterations): (DVector<f64>, u32)| -> Result<Fitted, RankingError> {
        let variances = problem.variances(&parameters)?;
        let log_likelihood = problem.log_likelihood(&parameters);
        let needs_prior = problem.penalty > 0.0;
        let places = places.clone();
        Ok(Fitted { places, parameters, variances, active, log_likelihood, needs_prior, iterations })
    };
    // Without a decisive vote the parameters run away, and without a chain of votes the strengths do. The conditions are
    // those of Bradley-Terry; where ties or a bar make them too weak, Newton's method does not arrive, or arrives late at a
    // place that is none.
    if size == 0 || (seen[0] || seen[1]) && degeneracy(counts).is_none() {
        match problem.maximise() {
            Ok((_, iterations)) if iterations > SUSPICIOUS && problem.runs_away() == Some(true) => {}
            Ok(found) => match finish(&problem, found) {
                Err(RankingError::NotConverged { .. }) => {}
                other => return other,
            },
            Err(RankingError::NotConverged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    problem.penalty = penalty;
    problem.maximise().and_then(|found| finish(&problem, found))
}

impl Problem {
    fn runs_away(&self) -> Option<bool> {
        runs_away(self.model, &self.cells, self.size, self.active)
    }

    fn votes(&self) -> f64 {
        self.cells.iter().flat_map(|cell| cell.outcomes).sum()
    }

    fn extras(&self, parameters: &DVector<f64>) -> [f64; 2] {
        [parameters[self.size], parameters[self.size + 1]]
    }

    fn log_likelihood(&self, parameters: &DVector<f64>) -> f64 {
        let extras = self.extras(parameters);
        let of = |cell: &Cell| {
            let terms = self.model.terms(parameters[cell.first], parameters[cell.second], extras, self.active);
            let sum: f64 = cell
                .outcomes
                .iter()
                .zip(&terms)
                .filter(|(count, _)| **count > 0.0)
                .map(|(count, term)| count * term.log)
                .sum();
            cell.weight * sum
        };
        self.cells.iter().map(of).sum()
    }

    fn objective(&self, parameters: &DVector<f64>) -> f64 {
        self.log_likelihood(parameters) - self.penalty / 2.0 * parameters.norm_squared()
    }

    /// Where a common shift of the strengths goes: the bar is on their scale.
    fn direction(&self) -> DVector<f64> {
        let mut direction = DVector::from_element(self.size + 2, 1.0);
        direction[self.size] = 0.0;
        direction[self.size + 1] = f64::from(u8::from(self.active[1]));
        direction
    }

    fn slope(&self, parameters: &DVector<f64>) -> Slope {
        let size = self.size + 2;
        let extras = self.extras(parameters);
        let mut gradient = parameters * -self.penalty;
        let mut hessian = DMatrix::zeros(size, size);
        for cell in &self.cells {
            let places = [cell.first, cell.second, self.size, self.size + 1];
            let terms = self.model.terms(parameters[cell.first], parameters[cell.second], extras, self.active);
            for (count, term) in cell.outcomes.iter().zip(&terms).filter(|(count, _)| **count > 0.0) {
                let weight = count * cell.weight;
                for row in 0..4 {
                    gradient[places[row]] += weight * term.slope[row];
                    for column in 0..4 {
                        hessian[(places[row], places[column])] -= weight * term.curvature[row][column];
                    }
                }
            }
        }
        for slot in 0..2 {
            if !self.active[slot] {
                let place = self.size + slot;
                gradient[place] = 0.0;
                hessian.row_mut(place).fill(0.0);
                hessian.column_mut(place).fill(0.0);
                hessian[(place, place)] = 1.0;
            }
        }
        if self.penalty > 0.0 {
            for index in 0..size {
                hessian[(index, index)] += self.penalty;
            }
        } else {
            // A common shift changes nothing, so the Hessian is singular along it: this makes it regular and touches nothing
            // else, because the gradient is orthogonal to it.
            let direction = self.direction();
            let gauge =
                (0..self.size).map(|index| hessian[(index, index)]).sum::<f64>() / (self.size.max(1) as f64).powi(2);
            hessian += gauge * &direction * direction.transpose();
        }
        Slope { gradient, hessian }
    }

    /// Newton's method, each step halved until it climbs.
    fn maximise(&self) -> Result<(DVector<f64>, u32), RankingError> {
        let mut parameters = DVector::zeros(self.size + 2);
        let start = self.model.start();
        for slot in 0..2 {
            parameters[self.size + slot] = if self.active[slot] { start[slot] } else { 0.0 };
        }
        if self.size == 0 {
            return Ok((parameters, 0));
        }
        let mut value = self.objective(&parameters);
        for iterations in 0..MAX_ITERATIONS {
            let Slope { gradient, hessian } = self.slope(&parameters);
            let failed = RankingError::NotConverged { iterations, gradient_norm: gradient.amax() };
            let Some(factor) = Cholesky::new(hessian) else { return Err(failed) };
            let mut step = factor.solve(&gradient);
            if !step.amax().is_finite() || parameters.amax() > FAR {
                return Err(failed);
            }
            let is_flat = iterations >= PATIENCE && gradient.amax() <= ROUNDING * self.votes() && step.amax() <= STEP;
            if step.amax() <= LAST_STEP || is_flat {
                return Ok((self.centred(parameters + step), iterations));
            }
            let climbs = gradient.dot(&step);
            let mut halvings = 0;
            loop {
                let next = &parameters + &step;
                let admitted = self.model.admits(self.extras(&next), self.active);
                let reached = if admitted { self.objective(&next) } else { f64::NEG_INFINITY };
                // Near the summit the gain drowns in rounding.
                if reached >= value + climbs * 1e-4 * 0.5_f64.powi(halvings) - 1e-9 * value.abs() {
                    (parameters, value) = (next, reached);
                    break;
                }
                halvings += 1;
                if halvings > 40 {
                    return Err(failed);
                }
                step *= 0.5;
            }
        }
        let gradient_norm = self.slope(&parameters).gradient.amax();
        Err(RankingError::NotConverged { iterations: MAX_ITERATIONS, gradient_norm })
    }

    fn centred(&self, mut parameters: DVector<f64>) -> DVector<f64> {
        let mean = parameters.rows(0, self.size).mean();
        parameters -= mean * self.direction();
        parameters
    }

    /// The diagonal of the sandwich, guarded for few battles as Bradley-Terry's is.
    fn variances(&self, parameters: &DVector<f64>) -> Result<DVector<f64>, RankingError> {
        let size = self.size + 2;
        if self.size == 0 {
            return Ok(DVector::zeros(size));
        }
        let Slope { hessian, gradient } = self.slope(parameters);
        let failed = RankingError::NotConverged { iterations: 0, gradient_norm: gradient.amax() };
        let inverse = Cholesky::new(hessian).ok_or(failed)?.inverse();
        // In the gauge in which the strengths have mean zero: what moves all of them together is taken out.
        let direction = self.direction();
        let level = inverse.rows(0, self.size).row_mean();
        let inverse = &inverse - &direction * &level;
        let level = inverse.columns(0, self.size).column_mean();
        let inverse = inverse - level * direction.transpose();
        let extras = self.extras(parameters);
        let mut variances = DVector::<f64>::zeros(size);
        for cell in &self.cells {
            let places = [cell.first, cell.second, self.size, self.size + 1];
            let terms = self.model.terms(parameters[cell.first], parameters[cell.second], extras, self.active);
            // All outcomes of the cell at once: Σ count·ssᵀ is four by four.
            let mut spread = Matrix4::<f64>::zeros();
            for (count, term) in cell.outcomes.iter().zip(&terms).filter(|(count, _)| **count > 0.0) {
                let slope = Vector4::from(term.slope);
                spread += count * cell.weight * cell.weight * slope * slope.transpose();
            }
            for index in 0..size {
                let reach = Vector4::from(places.map(|place| inverse[(index, place)]));
                variances[index] += reach.dot(&(spread * reach));
            }
        }
        let guard = if self.penalty > 0.0 { u64::MAX } else { FEW_BATTLES };
        for index in 0..self.size {
            let share = (guard as f64 / self.battles[index] as f64).min(1.0);
            variances[index] = variances[index].max(share * inverse[(index, index)]).max(0.0);
        }
        Ok(variances)
    }
}
