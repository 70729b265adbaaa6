use std::cmp::Ordering;

use nalgebra::{DMatrix, DVector};
use plaudit_domain::Outcome;

use super::{FeatureBattles, FeatureEffect};
use crate::PairCounts;

/// A logistic regression of outcomes on who stood where and on covariates, over the contestants that have battles,
/// renumbered without gaps. Parameters: a strength per rated contestant, then a coefficient per covariate.
pub(super) struct Regression {
    /// Per rated contestant its number in the counts.
    active: Vec<u32>,
    contestants: u32,
    pub(super) rows: Vec<Row>,
    /// The covariates of each row, one row after the other.
    values: Vec<f64>,
    pub(super) covariates: Vec<Covariate>,
}

/// Battles alike in contestants, order and covariates.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) left_wins: f64,
    pub(super) right_wins: f64,
    /// Ties of both kinds.
    pub(super) draws: f64,
}

pub(super) struct Covariate {
    pub(super) name: String,
    /// The feature's place among the names; `None` for the position.
    pub(super) feature: Option<usize>,
}

impl Row {
    pub(super) fn battles(&self) -> f64 {
        self.left_wins + self.right_wins + self.draws
    }

    pub(super) fn left_score(&self) -> f64 {
        self.left_wins + self.draws / 2.0
    }

    pub(super) fn right_score(&self) -> f64 {
        self.right_wins + self.draws / 2.0
    }
}

fn position() -> Covariate {
    Covariate { name: "position".to_owned(), feature: None }
}

impl Regression {
    /// On the position alone.
    pub(super) fn of_counts(counts: &PairCounts) -> Self {
        let rows = counts.ordered_pairs().map(|pair| {
            let [left_wins, right_wins, ties, both_bad] = pair.outcomes().map(|(_, count)| count as f64);
            (pair.left, pair.right, [left_wins, right_wins, ties + both_bad])
        });
        let mut regression = Self::of_rows(counts.contestants(), rows.collect());
        if !regression.rows.is_empty() {
            regression.covariates.push(position());
            regression.values = vec![1.0; regression.rows.len()];
        }
        regression
    }

    /// On the features that differ between battles, and their summaries without an effect.
    pub(super) fn of_battles(battles: &FeatureBattles, with_position: bool) -> (Self, Vec<FeatureEffect>) {
        let mut order: Vec<usize> = (0..battles.battles.len()).collect();
        order.sort_by(|&one, &other| alike(battles, one, other));
        let (mut rows, mut first_of_row) = (Vec::new(), Vec::new());
        for group in order.chunk_by(|&one, &other| alike(battles, one, other).is_eq()) {
            let first = &battles.battles[group[0]];
            let mut cell = [0_u64; 3];
            for battle in group.iter().map(|&index| &battles.battles[index]) {
                let slot = match battle.outcome {
                    Outcome::Left => 0,
                    Outcome::Right => 1,
                    Outcome::Tie | Outcome::BothBad => 2,
                };
                cell[slot] += battle.count;
            }
            rows.push((first.left, first.right, cell.map(|count| count as f64)));
            first_of_row.push(group[0]);
        }
        let mut regression = Self::of_rows(battles.contestants(), rows);
        let mut columns: Vec<Vec<f64>> = Vec::new();
        if with_position && !regression.rows.is_empty() {
            regression.covariates.push(position());
            columns.push(vec![1.0; regression.rows.len()]);
        }
        let mut effects = Vec::new();
        for (feature, name) in battles.names().iter().enumerate() {
            let mut column: Vec<f64> =
                first_of_row.iter().map(|&battle| battles.differences_of(battle)[feature]).collect();
            let (mean, deviation) = standardise(&mut column, &regression.rows);
            if deviation > 0.0 {
                regression.covariates.push(Covariate { name: name.clone(), feature: Some(feature) });
                columns.push(column);
            }
            effects.push(FeatureEffect { name: name.clone(), effect: None, mean, deviation });
        }
        regression.values =
            (0..regression.rows.len()).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        (regression, effects)
    }

