//! What a board's order hangs on: pairs, few votes, single voters.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BradleyTerryOptions, FEW_BATTLES, PairCounts, RankingError, bootstrap, bradley_terry, bradley_terry_or_prior,
    differences, fragility, leave_one_voter_out, weak_penalty,
};
use proptest::prelude::*;

fn count(contestants: u32, battles: &[(u32, u32, Outcome, u64)]) -> PairCounts {
    let mut counts = PairCounts::new(contestants);
    for &(left, right, outcome, count) in battles {
        counts.add(left, right, outcome, count).unwrap();
    }
    counts
}

fn board() -> PairCounts {
    use Outcome::{BothBad, Left, Right, Tie};
    count(
        5,
        &[
            (0, 1, Left, 40),
            (0, 1, Right, 35),
            (1, 0, Tie, 8),
            (1, 2, Left, 50),
            (1, 2, Right, 30),
            (2, 0, Right, 45),
            (2, 0, Left, 30),
            (2, 3, Left, 28),
            (3, 2, Left, 25),
            (3, 0, BothBad, 6),
            (3, 0, Right, 20),
            (3, 0, Left, 9),
        ],
    )
}

#[test]
fn differences_have_the_diagonal_and_the_spread_that_the_fit_and_the_bootstrap_have() {
    let counts = board();
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let sure = differences(&counts, &fit, 0).unwrap();
    // Var(θᵢ − mean) follows from the variances of differences: all of them, as the mean is zero.
    let error = |one, other| sure.standard_error(one, other).unwrap();
    let rated = 4;
    let all: f64 = (0..rated).flat_map(|i| (0..rated).map(move |j| (i, j))).map(|(i, j)| error(i, j).powi(2)).sum();
    for one in 0..rated {
        let to_others: f64 = (0..rated).map(|other| error(one, other).powi(2)).sum();
        let variance = to_others / 4.0 - all / 32.0;
        assert!((variance.sqrt() - fit.standard_errors[one as usize].unwrap()).abs() < 1e-10);
    }
    let draws = bootstrap(&counts, &fit, &plaudit_ranking::BootstrapOptions { resamples: 4000, seed: 1 }).unwrap();
    for (one, other) in [(0, 1), (1, 2), (2, 3)] {
        let (normal, resampled) = (sure.better(one, other).unwrap(), draws.better(one, other).unwrap());
        assert!((normal - resampled).abs() < 0.03, "{one} before {other}: {normal} and {resampled}");
        assert!((sure.better(one, other).unwrap() + sure.better(other, one).unwrap() - 1.0).abs() < 1e-12);
    }
    assert_eq!((sure.better(0, 0), sure.better(0, 4), sure.better(9, 0)), (Some(0.5), None, None));
}

#[test]
fn the_detectable_difference_is_2_8_standard_errors_at_the_usual_level_and_power() {
    let counts = board();
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let sure = differences(&counts, &fit, 0).unwrap();
    let ratio = sure.detectable(0, 1, 0.95, 0.8).unwrap().unwrap() / sure.standard_error(0, 1).unwrap();
    assert!((ratio - 2.801_585_218).abs() < 1e-8, "{ratio}");
    assert!(matches!(sure.detectable(0, 1, 0.95, 1.0), Err(RankingError::Option { .. })));
}

#[test]
fn a_single_tie_does_not_make_a_difference_certain() {
    let counts = count(2, &[(0, 1, Outcome::Tie, 1)]);
    let (fit, _) = bradley_terry_or_prior(&counts, weak_penalty()).unwrap();
    assert_eq!(differences(&counts, &fit, 0).unwrap().standard_error(0, 1), Some(0.0));
    let guarded = differences(&counts, &fit, FEW_BATTLES).unwrap();
    assert_eq!((guarded.standard_error(0, 1), guarded.better(0, 1)), (Some(2.0), Some(0.5)));
}

/// The smallest number of votes by trying every removal.
fn fewest(counts: &PairCounts, upper: u32, lower: u32) -> Option<u64> {
    let kinds: Vec<_> = counts
        .ordered_pairs()
        .flat_map(|pair| pair.outcomes().map(|(outcome, count)| (pair.left, pair.right, outcome, count)))
        .filter(|(.., count)| *count > 0)
        .collect();
    let total: u64 = counts.total();
    (1..total).find(|&votes| flips(counts, &kinds, votes, upper, lower))
}

fn flips(counts: &PairCounts, kinds: &[(u32, u32, Outcome, u64)], votes: u64, upper: u32, lower: u32) -> bool {
    let Some(((left, right, outcome, count), others)) = kinds.split_first() else {
        let (fit, _) = bradley_terry_or_prior(counts, weak_penalty()).unwrap();
        let lead = fit.log_odds[upper as usize].zip(fit.log_odds[lower as usize]);
        return votes == 0 && lead.is_some_and(|(upper, lower)| upper < lower);
    };
    (0..=votes.min(*count)).any(|taken| {
        let mut rest = counts.clone();
        rest.remove(*left, *right, *outcome, taken).unwrap();
        flips(&rest, others, votes - taken, upper, lower)
    })
}

#[test]
fn fragility_finds_the_fewest_votes_that_trying_everything_finds() {
    use Outcome::{Left, Right, Tie};
    let boards = [
        count(2, &[(0, 1, Left, 6), (0, 1, Right, 3)]),
        count(3, &[(0, 1, Left, 4), (0, 1, Right, 2), (1, 2, Left, 3), (2, 0, Left, 3), (2, 0, Right, 3)]),
        count(3, &[(0, 1, Tie, 3), (0, 2, Left, 4), (2, 0, Left, 2), (1, 2, Left, 3), (1, 2, Right, 3)]),
    ];
    for counts in boards {
        let found = fragility(&counts, 0, 1).unwrap().unwrap();
        assert_eq!(Some(found.votes), fewest(&counts, 0, 1), "{counts:?}");
    }
}

