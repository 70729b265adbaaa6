//! Votes that no honest crowd would cast, boards that no memory could hold, and the live fit beside the whole one.
// Clippy takes the helpers of an integration test for product code.
#![allow(clippy::unwrap_used)]

use plaudit_domain::Outcome;
use plaudit_ranking::{
    BootstrapOptions, BradleyTerry, BradleyTerryOptions, EloOptions, LiveFit, MAX_RATED, PairCounts, Preset,
    PresetOptions, Prior, RankingError, bootstrap, bradley_terry, bradley_terry_or_prior, differences, elo, fragility,
    preset_board, weak_penalty,
};
use proptest::prelude::*;

type Battle = (u32, u32, Outcome, u64);

fn count(contestants: u32, battles: &[Battle]) -> PairCounts {
    let mut counts = PairCounts::new(contestants);
    for &(left, right, outcome, count) in battles {
        counts.add(left, right, outcome, count).unwrap();
    }
    counts
}

/// Counts from one to 2 to the power of `bits`, small ones as often as large.
fn counted(bits: u32) -> impl Strategy<Value = u64> {
    (0..=bits).prop_flat_map(|bits| 1..=1_u64 << bits)
}

/// Any votes between up to so many contestants, some of whom have none.
fn votes(contestants: u32, most: usize) -> impl Strategy<Value = (u32, Vec<Battle>)> {
    votes_counted(contestants, most, 40)
}

fn votes_counted(contestants: u32, most: usize, bits: u32) -> impl Strategy<Value = (u32, Vec<Battle>)> {
    (2..=contestants).prop_flat_map(move |contestants| {
        let outcome = prop::sample::select(Outcome::ALL.to_vec());
        let battle = (0..contestants, 1..contestants, outcome, counted(bits))
            .prop_map(move |(left, offset, outcome, count)| (left, (left + offset) % contestants, outcome, count));
        (Just(contestants), prop::collection::vec(battle, 0..most))
    })
}

/// Strength and error of everyone with a battle are numbers, and nobody else has any.
fn check(fit: &BradleyTerry, counts: &PairCounts) -> Result<(), TestCaseError> {
    let values = fit.log_odds.iter().zip(&fit.standard_errors).zip(counts.records());
    for ((strength, error), record) in values {
        prop_assert_eq!(strength.is_some(), record.battles() > 0);
        prop_assert_eq!(error.is_some(), record.battles() > 0);
        prop_assert!(strength.is_none_or(f64::is_finite) && error.is_none_or(f64::is_finite));
    }
    Ok(())
}

