//! `plaudit rank`: a board from a vote file, without a database.

use std::{io::Write, str::FromStr};

use anyhow::Context;
use clap::{Args, ValueEnum};
use plaudit_ranking::{
    BootstrapOptions, BradleyTerryOptions, DisplayScale, EloOptions, Interval, PairCounts, RankInterval, bootstrap,
    bradley_terry, elo, ordinal_ranks, penalty_from_sklearn_c, ranks,
};
use serde::Serialize;

use super::votes::{VoteArgs, Votes};

/// Of all intervals.
const LEVEL: f64 = 0.95;

/// GenAI-Arena's board was fitted to every battle written as two rows.
const SKLEARN_ROWS_PER_BATTLE: f64 = 2.0;

/// `plaudit rank`.
#[derive(Debug, Clone, Args)]
pub struct RankArgs {
    /// Which votes.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// How to rank.
    #[arg(long, value_enum, default_value_t = RankMethod::Bt)]
    pub method: RankMethod,
    /// Penalise large ratings as scikit-learn's LogisticRegression does with this C, on ±ln 10 columns and two rows per
    /// battle (GenAI-Arena used 1): the penalty is λ/2·‖θ‖² with λ = 1/(2·C·ln²10), θ in natural log-odds.
    #[arg(long)]
    pub l2_c: Option<f64>,
    /// The 95 % interval: `sandwich`, `none`, or `bootstrap:N` with N resamples, which gives rank intervals as well.
    #[arg(long, default_value = "sandwich")]
    pub interval: IntervalKind,
    /// Seeds the bootstrap.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// How to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RankMethod {
    /// Bradley-Terry maximum likelihood.
    Bt,
    /// Online Elo, K = 4, in the file's order.
    Elo,
}

/// Which interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalKind {
    /// The robust one.
    Sandwich,
    /// Percentiles of so many resamples.
    Bootstrap(u32),
    /// None.
    None,
}

impl FromStr for IntervalKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let resamples =
            text.strip_prefix("bootstrap:").and_then(|number| number.parse().ok()).filter(|number| *number > 0);
        match (text, resamples) {
            ("sandwich", _) => Ok(Self::Sandwich),
            ("none", _) => Ok(Self::None),
            (_, Some(resamples)) => Ok(Self::Bootstrap(resamples)),
            _ => Err("expected sandwich, none or bootstrap:N, such as bootstrap:1000".to_owned()),
        }
    }
}

/// What is printed.
#[derive(Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// `bt` or `elo`.
    pub method: &'static str,
    /// The arena.
    pub arena: String,
    /// Votes counted.
    pub votes: u64,
    /// Rows that could not be read as votes.
    pub rejected: u64,
    /// Best first.
    pub items: Vec<RankedItem>,
}

/// One contestant.
#[derive(Debug, PartialEq, Serialize)]
pub struct RankedItem {
    /// Its name.
    pub contestant: String,
    /// 400·log10 odds, mean 1000.
    pub rating: f64,
    /// Lower end of the 95 % interval.
    pub lower: Option<f64>,
    /// Upper end of the 95 % interval.
    pub upper: Option<f64>,
    /// 1 + number of contestants that are better with confidence; without interval, by rating.
    pub rank: u32,
    /// Best rank in the middle 95 % of the resamples, with `bootstrap:N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_rank: Option<u32>,
    /// Worst rank likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_rank: Option<u32>,
    /// Battles it took part in.
    pub battles: u64,
}

/// Reads, ranks, prints.
///
/// # Errors
/// When a file is damaged, the arena is not clear, or the votes allow no ranking.
pub fn run(args: &RankArgs) -> anyhow::Result<()> {
    let ranking = rank(args)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &ranking)?;
        writeln!(out)?;
    } else {
        print_table(&mut out, &ranking)?;
    }
    Ok(())
}

