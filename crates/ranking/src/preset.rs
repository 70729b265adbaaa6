//! Boards by other arenas' conventions, so that their numbers can be compared with ours.

use std::{fmt, str::FromStr};

use nalgebra::{Cholesky, DVector};
use serde::{Deserialize, Serialize};

use crate::{
    Bootstrap, BootstrapOptions, BradleyTerry, BradleyTerryOptions, DisplayScale, Interval, PairCounts, RankInterval,
    RankingError, bootstrap, bradley_terry,
    bradley_terry::{Problem, check_rated, maximise, sandwich},
    degeneracy, normal_quantile, ordinal_ranks, penalty_from_sklearn_c, ranks,
};

/// The level of every peer's interval.
const LEVEL: f64 = 0.95;

/// What arena-rank adds to the diagonal of the Hessian, per vote.
const ARENA_RANK_RIDGE: f64 = 1e-5;

/// Pairs with fewer votes than this weigh less than others when arena-rank weighs pairs alike.
const ARENA_RANK_LEAST: f64 = 50.0;

/// Another arena's way from votes to a board. In all of them both kinds of tie are half a win, 400 points are odds of ten
/// to one, and the mean is 1000 unless a contestant is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// FastChat's `rating_systems.py`, long the board of Chatbot Arena: maximum likelihood; the rating is the median of
    /// 100 multinomial resamples, the interval their 2.5 and 97.5 percentiles, the rank 1 + how many intervals lie above.
    #[serde(rename = "fastchat")]
    FastChat,
    /// The package `arena-rank` (0.1.1) of LMArena: maximum likelihood and the sandwich, whose Hessian has 10⁻⁵ per vote
    /// added to its diagonal; that makes intervals narrower, by 1 % at 400 models. The package ranks nobody: ranks here
    /// are 1 + how many intervals lie above.
    ArenaRank,
    /// The same with each vote weighing 1 / max(votes of its pair, 50), and 10⁻⁵ in all on the diagonal.
    ArenaRankReweighted,
    /// GenAI-Arena: scikit-learn's logistic regression with its default penalty on doubled rows (see
    /// [`penalty_from_sklearn_c`]), percentiles of 100 resamples of the votes, ranks by rating alone.
    #[serde(rename = "genai-arena")]
    GenAiArena,
    /// ComparIA (`ranking_methods`): maximum likelihood; the median of 1000 resamples and their percentiles, of the rating
    /// and of the rank; ranks by the median. By its published description and source; it ships no package to run
    /// beside, so what is held to is a reading of it.
    #[serde(rename = "comparia")]
    ComparIa,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::FastChat, Self::ArenaRank, Self::ArenaRankReweighted, Self::GenAiArena, Self::ComparIa];

    /// Its name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FastChat => "fastchat",
            Self::ArenaRank => "arena-rank",
            Self::ArenaRankReweighted => "arena-rank-reweighted",
            Self::GenAiArena => "genai-arena",
            Self::ComparIa => "comparia",
        }
    }

    /// The contestant that this arena pins when it is on the board, and at how many points.
    pub fn anchor(self) -> Option<(&'static str, f64)> {
        match self {
            Self::FastChat => Some(("mixtral-8x7b-instruct-v0.1", 1114.0)),
            Self::GenAiArena => Some(("llama-13b", 800.0)),
            Self::ArenaRank | Self::ArenaRankReweighted | Self::ComparIa => None,
        }
    }

    /// How many resamples this arena draws by default; `None` where its interval is a formula.
    pub fn resamples(self) -> Option<u32> {
        match self {
            Self::FastChat | Self::GenAiArena => Some(100),
            Self::ComparIa => Some(1000),
            Self::ArenaRank | Self::ArenaRankReweighted => None,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(|| UnknownPreset { name: name.to_owned() })
    }
}

/// A name that no [`Preset`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no preset: expected one of {}", Preset::ALL.map(Preset::name).join(", "))]
pub struct UnknownPreset {
    /// What was given.
    pub name: String,
}

/// What [`preset_board`] leaves to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PresetOptions {
    /// The contestant that [`Preset::anchor`] names, if there is one. As these arenas have it, it is pinned in every
    /// resample: its own interval is a point, and all others are distances from it.
    pub anchor: Option<u32>,
    /// Other than [`Preset::resamples`].
    pub resamples: Option<u32>,
    /// Of the resamples. The peers' own draws cannot be had again: ours differ from theirs as two seeds do.
    pub seed: u64,
}

/// Ratings in points by an arena's convention. Every list has one entry per contestant; `None` for one without a battle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresetBoard {
    /// What the arena shows as the rating.
    pub ratings: Vec<Option<f64>>,
    /// Its 95 % interval.
    pub intervals: Vec<Option<Interval>>,
    /// Its rank.
    pub ranks: Vec<Option<u32>>,
    /// The 95 % interval of the rank, where the arena gives one.
    pub rank_intervals: Option<Vec<Option<RankInterval>>>,
}

