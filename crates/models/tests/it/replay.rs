//! Whether an answer can be told from one that was made up.

use plaudit_domain::Sampler;
use plaudit_models::TOLERANCE;

use crate::support::{GREEDY, files, generate, load, request, tensors};

const WARM: Sampler = Sampler {
    temperature: Some(0.9),
    top_k: Some(60),
    top_p: Some(0.95),
    min_p: Some(0.01),
    repetition_penalty: Some(1.1),
    max_tokens: Some(40),
};

#[test]
fn an_answer_is_believed_with_its_seed_and_settings_and_refuted_with_others() {
    let model = load(files(&tensors(6)));
    for (sampler, seed) in [(GREEDY, 0), (WARM, 1), (WARM, u64::MAX)] {
        let request = request("Who wrote this?", sampler, seed);
        let (_, tokens) = generate(&model, &request);
        let replay = model.replay_blocking(&request, &tokens, false).unwrap();
        assert!(replay.is_plausible() && replay.agreed == replay.steps, "{replay:?}");
        assert_eq!(replay.steps as usize, tokens.len());
    }
    let honest = request("Who wrote this?", WARM, 7);
    let (_, tokens) = generate(&model, &honest);
    let other_seed = request("Who wrote this?", WARM, 8);
    assert!(!model.replay_blocking(&other_seed, &tokens, false).unwrap().is_plausible());
    let other_prompt = request("Who else?", WARM, 7);
    assert!(!model.replay_blocking(&other_prompt, &tokens, false).unwrap().is_plausible());
    let cooler = request("Who wrote this?", Sampler { temperature: Some(0.4), ..WARM }, 7);
    assert!(!model.replay_blocking(&cooler, &tokens, false).unwrap().is_plausible());
}

#[test]
fn one_changed_token_is_found() {
    let model = load(files(&tensors(6)));
    let request = request("Who wrote this?", WARM, 3);
    let (_, mut tokens) = generate(&model, &request);
    let middle = tokens.len() / 2;
    tokens[middle] = (tokens[middle] + 1) % 256;
    let replay = model.replay_blocking(&request, &tokens, false).unwrap();
    assert!(!replay.is_plausible() && replay.worst_gap > TOLERANCE, "{replay:?}");
}

#[test]
fn an_answer_that_claims_an_end_it_did_not_reach_is_found() {
    let model = load(files(&tensors(6)));
    let request = request("Who wrote this?", GREEDY, 0);
    let (_, tokens) = generate(&model, &request);
    assert!(!model.replay_blocking(&request, &tokens[..5], true).unwrap().is_plausible());
    assert!(model.replay_blocking(&request, &tokens[..5], false).unwrap().is_plausible(), "a stopped one is a prefix");
}

#[test]
fn more_tokens_than_allowed_are_refuted_without_running_them() {
    let model = load(files(&tensors(6)));
    let request = request("Who wrote this?", GREEDY, 0);
    assert!(!model.replay_blocking(&request, &[1; 25], false).unwrap().is_plausible());
    assert!(
        model.replay_blocking(&request, &[90_000, 1], false).is_err(),
        "a token that does not exist cannot be looked at"
    );
}
