//! What the pages about data show.

use plaudit_domain::{BattleId, Outcome};
use serde::{Deserialize, Serialize};

use super::ArenaSummary;

/// The page of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataView {
    /// All arenas, those with the most votes first.
    pub arenas: Vec<DataArena>,
    /// Votes that the reader cast and did not take back.
    pub own_votes: u64,
    /// Of these, those that may be in data sets.
    pub own_published: u64,
    /// Whether the reader's next vote may be, unless they say otherwise with it.
    pub publishes: bool,
}

/// How much data there is of an arena.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataArena {
    /// The arena.
    pub arena: ArenaSummary,
    /// Battles that somebody voted on.
    pub battles: u64,
    /// Counted votes by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; 4],
    /// The newest votes, the newest first.
    pub newest: Vec<NewestVote>,
}

/// A vote in a preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewestVote {
    /// Its battle, which has a page.
    pub battle: BattleId,
    /// Name of the contestant on the left.
    pub left: String,
    /// Name of the contestant on the right.
    pub right: String,
    /// The answer.
    pub outcome: Outcome,
    /// When it was cast, where known.
    pub cast_at: Option<String>,
}

/// Where an export is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExportView {
    /// Others are before it.
    Waiting,
    /// It is being written.
    Running {
        /// Votes looked at.
        seen: u64,
        /// Votes to look at; 0 while they are counted.
        votes: u64,
    },
    /// The file is there.
    Finished {
        /// Its address.
        url: String,
        /// Its name.
        name: String,
        /// Its length.
        bytes: u64,
        /// Rows in it.
        rows: u64,
        /// Votes in it.
        votes: u64,
    },
    /// There is no file.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The page that lists the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiView {
    /// Names of the arenas.
    pub arenas: Vec<String>,
    /// What can be asked, in the order of the description.
    pub endpoints: Vec<EndpointView>,
}

/// One address and method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointView {
    /// `GET` or `POST`.
    pub method: String,
    /// With names in braces.
    pub path: String,
    /// A sentence.
    pub summary: String,
    /// What follows `?`.
    pub parameters: Vec<ParameterView>,
    /// Wants a token.
    pub needs_token: bool,
    /// A body to send, as JSON.
    pub body: Option<String>,
}

/// A query parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// A sentence.
    pub description: String,
    /// The words it may be; anything where there are none.
    pub choices: Vec<String>,
    /// A number.
    pub is_number: bool,
}
