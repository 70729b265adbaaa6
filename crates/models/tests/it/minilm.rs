//! all-MiniLM-L6-v2 beside transformers. The expected vectors were written by `xtask/scripts/parity/sentence.py`.

use std::path::PathBuf;

use plaudit_domain::{ModelManifest, SelfCheck};
use plaudit_models::{EMBEDDING_WIDTH, Embedder, Embedding, MOST_TOKENS, ModelFiles, cosine, device};
use serde::Deserialize;

/// Between two computations in single precision that add up in different orders.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    tokens: Vec<u32>,
    vector: Vec<f32>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Fixture>(include_str!("../fixtures/minilm.json")).unwrap().cases
}

fn files(test: &str) -> Option<(ModelManifest, ModelFiles)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/models/all-minilm-l6-v2");
    if !folder.join("manifest.json").exists() {
        eprintln!("SKIPPED {test}: there are no MiniLM weights; `cargo xtask models fetch minilm` gets them");
        return None;
    }
    let manifest = ModelManifest::from_json(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let files = ModelFiles::read(&manifest, &folder).unwrap();
    Some((manifest, files))
}

fn embedder(test: &str) -> Option<Embedder> {
    files(test).map(|(_, files)| Embedder::load(&files, &device::cpu()).unwrap())
}

fn embed(embedder: &Embedder, texts: &[&str]) -> Vec<Embedding> {
    futures_lite::future::block_on(embedder.embed(texts)).unwrap()
}

fn farthest(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

#[test]
fn vectors_are_those_of_transformers_alone_and_in_batches() {
    let Some(embedder) = embedder("vectors_are_those_of_transformers_alone_and_in_batches") else { return };
    let cases = cases();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let together = embed(&embedder, &texts);
    let mut worst = 0.0_f32;
    for (case, together) in cases.iter().zip(&together) {
        assert_eq!(case.vector.len(), EMBEDDING_WIDTH);
        assert_eq!(together.tokens as usize, case.tokens.len(), "{}", case.text);
        let alone = &embed(&embedder, &[&case.text])[0];
        let differences = [farthest(&alone.vector, &case.vector), farthest(&together.vector, &case.vector)];
        worst = differences.into_iter().fold(worst, f32::max);
        assert!(worst < TOLERANCE, "{}: {differences:?}", case.text);
        let length: f64 = together.vector.iter().map(|value| f64::from(value * value)).sum();
        assert!((length - 1.0).abs() < 1e-5);
    }
    println!("largest difference of a component: {worst:.2e}");
}

#[test]
fn a_long_text_is_read_to_its_limit_and_says_what_was_cut() {
    let Some(embedder) = embedder("a_long_text_is_read_to_its_limit_and_says_what_was_cut") else { return };
    let text = "river ".repeat(1_000);
    let [whole, beginning] = &embed(&embedder, &[&text, &"river ".repeat(MOST_TOKENS - 2)])[..] else { panic!() };
    assert_eq!((whole.tokens as usize, whole.cut as usize), (MOST_TOKENS, 1_000 + 2 - MOST_TOKENS));
    assert_eq!((beginning.tokens as usize, beginning.cut), (MOST_TOKENS, 0));
    assert!(farthest(&whole.vector, &beginning.vector) < 1e-6);
}

#[test]
fn texts_of_one_meaning_are_nearer_than_others() {
    let Some(embedder) = embedder("texts_of_one_meaning_are_nearer_than_others") else { return };
    let vectors = embed(&embedder, &["Why is the sky blue?", "What makes the heavens azure?", "Bake a loaf of bread."]);
    let near = cosine(&vectors[0].vector, &vectors[1].vector);
    let far = cosine(&vectors[0].vector, &vectors[2].vector);
    assert!(near > far + 0.3, "{near} and {far}");
    assert!((cosine(&vectors[0].vector, &vectors[0].vector) - 1.0).abs() < 1e-6);
    assert!(embed(&embedder, &[]).is_empty());
}

#[test]
fn the_manifests_self_check_passes_and_a_spoilt_one_does_not() {
    let Some((manifest, files)) = files("the_manifests_self_check_passes_and_a_spoilt_one_does_not") else { return };
    let embedder = Embedder::load(&files, &device::cpu()).unwrap();
    let check = |check: &SelfCheck| futures_lite::future::block_on(embedder.self_check(check));
    assert!(check(&manifest.self_check).unwrap() < TOLERANCE);
    let mut spoilt = manifest.self_check;
    spoilt.prompt_tokens[1] += 1;
    assert!(check(&spoilt).unwrap() > 100.0 * TOLERANCE);
    spoilt.logits.clear();
    assert!(check(&spoilt).is_err(), "a check that checks nothing is no pass");
}

#[test]
fn files_that_are_not_this_model_say_why() {
    let Some((_, files)) = files("files_that_are_not_this_model_say_why") else { return };
    let refused = |files: ModelFiles| match Embedder::load(&files, &device::cpu()) {
        Ok(_) => panic!("loaded"),
        Err(error) => error.to_string(),
    };
    let config = String::from_utf8(files.config.clone().unwrap()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(config.contains(from), "{from}");
        ModelFiles { config: Some(config.replace(from, to).into_bytes()), ..files.clone() }
    };
    assert!(refused(with("\"model_type\": \"bert\"", "\"model_type\": \"roberta\"")).contains("roberta"));
    assert!(refused(with("\"num_hidden_layers\": 6", "\"num_hidden_layers\": 7")).contains("layer.6"));
    assert!(refused(with("\"intermediate_size\": 1536", "\"intermediate_size\": 1024")).contains("shape"));
    assert!(refused(ModelFiles { config: None, ..files.clone() }).contains("config.json"));
    assert!(refused(ModelFiles { tokenizer: None, ..files.clone() }).contains("tokenizer.json"));
    let cut = ModelFiles { weights: files.weights[..1_000_000].to_vec(), ..files.clone() };
    assert!(refused(cut).contains("safetensors"));
    assert!(refused(ModelFiles { weights: b"GGUF".to_vec(), ..files }).contains("neither"));
}
