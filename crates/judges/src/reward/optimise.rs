/// AdamW (Loshchilov and Hutter 2019, <https://arxiv.org/abs/1711.05101>) for one parameter, on the host: a head has some
/// 80,000 numbers, and burn's own is a dozen operations on the device for each parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Adam {
    updates: i32,
    first: Vec<f32>,
    second: Vec<f32>,
}

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

impl Adam {
    pub(super) fn new(length: usize) -> Self {
        Self { updates: 0, first: vec![0.0; length], second: vec![0.0; length] }
    }

    /// Moves the values against the gradient.
    pub(super) fn update(&mut self, values: &mut [f32], gradient: &[f32], rate: f64, weight_decay: f64) {
        self.updates += 1;
        let first_bias = 1.0 - FIRST_DECAY.powi(self.updates);
        let second_bias = 1.0 - SECOND_DECAY.powi(self.updates);
        let (rate, kept) = (rate as f32, (1.0 - rate * weight_decay) as f32);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * gradient;
            *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * gradient * gradient;
            *value = *value * kept - rate * (*first / first_bias) / ((*second / second_bias).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_a_parabola_is_found() {
        let mut values = [4.0_f32, -3.0];
        let mut adam = Adam::new(2);
        for step in 0..600 {
            let gradient = values.map(|value| 2.0 * (value - 1.0));
            adam.update(&mut values, &gradient, 0.05 * (1.0 - f64::from(step) / 600.0), 0.0);
        }
        assert!(values.iter().all(|value| (value - 1.0).abs() < 1e-2), "{values:?}");
    }
}
