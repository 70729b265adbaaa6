use crate::{Parameter, Recipe, Weights};

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.98;
const EPSILON: f32 = 1e-8;

/// AdamW (Loshchilov and Hutter, <https://arxiv.org/abs/1711.05101>) with clipping by the norm of all gradients.
///
/// On the host, in one pass over each parameter: burn's own is a dozen tensor operations for each, and its clipping
/// is by parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser {
    /// Updates made.
    pub updates: usize,
    /// Running means of the gradients, in the order of [`Weights`].
    pub first: Vec<Vec<f32>>,
    /// Running means of their squares.
    pub second: Vec<Vec<f32>>,
}

impl Optimiser {
    /// One that has seen nothing.
    pub fn new(weights: &Weights) -> Self {
        let zeros = || weights.0.iter().map(|parameter| vec![0.0; parameter.values.len()]).collect();
        Self { updates: 0, first: zeros(), second: zeros() }
    }

    /// Moves the weights against the gradients; returns the gradients' norm before clipping.
    pub fn update(&mut self, weights: &mut Weights, gradients: &[Vec<f32>], rate: f64, recipe: &Recipe) -> f32 {
        let square: f64 = gradients.iter().flatten().map(|value| f64::from(*value) * f64::from(*value)).sum();
        let norm = square.sqrt() as f32;
        let scale = if norm > recipe.clip { recipe.clip / norm } else { 1.0 };
        self.updates += 1;
        let updates = self.updates as i32;
        let first_bias = 1.0 - FIRST_DECAY.powi(updates);
        let second_bias = 1.0 - SECOND_DECAY.powi(updates);
        let rate = rate as f32;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((parameter, gradient), (first, second)) in weights.0.iter_mut().zip(gradients).zip(moments) {
            let decay = 1.0 - rate * decay_of(parameter, recipe);
            let values = parameter.values.iter_mut().zip(gradient);
            for ((value, gradient), (first, second)) in values.zip(first.iter_mut().zip(second)) {
                let gradient = gradient * scale;
                *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * gradient;
                *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * gradient * gradient;
                let step = (*first / first_bias) / ((*second / second_bias).sqrt() + EPSILON);
                *value = *value * decay - rate * step;
            }
        }
        norm
    }
}

fn decay_of(parameter: &Parameter, recipe: &Recipe) -> f32 {
    if parameter.shape.len() == 1 { 0.0 } else { recipe.weight_decay }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_a_parabola_is_found() {
        let mut weights = Weights(vec![Parameter { name: "x".to_owned(), shape: vec![2], values: vec![4.0, -3.0] }]);
        let mut optimiser = Optimiser::new(&weights);
        for _ in 0..400 {
            let gradients = vec![weights.0[0].values.iter().map(|x| 2.0 * (x - 1.0)).collect()];
            optimiser.update(&mut weights, &gradients, 0.05, &Recipe::tiny());
        }
        assert!(weights.0[0].values.iter().all(|x| (x - 1.0).abs() < 0.05), "{:?}", weights.0[0].values);
    }
}
