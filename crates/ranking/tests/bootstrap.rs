//! The bootstrap against the closed form, and both against simulated truth.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BootstrapOptions, BradleyTerryOptions, PairCounts, RankInterval, RankingError, bootstrap, bradley_terry,
    bradley_terry_or_prior, weak_penalty,
};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Every pair meets equally often; battles are ties with a fixed chance, else as Bradley and Terry have it.
fn simulate(strengths: &[f64], battles: u32, ties: f64, random: &mut Xoshiro256PlusPlus) -> PairCounts {
    let mut counts = PairCounts::new(strengths.len() as u32);
    for left in 0..strengths.len() {
        for right in left + 1..strengths.len() {
            let chance = 1.0 / (1.0 + (strengths[right] - strengths[left]).exp());
            for _ in 0..battles {
                let outcome = match (uniform(random) < ties, uniform(random) < chance) {
                    (true, _) => Outcome::Tie,
                    (false, true) => Outcome::Left,
                    (false, false) => Outcome::Right,
                };
                counts.add(left as u32, right as u32, outcome, 1).unwrap();
            }
        }
    }
    counts
}

const STRENGTHS: [f64; 6] = [-0.9, -0.5, -0.1, 0.1, 0.5, 0.9];

#[test]
fn the_sandwich_is_as_wide_as_twenty_thousand_resamples_say() {
    let counts = simulate(&STRENGTHS, 2000, 0.2, &mut Xoshiro256PlusPlus::seed_from_u64(1));
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let draws = bootstrap(&counts, &fit, &BootstrapOptions { resamples: 20_000, seed: 2 }).unwrap();
    assert_eq!((draws.resamples(), draws.with_prior), (20_000, 0));
    let ratios: Vec<f64> = fit
        .standard_errors
        .iter()
        .zip(draws.standard_errors())
        .map(|(sandwich, bootstrap)| sandwich.unwrap() / bootstrap.unwrap())
        .collect();
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    assert!((mean - 1.0).abs() < 0.01, "{ratios:?}");
    // A standard deviation of 20,000 draws is itself off by half a percent, most of the time.
    assert!(ratios.iter().all(|ratio| (ratio - 1.0).abs() < 0.02), "{ratios:?}");
    // And the percentiles are those of the normal interval.
    for (percentile, normal) in draws.intervals(0.95).unwrap().iter().zip(fit.intervals(0.95).unwrap()) {
        let (percentile, normal) = (percentile.unwrap(), normal.unwrap());
        assert!((percentile.width() / normal.width() - 1.0).abs() < 0.03);
        assert!((percentile.lower - normal.lower).abs() < 0.05 * normal.width());
    }
}

#[test]
fn intervals_of_95_percent_cover_the_truth_in_93_5_to_96_5_percent_of_5000_boards() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut covered = [0; STRENGTHS.len()];
    for _ in 0..5000 {
        let counts = simulate(&STRENGTHS, 30, 0.0, &mut random);
        let (fit, _) = bradley_terry_or_prior(&counts, weak_penalty()).unwrap();
        for ((covered, interval), truth) in covered.iter_mut().zip(fit.intervals(0.95).unwrap()).zip(STRENGTHS) {
            let interval = interval.unwrap();
            *covered += u32::from(interval.lower <= truth && truth <= interval.upper);
        }
    }
    for (contestant, covered) in covered.iter().enumerate() {
        let share = f64::from(*covered) / 5000.0;
        assert!((0.935..=0.965).contains(&share), "contestant {contestant}: {share}");
    }
}

#[test]
fn equal_seeds_give_equal_draws_and_others_give_others() {
    let counts = simulate(&STRENGTHS, 50, 0.1, &mut Xoshiro256PlusPlus::seed_from_u64(4));
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let draw = |seed| bootstrap(&counts, &fit, &BootstrapOptions { resamples: 20, seed }).unwrap();
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn equals_share_all_ranks_and_a_clear_winner_has_the_first() {
    let mut counts = PairCounts::new(4);
    for (left, right) in [(1, 2), (2, 3), (1, 3)] {
        counts.add(left, right, Outcome::Left, 50).unwrap();
        counts.add(left, right, Outcome::Right, 50).unwrap();
    }
    for other in 1..4 {
        counts.add(0, other, Outcome::Left, 90).unwrap();
        counts.add(0, other, Outcome::Right, 10).unwrap();
    }
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let draws = bootstrap(&counts, &fit, &BootstrapOptions::default()).unwrap();
    let ranks = draws.rank_intervals(0.95).unwrap();
    assert_eq!(ranks[0], Some(RankInterval { best: 1, worst: 1 }));
    assert_eq!(ranks[1..], [Some(RankInterval { best: 2, worst: 4 }); 3]);
    let (one, other) = (draws.better(1, 2).unwrap(), draws.better(2, 1).unwrap());
    assert!((0.3..0.7).contains(&one) && (one + other - 1.0).abs() < 1e-12);
    assert_eq!(draws.better(0, 9), None);
}

/// With so few votes most resamples are separated, and some leave a contestant out.
#[test]
fn a_handful_of_votes_gives_finite_draws_and_says_that_they_lean_on_a_prior() {
    let mut counts = PairCounts::new(4);
    counts.add(0, 1, Outcome::Left, 2).unwrap();
    counts.add(0, 1, Outcome::Right, 1).unwrap();
    counts.add(1, 2, Outcome::Tie, 1).unwrap();
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let draws = bootstrap(&counts, &fit, &BootstrapOptions { resamples: 500, seed: 5 }).unwrap();
    assert!(draws.with_prior > 100, "{}", draws.with_prior);
    let intervals = draws.intervals(0.95).unwrap();
    assert!(intervals[..3].iter().all(|interval| interval.is_some_and(|interval| interval.width().is_finite())));
    assert_eq!((intervals[3], draws.better(0, 3), draws.rank_intervals(0.9).unwrap()[3]), (None, None, None));
    // The board's own fit under the prior can be drawn around as well, and needs no other.
    let mut unbeaten = PairCounts::new(2);
    unbeaten.add(0, 1, Outcome::Left, 3).unwrap();
    let (fit, prior) = bradley_terry_or_prior(&unbeaten, weak_penalty()).unwrap();
    assert!(prior.is_used());
    assert_eq!(bootstrap(&unbeaten, &fit, &BootstrapOptions::default()).unwrap().better(0, 1), Some(1.0));
}

#[test]
fn no_votes_give_no_draws_and_wrong_questions_typed_errors() {
    let none = PairCounts::new(3);
    let fit = bradley_terry(&none, &BradleyTerryOptions::default()).unwrap();
    let draws = bootstrap(&none, &fit, &BootstrapOptions::default()).unwrap();
    assert_eq!((draws.resamples(), draws.intervals(0.95).unwrap()), (0, vec![None; 3]));
    assert!(matches!(draws.intervals(1.0), Err(RankingError::Option { name: "level", .. })));
    let nothing = BootstrapOptions { resamples: 0, seed: 0 };
    assert!(matches!(bootstrap(&none, &fit, &nothing), Err(RankingError::Option { name: "resamples", .. })));
    let other = bootstrap(&PairCounts::new(2), &fit, &BootstrapOptions::default());
    assert!(matches!(other, Err(RankingError::DifferentContestants { expected: 2, given: 3 })));
}
