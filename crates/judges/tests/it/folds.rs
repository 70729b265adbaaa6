//! Nothing is tested on what it saw.

use std::collections::BTreeSet;

use plaudit_judges::reward::{FoldError, by_contestant, by_prompt};
use proptest::prelude::*;

use crate::support::{Reason, synthetic};

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn no_prompt_and_no_contestant_is_on_both_sides(votes in 60_usize..300, folds in 2_usize..6, seed in any::<u64>()) {
        let dataset = synthetic(votes, Reason::Coin, seed).dataset;
        let comparisons = dataset.comparisons();
        let splits = by_prompt(&dataset, folds, seed).unwrap();
        let mut held_out: Vec<usize> = Vec::new();
        for split in &splits {
            let group = |numbers: &[usize]| -> BTreeSet<u32> {
                numbers.iter().map(|number| comparisons[*number].prompt_group).collect()
            };
            prop_assert!(group(&split.training).is_disjoint(&group(&split.held_out)));
            prop_assert_eq!(split.training.len() + split.held_out.len(), votes);
            held_out.extend(&split.held_out);
        }
        held_out.sort_unstable();
        prop_assert_eq!(held_out, (0..votes).collect::<Vec<_>>());

        for split in by_contestant(&dataset, folds.min(3), seed).unwrap() {
            let seen: BTreeSet<u32> = split.training.iter()
                .flat_map(|number| [comparisons[*number].left_contestant, comparisons[*number].right_contestant])
                .collect();
            for number in &split.held_out {
                let pair = [comparisons[*number].left_contestant, comparisons[*number].right_contestant];
                prop_assert!(pair.iter().any(|contestant| !seen.contains(contestant)));
            }
            prop_assert_eq!(split.training.len() + split.held_out.len(), votes);
        }
    }
}

#[test]
fn folds_that_hold_nothing_out_are_refused() {
    let dataset = synthetic(40, Reason::Coin, 1).dataset;
    assert_eq!(by_prompt(&dataset, 1, 0), Err(FoldError::Folds(1)));
    assert!(matches!(by_prompt(&dataset, 50, 0), Err(FoldError::Groups { of: "prompts", folds: 50, .. })));
    assert!(matches!(by_contestant(&dataset, 7, 0), Err(FoldError::Groups { of: "contestants", groups: 6, .. })));
    // Two contestants in two folds: whoever is away leaves nobody to compare.
    let two = dataset.comparisons().iter().map(|comparison| plaudit_judges::reward::Comparison {
        left_contestant: 0,
        right_contestant: 1,
        ..*comparison
    });
    let texts = vec![plaudit_judges::reward::TextFeatures::new([0.05; 384], ""); 200];
    let dataset = plaudit_judges::reward::Dataset::new(texts, two.collect()).unwrap();
    assert_eq!(by_contestant(&dataset, 2, 0), Err(FoldError::NothingLeft(0)));
}