fn expected(error: &RankingError) -> bool {
    matches!(error, RankingError::NoFiniteMaximum(_) | RankingError::NotConverged { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn absurd_votes_give_numbers_or_a_typed_error((contestants, battles) in votes(200, 120)) {
        let counts = count(contestants, &battles);
        match bradley_terry(&counts, &BradleyTerryOptions::default()) {
            Ok(fit) => check(&fit, &counts)?,
            Err(error) => prop_assert!(expected(&error), "{error}"),
        }
        let (fit, _) = match bradley_terry_or_prior(&counts, weak_penalty()) {
            Ok(found) => found,
            Err(error) => {
                prop_assert!(expected(&error), "{error}");
                return Ok(());
            }
        };
        check(&fit, &counts)?;
        let differences = differences(&counts, &fit, 30).unwrap();
        for one in 0..contestants {
            let apart = differences.standard_error(0, one).zip(differences.better(0, one));
            prop_assert!(apart.is_none_or(|(error, chance)| error.is_finite() && (0.0..=1.0).contains(&chance)));
        }
        match bootstrap(&counts, &fit, &BootstrapOptions { resamples: 3, seed: 1 }) {
            Ok(draws) => {
                let intervals = draws.intervals(0.9).unwrap();
                prop_assert!(intervals.iter().flatten().all(|interval| interval.width().is_finite()));
            }
            Err(error) => prop_assert!(expected(&error), "{error}"),
        }
        let board = preset_board(&counts, Preset::GenAiArena, &PresetOptions { resamples: Some(2), ..Default::default() });
        match board {
            Ok(board) => prop_assert!(board.ratings.iter().flatten().all(|rating| rating.is_finite())),
            Err(error) => prop_assert!(expected(&error), "{error}"),
        }
        let ratings = elo(contestants, battles.iter().map(|&(left, right, outcome, _)| (left, right, outcome)), &EloOptions::default());
        prop_assert!(ratings.unwrap().iter().all(|rating| rating.is_finite()));
    }

    #[test]
    fn absurd_votes_give_the_same_in_any_order_and_under_any_names(
        ((contestants, battles), shift) in (votes(40, 80), 1_u32..40)
    ) {
        let reversed: Vec<Battle> = battles.iter().rev().copied().collect();
        let counts = count(contestants, &battles);
        let fit = bradley_terry_or_prior(&counts, weak_penalty());
        prop_assert_eq!(&bradley_terry_or_prior(&count(contestants, &reversed), weak_penalty()), &fit);
        let name = |index: u32| (index + shift) % contestants;
        let renamed: Vec<Battle> = battles.iter().map(|b| (name(b.0), name(b.1), b.2, b.3)).collect();
        let other = bradley_terry_or_prior(&count(contestants, &renamed), weak_penalty());
        let (Ok((fit, prior)), Ok((other, other_prior))) = (fit, other) else { return Ok(()) };
        prop_assert_eq!(prior.is_used(), other_prior.is_used());
        // Counts that differ by 2⁴⁰ leave some digits to the weakest links: where 10¹² votes hold one contestant, the votes
        // that rounding loses of its sums, a little with each opponent, pull as much at somebody whom hardly more than the
        // prior holds.
        let lost = f64::from(8 * contestants) * counts.total() as f64 * f64::EPSILON / weak_penalty();
        for index in 0..contestants {
            let pair = fit.log_odds[index as usize].zip(other.log_odds[name(index) as usize]);
            prop_assert!(pair.is_none_or(|(one, other)| (one - other).abs() < 1e-3 + lost), "{pair:?}, {lost:e} lost");
        }
    }

    #[test]
    fn as_many_votes_as_an_arena_can_have_give_the_same_to_a_millionth_under_any_names(
        ((contestants, battles), shift) in (votes_counted(40, 80, 24), 1_u32..40)
    ) {
        let name = |index: u32| (index + shift) % contestants;
        let renamed: Vec<Battle> = battles.iter().map(|b| (name(b.0), name(b.1), b.2, b.3)).collect();
        let (fit, _) = bradley_terry_or_prior(&count(contestants, &battles), weak_penalty()).unwrap();
        let (other, _) = bradley_terry_or_prior(&count(contestants, &renamed), weak_penalty()).unwrap();
        for index in 0..contestants {
            let pair = fit.log_odds[index as usize].zip(other.log_odds[name(index) as usize]);
            prop_assert!(pair.is_none_or(|(one, other)| (one - other).abs() < 1e-6), "{pair:?}");
        }
    }

    #[test]
    fn the_fragility_of_absurd_votes_is_found_or_a_typed_error((contestants, battles) in votes(6, 12)) {
        let counts = count(contestants, &battles);
        match fragility(&counts, 0, 1) {
            Ok(found) => prop_assert!(found.is_none_or(|found| found.votes <= counts.total() && found.share <= 1.0)),
            Err(error) => prop_assert!(expected(&error), "{error}"),
        }
    }

    #[test]
    fn a_live_fit_is_the_whole_fit_after_any_votes((contestants, battles) in votes(8, 40), undone in 0_usize..40) {
        let mut live = LiveFit::new(PairCounts::new(contestants), weak_penalty()).unwrap();
        let mut counts = PairCounts::new(contestants);
        for (index, (left, right, outcome, many)) in battles.iter().copied().enumerate() {
            let many = many % 50 + 1;
            live.add(left, right, outcome, many).unwrap();
            counts.add(left, right, outcome, many).unwrap();
            if index == undone {
                live.remove(left, right, outcome, many).unwrap();
                counts.remove(left, right, outcome, many).unwrap();
            }
            let (whole, prior) = bradley_terry_or_prior(&counts, weak_penalty()).unwrap();
            prop_assert_eq!(live.fit().unwrap(), &prior);
            for (live, whole) in live.log_odds().iter().zip(&whole.log_odds) {
                let is_same = live.zip(*whole).map_or(*live == *whole, |(live, whole)| (live - whole).abs() < 1e-9);
                prop_assert!(is_same, "{live:?} is not {whole:?}");
            }
        }
        prop_assert_eq!(live.counts(), &counts);
    }
}

#[test]
fn a_vote_among_thousands_needs_no_new_hessian() {
    let mut counts = PairCounts::new(30);
    for left in 0..30 {
        for right in (0..30).filter(|right| *right != left) {
            counts.add(left, right, Outcome::Left, u64::from(40 + 2 * right)).unwrap();
            counts.add(left, right, Outcome::Tie, 9).unwrap();
        }
    }
    let mut live = LiveFit::new(counts, weak_penalty()).unwrap();
    for step in 0..200 {
        let (left, right) = (step % 30, (step * 7 + 1) % 30);
        if left != right {
            live.add(left, right, Outcome::ALL[step as usize % 4], 1).unwrap();
            assert_eq!(live.fit().unwrap(), &Prior::None);
        }
    }
    assert_eq!(live.whole_fits(), 1);
    let whole = bradley_terry(live.counts(), &BradleyTerryOptions::default()).unwrap();
    for (live, whole) in live.log_odds().iter().zip(&whole.log_odds) {
        assert!((live.unwrap() - whole.unwrap()).abs() < 1e-9);
    }
}

#[test]
fn a_million_contestants_are_cheap_while_few_have_battles() {
    let battles = [(3, 999_999, Outcome::Left, 3), (999_999, 3, Outcome::Left, 1), (500_000, 3, Outcome::Tie, 2)];
    let fit = bradley_terry(&count(1_000_000, &battles), &BradleyTerryOptions::default()).unwrap();
    let lead = fit.log_odds[3].unwrap() - fit.log_odds[999_999].unwrap();
    assert!((lead - 3_f64.ln()).abs() < 1e-12);
    assert_eq!(fit.log_odds.iter().flatten().count(), 3);
}

#[test]
fn too_many_rated_contestants_are_refused_before_any_matrix_is_made() {
    let rated = MAX_RATED as u32 + 1;
    let battles: Vec<Battle> = (0..rated).map(|index| (index, (index + 1) % rated, Outcome::Tie, 1)).collect();
    let counts = count(1_000_000, &battles);
    let refused = RankingError::TooManyContestants { rated: rated as usize, limit: MAX_RATED };
    assert_eq!(bradley_terry(&counts, &BradleyTerryOptions::default()).unwrap_err(), refused);
    assert_eq!(bradley_terry_or_prior(&counts, weak_penalty()).unwrap_err(), refused);
    assert_eq!(LiveFit::new(counts.clone(), weak_penalty()).unwrap_err(), refused);
    for preset in Preset::ALL {
        assert_eq!(preset_board(&counts, preset, &PresetOptions::default()).unwrap_err(), refused);
    }
}
