//! The vocabulary of Plaudit, shared by the server, the page, the codecs and the statistics.
//!
//! *Architecture invariants.* This crate does no I/O, is not async, and knows no clock: an instant comes in as a
//! value ([`Timestamp`]). It compiles to `wasm32-unknown-unknown`, and it makes wrong states unsayable: an
//! [`Outcome`] is never a string, an [`ArenaSlug`] never an arbitrary one.

pub mod agreement;
mod arena;
mod board;
mod id;
mod media_id;
mod model;
mod outcome;
mod slug;
mod time;

pub use arena::{
    Arena, Content, Contestant, ContestantKind, Drawing, Finish, Generation, Media, MediaKind, PictureEdit,
    PictureSampler, PictureStyle, Prompt, Sampler, Service, Task, Weights,
};
pub use board::{
    BoardFact, Cycle, CycleReport, DayCounts, FitScore, MethodBoard, MethodRow, PairOutcomes, RankingMethod,
    RankingMethodError, ScoreUnit,
};
pub use id::{ArenaId, BattleId, ContestantId, GenerationId, IdError, JudgeId, JudgmentId, PromptId, VoteId, VoterId};
pub use media_id::{MediaId, MediaIdError};
pub use model::{FileRole, MODEL_FORMAT, ManifestError, ModelFile, ModelManifest, SelfCheck};
pub use outcome::{Outcome, OutcomeError, Side};
pub use slug::{ArenaSlug, ContestantSlug, JudgeSlug, SlugError};
pub use time::Timestamp;
