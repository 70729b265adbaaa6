//! Models of ties, both bad, and normal noise: against fits by scipy, and what must hold for any votes.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

#[path = "shared/mod.rs"]
mod shared;

use plaudit_domain::{Outcome, RankingMethod};
use plaudit_ranking::{
    BradleyTerryOptions, OutcomeFit, OutcomeModel, PairCounts, RankingError, bradley_terry, fit_outcomes, held_out,
    rank_by,
};
use proptest::prelude::*;
use serde_json::Value;

const MODELS: [(&str, OutcomeModel); 5] = [
    ("davidson", OutcomeModel::Davidson),
    ("rao_kupper", OutcomeModel::RaoKupper),
    ("four_outcomes", OutcomeModel::FourOutcomes),
    ("thurstone", OutcomeModel::Thurstone),
    ("reweighted", OutcomeModel::Reweighted { battles: 50.0 }),
];

/// Written by `scripts/outcome_models.py`.
fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/outcome_models.json")).unwrap()
}

fn small() -> PairCounts {
    let mut counts = PairCounts::new(5);
    for row in fixture()["table"].as_array().unwrap() {
        let numbers: Vec<u64> = row.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect();
        let [first, second, outcomes @ ..] = numbers.as_slice() else { panic!("six numbers a row") };
        for (outcome, count) in Outcome::ALL.into_iter().zip(outcomes) {
            counts.add(*first as u32, *second as u32, outcome, *count).unwrap();
        }
    }
    counts
}

fn agree(fit: &OutcomeFit, reference: &Value, tolerance: f64, name: &str) {
    let strengths: Vec<f64> = reference["log_odds"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(strengths.len(), fit.log_odds.len());
    for (ours, theirs) in fit.log_odds.iter().zip(&strengths) {
        assert!((ours.unwrap() - theirs).abs() < tolerance, "{name}: {ours:?} and {theirs}");
    }
    for (ours, theirs) in [(fit.tie, &reference["tie"]), (fit.bar, &reference["bar"])] {
        assert_eq!(ours.is_some(), !theirs.is_null(), "{name}");
        if let Some(ours) = ours {
            assert!((ours.value - theirs.as_f64().unwrap()).abs() < 5.0 * tolerance, "{name}: {ours:?} and {theirs}");
        }
    }
    let likelihood = reference["log_likelihood"].as_f64().unwrap();
    assert!((fit.log_likelihood - likelihood).abs() < 1e-6 * likelihood.abs(), "{name}");
}

#[test]
fn every_model_is_where_scipy_is() {
    for (name, model) in MODELS {
        let fit = fit_outcomes(&small(), model).unwrap();
        assert!(!fit.needs_prior);
        agree(&fit, &fixture()["small"][name], 1e-6, name);
    }
}

#[test]
fn ties_of_the_crowd_are_where_scipy_is() {
    let Some(text) = shared::read("llmfao/crowd-comparisons.csv") else { return };
    let mut rows = Vec::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row.unwrap();
        let (left, right): (u32, u32) = (row[2].parse().unwrap(), row[3].parse().unwrap());
        let outcome = match &row[5] {
            "left" => Outcome::Left,
            "right" => Outcome::Right,
            "tie" => Outcome::Tie,
            other => panic!("{other}"),
        };
        if left != right {
            rows.push((left, right, outcome));
        }
    }
    let mut names: Vec<u32> = rows.iter().flat_map(|row| [row.0, row.1]).collect();
    names.sort_unstable();
    names.dedup();
    let place = |name: u32| names.binary_search(&name).unwrap() as u32;
    let battles = rows.iter().map(|&(left, right, outcome)| (place(left), place(right), outcome));
    let counts = PairCounts::from_battles(names.len() as u32, battles).unwrap();
    for (name, model) in &MODELS[..2] {
        // scipy's derivatives are finite differences there.
        agree(&fit_outcomes(&counts, *model).unwrap(), &fixture()["llmfao"][name], 1e-4, name);
    }
}

