//! `plaudit rank`: a board from a vote file, without a database.

use std::{io::Write, str::FromStr};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use plaudit_domain::{BoardFact, RankingMethod, ScoreUnit};
use plaudit_ranking::{
    BoardOptions, BootstrapOptions, BradleyTerryOptions, DisplayScale, EloOptions, Glicko2Options, Interval,
    OnlineRating, PairCounts, Preset, PresetOptions, RankInterval, WengLinOptions, bootstrap, bradley_terry, elo,
    glicko2, ordinal_ranks, penalty_from_sklearn_c, preset_board, rank_by_with, ranks, weng_lin,
};
use serde::Serialize;

use super::votes::{Keep, VoteArgs, Votes};

/// Of all intervals.
const LEVEL: f64 = 0.95;

/// GenAI-Arena's board was fitted to every battle written as two rows.
const SKLEARN_ROWS_PER_BATTLE: f64 = 2.0;

/// Characters of an interval's bar in the table.
const BAR: usize = 32;

/// `plaudit rank`.
#[derive(Debug, Clone, Args)]
pub struct RankArgs {
    /// Which votes.
    #[command(flatten)]
    pub votes: VoteArgs,
    /// How to rank: bradley-terry (or bt), elo, glicko2, weng-lin, reweighted, davidson, rao-kupper, four-outcomes, thurstone, win-rate, borda,
    /// copeland, kemeny, maximal-lottery, regularised-nash.
    #[arg(long, default_value = "bt")]
    pub method: RankMethod,
    /// The board that another arena would show for these votes: fastchat, arena-rank, arena-rank-reweighted, genai-arena or
    /// comparia; its penalty, its interval, and the contestant that it pins, if it is among these.
    #[arg(long, conflicts_with_all = ["method", "l2_c", "interval"])]
    pub preset: Option<Preset>,
    /// Bradley-Terry with the L2 penalty of scikit-learn's `LogisticRegression(C=…)` over ±ln 10 design rows, two for each
    /// battle (GenAI-Arena used 1): the penalty is λ/2·‖θ‖² with λ = 1/(2·C·ln²10), θ in natural log-odds.
    #[arg(long)]
    pub l2_c: Option<f64>,
    /// The 95 % interval of Bradley-Terry: `sandwich`, `none`, or `bootstrap:N` with N resamples, which gives rank intervals
    /// as well. Other methods have the interval that is theirs, or none.
    #[arg(long, default_value = "sandwich")]
    pub interval: IntervalKind,
    /// Seeds the bootstrap.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table, conflicts_with = "json")]
    pub format: Format,
    /// The same as `--format json`.
    #[arg(long)]
    pub json: bool,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One object.
    Json,
    /// A line for each contestant, with a header.
    Csv,
}

/// How to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankMethod {
    /// Maximum likelihood, with the choices of this command.
    Bt,
    /// Online Elo in the file's order.
    Elo,
    /// Glicko-2 in the file's order.
    Glicko2,
    /// Weng-Lin (TrueSkill-like) in the file's order.
    WengLin,
    /// By counts alone.
    Other(RankingMethod),
}

impl RankMethod {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bt => "bt",
            Self::Elo => "elo",
            Self::Glicko2 => "glicko2",
            Self::WengLin => "weng-lin",
            Self::Other(method) => method.as_str(),
        }
    }

    fn unit(self) -> ScoreUnit {
        match self {
            Self::Bt | Self::Elo | Self::Glicko2 | Self::WengLin => ScoreUnit::Points,
            Self::Other(method) => method.unit(),
        }
    }

    /// Whether the order of the votes matters.
    fn is_online(self) -> bool {
        matches!(self, Self::Elo | Self::Glicko2 | Self::WengLin)
    }
}

impl FromStr for RankMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bt" | "bradley-terry" => Ok(Self::Bt),
            "elo" => Ok(Self::Elo),
            "glicko2" => Ok(Self::Glicko2),
            "weng-lin" => Ok(Self::WengLin),
            other => other.parse().map(Self::Other).map_err(|error| format!("{error}, and elo, glicko2, weng-lin")),
        }
    }
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
    /// As on the command line.
    pub method: &'static str,
    /// What `rating` is: points on the Elo scale, a share, a number of opponents, or a place.
    pub unit: ScoreUnit,
    /// The arena.
    pub arena: String,
    /// Votes counted.
    pub votes: u64,
    /// Rows that could not be read as votes.
    pub rejected: u64,
    /// Best first.
    pub items: Vec<RankedItem>,
    /// What the method says besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<BoardFact>,
}

