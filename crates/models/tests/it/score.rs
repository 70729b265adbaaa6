//! Likelihoods of texts that are there already, beside the same written down plainly in double precision.

use plaudit_models::{AnswerScore, Candidates, Conversation, ScoreError, TextModel};
use proptest::prelude::*;

use crate::{
    llama::Plain,
    support::{CONTEXT, END, GREEDY, VOCABULARY, files, gguf, load, request, tensors},
};

/// What single precision may make of one log-probability of this model, whose logits are around ±10.
const ROUNDING: f64 = 5e-4;

fn score_tokens(model: &TextModel, prompt: &[u32], answer: &[u32]) -> Result<AnswerScore, ScoreError> {
    futures_lite::future::block_on(model.score_tokens(prompt, answer))
}

fn conversation(prompt: &str) -> Conversation<'_> {
    Conversation { system: None, prompt }
}

fn candidates(model: &TextModel, prompt: &str, candidates: &[&str]) -> Result<Candidates, ScoreError> {
    futures_lite::future::block_on(model.next_token_probabilities(&conversation(prompt), candidates))
}

fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum = largest + logits.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln();
    logits.iter().map(|logit| logit - sum).collect()
}

#[test]
fn scores_are_those_of_the_plain_mathematics() {
    let tensors = tensors(21);
    let prompt: Vec<u32> = (0..9).map(|place| place * 31 % 256).collect();
    // More than one block of logits, and a last one that is not full.
    let answer: Vec<u32> = (0..37).map(|place| place * 53 % 251).collect();
    let all: Vec<u32> = prompt.iter().chain(&answer).copied().collect();
    let rows: Vec<Vec<f64>> = Plain(&tensors).all_logits(&all).iter().map(|row| log_softmax(row)).collect();
    for files in [files(&tensors), gguf(&tensors)] {
        let score = score_tokens(&load(files), &prompt, &answer).unwrap();
        assert_eq!((score.count(), score.prompt_tokens), (answer.len(), 9));
        let (mut sum, mut certainty, mut entropy) = (0.0, 0.0, 0.0);
        for (index, token) in answer.iter().enumerate() {
            let row = &rows[prompt.len() - 1 + index];
            let expected = row[*token as usize];
            let found = score.tokens[index];
            assert_eq!(found.token, *token);
            assert!((found.log_likelihood - expected).abs() < ROUNDING, "{index}: {found:?}, expected {expected}");
            sum += expected;
            let uniform = 1.0 / VOCABULARY as f64;
            certainty += row.iter().map(|value| uniform * (uniform.ln() - value)).sum::<f64>();
            entropy -= row.iter().map(|value| value.exp() * value).sum::<f64>();
        }
        let count = answer.len() as f64;
        assert!((score.log_likelihood() - sum).abs() < ROUNDING * count);
        assert!((score.mean_log_likelihood() - sum / count).abs() < ROUNDING);
        assert!((score.perplexity() / (-sum / count).exp() - 1.0).abs() < 1e-3);
        assert!((score.self_certainty() - certainty / count).abs() < ROUNDING);
        assert!((score.mean_entropy() - entropy / count).abs() < ROUNDING);
        assert!((score.end_log_likelihood - rows[all.len() - 1][END as usize]).abs() < ROUNDING);
    }
}

#[test]
fn an_answer_across_batches_of_the_decoder_is_scored_as_a_whole() {
    // The decoder runs 256 positions at once; a larger context than the others' lets an answer cross that.
    let tensors = tensors(22);
    let mut files = files(&tensors);
    let mut config = crate::support::config();
    config["max_position_embeddings"] = 700.into();
    files.config = Some(config.to_string().into_bytes());
    let model = load(files);
    let prompt: Vec<u32> = (0..250).map(|place| place * 7 % 256).collect();
    let answer: Vec<u32> = (0..270).map(|place| place * 11 % 256).collect();
    let all: Vec<u32> = prompt.iter().chain(&answer).copied().collect();
    let rows = Plain(&tensors).all_logits(&all);
    let score = score_tokens(&model, &prompt, &answer).unwrap();
    for (index, token) in answer.iter().enumerate() {
        let expected = log_softmax(&rows[prompt.len() - 1 + index])[*token as usize];
        assert!((score.tokens[index].log_likelihood - expected).abs() < ROUNDING, "{index}");
    }
}

