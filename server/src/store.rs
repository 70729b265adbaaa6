//! The database, and nothing else knows it.
//!
//! Two engines from the first day: SQLite in one file (WAL, `synchronous=FULL`, one writer that commits many votes at
//! once), or PostgreSQL and what speaks its protocol, for several servers. One set of queries serves both: SQLite reads
//! the `$1` that PostgreSQL wants. The vote path uses nothing that CockroachDB or YugabyteDB forbid: no sequences, no
//! LISTEN, no advisory locks, and serialisation failures are tried again.

mod consent;
mod error;
mod export;
mod import;
mod judging;
mod listing;
mod live;
mod pool;
mod read;
mod token;
mod vote;
mod writer;

pub use consent::ChoosePublication;
pub use error::StoreError;
pub use export::{ExportGenerationRow, ExportPromptRow, ExportRow, ExportTexts};
pub use import::{ImportCounts, ImportJob, ImportMessage};
pub(crate) use judging::answer_word;
pub use judging::{
    AddJudgments, AddedJudgments, JudgeDetails, JudgeFailure, JudgePlace, JudgeRow, JudgedBy, Judgment, JudgmentCost,
    JudgmentDetails, MAX_JUDGMENTS, PairVote, PooledText, Shown,
};
pub use listing::{BattleTally, ListedJudgment, OwnVote};
pub use live::{
    AddGeneration, FinishLive, FinishLiveAnswer, GenerationStatus, JudgeAnswer, JudgeGeneration, NewGeneration,
    PromptRow, StoredGeneration, UncheckedBattle,
};
pub use pool::{DatabaseUrl, Store, StoreOptions};
pub use read::{
    ArenaRow, ContentVersion, ContestantDetails, ContestantRow, ExclusionRow, GenerationDetails, GenerationRef, MadeBy,
    StoredBattle, StoredPicture, StoredSide, StoredVote, VoteRow, WithdrawalRow,
};
pub use vote::{CastVote, CastVoteAnswer, SkipBattle, Withdraw, WithdrawAnswer};