    fn of_rows(contestants: u32, rows: Vec<(u32, u32, [f64; 3])>) -> Self {
        let mut places = vec![None; contestants as usize];
        for (left, right, _) in &rows {
            places[*left as usize] = Some(0);
            places[*right as usize] = Some(0);
        }
        let mut active = Vec::new();
        for (index, place) in places.iter_mut().enumerate().filter(|(_, place)| place.is_some()) {
            *place = Some(active.len());
            active.push(index as u32);
        }
        let place = |contestant: u32| places[contestant as usize].unwrap_or_default();
        let rows = rows.into_iter().map(|(left, right, [left_wins, right_wins, draws])| Row {
            left: place(left),
            right: place(right),
            left_wins,
            right_wins,
            draws,
        });
        Self { rows: rows.collect(), active, contestants, values: Vec::new(), covariates: Vec::new() }
    }

    /// M, how many contestants have battles.
    pub(super) fn size(&self) -> usize {
        self.active.len()
    }

    /// How many parameters there are.
    pub(super) fn parameters(&self) -> usize {
        self.size() + self.covariates.len()
    }

    /// From one value per rated contestant to one per contestant.
    pub(super) fn spread(&self, rated: &[f64]) -> Vec<Option<f64>> {
        let mut all = vec![None; self.contestants as usize];
        for (&index, &value) in self.active.iter().zip(rated) {
            all[index as usize] = Some(value);
        }
        all
    }

    /// Each row with its covariates.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Row, &[f64])> {
        let width = self.covariates.len();
        self.rows.iter().enumerate().map(move |(index, row)| (row, &self.values[index * width..][..width]))
    }

    /// xᵀ·parameters of a row: the log-odds of its left side.
    pub(super) fn log_odds(&self, row: &Row, covariates: &[f64], parameters: &DVector<f64>) -> f64 {
        let coefficients = &parameters.as_slice()[self.size()..];
        let style: f64 = covariates.iter().zip(coefficients).map(|(value, coefficient)| value * coefficient).sum();
        parameters[row.left] - parameters[row.right] + style
    }

    /// Σ weight·xxᵀ over the rows; the lower triangle and diagonal only.
    pub(super) fn information(&self, weight: impl Fn(&Row, &[f64]) -> f64) -> DMatrix<f64> {
        let size = self.size();
        let mut matrix = DMatrix::zeros(self.parameters(), self.parameters());
        for (row, covariates) in self.each() {
            let weight = weight(row, covariates);
            let (left, right) = (row.left, row.right);
            matrix[(left, left)] += weight;
            matrix[(right, right)] += weight;
            matrix[(left.max(right), left.min(right))] -= weight;
            for (column, &value) in covariates.iter().enumerate() {
                matrix[(size + column, left)] += weight * value;
                matrix[(size + column, right)] -= weight * value;
                for (other, &beside) in covariates[..=column].iter().enumerate() {
                    matrix[(size + column, size + other)] += weight * value * beside;
                }
            }
        }
        matrix
    }
}

/// By contestants, order and differences: equal where two battles are one row. A total order, so that rows and sums come
/// out the same in whatever order the battles were added.
fn alike(battles: &FeatureBattles, one: usize, other: usize) -> Ordering {
    let place = |index: usize| (battles.battles[index].left, battles.battles[index].right);
    let differences = || battles.differences_of(one).iter().zip(battles.differences_of(other));
    place(one).cmp(&place(other)).then_with(|| {
        differences().map(|(one, other)| one.total_cmp(other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    })
}

/// Makes mean 0 and standard deviation 1 over the battles of a column, and returns what they were. A column of equal
/// values is left as it is, with a deviation of 0.
fn standardise(column: &mut [f64], rows: &[Row]) -> (f64, f64) {
    let Some(&first) = column.first() else { return (0.0, 0.0) };
    if column.iter().all(|&value| value == first) {
        return (first, 0.0);
    }
    // In units of the largest, because the square of a finite number need not be one.
    let unit = column.iter().fold(0.0, |unit: f64, value| unit.max(value.abs()));
    let battles: f64 = rows.iter().map(Row::battles).sum();
    let average = |of: &dyn Fn(f64) -> f64| {
        column.iter().zip(rows).map(|(value, row)| row.battles() * of(value / unit)).sum::<f64>() / battles
    };
    let mean = average(&|value| value);
    let deviation = average(&|value| (value - mean) * (value - mean)).sqrt();
    if deviation > 0.0 {
        column.iter_mut().for_each(|value| *value = (*value / unit - mean) / deviation);
    }
    (mean * unit, deviation * unit)
}
