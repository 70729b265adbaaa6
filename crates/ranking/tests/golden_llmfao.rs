//! Intervals on real crowd votes, against a bootstrap written here from nothing but the votes.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

mod shared;

use plaudit_domain::Outcome;
use plaudit_ranking::{BradleyTerryOptions, PairCounts, bradley_terry};

/// 59 models, 8,931 votes, 39 % ties.
struct Votes {
    models: usize,
    battles: Vec<(u32, u32, Outcome)>,
}

fn votes() -> Option<Votes> {
    let text = shared::read("llmfao/crowd-comparisons.csv")?;
    let mut names: Vec<String> = Vec::new();
    let mut number = |name: &str| {
        names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        }) as u32
    };
    let mut battles = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        battles.push((number(&row[6]), number(&row[7]), row[5].parse().unwrap()));
    }
    Some(Votes { models: names.len(), battles })
}

/// Per ordered pair of models how many half-wins the first got, and how many battles there were.
struct Table {
    models: usize,
    halves: Vec<f64>,
}

impl Table {
    fn new(models: usize, battles: impl Iterator<Item = (u32, u32, Outcome)>) -> Self {
        let mut halves = vec![0.0; models * models];
        for (left, right, outcome) in battles {
            halves[left as usize * models + right as usize] += outcome.left_score();
            halves[right as usize * models + left as usize] += outcome.swapped().left_score();
        }
        Self { models, halves }
    }

    fn gradient(&self, strengths: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; self.models];
        for first in 0..self.models {
            for second in 0..first {
                let (won, lost) =
                    (self.halves[first * self.models + second], self.halves[second * self.models + first]);
                if won + lost > 0.0 {
                    let rest = won - (won + lost) / (1.0 + (strengths[second] - strengths[first]).exp());
                    gradient[first] += rest;
                    gradient[second] -= rest;
                }
            }
        }
        gradient
    }

    /// The inverse of the Hessian plus 11ᵀ, by Gauss-Jordan elimination.
    fn inverse_hessian(&self, strengths: &[f64]) -> Vec<Vec<f64>> {
        let size = self.models;
        let mut rows = vec![vec![0.0; 2 * size]; size];
        for first in 0..size {
            for second in 0..size {
                let battles = self.halves[first * size + second] + self.halves[second * size + first];
                let chance = 1.0 / (1.0 + (strengths[second] - strengths[first]).exp());
                rows[first][first] += battles * chance * (1.0 - chance);
                rows[first][second] += 1.0 - battles * chance * (1.0 - chance);
            }
            rows[first][size + first] = 1.0;
        }
        for pivot in 0..size {
            let scale = rows[pivot][pivot];
            rows[pivot].iter_mut().for_each(|entry| *entry /= scale);
            let done = rows[pivot].clone();
            for (index, row) in rows.iter_mut().enumerate().filter(|(index, _)| *index != pivot) {
                let factor = row[pivot];
                assert!(index < size);
                row.iter_mut().zip(&done).for_each(|(entry, above)| *entry -= factor * above);
            }
        }
        rows.iter().map(|row| row[size..].to_vec()).collect()
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): enough for resampling and no dependency.
fn next_index(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((u128::from(mixed ^ (mixed >> 31)) * below as u128) >> 64) as usize
}

#[test]
fn the_likelihood_is_flat_at_the_fit() {
    let Some(Votes { models, battles }) = votes() else { return };
    assert_eq!((models, battles.len()), (59, 8931));
    let counts = PairCounts::from_battles(59, battles.iter().copied()).unwrap();
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let strengths: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap()).collect();
    let steepest = Table::new(models, battles.into_iter()).gradient(&strengths).iter().fold(0.0, |max, entry| {
        assert!(entry.is_finite());
        f64::max(max, entry.abs())
    });
    eprintln!("{} steps, gradient {:.1e} by the fit, {steepest:.1e} by the test", fit.iterations, fit.gradient_norm);
    assert!(steepest < 1e-9 && fit.gradient_norm < 1e-9);
    assert!(strengths.iter().sum::<f64>().abs() < 1e-12);
}

#[test]
fn the_sandwich_is_as_wide_as_a_bootstrap() {
    const RESAMPLES: usize = 2000;
    let Some(Votes { models, battles }) = votes() else { return };
    let counts = PairCounts::from_battles(models as u32, battles.iter().copied()).unwrap();
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let strengths: Vec<f64> = fit.log_odds.iter().map(|strength| strength.unwrap()).collect();
    let inverse = Table::new(models, battles.iter().copied()).inverse_hessian(&strengths);

    let mut state = 20_240_220;
    let mut draws = vec![Vec::with_capacity(RESAMPLES); models];
    for _ in 0..RESAMPLES {
        let table = Table::new(models, (0..battles.len()).map(|_| battles[next_index(&mut state, battles.len())]));
        let mut refit = strengths.clone();
        // Chord steps: Newton's with the Hessian of the original votes.
        loop {
            let gradient = table.gradient(&refit);
            let step = inverse.iter().map(|row| row.iter().zip(&gradient).map(|(a, b)| a * b).sum::<f64>());
            let largest = refit.iter_mut().zip(step).fold(0.0, |largest, (strength, step)| {
                *strength += step;
                f64::max(largest, step.abs())
            });
            if largest < 1e-6 {
                break;
            }
        }
        draws.iter_mut().zip(refit).for_each(|(draws, strength)| draws.push(strength));
    }

    let robust = fit.intervals(0.95).unwrap();
    let everyone = BradleyTerryOptions { guard_battles: u64::MAX, ..Default::default() };
    let naive = bradley_terry(&counts, &everyone).unwrap().intervals(0.95).unwrap();
    let (mut sandwich_ratio, mut hessian_ratio, mut deviation_ratio) = (0.0, 0.0, 0.0);
    for (index, draws) in draws.iter_mut().enumerate() {
        draws.sort_by(f64::total_cmp);
        let bootstrap = draws[RESAMPLES * 39 / 40] - draws[RESAMPLES / 40];
        let mean = draws.iter().sum::<f64>() / RESAMPLES as f64;
        let deviation = (draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / RESAMPLES as f64).sqrt();
        sandwich_ratio += robust[index].unwrap().width() / bootstrap / models as f64;
        hessian_ratio += naive[index].unwrap().width() / bootstrap / models as f64;
        deviation_ratio += fit.standard_errors[index].unwrap() / deviation / models as f64;
    }
    eprintln!(
        "width against the bootstrap percentiles: sandwich {sandwich_ratio:.4}, inverse Hessian {hessian_ratio:.4}; \
         standard error against the bootstrap's {deviation_ratio:.4}"
    );
    assert!((sandwich_ratio - 1.0).abs() < 0.02, "{sandwich_ratio}");
    // With 39 % ties the plain inverse Hessian is far too wide: the reason for the sandwich.
    assert!(hessian_ratio > 1.2, "{hessian_ratio}");
}