#[test]
fn the_votes_that_fragility_names_do_turn_the_order() {
    let counts = board();
    let (upper, lower) = (0, 1);
    let found = fragility(&counts, upper, lower).unwrap().unwrap();
    assert_eq!(found.removals.iter().map(|removal| removal.count).sum::<u64>(), found.votes);
    assert!(found.predicted.is_some_and(|predicted| predicted.abs_diff(found.votes) <= 2), "{found:?}");
    let without = |votes: u64| {
        let (mut rest, mut left) = (counts.clone(), votes);
        for removal in &found.removals {
            let taken = removal.count.min(left);
            left -= taken;
            rest.remove(removal.left, removal.right, removal.outcome, taken).unwrap();
        }
        let (fit, _) = bradley_terry_or_prior(&rest, weak_penalty()).unwrap();
        fit.log_odds[upper as usize].unwrap() - fit.log_odds[lower as usize].unwrap()
    };
    assert!(without(found.votes) < 0.0 && without(found.votes - 1) >= 0.0);
    // The other way round it is so already.
    assert_eq!(fragility(&counts, lower, upper).unwrap().unwrap().votes, 0);
}

#[test]
fn an_order_that_no_removal_can_turn_is_not_called_fragile() {
    // The first has never lost: without its wins it is not rated at all.
    assert_eq!(fragility(&count(2, &[(0, 1, Outcome::Left, 5)]), 0, 1).unwrap(), None);
    assert_eq!(fragility(&PairCounts::new(3), 0, 1).unwrap(), None);
    assert!(matches!(fragility(&PairCounts::new(3), 0, 3), Err(RankingError::UnknownContestant { index: 3, .. })));
    assert!(matches!(fragility(&PairCounts::new(3), 1, 1), Err(RankingError::AgainstItself { index: 1 })));
}

#[test]
fn leaving_a_voter_out_is_fitting_without_their_votes() {
    let everyone = board();
    let zealot = count(5, &[(1, 0, Outcome::Left, 20), (3, 0, Outcome::Left, 12)]);
    let alone = count(5, &[(4, 0, Outcome::Left, 1)]);
    let silent = PairCounts::new(5);
    let mut counts = everyone.clone();
    for voter in [&zealot, &alone] {
        counts.merge(voter).unwrap();
    }
    let (fit, _) = bradley_terry_or_prior(&counts, weak_penalty()).unwrap();
    let found = leave_one_voter_out(&counts, &fit, [&zealot, &alone, &silent]).unwrap();
    assert_eq!((found[2].votes, found[2].contestant, found[2].swaps), (0, None, 0));

    let mut rest = everyone.clone();
    rest.merge(&alone).unwrap();
    let (without, _) = bradley_terry_or_prior(&rest, weak_penalty()).unwrap();
    let moved =
        |contestant: u32| without.log_odds[contestant as usize].unwrap() - fit.log_odds[contestant as usize].unwrap();
    let most = found[0].contestant.unwrap();
    assert!((found[0].shift - moved(most)).abs() < 1e-5, "{found:?}");
    assert!((0..4).all(|other| moved(other).abs() <= moved(most).abs() + 1e-9));
    assert!(found[0].swaps > 0);
    // Under the prior nothing is missing without the fourth contestant's only vote.
    assert!(!found[1].needs_prior);
}

#[test]
fn a_voter_whose_votes_are_not_on_the_board_is_refused() {
    let counts = board();
    let fit = bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap();
    let stranger = count(5, &[(4, 0, Outcome::Left, 1)]);
    assert!(matches!(leave_one_voter_out(&counts, &fit, [&stranger]), Err(RankingError::NotCounted { .. })));
    let other = PairCounts::new(4);
    assert!(matches!(leave_one_voter_out(&counts, &fit, [&other]), Err(RankingError::DifferentContestants { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_votes_give_finite_answers(
        battles in prop::collection::vec((0..5_u32, 1..5_u32, prop::sample::select(Outcome::ALL.to_vec()), 1..4_u64), 0..25)
    ) {
        let mut counts = PairCounts::new(5);
        for (left, offset, outcome, count) in battles {
            counts.add(left, (left + offset) % 5, outcome, count).unwrap();
        }
        let (fit, _) = bradley_terry_or_prior(&counts, weak_penalty()).unwrap();
        let draws = bootstrap(&counts, &fit, &plaudit_ranking::BootstrapOptions { resamples: 30, seed: 1 }).unwrap();
        for interval in draws.intervals(0.9).unwrap().into_iter().flatten() {
            prop_assert!(interval.lower.is_finite() && interval.lower <= interval.upper && interval.upper.is_finite());
        }
        let sure = differences(&counts, &fit, FEW_BATTLES).unwrap();
        for (one, other) in [(0, 1), (2, 4)] {
            let rated = fit.log_odds[one as usize].is_some() && fit.log_odds[other as usize].is_some();
            let chance = sure.better(one, other);
            prop_assert_eq!(chance.is_some(), rated);
            prop_assert!(chance.is_none_or(|chance| (0.0..=1.0).contains(&chance)));
            if let Some(found) = fragility(&counts, one, other).unwrap() {
                prop_assert!(found.votes <= counts.total());
            }
        }
        for voter in leave_one_voter_out(&counts, &fit, [&counts, &PairCounts::new(5)]).unwrap() {
            prop_assert!(voter.shift.is_finite());
        }
    }
}
