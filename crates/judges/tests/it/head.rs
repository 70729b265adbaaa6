//! A trained head: the same on the host as in training, and the same again from its files.

use futures_lite::future::block_on;
use plaudit_judges::reward::{
    Dataset, Features, HEAD_FORMAT, HeadFileError, HeadFiles, HeadManifest, HeldOut, Recipe, RewardHead, TextFeatures,
    train::{Trainer, train},
};
use plaudit_models::{EMBEDDING_WIDTH, device};

use crate::support::{Random, Reason, synthetic};

fn recipe(hidden: u32) -> Recipe {
    Recipe { heads: 4, hidden, epochs: 3, ..Recipe::default() }
}

fn trained(hidden: u32) -> (Dataset, RewardHead) {
    let dataset = synthetic(400, Reason::Linear, 11).dataset;
    let all: Vec<usize> = (0..400).collect();
    let head = block_on(train(&dataset, &recipe(hidden), &all, &[], &device::cpu(), &mut |_| ())).unwrap().head;
    (dataset, head)
}

fn manifest(hidden: u32) -> HeadManifest {
    HeadManifest {
        votes_sha256: None,
        format: String::new(),
        sha256: String::new(),
        encoder_sha256: "0".repeat(64),
        source: "votes of a test".to_owned(),
        comparisons: 400,
        recipe: recipe(hidden),
        held_out: vec![HeldOut { by: "prompt".to_owned(), folds: 5, accuracy: 0.9, log_loss: 0.3 }],
    }
}

/// Features of two answers to one prompt, random.
fn pair(seed: u64) -> (Features, Features) {
    let mut random = Random::new(seed);
    let mut text = || {
        let vector = [(); EMBEDDING_WIDTH].map(|()| (random.normal() / (EMBEDDING_WIDTH as f64).sqrt()) as f32);
        TextFeatures { vector, characters: 100, words: 20 }
    };
    let prompt = text();
    (Features::of(&prompt, &text()), Features::of(&prompt, &text()))
}

#[test]
fn the_host_scores_as_the_device_trained() {
    for hidden in [0, 4] {
        let texts: Vec<TextFeatures> = (0..30_u32)
            .map(|place| TextFeatures {
                vector: [(); EMBEDDING_WIDTH].map({
                    let mut random = Random::new(u64::from(place));
                    move |()| random.normal() as f32 / 20.0
                }),
                characters: 10 + place * 7,
                words: 2 + place,
            })
            .collect();
        let comparisons = synthetic(30, Reason::Linear, 12).dataset.comparisons().to_vec();
        let comparisons =
            comparisons.into_iter().zip(0..).map(|(comparison, place)| plaudit_judges::reward::Comparison {
                prompt: place % 7,
                left: place,
                right: (place + 11) % 30,
                ..comparison
            });
        let comparisons: Vec<_> = comparisons.collect();
        let dataset = Dataset::new(texts.clone(), comparisons.clone()).unwrap();
        let all: Vec<usize> = (0..30).collect();
        let mut trainer = Trainer::new(&dataset, &recipe(hidden), &all, &[], &device::cpu()).unwrap();
        while !trainer.is_done() {
            block_on(trainer.epoch()).unwrap();
        }
        let head = trainer.head().unwrap();
        for (comparison, expected) in comparisons.iter().zip(block_on(trainer.strengths(&all)).unwrap()) {
            let text = |number: u32| &texts[number as usize];
            let features = |answer: u32| Features::of(text(comparison.prompt), text(answer));
            let found = head.strength(&features(comparison.left), &features(comparison.right));
            assert!((found.mean - expected.mean).abs() < 1e-4, "{found:?}, {expected:?}");
            assert!((found.variance - expected.variance).abs() < 1e-4, "{found:?}, {expected:?}");
        }
    }
}

#[test]
fn exchanging_the_answers_turns_the_preference_round() {
    let (_, head) = trained(4);
    let (left, right) = pair(1);
    let (one, other) = (head.strength(&left, &right), head.strength(&right, &left));
    assert!((one.mean + other.mean).abs() < 1e-9 && (one.variance - other.variance).abs() < 1e-9);
    assert!(head.strength(&left, &left).mean.abs() < 1e-12);
}

#[test]
fn dropout_adds_its_own_doubt_and_a_seed_gives_the_same_again() {
    let (_, head) = trained(4);
    let (left, right) = pair(2);
    let plain = head.strength(&left, &right);
    let doubtful = head.strength_with_dropout(&left, &right, 64, 3);
    assert!(doubtful.variance > plain.variance, "{doubtful:?} and {plain:?}");
    assert_eq!(doubtful, head.strength_with_dropout(&left, &right, 64, 3));
    assert_ne!(doubtful, head.strength_with_dropout(&left, &right, 64, 4));
}

#[test]
fn a_head_comes_back_from_its_files() {
    for hidden in [0, 4] {
        let (_, head) = trained(hidden);
        let files = head.to_files(manifest(hidden)).unwrap();
        assert!(files.tensors.len() < 400_000, "{} bytes", files.tensors.len());
        let (again, manifest_again) = RewardHead::from_files(&files).unwrap();
        assert_eq!(again, head);
        assert_eq!((manifest_again.format.as_str(), manifest_again.comparisons), (HEAD_FORMAT, 400));
        let (left, right) = pair(3);
        assert_eq!(again.strength(&left, &right), head.strength(&left, &right));
    }
}

#[test]
fn files_of_another_head_or_version_and_damaged_ones_are_refused() {
    let (_, head) = trained(4);
    let files = head.to_files(manifest(4)).unwrap();
    let refused = |files: HeadFiles| RewardHead::from_files(&files).map(|_| ()).unwrap_err();
    let with = |from: &str, to: &str| {
        assert!(files.manifest.contains(from), "{from}");
        HeadFiles { manifest: files.manifest.replace(from, to), ..files.clone() }
    };
    assert!(matches!(refused(with(HEAD_FORMAT, "plaudit-reward-head/9")), HeadFileError::Format(_)));
    assert!(matches!(refused(with("\"heads\": 4", "\"heads\": 5")), HeadFileError::Head(_)));
    assert!(matches!(refused(with("\"heads\": 4", "\"heads\": 0")), HeadFileError::Recipe(_)));
    let mut spoilt = files.clone();
    let last = spoilt.tensors.len() - 1;
    spoilt.tensors[last] ^= 1;
    assert!(matches!(refused(spoilt), HeadFileError::Digest { .. }));
    assert!(matches!(refused(HeadFiles { manifest: "{".to_owned(), ..files.clone() }), HeadFileError::Manifest(_)));
    assert!(matches!(head.to_files(manifest(5)), Err(HeadFileError::Head(_))), "the manifest of another head");
}
