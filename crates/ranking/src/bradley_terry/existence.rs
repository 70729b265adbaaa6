use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PairCounts;

/// Why the likelihood has no finite maximum.
///
/// It has one, and only one with mean zero, if and only if from every contestant with battles there is a chain of
/// "won against or tied with" to every other one.
///
/// Source: L. R. Ford Jr., *Solution of a Ranking Problem from Binary Comparisons*, American Mathematical Monthly 64
/// (1957), for wins; a tie is half a win each way and so leads both ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Degeneracy {
    /// Contestants fall into groups that never met: nothing says how one group compares with another.
    Disconnected {
        /// How many groups, each connected by battles.
        components: u32,
    },
    /// All have met in a chain, but some group won every battle against all others: its lead would be infinite.
    Separated {
        /// How many groups can be told apart within which the ratings are finite.
        groups: u32,
        /// Contestants that won every battle; empty when only whole groups are unbeaten.
        unbeaten: Vec<u32>,
        /// Contestants that lost every battle.
        winless: Vec<u32>,
    },
}

impl fmt::Display for Degeneracy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected { components } => {
                write!(formatter, "the contestants fall into {components} groups that never met")
            }
            Self::Separated { groups, unbeaten, winless } => write!(
                formatter,
                "the contestants fall into {groups} groups, one of which won every battle against the others \
                 (unbeaten: {unbeaten:?}, without a win or tie: {winless:?})"
            ),
        }
    }
}

/// Looks for what keeps the likelihood from having a finite maximum; `None` when it has one.
///
/// Only contestants with battles count. No battles at all are no obstacle. Takes O(contestants + pairs).
pub fn degeneracy(counts: &PairCounts) -> Option<Degeneracy> {
    if has_hub(counts) {
        return None;
    }
    let records = counts.records();
    let rated = || (0..counts.contestants()).filter(|&index| records[index as usize].battles() > 0);
    let size = records.len();
    let (mut beats, mut loses, mut meets) = (vec![vec![]; size], vec![vec![]; size], vec![vec![]; size]);
    for pair in counts.pairs() {
        let (first, second) = (pair.first as usize, pair.second as usize);
        let draws = pair.draws() > 0;
        meets[first].push(second);
        meets[second].push(first);
        for (winner, loser, won) in [(first, second, pair.first_wins > 0), (second, first, pair.second_wins > 0)] {
            if won || draws {
                beats[winner].push(loser);
                loses[loser].push(winner);
            }
        }
    }
    let rated_indices: Vec<usize> = rated().map(|index| index as usize).collect();
    let components = groups(&meets, rated_indices.iter().copied()).len() as u32;
    if components > 1 {
        return Some(Degeneracy::Disconnected { components });
    }
    // S. R. Kosaraju's two passes: in the reverse of the order in which a search finishes, each search backwards
    // covers one strongly connected group.
    let order: Vec<usize> = groups(&beats, rated_indices.iter().copied()).into_iter().flatten().collect();
    let groups = groups(&loses, order.into_iter().rev()).len() as u32;
    (groups > 1).then(|| Degeneracy::Separated {
        groups,
        unbeaten: rated().filter(|&index| loses[index as usize].is_empty()).collect(),
        winless: rated().filter(|&index| beats[index as usize].is_empty()).collect(),
    })
}

/// Whether somebody has won against or tied with, and lost against or tied with, every other one: then there is a chain
/// between any two, and most boards need no search.
fn has_hub(counts: &PairCounts) -> bool {
    let mut met = vec![false; counts.contestants() as usize];
    let mut neighbours = vec![0; met.len()];
    for pair in counts.pairs() {
        let both_ways = pair.draws() > 0 || (pair.first_wins > 0 && pair.second_wins > 0);
        for index in [pair.first as usize, pair.second as usize] {
            met[index] = true;
            neighbours[index] += usize::from(both_ways);
        }
    }
    let rated = met.into_iter().filter(|met| *met).count();
    neighbours.iter().any(|neighbours| neighbours + 1 == rated)
}

/// Depth-first searches from each root not yet seen; the nodes that each of them reaches, in the order in which their
/// own searches finish. Not recursive, so that a long chain cannot exhaust the small stack of a browser.
fn groups(edges: &[Vec<usize>], roots: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut seen = vec![false; edges.len()];
    let mut groups = Vec::new();
    for root in roots {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        let mut finished = Vec::new();
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.last_mut() {
            match edges[*node].get(*next) {
                Some(&neighbour) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[neighbour], true) {
                        path.push((neighbour, 0));
                    }
                }
                None => {
                    finished.push(*node);
                    path.pop();
                }
            }
        }
        groups.push(finished);
    }
    groups
}
