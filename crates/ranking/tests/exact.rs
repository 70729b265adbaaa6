//! Small cases worked out by hand, and the typed answers at the borders.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome::{self, BothBad, Left, Right, Tie};
use plaudit_ranking::{
    BradleyTerry, BradleyTerryOptions, Degeneracy, DisplayScale, EloOptions, PairCounts, Prior, RankingError,
    bradley_terry, bradley_terry_or_prior, differences, elo, normal_quantile, ordinal_ranks, penalty_from_sklearn_c,
    ranks, weak_penalty,
};

fn count(contestants: u32, battles: &[(u32, u32, Outcome, u64)]) -> PairCounts {
    let mut counts = PairCounts::new(contestants);
    for &(left, right, outcome, count) in battles {
        counts.add(left, right, outcome, count).unwrap();
    }
    counts
}

fn likelihood(counts: &PairCounts) -> Result<BradleyTerry, RankingError> {
    bradley_terry(counts, &BradleyTerryOptions::default())
}

fn live(counts: &PairCounts) -> (BradleyTerry, Prior) {
    bradley_terry_or_prior(counts, weak_penalty()).unwrap()
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn three_wins_to_one() {
    let fit = likelihood(&count(2, &[(0, 1, Left, 2), (1, 0, Right, 1), (0, 1, Right, 1)])).unwrap();
    assert_close(fit.log_odds[0].unwrap(), 3_f64.ln() / 2.0);
    assert_close(fit.log_odds[1].unwrap(), -(3_f64.ln()) / 2.0);
    // p = ¾; H = w·xxᵀ with w = 4·¾·¼, G = g·xxᵀ with g = 3·(¼)² + 1·(¾)² = ¾; H⁺ = xxᵀ/(4w); variance = g/(4w²) = ⅓.
    let error = (1.0_f64 / 3.0).sqrt();
    assert_close(fit.standard_errors[0].unwrap(), error);
    let interval = fit.intervals(0.95).unwrap()[0].unwrap();
    assert_close(interval.lower, 3_f64.ln() / 2.0 - 1.959_963_984_540_054 * error);
    assert_close(interval.upper, 3_f64.ln() / 2.0 + 1.959_963_984_540_054 * error);
    assert_close(fit.ratings(&DisplayScale::default())[0].unwrap(), 1000.0 + 200.0 * 3_f64.log10());
}

#[test]
fn ties_of_both_kinds_are_half_a_win_and_narrow_the_interval() {
    let counts = count(2, &[(0, 1, Left, 5), (0, 1, Tie, 1), (1, 0, BothBad, 1), (1, 0, Left, 1)]);
    let fit = likelihood(&counts).unwrap();
    // 6 of 8: p = ¾ again, w = 8·3/16 = 3/2, g = 5/16 + 2/16 + 9/16 = 1, variance = 1/9. The inverse Hessian says 1/(4w) = 1/6.
    assert_close(fit.log_odds[0].unwrap(), 3_f64.ln() / 2.0);
    assert_close(fit.standard_errors[0].unwrap(), 1.0 / 3.0);
    let wider = BradleyTerryOptions { guard_battles: 8, ..Default::default() };
    assert_close(bradley_terry(&counts, &wider).unwrap().standard_errors[0].unwrap(), (1.0_f64 / 6.0).sqrt());
    let half = BradleyTerryOptions { guard_battles: 4, ..Default::default() };
    assert_eq!(bradley_terry(&counts, &half).unwrap(), fit);
}

#[test]
fn the_penalised_optimum_balances_score_and_penalty() {
    // Two contestants at ±t: the gradient 4·¾… vanishes where score − n·σ(2t) = λt.
    let counts = count(2, &[(0, 1, Left, 3), (0, 1, Right, 1)]);
    let penalty = 0.7;
    let fit = bradley_terry(&counts, &BradleyTerryOptions { penalty, ..Default::default() }).unwrap();
    let strength = fit.log_odds[0].unwrap();
    assert_close(3.0 - 4.0 / (1.0 + (-2.0 * strength).exp()), penalty * strength);
    // In the mean-zero gauge H has the eigenvalue 2w + λ along x = (1, −1), |x|² = 2.
    let chance = 1.0 / (1.0 + (-2.0 * strength).exp());
    let (curvature, spread) = (4.0 * chance * (1.0 - chance), 3.0 * (1.0 - chance).powi(2) + chance.powi(2));
    assert_close(fit.standard_errors[0].unwrap(), spread.sqrt() / (2.0 * curvature + penalty));
    let wider = BradleyTerryOptions { penalty, guard_battles: u64::MAX, ..Default::default() };
    let posterior = bradley_terry(&counts, &wider).unwrap().standard_errors[0].unwrap();
    assert_close(posterior, (0.5 / (2.0 * curvature + penalty)).sqrt());
}

#[test]
fn nobody_is_rated_without_votes() {
    for contestants in [0, 1, 5] {
        let fit = likelihood(&PairCounts::new(contestants)).unwrap();
        assert_eq!(fit.log_odds, vec![None; contestants as usize]);
        assert_eq!(ranks(&fit.intervals(0.95).unwrap()), vec![None; contestants as usize]);
        assert_eq!(live(&PairCounts::new(contestants)), (fit, Prior::None));
    }
}

#[test]
fn a_contestant_without_battles_is_unrated_and_in_nobodys_way() {
    let fit = likelihood(&count(3, &[(0, 2, Left, 3), (0, 2, Right, 1)])).unwrap();
    assert_eq!(fit.log_odds[1], None);
    assert_eq!(fit.standard_errors[1], None);
    assert_close(fit.log_odds[0].unwrap(), 3_f64.ln() / 2.0);
}

#[test]
fn unbeaten_and_winless_contestants_are_named_and_kept_finite() {
    let counts = count(4, &[(0, 1, Left, 50), (1, 2, Left, 5), (2, 1, Left, 5), (3, 2, Right, 8)]);
    let reason = Degeneracy::Separated { groups: 3, unbeaten: vec![0], winless: vec![3] };
    assert_eq!(likelihood(&counts), Err(RankingError::NoFiniteMaximum(reason.clone())));
    let (fit, prior) = live(&counts);
    assert_eq!(prior, Prior::Weak { penalty: weak_penalty(), reason });
    assert!(fit.ratings(&DisplayScale::default())[0].unwrap() < 2500.0);
    // Fifty wins leave hardly any residual; the interval must not shrink with it.
    assert!(fit.standard_errors[0].unwrap() > 0.5, "{:?}", fit.standard_errors);
}

#[test]
fn a_group_can_be_unbeaten_without_any_of_its_members_being_so() {
    let counts = count(4, &[(0, 1, Left, 1), (1, 0, Left, 1), (2, 3, Tie, 1), (1, 2, Left, 1)]);
    let reason = Degeneracy::Separated { groups: 2, unbeaten: vec![], winless: vec![] };
    assert_eq!(likelihood(&counts), Err(RankingError::NoFiniteMaximum(reason)));
}

#[test]
fn groups_that_never_met_are_counted() {
    let counts = count(7, &[(0, 1, Tie, 1), (2, 3, Left, 1), (5, 6, Tie, 3)]);
    let reason = Degeneracy::Disconnected { components: 3 };
    let error = likelihood(&counts).unwrap_err();
    assert!(error.to_string().contains("3 groups that never met"), "{error}");
    assert_eq!(error, RankingError::NoFiniteMaximum(reason.clone()));
    let (fit, prior) = live(&counts);
    assert_eq!(prior, Prior::Weak { penalty: weak_penalty(), reason });
    assert_eq!(fit.log_odds[4], None);
}

#[test]
fn a_single_tie_is_no_certainty() {
    let counts = count(2, &[(0, 1, Tie, 1)]);
    assert_eq!(likelihood(&counts).unwrap().standard_errors[0], Some(0.0));
    let (fit, prior) = live(&counts);
    assert_eq!(prior, Prior::None);
    assert_close(fit.standard_errors[0].unwrap(), 1.0);
    // Nor are many, though the guard fades: H⁻¹ = 1/(4·120/4), a quarter of it at 120 battles.
    let many = live(&count(2, &[(0, 1, Tie, 120)])).0;
    assert_close(many.standard_errors[0].unwrap(), (1.0_f64 / 120.0 * 30.0 / 120.0).sqrt());
}

#[test]
fn lopsided_chains_converge() {
    // Each beats the next a million to one: strengths from +276 to −276.
    let mut counts = PairCounts::new(41);
    for index in 0..40 {
        counts.add(index, index + 1, Left, 1_000_000).unwrap();
        counts.add(index, index + 1, Right, 1).unwrap();
    }
    let fit = likelihood(&counts).unwrap();
    for index in 0..40 {
        let gap = fit.log_odds[index].unwrap() - fit.log_odds[index + 1].unwrap();
        assert!((gap - 1e6_f64.ln()).abs() < 1e-8, "{gap}");
    }
    assert!(fit.iterations < 40, "{}", fit.iterations);
}

#[test]
fn more_battles_of_a_pair_than_small_counters_hold_are_all_counted() {
    let many = std::iter::repeat_n((0, 1, Left), 200_001).chain(std::iter::repeat_n((1, 0, Tie), 65_536));
    let counts = PairCounts::from_battles(2, many).unwrap();
    assert_eq!((counts.count(0, 1, Left), counts.count(1, 0, Tie), counts.total()), (200_001, 65_536, 265_537));
}

#[test]
fn wrong_battles_and_options_are_refused() {
    let mut counts = count(2, &[(0, 1, Left, 2)]);
    assert_eq!(counts.add(0, 2, Left, 1), Err(RankingError::UnknownContestant { index: 2, contestants: 2 }));
    assert_eq!(counts.add(1, 1, Left, 1), Err(RankingError::AgainstItself { index: 1 }));
    assert_eq!(counts.add(0, 1, Left, u64::MAX), Err(RankingError::TooMany));
    let removed = counts.remove(0, 1, Left, 3);
    assert_eq!(removed, Err(RankingError::NotCounted { left: 0, right: 1, outcome: Left, count: 3, counted: 2 }));
    assert_eq!(counts.merge(&PairCounts::new(3)), Err(RankingError::DifferentContestants { expected: 2, given: 3 }));
    assert_eq!(counts.grow(1), Err(RankingError::DifferentContestants { expected: 2, given: 1 }));
    assert_eq!(counts, count(2, &[(0, 1, Left, 2)]));
    assert!(PairCounts::from_battles(2, [(0, 2, Left)]).is_err());
    assert!(elo(2, [(1, 1, Left)], &EloOptions::default()).is_err());
    assert!(elo(2, [], &EloOptions { k: f64::NAN, ..Default::default() }).is_err());

    for penalty in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(bradley_terry(&counts, &BradleyTerryOptions { penalty, ..Default::default() }).is_err());
    }
    for start in [vec![0.0], vec![0.0, f64::NAN]] {
        assert!(bradley_terry(&counts, &BradleyTerryOptions { start: Some(start), ..Default::default() }).is_err());
    }
    assert!(bradley_terry_or_prior(&counts, 0.0).is_err());
    assert!(penalty_from_sklearn_c(0.0, 1.0).is_err());
    let fit = live(&counts).0;
    for level in [0.0, 1.0, f64::NAN] {
        assert!(fit.intervals(level).is_err());
    }
    let text = r#"{"contestants":1,"pairs":[{"left":0,"right":1,"left_wins":1,"right_wins":0,"ties":0,"both_bad":0}]}"#;
    assert!(serde_json::from_str::<PairCounts>(text).is_err());
}

