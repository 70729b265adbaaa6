use serde::{Deserialize, Serialize};

/// How far two boards agree on the order, over the contestants that both rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Contestants that both rate.
    pub contestants: u32,
    /// Kendall's τ-b, from −1 to 1; `None` where either board has all contestants level.
    pub kendall: Option<f64>,
    /// Spearman's ρ with mean ranks for level contestants, from −1 to 1; `None` likewise.
    pub spearman: Option<f64>,
    /// Pairs that one board orders one way and the other the other way, as (ahead on the first board, ahead on the second).
    pub swaps: Vec<(u32, u32)>,
}

/// Compares two boards by their scores, one entry per contestant, more is better. Takes O(contestants²).
///
/// Sources: M. G. Kendall, *The treatment of ties in ranking problems*, Biometrika 33 (1945); C. Spearman, *The proof and
/// measurement of association between two things* (1904).
///
/// ```
/// use plaudit_ranking::agreement_of;
///
/// let one = [Some(4.0), Some(3.0), Some(2.0), None];
/// let other = [Some(9.0), Some(5.0), Some(7.0), Some(1.0)];
/// let agreement = agreement_of(&one, &other);
/// assert_eq!(agreement.swaps, [(1, 2)]);
/// assert!(agreement.kendall.is_some_and(|tau| (tau - 1.0 / 3.0).abs() < 1e-12));
/// assert!(agreement.spearman.is_some_and(|rho| (rho - 0.5).abs() < 1e-12));
/// ```
pub fn agreement_of(one: &[Option<f64>], other: &[Option<f64>]) -> Agreement {
    let both: Vec<(u32, f64, f64)> = (0_u32..)
        .zip(one.iter().zip(other))
        .filter_map(|(index, (one, other))| Some((index, (*one)?, (*other)?)))
        .collect();
    let (mut concordant, mut discordant, mut level_one, mut level_other) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut swaps = Vec::new();
    for (at, first) in both.iter().enumerate() {
        for second in &both[at + 1..] {
            let (here, there) = (first.1.total_cmp(&second.1), first.2.total_cmp(&second.2));
            level_one += u64::from(here.is_eq());
            level_other += u64::from(there.is_eq());
            if here.is_eq() || there.is_eq() {
                continue;
            }
            if here == there {
                concordant += 1;
            } else {
                discordant += 1;
                swaps.push(if here.is_gt() { (first.0, second.0) } else { (second.0, first.0) });
            }
        }
    }
    let pairs = (both.len() * both.len().saturating_sub(1) / 2) as u64;
    let spread = ((pairs - level_one) as f64 * (pairs - level_other) as f64).sqrt();
    let kendall = (spread > 0.0).then(|| (concordant as f64 - discordant as f64) / spread);
    let ranks = |values: Vec<f64>| mean_ranks(&values);
    let spearman =
        pearson(&ranks(both.iter().map(|found| found.1).collect()), &ranks(both.iter().map(|found| found.2).collect()));
    Agreement { contestants: both.len() as u32, kendall, spearman, swaps }
}

/// Ranks from 1, level values sharing the mean of theirs.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let above = values.iter().filter(|other| *other > value).count() as f64;
        let level = values.iter().filter(|other| *other == value).count() as f64;
        above + (level + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

fn pearson(one: &[f64], other: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (centre, others_centre) = (mean(one), mean(other));
    let (mut product, mut squares, mut other_squares) = (0.0, 0.0, 0.0);
    for (one, other) in one.iter().zip(other) {
        let (one, other) = (one - centre, other - others_centre);
        product += one * other;
        squares += one * one;
        other_squares += other * other;
    }
    let spread = (squares * other_squares).sqrt();
    (spread > 0.0).then(|| product / spread)
}
