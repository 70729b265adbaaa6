//! `plaudit rank`: a board from a vote file, without a database.

use std::{collections::HashMap, io::Write, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use plaudit_datasets::{ImportedVote, Progress, ReadOptions, Record, Rejection, Sink, SinkError, discover};
use plaudit_domain::{ArenaSlug, ContestantSlug, Outcome};
use plaudit_ranking::{
    BradleyTerryOptions, DisplayScale, EloOptions, Interval, PairCounts, bradley_terry, elo, ordinal_ranks,
    penalty_from_sklearn_c, ranks,
};
use serde::Serialize;

/// GenAI-Arena's board was fitted to every battle written as two rows.
const SKLEARN_ROWS_PER_BATTLE: f64 = 2.0;

/// `plaudit rank`.
#[derive(Debug, Clone, Args)]
pub struct RankArgs {
    /// Vote files or folders, as for `plaudit import`.
    #[arg(long, required = true)]
    pub votes: Vec<PathBuf>,
    /// Which arena, when the files hold several.
    #[arg(long)]
    pub arena: Option<ArenaSlug>,
    /// Only votes whose voter could not see the names.
    #[arg(long)]
    pub anonymous_only: bool,
    /// How to rank.
    #[arg(long, value_enum, default_value_t = RankMethod::Bt)]
    pub method: RankMethod,
    /// Penalise large ratings as scikit-learn's LogisticRegression does with this C, on ±ln 10 columns and two rows per
    /// battle (GenAI-Arena used 1): the penalty is λ/2·‖θ‖² with λ = 1/(2·C·ln²10), θ in natural log-odds.
    #[arg(long)]
    pub l2_c: Option<f64>,
    /// The 95 % interval.
    #[arg(long, value_enum, default_value_t = RankInterval::Sandwich)]
    pub interval: RankInterval,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RankInterval {
    /// The robust one.
    Sandwich,
    /// None.
    None,
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
    /// Battles it took part in.
    pub battles: u64,
}

/// The votes of each arena, as they are read.
#[derive(Default)]
struct Collector {
    names: HashMap<(ArenaSlug, ContestantSlug), String>,
    votes: HashMap<ArenaSlug, ArenaVotes>,
    anonymous_only: bool,
    rejected: u64,
}

#[derive(Default)]
struct ArenaVotes {
    contestants: Vec<ContestantSlug>,
    position: HashMap<ContestantSlug, u32>,
    votes: Vec<(u32, u32, Outcome)>,
}

impl ArenaVotes {
    fn position(&mut self, slug: &ContestantSlug) -> u32 {
        *self.position.entry(slug.clone()).or_insert_with(|| {
            self.contestants.push(slug.clone());
            self.contestants.len() as u32 - 1
        })
    }

    fn add(&mut self, vote: &ImportedVote) {
        let (left, right) = (self.position(&vote.left), self.position(&vote.right));
        self.votes.push((left, right, vote.outcome));
    }
}

impl Sink for Collector {
    fn record(&mut self, record: Record, _: Progress) -> Result<(), SinkError> {
        match record {
            Record::Contestant { arena, contestant } => {
                self.names.insert((arena, contestant.slug), contestant.name);
            }
            Record::Vote(vote) if !self.anonymous_only || vote.anonymous == Some(true) => {
                self.votes.entry(vote.arena.clone()).or_default().add(&vote);
            }
            _ => {}
        }
        Ok(())
    }

    fn rejected(&mut self, _: Rejection) -> Result<(), SinkError> {
        self.rejected += 1;
        Ok(())
    }
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
    let mut collector = Collector { anonymous_only: args.anonymous_only, ..Collector::default() };
    for source in discover(&args.votes)?.sources {
        let name = source.path.display().to_string();
        source.read(&ReadOptions::default(), &mut collector).with_context(|| name)?;
    }
    let arena = choose_arena(&collector, args.arena.as_ref())?;
    let votes = collector.votes.remove(&arena).unwrap_or_default();
    let count = votes.contestants.len();
    let scale = DisplayScale::default();
    let mut counts = PairCounts::new(count as u32);
    for &(left, right, outcome) in &votes.votes {
        counts.add(left, right, outcome, 1)?;
    }
    let no_interval: Vec<Option<Interval>> = vec![None; count];
    let (rating, interval, rank) = match args.method {
        RankMethod::Elo => {
            let ratings = elo(count as u32, votes.votes.iter().copied(), &EloOptions::default())?;
            let rating: Vec<_> = ratings.into_iter().map(Some).collect();
            let rank = ordinal_ranks(&rating);
            (rating, no_interval, rank)
        }
        RankMethod::Bt => {
            let penalty = match args.l2_c {
                Some(c) => penalty_from_sklearn_c(c, SKLEARN_ROWS_PER_BATTLE).context("--l2-c")?,
                None => 0.0,
            };
            let fit = bradley_terry(&counts, &BradleyTerryOptions { penalty, ..BradleyTerryOptions::default() })?;
            let rating = fit.ratings(&scale);
            match args.interval {
                RankInterval::Sandwich => {
                    let interval = fit.rating_intervals(&scale, 0.95)?;
                    let rank = ranks(&interval);
                    (rating, interval, rank)
                }
                RankInterval::None => {
                    let rank = ordinal_ranks(&rating);
                    (rating, no_interval, rank)
                }
            }
        }
    };
    let records = counts.records();
    let mut items: Vec<_> = (0..count)
        .filter_map(|position| {
            let slug = &votes.contestants[position];
            let name = collector.names.get(&(arena.clone(), slug.clone()));
            Some(RankedItem {
                contestant: name.cloned().unwrap_or_else(|| slug.to_string()),
                rating: rating[position]?,
                lower: interval[position].map(|interval| interval.lower),
                upper: interval[position].map(|interval| interval.upper),
                rank: rank[position]?,
                battles: records[position].battles(),
            })
        })
        .collect();
    items.sort_by(|one, other| other.rating.total_cmp(&one.rating).then_with(|| one.contestant.cmp(&other.contestant)));
    let method = match args.method {
        RankMethod::Bt => "bt",
        RankMethod::Elo => "elo",
    };
    Ok(Ranking {
        method,
        arena: arena.to_string(),
        votes: votes.votes.len() as u64,
        rejected: collector.rejected,
        items,
    })
}

fn choose_arena(collector: &Collector, wanted: Option<&ArenaSlug>) -> anyhow::Result<ArenaSlug> {
    let mut arenas: Vec<_> = collector.votes.keys().cloned().collect();
    arenas.sort();
    let list = arenas.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (wanted, arenas.as_slice()) {
        (_, []) => bail!("there are no votes to rank in these files"),
        (Some(wanted), _) if arenas.contains(wanted) => Ok(wanted.clone()),
        (Some(wanted), _) => bail!("there are no votes of the arena {wanted}; the files hold {list}"),
        (None, [only]) => Ok(only.clone()),
        (None, _) => bail!("the files hold several arenas; choose one with --arena: {list}"),
    }
}

fn print_table(out: &mut impl Write, ranking: &Ranking) -> std::io::Result<()> {
    let width =
        ranking.items.iter().map(|item| item.contestant.chars().count()).max().unwrap_or(0).max("contestant".len());
    writeln!(out, "{} · {} votes · {}", ranking.arena, ranking.votes, ranking.method)?;
    writeln!(
        out,
        "{:>4}  {:width$}  {:>8}  {:>17}  {:>7}",
        "rank", "contestant", "rating", "95 % interval", "battles"
    )?;
    for item in &ranking.items {
        let interval = match (item.lower, item.upper) {
            (Some(lower), Some(upper)) => format!("{lower:>7.1} – {upper:<7.1}"),
            _ => String::new(),
        };
        let RankedItem { contestant, rating, rank, battles, .. } = item;
        writeln!(out, "{rank:>4}  {contestant:width$}  {rating:>8.1}  {interval:>17}  {battles:>7}")?;
    }
    if ranking.rejected > 0 {
        writeln!(out, "{} rows are no votes and were left out", ranking.rejected)?;
    }
    Ok(())
}
