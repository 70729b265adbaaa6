use burn::tensor::{Device, Tensor, TensorData};

use super::{LlamaConfig, RopePairs};

/// Cosines and sines of a stretch of positions, `[positions, 1, half a head's width]` each.
pub(super) struct Rotation {
    cosines: Tensor<3>,
    sines: Tensor<3>,
    pairs: RopePairs,
}

impl Rotation {
    /// For `count` positions from `first`: position `p` turns pair `i` by `p · base^(−2i/width)`.
    pub(super) fn new(config: &LlamaConfig, first: usize, count: usize, device: &Device) -> Self {
        let half = config.head_width / 2;
        let angles = (first..first + count).flat_map(|position| {
            (0..half)
                .map(move |pair| position as f64 * config.rope_base.powf(-2.0 * pair as f64 / config.head_width as f64))
        });
        let (sines, cosines): (Vec<f32>, Vec<f32>) =
            angles.map(|angle| (angle.sin() as f32, angle.cos() as f32)).unzip();
        let tensor = |values| Tensor::from_data(TensorData::new(values, [count, 1, half]), device);
        Self { cosines: tensor(cosines), sines: tensor(sines), pairs: config.rope_pairs }
    }

    /// Turns `[positions, heads, width]`. Pairs come out as halves whichever way they went in: queries and keys are
    /// reordered alike, and only their products are used.
    pub(super) fn apply(&self, heads: Tensor<3>) -> Tensor<3> {
        let [positions, count, width] = heads.dims();
        let half = width / 2;
        let (first, second) = match self.pairs {
            RopePairs::Halves => (
                heads.clone().slice([0..positions, 0..count, 0..half]),
                heads.slice([0..positions, 0..count, half..width]),
            ),
            RopePairs::Neighbours => {
                let pairs: Tensor<4> = heads.reshape([positions, count, half, 2]);
                let of = |pairs: Tensor<4>, place: usize| {
                    pairs.slice([0..positions, 0..count, 0..half, place..place + 1]).reshape([positions, count, half])
                };
                (of(pairs.clone(), 0), of(pairs, 1))
            }
        };
        let (cosines, sines) = (&self.cosines, &self.sines);
        let turned_first = first.clone() * cosines.clone() - second.clone() * sines.clone();
        let turned_second = second * cosines.clone() + first * sines.clone();
        Tensor::cat(vec![turned_first, turned_second], 2)
    }
}
