//! SmolLM2-135M-Instruct beside llama.cpp. The expected values were written by `xtask/scripts/parity/reference.mjs`.

use std::path::PathBuf;

use plaudit_domain::{Sampler, SelfCheck};
use plaudit_models::{Conversation, ModelFiles, TextModel, device, sampling::Outlook};
use serde::Deserialize;

use crate::support::{GREEDY, generate, request};

/// llama.cpp computed from the same weights widened to single precision: with quantised weights it rounds activations to
/// 8 bits, and is then up to 0.37 away from them. Measured: at most 0.0061 among the 48 likeliest tokens of each prompt.
const LOG_PROBABILITY_TOLERANCE: f64 = 0.02;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    prompt: String,
    prompt_tokens: Vec<u32>,
    log_probabilities: Vec<(u32, f64)>,
    greedy: Vec<u32>,
}

fn model(test: &str) -> Option<TextModel> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../data/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
    if !path.exists() {
        eprintln!("SKIPPED {test}: there are no SmolLM2 weights; `cargo xtask models fetch smollm2` gets them");
        return None;
    }
    let files = ModelFiles { weights: std::fs::read(path).unwrap(), ..ModelFiles::default() };
    Some(TextModel::load(files, &device::cpu()).unwrap())
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Fixture>(include_str!("../fixtures/smollm2.json")).unwrap().cases
}

#[test]
fn prompts_have_the_same_tokens_as_with_llama_cpp() {
    let Some(model) = model("prompts_have_the_same_tokens_as_with_llama_cpp") else { return };
    for case in cases() {
        assert_eq!(
            model.prompt_tokens(&request(&case.prompt, GREEDY, 0)).unwrap(),
            case.prompt_tokens,
            "{}",
            case.prompt
        );
    }
}

#[test]
fn logits_agree_with_llama_cpp() {
    let Some(model) = model("logits_agree_with_llama_cpp") else { return };
    let mut worst = 0.0_f64;
    for case in cases() {
        let all = SelfCheck { prompt_tokens: case.prompt_tokens, logits: Vec::new() };
        let logits = futures_lite::future::block_on(model.check_logits(&all)).unwrap();
        let outlook = Outlook::of(&logits);
        for (token, expected) in case.log_probabilities {
            worst = worst.max((outlook.log_probability(logits[token as usize]) - expected).abs());
        }
    }
    println!("largest difference of a log-probability: {worst:.4}");
    assert!(worst < LOG_PROBABILITY_TOLERANCE, "{worst}");
}

#[test]
fn greedy_text_is_that_of_llama_cpp() {
    let Some(model) = model("greedy_text_is_that_of_llama_cpp") else { return };
    let sampler = Sampler { max_tokens: Some(80), ..GREEDY };
    for case in cases() {
        let (_, tokens) = generate(&model, &request(&case.prompt, sampler.clone(), 0));
        let same = tokens.iter().zip(&case.greedy).take_while(|(ours, theirs)| ours == theirs).count();
        println!("{}: the first {same} tokens are the same", case.prompt);
        assert_eq!(same, case.greedy.len(), "{}", case.prompt);
    }
}

#[test]
fn weights_stay_quantised_in_memory() {
    let Some(model) = model("weights_stay_quantised_in_memory") else { return };
    // 134.5 million parameters: the file has 98 MB, single precision would be 538 MB.
    assert!(model.weights_bytes() < 120_000_000, "{}", model.weights_bytes());
}

fn conversation(prompt: &str) -> Conversation<'_> {
    Conversation { system: None, prompt }
}

/// A batch of all positions adds up in another order than a batch for each. Measured: 1.6e-3 for a single token's
/// log-probability or entropy, 2e-5 for the mean of an answer.
const BATCHING_OF_A_TOKEN: f64 = 5e-3;
const BATCHING_OF_A_MEAN: f64 = 1e-3;

#[test]
fn the_score_of_an_answer_is_that_of_its_steps() {
    let Some(model) = model("the_score_of_an_answer_is_that_of_its_steps") else { return };
    let case = &cases()[1];
    let mut generation = model.start(&request(&case.prompt, GREEDY, 0)).unwrap();
    let mut steps = Vec::new();
    while let Some(step) = generation.step_blocking().unwrap() {
        steps.push(step);
    }
    let score = futures_lite::future::block_on(model.score(&conversation(&case.prompt), generation.text())).unwrap();
    let tokens: Vec<u32> = score.tokens.iter().map(|token| token.token).collect();
    assert_eq!(tokens, generation.tokens(), "greedy text is tokenised as it was written");
    let mut worst = 0.0_f64;
    for (token, step) in score.tokens.iter().zip(&steps) {
        worst = worst.max((token.log_likelihood - f64::from(step.log_probability)).abs());
        worst = worst.max((token.entropy - f64::from(step.entropy)).abs());
    }
    let mean = steps.iter().map(|step| f64::from(step.log_probability)).sum::<f64>() / steps.len() as f64;
    let of_mean = (score.mean_log_likelihood() - mean).abs();
    println!("largest difference of a token: {worst:.2e}; of the mean: {of_mean:.2e}");
    assert!(worst < BATCHING_OF_A_TOKEN && of_mean < BATCHING_OF_A_MEAN, "{worst}, {of_mean}");
    assert_eq!(score.prompt_tokens, generation.prompt_tokens());
}

#[test]
fn what_an_answer_begins_with_is_as_likely_as_with_llama_cpp() {
    let Some(model) = model("what_an_answer_begins_with_is_as_likely_as_with_llama_cpp") else { return };
    let case = &cases()[0];
    let texts: Vec<(String, f64)> = case
        .log_probabilities
        .iter()
        .map(|(token, log_probability)| (model.decode(&[*token]), *log_probability))
        .filter(|(text, _)| !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER))
        .take(20)
        .collect();
    let candidates: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
    let found =
        futures_lite::future::block_on(model.next_token_probabilities(&conversation(&case.prompt), &candidates))
            .unwrap();
    for ((text, expected), found) in texts.iter().zip(&found.log_probabilities) {
        assert!((found - expected).abs() < LOG_PROBABILITY_TOLERANCE, "{text:?}: {found}, llama.cpp {expected}");
    }
    assert_eq!(found.tokens_read as usize, case.prompt_tokens.len());
    assert!((0.5..1.0).contains(&found.mass()), "{}", found.mass());
}

#[test]
fn an_answer_to_the_prompt_is_likelier_than_one_to_another() {
    let Some(model) = model("an_answer_to_the_prompt_is_likelier_than_one_to_another") else { return };
    let score = |answer: &str| {
        let asked = conversation("Why is the sky blue?");
        futures_lite::future::block_on(model.score(&asked, answer)).unwrap()
    };
    let fitting = score("The sky looks blue because air scatters blue light more than red light.");
    let strange = score("The river keeps flowing because seventeen spoons forgot their blue hats.");
    assert!(fitting.mean_log_likelihood() > strange.mean_log_likelihood() + 1.0);
    assert!(fitting.perplexity() < strange.perplexity());
}
