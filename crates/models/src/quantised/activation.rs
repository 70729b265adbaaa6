use wide::f32x4;

use super::BLOCK;

/// Activation vectors, rounded to 16-bit levels per block of 32.
#[derive(Debug, Clone)]
pub struct Activations {
    /// Elements of one vector.
    pub(super) columns: usize,
    /// Per vector and block: 32 levels, in the order of [`ORDER`].
    pub(super) levels: Vec<[i16; BLOCK]>,
    /// Per vector and block: what a level is worth.
    pub(super) scales: Vec<f32>,
    /// Per vector and block: the sum of its elements, which the blocks' `min` is multiplied with.
    pub(super) sums: Vec<f32>,
}

/// Where in its block the activation stands that a block's lane takes next. A 16-byte half block read as eight 16-bit
/// lanes yields low nibbles (or bytes) of even places first.
const ORDER: [usize; BLOCK] = {
    let mut order = [0; BLOCK];
    let mut lane = 0;
    while lane < 8 {
        order[lane] = 2 * lane;
        order[8 + lane] = 16 + 2 * lane;
        order[16 + lane] = 2 * lane + 1;
        order[24 + lane] = 17 + 2 * lane;
        lane += 1;
    }
    order
};

/// The largest level.
const LARGEST: f32 = 32_767.0;

impl Activations {
    /// Rounds vectors of `columns` elements, one behind the other.
    ///
    /// # Panics
    /// When `columns` is no multiple of 32, or `values` no multiple of `columns`: matrices with such rows are not made.
    pub fn round(values: &[f32], columns: usize) -> Self {
        assert!(columns > 0 && columns.is_multiple_of(BLOCK) && values.len().is_multiple_of(columns));
        let blocks = values.len() / BLOCK;
        let mut rounded = Self {
            columns,
            levels: Vec::with_capacity(blocks),
            scales: Vec::with_capacity(blocks),
            sums: Vec::with_capacity(blocks),
        };
        for block in values.as_chunks::<BLOCK>().0 {
            rounded.push(block);
        }
        rounded
    }

    fn push(&mut self, block: &[f32; BLOCK]) {
        let mut largest = f32x4::ZERO;
        let mut sum = f32x4::ZERO;
        for four in block.as_chunks::<4>().0 {
            let four = f32x4::from(*four);
            largest = largest.max(four.abs());
            sum += four;
        }
        let largest = largest.to_array().into_iter().fold(0.0, f32::max);
        let scale = largest / LARGEST;
        let inverse = if largest > 0.0 { LARGEST / largest } else { 0.0 };
        let mut levels = [0; BLOCK];
        for (level, place) in levels.iter_mut().zip(ORDER) {
            let value = block[place] * inverse;
            // Half away from zero, by truncation: `f32::round` is a call into the maths library on x86-64.
            *level = (value + 0.5_f32.copysign(value)) as i16;
        }
        self.levels.push(levels);
        self.scales.push(scale);
        self.sums.push(sum.reduce_add());
    }

    /// Number of vectors.
    pub fn vectors(&self) -> usize {
        self.scales.len() * BLOCK / self.columns
    }
}
