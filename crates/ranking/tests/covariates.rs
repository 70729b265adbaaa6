//! What a covariate's effect must be, and the typed answers where there is none.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BradleyTerryOptions, CovariateFit, CovariateOptions, DisplayScale, FeatureBattles, FeatureDifference, PairCounts,
    RankingError, bradley_terry, bradley_terry_with_features, bradley_terry_with_position,
};
use proptest::prelude::*;

type Battle = (u32, u32, Outcome, [f64; 2], [f64; 2], u64);

const PLAIN: CovariateOptions =
    CovariateOptions { strength_penalty: 0.0, coefficient_penalty: 0.0, with_position: false };

fn count(contestants: u32, battles: &[(u32, u32, Outcome, u64)]) -> PairCounts {
    let mut counts = PairCounts::new(contestants);
    for &(left, right, outcome, count) in battles {
        counts.add(left, right, outcome, count).unwrap();
    }
    counts
}

fn position(counts: &PairCounts) -> Result<CovariateFit, RankingError> {
    bradley_terry_with_position(counts, &PLAIN)
}

fn collect(battles: &[Battle]) -> FeatureBattles {
    let mut collected = FeatureBattles::new(4, ["length", "bold"], FeatureDifference::default()).unwrap();
    for (left, right, outcome, left_features, right_features, count) in battles {
        collected.add(*left, *right, *outcome, left_features, right_features, *count).unwrap();
    }
    collected
}

fn name_of(error: RankingError) -> String {
    match error {
        RankingError::Confounded { name } => format!("confounded {name}"),
        RankingError::InfiniteEffect { name } => format!("infinite {name}"),
        other => other.to_string(),
    }
}

#[test]
fn a_position_effect_is_found_beside_the_strengths() {
    // On the left 0 wins 3 of 4, on the right 1 of 2: log-odds d + b = ln 3 and d − b = 0.
    let counts = count(
        2,
        &[
            (0, 1, Outcome::Left, 30),
            (0, 1, Outcome::Right, 10),
            (1, 0, Outcome::Left, 25),
            (1, 0, Outcome::Tie, 50),
            (1, 0, Outcome::Right, 25),
        ],
    );
    let fit = position(&counts).unwrap();
    let effect = fit.position.unwrap();
    assert!((effect.log_odds - 3_f64.ln() / 2.0).abs() < 1e-12);
    assert!((fit.strengths.log_odds[0].unwrap() - 3_f64.ln() / 4.0).abs() < 1e-12);
    // Var(d + b) = 1/30 + 1/10; the other order has H = 100/4 and G = 50/4, so that Var(d − b) = G/H² = 1/50.
    let error = ((1.0 / 30.0 + 1.0 / 10.0 + 1.0 / 50.0) / 4.0_f64).sqrt();
    assert!((effect.standard_error - error).abs() < 1e-12);
    assert!((effect.z().unwrap() - 3_f64.ln() / 2.0 / error).abs() < 1e-9);
    let scale = DisplayScale::default();
    let interval = effect.points_interval(&scale, 0.95).unwrap();
    assert!((effect.points(&scale) - 200.0 * 3_f64.log10()).abs() < 1e-9);
    assert!((interval.width() - 2.0 * 1.959_963_984_540_054 * scale.points(error)).abs() < 1e-9);
    assert!(effect.interval(1.0).is_err());
}

#[test]
fn nobody_without_votes_has_an_effect() {
    for contestants in [0, 1, 5] {
        let fit = position(&PairCounts::new(contestants)).unwrap();
        assert_eq!((fit.position, fit.strengths.log_odds), (None, vec![None; contestants as usize]));
        let none = FeatureBattles::new(contestants, ["length"], FeatureDifference::Plain).unwrap();
        let fit = bradley_terry_with_features(&none, &CovariateOptions { with_position: true, ..PLAIN }).unwrap();
        assert_eq!((fit.position, fit.features[0].effect), (None, None));
    }
}