#[test]
fn without_ties_all_logistic_models_are_bradley_terry() {
    let mut counts = PairCounts::new(3);
    for (left, right, wins, losses) in [(0, 1, 30, 20), (1, 2, 25, 15), (2, 0, 10, 40)] {
        counts.add(left, right, Outcome::Left, wins).unwrap();
        counts.add(left, right, Outcome::Right, losses).unwrap();
    }
    let plain = bradley_terry(&counts, &BradleyTerryOptions { guard_battles: 30, ..Default::default() }).unwrap();
    for (name, model) in MODELS.iter().filter(|(_, model)| *model != OutcomeModel::Thurstone) {
        let fit = fit_outcomes(&counts, *model).unwrap();
        for (ours, theirs) in fit.log_odds.iter().zip(&plain.log_odds) {
            assert!((ours.unwrap() - theirs.unwrap()).abs() < 1e-9, "{name}");
        }
        for (ours, theirs) in fit.standard_errors.iter().zip(&plain.standard_errors) {
            assert!((ours.unwrap() - theirs.unwrap()).abs() < 1e-9, "{name}");
        }
        let expected = if *model == OutcomeModel::RaoKupper { 1.0 } else { 0.0 };
        let boundary = fit.tie.is_none_or(|tie| tie.value == expected && tie.standard_error.is_none());
        assert!(boundary && fit.bar.is_none(), "{name}: {:?}", fit.tie);
    }
}

#[test]
fn half_wins_draw_strengths_together_and_a_tie_parameter_does_not() {
    let counts = small();
    let spread = |log_odds: &[Option<f64>]| log_odds[0].unwrap() - log_odds[4].unwrap();
    let half = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let modelled = fit_outcomes(&counts, OutcomeModel::Davidson).unwrap();
    assert!(spread(&modelled.log_odds) > 1.2 * spread(&half.log_odds));
}

