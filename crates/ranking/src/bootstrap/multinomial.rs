use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

use super::sampler::Sampler;

/// Draws as many things anew as were counted, with replacement: the bootstrap of anything that reads counts alone.
///
/// Exactly multinomial, up to the 2⁻³² steps of its tables, at some nanoseconds per cell and draw: a Poisson variable per
/// cell, then what is missing from the total one by one.
///
/// ```
/// use plaudit_ranking::Multinomial;
///
/// let mut draws = Multinomial::new(&[70, 30, 0], 1000, 1);
/// let drawn = draws.draw();
/// assert_eq!(drawn.iter().sum::<f64>(), 100.0);
/// assert_eq!(drawn[2], 0.0);
/// ```
pub struct Multinomial {
    sampler: Sampler,
    random: Xoshiro256PlusPlus,
}

impl Multinomial {
    /// Of cells with these counts, of which some so many draws will be taken: what is worth a table depends on it. Equal
    /// seeds give equal draws, on every machine.
    pub fn new(counts: &[u64], draws: u32, seed: u64) -> Self {
        let counts: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        Self { sampler: Sampler::new(&counts, draws), random: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// The next draw: per cell how often it was drawn, whole numbers that add up to the total of the counts.
    pub fn draw(&mut self) -> &[f64] {
        self.sampler.draw(&mut self.random)
    }
}
