use std::collections::BTreeMap;

use super::{Dataset, random::Random};

/// What a fold learns from and what it is tested on: numbers of comparisons. None is in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Learned from.
    pub training: Vec<usize>,
    /// Tested on.
    pub held_out: Vec<usize>,
}

/// Folds that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// Fewer than two folds.
    #[error("{0} folds were asked for; at least 2 are needed to hold anything out")]
    Folds(usize),
    /// Fewer groups than folds.
    #[error("there are {groups} {of}, too few for {folds} folds")]
    Groups {
        /// Prompts or contestants.
        of: &'static str,
        /// How many there are.
        groups: usize,
        /// How many folds were asked for.
        folds: usize,
    },
    /// With this fold's contestants away there is nothing left to learn from.
    #[error("fold {0} leaves no comparison to learn from; take more folds, or compare more contestants")]
    NothingLeft(usize),
}

const STREAM: u64 = 10;

/// Which fold each group is in: shuffled, the largest first, each into the fold that has least so far.
fn deal(
    sizes: &BTreeMap<u32, usize>,
    folds: usize,
    of: &'static str,
    seed: u64,
) -> Result<BTreeMap<u32, usize>, FoldError> {
    if folds < 2 {
        return Err(FoldError::Folds(folds));
    }
    if sizes.len() < folds {
        return Err(FoldError::Groups { of, groups: sizes.len(), folds });
    }
    let mut groups: Vec<(u32, usize)> = sizes.iter().map(|(group, size)| (*group, *size)).collect();
    Random::new(seed, STREAM).shuffle(&mut groups);
    // Stable: groups of one size stay shuffled.
    groups.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let mut filled = vec![0; folds];
    let mut dealt = BTreeMap::new();
    for (group, size) in groups {
        let fold = (0..folds).min_by_key(|fold| filled[*fold]).unwrap_or(0);
        filled[fold] += size;
        dealt.insert(group, fold);
    }
    Ok(dealt)
}

/// Folds that share no prompt group: each comparison is held out once.
///
/// # Errors
/// [`FoldError`] when there are fewer than two folds, or fewer groups than folds.
pub fn by_prompt(dataset: &Dataset, folds: usize, seed: u64) -> Result<Vec<Split>, FoldError> {
    let comparisons = dataset.comparisons();
    let mut sizes = BTreeMap::new();
    for comparison in comparisons {
        *sizes.entry(comparison.prompt_group).or_insert(0) += 1;
    }
    let dealt = deal(&sizes, folds, "prompts", seed)?;
    let split = |fold: usize| {
        let (held_out, training) =
            (0..comparisons.len()).partition(|index| dealt.get(&comparisons[*index].prompt_group) == Some(&fold));
        Split { training, held_out }
    };
    Ok((0..folds).map(split).collect())
}

/// Folds of contestants: held out is every comparison with one of the fold's, and learned from are those with none of them.
/// A comparison of contestants in two folds is held out in both.
///
/// # Errors
/// [`FoldError`] when there are fewer than two folds, fewer contestants than folds, or nothing is left to learn from.
pub fn by_contestant(dataset: &Dataset, folds: usize, seed: u64) -> Result<Vec<Split>, FoldError> {
    let comparisons = dataset.comparisons();
    let mut sizes = BTreeMap::new();
    for comparison in comparisons {
        *sizes.entry(comparison.left_contestant).or_insert(0) += 1;
        *sizes.entry(comparison.right_contestant).or_insert(0) += 1;
    }
    let dealt = deal(&sizes, folds, "contestants", seed)?;
    let split = |fold: usize| {
        let is_in = |contestant: u32| dealt.get(&contestant) == Some(&fold);
        let (held_out, training): (Vec<_>, Vec<_>) = (0..comparisons.len()).partition(|index| {
            is_in(comparisons[*index].left_contestant) || is_in(comparisons[*index].right_contestant)
        });
        if training.is_empty() { Err(FoldError::NothingLeft(fold)) } else { Ok(Split { training, held_out }) }
    };
    (0..folds).map(split).collect()
}
