//! Does a judge read the prompt? Questions whose right answer is known without asking anybody.
//!
//! A judge is shown two answers of one contestant, one to the prompt that is asked and one to a similar prompt. Whatever it
//! thinks of their quality, the first is the answer. This is the contrast instruction of L. Shen et al., *The Trickle-down
//! Impact of Reward (In-)consistency on RLHF* (2023): lexically similar instructions with different best responses, on which
//! reward models fall to chance.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use plaudit_agreement::{AgreementError, Options, Panel};
use plaudit_app::view_model::judges::PromptReading;
use plaudit_domain::{ArenaId, ContestantId, GenerationId, Outcome};

use super::panel::verdict;
use crate::store::{Judgment, PooledText, Store, StoreError};

/// Questions for each judge in each arena where nothing else is said.
pub const QUESTIONS: usize = 100;
/// Texts among which similar prompts are looked for; every two of one contestant are compared.
const TEXTS: u32 = 2_000;

/// A question: the generation whose prompt is asked, and the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contrast {
    /// The answer to the prompt that is asked.
    pub asked: GenerationId,
    /// The same contestant's answer to a similar prompt.
    pub other: GenerationId,
}

/// So many questions at the most: first those that judges of this arena were asked before, so that all are asked the same.
///
/// # Errors
/// [`StoreError`].
pub async fn questions(store: &Store, arena: ArenaId, most: usize) -> Result<Vec<Contrast>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let known = store.contrasts(arena).await?.into_iter().map(|[asked, other]| Contrast { asked, other });
    let mut known: Vec<Contrast> = known.collect();
    known.truncate(most);
    if known.len() == most {
        return Ok(known);
    }
    let texts = store.pooled_texts(arena, TEXTS).await?;
    let taken: HashSet<GenerationId> = known.iter().map(|contrast| contrast.asked).collect();
    let fresh = similar(&texts, most).into_iter().filter(|contrast| !taken.contains(&contrast.asked));
    known.extend(fresh);
    known.truncate(most);
    Ok(known)
}

fn contrast_of(judgment: &Judgment) -> Option<Contrast> {
    let asked = judgment.asked?;
    let other = if judgment.left == asked { judgment.right } else { judgment.left };
    Some(Contrast { asked, other })
}

/// The most similar prompts first, each prompt asked once.
fn similar(texts: &[PooledText], most: usize) -> Vec<Contrast> {
    let mut words: HashMap<_, BTreeSet<String>> = HashMap::new();
    let mut by_contestant: BTreeMap<ContestantId, Vec<&PooledText>> = BTreeMap::new();
    for text in texts {
        words.entry(text.prompt_id).or_insert_with(|| words_of(&text.prompt));
        by_contestant.entry(text.contestant).or_default().push(text);
    }
    let mut found: Vec<(f64, Contrast, _)> = Vec::new();
    for own in by_contestant.values() {
        for asked in own {
            let best = own
                .iter()
                .filter(|other| other.prompt_id != asked.prompt_id && other.text != asked.text)
                .map(|other| (jaccard(&words[&asked.prompt_id], &words[&other.prompt_id]), other))
                // The same words in another order may ask the same; without a common word it is no contrast.
                .filter(|(similarity, _)| (f64::MIN_POSITIVE..1.0).contains(similarity))
                .max_by(|(one, first), (other, second)| {
                    one.total_cmp(other).then_with(|| second.generation.cmp(&first.generation))
                });
            if let Some((similarity, other)) = best {
                let contrast = Contrast { asked: asked.generation, other: other.generation };
                found.push((similarity, contrast, asked.prompt_id));
            }
        }
    }
    found.sort_by(|(one, first, _), (other, second, _)| other.total_cmp(one).then_with(|| first.cmp(second)));
    let mut prompts = HashSet::new();
    found.retain(|(_, _, prompt)| prompts.insert(*prompt));
    found.truncate(most);
    found.into_iter().map(|(_, contrast, _)| contrast).collect()
}

fn words_of(prompt: &str) -> BTreeSet<String> {
    prompt.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Words in both, of words in either.
fn jaccard(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    let both = one.intersection(other).count();
    let either = one.len() + other.len() - both;
    if either == 0 { 0.0 } else { both as f64 / either as f64 }
}

/// How often a judge prefers the answer to the prompt that was asked; `None` when it was asked no such question.
///
/// # Errors
/// As the agreement crate's.
pub(super) fn reading(judgments: &[&Judgment], options: &Options) -> Result<Option<PromptReading>, AgreementError> {
    // The answer to the prompt is the left one by definition, and right.
    let mut panel = Panel::new(2);
    let judge = panel.add_judge()?;
    let mut known: HashMap<Contrast, u32> = HashMap::new();
    for judgment in judgments {
        let Some(contrast) = contrast_of(judgment) else { continue };
        let question = match known.get(&contrast) {
            Some(question) => *question,
            None => {
                let question = panel.add_question(0, 1)?;
                panel.add_vote(question, None, Outcome::Left)?;
                known.insert(contrast, question);
                question
            }
        };
        panel.add_verdict(judge, question, verdict(judgment, [contrast.asked, contrast.other], 0))?;
    }
    if known.is_empty() {
        return Ok(None);
    }
    let report = panel.report(judge, options)?;
    Ok(Some(PromptReading {
        questions: report.coverage.questions,
        notices: report.votes.accuracy_three,
        same_both_ways: report.swap_consistency,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plaudit_domain::PromptId;

    fn text(number: u8, contestant: i64, prompt: &str, text: &str) -> PooledText {
        PooledText {
            generation: GenerationId::from_bytes([number; 16]),
            contestant: ContestantId(contestant),
            prompt_id: PromptId::of(&"a".parse().unwrap(), prompt),
            prompt: prompt.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_prompt_is_exchanged_for_the_most_similar_one_that_the_same_contestant_answered() {
        let texts = [
            text(1, 1, "a story about a cat", "cat"),
            text(2, 1, "a story about a dog", "dog"),
            text(3, 1, "name three rivers", "rivers"),
            text(4, 2, "a story about a cat and", "another's"),
            text(5, 1, "A cat, about a story!", "the same words in another order"),
        ];
        let found = similar(&texts, 10);
        let numbers: Vec<_> =
            found.iter().map(|contrast| (contrast.asked.as_bytes()[0], contrast.other.as_bytes()[0])).collect();
        assert_eq!(numbers, [(1, 2), (2, 1), (5, 2)]);
        assert_eq!(similar(&texts, 1).len(), 1);
    }

    #[test]
    fn equal_answers_and_prompts_without_a_common_word_ask_nothing() {
        let texts = [text(1, 1, "one two", "same"), text(2, 1, "one three", "same"), text(3, 1, "four", "other")];
        assert!(similar(&texts, 10).is_empty());
    }
}
