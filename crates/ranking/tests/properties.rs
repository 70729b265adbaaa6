//! What must hold for any votes.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BradleyTerry, BradleyTerryOptions, EloOptions, Interval, PairCounts, bradley_terry, bradley_terry_or_prior,
    degeneracy, elo, ranks, weak_penalty,
};
use proptest::prelude::*;

const CONTESTANTS: u32 = 6;

type Battle = (u32, u32, Outcome);

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(Outcome::ALL.to_vec())
}

/// Few enough that missing pairs, unbeaten contestants and separate groups come up often.
fn battles() -> impl Strategy<Value = Vec<Battle>> {
    let battle = (0..CONTESTANTS, 1..CONTESTANTS, outcome())
        .prop_map(|(left, offset, outcome)| (left, (left + offset) % CONTESTANTS, outcome));
    prop::collection::vec(battle, 0..60)
}

/// The same battles, and the numbers of the contestants in another order.
fn battles_and_permutation() -> impl Strategy<Value = (Vec<Battle>, Vec<u32>)> {
    (battles(), Just((0..CONTESTANTS).collect::<Vec<_>>()).prop_shuffle())
}

fn count(battles: &[Battle]) -> PairCounts {
    PairCounts::from_battles(CONTESTANTS, battles.iter().copied()).unwrap()
}

fn penalised(counts: &PairCounts) -> BradleyTerry {
    bradley_terry(counts, &BradleyTerryOptions { penalty: 0.3, ..Default::default() }).unwrap()
}

