//! What a reward head learns from votes whose reasons are known.

use std::{fs, path::Path};

use futures_lite::future::block_on;
use plaudit_judges::reward::{
    Dataset, Flag, HEAD_FORMAT, HeadManifest, Recipe, by_contestant, by_prompt,
    train::{Epoch, TrainError, Trainer, cross_validate, train},
};
use plaudit_models::{device, sha256_hex};

use crate::support::{Reason, Synthetic, synthetic};

fn recipe() -> Recipe {
    Recipe { heads: 6, hidden: 4, epochs: 10, ..Recipe::default() }
}

#[test]
fn a_preference_in_the_features_is_found_in_votes_that_were_not_seen() {
    let Synthetic { dataset, .. } = synthetic(2_400, Reason::Linear, 1);
    let splits = by_prompt(&dataset, 3, 1).unwrap();
    let mut heard = 0;
    let found = block_on(cross_validate(&dataset, &recipe(), &splits, &device::cpu(), &mut |_, _| heard += 1)).unwrap();
    println!("by prompt: accuracy {:.3}, log-loss {:.3}", found.accuracy(), found.log_loss());
    assert!(found.accuracy() > 0.85, "{}", found.accuracy());
    assert!(found.log_loss() < 0.4, "{}", found.log_loss());
    assert_eq!(heard, 3 * 10);
    for (fold, split) in found.folds.iter().zip(&splits) {
        assert_eq!((fold.curve.len(), fold.training as usize), (10, split.training.len()));
        let losses: Vec<f64> = fold.curve.iter().map(|epoch| epoch.held_out.unwrap().log_loss).collect();
        assert!(losses[9] < losses[0], "it learns: {losses:?}");
    }
    assert!(found.strengths.iter().all(Option::is_some), "each comparison is held out once");

    let splits = by_contestant(&dataset, 3, 1).unwrap();
    let found = block_on(cross_validate(&dataset, &recipe(), &splits, &device::cpu(), &mut |_, _| ())).unwrap();
    println!("by contestant: accuracy {:.3}, log-loss {:.3}", found.accuracy(), found.log_loss());
    assert!(found.accuracy() > 0.75, "{}", found.accuracy());
}

#[test]
fn coins_teach_nothing_about_votes_that_were_not_seen() {
    let Synthetic { dataset, .. } = synthetic(2_400, Reason::Coin, 2);
    let splits = by_prompt(&dataset, 3, 1).unwrap();
    let found = block_on(cross_validate(&dataset, &recipe(), &splits, &device::cpu(), &mut |_, _| ())).unwrap();
    println!("coins: accuracy {:.3}, log-loss {:.3}", found.accuracy(), found.log_loss());
    // Four standard deviations of 2,400 coins.
    assert!((found.accuracy() - 0.5).abs() < 0.041, "{}", found.accuracy());
    assert!(found.log_loss() > 2.0_f64.ln() - 0.005, "{}", found.log_loss());
}

