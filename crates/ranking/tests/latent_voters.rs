//! Voters as points, and whether knowing a voter helps to predict them.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

mod shared;
mod simulated;

use plaudit_domain::Outcome;
use plaudit_ranking::{
    FactorOptions, PairCounts, PersonalOptions, RankingError, compare_personal, ideal_points, latent_tastes,
    personal_boards,
};
use proptest::prelude::*;
use simulated::{Random, relabelled, vote_randomly};

/// Voters along one axis, and contestants that pull in either direction: b + a·x.
struct Planted {
    voters: Vec<PairCounts>,
    places: Vec<f64>,
    pulls: Vec<f64>,
}

fn planted(voters: u32, votes: u32, scale: f64, seed: u64) -> Planted {
    let mut random = Random::new(seed);
    let pulls: Vec<f64> = (0..10_u32).map(|index| scale * [1.0, -0.6, 0.2, -1.2, 0.6][index as usize % 5]).collect();
    let places: Vec<f64> = (0..voters).map(|_| random.normal()).collect();
    let vote = |place: &f64| {
        let strengths: Vec<f64> =
            pulls.iter().enumerate().map(|(index, pull)| 0.15 * index as f64 - 0.7 + place * pull).collect();
        vote_randomly(&strengths, votes, &mut random)
    };
    let voters = places.iter().map(vote).collect();
    Planted { voters, places, pulls }
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (middle, centre) = (mean(one), mean(other));
    let products = one.iter().zip(other).map(|(x, y)| (x - middle) * (y - centre)).sum::<f64>();
    let square = |values: &[f64], mean: f64| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    products / (square(one, middle) * square(other, centre)).sqrt()
}

#[test]
fn a_planted_axis_is_found_by_both_models() {
    let Planted { voters, places, pulls } = planted(100, 50, 1.0, 1);
    let latent = latent_tastes(&voters, &FactorOptions::default()).unwrap();
    let points = ideal_points(&voters, &FactorOptions::default()).unwrap();
    assert!(latent.is_converged && points.is_converged);
    let first = |all: &[Option<Vec<f64>>]| -> Vec<f64> { all.iter().map(|point| point.as_ref().unwrap()[0]).collect() };
    for (loadings, voters) in [
        (first(&latent.loadings), latent.voters.iter().map(|voter| voter.mean[0]).collect::<Vec<f64>>()),
        (first(&points.contestants), points.voters.iter().map(|point| point[0]).collect()),
    ] {
        let (of_contestants, of_voters) = (correlation(&loadings, &pulls), correlation(&voters, &places));
        eprintln!("correlation with the truth: contestants {of_contestants:.3}, voters {of_voters:.3}");
        // The axis may point either way, but the same way for both.
        assert!(of_contestants.abs() > 0.95 && of_voters.abs() > 0.9 && of_contestants * of_voters > 0.0);
        let largest =
            loadings.iter().fold(0.0, |most: f64, value| if value.abs() > most.abs() { *value } else { most });
        assert!(largest > 0.0 && loadings.iter().sum::<f64>().abs() < 1e-6);
    }
    // Posterior intervals of a voter's place, on the scale of unit variance.
    let sign = correlation(&first(&latent.loadings), &pulls).signum();
    let inside = latent
        .voters
        .iter()
        .zip(&places)
        .filter(|(voter, place)| (sign * voter.mean[0] - **place).abs() <= 1.645 * voter.covariance[0][0].sqrt());
    let share = inside.count() as f64 / 100.0;
    eprintln!("90 % intervals hold {share:.2}");
    assert!(share > 0.7, "{share}");
}

#[test]
fn knowing_the_voter_helps_exactly_where_voters_differ() {
    let Planted { voters, .. } = planted(80, 40, 1.0, 2);
    let found = compare_personal(&voters, &FactorOptions::default(), 4, 0).unwrap();
    eprintln!("{found:#?}");
    for better in [found.personal, found.latent, found.ideal_points] {
        assert!(better.excess < -3.0 * better.excess_error, "{better:?}");
    }
    // One axis is what there is: whoever looks for one does better than whoever learns each contestant separately.
    assert!(found.latent.log_loss < found.personal.log_loss);

    let Planted { voters, .. } = planted(80, 40, 0.0, 3);
    let found = compare_personal(&voters, &FactorOptions::default(), 4, 0).unwrap();
    eprintln!("{found:#?}");
    for same in [found.personal, found.latent] {
        assert!(same.excess > -2.0 * same.excess_error && same.excess < 0.01, "{same:?}");
    }
    assert_eq!((found.crowd.excess, found.crowd.excess_error), (0.0, 0.0));
}

#[test]
fn a_voter_without_votes_stands_in_the_middle() {
    let Planted { mut voters, .. } = planted(30, 30, 1.0, 4);
    voters.push(PairCounts::new(10));
    let options = FactorOptions { dimensions: 2, ..Default::default() };
    let latent = latent_tastes(&voters, &options).unwrap();
    let silent = &latent.voters[30];
    for (row, entries) in silent.covariance.iter().enumerate() {
        assert!(silent.mean[row].abs() < 1e-12);
        for (column, entry) in entries.iter().enumerate() {
            assert!((entry - f64::from(u8::from(row == column))).abs() < 1e-9);
        }
    }
    assert_eq!(latent.boards[30].log_odds, latent.log_odds);
    assert_eq!(ideal_points(&voters, &options).unwrap().voters[30], [0.0, 0.0]);
}

