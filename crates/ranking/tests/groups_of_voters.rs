//! Boards that respect groups, and whether groups want opposite things.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

mod shared;
mod simulated;

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BradleyTerry, BradleyTerryOptions, InconsistencyOptions, Margins, PairCounts, RankingError, bradley_terry,
    group_boards, group_inconsistency, max_min_board, weak_penalty,
};
use proptest::prelude::*;
use simulated::{Random, relabelled, two_camps, vote_randomly};

fn board(strengths: &[Option<f64>]) -> BradleyTerry {
    BradleyTerry {
        log_odds: strengths.to_vec(),
        standard_errors: strengths.to_vec(),
        iterations: 0,
        gradient_norm: 0.0,
        penalty: 1.0,
    }
}

#[test]
fn a_compromise_comes_first_where_each_favourite_is_anothers_last() {
    let far = 2.0;
    let groups = [board(&[Some(far), Some(0.0), Some(-far)]), board(&[Some(-far), Some(0.0), Some(far)])];
    let found = max_min_board(&groups).unwrap();
    // σ(2) and σ(4) by hand.
    let (near, wide) = (1.0 / (1.0 + (-2.0_f64).exp()), 1.0 / (1.0 + (-4.0_f64).exp()));
    assert!((found.utilities[0][0].unwrap() - (near + wide) / 2.0).abs() < 1e-12);
    let last = found.least[0].unwrap();
    assert_eq!((last.group, found.least[2].unwrap().group), (1, 0));
    assert!((last.utility - (2.0 - near - wide) / 2.0).abs() < 1e-12);
    assert!((found.least[1].unwrap().utility - 0.5).abs() < 1e-12);
    assert_eq!(found.ranks, [Some(2), Some(1), Some(2)]);
    // No lottery can do better than ½ for both, as the utilities of the two groups add up to 1.
    assert!((found.lottery_utility.unwrap() - 0.5).abs() < 1e-6);
}

#[test]
fn a_lottery_over_two_favourites_beats_the_best_single_contestant() {
    // The third pleases nobody. By turns the first two please everyone.
    let groups = [board(&[Some(3.0), Some(-1.0), Some(-2.0)]), board(&[Some(-1.0), Some(3.0), Some(-2.0)])];
    let found = max_min_board(&groups).unwrap();
    let best = found.least.iter().map(|least| least.unwrap().utility).fold(0.0, f64::max);
    assert!((found.lottery[0] - 0.5).abs() < 1e-6 && found.lottery[2].abs() < 1e-6, "{:?}", found.lottery);
    let expected = (found.utilities[0][0].unwrap() + found.utilities[0][1].unwrap()) / 2.0;
    assert!((found.lottery_utility.unwrap() - expected).abs() < 1e-6);
    assert!(expected > best + 0.1, "{expected} and {best}");
}

