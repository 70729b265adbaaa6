use serde::{Deserialize, Serialize};

/// How strongly an ensemble prefers the left of two answers: mean and variance over its heads of the difference of scores,
/// in natural log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Strength {
    /// Positive where the left is better.
    pub mean: f64,
    /// With the number of heads less one as divisor.
    pub variance: f64,
}

/// What an ensemble says against a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The heads prefer the other answer, by more than they differ among each other.
    LikelyWrong,
    /// The heads differ among each other by more than they prefer either answer.
    Ambiguous,
}

impl Strength {
    /// Over the differences of each head; at least two.
    pub fn of(differences: &[f64]) -> Self {
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
        Self { mean, variance: squares / (count - 1.0) }
    }

    /// The strength of the preference that a label states: positive where the ensemble agrees with it. A tie has none.
    pub fn towards(&self, label: f64) -> Option<f64> {
        match label.total_cmp(&0.5) {
            std::cmp::Ordering::Greater => Some(self.mean),
            std::cmp::Ordering::Less => Some(-self.mean),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// Whether a vote of this label should be looked at again: one standard deviation over the heads divides what they
    /// agree on from what they do not. After Wang et al. 2024, who take mean and variance of ten reward models' preference
    /// strengths; the border is ours. Ties are not flagged: they say that it is close.
    pub fn flag(&self, label: f64) -> Option<Flag> {
        let towards = self.towards(label)?;
        let spread = self.variance.sqrt();
        if towards < -spread {
            Some(Flag::LikelyWrong)
        } else if towards <= spread {
            Some(Flag::Ambiguous)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_against_all_heads_is_likely_wrong_and_one_that_divides_them_ambiguous() {
        let agreed = Strength::of(&[1.0, 1.2, 0.8, 1.1]);
        assert!((agreed.mean - 1.025).abs() < 1e-12 && (agreed.variance - 0.029_166_666).abs() < 1e-6);
        assert_eq!((agreed.flag(1.0), agreed.flag(0.0), agreed.flag(0.5)), (None, Some(Flag::LikelyWrong), None));
        assert_eq!(agreed.towards(0.2), Some(-agreed.mean));
        let divided = Strength::of(&[1.0, -1.2, 0.8, -0.7]);
        assert_eq!((divided.flag(1.0), divided.flag(0.0)), (Some(Flag::Ambiguous), Some(Flag::Ambiguous)));
    }
}