#[test]
fn records_count_each_battle_for_both() {
    let counts = count(3, &[(0, 1, Left, 3), (1, 0, Left, 2), (1, 0, Tie, 4), (0, 2, BothBad, 1)]);
    let record = counts.record(0).unwrap();
    assert_eq!((record.wins, record.losses, record.ties, record.both_bad, record.shown_left), (3, 2, 4, 1, 4));
    assert_close(record.win_rate().unwrap(), 0.55);
    assert_eq!(PairCounts::new(1).record(0).unwrap().win_rate(), None);
    assert!(counts.record(3).is_err());
    assert_eq!(counts.count(1, 0, Tie), 4);
}

#[test]
fn normal_quantiles_in_all_three_regions() {
    // From Python's statistics.NormalDist().inv_cdf.
    for (probability, quantile) in [
        (0.5, 0.0),
        (0.025, -1.959_963_984_540_054),
        (0.2, -0.841_621_233_572_914_4),
        (0.999, 3.090_232_306_167_813),
        (1e-15, -7.941_345_326_170_995),
        (1e-300, -37.047_096_299_361_2),
    ] {
        assert_close(normal_quantile(probability).unwrap(), quantile);
    }
    assert!(normal_quantile(1.0).is_err());
}

#[test]
fn an_anchor_moves_everyone_alike() {
    let scale = DisplayScale::anchored(0.5, 1200.0).unwrap();
    assert_close(scale.rating(0.5), 1200.0);
    assert_close(scale.rating(0.5 + 10_f64.ln()), 1600.0);
    assert_close(scale.log_odds(scale.rating(-0.3)), -0.3);
    assert!(DisplayScale::anchored(f64::NAN, 1200.0).is_err());
}