#[test]
fn whom_a_group_does_not_rate_nobody_ranks() {
    let groups = [board(&[Some(1.0), None, Some(-1.0)]), board(&[Some(0.5), Some(9.0), Some(-0.5)])];
    let found = max_min_board(&groups).unwrap();
    assert_eq!((found.ranks.clone(), found.lottery[1]), (vec![Some(1), None, Some(2)], 0.0));
    // Against the only other rated one.
    assert!((found.utilities[1][0].unwrap() - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-12);
    for nobody in [vec![], vec![board(&[])], vec![board(&[Some(0.0), None])]] {
        let found = max_min_board(&nobody).unwrap();
        assert!(found.ranks.iter().all(Option::is_none) && found.lottery_utility.is_none());
    }
    let different = [board(&[None; 2]), board(&[None; 3])];
    assert!(matches!(max_min_board(&different), Err(RankingError::DifferentContestants { .. })));
}

#[test]
fn a_groups_board_is_the_penalised_fit_of_its_votes_alone() {
    let (voters, camps) = two_camps(12, 20, 5);
    let boards = group_boards(&voters, &camps, 3, weak_penalty()).unwrap();
    for (group, board) in (0..2).zip(&boards) {
        let mut counts = PairCounts::new(8);
        let members = voters.iter().zip(&camps).filter(|(_, camp)| **camp == group);
        members.for_each(|(voter, _)| counts.merge(voter).unwrap());
        let options = BradleyTerryOptions { penalty: weak_penalty(), guard_battles: u64::MAX, ..Default::default() };
        let alone = bradley_terry(&counts, &options).unwrap();
        for contestant in 0..8 {
            assert!((board.log_odds[contestant].unwrap() - alone.log_odds[contestant].unwrap()).abs() < 1e-9);
            let errors = (board.standard_errors[contestant].unwrap(), alone.standard_errors[contestant].unwrap());
            assert!((errors.0 - errors.1).abs() < 1e-9);
        }
    }
    // Nobody is in the third group: the prior's mean and standard deviation, less the common level's share of an eighth.
    let error = (7.0 / 8.0 / weak_penalty()).sqrt();
    assert!(boards[2].log_odds.iter().all(|strength| *strength == Some(0.0)));
    assert!(boards[2].standard_errors.iter().all(|found| (found.unwrap() - error).abs() < 1e-9));
}

#[test]
fn opposite_camps_are_inconsistent_and_random_groups_are_not() {
    let (voters, camps) = two_camps(30, 30, 6);
    for margins in [Margins::Fitted, Margins::Counted] {
        let options = InconsistencyOptions { margins, permutations: 199, ..Default::default() };
        let found = group_inconsistency(&voters, &camps, 2, &options).unwrap().overall;
        eprintln!("{margins:?}: {found:?}");
        assert!(found.coefficient.unwrap() > 0.9 && found.expected.unwrap() < 0.75);
        assert_eq!(found.p_value, Some(1.0 / 200.0));
    }
    // p-values of groups without meaning are uniform: of twenty, about one below 0.05 and ten below 0.5.
    let mut small = 0;
    for seed in 0..20 {
        let mut random = Random::new(100 + seed);
        let strengths: Vec<f64> = (0..6).map(|index| 0.3 * f64::from(index)).collect();
        let voters: Vec<PairCounts> = (0..12).map(|_| vote_randomly(&strengths, 15, &mut random)).collect();
        let groups: Vec<u32> = (0..12).map(|voter| voter % 2).collect();
        let options = InconsistencyOptions { permutations: 99, ..Default::default() };
        let found = group_inconsistency(&voters, &groups, 2, &options).unwrap().overall;
        small += u32::from(found.p_value.unwrap() < 0.5);
    }
    assert!((4..=16).contains(&small), "{small} of 20 p-values below ½");
}

#[test]
fn the_coefficient_by_hand() {
    let mut voters = vec![PairCounts::new(3); 2];
    // Margins 1 and ½ in the first group; −½ and ½ in the second; the third pair was compared in one group alone.
    voters[0].add(0, 1, Outcome::Left, 2).unwrap();
    voters[0].add(1, 2, Outcome::Left, 3).unwrap();
    voters[0].add(1, 2, Outcome::Right, 1).unwrap();
    voters[1].add(0, 1, Outcome::Right, 1).unwrap();
    voters[1].add(0, 1, Outcome::Tie, 1).unwrap();
    voters[1].add(1, 2, Outcome::Left, 1).unwrap();
    voters[1].add(1, 2, Outcome::BothBad, 1).unwrap();
    voters[1].add(0, 2, Outcome::Left, 1).unwrap();
    let options = InconsistencyOptions { margins: Margins::Counted, permutations: 9, ..Default::default() };
    let found = group_inconsistency(&voters, &[0, 1], 2, &options).unwrap();
    assert_eq!(found.between.len(), 1);
    let (first, second, between) = found.between[0];
    assert_eq!((first, second, between), (0, 1, found.overall));
    assert!((between.coefficient.unwrap() - 0.5 / 0.75).abs() < 1e-12);
    // Two voters can only swap places, which changes nothing.
    assert_eq!((between.pairs, between.opposed, between.p_value), (2, 1, Some(1.0)));
}

#[test]
fn the_order_of_voters_does_not_matter_and_nonsense_is_refused() {
    let (voters, camps) = two_camps(12, 12, 7);
    let options = InconsistencyOptions { permutations: 49, ..Default::default() };
    let found = group_inconsistency(&voters, &camps, 2, &options).unwrap();
    let reversed: Vec<PairCounts> = voters.iter().rev().cloned().collect();
    let backwards: Vec<u32> = camps.iter().rev().copied().collect();
    assert_eq!(found, group_inconsistency(&reversed, &backwards, 2, &options).unwrap());
    let renamed: Vec<PairCounts> = voters.iter().map(|voter| relabelled(voter, &[4, 2, 0, 1, 3, 7, 6, 5])).collect();
    let renamed = group_inconsistency(&renamed, &camps, 2, &options).unwrap();
    assert!((found.overall.coefficient.unwrap() - renamed.overall.coefficient.unwrap()).abs() < 1e-9);

    let refused = group_inconsistency(&voters, &camps[1..], 2, &options);
    assert!(matches!(refused, Err(RankingError::DifferentVoters { expected: 12, given: 11 })));
    assert!(matches!(group_inconsistency(&voters, &camps, 1, &options), Err(RankingError::Option { .. })));
    let nothing = group_inconsistency(&[], &[], 0, &options).unwrap();
    assert_eq!((nothing.overall.coefficient, nothing.overall.p_value), (None, None));
}

#[test]
fn the_crowd_of_llmfao_in_halves() {
    let Some(voters) = simulated::llmfao() else { return };
    let halves: Vec<u32> = (0..voters.len() as u32).map(|voter| voter % 2).collect();
    let options = InconsistencyOptions { permutations: 99, ..Default::default() };
    let found = group_inconsistency(&voters, &halves, 2, &options).unwrap().overall;
    let board = max_min_board(&group_boards(&voters, &halves, 2, weak_penalty()).unwrap()).unwrap();
    eprintln!("{found:?}, lottery {:?}", board.lottery_utility);
    // The workers' numbers mean nothing, so neither do these halves.
    assert!(found.p_value.unwrap() > 0.01 && found.coefficient.unwrap() < 0.3);
    let best = board.least.iter().flatten().map(|least| least.utility).fold(0.0, f64::max);
    assert!(board.lottery_utility.unwrap() >= best - 1e-6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_groups_give_finite_answers(
        battles in prop::collection::vec(
            (0..4_usize, 0..5_u32, 1..5_u32, prop::sample::select(Outcome::ALL.to_vec()), prop::sample::select(vec![1, 3, 1_000_000])),
            0..25,
        ),
    ) {
        let mut voters = vec![PairCounts::new(5); 4];
        for (voter, left, offset, outcome, count) in battles {
            voters[voter].add(left, (left + offset) % 5, outcome, count).unwrap();
        }
        let membership = [0, 1, 2, 1];
        let found = max_min_board(&group_boards(&voters, &membership, 3, weak_penalty()).unwrap()).unwrap();
        prop_assert!(found.utilities.iter().flatten().flatten().all(|utility| (0.0..=1.0).contains(utility)));
        if let Some(utility) = found.lottery_utility {
            prop_assert!((found.lottery.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(found.least.iter().flatten().all(|least| least.utility <= utility + 1e-6));
        }
        for margins in [Margins::Counted, Margins::Fitted] {
            let options = InconsistencyOptions { margins, permutations: 5, ..Default::default() };
            let found = group_inconsistency(&voters, &membership, 3, &options).unwrap();
            for (_, _, between) in found.between {
                prop_assert!(between.coefficient.is_none_or(|value| (0.0..=1.0).contains(&value)));
                prop_assert!(between.p_value.is_none_or(|value| value > 0.0 && value <= 1.0));
                prop_assert!(between.opposed <= between.pairs);
            }
        }
    }
}