/// One contestant.
#[derive(Debug, PartialEq, Serialize)]
pub struct RankedItem {
    /// Its name.
    pub contestant: String,
    /// 400·log10 odds with mean 1000, or what [`Ranking::unit`] says.
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
    match if args.json { Format::Json } else { args.format } {
        Format::Json => {
            serde_json::to_writer(&mut out, &ranking)?;
            writeln!(out)?;
        }
        Format::Csv => print_csv(&mut out, &ranking)?,
        Format::Table => print_table(&mut out, &ranking)?,
    }
    Ok(())
}

/// The ranking of the files.
///
/// # Errors
/// As [`run`].
pub fn rank(args: &RankArgs) -> anyhow::Result<Ranking> {
    let keep = if args.method.is_online() { Keep::Order } else { Keep::Counts };
    let votes = Votes::read(&args.votes, keep)?;
    let scored = score(args, &votes)?;
    let records = votes.counts.records();
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
    let sign = if args.method.unit() == ScoreUnit::Place { -1.0 } else { 1.0 };
    items.sort_by(|one, other| {
        (sign * other.rating).total_cmp(&(sign * one.rating)).then_with(|| one.contestant.cmp(&other.contestant))
    });
    Ok(Ranking {
        method: args.preset.map_or(args.method.word(), Preset::name),
        unit: args.method.unit(),
        arena: votes.arena.to_string(),
        votes: votes.counts.total(),
        rejected: votes.rejected,
        items,
        facts: scored.facts,
    })
}

/// Per contestant.
struct Scored {
    rating: Vec<Option<f64>>,
    interval: Vec<Option<Interval>>,
    rank: Vec<Option<u32>>,
    ranks: Vec<Option<RankInterval>>,
    facts: Vec<BoardFact>,
}

impl Scored {
    /// By rating alone.
    fn plain(rating: Vec<Option<f64>>) -> Self {
        let count = rating.len();
        let rank = ordinal_ranks(&rating);
        Self { rank, rating, interval: vec![None; count], ranks: vec![None; count], facts: Vec::new() }
    }

    /// Ratings with a belief of their own.
    fn online(ratings: &[Option<OnlineRating>]) -> anyhow::Result<Self> {
        let interval = ratings.iter().map(|rating| rating.map(|rating| rating.interval(LEVEL)).transpose());
        let interval = interval.collect::<Result<Vec<_>, _>>()?;
        let plain = Self::plain(ratings.iter().map(|rating| rating.map(|rating| rating.rating)).collect());
        Ok(Self { rank: ranks(&interval), interval, ..plain })
    }

    fn by_counts(counts: &PairCounts, method: RankingMethod, options: &BoardOptions) -> anyhow::Result<Self> {
        let board = rank_by_with(counts, method, options)?;
        let mut scored = Self::plain(vec![None; counts.contestants() as usize]);
        for row in board.rows {
            let place = row.contestant as usize;
            scored.rating[place] = row.score;
            scored.rank[place] = row.rank;
            scored.interval[place] = row.lower.zip(row.upper).map(|(lower, upper)| Interval { lower, upper });
        }
        scored.facts = board.facts;
        Ok(scored)
    }
}

fn by_preset(preset: Preset, seed: u64, votes: &Votes) -> anyhow::Result<Scored> {
    let anchor = preset.anchor().and_then(|anchor| votes.names.iter().position(|name| name == anchor.0));
    let options = PresetOptions { anchor: anchor.map(|place| place as u32), seed, ..PresetOptions::default() };
    let board = preset_board(&votes.counts, preset, &options)?;
    let count = board.ratings.len();
    Ok(Scored {
        rating: board.ratings,
        interval: board.intervals,
        rank: board.ranks,
        ranks: board.rank_intervals.unwrap_or_else(|| vec![None; count]),
        facts: Vec::new(),
    })
}

fn score(args: &RankArgs, votes: &Votes) -> anyhow::Result<Scored> {
    let counts = &votes.counts;
    if let Some(preset) = args.preset {
        return by_preset(preset, args.seed, votes);
    }
    match args.method {
        RankMethod::Bt => by_bradley_terry(args, counts),
        _ if args.l2_c.is_some() => bail!("--l2-c is a penalty of Bradley-Terry alone"),
        _ if matches!(args.interval, IntervalKind::Bootstrap(_)) => {
            bail!("--interval bootstrap:N is for Bradley-Terry alone")
        }
        RankMethod::Elo => {
            let ratings = elo(counts.contestants(), votes.order.iter(), &EloOptions::default())?;
            Ok(Scored::plain(ratings.into_iter().map(Some).collect()))
        }
        RankMethod::Glicko2 => {
            let ratings = glicko2(counts.contestants(), votes.order.iter(), &Glicko2Options::default())?;
            Scored::online(&ratings)
        }
        RankMethod::WengLin => {
            let ratings = weng_lin(counts.contestants(), votes.order.iter(), &WengLinOptions::default())?;
            Scored::online(&ratings)
        }
        RankMethod::Other(method) => Scored::by_counts(counts, method, &BoardOptions::default()),
    }
}

