use serde::{Deserialize, Serialize};

use crate::Parameters;

const FIRST_DECAY: f32 = 0.9;
const EPSILON: f32 = 1e-8;

/// How a network is trained. A checkpoint belongs to one recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Seeds the weights, the examples and the noise.
    pub seed: u64,
    /// Updates of the weights.
    pub steps: usize,
    /// Examples in a step.
    pub batch: usize,
    /// Learning rate, reached after [`Self::warm_up`] steps.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises.
    pub warm_up: usize,
    /// Steps after which it falls, with the root of the steps: a run may be stopped at any time.
    pub hold: usize,
    /// Steps at the end over which it falls to zero.
    pub cool_down: usize,
    /// AdamW's weight decay, on matrices alone.
    pub weight_decay: f32,
    /// Decay of the running mean of squared gradients.
    pub second_decay: f32,
    /// Gradients longer than this, all parameters taken together, are shortened to it.
    pub clip: f32,
    /// The averaged weights follow over about this share of all steps so far (Karras et al. 2024,
    /// <https://arxiv.org/abs/2312.02696>): early steps are forgotten.
    pub averaging: f32,
}

impl Recipe {
    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let rise = ((step + 1) as f64 / self.warm_up.max(1) as f64).min(1.0);
        let fall = (self.hold.max(1) as f64 / (step + 1) as f64).sqrt().min(1.0);
        let end = (self.steps.saturating_sub(step) as f64 / self.cool_down.max(1) as f64).min(1.0);
        self.learning_rate * rise * fall * end
    }
}

/// AdamW (Loshchilov and Hutter, <https://arxiv.org/abs/1711.05101>) with clipping by the norm of all gradients, and an
/// average of the weights over the last part of the run.
///
/// On the host, in one pass over each parameter: burn's own is a dozen tensor operations for each, and its clipping is by
/// parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser {
    /// Updates made.
    pub updates: usize,
    /// Running means of the gradients.
    pub first: Vec<Vec<f32>>,
    /// Running means of their squares.
    pub second: Vec<Vec<f32>>,
    /// The averaged weights, which are those that ship.
    pub averaged: Parameters,
}

impl Optimiser {
    /// One that has seen nothing.
    pub fn new(parameters: &Parameters) -> Self {
        let zeros = || parameters.0.iter().map(|parameter| vec![0.0; parameter.values.len()]).collect();
        Self { updates: 0, first: zeros(), second: zeros(), averaged: parameters.clone() }
    }

    /// Moves the weights against the gradients; returns the gradients' norm before clipping.
    pub fn update(&mut self, parameters: &mut Parameters, gradients: &[Vec<f32>], recipe: &Recipe) -> f32 {
        let square: f64 =
            gradients.iter().map(|one| f64::from(one.iter().map(|value| value * value).sum::<f32>())).sum();
        let norm = square.sqrt() as f32;
        let scale = if norm > recipe.clip { recipe.clip / norm } else { 1.0 };
        let rate = recipe.rate(self.updates) as f32;
        self.updates += 1;
        let updates = self.updates as i32;
        let first_bias = 1.0 - FIRST_DECAY.powi(updates);
        let second_decay = recipe.second_decay;
        let second_bias = 1.0 - second_decay.powi(updates);
        // A power-function average: the first update replaces what was there.
        let keep = (1.0 - 1.0 / self.updates as f32).powf(1.0 / recipe.averaging.max(1e-3));
        let moments = self.first.iter_mut().zip(&mut self.second).zip(&mut self.averaged.0);
        for ((parameter, gradient), ((first, second), averaged)) in parameters.0.iter_mut().zip(gradients).zip(moments)
        {
            let decay = if parameter.shape[0] == 1 { 1.0 } else { 1.0 - rate * recipe.weight_decay };
            let values = parameter.values.iter_mut().zip(gradient).zip(&mut averaged.values);
            for (((value, gradient), averaged), (first, second)) in values.zip(first.iter_mut().zip(second)) {
                let gradient = gradient * scale;
                *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * gradient;
                *second = second_decay * *second + (1.0 - second_decay) * gradient * gradient;
                let step = (*first / first_bias) / ((*second / second_bias).sqrt() + EPSILON);
                *value = *value * decay - rate * step;
                *averaged = keep * *averaged + (1.0 - keep) * *value;
            }
        }
        norm
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameter;

    fn recipe() -> Recipe {
        Recipe {
            seed: 1,
            steps: 600,
            batch: 1,
            learning_rate: 0.05,
            warm_up: 10,
            hold: 100,
            cool_down: 100,
            weight_decay: 0.0,
            second_decay: 0.99,
            clip: 1.0,
            averaging: 0.1,
        }
    }

    #[test]
    fn the_minimum_of_a_parabola_is_found_and_the_average_follows() {
        let parameter = Parameter { name: "x".to_owned(), shape: [1, 2], values: vec![4.0, -3.0] };
        let mut parameters = Parameters(vec![parameter]);
        let mut optimiser = Optimiser::new(&parameters);
        for _ in 0..600 {
            let gradients = vec![parameters.0[0].values.iter().map(|x| 2.0 * (x - 1.0)).collect()];
            optimiser.update(&mut parameters, &gradients, &recipe());
        }
        for found in [&parameters, &optimiser.averaged] {
            assert!(found.0[0].values.iter().all(|x| (x - 1.0).abs() < 0.05), "{:?}", found.0[0].values);
        }
    }

    #[test]
    fn the_rate_rises_holds_and_falls() {
        let recipe = recipe();
        assert!(recipe.rate(0) < recipe.rate(9));
        assert!((recipe.rate(50) - recipe.learning_rate).abs() < 1e-9);
        assert!((recipe.rate(399) - recipe.learning_rate / 2.0).abs() < 1e-9);
        assert!(recipe.rate(599) < recipe.learning_rate / 100.0);
    }
}
