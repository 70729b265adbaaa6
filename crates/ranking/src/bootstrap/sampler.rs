use std::collections::BTreeMap;

use rand_distr::{Distribution, Poisson};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::alias::{Alias, ShortAlias};

/// Fewer votes than this are drawn one by one.
const FEW: f64 = 100.0;

/// How many standard deviations fewer votes than there are the Poisson draws have on average: then one draw in 160 has
/// too many and is thrown away.
const SHORT: f64 = 2.5;

/// A Poisson variable lies outside of so many standard deviations with a chance below 10⁻¹⁵.
const REACH: f64 = 9.0;

/// Multinomial draws over cells of whole counts.
///
/// Independent Poisson variables are multinomial given their sum. Each cell gets one with a little less than its count
/// as the mean; what is then missing from the total is drawn one by one. That is exactly multinomial, and several
/// times faster than a binomial after the other: cells with equal counts share a table.
pub(super) struct Sampler {
    total: f64,
    groups: Vec<Group>,
    single: Alias,
    cells: Vec<f64>,
}

/// Cells with equal counts, drawn together so that their table stays near the processor.
struct Group {
    table: Table,
    /// Their numbers, in the order of the pairs. Empty cells are in no group.
    cells: Vec<u32>,
}

enum Table {
    /// The smallest value, and a table of those from there.
    Short(f64, ShortAlias),
    /// The same for more values.
    Long(f64, Alias),
    /// For a count so large and rare that a table would cost more than it saves.
    Poisson(Poisson<f64>),
    /// Everything is drawn one by one.
    Nothing,
}

impl Sampler {
    /// For so many resamples of these counts, which are whole numbers below 2⁵³ together.
    pub(super) fn new(counts: &[f64], resamples: u32) -> Self {
        let total = counts.iter().sum::<f64>();
        let share = if total < FEW { 0.0 } else { 1.0 - SHORT / total.sqrt() };
        // By count, whose bits are in the order of the values: the order of the groups must be the same everywhere.
        let mut groups: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for (cell, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            groups.entry(count.to_bits()).or_default().push(cell as u32);
        }
        let group = |(bits, cells): (u64, Vec<u32>)| {
            let draws = cells.len() as f64 * f64::from(resamples);
            Group { table: Table::new(f64::from_bits(bits) * share, draws), cells }
        };
        let groups = groups.into_iter().map(group).collect();
        Self { total, groups, single: Alias::new(counts), cells: vec![0.0; counts.len()] }
    }

    pub(super) fn draw(&mut self, random: &mut Xoshiro256PlusPlus) -> &[f64] {
        loop {
            let cells = &mut self.cells;
            // Whole numbers below 2⁵³, so that the sum is exact.
            let sum: f64 = self.groups.iter().map(|group| group.draw(random, cells)).sum();
            if sum <= self.total {
                for _ in 0..(self.total - sum) as u64 {
                    self.cells[self.single.draw(random)] += 1.0;
                }
                return &self.cells;
            }
        }
    }
}

impl Group {
    /// Puts a draw into each of the group's cells; gives their sum.
    fn draw(&self, random: &mut Xoshiro256PlusPlus, cells: &mut [f64]) -> f64 {
        match &self.table {
            Table::Short(lowest, table) => self.fill(cells, *lowest, || i64::from(table.draw(random))),
            Table::Long(lowest, table) => self.fill(cells, *lowest, || table.draw(random) as i64),
            Table::Poisson(poisson) => self.fill(cells, 0.0, || poisson.sample(random) as i64),
            Table::Nothing => self.fill(cells, 0.0, || 0),
        }
    }

    #[inline]
    fn fill(&self, cells: &mut [f64], lowest: f64, mut draw: impl FnMut() -> i64) -> f64 {
        // Of whole numbers: a chain of floating-point additions takes longer than the draws.
        let mut above = 0;
        for &cell in &self.cells {
            let drawn = draw();
            cells[cell as usize] = lowest + drawn as f64;
            above += drawn;
        }
        lowest * self.cells.len() as f64 + above as f64
    }
}

