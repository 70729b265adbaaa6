//! From counts to what a page shows. Statistics are `plaudit-ranking`'s; here they only get their names and order.

use plaudit_app::view_model::{BoardRow, BoardView, CountedContestant, Method, PairCell, Slice};
use plaudit_domain::VoteId;
use plaudit_ranking::{
    DisplayScale, EloOptions, Interval, PairCounts, Prior, RankingError, bradley_terry_or_prior, elo, ordinal_ranks,
    ranks, weak_penalty,
};

use super::log::ArenaLog;

/// What one vote does to the ratings of the two it judged: the board with it, and the same board without it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The left contestant.
    pub left: Shift,
    /// The right contestant.
    pub right: Shift,
    /// Votes on the board now.
    pub votes: u64,
    /// The vote is taken back, so before and after are the same.
    pub withdrawn: bool,
}

/// The rating of one contestant without and with a vote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Without the vote; `None` when it had no battle but this.
    pub before: Option<f64>,
    /// With the vote.
    pub after: Option<f64>,
    /// Rank with the vote.
    pub rank: Option<u32>,
}

/// Heatmaps show this many contestants, the best ones; more cells than that nobody reads.
const PAIRED_ROWS: u32 = 25;

/// Ratings on the display scale, by position.
struct Ratings {
    rating: Vec<Option<f64>>,
    interval: Vec<Option<Interval>>,
    rank: Vec<Option<u32>>,
    note: Option<String>,
}

fn note(prior: &Prior) -> Option<String> {
    match prior {
        Prior::None => None,
        Prior::Weak { .. } => Some(
            "Too few votes yet: some contestants never lost, never won, or were never compared with the rest. \
             Until votes decide, a weak prior keeps every rating near the middle."
                .to_owned(),
        ),
    }
}

fn by_bradley_terry(counts: &PairCounts) -> Result<Ratings, RankingError> {
    let (fit, prior) = bradley_terry_or_prior(counts, weak_penalty())?;
    let scale = DisplayScale::default();
    let interval = fit.rating_intervals(&scale, 0.95)?;
    Ok(Ratings { rating: fit.ratings(&scale), rank: ranks(&interval), interval, note: note(&prior) })
}

fn by_elo(log: &ArenaLog, slice: Slice) -> Result<Ratings, RankingError> {
    let contestants = log.contestants().len();
    let mut met = vec![false; contestants];
    for entry in log.entries(slice) {
        met[entry.left as usize] = true;
        met[entry.right as usize] = true;
    }
    let votes = log.entries(slice).map(|entry| (entry.left, entry.right, entry.outcome));
    let rating: Vec<_> = elo(contestants as u32, votes, &EloOptions::default())?
        .into_iter()
        .zip(&met)
        .map(|(rating, met)| met.then_some(rating))
        .collect();
    Ok(Ratings { rank: ordinal_ranks(&rating), interval: vec![None; contestants], rating, note: None })
}

/// The contestants, by position.
pub(super) fn contestants(log: &ArenaLog) -> Vec<CountedContestant> {
    let contestant = |row: &crate::store::ContestantRow| CountedContestant {
        slug: row.slug.clone(),
        name: row.name.clone(),
        kind: row.details.kind,
    };
    log.contestants().iter().map(contestant).collect()
}

/// The board of one arena.
pub(super) fn board(log: &ArenaLog, method: Method, slice: Slice) -> Result<BoardView, RankingError> {
    let counts = log.counts(slice)?;
    let ratings = match method {
        Method::Bt => by_bradley_terry(&counts)?,
        Method::Elo => by_elo(log, slice)?,
    };
    // Best first; without a rating last; then by name, so that equals keep their places from one board to the next.
    let mut order: Vec<usize> = (0..log.contestants().len()).collect();
    order.sort_by(|&one, &other| {
        let key = |position: usize| ratings.rating[position].unwrap_or(f64::NEG_INFINITY);
        key(other).total_cmp(&key(one)).then_with(|| log.contestants()[one].name.cmp(&log.contestants()[other].name))
    });
    let mut place = vec![0_u32; order.len()];
    for (row, &position) in order.iter().enumerate() {
        place[position] = row as u32;
    }
    let records = counts.records();
    let rows = order
        .iter()
        .map(|&position| {
            let contestant = &log.contestants()[position];
            BoardRow {
                rank: ratings.rank[position],
                slug: contestant.slug.clone(),
                name: contestant.name.clone(),
                kind: contestant.details.kind,
                rating: ratings.rating[position],
                lower: ratings.interval[position].map(|interval| interval.lower),
                upper: ratings.interval[position].map(|interval| interval.upper),
                battles: records[position].battles(),
                win_rate: records[position].win_rate(),
            }
        })
        .collect();
    let mut pairs: Vec<PairCell> = counts
        .pairs()
        .map(|pair| {
            let (one, other) = (place[pair.first as usize], place[pair.second as usize]);
            let ties = pair.ties + pair.both_bad;
            if one < other {
                PairCell { first: one, second: other, first_wins: pair.first_wins, second_wins: pair.second_wins, ties }
            } else {
                PairCell { first: other, second: one, first_wins: pair.second_wins, second_wins: pair.first_wins, ties }
            }
        })
        .filter(|pair| pair.second < PAIRED_ROWS)
        .collect();
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    let (votes, voters) = (log.votes(slice), log.voters(slice));
    Ok(BoardView { method, slice, version: log.version(), votes, voters, note: ratings.note, rows, pairs })
}

/// What one vote does, on the default board.
pub(super) fn effect(log: &ArenaLog, vote: VoteId) -> Result<Effect, RankingError> {
    let counts = log.counts(Slice::All)?;
    let with = by_bradley_terry(&counts)?;
    let votes = log.votes(Slice::All);
    let Some(entry) = log.entry(vote).copied() else {
        let nothing = Shift { before: None, after: None, rank: None };
        return Ok(Effect { left: nothing, right: nothing, votes, withdrawn: false });
    };
    let mut others = counts;
    if entry.is_counted() {
        others.remove(entry.left, entry.right, entry.outcome, 1)?;
    }
    let without = by_bradley_terry(&others)?;
    let shift = |position: u32| {
        let position = position as usize;
        Shift { before: without.rating[position], after: with.rating[position], rank: with.rank[position] }
    };
    Ok(Effect { left: shift(entry.left), right: shift(entry.right), votes, withdrawn: entry.withdrawn })
}
