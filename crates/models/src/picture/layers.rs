use burn::tensor::{
    Device, Tensor, TensorData,
    activation::{silu, softmax},
};

use crate::weights::{Matrix, Safetensors, WeightsError};

/// Added to a mean square before its root is taken.
const EPSILON: f64 = 1e-6;

/// Where a network's parameters come from: a file, or a training run.
pub trait ParameterSource {
    /// The matrix `[rows, columns]` of this name; a vector is a matrix of one row.
    ///
    /// # Errors
    /// [`WeightsError`] when it is missing or of another shape.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError>;
}

/// Parameters out of a safetensors file.
pub struct StoredParameters<'a> {
    weights: Safetensors<'a>,
    device: &'a Device,
    count: u64,
}

impl<'a> StoredParameters<'a> {
    /// Opens the file; `config` is the JSON beside it.
    ///
    /// # Errors
    /// [`WeightsError`] when either is damaged.
    pub fn open(bytes: &'a [u8], config: &[u8], device: &'a Device) -> Result<Self, WeightsError> {
        // A safetensors file starts with the length of a JSON header, 64 bits, little-endian.
        if bytes.get(8) != Some(&b'{') {
            return Err(WeightsError::Unknown);
        }
        Ok(Self { weights: Safetensors::open(bytes, config)?, device, count: 0 })
    }

    /// Numbers read so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn values(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, WeightsError> {
        let stored = self.weights.tensor(name)?.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        self.count += (rows * columns) as u64;
        match stored.matrix(rows, columns)? {
            Matrix::Dense { values, .. } => Ok(values),
            Matrix::Quantised(matrix) => Ok((0..rows).flat_map(|row| matrix.row(row)).collect()),
        }
    }
}

impl ParameterSource for StoredParameters<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError> {
        let values = self.values(name, rows, columns)?;
        Ok(Tensor::from_data(TensorData::new(values, [rows, columns]), self.device))
    }
}

/// `x · weight + bias`.
pub(super) struct Affine {
    /// `[inputs, outputs]`: as it is multiplied, so that nothing is transposed at run time.
    weight: Tensor<2>,
    /// `[1, outputs]`.
    bias: Tensor<2>,
}

impl Affine {
    pub(super) fn new(
        source: &mut dyn ParameterSource,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, WeightsError> {
        let weight = source.matrix(&format!("{name}.weight"), inputs, outputs)?;
        Ok(Self { weight, bias: source.matrix(&format!("{name}.bias"), 1, outputs)? })
    }

    pub(super) fn apply(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weight.clone()) + self.bias.clone()
    }
}

/// `x / √(mean x² + ε)`, per row (Zhang and Sennrich 2019); scale and shift are the condition's.
pub(super) fn normed(input: Tensor<2>) -> Tensor<2> {
    let factor = input.clone().square().mean_dim(1).add_scalar(EPSILON).sqrt().recip();
    input * factor
}

/// A transformer block whose norms are scaled and shifted by a condition (DiT, Peebles and Xie 2022,
/// <https://arxiv.org/abs/2212.09748>; without its gates, whose place the zero-initialised outputs take).
pub(super) struct Block {
    width: usize,
    heads: usize,
    /// Condition to scale and shift of both halves; absent where there is no condition.
    modulation: Option<Affine>,
    query_key_value: Tensor<2>,
    output: Tensor<2>,
    wide: Affine,
    narrow: Affine,
}

impl Block {
    pub(super) fn new(
        source: &mut dyn ParameterSource,
        name: &str,
        width: usize,
        head_width: usize,
        condition: Option<usize>,
    ) -> Result<Self, WeightsError> {
        let modulation = condition
            .map(|condition| Affine::new(source, &format!("{name}.modulation"), condition, 4 * width))
            .transpose()?;
        Ok(Self {
            width,
            heads: (width / head_width).max(1),
            modulation,
            query_key_value: source.matrix(&format!("{name}.query_key_value.weight"), width, 3 * width)?,
            output: source.matrix(&format!("{name}.output.weight"), width, width)?,
            wide: Affine::new(source, &format!("{name}.wide"), width, 2 * width)?,
            narrow: Affine::new(source, &format!("{name}.narrow"), 2 * width, width)?,
        })
    }

    /// `[rows · tokens, width]` to the same; `condition` is `[rows, condition width]`.
    pub(super) fn apply(&self, state: Tensor<2>, condition: Option<&Tensor<2>>, tokens: usize) -> Tensor<2> {
        let rows = state.dims()[0] / tokens;
        let modulation =
            self.modulation.as_ref().zip(condition).map(|(affine, condition)| affine.apply(condition.clone()));
        let modulate = |input: Tensor<2>, half: usize| -> Tensor<2> {
            let Some(modulation) = &modulation else { return input };
            let part = |index: usize| -> Tensor<3> {
                let from = index * self.width;
                modulation.clone().slice([0..rows, from..from + self.width]).reshape([rows, 1, self.width])
            };
            let input: Tensor<3> = input.reshape([rows, tokens, self.width]);
            let scaled = input * part(2 * half).add_scalar(1.0) + part(2 * half + 1);
            scaled.reshape([rows * tokens, self.width])
        };
        let attended = self.attend(modulate(normed(state.clone()), 0), rows, tokens);
        let state = state + attended;
        let input = modulate(normed(state.clone()), 1);
        state + self.narrow.apply(silu(self.wide.apply(input)))
    }

    fn attend(&self, input: Tensor<2>, rows: usize, tokens: usize) -> Tensor<2> {
        let head = self.width / self.heads;
        let all: Tensor<4> = input.matmul(self.query_key_value.clone()).reshape([rows, tokens, 3 * self.heads, head]);
        let all = all.swap_dims(1, 2);
        let part = |index: usize| all.clone().narrow(1, index * self.heads, self.heads);
        let scores = part(0).matmul(part(1).swap_dims(2, 3)).mul_scalar(1.0 / (head as f64).sqrt());
        let mixed = softmax(scores, 3).matmul(part(2)).swap_dims(1, 2);
        let mixed: Tensor<2> = mixed.reshape([rows * tokens, self.width]);
        mixed.matmul(self.output.clone())
    }
}