#[test]
fn ties_that_let_strengths_run_away_get_the_prior_whatever_the_names() {
    // Nobody is separated, and yet there is no maximum: strengths and tie parameter grow together.
    let boards: [&[(u32, u32, Outcome, u64)]; 3] = [
        &[(0, 1, Outcome::Left, 1), (0, 2, Outcome::Tie, 1), (1, 2, Outcome::Tie, 1)],
        &[(0, 2, Outcome::Tie, 1), (2, 0, Outcome::Left, 7), (0, 1, Outcome::Tie, 2)],
        &[(0, 1, Outcome::Left, 30), (0, 2, Outcome::BothBad, 4), (1, 2, Outcome::Tie, 3), (0, 2, Outcome::Tie, 3)],
    ];
    let names: [[u32; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for model in [OutcomeModel::Davidson, OutcomeModel::RaoKupper] {
        for board in boards {
            let fits = names.map(|names| {
                let mut counts = PairCounts::new(3);
                for &(left, right, outcome, count) in board {
                    counts.add(names[left as usize], names[right as usize], outcome, count).unwrap();
                }
                (names, fit_outcomes(&counts, model).unwrap())
            });
            let first = &fits[0].1;
            for (names, fit) in &fits {
                assert!(fit.needs_prior, "{model:?} {board:?}");
                for (contestant, name) in names.iter().enumerate() {
                    let (one, other) = (first.log_odds[contestant].unwrap(), fit.log_odds[*name as usize].unwrap());
                    assert!((one - other).abs() < 1e-9, "{model:?} {board:?}: {one} and {other}");
                }
            }
        }
    }
    // One vote the other way round, and there is a maximum.
    let mut counts = PairCounts::new(3);
    for &(left, right, outcome, count) in boards[0].iter().chain(&[(1, 0, Outcome::Left, 1)]) {
        counts.add(left, right, outcome, count).unwrap();
    }
    assert!(!fit_outcomes(&counts, OutcomeModel::Davidson).unwrap().needs_prior);
}

#[test]
fn the_bar_rises_with_votes_that_say_both_are_bad() {
    let bar = |bad: u64| {
        let mut counts = small();
        counts.add(3, 4, Outcome::BothBad, bad).unwrap();
        fit_outcomes(&counts, OutcomeModel::FourOutcomes).unwrap().bar.unwrap().value
    };
    assert!(bar(200) > bar(50) && bar(50) > bar(0));
}

#[test]
fn the_model_that_made_the_votes_predicts_them_best() {
    // Davidson's own probabilities as counts, for strengths a third apart and ν = 1.
    let mut counts = PairCounts::new(6);
    for first in 0..6_u32 {
        for second in first + 1..6 {
            let difference = f64::from(second - first) / 3.0;
            let weights = [(difference / 2.0).exp(), (-difference / 2.0).exp(), 1.0];
            let sum: f64 = weights.iter().sum();
            for (outcome, weight) in [Outcome::Left, Outcome::Right, Outcome::Tie].into_iter().zip(weights) {
                counts.add(first, second, outcome, (2000.0 * weight / sum).round() as u64).unwrap();
            }
        }
    }
    let scores = held_out(&counts, 5, 1).unwrap();
    let loss = |method| scores.iter().find(|score| score.method == method).unwrap().log_loss;
    let davidson = loss(Some(RankingMethod::Davidson));
    assert!(davidson < loss(Some(RankingMethod::BradleyTerry)) && davidson < loss(None));
    assert!(scores.windows(2).all(|pair| pair[0].log_loss <= pair[1].log_loss));
    assert!(scores.iter().all(|score| score.log_loss_error > 0.0 && score.brier > 0.0 && score.brier < 2.0));
    assert_eq!(scores, held_out(&counts, 5, 1).unwrap(), "the same seed, the same folds");
    assert!(held_out(&counts, 1, 1).is_err());
    assert!(held_out(&PairCounts::new(3), 5, 1).unwrap().is_empty());
}

fn votes() -> impl Strategy<Value = Vec<(u32, u32, usize, u64)>> {
    let vote = (0_u32..6, 1_u32..6, 0_usize..4, prop_oneof![9 => 1_u64..40, 1 => Just(1 << 33)]);
    prop::collection::vec(
        vote.prop_map(|(left, offset, outcome, count)| (left, (left + offset) % 6, outcome, count)),
        0..25,
    )
}

fn counted(votes: &[(u32, u32, usize, u64)], names: &[u32]) -> PairCounts {
    let mut counts = PairCounts::new(6);
    for &(left, right, outcome, count) in votes {
        counts.add(names[left as usize], names[right as usize], Outcome::ALL[outcome], count).unwrap();
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_votes_give_finite_boards_by_every_method_whatever_the_names(
        votes in votes(),
        names in Just((0..6_u32).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let is_absurd = votes.iter().any(|vote| vote.3 > 40);
        let (counts, renamed) = (counted(&votes, &[0, 1, 2, 3, 4, 5]), counted(&votes, &names));
        for method in RankingMethod::ALL {
            let board = match rank_by(&counts, method) {
                Ok(board) => board,
                // Billions of votes beside single ones are beyond 64-bit floats: an error that says so, and never a wrong number.
                Err(RankingError::NotConverged { .. }) if is_absurd => continue,
                Err(error) => return Err(TestCaseError::fail(format!("{method}: {error}"))),
            };
            prop_assert_eq!(board.rows.len(), 6);
            for row in &board.rows {
                prop_assert_eq!(row.score.is_some(), row.battles > 0, "{}", method);
                for number in [row.score, row.lower, row.upper].into_iter().flatten() {
                    prop_assert!(number.is_finite(), "{}: {:?}", method, row);
                }
            }
            prop_assert!(board.facts.iter().all(|fact| fact.value.is_finite()), "{}", method);
            // Which of several best orders or mixtures is taken may depend on the names.
            if is_absurd || matches!(method, RankingMethod::Kemeny | RankingMethod::MaximalLottery) {
                continue;
            }
            let other = rank_by(&renamed, method).unwrap();
            for row in &board.rows {
                let twin = other.rows.iter().find(|twin| twin.contestant == names[row.contestant as usize]).unwrap();
                let (one, other) = (row.score.unwrap_or_default(), twin.score.unwrap_or_default());
                prop_assert!((one - other).abs() <= 1e-4 * one.abs().max(1.0), "{}: {} and {}", method, one, other);
            }
        }
    }
}