/// The board that another arena's code would show for these votes.
///
/// Point estimates agree with the peer's to the tolerance of its optimiser, percentiles to the noise of its resamples: the
/// ends of 100 have a standard deviation of a quarter of a standard error, those of 1000 of a twelfth.
///
/// # Errors
/// [`RankingError::NoFiniteMaximum`] where the peer would show wherever its optimiser stopped (GenAI-Arena's penalty
/// always has a maximum); an anchor that does not exist, or for a preset that pins nobody; no resamples.
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, Preset, PresetOptions, preset_board};
///
/// let mut counts = PairCounts::new(2);
/// counts.add(0, 1, Outcome::Left, 75)?;
/// counts.add(0, 1, Outcome::Right, 25)?;
/// let board = preset_board(&counts, "arena-rank".parse()?, &PresetOptions::default())?;
/// let rating = board.ratings[0].ok_or("rated")?;
/// assert!((rating - (1000.0 + 200.0 * 3_f64.log10())).abs() < 1e-9);
/// assert_eq!(board.ranks, [Some(1), Some(2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn preset_board(counts: &PairCounts, preset: Preset, options: &PresetOptions) -> Result<PresetBoard, RankingError> {
    let pin = match (options.anchor, preset.anchor()) {
        (None, _) => None,
        (Some(index), _) if index >= counts.contestants() => {
            return Err(RankingError::UnknownContestant { index, contestants: counts.contestants() });
        }
        (Some(index), Some((_, rating))) => Some((index, rating)),
        (Some(index), None) => {
            return Err(RankingError::Option {
                name: "anchor",
                value: f64::from(index),
                expected: "none, as this arena pins nobody",
            });
        }
    };
    let penalty = if preset == Preset::GenAiArena { penalty_from_sklearn_c(1.0, 2.0)? } else { 0.0 };
    let Some(resamples) = preset.resamples() else {
        return arena_rank(counts, preset == Preset::ArenaRankReweighted);
    };
    let resamples = options.resamples.unwrap_or(resamples);
    let fit = bradley_terry(counts, &BradleyTerryOptions { penalty, ..Default::default() })?;
    let draws = bootstrap(counts, &fit, &BootstrapOptions { resamples, seed: options.seed })?;
    resampled(preset, &fit, draws, pin)
}

fn resampled(
    preset: Preset,
    fit: &BradleyTerry,
    mut draws: Bootstrap,
    pin: Option<(u32, f64)>,
) -> Result<PresetBoard, RankingError> {
    let mut point = fit.log_odds.clone();
    let mut scale = DisplayScale::default();
    if let Some((index, rating)) = pin
        && let (Some(pinned), Some(level)) = (draws.relative_to(index), point[index as usize])
    {
        draws = pinned;
        point.iter_mut().flatten().for_each(|strength| *strength -= level);
        scale = DisplayScale::anchored(0.0, rating)?;
    }
    let shown = if preset == Preset::GenAiArena { point } else { draws.medians() };
    let points = |interval: Option<Interval>| interval.map(|interval| scale.interval(interval));
    let intervals: Vec<_> = draws.intervals(LEVEL)?.into_iter().map(points).collect();
    Ok(PresetBoard {
        ranks: if preset == Preset::FastChat { ranks(&intervals) } else { ordinal_ranks(&shown) },
        ratings: shown.into_iter().map(|strength| strength.map(|strength| scale.rating(strength))).collect(),
        intervals,
        rank_intervals: (preset == Preset::ComparIa).then(|| draws.rank_intervals(LEVEL)).transpose()?,
    })
}

fn arena_rank(counts: &PairCounts, is_reweighted: bool) -> Result<PresetBoard, RankingError> {
    check_rated(counts)?;
    if let Some(degeneracy) = degeneracy(counts) {
        return Err(RankingError::NoFiniteMaximum(degeneracy));
    }
    let mut problem = Problem::new(counts, 0.0);
    let mut weights = vec![1.0; problem.pairs.len()];
    if is_reweighted {
        for (weight, pair) in weights.iter_mut().zip(&mut problem.pairs) {
            *weight = 1.0 / pair.battles().max(ARENA_RANK_LEAST);
            for count in [&mut pair.first_wins, &mut pair.second_wins, &mut pair.draws] {
                *count *= *weight;
            }
        }
    }
    let strengths = maximise(&problem, None)?.strengths;
    let mut variances = DVector::zeros(problem.size());
    if problem.size() > 0 {
        problem.penalty = if is_reweighted { ARENA_RANK_RIDGE } else { ARENA_RANK_RIDGE * counts.total() as f64 };
        let slope = problem.slope(&strengths);
        let gradient_norm = slope.gradient.amax();
        let failed = RankingError::NotConverged { iterations: 0, gradient_norm };
        let inverse = Cholesky::new(slope.hessian).ok_or(failed)?.inverse();
        // A weighted pair's counts have its weight once; the variance of its score has it squared.
        variances = sandwich(&problem, &strengths, &inverse, &weights);
    }
    let scale = DisplayScale::default();
    let reach = normal_quantile((1.0 + LEVEL) / 2.0)?;
    let intervals: Vec<Interval> = strengths
        .iter()
        .zip(variances.iter())
        .map(|(strength, variance)| {
            let reach = reach * variance.sqrt();
            scale.interval(Interval { lower: strength - reach, upper: strength + reach })
        })
        .collect();
    let places = problem.places();
    let intervals: Vec<_> = places.iter().map(|place| place.map(|place| intervals[place])).collect();
    Ok(PresetBoard {
        ratings: places.iter().map(|place| place.map(|place| scale.rating(strengths[place]))).collect(),
        ranks: ranks(&intervals),
        intervals,
        rank_intervals: None,
    })
}
