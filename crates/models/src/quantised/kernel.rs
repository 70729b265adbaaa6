//! The inner loops.

use wide::{f32x4, i16x8, i32x4};

use super::BLOCK;

/// One block's levels, as lanes that take activations in the order of `Activations`.
pub(super) trait Levels: Copy {
    /// Four groups of eight.
    fn lanes(self) -> [i16x8; 4];
}

impl Levels for &[u8; 16] {
    #[inline(always)]
    fn lanes(self) -> [i16x8; 4] {
        let packed: i16x8 = bytemuck::cast(*self);
        let nibble = i16x8::splat(0x000f);
        // The shifts are arithmetic; the mask removes what they bring in.
        [packed & nibble, (packed >> 4) & nibble, (packed >> 8) & nibble, (packed >> 12) & nibble]
    }
}

impl Levels for &[i8; BLOCK] {
    #[inline(always)]
    fn lanes(self) -> [i16x8; 4] {
        let [low, high]: [i16x8; 2] = bytemuck::cast(*self);
        [(low << 8) >> 8, (high << 8) >> 8, low >> 8, high >> 8]
    }
}

/// One vector's blocks.
#[derive(Clone, Copy)]
pub(super) struct Vector<'a> {
    pub(super) levels: &'a [[i16; BLOCK]],
    pub(super) scales: &'a [f32],
}

#[inline(always)]
fn block(weights: [i16x8; 4], activations: &[i16; BLOCK]) -> i32x4 {
    let [a, b, c, d]: [i16x8; 4] = bytemuck::cast(*activations);
    (weights[0].dot(a) + weights[1].dot(b)) + (weights[2].dot(c) + weights[3].dot(d))
}

/// A row times a vector.
#[inline(always)]
pub(super) fn row<L: Levels>(levels: impl Iterator<Item = L>, scales: &[f32], vector: Vector<'_>) -> f32 {
    let mut sum = f32x4::ZERO;
    let weights = levels.zip(scales);
    let activations = vector.levels.iter().zip(vector.scales);
    for ((weights, scale), (activations, activation_scale)) in weights.zip(activations) {
        let dot = f32x4::from_i32x4(block(weights.lanes(), activations));
        sum += dot * f32x4::splat(scale * activation_scale);
    }
    sum.reduce_add()
}

/// A row times `N` vectors: the row's levels are taken apart once for all of them.
#[inline(always)]
pub(super) fn row_by_many<L: Levels, const N: usize>(
    levels: impl Iterator<Item = L>,
    scales: &[f32],
    vectors: [Vector<'_>; N],
) -> [f32; N] {
    let mut sums = [f32x4::ZERO; N];
    for (place, (weights, scale)) in levels.zip(scales).enumerate() {
        let lanes = weights.lanes();
        for (sum, vector) in sums.iter_mut().zip(&vectors) {
            let dot = f32x4::from_i32x4(block(lanes, &vector.levels[place]));
            *sum += dot * f32x4::splat(scale * vector.scales[place]);
        }
    }
    sums.map(f32x4::reduce_add)
}

/// What the blocks' `min` adds.
#[inline(always)]
pub(super) fn mins(mins: &[f32], sums: &[f32]) -> f32 {
    let (four_mins, rest) = mins.as_chunks::<4>();
    let (four_sums, rest_sums) = sums.as_chunks::<4>();
    let mut total = f32x4::ZERO;
    for (min, sum) in four_mins.iter().zip(four_sums) {
        total += f32x4::from(*min) * f32x4::from(*sum);
    }
    total.reduce_add() + rest.iter().zip(rest_sums).map(|(min, sum)| min * sum).sum::<f32>()
}
