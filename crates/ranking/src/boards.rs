//! Any method by its name: from counts to one shape of board, the same on the server and in a browser.

use plaudit_domain::{BoardFact, MethodBoard, MethodRow, RankingMethod, ScoreUnit};

use crate::{
    BootstrapOptions, CovariateOptions, DisplayScale, Interval, Lottery, OutcomeModel, PairCounts, RankInterval,
    RankingError, Tournament, average_win_rates, bootstrap, borda, bradley_terry_or_prior, bradley_terry_with_position,
    copeland, fit_outcomes, fragility, kemeny, maximal_lottery, ordinal_ranks, ranks, regularised_nash, weak_penalty,
};

/// Of all intervals.
const LEVEL: f64 = 0.95;
/// Pairs that met more often count no more than this: arena-rank's constant.
const REWEIGHTED_ABOVE: f64 = 50.0;
/// Of the regularised game, as a share of the votes: small beside the margins between neighbours of a board.
const PRICE: f64 = 0.02;

/// What a board holds beyond scores and their intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoardOptions {
    /// Resamples for rank intervals; none with 0, and none for methods without
    /// [`has_resamples`](RankingMethod::has_resamples).
    pub resamples: u32,
    /// Seeds the resamples.
    pub seed: u64,
}

/// Per contestant.
struct Scored {
    score: Vec<Option<f64>>,
    interval: Vec<Option<Interval>>,
    rank: Vec<Option<u32>>,
    ranks: Vec<Option<RankInterval>>,
    facts: Vec<BoardFact>,
    needs_prior: bool,
}

impl Scored {
    /// By score alone.
    fn plain(score: Vec<Option<f64>>, facts: Vec<BoardFact>) -> Self {
        let count = score.len();
        Self {
            rank: ordinal_ranks(&score),
            score,
            interval: vec![None; count],
            ranks: vec![None; count],
            facts,
            needs_prior: false,
        }
    }

    fn of(counts: &PairCounts, method: RankingMethod, options: &BoardOptions) -> Result<Self, RankingError> {
        let tournament = || Tournament::new(counts);
        match method {
            RankingMethod::BradleyTerry => by_bradley_terry(counts, options),
            RankingMethod::Reweighted => by_outcomes(counts, OutcomeModel::Reweighted { battles: REWEIGHTED_ABOVE }),
            RankingMethod::Davidson => by_outcomes(counts, OutcomeModel::Davidson),
            RankingMethod::RaoKupper => by_outcomes(counts, OutcomeModel::RaoKupper),
            RankingMethod::FourOutcomes => by_outcomes(counts, OutcomeModel::FourOutcomes),
            RankingMethod::Thurstone => by_outcomes(counts, OutcomeModel::Thurstone),
            RankingMethod::WinRate => Ok(Self::plain(average_win_rates(&tournament()), Vec::new())),
            RankingMethod::Borda => Ok(Self::plain(borda(&tournament()), Vec::new())),
            RankingMethod::Copeland => Ok(Self::plain(copeland(&tournament()), Vec::new())),
            RankingMethod::Kemeny => Ok(by_kemeny(counts)),
            RankingMethod::MaximalLottery => Ok(by_lottery(maximal_lottery(&tournament())?)),
            RankingMethod::RegularisedNash => Ok(by_lottery(regularised_nash(&tournament(), PRICE)?)),
        }
    }
}

fn fact(label: &str, value: f64, interval: Option<Interval>) -> BoardFact {
    let ends = interval.map(|interval| (interval.lower, interval.upper));
    BoardFact { label: label.to_owned(), value, lower: ends.map(|ends| ends.0), upper: ends.map(|ends| ends.1) }
}

/// The board by one method, with intervals where the method has them.
///
/// # Errors
/// Whatever keeps the method from an answer.
pub fn rank_by(counts: &PairCounts, method: RankingMethod) -> Result<MethodBoard, RankingError> {
    rank_by_with(counts, method, &BoardOptions::default())
}

/// The same, with rank intervals from resamples.
///
/// # Errors
/// As [`rank_by`].
pub fn rank_by_with(
    counts: &PairCounts,
    method: RankingMethod,
    options: &BoardOptions,
) -> Result<MethodBoard, RankingError> {
    let scored = Scored::of(counts, method, options)?;
    let records = counts.records();
    let row = |contestant: usize| MethodRow {
        contestant: contestant as u32,
        rank: scored.rank[contestant],
        score: scored.score[contestant],
        lower: scored.interval[contestant].map(|interval| interval.lower),
        upper: scored.interval[contestant].map(|interval| interval.upper),
        best_rank: scored.ranks[contestant].map(|ranks| ranks.best),
        worst_rank: scored.ranks[contestant].map(|ranks| ranks.worst),
        fragility: None,
        battles: records[contestant].battles(),
    };
    let mut rows: Vec<MethodRow> = (0..records.len()).map(row).collect();
    // A place is better the smaller it is; every other score the larger.
    let sign = if method.unit() == ScoreUnit::Place { -1.0 } else { 1.0 };
    let key = |row: &MethodRow| row.score.map_or(f64::NEG_INFINITY, |score| sign * score);
    rows.sort_by(|one, other| key(other).total_cmp(&key(one)).then(one.contestant.cmp(&other.contestant)));
    Ok(MethodBoard { method, votes: counts.total(), rows, facts: scored.facts, needs_prior: scored.needs_prior })
}