#[test]
fn a_position_that_cannot_be_told_or_always_wins_is_a_typed_error() {
    // A pair in one order alone: strength or position, who knows.
    let once = count(2, &[(0, 1, Outcome::Left, 3), (0, 1, Outcome::Right, 1)]);
    assert_eq!(name_of(position(&once).unwrap_err()), "confounded position");
    // A ring tells them apart: strengths cannot all rise.
    let ring = [(0, 1), (1, 2), (2, 0)];
    let ring: Vec<_> = ring.iter().flat_map(|&(l, r)| [(l, r, Outcome::Left, 3), (l, r, Outcome::Right, 1)]).collect();
    let effect = position(&count(3, &ring)).unwrap().position.unwrap();
    assert!((effect.log_odds - 3_f64.ln()).abs() < 1e-12);
    // Left always wins: the strengths alone are fine, since each beats the other.
    let always = count(2, &[(0, 1, Outcome::Left, 7), (1, 0, Outcome::Left, 5)]);
    assert!(bradley_terry(&always, &BradleyTerryOptions::default()).is_ok());
    assert_eq!(name_of(position(&always).unwrap_err()), "infinite position");
    // Strength and position together: 0 wins all, unless 1 is on the left, and then half.
    let both = count(2, &[(0, 1, Outcome::Left, 7), (1, 0, Outcome::Left, 5), (1, 0, Outcome::Right, 5)]);
    assert_eq!(name_of(position(&both).unwrap_err()), "infinite position");
    let penalised = CovariateOptions { coefficient_penalty: 0.1, strength_penalty: 0.1, ..PLAIN };
    for counts in [&once, &always, &both] {
        let fit = bradley_terry_with_position(counts, &penalised).unwrap();
        assert!(fit.position.is_some_and(|effect| effect.log_odds.is_finite() && effect.standard_error.is_finite()));
    }
    assert!(matches!(position(&count(2, &[(0, 1, Outcome::Left, 1)])), Err(RankingError::NoFiniteMaximum(_))));
    // A million to one is much, and finite.
    let lopsided = count(
        2,
        &[
            (0, 1, Outcome::Left, 1 << 40),
            (0, 1, Outcome::Right, 1),
            (1, 0, Outcome::Left, 1 << 40),
            (1, 0, Outcome::Right, 1),
        ],
    );
    let effect = position(&lopsided).unwrap().position.unwrap();
    assert!((effect.log_odds - 40.0 * 2_f64.ln()).abs() < 1e-9, "{effect:?}");
}

/// Every pair both ways, decided half and half, with these features on the left and on the right.
fn even(left: [f64; 2], right: [f64; 2]) -> Vec<Battle> {
    [(0, 1), (1, 2), (2, 3), (1, 0), (2, 1), (3, 2)]
        .iter()
        .flat_map(|&(l, r)| [(l, r, Outcome::Left, left, right, 5), (l, r, Outcome::Right, left, right, 5)])
        .collect()
}

#[test]
fn features_that_say_nothing_or_everything() {
    // The same difference in all battles.
    let mut battles = even([10.0, 0.0], [20.0, 0.0]);
    battles.push((0, 1, Outcome::Left, [10.0, 1.0], [20.0, 0.0], 3));
    battles.push((0, 1, Outcome::Right, [10.0, 1.0], [20.0, 0.0], 2));
    let fit = bradley_terry_with_features(&collect(&battles), &PLAIN).unwrap();
    assert_eq!((fit.features[0].effect, fit.features[0].deviation), (None, 0.0));
    assert!(fit.features[1].effect.is_some());

    // The second is the first over again.
    let twice: Vec<Battle> = [even([10.0, 10.0], [20.0, 20.0]), even([30.0, 30.0], [5.0, 5.0])].concat();
    let error = bradley_terry_with_features(&collect(&twice), &PLAIN).unwrap_err();
    assert_eq!(name_of(error), "confounded bold");
    let shrunk = CovariateOptions { coefficient_penalty: 0.5, ..PLAIN };
    assert!(bradley_terry_with_features(&collect(&twice), &shrunk).is_ok());

    // The longer one always wins, whatever is bold.
    let decided: Vec<Battle> = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]
        .iter()
        .flat_map(|&(l, r)| {
            [(l, r, [9.0, 1.0], [3.0, 2.0]), (l, r, [3.0, 1.0], [9.0, 5.0]), (l, r, [9.0, 3.0], [3.0, 0.0])]
        })
        .map(|(l, r, one, other)| (l, r, if one[0] > other[0] { Outcome::Left } else { Outcome::Right }, one, other, 4))
        .collect();
    let error = bradley_terry_with_features(&collect(&decided), &PLAIN).unwrap_err();
    assert_eq!(name_of(error), "infinite length");
    assert!(bradley_terry_with_features(&collect(&decided), &shrunk).is_ok());
}

