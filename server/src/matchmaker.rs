//! Draws battles: every pair of generations for the same prompt by different contestants is equally likely.
//!
//! Pairs whose texts are identical are never drawn, and a voter does not get the same pair twice until there is no
//! other. A text that one contestant gave several times for one prompt, under different seeds, counts once. The
//! probability of each draw is kept with the battle.

use std::collections::{HashMap, HashSet};

use plaudit_domain::{GenerationId, PromptId};

use crate::{clock::random_below, store::GenerationRef};

/// A drawn pair, in random order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Shown on the left.
    pub left: GenerationRef,
    /// Shown on the right.
    pub right: GenerationRef,
    /// The probability of this pair, in either order.
    pub probability: f64,
}

/// The drawable pairs of one arena.
#[derive(Debug, Default)]
pub struct Matchmaker {
    prompts: Vec<PromptPool>,
    /// Every generation, and the one that stands for all with the same text.
    generations: HashMap<GenerationId, GenerationId>,
    pairs: u64,
}

#[derive(Debug)]
struct PromptPool {
    generations: Vec<GenerationRef>,
    /// Pairs of all prompts up to and including this one.
    pairs_until: u64,
}

fn can_meet(one: &GenerationRef, other: &GenerationRef) -> bool {
    one.contestant != other.contestant && one.content_hash != other.content_hash
}

/// Tries before the pairs a voter has not seen are listed one by one. Only then does the cost grow with the pool.
const TRIES: u32 = 64;

impl Matchmaker {
    /// Sorts generations by prompt and counts the pairs.
    pub fn new(generations: Vec<GenerationRef>) -> Self {
        let mut ids = HashMap::with_capacity(generations.len());
        let mut first = HashMap::with_capacity(generations.len());
        let mut by_prompt: HashMap<PromptId, Vec<GenerationRef>> = HashMap::new();
        for generation in generations {
            let GenerationRef { id, prompt, contestant, content_hash } = generation;
            let stands = *first.entry((prompt, contestant, content_hash)).or_insert(id);
            ids.insert(id, stands);
            if stands == id {
                by_prompt.entry(prompt).or_default().push(generation);
            }
        }
        let mut pools: Vec<_> = by_prompt.into_iter().collect();
        pools.sort_by_key(|(prompt, _)| *prompt);
        let (mut prompts, mut pairs) = (Vec::new(), 0);
        for (_, generations) in pools {
            let here = pairs_of(&generations).count() as u64;
            if here > 0 {
                pairs += here;
                prompts.push(PromptPool { generations, pairs_until: pairs });
            }
        }
        Self { prompts, generations: ids, pairs }
    }

    /// Whether there is anything to draw.
    pub fn can_battle(&self) -> bool {
        self.pairs > 0
    }

    /// Prompts with at least one pair.
    pub fn prompts(&self) -> u32 {
        self.prompts.len() as u32
    }

    /// All generations.
    pub fn generations(&self) -> u64 {
        self.generations.len() as u64
    }

    /// Draws a pair that is not among `seen` (in either order), or any pair when all were seen. `None` when there is none.
    pub fn draw(&self, seen: &[(GenerationId, GenerationId)]) -> Option<Draw> {
        if self.pairs == 0 {
            return None;
        }
        let pair = |one: GenerationId, other: GenerationId| (one.min(other), one.max(other));
        let seen: HashSet<_> = seen
            .iter()
            .filter_map(|(one, other)| Some(pair(*self.generations.get(one)?, *self.generations.get(other)?)))
            .collect();
        let unseen = self.pairs.saturating_sub(seen.len() as u64);
        let is_seen = |one: &GenerationRef, other: &GenerationRef| seen.contains(&pair(one.id, other.id));
        if unseen == 0 {
            let (one, other) = self.nth(random_below(self.pairs), |_, _| true)?;
            return Some(ordered(one, other, self.pairs));
        }
        // Rejection keeps every unseen pair equally likely.
        for _ in 0..TRIES {
            let (one, other) = self.any()?;
            if !is_seen(one, other) {
                return Some(ordered(one, other, unseen));
            }
        }
        let (one, other) = self.nth(random_below(unseen), |one, other| !is_seen(one, other))?;
        Some(ordered(one, other, unseen))
    }

    /// A uniformly drawn pair.
    fn any(&self) -> Option<(&GenerationRef, &GenerationRef)> {
        let number = random_below(self.pairs);
        let pool = &self.prompts[self.prompts.partition_point(|pool| pool.pairs_until <= number)];
        let count = pool.generations.len() as u64;
        // Two indices at once; a pair that cannot meet is drawn again. At least one can, or the prompt would not be here.
        for _ in 0..1024 {
            let (one, other) = (random_below(count) as usize, random_below(count) as usize);
            let (one, other) = (&pool.generations[one], &pool.generations[other]);
            if can_meet(one, other) {
                return Some((one, other));
            }
        }
        pairs_of(&pool.generations).next()
    }

