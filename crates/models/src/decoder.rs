//! The two layers with weights that decoders are made of.

use burn::tensor::{Device, Tensor, TensorData};

use crate::{
    quantised::{Activations, QuantisedMatrix},
    weights::Matrix,
};

/// `x · weightᵀ`, several matrices of the same input side by side.
pub(crate) struct Linear {
    kernel: Kernel,
    outputs: usize,
}

enum Kernel {
    /// On the processor: weights as they are in the file.
    Quantised(Vec<QuantisedMatrix>),
    /// `[inputs, outputs]`, on any device.
    Dense(Box<Tensor<2>>),
}

/// Whether tensors of this device are in this process's memory, where our own kernel can read them.
fn is_host(device: &Device) -> bool {
    *device == crate::device::cpu()
}

fn dense(matrices: &[Matrix], device: &Device) -> Tensor<2> {
    let tensors = matrices.iter().map(|matrix| {
        let (rows, columns) = (matrix.rows(), matrix.columns());
        let values = match matrix {
            Matrix::Dense { values, .. } => values.clone(),
            Matrix::Quantised(quantised) => (0..rows).flat_map(|row| quantised.row(row)).collect(),
        };
        Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), device).transpose()
    });
    Tensor::cat(tensors.collect(), 1)
}

impl Linear {
    /// All matrices have the same number of columns.
    pub(crate) fn stacked(matrices: Vec<Matrix>, device: &Device) -> Self {
        let outputs = matrices.iter().map(Matrix::rows).sum();
        let all_quantised = matrices.iter().all(|matrix| matches!(matrix, Matrix::Quantised(_)));
        let kernel = if all_quantised && is_host(device) {
            let quantised = matrices.into_iter().filter_map(|matrix| match matrix {
                Matrix::Quantised(matrix) => Some(matrix),
                Matrix::Dense { .. } => None,
            });
            Kernel::Quantised(quantised.collect())
        } else {
            Kernel::Dense(Box::new(dense(&matrices, device)))
        };
        Self { kernel, outputs }
    }

    /// The matrix as it is, if it is quantised and the device is the host; else it comes back.
    pub(crate) fn on_host(matrix: Matrix, device: &Device) -> Result<Self, Matrix> {
        match matrix {
            Matrix::Quantised(_) if is_host(device) => Ok(Self::stacked(vec![matrix], device)),
            other => Err(other),
        }
    }

    /// A copy on the device.
    pub(crate) fn copied(matrix: &Matrix, device: &Device) -> Self {
        Self { kernel: Kernel::Dense(Box::new(dense(std::slice::from_ref(matrix), device))), outputs: matrix.rows() }
    }

    /// Bytes of weights.
    pub(crate) fn bytes(&self) -> u64 {
        match &self.kernel {
            Kernel::Quantised(matrices) => matrices.iter().map(|matrix| matrix.bytes() as u64).sum(),
            Kernel::Dense(weight) => weight.shape().num_elements() as u64 * 4,
        }
    }

    /// A row of the only matrix; empty for one on a device.
    pub(crate) fn row(&self, row: usize) -> Vec<f32> {
        match &self.kernel {
            Kernel::Quantised(matrices) => matrices.first().map(|matrix| matrix.row(row)).unwrap_or_default(),
            Kernel::Dense(_) => Vec::new(),
        }
    }

    /// `[vectors, inputs]` to `[vectors, outputs]`.
    pub(crate) fn apply(&self, input: Tensor<2>) -> Tensor<2> {
        match &self.kernel {
            Kernel::Dense(weight) => input.matmul(weight.as_ref().clone()),
            Kernel::Quantised(matrices) => {
                let [vectors, columns] = input.dims();
                let device = input.device();
                // The host's tensors are there already: nothing is waited for, in a browser neither.
                let data = input.into_data();
                // Not zeros: were the device ever set to other numbers than `f32`, a step would end in `NotANumber`.
                let mut output = vec![f32::NAN; vectors * self.outputs];
                if let Ok(values) = data.as_slice::<f32>() {
                    let activations = Activations::round(values, columns);
                    let mut offset = 0;
                    for matrix in matrices {
                        matrix.multiply(&activations, &mut output, offset, self.outputs);
                        offset += matrix.rows();
                    }
                }
                Tensor::from_data(TensorData::new(output, [vectors, self.outputs]), &device)
            }
        }
    }
}

/// `x / √(mean(x²) + ε) · weight`, per vector.
pub(crate) struct RmsNorm {
    weight: Tensor<2>,
    epsilon: f64,
}

impl RmsNorm {
    pub(crate) fn new(weight: Vec<f32>, epsilon: f64, device: &Device) -> Self {
        let width = weight.len();
        Self { weight: Tensor::from_data(TensorData::new(weight, [1, width]), device), epsilon }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.weight.shape().num_elements() as u64 * 4
    }

    pub(crate) fn apply(&self, input: Tensor<2>) -> Tensor<2> {
        let mean_square = input.clone().square().mean_dim(1);
        input * (mean_square + self.epsilon).sqrt().recip() * self.weight.clone()
    }
}
