//! From logits to a token.
//!
//! In this order, as in Hugging Face's `transformers`: repetition penalty (Keskar et al. 2019; over the answer's own
//! tokens, so that a prompt's words and the template's may come back), temperature, top-k, top-p (nucleus; Holtzman et
//! al. 2020), min-p (Nguyen et al. 2024). What is left is drawn from by inverting the cumulative distribution **in the
//! vocabulary's order**: a device that computes a little differently moves every boundary a little, and never swaps two
//! tokens of nearly the same probability, so a seed gives the same text on almost every device.

use plaudit_domain::Sampler;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Temperatures below this are greedy: `exp` would overflow long before the difference could be seen.
const GREEDY_BELOW: f64 = 1e-3;

/// A source of the numbers in [0, 1) that tokens are drawn with, one per token.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The numbers of a seed; the same everywhere.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The next number: 53 bits.
    pub fn next_number(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }
}

/// A model's distribution over the next token, before the sampler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Natural logarithm of Σ exp(logit).
    log_sum: f64,
    /// Entropy in nats.
    pub entropy: f64,
    /// How far the distribution is from uniform, KL(uniform ‖ p) = −(1/V) Σ ln(V · p), in nats over V tokens: 0 for a
    /// uniform one. The step's term of self-certainty in Kang et al. 2025, <https://arxiv.org/abs/2502.18581>.
    pub self_certainty: f64,
}

impl Outlook {
    /// Of finite logits.
    pub fn of(logits: &[f32]) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut weighted, mut plain) = (0.0_f64, 0.0_f64, 0.0_f64);
        for logit in logits {
            let difference = f64::from(logit - largest);
            let share = difference.exp();
            sum += share;
            weighted += share * difference;
            plain += difference;
        }
        // Σ ln(V · p) from the logits themselves: the smallest probabilities are 0 in any floating point.
        let vocabulary = logits.len() as f64;
        Self {
            log_sum: f64::from(largest) + sum.ln(),
            entropy: (sum.ln() - weighted / sum).max(0.0),
            self_certainty: (sum.ln() - plain / vocabulary - vocabulary.ln()).max(0.0),
        }
    }

    /// Natural logarithm of a token's probability.
    pub fn log_probability(&self, logit: f32) -> f64 {
        f64::from(logit) - self.log_sum
    }
}

/// What the sampler leaves: tokens in the vocabulary's order and their probabilities, which sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices(Vec<(u32, f64)>);

impl Choices {
    /// What `sampler` leaves of `logits`, after `answer`.
    pub fn new(logits: &[f32], sampler: &Sampler, answer: &[u32]) -> Self {
        let mut scores: Vec<(u32, f64)> = (0..).zip(logits).map(|(token, logit)| (token, f64::from(*logit))).collect();
        penalise(&mut scores, sampler.repetition_penalty.unwrap_or(1.0), answer);
        let temperature = sampler.temperature.unwrap_or(0.0);
        if temperature < GREEDY_BELOW {
            // The first of equals: the smallest token.
            let best = scores.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
            return Self(best.map(|(token, _)| (token, 1.0)).into_iter().collect());
        }
        let largest = scores.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
        for (_, score) in &mut scores {
            *score = ((*score - largest) / temperature).exp();
        }
        let mut choices = Self(scores);
        choices.truncate(sampler);
        choices
    }

    /// Keeps what top-k, top-p and min-p keep, and lets the rest sum to 1.
    fn truncate(&mut self, sampler: &Sampler) {
        if sampler.top_k.is_some() || sampler.top_p.is_some() || sampler.min_p.is_some() {
            // Most likely first; the smaller token first among equals.
            self.0.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
            if let Some(count) = sampler.top_k.filter(|count| *count > 0) {
                self.0.truncate(count as usize);
            }
            if let Some(share) = sampler.top_p {
                let wanted = share * self.0.iter().map(|(_, weight)| weight).sum::<f64>();
                let mut sum = 0.0;
                // The token that crosses the border stays.
                let kept = self.0.iter().take_while(|(_, weight)| {
                    let stays = sum < wanted;
                    sum += weight;
                    stays
                });
                let kept = kept.count().max(1);
                self.0.truncate(kept);
            }
            if let Some(share) = sampler.min_p {
                let least = share * self.0.first().map_or(0.0, |(_, weight)| *weight);
                let kept = self.0.iter().take_while(|(_, weight)| *weight >= least).count().max(1);
                self.0.truncate(kept);
            }
            self.0.sort_unstable_by_key(|(token, _)| *token);
        }
        let sum: f64 = self.0.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in &mut self.0 {
            *weight /= sum;
        }
    }

    /// The token that a number in [0, 1) falls on.
    pub fn pick(&self, number: f64) -> Option<u32> {
        let mut sum = 0.0;
        for (token, probability) in &self.0 {
            sum += probability;
            if number < sum {
                return Some(*token);
            }
        }
        // Rounding left the sum a little below 1.
        self.0.last().map(|(token, _)| *token)
    }

    /// A token's probability; `None` when the sampler left it out.
    pub fn share(&self, token: u32) -> Option<f64> {
        self.0.iter().find_map(|(found, probability)| (*found == token).then_some(*probability))
    }

