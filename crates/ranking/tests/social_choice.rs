//! Rankings without a model: textbook elections, brute force, and the game's own conditions.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

#[path = "shared/mod.rs"]
mod shared;

use plaudit_domain::Outcome;
use plaudit_ranking::{
    CommitteeRule, GroupBounds, PairCounts, RankingError, Tournament, agreement_of, average_win_rates, borda,
    committee, consensus, copeland, cycle_report, kemeny, maximal_lottery, regularised_nash, self_play,
};
use proptest::prelude::*;

/// Ballots that rank all contestants, as votes on every pair.
fn election(contestants: u32, ballots: &[(u64, &[u32])]) -> PairCounts {
    let mut counts = PairCounts::new(contestants);
    for (count, order) in ballots {
        for (at, upper) in order.iter().enumerate() {
            for lower in &order[at + 1..] {
                counts.add(*upper, *lower, Outcome::Left, *count).unwrap();
            }
        }
    }
    counts
}

/// The capital of Tennessee: Memphis, Nashville, Chattanooga, Knoxville.
fn tennessee() -> PairCounts {
    election(4, &[(42, &[0, 1, 2, 3]), (26, &[1, 2, 3, 0]), (15, &[2, 3, 1, 0]), (17, &[3, 2, 1, 0])])
}

#[test]
fn tennessee_chooses_nashville_by_every_rule() {
    let counts = tennessee();
    let tournament = Tournament::new(&counts);
    let best = kemeny(&tournament);
    assert_eq!((best.order.as_slice(), best.is_optimal), ([1, 2, 3, 0].as_slice(), true));
    // Memphis beats nobody; 58, 42, 32 and so on votes stand against the order, by hand: 393 of 600 agree with it.
    assert_eq!((best.disagreements, best.lower_bound), (600.0 - 393.0, 600.0 - 393.0));
    assert_eq!(copeland(&tournament), [0.0, 3.0, 2.0, 1.0].map(Some));
    let scores = borda(&tournament).into_iter().map(|score| (score.unwrap() * 100.0).round()).collect::<Vec<_>>();
    assert_eq!(scores, [126.0, 194.0, 173.0, 107.0], "the election's Borda count");
    let lottery = maximal_lottery(&tournament).unwrap();
    assert_eq!((lottery.condorcet_winner, lottery.probabilities[1]), (Some(1), Some(1.0)));
    assert_eq!(cycle_report(&counts).cyclic, 0);
    let rates = average_win_rates(&tournament);
    assert!((rates[1].unwrap() - 1.94 / 3.0).abs() < 1e-12);
}

#[test]
fn an_even_circle_is_shared_evenly_and_an_uneven_one_by_the_margins() {
    let mut counts = PairCounts::new(4);
    for (winner, loser, wins) in [(0, 1, 60), (1, 2, 70), (2, 0, 80)] {
        counts.add(winner, loser, Outcome::Left, wins).unwrap();
        counts.add(loser, winner, Outcome::Left, 100 - wins).unwrap();
    }
    let tournament = Tournament::new(&counts);
    let lottery = maximal_lottery(&tournament).unwrap();
    // Each share is as the margin of the other two: 0.2, 0.3, 0.1 of 0.6.
    for (share, expected) in lottery.probabilities.iter().zip([2.0 / 6.0, 3.0 / 6.0, 1.0 / 6.0]) {
        assert!((share.unwrap() - expected).abs() < 1e-9, "{lottery:?}");
    }
    assert_eq!((lottery.probabilities[3], lottery.condorcet_winner), (None, None));
    assert!(lottery.exploitability < 1e-9);
    // The regularised game comes near as its price falls, and self-play's mean as its steps grow.
    let near = regularised_nash(&tournament, 1e-3).unwrap();
    let played = self_play(&tournament, 40_000).unwrap();
    for ((exact, near), played) in
        lottery.probabilities.iter().zip(&near.probabilities).zip(&played.probabilities).take(3)
    {
        assert!((exact.unwrap() - near.unwrap()).abs() < 0.02, "{near:?}");
        assert!((exact.unwrap() - played.unwrap()).abs() < 0.02, "{played:?}");
    }
    assert!(near.exploitability < 1e-2 && played.exploitability < 1e-2);
    assert!(regularised_nash(&tournament, 0.0).is_err() && self_play(&tournament, 0).is_err());
}

#[test]
fn a_high_price_leaves_the_mixture_even() {
    let lottery = regularised_nash(&Tournament::new(&tennessee()), 1e4).unwrap();
    assert!(lottery.probabilities.iter().all(|share| (share.unwrap() - 0.25).abs() < 1e-4));
}

