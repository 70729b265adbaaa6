//! Ratings from pairwise votes, with honest intervals.
//!
//! Votes reduce to [`PairCounts`]; a fit reads only those, so a refit costs O(contestants³) and never O(votes).
//! [`bradley_terry`] is the default method of a board: exact maximum likelihood with robust (sandwich) intervals.
//! [`bradley_terry_or_prior`] is the same for a live board, which has to show something sensible from the first vote
//! on. [`elo`] is the online rating, which depends on the order of the votes and is here for comparison.
//! [`ranks`] turns intervals into ranks. Where voters are of more than one mind, [`select_mixture`] finds the kinds of voters,
//! [`max_min_board`] ranks for all of them, and [`personal_boards`] for each voter.
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
//! [`rank_by`] gives any method that reads counts alone by its name, as one shape of board. [`fit_outcomes`] has the models
//! of ties and of "both bad", [`Tournament`] the rankings without a model, [`voter_mixture`] and its neighbours the voters.
//!
//! *Architecture invariants.* No I/O, no async, no clock, no threads, no randomness but from a seed given in: a function that
//! compiles to `wasm32-unknown-unknown`, so that the server and a visitor's browser compute the same board. No result
//! holds a NaN or an infinity: a contestant without battles is `None`, and data without a finite answer is a typed
//! error that says why.

mod boards;
mod bootstrap;
mod bradley_terry;
mod committee;
mod consensus;
mod correlation;
mod counts;
mod covariates;
mod differences;
mod display;
mod elo;
mod error;
mod expected;
mod held_out;
mod interval;
mod live;
mod online;
mod outcome_models;
mod preset;
mod ranks;
mod refit;
mod sklearn;
mod social_choice;
mod stability;
mod symmetric;
mod voters;

pub use boards::{BoardOptions, neighbour_fragility, rank_by, rank_by_with};
pub use bootstrap::{Bootstrap, BootstrapOptions, Multinomial, RankInterval, bootstrap};
pub use bradley_terry::{
    BradleyTerry, BradleyTerryOptions, Degeneracy, FEW_BATTLES, MAX_RATED, Prior, bradley_terry,
    bradley_terry_or_prior, degeneracy, weak_penalty,
};
pub use committee::{Committee, CommitteeRule, GroupBounds, committee};
pub use consensus::{Consensus, consensus};
pub use correlation::{Agreement, agreement_of};
pub use counts::{OrderedPair, PairCounts, Record, UnorderedPair};
pub use covariates::{
    CovariateFit, CovariateOptions, Effect, FeatureBattles, FeatureDifference, FeatureEffect,
    bradley_terry_with_features, bradley_terry_with_position,
};
pub use differences::{Differences, differences};
pub use display::DisplayScale;
pub use elo::{EloOptions, elo};
pub use error::RankingError;
pub use held_out::held_out;
pub use interval::{Interval, normal_quantile};
pub use live::LiveFit;
pub use online::{Glicko2Options, OnlineRating, WengLinOptions, glicko2, weng_lin};
pub use outcome_models::{Chances, OutcomeFit, OutcomeModel, Parameter, fit_outcomes};
pub use preset::{Preset, PresetBoard, PresetOptions, UnknownPreset, preset_board};
pub use ranks::{ordinal_ranks, ranks};
pub use sklearn::penalty_from_sklearn_c;
pub use social_choice::{
    Kemeny, Lottery, Tournament, average_win_rates, borda, copeland, cycle_report, kemeny, maximal_lottery,
    regularised_nash, self_play,
};
pub use stability::{Fragility, Removal, VoterInfluence, fragility, leave_one_voter_out};
pub use voters::{
    AgainstChance, Coherence, CoherenceOptions, FactorOptions, GroupInconsistency, HeldOut, IdealPoints, Inconsistency,
    InconsistencyOptions, LatentTastes, LatentVoter, LeastServed, Margins, MaxMinBoard, MixtureCandidate,
    MixtureOptions, MixtureSelection, PersonalBoard, PersonalBoards, PersonalComparison, PersonalOptions,
    SelectionOptions, VoterGroup, VoterMixture, compare_personal, group_boards, group_inconsistency, ideal_points,
    latent_tastes, max_min_board, personal_boards, select_mixture, utility_coherence, voter_mixture,
};