fn by_bradley_terry(args: &RankArgs, counts: &PairCounts) -> anyhow::Result<Scored> {
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

/// The widest of these names, and of a heading.
pub(super) fn width<'a>(names: impl Iterator<Item = &'a str>, heading: &str) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0).max(heading.len())
}

fn print_table(out: &mut impl Write, ranking: &Ranking) -> std::io::Result<()> {
    let width = width(ranking.items.iter().map(|item| item.contestant.as_str()), "contestant");
    let has_ranks = ranking.items.iter().any(|item| item.best_rank.is_some());
    writeln!(out, "{} · {} votes · {}", ranking.arena, ranking.votes, ranking.method)?;
    let (heading, decimals) = match ranking.unit {
        ScoreUnit::Points => ("rating", 1),
        ScoreUnit::Share => ("share", 4),
        ScoreUnit::Opponents => ("score", 2),
        ScoreUnit::Place => ("place", 0),
    };
    let ranks_heading = if has_ranks { "ranks" } else { "" };
    let line = format!(
        "{:>4}  {:width$}  {heading:>8}  {:>17}  {:BAR$}  {:>7}  {ranks_heading}",
        "rank", "contestant", "95 % interval", "", "battles"
    );
    writeln!(out, "{}", line.trim_end())?;
    let ends = ranking.items.iter().flat_map(|item| [Some(item.rating), item.lower, item.upper]).flatten();
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    for item in &ranking.items {
        let interval = match (item.lower, item.upper) {
            (Some(lower), Some(upper)) => format!("{lower:>7.1} – {upper:<7.1}"),
            _ => String::new(),
        };
        let bar = if ranking.unit == ScoreUnit::Place { String::new() } else { bar(item, low, high) };
        let ranks = item.best_rank.zip(item.worst_rank).map(|(best, worst)| format!("{best}–{worst}"));
        let (RankedItem { contestant, rating, rank, battles, .. }, ranks) = (item, ranks.unwrap_or_default());
        let line = format!(
            "{rank:>4}  {contestant:width$}  {rating:>8.decimals$}  {interval:>17}  {bar:BAR$}  {battles:>7}  {ranks}"
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    for fact in &ranking.facts {
        let interval = fact.lower.zip(fact.upper).map(|(lower, upper)| format!(" ({lower:.4} to {upper:.4})"));
        writeln!(out, "{}: {:.4}{}", fact.label, fact.value, interval.unwrap_or_default())?;
    }
    if ranking.rejected > 0 {
        writeln!(out, "{} rows are no votes and were left out", ranking.rejected)?;
    }
    Ok(())
}

/// The interval as a line and the rating as a dot, on the axis from `low` to `high`.
fn bar(item: &RankedItem, low: f64, high: f64) -> String {
    let place = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        (share * (BAR - 1) as f64).round() as usize
    };
    let (from, to) = (place(item.lower.unwrap_or(item.rating)), place(item.upper.unwrap_or(item.rating)));
    let dot = place(item.rating);
    let character = |at: usize| match at {
        _ if at == dot => '●',
        _ if (from..=to).contains(&at) => '─',
        _ => ' ',
    };
    (0..BAR).map(character).collect()
}

fn print_csv(out: &mut impl Write, ranking: &Ranking) -> std::io::Result<()> {
    writeln!(out, "rank,contestant,rating,lower,upper,best_rank,worst_rank,battles")?;
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let whole = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    for item in &ranking.items {
        let (lower, upper) = (number(item.lower), number(item.upper));
        let (best, worst) = (whole(item.best_rank), whole(item.worst_rank));
        let RankedItem { rank, contestant, rating, battles, .. } = item;
        writeln!(out, "{rank},{},{rating},{lower},{upper},{best},{worst},{battles}", quoted(contestant))?;
    }
    Ok(())
}

/// A field of RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_comma_stays_one_field() {
        assert_eq!(quoted("Llama 2, 7B \"chat\""), "\"Llama 2, 7B \"\"chat\"\"\"");
        assert_eq!(quoted("SDXL"), "SDXL");
    }

    #[test]
    fn an_unknown_method_names_those_there_are() {
        assert_eq!("bt".parse(), Ok(RankMethod::Bt));
        assert_eq!("kemeny".parse(), Ok(RankMethod::Other(RankingMethod::Kemeny)));
        let error = "magic".parse::<RankMethod>().unwrap_err();
        assert!(error.contains("magic") && error.contains("davidson") && error.contains("elo"), "{error}");
    }
}