#[test]
fn features_that_cannot_be_compared_are_refused_and_change_nothing() {
    let mut battles = collect(&even([1.0, 2.0], [3.0, 4.0]));
    let before = battles.clone();
    let mut add = |left: &[f64], right: &[f64]| battles.add(0, 1, Outcome::Left, left, right, 1).unwrap_err();
    for wrong in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(matches!(add(&[1.0, wrong], &[1.0, 1.0]), RankingError::Feature { name, .. } if name == "bold"));
    }
    assert_eq!(add(&[1.0], &[1.0, 1.0]), RankingError::FeatureCount { expected: 2, given: 1 });
    assert!(battles.add(0, 4, Outcome::Left, &[1.0; 2], &[1.0; 2], 1).is_err());
    assert_eq!(battles.add(0, 1, Outcome::Left, &[1.0; 2], &[1.0; 2], u64::MAX), Err(RankingError::TooMany));
    assert_eq!(battles, before);
    assert!(FeatureBattles::new(2, ["length"], FeatureDifference::Ratio { offset: f64::NAN }).is_err());
    let negative = CovariateOptions { strength_penalty: -1.0, ..PLAIN };
    assert!(bradley_terry_with_features(&battles, &negative).is_err());
    // Sizes whose sum or square is no number, and two zeros, compare all the same.
    let mut vast = FeatureBattles::new(2, ["size"], FeatureDifference::Ratio { offset: 0.0 }).unwrap();
    for (left, right, outcome) in
        [(f64::MAX, f64::MAX, Outcome::Left), (f64::MAX, 1.0, Outcome::Right), (0.0, 0.0, Outcome::Tie)]
    {
        vast.add(0, 1, outcome, &[left], &[right], 2).unwrap();
    }
    let fit = bradley_terry_with_features(&vast, &CovariateOptions::fastchat()).unwrap();
    assert!((fit.features[0].mean - 1.0 / 3.0).abs() < 1e-12);
}

fn battles() -> impl Strategy<Value = Vec<Battle>> {
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let features = || [0_u8..5, 0_u8..3].prop_map(|values| values.map(f64::from));
    let battle = (0_u32..4, 1_u32..4, outcome, features(), features(), 1_u64..1000)
        .prop_map(|(left, offset, outcome, one, other, count)| (left, (left + offset) % 4, outcome, one, other, count));
    prop::collection::vec(battle, 0..80)
}

fn close(one: &[Option<f64>], other: &[Option<f64>]) -> bool {
    one.iter().zip(other).all(|pair| match pair {
        (Some(one), Some(other)) => (one - other).abs() < 1e-8 * (1.0 + one.abs()),
        (one, other) => one == other,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_battles_give_finite_numbers_or_say_why_not(battles in battles(), penalty in prop::sample::select(vec![0.0, 0.1])) {
        let options = CovariateOptions { strength_penalty: penalty, coefficient_penalty: penalty, with_position: true };
        match bradley_terry_with_features(&collect(&battles), &options) {
            Ok(fit) => {
                let numbers = fit.strengths.log_odds.iter().chain(&fit.strengths.standard_errors).flatten();
                prop_assert!(numbers.copied().all(f64::is_finite));
                let effects = fit.features.iter().filter_map(|feature| feature.effect).chain(fit.position);
                for effect in effects {
                    prop_assert!(effect.log_odds.is_finite() && effect.standard_error.is_finite());
                }
            }
            Err(error) => {
                let expected = matches!(
                    error,
                    RankingError::NoFiniteMaximum(_) | RankingError::Confounded { .. } | RankingError::InfiniteEffect { .. }
                );
                prop_assert!(penalty == 0.0 && expected, "{error}");
            }
        }
    }

    #[test]
    fn neither_the_order_of_the_votes_nor_names_nor_sides_matter(battles in battles(), offset in 1_u32..4) {
        let options = CovariateOptions { strength_penalty: 0.1, coefficient_penalty: 0.1, with_position: true };
        let fit = bradley_terry_with_features(&collect(&battles), &options).unwrap();
        let reversed: Vec<Battle> = battles.iter().rev().copied().collect();
        prop_assert_eq!(&bradley_terry_with_features(&collect(&reversed), &options).unwrap(), &fit);

        let renamed: Vec<Battle> =
            battles.iter().map(|b| ((b.0 + offset) % 4, (b.1 + offset) % 4, b.2, b.3, b.4, b.5)).collect();
        let other = bradley_terry_with_features(&collect(&renamed), &options).unwrap();
        let back = |values: &[Option<f64>]| (0..4).map(|index| values[(index + offset as usize) % 4]).collect::<Vec<_>>();
        prop_assert!(close(&fit.strengths.log_odds, &back(&other.strengths.log_odds)));
        prop_assert!(close(&fit.strengths.standard_errors, &back(&other.strengths.standard_errors)));

        let swapped: Vec<Battle> = battles.iter().map(|b| (b.1, b.0, b.2.swapped(), b.4, b.3, b.5)).collect();
        let other = bradley_terry_with_features(&collect(&swapped), &options).unwrap();
        prop_assert!(close(&fit.strengths.log_odds, &other.strengths.log_odds));
        let effect = |fit: &CovariateFit, sign: f64| fit.position.map(|effect| effect.log_odds * sign);
        prop_assert!(close(&[effect(&fit, 1.0)], &[effect(&other, -1.0)]));
    }
}
