use burn::tensor::{Device, Tensor, TensorData, activation::softmax};

use super::{Cache, LlamaConfig, rope::Rotation};

/// What forbids a position to look ahead: `[1, 1, new positions, all positions]`, 0 or −∞; `None` for one new position.
pub(super) fn causal_mask(before: usize, count: usize, device: &Device) -> Option<Tensor<4>> {
    if count == 1 {
        return None;
    }
    let all = before + count;
    let mut mask = vec![0.0_f32; count * all];
    for (row, values) in mask.chunks_exact_mut(all).enumerate() {
        values[before + row + 1..].fill(f32::NEG_INFINITY);
    }
    Some(Tensor::from_data(TensorData::new(mask, [1, 1, count, all]), device))
}

/// Grouped-query attention of new positions over all positions.
///
/// `projected` is `[new positions, query ‖ key ‖ value]`; the result is `[new positions, heads · head width]`.
pub(super) fn attend(
    config: &LlamaConfig,
    projected: Tensor<2>,
    rotation: &Rotation,
    mask: Option<&Tensor<4>>,
    cache: &mut Cache,
    layer: usize,
) -> Tensor<2> {
    let [count, _] = projected.dims();
    let (heads, shared, width) = (config.heads, config.key_value_heads, config.head_width);
    let group = heads / shared;
    let (query_end, key_end) = (heads * width, (heads + shared) * width);
    let columns = |from: usize, to: usize, heads: usize| -> Tensor<3> {
        projected.clone().slice([0..count, from..to]).reshape([count, heads, width])
    };
    let queries = rotation.apply(columns(0, query_end, heads));
    let keys = rotation.apply(columns(query_end, key_end, shared));
    let values = columns(key_end, key_end + shared * width, shared);
    let (keys, values) = cache.extend(layer, keys.swap_dims(0, 1), values.swap_dims(0, 1));
    let all = keys.dims()[1];

    // The heads of a group share keys and values, so they are rows of one product.
    let queries: Tensor<4> = queries.reshape([count, shared, group, width]).permute([1, 2, 0, 3]);
    let queries: Tensor<3> = queries.reshape([shared, group * count, width]);
    let scores = queries.matmul(keys.swap_dims(1, 2)) / (width as f32).sqrt();
    let weights = match mask {
        None => softmax(scores, 2),
        Some(mask) => {
            let scores: Tensor<4> = scores.reshape([shared, group, count, all]);
            softmax(scores + mask.clone(), 3).reshape([shared, group * count, all])
        }
    };
    let mixed: Tensor<4> = weights.matmul(values).reshape([shared, group, count, width]);
    mixed.permute([2, 0, 1, 3]).reshape([count, heads * width])
}
