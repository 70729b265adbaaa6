use super::{FEATURES, Features, Strength, random::Random};

/// An ensemble of heads: each a linear map of the standardised features, with a small hidden layer beside it.
///
/// `score_k = Σ_f z_f L[f, k] + Σ_j O[k, j] · tanh(b[k, j] + Σ_f z_f W[f, k, j])`, with `z_f = (x_f − mean_f) · scale_f`.
/// A score means nothing by itself: only differences of one head's scores for two answers to one prompt do, in natural
/// log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct RewardHead {
    /// Heads.
    pub(super) heads: usize,
    /// Hidden units of each.
    pub(super) hidden: usize,
    /// [`FEATURES`] means, of the answers it was trained on.
    pub(super) mean: Vec<f32>,
    /// One over the standard deviations; 0 where a feature was always the same.
    pub(super) scale: Vec<f32>,
    /// `[features, heads + heads · hidden]`: the linear columns, then the hidden units, head by head.
    pub(super) weights: Vec<f32>,
    /// Of the hidden units, `heads · hidden`.
    pub(super) bias: Vec<f32>,
    /// What each hidden unit adds to its head, `heads · hidden`.
    pub(super) output: Vec<f32>,
    /// The share of features that was hidden in training.
    pub(super) dropout: f64,
}

/// Numbers that are no head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// A tensor has another length than the settings say.
    #[error("the tensor {name} has {found} numbers, expected {expected}")]
    Length {
        /// Which.
        name: &'static str,
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A tensor has something that is not a number.
    #[error("the tensor {0} has something that is not a finite number")]
    NotANumber(&'static str),
}

const STREAM: u64 = 20;

impl RewardHead {
    /// That all lengths fit and all numbers are finite.
    pub(super) fn checked(self) -> Result<Self, HeadError> {
        let units = self.heads * self.hidden;
        let tensors = [
            ("mean", &self.mean, FEATURES),
            ("scale", &self.scale, FEATURES),
            ("weights", &self.weights, FEATURES * (self.heads + units)),
            ("bias", &self.bias, units),
            ("output", &self.output, units),
        ];
        for (name, values, expected) in tensors {
            if values.len() != expected {
                return Err(HeadError::Length { name, found: values.len(), expected });
            }
            if values.iter().any(|value| !value.is_finite()) {
                return Err(HeadError::NotANumber(name));
            }
        }
        Ok(self)
    }

    /// Heads of the ensemble.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Each head's score of an answer with these features.
    pub fn scores(&self, answer: &Features) -> Vec<f64> {
        self.masked_scores(answer, |_| 1.0)
    }

    /// How strongly the heads prefer the left of two answers to one prompt.
    pub fn strength(&self, left: &Features, right: &Features) -> Strength {
        Strength::of(&differences(&self.scores(left), &self.scores(right)))
    }

    /// [`RewardHead::strength`] with Monte Carlo dropout: `passes` times (at least two), each with other features hidden, the
    /// same for both answers and all heads. The variance is that between the heads' means over the passes, and added to it
    /// the mean over the heads of the variance between passes (the law of total variance). The share hidden is that of the
    /// training; without any it is the ensemble's own variance. Gal and Ghahramani 2016, <https://arxiv.org/abs/1506.02142>.
    pub fn strength_with_dropout(&self, left: &Features, right: &Features, passes: u32, seed: u64) -> Strength {
        let mut random = Random::new(seed, STREAM);
        let mut of_heads = vec![Vec::new(); self.heads];
        for _ in 0..passes.max(2) {
            let mask = dropout_mask(self.dropout, &mut random);
            let masked = |answer| self.masked_scores(answer, |feature| f64::from(mask[feature]));
            let differences = differences(&masked(left), &masked(right));
            of_heads.iter_mut().zip(differences).for_each(|(passes, difference)| passes.push(difference));
        }
        let within: Vec<Strength> = of_heads.iter().map(|passes| Strength::of(passes)).collect();
        let between = Strength::of(&within.iter().map(|head| head.mean).collect::<Vec<_>>());
        let doubt = within.iter().map(|head| head.variance).sum::<f64>() / within.len() as f64;
        Strength { mean: between.mean, variance: between.variance + doubt }
    }

    fn masked_scores(&self, answer: &Features, mask: impl Fn(usize) -> f64) -> Vec<f64> {
        let columns = self.heads * (1 + self.hidden);
        let mut sums = vec![0.0_f64; columns];
        sums[self.heads..].iter_mut().zip(&self.bias).for_each(|(sum, bias)| *sum = f64::from(*bias));
        let standardised = answer.values().iter().zip(self.mean.iter().zip(&self.scale));
        for ((feature, (value, (mean, scale))), row) in standardised.enumerate().zip(self.weights.chunks_exact(columns))
        {
            let value = f64::from((value - mean) * scale) * mask(feature);
            sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * f64::from(*weight));
        }
        let (linear, units) = sums.split_at(self.heads);
        let mut scores = linear.to_vec();
        for (unit, (sum, output)) in units.iter().zip(&self.output).enumerate() {
            scores[unit / self.hidden] += f64::from(*output) * sum.tanh();
        }
        scores
    }
}

fn differences(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

/// 0 for a feature that is hidden, else what makes the expected sum the same as without hiding.
pub(super) fn dropout_mask(dropout: f64, random: &mut Random) -> Vec<f32> {
    let kept = (1.0 / (1.0 - dropout)) as f32;
    (0..FEATURES).map(|_| if random.happens(dropout) { 0.0 } else { kept }).collect()
}
