//! Online ratings, against the papers' formulas written anew (`scripts/online.py`).
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome;
use plaudit_ranking::{Glicko2Options, OnlineRating, RankingError, WengLinOptions, glicko2, weng_lin};

type Ratings = Result<Vec<Option<OnlineRating>>, RankingError>;

/// As the script draws them.
fn battles() -> Vec<(u32, u32, Outcome)> {
    let mut state = 1_u64;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(below)) as u32
    };
    let mut battle = || {
        let (left, offset, outcome) = (draw(5), draw(4), draw(4));
        (left, (left + 1 + offset) % 5, Outcome::ALL[outcome as usize])
    };
    (0..60).map(|_| battle()).collect()
}

fn check(ratings: Ratings, expected: [(f64, f64); 5], tolerance: f64) {
    for (found, (rating, deviation)) in ratings.unwrap().into_iter().zip(expected) {
        let found = found.unwrap();
        assert!((found.rating - rating).abs() < tolerance, "{found:?} is not {rating}");
        assert!((found.deviation - deviation).abs() < tolerance, "{found:?} is not {deviation}");
    }
}

const PERIODS_OF_ONE: [(f64, f64); 5] = [
    (984.552518, 91.654196),
    (1065.534156, 103.136559),
    (986.836581, 87.705722),
    (983.463256, 83.868764),
    (1002.099690, 90.927606),
];
const PERIODS_OF_25: [(f64, f64); 5] = [
    (981.918295, 87.381333),
    (1079.447675, 100.369856),
    (994.422162, 82.863013),
    (996.446965, 80.377597),
    (1020.239639, 87.504688),
];
const WENG_LIN: [(f64, f64); 5] = [
    (980.316427, 135.286385),
    (1093.228488, 150.052879),
    (968.254231, 132.721494),
    (976.340682, 130.047350),
    (1015.841337, 136.306025),
];

#[test]
fn glicko_as_the_paper_has_it_in_periods_of_one_and_of_many() {
    // Glickman's tolerance for the volatility, 10⁻⁶, leaves some thousandths of a point.
    for (period, expected) in [(1, PERIODS_OF_ONE), (25, PERIODS_OF_25)] {
        check(glicko2(5, battles(), &Glicko2Options { period, ..Default::default() }), expected, 0.002);
    }
}

#[test]
fn weng_and_lin_as_the_paper_has_them() {
    check(weng_lin(5, battles(), &WengLinOptions::default()), WENG_LIN, 2e-6);
}

#[test]
fn the_order_within_a_period_does_not_matter() {
    let options = Glicko2Options { period: 60, ..Default::default() };
    let backwards: Vec<_> = battles().into_iter().rev().collect();
    let (one, other) = (glicko2(5, battles(), &options).unwrap(), glicko2(5, backwards, &options).unwrap());
    for (one, other) in one.into_iter().zip(other) {
        assert!((one.unwrap().rating - other.unwrap().rating).abs() < 1e-9);
    }
}

#[test]
fn who_is_not_seen_becomes_less_certain_and_who_never_was_is_unrated() {
    let options = Glicko2Options { period: 1, ..Default::default() };
    let seen = |later: usize| {
        let battles = std::iter::once((0, 1, Outcome::Left)).chain((0..later).map(|_| (2, 3, Outcome::Tie)));
        glicko2(5, battles, &options).unwrap()
    };
    let (before, after) = (seen(0), seen(500));
    assert!(after[0].unwrap().deviation > before[0].unwrap().deviation + 20.0);
    assert_eq!(after[0].unwrap().rating, before[0].unwrap().rating);
    assert_eq!((before[2], after[4]), (None, None));
    // Never less than where nothing is known: 350.
    assert_eq!(seen(100_000)[0].unwrap().deviation, 350.0);
}

#[test]
fn an_interval_is_the_middle_of_the_belief() {
    let interval = OnlineRating { rating: 1000.0, deviation: 50.0 }.interval(0.95).unwrap();
    assert!((interval.width() / 2.0 - 50.0 * 1.959_963_984_540_054).abs() < 1e-9);
    assert!(OnlineRating { rating: 1000.0, deviation: 50.0 }.interval(1.0).is_err());
}

#[test]
fn landslides_stay_finite_and_nothing_gives_nothing() {
    let landslide = || std::iter::repeat_n((0, 1, Outcome::Left), 20_000);
    for period in [1, 100, 20_000] {
        let ratings = glicko2(2, landslide(), &Glicko2Options { period, ..Default::default() }).unwrap();
        assert!(ratings[0].unwrap().rating > ratings[1].unwrap().rating);
    }
    let ratings = weng_lin(2, landslide(), &WengLinOptions::default()).unwrap();
    assert!(ratings[0].unwrap().rating.is_finite() && ratings[0].unwrap().deviation > 0.0);
    assert_eq!(glicko2(3, [], &Glicko2Options::default()), Ok(vec![None; 3]));
    assert_eq!(weng_lin(0, [], &WengLinOptions::default()), Ok(vec![]));
}

#[test]
fn wrong_battles_and_options_are_refused() {
    let battle = [(0, 1, Outcome::Tie)];
    assert_eq!(
        glicko2(1, battle, &Glicko2Options::default()),
        Err(RankingError::UnknownContestant { index: 1, contestants: 1 })
    );
    assert!(weng_lin(2, [(1, 1, Outcome::Left)], &WengLinOptions::default()).is_err());
    let default = Glicko2Options::default();
    for options in [
        Glicko2Options { period: 0, ..default },
        Glicko2Options { initial: f64::NAN, ..default },
        Glicko2Options { deviation: 0.0, ..default },
        Glicko2Options { volatility: -0.1, ..default },
        Glicko2Options { tau: f64::INFINITY, ..default },
    ] {
        assert!(glicko2(2, battle, &options).is_err(), "{options:?}");
    }
    let default = WengLinOptions::default();
    for options in [
        WengLinOptions { initial: f64::INFINITY, ..default },
        WengLinOptions { deviation: f64::NAN, ..default },
        WengLinOptions { beta: 0.0, ..default },
        WengLinOptions { least_share: 1.5, ..default },
    ] {
        assert!(weng_lin(2, battle, &options).is_err(), "{options:?}");
    }
}
