//! One voter: a board of their own, and whether their answers cohere.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

mod shared;
mod simulated;

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BradleyTerryOptions, CoherenceOptions, PairCounts, PersonalOptions, RankingError, bradley_terry, personal_boards,
    utility_coherence,
};
use proptest::prelude::*;
use simulated::{Random, relabelled, vote_randomly};

/// Voters whose strengths lie around common ones with this standard deviation.
fn tastes(voters: u32, votes: u32, deviation: f64, seed: u64) -> (Vec<PairCounts>, Vec<Vec<f64>>) {
    let mut random = Random::new(seed);
    let own = |random: &mut Random| -> Vec<f64> {
        (0..10).map(|index| 0.2 * f64::from(index) + deviation * random.normal()).collect()
    };
    let strengths: Vec<Vec<f64>> = (0..voters).map(|_| own(&mut random)).collect();
    let ballots = strengths.iter().map(|strengths| vote_randomly(strengths, votes, &mut random));
    (ballots.collect(), strengths)
}

#[test]
fn the_spread_of_tastes_is_recovered() {
    for (deviation, low, high) in [(0.8, 0.7, 0.9), (0.3, 0.2, 0.4)] {
        let (voters, _) = tastes(80, 80, deviation, 1);
        let personal = personal_boards(&voters, &PersonalOptions::default()).unwrap();
        let gain = personal.log_marginal - personal.log_marginal_of_crowd;
        eprintln!("τ {deviation}: found {:.3}, {gain:.1} nats above the crowd", personal.deviation);
        assert!((low..high).contains(&personal.deviation), "{}", personal.deviation);
        assert!(gain > 5.0);
    }
    let (voters, _) = tastes(80, 80, 0.0, 2);
    let personal = personal_boards(&voters, &PersonalOptions::default()).unwrap();
    eprintln!("τ 0: found {:.3}", personal.deviation);
    assert!(personal.deviation < 0.15);
}

#[test]
fn a_personal_board_is_nearer_to_the_voter_than_the_crowds_and_as_near_as_it_says() {
    let (voters, truth) = tastes(80, 60, 0.8, 3);
    let personal = personal_boards(&voters, &PersonalOptions::default()).unwrap();
    let (mut own, mut crowd, mut inside, mut all) = (0.0, 0.0, 0.0, 0.0);
    for (board, strengths) in personal.boards.iter().zip(&truth) {
        let mean = strengths.iter().sum::<f64>() / 10.0;
        let intervals = board.intervals(0.9).unwrap();
        for (contestant, strength) in strengths.iter().enumerate() {
            let target = strength - mean;
            own += (board.log_odds[contestant].unwrap() - target).powi(2);
            crowd += (personal.crowd.log_odds[contestant].unwrap() - target).powi(2);
            let interval = intervals[contestant].unwrap();
            inside += f64::from(u8::from(interval.lower <= target && target <= interval.upper));
            all += 1.0;
        }
    }
    eprintln!("squared error: own {:.3}, crowd {:.3}; 90 % intervals hold {:.3}", own / all, crowd / all, inside / all);
    assert!(own < 0.6 * crowd);
    assert!((0.84..0.94).contains(&(inside / all)));
}

#[test]
fn without_votes_the_crowds_board_and_with_many_the_voters_own() {
    let (mut voters, _) = tastes(20, 40, 0.5, 4);
    let mut random = Random::new(5);
    let zealot = vote_randomly(&[2.0, 1.5, 1.0, 0.5, 0.0, 0.0, -0.5, -1.0, -1.5, -2.0], 100_000, &mut random);
    voters.push(PairCounts::new(10));
    voters.push(zealot.clone());
    let personal = personal_boards(&voters, &PersonalOptions { deviation: Some(0.5), ..Default::default() }).unwrap();
    let silent = &personal.boards[20];
    assert_eq!((silent.log_odds.clone(), silent.votes), (personal.crowd.log_odds.clone(), 0.0));
    // The prior's, less the common level's tenth.
    let prior = 0.5 * 0.9_f64.sqrt();
    assert!(silent.standard_deviations.iter().all(|deviation| (deviation.unwrap() - prior).abs() < 1e-12));
    let own = bradley_terry(&zealot, &BradleyTerryOptions { guard_battles: u64::MAX, ..Default::default() }).unwrap();
    let loud = &personal.boards[21];
    for contestant in 0..10 {
        assert!((loud.log_odds[contestant].unwrap() - own.log_odds[contestant].unwrap()).abs() < 0.01);
        let ratio = loud.standard_deviations[contestant].unwrap() / own.standard_errors[contestant].unwrap();
        assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    }
}

#[test]
fn neither_the_order_of_voters_nor_the_names_of_contestants_matter_to_personal_boards() {
    let (voters, _) = tastes(15, 20, 0.6, 6);
    let personal = personal_boards(&voters, &PersonalOptions::default()).unwrap();
    let reversed: Vec<PairCounts> = voters.iter().rev().cloned().collect();
    let mut backwards = personal_boards(&reversed, &PersonalOptions::default()).unwrap();
    backwards.boards.reverse();
    assert_eq!(personal, backwards);
    let names = [9, 1, 8, 2, 7, 3, 6, 4, 5, 0];
    let renamed: Vec<PairCounts> = voters.iter().map(|voter| relabelled(voter, &names)).collect();
    let renamed = personal_boards(&renamed, &PersonalOptions::default()).unwrap();
    for (board, other) in personal.boards.iter().zip(&renamed.boards) {
        for (contestant, &name) in names.iter().enumerate() {
            assert!((board.log_odds[contestant].unwrap() - other.log_odds[name as usize].unwrap()).abs() < 1e-6);
        }
    }
    for deviation in [0.0, -1.0, f64::NAN] {
        let options = PersonalOptions { deviation: Some(deviation), ..Default::default() };
        assert!(matches!(personal_boards(&voters, &options), Err(RankingError::Option { .. })));
    }
}

