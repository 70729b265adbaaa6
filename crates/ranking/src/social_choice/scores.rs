use super::Tournament;

/// The mean of the win rates against each opponent that was met, from 0 to 1. Every opponent counts the same, however
/// often it was met. One entry per contestant; `None` without a battle.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, Tournament, average_win_rates};
///
/// let mut counts = PairCounts::new(3);
/// counts.add(0, 1, Outcome::Left, 9)?;
/// counts.add(0, 2, Outcome::Tie, 1)?;
/// assert_eq!(average_win_rates(&Tournament::new(&counts)), [Some(0.75), Some(0.0), Some(0.5)]);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn average_win_rates(tournament: &Tournament) -> Vec<Option<f64>> {
    let rate = |row: usize| {
        let met: Vec<usize> = (0..tournament.size()).filter(|&column| tournament.met(row, column) > 0.0).collect();
        met.iter().map(|&column| tournament.share(row, column)).sum::<f64>() / met.len() as f64
    };
    tournament.spread(&(0..tournament.size()).map(rate).collect::<Vec<_>>())
}

/// Borda's score: the sum over all opponents of the share that prefers the contestant, ½ where the two never met. The
/// number of opponents that a random voter ranks below it, in expectation. `None` without a battle.
///
/// Source: J.-C. de Borda, *Mémoire sur les élections au scrutin* (1781), in the pairwise form of H. P. Young.
pub fn borda(tournament: &Tournament) -> Vec<Option<f64>> {
    let score = |row: usize| others(tournament, row).map(|column| tournament.share(row, column)).sum::<f64>();
    tournament.spread(&(0..tournament.size()).map(score).collect::<Vec<_>>())
}

/// Copeland's score: opponents beaten by a majority, and half of those drawn with or never met. `None` without a battle.
///
/// Source: A. H. Copeland, *A reasonable social welfare function* (1951).
pub fn copeland(tournament: &Tournament) -> Vec<Option<f64>> {
    let point = |share: f64| {
        if share > 0.5 { 1.0 } else { f64::from(u8::from(share == 0.5)) / 2.0 }
    };
    let score = |row: usize| others(tournament, row).map(|column| point(tournament.share(row, column))).sum::<f64>();
    tournament.spread(&(0..tournament.size()).map(score).collect::<Vec<_>>())
}

fn others(tournament: &Tournament, row: usize) -> impl Iterator<Item = usize> {
    (0..tournament.size()).filter(move |&column| column != row)
}