#[test]
fn neither_the_order_of_voters_nor_the_names_of_contestants_matter() {
    let Planted { voters, .. } = planted(25, 30, 1.0, 5);
    let names = [9, 1, 8, 2, 7, 3, 6, 4, 5, 0];
    let reversed: Vec<PairCounts> = voters.iter().rev().cloned().collect();
    let renamed: Vec<PairCounts> = voters.iter().map(|voter| relabelled(voter, &names)).collect();
    let options = FactorOptions::default();

    let latent = latent_tastes(&voters, &options).unwrap();
    let mut backwards = latent_tastes(&reversed, &options).unwrap();
    backwards.voters.reverse();
    backwards.boards.reverse();
    assert_eq!(latent, backwards);
    let other = latent_tastes(&renamed, &options).unwrap();
    for (board, other) in latent.boards.iter().zip(&other.boards) {
        for (contestant, &name) in names.iter().enumerate() {
            assert!((board.log_odds[contestant].unwrap() - other.log_odds[name as usize].unwrap()).abs() < 1e-4);
        }
    }

    let points = ideal_points(&voters, &options).unwrap();
    let mut backwards = ideal_points(&reversed, &options).unwrap();
    backwards.voters.reverse();
    assert_eq!(points, backwards);
    let other = ideal_points(&renamed, &options).unwrap();
    for (point, other) in points.voters.iter().zip(&other.voters) {
        assert!((point[0] - other[0]).abs() < 1e-2, "{point:?} {other:?}");
    }
}

#[test]
fn options_that_make_no_sense_are_refused_and_nobody_is_placed_nowhere() {
    for options in [
        FactorOptions { dimensions: 0, ..Default::default() },
        FactorOptions { dimensions: 9, ..Default::default() },
        FactorOptions { penalty: 0.0, ..Default::default() },
        FactorOptions { point_penalty: f64::INFINITY, ..Default::default() },
    ] {
        assert!(matches!(latent_tastes(&[], &options), Err(RankingError::Option { .. })));
        assert!(matches!(ideal_points(&[], &options), Err(RankingError::Option { .. })));
    }
    for nobody in [vec![], vec![PairCounts::new(3); 2]] {
        let latent = latent_tastes(&nobody, &FactorOptions::default()).unwrap();
        assert!(latent.log_odds.iter().all(Option::is_none) && latent.voters.len() == nobody.len());
        let points = ideal_points(&nobody, &FactorOptions::default()).unwrap();
        assert!(points.contestants.iter().all(Option::is_none) && points.voters.len() == nobody.len());
        assert_eq!(compare_personal(&nobody, &FactorOptions::default(), 2, 0).unwrap().latent.log_loss, 0.0);
    }
}

#[test]
fn the_crowd_of_llmfao() {
    let Some(voters) = simulated::llmfao() else { return };
    let found = compare_personal(&voters, &FactorOptions::default(), 3, 0).unwrap();
    eprintln!("{found:#?}");
    for model in [found.crowd, found.personal, found.latent, found.ideal_points] {
        // Better than guessing.
        assert!(model.log_loss < std::f64::consts::LN_2 && model.excess_error.is_finite());
    }
    // The workers' tastes differ: their own other votes say something that the crowd's do not.
    assert!(found.personal.excess < 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn every_round_climbs_and_every_number_is_finite(
        battles in prop::collection::vec(
            (0..3_usize, 0..5_u32, 1..5_u32, prop::sample::select(Outcome::ALL.to_vec()), prop::sample::select(vec![1, 3, 1_000_000])),
            0..25,
        ),
        dimensions in 1..3_u32,
    ) {
        let mut voters = vec![PairCounts::new(5); 3];
        for (voter, left, offset, outcome, count) in battles {
            voters[voter].add(left, (left + offset) % 5, outcome, count).unwrap();
        }
        let options = FactorOptions { dimensions, ..Default::default() };
        let latent = latent_tastes(&voters, &options).unwrap();
        let points = ideal_points(&voters, &options).unwrap();
        for trace in [&latent.trace, &points.trace] {
            for step in trace.windows(2) {
                prop_assert!(step[1] >= step[0] - 1e-8 * step[0].abs().max(1.0), "{step:?}");
            }
        }
        for board in &latent.boards {
            prop_assert!(board.log_odds.iter().chain(&board.standard_deviations).flatten().all(|value| value.is_finite()));
        }
        prop_assert!(points.voters.iter().flatten().all(|value| value.is_finite()));
        prop_assert!(points.contestants.iter().flatten().flatten().all(|value| value.is_finite()));
        let rated = personal_boards(&voters, &PersonalOptions::default()).unwrap().crowd.log_odds;
        for (place, point) in rated.iter().zip(&points.contestants) {
            prop_assert_eq!(place.is_some(), point.is_some());
        }
    }
}