impl Table {
    fn new(mean: f64, draws: f64) -> Self {
        if mean <= 0.0 {
            return Self::Nothing;
        }
        let reach = REACH * mean.sqrt() + 20.0;
        if 2.0 * reach > 4.0 * draws
            && let Ok(poisson) = Poisson::new(mean)
        {
            return Self::Poisson(poisson);
        }
        let lowest = (mean - reach).floor().max(0.0);
        let length = (mean + reach).ceil() - lowest + 1.0;
        // From the mode outwards, where the terms are largest, so that none that matters underflows.
        let mode = mean.floor() - lowest;
        let mut terms = vec![0.0; length as usize];
        let peak = mode as usize;
        terms[peak] = 1.0;
        for at in peak + 1..terms.len() {
            terms[at] = terms[at - 1] * mean / (lowest + at as f64);
        }
        for at in (0..peak).rev() {
            terms[at] = terms[at + 1] * (lowest + at as f64 + 1.0) / mean;
        }
        if terms.len() <= ShortAlias::LENGTH {
            terms.resize(ShortAlias::LENGTH, 0.0);
            return Self::Short(lowest, ShortAlias::new(&terms));
        }
        Self::Long(lowest, Alias::new(&terms))
    }
}

#[cfg(test)]
mod tests {
    use plaudit_domain::Outcome;
    use rand_xoshiro::rand_core::SeedableRng;

    use super::*;
    use crate::{PairCounts, bradley_terry::Problem};

    /// Means, variances and one covariance against the multinomial's, each within five of its standard errors.
    fn check(counts: &PairCounts, resamples: u32) {
        let problem = Problem::new(counts, 0.0);
        let observed: Vec<f64> =
            problem.pairs.iter().flat_map(|pair| [pair.first_wins, pair.second_wins, pair.draws]).collect();
        let mut sampler = Sampler::new(&observed, resamples);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let total: f64 = observed.iter().sum();
        let (mut sums, mut squares, mut products) = (vec![0.0; observed.len()], vec![0.0; observed.len()], 0.0);
        for _ in 0..resamples {
            let cells = sampler.draw(&mut random);
            assert_eq!(cells.iter().sum::<f64>(), total);
            for (at, cell) in cells.iter().enumerate() {
                let apart = cell - observed[at];
                sums[at] += apart;
                squares[at] += apart * apart;
            }
            products += (cells[0] - observed[0]) * (cells[1] - observed[1]);
        }
        let draws = f64::from(resamples);
        for (at, count) in observed.iter().enumerate() {
            let variance = count * (1.0 - count / total);
            assert!((sums[at] / draws).abs() <= 5.0 * (variance / draws).sqrt(), "mean of cell {at}");
            // The variance of a squared deviation is about 2σ⁴ + σ².
            let spread = ((2.0 * variance * variance + variance) / draws).sqrt();
            assert!((squares[at] / draws - variance).abs() <= 5.0 * spread, "variance of cell {at}");
        }
        let expected = -observed[0] * observed[1] / total;
        let spread = (observed[0] * observed[1] / draws).sqrt();
        assert!((products / draws - expected).abs() <= 5.0 * spread, "covariance");
    }

    fn counts(scale: u64) -> PairCounts {
        let mut counts = PairCounts::new(4);
        for (left, right, outcome, count) in [
            (0, 1, Outcome::Left, 7),
            (0, 1, Outcome::Right, 4),
            (0, 1, Outcome::Tie, 2),
            (1, 2, Outcome::Left, 7),
            (2, 3, Outcome::Right, 1),
            (3, 0, Outcome::BothBad, 3),
            (3, 0, Outcome::Left, 9),
        ] {
            counts.add(left, right, outcome, count * scale).expect("valid battles");
        }
        counts
    }

    #[test]
    fn resamples_are_multinomial_with_few_and_many_votes() {
        for scale in [1, 5, 40, 3000] {
            check(&counts(scale), 20_000);
        }
    }

    #[test]
    fn counts_too_large_for_tables_are_drawn_as_exactly() {
        check(&counts(30_000_000), 400);
    }
}