#[test]
fn a_circle_of_few_votes_is_told_with_little_confidence() {
    let circle = |wins: u64, losses: u64| {
        let mut counts = PairCounts::new(3);
        for (winner, loser) in [(0, 1), (1, 2), (2, 0)] {
            counts.add(winner, loser, Outcome::Left, wins).unwrap();
            counts.add(loser, winner, Outcome::Left, losses).unwrap();
        }
        cycle_report(&counts).cycles[0].confidence
    };
    assert!(circle(1, 0) < 0.5 && circle(60, 40) < circle(600, 400));
    assert!(circle(600, 400) > 0.99);
}

#[test]
fn nobody_and_one_pair_have_answers() {
    let nobody = Tournament::new(&PairCounts::new(3));
    assert!(kemeny(&nobody).order.is_empty() && borda(&nobody) == [None; 3]);
    assert_eq!(maximal_lottery(&nobody).unwrap().probabilities, [None; 3]);
    let mut counts = PairCounts::new(3);
    counts.add(2, 0, Outcome::Tie, 3).unwrap();
    let pair = Tournament::new(&counts);
    assert_eq!(copeland(&pair), [Some(0.5), None, Some(0.5)]);
    assert_eq!(kemeny(&pair).disagreements, 1.5);
}

#[test]
fn a_board_of_sixty_is_ordered_with_a_bound() {
    // A noisy order: the fixed pattern leaves many majorities the wrong way round.
    let mut counts = PairCounts::new(60);
    for first in 0..60_u32 {
        for second in first + 1..60 {
            let noise = u64::from((first * 7919 + second * 104_729) % 17);
            counts.add(first, second, Outcome::Left, 8 + u64::from(second - first) / 6).unwrap();
            counts.add(second, first, Outcome::Left, noise).unwrap();
        }
    }
    let best = kemeny(&Tournament::new(&counts));
    assert!(best.lower_bound <= best.disagreements && best.lower_bound > 0.98 * best.disagreements, "{best:?}");
    let mut all = best.order.clone();
    all.sort_unstable();
    assert_eq!(all, (0..60).collect::<Vec<_>>());
}

#[test]
fn the_crowds_order_contradicts_as_few_votes_as_an_integer_programme_proves_possible() {
    let Some(text) = shared::read("llmfao/crowd-comparisons.csv") else { return };
    let mut rows = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let outcome = match &row[5] {
            "left" => Outcome::Left,
            "right" => Outcome::Right,
            _ => Outcome::Tie,
        };
        rows.push((row[2].parse::<u32>().unwrap(), row[3].parse::<u32>().unwrap(), outcome));
    }
    rows.retain(|row| row.0 != row.1);
    let contestants = 1 + rows.iter().map(|row| row.0.max(row.1)).max().unwrap();
    let best = kemeny(&Tournament::new(&PairCounts::from_battles(contestants, rows).unwrap()));
    // HiGHS on the linear ordering problem of these votes: 3020.5 that every order contradicts, and 153 more.
    assert!(best.disagreements <= 1.001 * 3173.5 && best.disagreements >= 3173.5, "{}", best.disagreements);
    assert!(best.lower_bound <= 3173.5 && best.lower_bound > 0.99 * 3173.5, "{}", best.lower_bound);
}

/// Eight voters in two camps: five like the first three contestants, three the last three, each camp a little unlike.
fn camps() -> Vec<PairCounts> {
    (0..8_u32)
        .map(|voter| {
            let mut counts = PairCounts::new(6);
            let (liked, others) = if voter < 5 { ([0, 1, 2], [3, 4, 5]) } else { ([3, 4, 5], [0, 1, 2]) };
            for (at, better) in liked.into_iter().enumerate() {
                for worse in others {
                    counts.add(better, worse, Outcome::Left, 6 - u64::from((at as u32 + voter) % 3)).unwrap();
                    counts.add(worse, better, Outcome::Left, 1).unwrap();
                }
            }
            counts
        })
        .collect()
}

#[test]
fn k_borda_serves_the_larger_camp_and_proportional_rules_serve_both() {
    let voters = camps();
    let chosen = |rule, bounds: &[GroupBounds]| committee(&voters, 3, rule, bounds).unwrap();
    assert_eq!(chosen(CommitteeRule::Borda, &[]).members, [0, 1, 2]);
    for rule in [CommitteeRule::ChamberlinCourant, CommitteeRule::ProportionalApproval] {
        let mixed = chosen(rule, &[]);
        let of_the_smaller = mixed.members.iter().filter(|member| **member >= 3).count();
        assert!(mixed.is_optimal && (1..=2).contains(&of_the_smaller), "{rule:?}: {mixed:?}");
    }
    let bounds = [GroupBounds { members: vec![3, 4, 5], least: 2, most: 2 }];
    let bound = chosen(CommitteeRule::Borda, &bounds);
    assert_eq!(bound.members.iter().filter(|member| **member >= 3).count(), 2);
    let impossible = [GroupBounds { members: vec![0], least: 2, most: 3 }];
    assert_eq!(committee(&voters, 3, CommitteeRule::Borda, &impossible), Err(RankingError::NoCommittee { size: 3 }));
    assert!(committee(&voters, 0, CommitteeRule::Borda, &[]).is_err());
    assert!(committee(&[], 1, CommitteeRule::Borda, &[]).is_err());
}