    /// How far a number in [0, 1) is from those that fall on `token`; `None` when nothing falls on it.
    pub fn distance(&self, token: u32, number: f64) -> Option<f64> {
        let mut sum = 0.0;
        for (found, probability) in &self.0 {
            let end = sum + probability;
            if *found == token {
                return Some(if number < sum { sum - number } else { (number - end).max(0.0) });
            }
            sum = end;
        }
        None
    }
}

fn penalise(scores: &mut [(u32, f64)], penalty: f64, answer: &[u32]) {
    if penalty == 1.0 || penalty <= 0.0 {
        return;
    }
    let mut seen = answer.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for token in seen {
        if let Some((_, score)) = scores.get_mut(token as usize) {
            *score = if *score > 0.0 { *score / penalty } else { *score * penalty };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Sampler = Sampler {
        temperature: Some(1.0),
        top_k: None,
        top_p: None,
        min_p: None,
        repetition_penalty: None,
        max_tokens: None,
    };

    fn kept(logits: &[f32], sampler: &Sampler) -> Vec<u32> {
        Choices::new(logits, sampler, &[]).0.into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn shares_of_many_draws_are_the_probabilities() {
        let logits = [0.0, 1.0, 2.0];
        let choices = Choices::new(&logits, &PLAIN, &[]);
        let mut draws = Draws::new(5);
        let mut counts = [0_u32; 3];
        for _ in 0..100_000 {
            counts[choices.pick(draws.next_number()).unwrap() as usize] += 1;
        }
        let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        for (count, logit) in counts.into_iter().zip(logits) {
            let (share, expected) = (f64::from(count) / 100_000.0, f64::from(logit).exp() / sum);
            assert!((share - expected).abs() < 0.006, "{share} is not {expected}");
        }
    }

    #[test]
    fn self_certainty_is_the_divergence_from_uniform_by_hand() {
        // p = (1/2, 1/4, 1/4): −1/3 · (ln 3/2 + ln 3/4 + ln 3/4) = −1/3 · ln 27/32.
        let outlook = Outlook::of(&[0.5_f32, 0.25, 0.25].map(f32::ln));
        assert!((outlook.self_certainty - 0.056_633_0).abs() < 1e-6, "{outlook:?}");
        assert!((outlook.entropy - 1.5 * 2.0_f64.ln()).abs() < 1e-6, "{outlook:?}");
        assert!(Outlook::of(&[3.0; 7]).self_certainty < 1e-12, "a uniform distribution is certain of nothing");
        // Probabilities that are 0 in floating point still count: −1/2 · (ln 2 + ln 2 − 2000).
        let sure = Outlook::of(&[1_000.0, -1_000.0]);
        assert!((sure.self_certainty - (1_000.0 - 2.0_f64.ln())).abs() < 1e-9, "{sure:?}");
    }

    #[test]
    fn a_seed_gives_the_same_numbers_everywhere() {
        let mut draws = Draws::new(42);
        let numbers = [draws.next_number(), draws.next_number()];
        assert_eq!(numbers, [0.6818961923066714, 0.950275407672484]);
    }

    #[test]
    fn each_limit_keeps_what_it_says() {
        let logits = [0.5_f32, 0.1, 0.3, 0.1].map(f32::ln);
        assert_eq!(kept(&logits, &Sampler { top_k: Some(2), ..PLAIN }), [0, 2]);
        assert_eq!(kept(&logits, &Sampler { top_p: Some(0.7), ..PLAIN }), [0, 2], "the token that crosses 0.7 stays");
        assert_eq!(kept(&logits, &Sampler { top_p: Some(0.0), ..PLAIN }), [0], "one always stays");
        assert_eq!(kept(&logits, &Sampler { min_p: Some(0.5), ..PLAIN }), [0, 2]);
        assert_eq!(kept(&logits, &Sampler { temperature: Some(0.0), ..PLAIN }), [0]);
        assert_eq!(kept(&logits, &PLAIN), [0, 1, 2, 3]);
    }

    #[test]
    fn repeating_oneself_becomes_less_likely_also_below_zero() {
        let sampler = Sampler { temperature: Some(0.0), repetition_penalty: Some(2.0), ..PLAIN };
        assert_eq!(Choices::new(&[2.0, 1.5], &sampler, &[0]).pick(0.0), Some(1));
        assert_eq!(Choices::new(&[-1.0, -1.5], &sampler, &[0]).pick(0.0), Some(1));
    }

    #[test]
    fn the_outlook_is_that_of_the_plain_distribution() {
        let outlook = Outlook::of(&[0.0; 8]);
        assert!((outlook.entropy - 8.0_f64.ln()).abs() < 1e-12);
        assert!((outlook.log_probability(0.0) + 8.0_f64.ln()).abs() < 1e-12);
        assert!(Outlook::of(&[100.0, -100.0]).entropy < 1e-12);
    }

    #[test]
    fn a_distance_is_nought_where_the_number_falls() {
        let choices = Choices::new(&[0.0, 0.0], &PLAIN, &[]);
        assert_eq!(choices.distance(0, 0.2), Some(0.0));
        assert!((choices.distance(0, 0.7).unwrap() - 0.2).abs() < 1e-12);
        assert!((choices.distance(1, 0.2).unwrap() - 0.3).abs() < 1e-12);
        assert_eq!(choices.distance(9, 0.2), None);
    }
}