fn by_bradley_terry(counts: &PairCounts, options: &BoardOptions) -> Result<Scored, RankingError> {
    let (fit, prior) = bradley_terry_or_prior(counts, weak_penalty())?;
    let scale = DisplayScale::default();
    let interval = fit.rating_intervals(&scale, LEVEL)?;
    let ranks_of = if options.resamples > 0 {
        let draws = bootstrap(counts, &fit, &BootstrapOptions { resamples: options.resamples, seed: options.seed })?;
        draws.rank_intervals(LEVEL)?
    } else {
        vec![None; interval.len()]
    };
    Ok(Scored {
        score: fit.ratings(&scale),
        rank: ranks(&interval),
        interval,
        ranks: ranks_of,
        facts: position(counts, &scale),
        needs_prior: prior.is_used(),
    })
}

/// What standing on the left is worth; nothing where the votes cannot tell.
fn position(counts: &PairCounts, scale: &DisplayScale) -> Vec<BoardFact> {
    let fit = bradley_terry_with_position(counts, &CovariateOptions::default()).ok();
    let effect = fit.and_then(|fit| fit.position);
    let told = effect.and_then(|effect| Some((effect.points(scale), effect.points_interval(scale, LEVEL).ok()?)));
    told.into_iter()
        .map(|(points, interval)| fact("What standing on the left is worth, in points", points, Some(interval)))
        .collect()
}

fn by_outcomes(counts: &PairCounts, model: OutcomeModel) -> Result<Scored, RankingError> {
    let fit = fit_outcomes(counts, model)?;
    let scale = DisplayScale::default();
    let interval = fit.rating_intervals(&scale, LEVEL)?;
    let mut facts = Vec::new();
    if let Some(tie) = fit.tie {
        let label = match model {
            OutcomeModel::RaoKupper => "Tie parameter ρ (1: no ties)",
            _ => "Tie parameter ν (0: no ties)",
        };
        facts.push(fact(label, tie.value, tie.interval(LEVEL)?));
    }
    if let Some(bar) = fit.bar {
        let interval = bar.interval(LEVEL)?.map(|interval| scale.interval(interval));
        facts.push(fact("Rating of “good enough”, in points", scale.rating(bar.value), interval));
    }
    let count = interval.len();
    Ok(Scored {
        score: fit.ratings(&scale),
        rank: ranks(&interval),
        interval,
        ranks: vec![None; count],
        facts,
        needs_prior: fit.needs_prior,
    })
}

fn by_kemeny(counts: &PairCounts) -> Scored {
    let found = kemeny(&Tournament::new(counts));
    let mut place = vec![None; counts.contestants() as usize];
    for (number, contestant) in (1_u32..).zip(&found.order) {
        place[*contestant as usize] = Some(number);
    }
    let label = if found.is_optimal {
        "Votes that no order contradicts fewer of (proved)"
    } else {
        "Fewest votes that any order can contradict"
    };
    let facts = vec![
        fact("Votes that this order contradicts", found.disagreements, None),
        fact(label, found.lower_bound, None),
    ];
    let score = place.iter().map(|place| place.map(f64::from)).collect();
    Scored { rank: place, ..Scored::plain(score, facts) }
}

fn by_lottery(lottery: Lottery) -> Scored {
    let facts = vec![fact(
        "Most that any contestant wins against this mixture, in % of votes",
        lottery.exploitability * 100.0,
        None,
    )];
    // Shares that differ by rounding alone are one rank.
    let rounded: Vec<Option<f64>> =
        lottery.probabilities.iter().map(|share| share.map(|share| (share * 1e9).round() / 1e9)).collect();
    Scored { rank: ordinal_ranks(&rounded), ..Scored::plain(lottery.probabilities, facts) }
}

/// For each contestant but the last of the Bradley-Terry board, the fewest votes found whose removal puts the next one in
/// front; `None` where none was found.
///
/// # Errors
/// As [`rank_by`].
pub fn neighbour_fragility(counts: &PairCounts) -> Result<Vec<(u32, Option<u64>)>, RankingError> {
    let board = rank_by(counts, RankingMethod::BradleyTerry)?;
    let rated: Vec<u32> = board.rows.iter().filter(|row| row.score.is_some()).map(|row| row.contestant).collect();
    let neighbours = rated.iter().zip(rated.iter().skip(1));
    neighbours.map(|(&upper, &lower)| Ok((upper, fragility(counts, upper, lower)?.map(|found| found.votes)))).collect()
}