#[test]
fn a_large_committee_is_grown_and_as_good_as_the_best_of_independent_scores() {
    // k-Borda is a sum, so the best committee is the k best contestants, however it is searched for.
    let mut voter = PairCounts::new(60);
    for contestant in 0..59_u32 {
        voter.add(contestant, contestant + 1, Outcome::Left, 1 + u64::from(contestant * 7 % 11)).unwrap();
        voter.add(contestant + 1, contestant, Outcome::Left, 3).unwrap();
    }
    let found = committee(std::slice::from_ref(&voter), 12, CommitteeRule::Borda, &[]).unwrap();
    let mut rates: Vec<f64> = voter.records().iter().map(|record| record.win_rate().unwrap()).collect();
    rates.sort_by(|one, other| other.total_cmp(one));
    assert!(!found.is_optimal && (found.score - rates[..12].iter().sum::<f64>()).abs() < 1e-9);
}

#[test]
fn a_consensus_counts_tasks_and_not_points() {
    let tasks = [
        vec![Some(3.0), Some(2.0), Some(1.0), None],
        vec![Some(0.3), Some(0.2), None, Some(0.1)],
        vec![Some(10.0), Some(900.0), Some(20.0), Some(15.0)],
    ];
    let found = consensus(&tasks).unwrap();
    assert_eq!(found.kemeny.order[..2], [0, 1]);
    assert!(found.borda[1] > found.borda[2] && found.mean[1] > found.mean[0]);
    assert!(consensus(&[vec![None; 2], vec![None; 3]]).is_err());
    assert!(consensus(&[]).unwrap().kemeny.order.is_empty());
}

#[test]
fn level_contestants_are_no_swap_and_two_equal_boards_agree_wholly() {
    let board = [Some(3.0), Some(2.0), Some(2.0), None, Some(-1.0)];
    let same = agreement_of(&board, &board);
    assert_eq!((same.contestants, same.kendall, same.swaps.len()), (4, Some(1.0), 0));
    let reversed = board.map(|score| score.map(|score: f64| -score));
    assert_eq!(agreement_of(&board, &reversed).kendall, Some(-1.0));
    assert_eq!(agreement_of(&[Some(1.0); 3], &[Some(1.0), Some(2.0), Some(3.0)]).kendall, None);
    // scipy.stats.kendalltau and spearmanr on the same lists.
    let other = [Some(1.0), Some(5.0), Some(2.0), None, Some(0.0)];
    let agreement = agreement_of(&board, &other);
    assert!((agreement.kendall.unwrap() - 0.182_574_185_835_055_4).abs() < 1e-12, "{agreement:?}");
    assert!((agreement.spearman.unwrap() - 0.316_227_766_016_838).abs() < 1e-12, "{agreement:?}");
}

fn cost(counts: &PairCounts, order: &[u32]) -> f64 {
    let mut sum = 0.0;
    for pair in counts.pairs() {
        let place = |name: u32| order.iter().position(|known| *known == name).unwrap();
        let against = if place(pair.first) < place(pair.second) { pair.second_wins } else { pair.first_wins };
        sum += against as f64 + pair.draws() as f64 / 2.0;
    }
    sum
}

fn permutations(names: &[u32]) -> Vec<Vec<u32>> {
    if names.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let mut rest = names.to_vec();
        rest.remove(at);
        all.extend(permutations(&rest).into_iter().map(|mut order| {
            order.insert(0, *name);
            order
        }));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn no_order_contradicts_fewer_votes_and_no_contestant_beats_the_lottery(
        votes in prop::collection::vec((0_u32..6, 1_u32..6, 0_usize..4, 1_u64..9), 1..40),
    ) {
        let mut counts = PairCounts::new(6);
        for (left, offset, outcome, count) in votes {
            counts.add(left, (left + offset) % 6, Outcome::ALL[outcome], count).unwrap();
        }
        let tournament = Tournament::new(&counts);
        let best = kemeny(&tournament);
        prop_assert!(best.is_optimal);
        prop_assert!((cost(&counts, &best.order) - best.disagreements).abs() < 1e-9);
        let least = permutations(&best.order).iter().map(|order| cost(&counts, order)).fold(f64::INFINITY, f64::min);
        prop_assert!((best.disagreements - least).abs() < 1e-9, "{} and {}", best.disagreements, least);
        prop_assert!((best.lower_bound - least).abs() < 1e-9);
        let lottery = maximal_lottery(&tournament).unwrap();
        prop_assert!(lottery.exploitability < 1e-7, "{:?}", lottery);
        let sum: f64 = lottery.probabilities.iter().flatten().sum();
        prop_assert!((sum - 1.0).abs() < 1e-9);
    }
}