fn same(one: &[Option<f64>], other: &[Option<f64>]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Some(one), Some(other)) => (one - other).abs() < 1e-9,
            (one, other) => one == other,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn renaming_contestants_renames_the_answer((battles, names) in battles_and_permutation()) {
        let renamed: Vec<Battle> =
            battles.iter().map(|&(left, right, outcome)| (names[left as usize], names[right as usize], outcome)).collect();
        let (fit, prior) = bradley_terry_or_prior(&count(&battles), weak_penalty()).unwrap();
        let (other, other_prior) = bradley_terry_or_prior(&count(&renamed), weak_penalty()).unwrap();
        prop_assert_eq!(prior.is_used(), other_prior.is_used());
        let back = |values: &[Option<f64>]| names.iter().map(|&name| values[name as usize]).collect::<Vec<_>>();
        prop_assert!(same(&fit.log_odds, &back(&other.log_odds)));
        prop_assert!(same(&fit.standard_errors, &back(&other.standard_errors)));
    }

    #[test]
    fn the_order_of_the_votes_does_not_matter(battles in battles(), by_one in any::<bool>()) {
        let mut reversed = PairCounts::new(CONTESTANTS);
        for &(left, right, outcome) in battles.iter().rev() {
            reversed.add(left, right, outcome, 1).unwrap();
        }
        let counts = count(&battles);
        prop_assert_eq!(&counts, &reversed);
        prop_assert_eq!(penalised(&counts), penalised(&reversed));
        // The same whether the table of all pairs fits in memory or not.
        let many = if by_one { 513 } else { 512 };
        let mut grown = counts.clone();
        grown.grow(many).unwrap();
        prop_assert_eq!(PairCounts::from_battles(many, battles).unwrap(), grown);
    }

    #[test]
    fn swapping_the_sides_of_every_battle_changes_no_rating(battles in battles()) {
        let swapped: Vec<Battle> =
            battles.iter().map(|&(left, right, outcome)| (right, left, outcome.swapped())).collect();
        let (counts, other) = (count(&battles), count(&swapped));
        prop_assert!(counts.pairs().eq(other.pairs()));
        prop_assert_eq!(penalised(&counts), penalised(&other));
        prop_assert_eq!(degeneracy(&counts), degeneracy(&other));
    }

    #[test]
    fn splitting_and_merging_counts_loses_nothing(battles in battles(), share in 0.0..1.0) {
        let (early, late) = battles.split_at((battles.len() as f64 * share) as usize);
        let mut merged = count(early);
        merged.merge(&count(late)).unwrap();
        prop_assert_eq!(merged, count(&battles));
    }

    #[test]
    fn removing_what_was_added_leaves_the_counts_as_they_were(kept in battles(), undone in battles()) {
        let mut counts = count(&kept);
        for &(left, right, outcome) in &undone {
            counts.add(left, right, outcome, 3).unwrap();
        }
        for &(left, right, outcome) in &undone {
            counts.remove(left, right, outcome, 3).unwrap();
        }
        prop_assert_eq!(counts, count(&kept));
    }

    #[test]
    fn records_and_pairs_add_up(battles in battles()) {
        let counts = count(&battles);
        prop_assert_eq!(counts.total(), battles.len() as u64);
        prop_assert_eq!(counts.pairs().map(|pair| pair.battles()).sum::<u64>(), counts.total());
        let records = counts.records();
        prop_assert_eq!(records.iter().map(|record| record.battles()).sum::<u64>(), 2 * counts.total());
        prop_assert_eq!(records.iter().map(|record| record.shown_left).sum::<u64>(), counts.total());
        prop_assert!((records.iter().map(|record| record.score()).sum::<f64>() - counts.total() as f64).abs() < 1e-9);
        prop_assert!(counts.pairs().is_sorted_by_key(|pair| (pair.first, pair.second)));
        prop_assert!(counts.pairs().all(|pair| pair.first < pair.second && pair.battles() > 0));
    }

    #[test]
    fn counts_survive_json(battles in battles()) {
        let counts = count(&battles);
        let text = serde_json::to_string(&counts).unwrap();
        prop_assert_eq!(serde_json::from_str::<PairCounts>(&text).unwrap(), counts);
    }

    #[test]
    fn a_live_board_shows_finite_numbers_for_any_votes(battles in battles(), repeated in 1_u64..1 << 40) {
        let mut counts = count(&battles);
        // One landslide, so that counts differ by many orders of magnitude.
        counts.add(0, 1, Outcome::Left, repeated).unwrap();
        let (fit, prior) = bradley_terry_or_prior(&counts, weak_penalty()).unwrap();
        prop_assert_eq!(prior.is_used(), degeneracy(&counts).is_some());
        let records = counts.records();
        for ((strength, interval), record) in fit.log_odds.iter().zip(fit.intervals(0.95).unwrap()).zip(records) {
            prop_assert_eq!(strength.is_some(), record.battles() > 0);
            if let (Some(strength), Some(Interval { lower, upper })) = (strength, interval) {
                prop_assert!(lower.is_finite() && upper.is_finite());
                prop_assert!(lower < *strength && *strength < upper, "{lower} {strength} {upper}");
                prop_assert!(strength.abs() < 100.0);
            }
        }
    }

    #[test]
    fn the_mean_is_zero_with_a_penalty_and_without(battles in battles()) {
        let counts = count(&battles);
        let mean_is_zero = |fit: &BradleyTerry| fit.log_odds.iter().flatten().sum::<f64>().abs() < 1e-10;
        prop_assert!(mean_is_zero(&penalised(&counts)));
        prop_assert!(mean_is_zero(&bradley_terry_or_prior(&counts, weak_penalty()).unwrap().0));
    }

    #[test]
    fn a_warm_start_changes_nothing_but_the_number_of_steps(
        battles in battles(),
        start in prop::collection::vec(-1e6..1e6_f64, CONTESTANTS as usize),
        near in any::<bool>(),
    ) {
        let counts = count(&battles);
        let cold = penalised(&counts);
        let start = if near { cold.log_odds.iter().map(|strength| strength.unwrap_or(0.0) + 0.01).collect() } else { start };
        let warm =
            bradley_terry(&counts, &BradleyTerryOptions { penalty: 0.3, start: Some(start), ..Default::default() }).unwrap();
        prop_assert!(same(&warm.log_odds, &cold.log_odds) && same(&warm.standard_errors, &cold.standard_errors));
        prop_assert!(!near || warm.iterations <= cold.iterations);
    }

    #[test]
    fn existence_is_the_same_by_reachability(battles in battles()) {
        let counts = count(&battles);
        let records = counts.records();
        let rated: Vec<usize> = (0..CONTESTANTS as usize).filter(|&index| records[index].battles() > 0).collect();
        // Warshall's transitive closure of "won against or tied with".
        let mut reaches = [[false; CONTESTANTS as usize]; CONTESTANTS as usize];
        for &(left, right, outcome) in &battles {
            reaches[left as usize][right as usize] |= outcome != Outcome::Right;
            reaches[right as usize][left as usize] |= outcome != Outcome::Left;
        }
        for via in 0..CONTESTANTS as usize {
            for from in 0..CONTESTANTS as usize {
                for to in 0..CONTESTANTS as usize {
                    reaches[from][to] |= reaches[from][via] && reaches[via][to];
                }
            }
        }
        let all = rated.iter().all(|&from| rated.iter().all(|&to| from == to || reaches[from][to]));
        prop_assert_eq!(degeneracy(&counts).is_none(), all);
    }

    #[test]
    fn elo_hands_points_over_and_makes_none(battles in battles()) {
        let ratings = elo(CONTESTANTS, battles, &EloOptions::default()).unwrap();
        prop_assert!((ratings.iter().sum::<f64>() - 1000.0 * f64::from(CONTESTANTS)).abs() < 1e-9);
    }

    #[test]
    fn ranks_are_what_their_definition_says(ends in prop::collection::vec(prop::option::of((-5.0..5.0, 0.0..4.0)), 0..12)) {
        let intervals: Vec<Option<Interval>> =
            ends.iter().map(|end| end.map(|(lower, width)| Interval { lower, upper: lower + width })).collect();
        for (rank, interval) in ranks(&intervals).into_iter().zip(&intervals) {
            let better = |upper: f64| 1 + intervals.iter().flatten().filter(|other| other.lower > upper).count() as u32;
            prop_assert_eq!(rank, interval.map(|interval| better(interval.upper)));
        }
    }
}