#[test]
fn a_judge_with_a_clear_order_coheres() {
    let mut answers = PairCounts::new(10);
    for better in 0..10 {
        for worse in better + 1..10 {
            answers.add(worse, better, Outcome::Right, 2).unwrap();
        }
    }
    let found = utility_coherence(&answers, &CoherenceOptions::default()).unwrap();
    eprintln!("{found:?}");
    assert_eq!((found.compared, found.decided, found.triples), (45, 45, 120));
    for measure in [found.fit, found.transitivity, found.completeness, found.decisiveness] {
        let measure = measure.unwrap();
        assert_eq!(measure.share, 1.0);
        assert_eq!(measure.p_value, 1.0 / 200.0);
    }
    // A neighbour in the order is hard to predict from the others, who are better or worse than both.
    let held_out = found.held_out.unwrap();
    assert!(held_out.share > 0.75 && held_out.p_value <= 0.01);
    // Three coin tosses make a cycle in a quarter of the triples.
    assert!((found.transitivity.unwrap().by_chance - 0.75).abs() < 0.02);
}

#[test]
fn a_cycle_is_one_cycle() {
    let mut answers = PairCounts::new(4);
    for (better, worse) in [(0, 1), (1, 2), (2, 0)] {
        answers.add(better, worse, Outcome::Left, 1).unwrap();
    }
    answers.add(3, 0, Outcome::Tie, 2).unwrap();
    let found = utility_coherence(&answers, &CoherenceOptions::default()).unwrap();
    assert_eq!((found.triples, found.transitivity.unwrap().share), (1, 0.0));
    assert_eq!((found.completeness.unwrap().share, found.decisiveness.unwrap().share), (0.75, 0.75));
    // Equal utilities have the direction of no pair: half right.
    assert_eq!(found.fit.unwrap().share, 0.5);
}

#[test]
fn random_answers_do_not_cohere() {
    let (mut held_out, mut transitivity) = (vec![], vec![]);
    for seed in 0..20 {
        let answers = vote_randomly(&[0.0; 9], 90, &mut Random::new(50 + seed));
        let options = CoherenceOptions { simulations: 99, ..Default::default() };
        let found = utility_coherence(&answers, &options).unwrap();
        held_out.push(found.held_out.unwrap().p_value);
        transitivity.push(found.transitivity.unwrap().p_value);
    }
    for mut p_values in [held_out, transitivity] {
        p_values.sort_by(f64::total_cmp);
        eprintln!("{p_values:?}");
        // Uniform, up to what twenty of them show: nearly none of a thousand such samples are outside.
        assert!(p_values[3] < 0.6 && p_values[16] > 0.4 && p_values[1] > 0.01);
    }
}

#[test]
fn an_overfit_is_told_by_the_pairs_held_out() {
    // A tree of comparisons: any answers to it fit some order, and none predicts another.
    let mut answers = PairCounts::new(9);
    for contestant in 1..9 {
        answers.add(contestant, (contestant - 1) / 2, Outcome::Left, 1).unwrap();
    }
    let found = utility_coherence(&answers, &CoherenceOptions::default()).unwrap();
    let fit = found.fit.unwrap();
    assert!(fit.share == 1.0 && fit.p_value > 0.9, "{fit:?}");
    assert!(found.transitivity.is_none());
    assert!(found.held_out.unwrap().p_value > 0.05);
}

#[test]
fn the_workers_of_llmfao() {
    let Some(voters) = simulated::llmfao() else { return };
    let personal = personal_boards(&voters, &PersonalOptions::default()).unwrap();
    let ratio = 2.0 * (personal.log_marginal - personal.log_marginal_of_crowd);
    eprintln!("τ = {:.3}, likelihood ratio {ratio:.1}", personal.deviation);
    assert!(personal.deviation > 0.1 && ratio > 0.0);
    let busiest = voters.iter().max_by_key(|voter| voter.total()).unwrap();
    let options = CoherenceOptions { simulations: 49, ..Default::default() };
    let found = utility_coherence(busiest, &options).unwrap();
    eprintln!("{} votes: {found:?}", busiest.total());
    assert!(found.held_out.unwrap().share > 0.5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_votes_give_finite_answers(
        battles in prop::collection::vec(
            (0..3_usize, 0..5_u32, 1..5_u32, prop::sample::select(Outcome::ALL.to_vec()), prop::sample::select(vec![1, 3, 1_000_000_000])),
            0..25,
        ),
    ) {
        let mut voters = vec![PairCounts::new(5); 3];
        for (voter, left, offset, outcome, count) in battles {
            voters[voter].add(left, (left + offset) % 5, outcome, count).unwrap();
        }
        let personal = personal_boards(&voters, &PersonalOptions::default()).unwrap();
        prop_assert!(personal.deviation.is_finite() && personal.log_marginal.is_finite());
        for board in &personal.boards {
            prop_assert!(board.log_odds.iter().flatten().all(|strength| strength.is_finite()));
            prop_assert!(board.standard_deviations.iter().flatten().all(|deviation| deviation.is_finite()));
            prop_assert!(board.log_odds.iter().flatten().sum::<f64>().abs() < 1e-6);
        }
        let options = CoherenceOptions { simulations: 5, ..Default::default() };
        let found = utility_coherence(&voters[0], &options).unwrap();
        for measure in [found.fit, found.held_out, found.transitivity, found.completeness, found.decisiveness].into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&measure.share) && (0.0..=1.0).contains(&measure.by_chance));
            prop_assert!(measure.p_value > 0.0 && measure.p_value <= 1.0);
        }
    }
}
