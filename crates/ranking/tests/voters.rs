//! Kinds of voters: planted groups are found, and none where there are none.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

mod shared;
mod simulated;

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BradleyTerryOptions, MixtureOptions, PairCounts, RankingError, SelectionOptions, bradley_terry, select_mixture,
    voter_mixture, weak_penalty,
};
use proptest::prelude::*;
use simulated::{Random, adjusted_rand, relabelled, two_camps, vote_randomly};

#[test]
fn planted_groups_are_found_and_their_boards_too() {
    let (voters, planted) = two_camps(60, 40, 1);
    let mixture = voter_mixture(&voters, &MixtureOptions::default()).unwrap();
    let agreement = adjusted_rand(&mixture.members(), &planted);
    eprintln!("adjusted Rand {agreement:.3}, {} iterations", mixture.trace.len() - 1);
    assert!(agreement > 0.9 && mixture.is_converged);
    // Two thirds are of the first camp, whose strengths fall with the number; in the other they rise.
    assert!((mixture.groups[0].weight - 2.0 / 3.0).abs() < 0.05, "{}", mixture.groups[0].weight);
    let board = |group: usize, contestant: usize| mixture.groups[group].board.log_odds[contestant].unwrap();
    assert!(board(0, 0) > board(0, 7) + 1.0 && board(1, 7) > board(1, 0) + 1.0);
    let votes: f64 = mixture.groups.iter().map(|group| group.votes).sum();
    assert!((votes - 60.0 * 40.0).abs() < 1e-6);
}

#[test]
fn the_number_of_groups_is_the_planted_one() {
    let (voters, _) = two_camps(60, 40, 2);
    let selection = select_mixture(&voters, &SelectionOptions { most_groups: 3, ..Default::default() }).unwrap();
    for candidate in &selection.candidates {
        eprintln!("{} groups: {:?}, BIC {:.1}", candidate.groups, candidate.held_out, candidate.bic);
    }
    assert_eq!(selection.chosen, 2);
    assert_eq!(selection.mixture.groups.len(), 2);
    let one = selection.candidates[0].held_out;
    assert!(one.excess > 4.0 * one.excess_error);
}

#[test]
fn three_planted_groups_are_three() {
    let mut random = Random::new(9);
    let minds: [[f64; 6]; 3] =
        [[2.0, 1.0, 0.0, -1.0, -2.0, 0.0], [-2.0, 0.0, 2.0, 1.0, -1.0, 0.0], [0.0, -2.0, -1.0, 0.0, 2.0, 1.0]];
    let planted: Vec<u32> = (0..75).map(|voter| voter % 3).collect();
    let voters: Vec<PairCounts> =
        planted.iter().map(|group| vote_randomly(&minds[*group as usize], 40, &mut random)).collect();
    let selection = select_mixture(&voters, &SelectionOptions { most_groups: 4, ..Default::default() }).unwrap();
    assert_eq!(selection.chosen, 3, "{:?}", selection.candidates);
    assert!(adjusted_rand(&selection.mixture.members(), &planted) > 0.9);
}

#[test]
fn a_crowd_of_one_mind_is_one_group() {
    for seed in 0..5 {
        let mut random = Random::new(seed);
        let strengths: Vec<f64> = (0..8).map(|index| 0.4 * f64::from(index)).collect();
        let voters: Vec<PairCounts> = (0..50).map(|_| vote_randomly(&strengths, 30, &mut random)).collect();
        let options = SelectionOptions { most_groups: 3, restarts: 3, ..Default::default() };
        let selection = select_mixture(&voters, &options).unwrap();
        assert_eq!(selection.chosen, 1, "seed {seed}: {:?}", selection.candidates);
    }
}

#[test]
fn one_group_is_the_board_of_everyone_under_the_prior() {
    let (voters, _) = two_camps(12, 15, 3);
    let mut everyone = PairCounts::new(8);
    voters.iter().for_each(|voter| everyone.merge(voter).unwrap());
    let options = BradleyTerryOptions { penalty: weak_penalty(), guard_battles: u64::MAX, ..Default::default() };
    let board = bradley_terry(&everyone, &options).unwrap();
    let mixture = voter_mixture(&voters, &MixtureOptions { groups: 1, ..Default::default() }).unwrap();
    let group = &mixture.groups[0].board;
    for (ours, theirs) in group.log_odds.iter().zip(&board.log_odds) {
        assert!((ours.unwrap() - theirs.unwrap()).abs() < 1e-10);
    }
    for (ours, theirs) in group.standard_errors.iter().zip(&board.standard_errors) {
        assert!((ours.unwrap() - theirs.unwrap()).abs() < 1e-10);
    }
}

