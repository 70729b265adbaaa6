//! What two sets of counts, and two boards, differ in.

use std::collections::BTreeMap;

use plaudit_domain::{MethodBoard, PairOutcomes};

/// Votes on two contestants in the order shown, in a file and on the published board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairDifference {
    /// Position of the left one.
    pub left: u32,
    /// Position of the right one.
    pub right: u32,
    /// Votes in the file: left, right, tie, both bad.
    pub file: [u64; 4],
    /// Votes on the board.
    pub board: [u64; 4],
}

/// The pairs on which file and board do not have the same votes, in the order of their positions.
pub fn pair_differences(
    file: impl IntoIterator<Item = PairOutcomes>,
    board: impl IntoIterator<Item = PairOutcomes>,
) -> Vec<PairDifference> {
    let mut pairs: BTreeMap<(u32, u32), [[u64; 4]; 2]> = BTreeMap::new();
    let mut add = |which: usize, pair: PairOutcomes| {
        let sums = &mut pairs.entry((pair.left, pair.right)).or_default()[which];
        for (sum, count) in sums.iter_mut().zip(pair.outcomes) {
            *sum += count;
        }
    };
    file.into_iter().for_each(|pair| add(0, pair));
    board.into_iter().for_each(|pair| add(1, pair));
    let differs = |((left, right), [file, board]): ((u32, u32), [[u64; 4]; 2])| {
        (file != board).then_some(PairDifference { left, right, file, board })
    };
    pairs.into_iter().filter_map(differs).collect()
}

/// How far two boards by the same method differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoardDifference {
    /// The largest difference between two scores of one contestant, in the method's unit.
    pub largest: f64,
    /// Position of that contestant; `None` where all scores are the same.
    pub contestant: Option<u32>,
    /// Contestants with another rank.
    pub ranks: u32,
    /// Contestants that one of the boards ranks alone.
    pub alone: u32,
}

/// Compares two boards whose contestants have the same positions.
pub fn board_difference(one: &MethodBoard, other: &MethodBoard) -> BoardDifference {
    let ranked = |board: &MethodBoard| -> BTreeMap<u32, (f64, u32)> {
        board.rows.iter().filter_map(|row| Some((row.contestant, (row.score?, row.rank?)))).collect()
    };
    let (one, other) = (ranked(one), ranked(other));
    let mut difference = BoardDifference { largest: 0.0, contestant: None, ranks: 0, alone: 0 };
    difference.alone = other.keys().filter(|contestant| !one.contains_key(contestant)).count() as u32;
    for (contestant, (score, rank)) in one {
        let Some((other_score, other_rank)) = other.get(&contestant) else {
            difference.alone += 1;
            continue;
        };
        difference.ranks += u32::from(rank != *other_rank);
        let apart = (score - other_score).abs();
        if apart > difference.largest {
            (difference.largest, difference.contestant) = (apart, Some(contestant));
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use plaudit_domain::{MethodRow, RankingMethod};

    use super::*;

    fn pair(left: u32, right: u32, outcomes: [u64; 4]) -> PairOutcomes {
        PairOutcomes { left, right, outcomes }
    }

    #[test]
    fn days_are_summed_and_only_what_differs_is_told() {
        let file = [pair(0, 1, [2, 0, 1, 0]), pair(1, 2, [1, 0, 0, 0]), pair(2, 0, [0, 0, 0, 1])];
        let board = [pair(0, 1, [1, 0, 1, 0]), pair(0, 1, [1, 0, 0, 0]), pair(1, 2, [1, 1, 0, 0])];
        let expected = [
            PairDifference { left: 1, right: 2, file: [1, 0, 0, 0], board: [1, 1, 0, 0] },
            PairDifference { left: 2, right: 0, file: [0, 0, 0, 1], board: [0; 4] },
        ];
        assert_eq!(pair_differences(file, board), expected);
        assert_eq!(pair_differences(file, file), []);
    }

    fn board(rows: &[(u32, f64, u32)]) -> MethodBoard {
        let row = |&(contestant, score, rank): &(u32, f64, u32)| MethodRow {
            contestant,
            rank: Some(rank),
            score: Some(score),
            lower: None,
            upper: None,
            best_rank: None,
            worst_rank: None,
            fragility: None,
            battles: 1,
        };
        MethodBoard {
            method: RankingMethod::BradleyTerry,
            votes: 1,
            rows: rows.iter().map(row).collect(),
            facts: Vec::new(),
            needs_prior: false,
        }
    }

    #[test]
    fn boards_are_compared_by_contestant_wherever_its_row_stands() {
        let one = board(&[(0, 1010.0, 1), (1, 990.0, 2)]);
        let none = BoardDifference { largest: 0.0, contestant: None, ranks: 0, alone: 0 };
        assert_eq!(board_difference(&one, &board(&[(1, 990.0, 2), (0, 1010.0, 1)])), none);
        let other = board(&[(1, 1003.0, 1), (0, 1000.0, 2), (2, 900.0, 3)]);
        let expected = BoardDifference { largest: 13.0, contestant: Some(1), ranks: 2, alone: 1 };
        assert_eq!(board_difference(&one, &other), expected);
    }
}