#[test]
fn distances_from_an_anchor_have_the_errors_of_differences() {
    let counts = count(4, &[(0, 1, Left, 60), (0, 1, Right, 40), (1, 2, Left, 30), (1, 2, Right, 30)]);
    let fit = likelihood(&counts).unwrap();
    let intervals = differences(&counts, &fit, 0).unwrap().intervals_from(1, 0.95).unwrap();
    // In a chain each step is an estimate of its own: log 60/40 ± z·√(1/60 + 1/40), and 0 ± z·√(2/30).
    for (index, centre, variance) in [(0, 1.5_f64.ln(), 1.0 / 60.0 + 1.0 / 40.0), (1, 0.0, 0.0), (2, 0.0, 2.0 / 30.0)] {
        let (interval, reach) = (intervals[index].unwrap(), 1.959_963_984_540_054 * f64::sqrt(variance));
        assert!((interval.lower - centre + reach).abs() < 1e-9 && (interval.upper - centre - reach).abs() < 1e-9);
        // Pinned at 1200 points.
        let points = DisplayScale::anchored(0.0, 1200.0).unwrap().interval(interval);
        assert!((points.lower + points.upper - 2.0 * (1200.0 + 400.0 * centre / 10_f64.ln())).abs() < 1e-6);
    }
    assert_eq!(intervals[3], None);
    assert_eq!(differences(&counts, &fit, 0).unwrap().intervals_from(3, 0.95).unwrap(), vec![None; 4]);
    assert!(differences(&counts, &fit, 0).unwrap().intervals_from(1, 1.0).is_err());
}

#[test]
fn equal_ratings_share_a_rank() {
    assert_eq!(ordinal_ranks(&[Some(1.0), Some(2.0), Some(2.0), Some(3.0)]), [4, 2, 2, 1].map(Some));
}