#[test]
fn votes_that_were_turned_round_divide_the_heads_and_are_flagged() {
    let Synthetic { dataset, turned } = synthetic(2_400, Reason::OneInTenTurned, 3);
    let all: Vec<usize> = (0..2_400).collect();
    let seen = block_on(train(&dataset, &recipe(), &all, &[], &device::cpu(), &mut |_| ())).unwrap().strengths;
    let mean = |wanted: bool| {
        let of: Vec<f64> = (0..2_400).filter(|vote| turned[*vote] == wanted).map(|vote| seen[vote].variance).collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    let (of_turned, of_others) = (mean(true), mean(false));
    println!("variance over heads: {of_turned:.4} of turned votes, {of_others:.4} of others");
    assert!(of_turned > 1.1 * of_others, "{of_turned} and {of_others}");

    // What the heads say of votes that none of them has seen tells wrong ones better still.
    let splits = by_prompt(&dataset, 3, 1).unwrap();
    let held_out =
        block_on(cross_validate(&dataset, &recipe(), &splits, &device::cpu(), &mut |_, _| ())).unwrap().strengths;
    let flagged = |wanted: bool| {
        let of: Vec<usize> = (0..2_400).filter(|vote| turned[*vote] == wanted).collect();
        let wrong = of.iter().filter(|vote| {
            held_out[**vote].unwrap().flag(dataset.comparisons()[**vote].label) == Some(Flag::LikelyWrong)
        });
        wrong.count() as f64 / of.len() as f64
    };
    let (of_turned, of_others) = (flagged(true), flagged(false));
    println!("flagged as likely wrong: {of_turned:.3} of turned votes, {of_others:.3} of others");
    assert!(of_turned > 0.6 && of_others < 0.15, "{of_turned} and {of_others}");
}

#[test]
fn ties_pull_two_answers_together() {
    let Synthetic { dataset, .. } = synthetic(600, Reason::Ties, 4);
    let all: Vec<usize> = (0..600).collect();
    let trained = block_on(train(&dataset, &recipe(), &all, &all, &device::cpu(), &mut |_| ())).unwrap();
    let score = trained.curve.last().unwrap().held_out.unwrap();
    assert_eq!((score.comparisons, score.decisive, score.accuracy), (600, 0, 0.5));
    // ln 2 is the least that a tie can cost.
    assert!((score.log_loss - 2.0_f64.ln()).abs() < 0.02, "{}", score.log_loss);
}

#[test]
fn a_seed_trains_the_same_head_again_and_another_seed_another() {
    let Synthetic { dataset, .. } = synthetic(300, Reason::Linear, 5);
    let all: Vec<usize> = (0..300).collect();
    let head = |seed| {
        let recipe = Recipe { epochs: 2, seed, ..recipe() };
        block_on(train(&dataset, &recipe, &all, &[], &device::cpu(), &mut |_| ())).unwrap().head
    };
    assert_eq!(head(1), head(1));
    assert_ne!(head(1), head(2));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let Synthetic { dataset, .. } = synthetic(30, Reason::Linear, 6);
    let refused = |recipe: &Recipe, training: &[usize], held_out: &[usize]| {
        Trainer::new(&dataset, recipe, training, held_out, &device::cpu()).map(|_| ()).unwrap_err()
    };
    assert!(matches!(refused(&recipe(), &[], &[]), TrainError::Comparisons { .. }));
    assert!(matches!(refused(&recipe(), &[0], &[30]), TrainError::Comparisons { number: 30, count: 30 }));
    for wrong in [
        Recipe { heads: 1, ..recipe() },
        Recipe { dropout: 1.0, ..recipe() },
        Recipe { learning_rate: f64::NAN, ..recipe() },
        Recipe { batch: 0, ..recipe() },
    ] {
        assert!(matches!(refused(&wrong, &[0], &[]), TrainError::Recipe(_)), "{wrong:?}");
    }
    let wild = Recipe { learning_rate: 1.0, weight_decay: 100.0, epochs: 40, ..recipe() };
    let all: Vec<usize> = (0..30).collect();
    let outcome = block_on(train(&dataset, &wild, &all, &[], &device::cpu(), &mut |_| ()));
    assert!(matches!(outcome, Err(TrainError::Diverged { .. } | TrainError::Head(_))), "{:?}", outcome.map(|_| ()));
}

/// What `tests/worker/worker.mjs` holds a browser's learning to.
#[derive(serde::Serialize, serde::Deserialize)]
struct HeldTo {
    /// A head's manifest, of which the browser reads the recipe.
    manifest: HeadManifest,
    folds: u32,
    fold: u32,
    /// Of each epoch the training loss, the loss and the accuracy of what is held out.
    curve: Vec<[f64; 3]>,
}

/// With `PLAUDIT_WRITE_SNAPSHOTS=1` the numbers are written anew.
#[test]
fn the_numbers_that_browsers_are_held_to_are_those_of_native_learning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let (votes, held_to) = (folder.join("votes.safetensors"), folder.join("learning.json"));
    let writes = std::env::var_os("PLAUDIT_WRITE_SNAPSHOTS").is_some();
    if writes {
        fs::write(&votes, synthetic(30, Reason::OneInTenTurned, 5).dataset.to_file().unwrap()).unwrap();
    }
    let file = fs::read(&votes).unwrap();
    let dataset = Dataset::from_file(&file).unwrap();
    let recipe = Recipe { heads: 4, hidden: 4, epochs: 5, batch: 8, ..Recipe::default() };
    let split = by_prompt(&dataset, 3, recipe.seed).unwrap().remove(0);
    let (device, mut report) = (device::cpu(), |_: &Epoch| {});
    let trained = block_on(train(&dataset, &recipe, &split.training, &split.held_out, &device, &mut report)).unwrap();
    let found: Vec<[f64; 3]> = trained
        .curve
        .iter()
        .map(|epoch| {
            let score = epoch.held_out.unwrap();
            [epoch.training_loss, score.log_loss, score.accuracy]
        })
        .collect();
    if writes {
        let manifest = HeadManifest {
            format: HEAD_FORMAT.to_owned(),
            sha256: String::new(),
            encoder_sha256: String::new(),
            source: "made for a test".to_owned(),
            comparisons: dataset.comparisons().len() as u64,
            votes_sha256: Some(sha256_hex(&file)),
            recipe,
            held_out: Vec::new(),
        };
        let held_to_now = HeldTo { manifest, folds: 3, fold: 0, curve: found };
        fs::write(&held_to, serde_json::to_string_pretty(&held_to_now).unwrap() + "\n").unwrap();
        return;
    }
    let expected: HeldTo = serde_json::from_slice(&fs::read(&held_to).unwrap()).unwrap();
    assert_eq!((expected.folds, expected.fold, expected.manifest.recipe), (3, 0, recipe));
    assert_eq!(expected.curve.len(), found.len());
    let near =
        |(one, other): (&[f64; 3], &[f64; 3])| one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-4);
    assert!(expected.curve.iter().zip(&found).all(near), "{:?} was {found:?}", expected.curve);
}
