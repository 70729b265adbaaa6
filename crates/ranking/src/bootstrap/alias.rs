use std::hint::select_unpredictable;

use rand_xoshiro::rand_core::Rng;

/// Draws from a finite distribution in constant time.
///
/// Source: A. J. Walker, *An Efficient Method for Generating Discrete Random Variables with General Distributions*, ACM
/// TOMS 3 (1977); built as M. D. Vose has it (1991).
pub(super) struct Alias {
    /// Per column the share of 2³² that stays, and where the rest goes.
    columns: Vec<(u32, u32)>,
}

impl Alias {
    /// Of weights that are not negative, of which one at least is positive.
    pub(super) fn new(weights: &[f64]) -> Self {
        let count = weights.len();
        let scale = count as f64 / weights.iter().sum::<f64>();
        let mut heights: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let mut columns: Vec<(u32, u32)> = (0..count).map(|column| (u32::MAX, column as u32)).collect();
        let (mut low, mut high): (Vec<usize>, Vec<usize>) = (0..count).partition(|&column| heights[column] < 1.0);
        while let (Some(&poor), Some(&rich)) = (low.last(), high.last()) {
            low.pop();
            columns[poor] = ((heights[poor] * 4_294_967_296.0) as u32, rich as u32);
            heights[rich] -= 1.0 - heights[poor];
            if heights[rich] < 1.0 {
                high.pop();
                low.push(rich);
            }
        }
        // What is left on either side is 1 but for rounding, and stays its own.
        Self { columns }
    }

    #[inline]
    pub(super) fn draw(&self, random: &mut impl Rng) -> usize {
        let bits = random.next_u64();
        let column = (((bits >> 32) * self.columns.len() as u64) >> 32) as usize;
        let (stays, other) = self.columns[column];
        // A coin toss that no branch predictor wins.
        select_unpredictable((bits as u32) < stays, column, other as usize)
    }
}

/// An [`Alias`] of so many values that a byte holds them, and every look-up lies within the table without being checked.
pub(super) struct ShortAlias(Box<[(u32, u8); Self::LENGTH]>);

impl ShortAlias {
    pub(super) const LENGTH: usize = 256;

    /// As [`Alias::new`], of [`LENGTH`](Self::LENGTH) weights.
    pub(super) fn new(weights: &[f64]) -> Self {
        let mut short = Box::new([(0, 0); Self::LENGTH]);
        for (entry, (stays, other)) in short.iter_mut().zip(Alias::new(weights).columns) {
            *entry = (stays, other as u8);
        }
        Self(short)
    }

    #[inline]
    pub(super) fn draw(&self, random: &mut impl Rng) -> u8 {
        let bits = random.next_u64();
        let column = (bits >> 56) as u8;
        let (stays, other) = self.0[usize::from(column)];
        select_unpredictable((bits as u32) < stays, column, other)
    }
}
