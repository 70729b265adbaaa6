use std::path::Path;

use burn::tensor::{Device, Gradients, Tensor, TensorData};
use half::f16;
use plaudit_models::{
    WeightsError,
    picture::{Noise, ParameterSource},
};
use safetensors::{Dtype, SafeTensors};

use crate::Error;

/// One matrix of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// As the network asks for it.
    pub name: String,
    /// Rows and columns; a bias has one row.
    pub shape: [usize; 2],
    /// Row by row.
    pub values: Vec<f32>,
}

/// All parameters of a network, on the host, in the order in which it asks for them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters(pub Vec<Parameter>);

impl Parameters {
    /// Numbers in all.
    pub fn count(&self) -> usize {
        self.0.iter().map(|parameter| parameter.values.len()).sum()
    }

    /// The matrix of this name.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.0.iter().find(|parameter| parameter.name == name)
    }
}

/// Makes new parameters of whatever a network asks for.
///
/// Biases, modulations and what writes into a residual stream start at zero, so that a network starts as next to nothing
/// (as DiT's); other matrices are normal with the root of their inputs (LeCun), tables of positions small.
pub struct Fresh<'a> {
    random: Noise,
    device: &'a Device,
    /// What was made so far.
    pub parameters: Parameters,
}

impl<'a> Fresh<'a> {
    /// Of this seed.
    pub fn new(seed: u64, device: &'a Device) -> Self {
        Self { random: Noise::new(seed), device, parameters: Parameters::default() }
    }
}

const ZERO: [&str; 5] = [".bias", ".modulation.weight", ".output.weight", "narrow.weight", "last.weight"];

impl ParameterSource for Fresh<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError> {
        let spread = if ZERO.iter().any(|end| name.ends_with(end)) {
            0.0
        } else if name == "positions" || name == "table" {
            0.02
        } else {
            1.0 / (rows as f32).sqrt()
        };
        let values: Vec<f32> = self.random.normals(rows * columns).into_iter().map(|value| value * spread).collect();
        self.parameters.0.push(Parameter { name: name.to_owned(), shape: [rows, columns], values: values.clone() });
        Ok(Tensor::from_data(TensorData::new(values, [rows, columns]), self.device))
    }
}

/// The parameters of a file, in the order in which a network asks for them.
///
/// # Errors
/// [`Error`] when the file is damaged or of another network.
pub fn read_parameters(
    bytes: &[u8],
    path: &Path,
    build: impl FnOnce(&mut dyn ParameterSource) -> Result<(), WeightsError>,
) -> Result<Parameters, Error> {
    let device = Device::flex();
    let mut fresh = Fresh::new(0, &device);
    build(&mut fresh)?;
    let mut parameters = fresh.parameters;
    let wrong = Error::tensors(path);
    let tensors = SafeTensors::deserialize(bytes).map_err(&wrong)?;
    for parameter in &mut parameters.0 {
        let view = tensors.tensor(&parameter.name).map_err(&wrong)?;
        if view.shape() != parameter.shape || view.dtype() != Dtype::F16 {
            let (found, expected) = (view.shape().to_vec(), parameter.shape.to_vec());
            return Err(WeightsError::Shape { name: parameter.name.clone(), found, expected }.into());
        }
        let (halves, _) = view.data().as_chunks::<2>();
        parameter.values = halves.iter().map(|half| f16::from_le_bytes(*half).to_f32()).collect();
    }
    Ok(parameters)
}

/// Hands parameters to a network and remembers the tensors, whose gradients are wanted later.
pub struct Tape<'a> {
    parameters: &'a Parameters,
    device: &'a Device,
    tensors: Vec<Tensor<2>>,
}

impl<'a> Tape<'a> {
    /// Of these parameters; the device decides whether gradients are kept.
    pub fn new(parameters: &'a Parameters, device: &'a Device) -> Self {
        Self { parameters, device, tensors: Vec::new() }
    }

    /// The gradients of all parameters, in their order.
    ///
    /// # Errors
    /// [`Error::Burn`] if one is missing.
    pub fn gradients(&self, mut gradients: Gradients) -> Result<Vec<Vec<f32>>, Error> {
        let take = |tensor: &Tensor<2>| {
            let gradient = tensor.grad_remove(&mut gradients).ok_or(Error::Burn("gradient"))?;
            gradient.into_data().try_to_vec().map_err(|_| Error::Burn("gradient of 32-bit floats"))
        };
        self.tensors.iter().map(take).collect()
    }
}

impl ParameterSource for Tape<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError> {
        // A network asks in the order in which it asked for fresh ones.
        let parameter = self.parameters.0.get(self.tensors.len()).filter(|parameter| parameter.name == name);
        let parameter = parameter.ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        if parameter.shape != [rows, columns] {
            let (found, expected) = (parameter.shape.to_vec(), vec![rows, columns]);
            return Err(WeightsError::Shape { name: name.to_owned(), found, expected });
        }
        let data = TensorData::new(parameter.values.clone(), parameter.shape);
        let tensor = Tensor::from_data(data, self.device).set_require_grad(self.device.is_autodiff());
        self.tensors.push(tensor.clone());
        Ok(tensor)
    }
}