#[test]
fn neither_the_order_of_the_voters_nor_the_names_of_the_contestants_matter() {
    let (voters, _) = two_camps(30, 40, 4);
    let mixture = voter_mixture(&voters, &MixtureOptions::default()).unwrap();
    let reversed: Vec<PairCounts> = voters.iter().rev().cloned().collect();
    let mut other_way = voter_mixture(&reversed, &MixtureOptions::default()).unwrap();
    other_way.responsibilities.reverse();
    assert_eq!(mixture, other_way);

    let names = [3, 6, 1, 0, 7, 2, 5, 4];
    let renamed: Vec<PairCounts> = voters.iter().map(|voter| relabelled(voter, &names)).collect();
    let renamed = voter_mixture(&renamed, &MixtureOptions::default()).unwrap();
    assert!((renamed.log_likelihood - mixture.log_likelihood).abs() < 1e-3);
    for (group, other) in mixture.groups.iter().zip(&renamed.groups) {
        for (contestant, &name) in names.iter().enumerate() {
            let (one, other) =
                (group.board.log_odds[contestant].unwrap(), other.board.log_odds[name as usize].unwrap());
            assert!((one - other).abs() < 1e-2, "{one} and {other}");
        }
    }
}

#[test]
fn options_and_voters_that_make_no_sense_are_refused() {
    let voters = [PairCounts::new(2), PairCounts::new(3)];
    let refused = voter_mixture(&voters, &MixtureOptions::default());
    assert!(matches!(refused, Err(RankingError::DifferentContestants { expected: 2, given: 3 })));
    for options in [
        MixtureOptions { groups: 0, ..Default::default() },
        MixtureOptions { restarts: 0, ..Default::default() },
        MixtureOptions { penalty: 0.0, ..Default::default() },
    ] {
        assert!(matches!(voter_mixture(&voters[..1], &options), Err(RankingError::Option { .. })));
    }
    let one_fold = SelectionOptions { folds: 1, ..Default::default() };
    assert!(matches!(select_mixture(&voters[..1], &one_fold), Err(RankingError::Option { .. })));
}

#[test]
fn without_voters_or_votes_there_is_a_board_of_nobody() {
    for voters in [vec![], vec![PairCounts::new(3); 2]] {
        let mixture = voter_mixture(&voters, &MixtureOptions::default()).unwrap();
        assert_eq!(mixture.groups.len(), 2);
        assert!(mixture.groups.iter().all(|group| group.board.log_odds.iter().all(Option::is_none)));
        assert_eq!(mixture.responsibilities, vec![vec![0.5; 2]; voters.len()]);
        assert_eq!(mixture.log_likelihood, 0.0);
    }
}

#[test]
fn the_crowd_of_llmfao() {
    let Some(voters) = simulated::llmfao() else { return };
    assert_eq!(voters.len(), 124);
    let options = SelectionOptions { most_groups: 3, restarts: 10, ..Default::default() };
    let selection = select_mixture(&voters, &options).unwrap();
    for candidate in &selection.candidates {
        eprintln!("{} groups: {:?}, BIC {:.1}", candidate.groups, candidate.held_out, candidate.bic);
        assert!(candidate.held_out.log_loss.is_finite() && candidate.bic.is_finite());
    }
    // The workers are of more than one kind.
    assert!(selection.chosen > 1 && selection.candidates[0].held_out.excess > 0.0);
    eprintln!("chosen {}, best {}", selection.chosen, selection.best);
    for group in &selection.mixture.groups {
        eprintln!("weight {:.2}, {:.0} voters, {:.0} votes", group.weight, group.voters, group.votes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_iteration_climbs_and_every_number_is_finite(
        battles in prop::collection::vec(
            (0..4_usize, 0..5_u32, 1..5_u32, prop::sample::select(Outcome::ALL.to_vec()), prop::sample::select(vec![1, 3, 1_000_000])),
            0..25,
        ),
        groups in 1..4_u32,
    ) {
        let mut voters = vec![PairCounts::new(5); 4];
        for (voter, left, offset, outcome, count) in battles {
            voters[voter].add(left, (left + offset) % 5, outcome, count).unwrap();
        }
        let mixture = voter_mixture(&voters, &MixtureOptions { groups, restarts: 2, ..Default::default() }).unwrap();
        for step in mixture.trace.windows(2) {
            prop_assert!(step[1] >= step[0] - 1e-9 * step[0].abs().max(1.0), "{step:?}");
        }
        for shares in &mixture.responsibilities {
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        prop_assert!(mixture.groups.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
        prop_assert!(mixture.bic.is_finite());
        let mut everyone = PairCounts::new(5);
        voters.iter().for_each(|voter| everyone.merge(voter).unwrap());
        for group in &mixture.groups {
            for (index, record) in everyone.records().iter().enumerate() {
                let (strength, error) = (group.board.log_odds[index], group.board.standard_errors[index]);
                prop_assert_eq!(strength.is_some(), record.battles() > 0);
                prop_assert!(strength.is_none_or(f64::is_finite) && error.is_none_or(f64::is_finite));
            }
        }
    }
}