/// The ranking of the files.
///
/// # Errors
/// As [`run`].
pub fn rank(args: &RankArgs) -> anyhow::Result<Ranking> {
    let votes = Votes::read(&args.votes)?;
    let counts = votes.counts()?;
    let scored = score(args, &votes, &counts)?;
    let records = counts.records();
    let item = |position: usize| {
        let (interval, ranks) = (scored.interval[position], scored.ranks[position]);
        Some(RankedItem {
            contestant: votes.names[position].clone(),
            rating: scored.rating[position]?,
            lower: interval.map(|interval| interval.lower),
            upper: interval.map(|interval| interval.upper),
            rank: scored.rank[position]?,
            best_rank: ranks.map(|ranks| ranks.best),
            worst_rank: ranks.map(|ranks| ranks.worst),
            battles: records[position].battles(),
        })
    };
    let mut items: Vec<_> = (0..votes.names.len()).filter_map(item).collect();
    items.sort_by(|one, other| other.rating.total_cmp(&one.rating).then_with(|| one.contestant.cmp(&other.contestant)));
    let method = match args.method {
        RankMethod::Bt => "bt",
        RankMethod::Elo => "elo",
    };
    let (arena, rejected) = (votes.arena.to_string(), votes.rejected);
    Ok(Ranking { method, arena, votes: votes.votes.len() as u64, rejected, items })
}

/// Per contestant.
struct Scored {
    rating: Vec<Option<f64>>,
    interval: Vec<Option<Interval>>,
    rank: Vec<Option<u32>>,
    ranks: Vec<Option<RankInterval>>,
}

impl Scored {
    /// By rating alone.
    fn plain(rating: Vec<Option<f64>>) -> Self {
        let count = rating.len();
        Self { rank: ordinal_ranks(&rating), rating, interval: vec![None; count], ranks: vec![None; count] }
    }
}

fn score(args: &RankArgs, votes: &Votes, counts: &PairCounts) -> anyhow::Result<Scored> {
    if args.method == RankMethod::Elo {
        let ratings = elo(counts.contestants(), votes.votes.iter().copied(), &EloOptions::default())?;
        return Ok(Scored::plain(ratings.into_iter().map(Some).collect()));
    }
    let penalty = match args.l2_c {
        Some(c) => penalty_from_sklearn_c(c, SKLEARN_ROWS_PER_BATTLE).context("--l2-c")?,
        None => 0.0,
    };
    let scale = DisplayScale::default();
    let fit = bradley_terry(counts, &BradleyTerryOptions { penalty, ..BradleyTerryOptions::default() })?;
    let plain = Scored::plain(fit.ratings(&scale));
    match args.interval {
        IntervalKind::None => Ok(plain),
        IntervalKind::Sandwich => {
            let interval = fit.rating_intervals(&scale, LEVEL)?;
            Ok(Scored { rank: ranks(&interval), interval, ..plain })
        }
        IntervalKind::Bootstrap(resamples) => {
            let draws = bootstrap(counts, &fit, &BootstrapOptions { resamples, seed: args.seed })?;
            let points = |interval: Option<Interval>| interval.map(|interval| scale.interval(interval));
            let interval: Vec<_> = draws.intervals(LEVEL)?.into_iter().map(points).collect();
            Ok(Scored { rank: ranks(&interval), interval, ranks: draws.rank_intervals(LEVEL)?, ..plain })
        }
    }
}

fn print_table(out: &mut impl Write, ranking: &Ranking) -> std::io::Result<()> {
    let width =
        ranking.items.iter().map(|item| item.contestant.chars().count()).max().unwrap_or(0).max("contestant".len());
    let has_ranks = ranking.items.iter().any(|item| item.best_rank.is_some());
    writeln!(out, "{} · {} votes · {}", ranking.arena, ranking.votes, ranking.method)?;
    writeln!(
        out,
        "{:>4}  {:width$}  {:>8}  {:>17}  {:>7}  {}",
        "rank",
        "contestant",
        "rating",
        "95 % interval",
        "battles",
        if has_ranks { "ranks" } else { "" }
    )?;
    for item in &ranking.items {
        let interval = match (item.lower, item.upper) {
            (Some(lower), Some(upper)) => format!("{lower:>7.1} – {upper:<7.1}"),
            _ => String::new(),
        };
        let ranks = item.best_rank.zip(item.worst_rank).map(|(best, worst)| format!("  {best}–{worst}"));
        let (RankedItem { contestant, rating, rank, battles, .. }, ranks) = (item, ranks.unwrap_or_default());
        writeln!(out, "{rank:>4}  {contestant:width$}  {rating:>8.1}  {interval:>17}  {battles:>7}{ranks}")?;
    }
    if ranking.rejected > 0 {
        writeln!(out, "{} rows are no votes and were left out", ranking.rejected)?;
    }
    Ok(())
}
