//! Ratings from pairwise votes, with honest intervals.
//!
//! Votes reduce to [`PairCounts`]; a fit reads only those, so a refit costs O(contestants³) and never O(votes).
//! [`bradley_terry`] is the default method of a board: exact maximum likelihood with robust (sandwich) intervals.
//! [`bradley_terry_or_prior`] is the same for a live board, which has to show something sensible from the first vote
//! on. [`elo`] is the online rating, which depends on the order of the votes and is here for comparison.
//! [`ranks`] turns intervals into ranks.
//!
//! ```
//! use plaudit_domain::Outcome;
//! use plaudit_ranking::{DisplayScale, PairCounts, bradley_terry_or_prior, ranks, weak_penalty};
//!
//! let mut counts = PairCounts::new(3);
//! counts.add(0, 1, Outcome::Left, 30)?;
//! counts.add(1, 0, Outcome::Left, 10)?;
//! counts.add(1, 2, Outcome::Tie, 5)?;
//!
//! let (fit, prior) = bradley_terry_or_prior(&counts, weak_penalty())?;
//! assert!(!prior.is_used());
//! let ratings = fit.ratings(&DisplayScale::default());
//! assert!(ratings[0] > ratings[1]);
//! assert_eq!(ranks(&fit.intervals(0.95)?).len(), 3);
//! # Ok::<(), plaudit_ranking::RankingError>(())
//! ```
//!
//! *Architecture invariants.* No I/O, no async, no clock, no randomness, no threads: a function of its arguments that
//! compiles to `wasm32-unknown-unknown`, so that the server and a visitor's browser compute the same board. No result
//! holds a NaN or an infinity: a contestant without battles is `None`, and data without a finite answer is a typed
//! error that says why.

mod bootstrap;
mod bradley_terry;
mod counts;
mod covariates;
mod differences;
mod display;
mod elo;
mod error;
mod interval;
mod live;
mod preset;
mod ranks;
mod refit;
mod sklearn;
mod stability;

pub use bootstrap::{Bootstrap, BootstrapOptions, RankInterval, bootstrap};
pub use bradley_terry::{
    BradleyTerry, BradleyTerryOptions, Degeneracy, FEW_BATTLES, MAX_RATED, Prior, bradley_terry,
    bradley_terry_or_prior, degeneracy, weak_penalty,
};
pub use counts::{OrderedPair, PairCounts, Record, UnorderedPair};
pub use covariates::{
    CovariateFit, CovariateOptions, Effect, FeatureBattles, FeatureDifference, FeatureEffect,
    bradley_terry_with_features, bradley_terry_with_position,
};
pub use differences::{Differences, differences};
pub use display::DisplayScale;
pub use elo::{EloOptions, elo};
pub use error::RankingError;
pub use interval::{Interval, normal_quantile};
pub use live::LiveFit;
pub use preset::{Preset, PresetBoard, PresetOptions, UnknownPreset, preset_board};
pub use ranks::{ordinal_ranks, ranks};
pub use sklearn::penalty_from_sklearn_c;
pub use stability::{Fragility, Removal, VoterInfluence, fragility, leave_one_voter_out};
