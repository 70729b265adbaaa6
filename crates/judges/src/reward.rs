//! A judge learned from votes: a Bradley-Terry head over MiniLM vectors, as an ensemble.
//!
//! Each answer gets a score from features of the prompt and itself ([`Features`]); the probability that the left of two
//! answers is preferred is σ(score left − score right) (Bradley and Terry 1952; reward modelling after Ouyang et al. 2022,
//! <https://arxiv.org/abs/2203.02155>). A label is a preference strength: the probability with which people preferred the
//! left, ½ for a tie, anything between where several voted. An ensemble of heads, each on its own bootstrap sample of the
//! votes (bagging, Breiman 1996; with Poisson weights as Oza and Russell 2001), gives each pair a mean and a variance of
//! strength, which tell wrong and ambiguous votes from others ("Secrets of RLHF in Large Language Models Part II", Wang et
//! al. 2024, <https://arxiv.org/abs/2401.06080>).
//!
//! A trained [`RewardHead`] is scored on the host with a few sums. Training (feature `train`) uses burn's autodiff on any
//! device and is judged on votes it has not seen: `train::cross_validate` with [`Split`]s by prompt or by contestant.

mod dataset;
mod features;
mod file;
mod folds;
mod head;
#[cfg(feature = "train")]
mod optimise;
mod random;
mod recipe;
mod strength;
#[cfg(feature = "train")]
pub mod train;
mod votes_file;

pub use dataset::{Comparison, Dataset, DatasetError};
pub use features::{FEATURES, Features, TextFeatures};
pub use file::{HEAD_FORMAT, HeadFileError, HeadFiles, HeadManifest, HeldOut};
pub use folds::{FoldError, Split, by_contestant, by_prompt};
pub use head::{HeadError, RewardHead};
pub use recipe::{Recipe, RecipeError};
pub use strength::{Flag, Strength};
pub use votes_file::{VOTES_FORMAT, VotesFileError};
