use burn::tensor::{Device, Tensor, TensorData};

use crate::weights::{Matrix, Safetensors, Stored, WeightsError};

/// A tensor that has to be there.
pub(super) fn stored<'a>(weights: &Safetensors<'a>, name: &str) -> Result<Stored<'a>, WeightsError> {
    weights.tensor(name)?.ok_or_else(|| WeightsError::Missing(name.to_owned()))
}

/// The values of a matrix `[rows, columns]`, row by row.
pub(super) fn rows_of(
    weights: &Safetensors<'_>,
    name: &str,
    rows: usize,
    columns: usize,
) -> Result<Vec<f32>, WeightsError> {
    match stored(weights, name)?.matrix(rows, columns)? {
        Matrix::Dense { values, .. } => Ok(values),
        Matrix::Quantised(matrix) => Ok((0..rows).flat_map(|row| matrix.row(row)).collect()),
    }
}

fn bytes_of(tensor: &Tensor<2>) -> u64 {
    (tensor.shape().num_elements() * size_of::<f32>()) as u64
}

/// `x · weightᵀ + bias`, several layers of the same input side by side.
pub(super) struct Affine {
    /// `[inputs, outputs]`.
    weight: Tensor<2>,
    /// `[1, outputs]`.
    bias: Tensor<2>,
}

impl Affine {
    /// From the layers of these names: `{name}.weight` `[outputs, inputs]` and `{name}.bias`.
    pub(super) fn load(
        weights: &Safetensors<'_>,
        names: &[String],
        inputs: usize,
        outputs: usize,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let (mut matrices, mut biases) = (Vec::new(), Vec::new());
        for name in names {
            matrices.extend(rows_of(weights, &format!("{name}.weight"), outputs, inputs)?);
            biases.extend(stored(weights, &format!("{name}.bias"))?.vector(outputs)?);
        }
        let all = outputs * names.len();
        Ok(Self {
            weight: Tensor::<2>::from_data(TensorData::new(matrices, [all, inputs]), device).transpose(),
            bias: Tensor::from_data(TensorData::new(biases, [1, all]), device),
        })
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        bytes_of(&self.weight) + bytes_of(&self.bias)
    }

    /// `[vectors, inputs]` to `[vectors, outputs]`.
    pub(super) fn apply(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weight.clone()) + self.bias.clone()
    }
}

/// `(x − mean) / √(variance + ε) · weight + bias`, per vector (Ba et al. 2016).
pub(super) struct LayerNorm {
    weight: Tensor<2>,
    bias: Tensor<2>,
    epsilon: f64,
}

impl LayerNorm {
    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        bytes_of(&self.weight) + bytes_of(&self.bias)
    }

    pub(super) fn load(
        weights: &Safetensors<'_>,
        name: &str,
        width: usize,
        epsilon: f64,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let vector = |rest: &str| -> Result<Tensor<2>, WeightsError> {
            let values = stored(weights, &format!("{name}.{rest}"))?.vector(width)?;
            Ok(Tensor::from_data(TensorData::new(values, [1, width]), device))
        };
        Ok(Self { weight: vector("weight")?, bias: vector("bias")?, epsilon })
    }

    pub(super) fn apply(&self, input: Tensor<2>) -> Tensor<2> {
        let centred = input.clone() - input.mean_dim(1);
        let variance = centred.clone().square().mean_dim(1);
        centred * (variance + self.epsilon).sqrt().recip() * self.weight.clone() + self.bias.clone()
    }
}