    /// The nth of the pairs that a filter lets through.
    fn nth(
        &self,
        number: u64,
        filter: impl Fn(&GenerationRef, &GenerationRef) -> bool,
    ) -> Option<(&GenerationRef, &GenerationRef)> {
        self.prompts
            .iter()
            .flat_map(|pool| pairs_of(&pool.generations))
            .filter(|(one, other)| filter(one, other))
            .nth(usize::try_from(number).ok()?)
    }
}

fn pairs_of(generations: &[GenerationRef]) -> impl Iterator<Item = (&GenerationRef, &GenerationRef)> {
    generations
        .iter()
        .enumerate()
        .flat_map(|(place, one)| generations[place + 1..].iter().map(move |other| (one, other)))
        .filter(|(one, other)| can_meet(one, other))
}

fn ordered(one: &GenerationRef, other: &GenerationRef, candidates: u64) -> Draw {
    let (left, right) = if random_below(2) == 0 { (*one, *other) } else { (*other, *one) };
    Draw { left, right, probability: 1.0 / candidates as f64 }
}

#[cfg(test)]
mod tests {
    use plaudit_domain::ContestantId;

    use super::*;

    fn generation(id: u8, prompt: u8, contestant: i64, text: u8) -> GenerationRef {
        GenerationRef {
            id: GenerationId::from_bytes([id; 16]),
            prompt: PromptId::from_bytes([prompt; 16]),
            contestant: ContestantId(contestant),
            content_hash: [text; 32],
        }
    }

    /// Two prompts: on the first three contestants (three pairs), on the second two of them (one pair).
    fn matchmaker() -> Matchmaker {
        Matchmaker::new(vec![
            generation(1, 1, 1, 1),
            generation(2, 1, 2, 2),
            generation(3, 1, 3, 3),
            generation(4, 2, 1, 4),
            generation(5, 2, 2, 5),
        ])
    }

    #[test]
    fn every_pair_is_equally_likely_and_so_are_both_orders() {
        let (matchmaker, mut drawn) = (matchmaker(), HashMap::new());
        const DRAWS: usize = 16_000;
        for _ in 0..DRAWS {
            let draw = matchmaker.draw(&[]).unwrap();
            assert!((draw.probability - 0.25).abs() < 1e-12);
            assert_eq!(draw.left.prompt, draw.right.prompt);
            *drawn.entry((draw.left.id, draw.right.id)).or_insert(0_usize) += 1;
        }
        assert_eq!(drawn.len(), 8, "four pairs in both orders");
        for count in drawn.values() {
            // 2,000 expected; seven standard deviations are 293.
            assert!(count.abs_diff(DRAWS / 8) < 293, "{drawn:?}");
        }
    }

    #[test]
    fn a_pair_seen_before_comes_again_only_when_all_were_seen() {
        let matchmaker = matchmaker();
        let mut seen = Vec::new();
        for left in (1..=4).rev() {
            let draw = matchmaker.draw(&seen).unwrap();
            assert!((draw.probability - 1.0 / f64::from(left)).abs() < 1e-12);
            assert!(!seen.contains(&(draw.left.id, draw.right.id)) && !seen.contains(&(draw.right.id, draw.left.id)));
            seen.push((draw.left.id, draw.right.id));
        }
        assert!(matchmaker.draw(&seen).is_some());
    }

    #[test]
    fn identical_texts_never_meet() {
        let matchmaker = Matchmaker::new(vec![generation(1, 1, 1, 7), generation(2, 1, 2, 7)]);
        assert!(!matchmaker.can_battle());
        assert_eq!(matchmaker.draw(&[]), None);
    }

    #[test]
    fn a_text_given_again_under_another_seed_makes_no_new_pair() {
        let matchmaker = Matchmaker::new(vec![generation(1, 1, 1, 1), generation(2, 1, 2, 2), generation(3, 1, 1, 1)]);
        assert_eq!((matchmaker.pairs, matchmaker.generations()), (1, 3));
        let more = Matchmaker::new(vec![
            generation(1, 1, 1, 1),
            generation(2, 1, 2, 2),
            generation(3, 1, 1, 1),
            generation(4, 1, 3, 3),
        ]);
        // Who saw it under the one seed has seen it under the other.
        let seen = [(GenerationId::from_bytes([2; 16]), GenerationId::from_bytes([3; 16]))];
        for _ in 0..50 {
            let draw = more.draw(&seen).unwrap();
            assert!([draw.left.contestant, draw.right.contestant].contains(&ContestantId(3)), "{draw:?}");
            assert!((draw.probability - 0.5).abs() < 1e-12);
        }
    }

    #[test]
    fn a_contestant_never_meets_itself() {
        let matchmaker = Matchmaker::new(vec![generation(1, 1, 1, 1), generation(2, 1, 1, 2)]);
        assert!(!matchmaker.can_battle());
    }
}