#[test]
fn a_text_is_scored_behind_the_template_as_its_tokens_are() {
    let model = load(files(&tensors(23)));
    let prompt = model.prompt_tokens(&request("Say it", GREEDY, 0)).unwrap();
    let answer: Vec<u32> = "Said <|end|> it".bytes().map(u32::from).collect();
    let text = futures_lite::future::block_on(model.score(&conversation("Say it"), "Said <|end|> it")).unwrap();
    assert_eq!(text.count(), answer.len(), "a special token that somebody wrote is characters");
    assert_eq!(text.prompt_tokens as usize, prompt.len());
}

#[test]
fn nothing_to_score_and_too_much_to_score_are_errors_that_say_so() {
    let model = load(files(&tensors(24)));
    let score = |prompt: &str, answer: &str| {
        futures_lite::future::block_on(model.score(&conversation(prompt), answer)).map(|score| score.count())
    };
    assert!(matches!(score("Hi", ""), Err(ScoreError::EmptyAnswer)));
    assert!(matches!(score("  ", "Hi"), Err(ScoreError::Prompt(_))));
    let room = CONTEXT - "Hi".len() - 2;
    assert_eq!(score("Hi", &"a".repeat(room)).unwrap(), room);
    match score("Hi", &"a".repeat(room + 1)) {
        Err(ScoreError::TooLong { prompt, answer, context }) => {
            assert_eq!((prompt as usize, answer as usize, context as usize), (4, room + 1, CONTEXT));
        }
        other => panic!("{other:?}"),
    }
    assert!(score_tokens(&model, &[1, 2], &[90_000]).unwrap_err().to_string().contains("90000"));
    assert!(matches!(score_tokens(&model, &[], &[1]), Err(ScoreError::Prompt(_))));
}

#[test]
fn candidates_have_the_probability_of_all_their_tokens() {
    let tensors = tensors(25);
    let model = load(files(&tensors));
    let prompt = model.prompt_tokens(&request("Which?", GREEDY, 0)).unwrap();
    let texts = ["A", "B", "neither of them"];
    let found = candidates(&model, "Which?", &texts).unwrap();
    for (text, found) in texts.iter().zip(&found.log_probabilities) {
        let tokens: Vec<u32> = text.bytes().map(byte_token).collect();
        let all: Vec<u32> = prompt.iter().chain(&tokens).copied().collect();
        let rows = Plain(&tensors).all_logits(&all);
        let expected: f64 = (0..)
            .zip(&tokens)
            .map(|(index, token): (usize, _)| log_softmax(&rows[prompt.len() - 1 + index])[*token as usize])
            .sum();
        assert!((found - expected).abs() < ROUNDING * tokens.len() as f64, "{text}: {found}, expected {expected}");
    }
    let (raw, shares) = (found.probabilities(), found.shares());
    assert!((found.mass() - raw.iter().sum::<f64>()).abs() < 1e-12 && found.mass() < 1.0);
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!((shares[0] / shares[1] - raw[0] / raw[1]).abs() < 1e-9 * (raw[0] / raw[1]));
    assert_eq!(found.tokens_read as usize, prompt.len() + texts[2].len() - 1);
}

/// The test vocabulary has a token for each byte, under its number.
fn byte_token(byte: u8) -> u32 {
    u32::from(byte)
}

#[test]
fn candidates_that_cannot_be_told_apart_are_refused() {
    let model = load(files(&tensors(26)));
    assert!(matches!(candidates(&model, "?", &[]), Err(ScoreError::EmptyCandidate)));
    assert!(matches!(candidates(&model, "?", &["A", ""]), Err(ScoreError::EmptyCandidate)));
    for pair in [["A", "AB"], ["AB", "A"], ["A", "A"]] {
        assert!(matches!(candidates(&model, "?", &pair), Err(ScoreError::Overlap(..))), "{pair:?}");
    }
    let long = "a".repeat(CONTEXT);
    assert!(matches!(candidates(&model, "?", &["A", &long]), Err(ScoreError::TooLong { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_log_likelihood_of_two_texts_in_a_row_is_the_sum(
        prompt in prop::collection::vec(0_u32..256, 1..20),
        first in prop::collection::vec(0_u32..256, 1..30),
        second in prop::collection::vec(0_u32..256, 1..30),
    ) {
        let model = load(files(&tensors(27)));
        let both: Vec<u32> = first.iter().chain(&second).copied().collect();
        let longer: Vec<u32> = prompt.iter().chain(&first).copied().collect();
        let sum = score_tokens(&model, &prompt, &first).unwrap().log_likelihood()
            + score_tokens(&model, &longer, &second).unwrap().log_likelihood();
        let whole = score_tokens(&model, &prompt, &both).unwrap().log_likelihood();
        prop_assert!((whole - sum).abs() < ROUNDING * both.len() as f64, "{} and {}", whole, sum);
    }
}
