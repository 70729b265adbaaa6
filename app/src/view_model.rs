//! What pages show: plain data, made by the server, all that a browser can receive.

#[cfg(feature = "ssr")]
pub mod data;
#[cfg(feature = "ssr")]
pub mod judges;
pub mod live;

use plaudit_domain::{ArenaSlug, BattleId, ContestantKind, ContestantSlug, DayCounts, MethodBoard, Outcome, Task};
use plaudit_runner::protocol::BackendKind;
use serde::{Deserialize, Serialize};

/// HTML that went through the server's Markdown renderer and sanitiser. Nothing else may make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Marks HTML as sanitised. Only the server's sanitiser calls this.
    pub fn from_sanitised(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a contestant made, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationView {
    /// A text, rendered.
    Text(SafeHtml),
    /// A picture, a clip or a sound.
    Picture(PictureView),
}

/// How something is perceived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A still picture.
    #[default]
    Still,
    /// A clip.
    Clip {
        /// How long it lasts.
        milliseconds: u32,
    },
    /// A sound, which has no frame.
    Sound,
}

/// A picture, clip or sound, and all that keeps its page from moving when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureView {
    /// Where it is. Before a vote a name that was made for this battle alone.
    pub address: String,
    /// Width of the frame that it is centred in: both sides of a battle have the same.
    pub frame_width: u32,
    /// Height of that frame.
    pub frame_height: u32,
    /// So few pixels that they are shown as squares.
    pub pixelated: bool,
    /// Whether it moves, or is heard.
    #[serde(default)]
    pub medium: Medium,
    /// What it is for those who cannot see it. Never a contestant's name.
    pub description: String,
}

/// One of the pictures of a battle, to be looked at beside another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// What it is called: `Original`, `A` or `B`.
    pub name: String,
    /// The picture.
    pub picture: PictureView,
}

/// The start page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HomeView {
    /// All arenas, the ones with something to vote on first.
    pub arenas: Vec<ArenaSummary>,
    /// Votes in all arenas, cast here and imported, without withdrawn ones.
    pub votes: u64,
    /// Votes cast on this site.
    pub votes_here: u64,
}

/// One arena on the start page and in page headers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArenaSummary {
    /// Its name in addresses.
    pub slug: ArenaSlug,
    /// Its name for people.
    pub title: String,
    /// A sentence or two; may be empty.
    pub description: String,
    /// What its contestants make.
    pub task: Task,
    /// SPDX expression of its prompts and generations.
    pub license: Option<String>,
    /// Number of contestants.
    pub contestants: u32,
    /// Number of prompts with at least two generations of different contestants.
    pub prompts: u32,
    /// Number of stored generations.
    pub generations: u64,
    /// Votes cast on this site, without withdrawn ones.
    pub votes_here: u64,
    /// Votes imported from files.
    pub votes_imported: u64,
    /// Whether there is a pair of generations to vote on. If not, the arena has a board alone.
    pub can_battle: bool,
    /// The contestant with the highest Bradley-Terry rating, if anybody voted.
    pub leader: Option<String>,
    /// Thumbnails of some of its pictures, on the start page.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

/// A small picture that stands for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Where it is.
    pub address: String,
    /// So few pixels that they are shown as squares.
    pub pixelated: bool,
}

/// A fresh battle. Holds nothing that tells who made which side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BattleView {
    /// The arena.
    pub arena: ArenaSummary,
    /// The opaque right to vote on this battle once.
    pub ticket: String,
    /// The prompt, rendered.
    pub prompt: SafeHtml,
    /// The picture that the prompt asks to be changed, where it does.
    pub source: Option<PictureView>,
    /// The generation on the left (A).
    pub left: GenerationView,
    /// The generation on the right (B).
    pub right: GenerationView,
}

/// What a voter learns once the vote is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The arena.
    pub arena: ArenaSlug,
    /// The battle, which now has a page of its own.
    pub battle: BattleId,
    /// The voter's answer.
    pub outcome: Outcome,
    /// Who was on the left.
    pub left: RevealedSide,
    /// Who was on the right.
    pub right: RevealedSide,
    /// Milliseconds left to undo; 0 when it is too late.
    pub undo_millis: u32,
    /// The voter took the vote back.
    pub withdrawn: bool,
    /// Votes on this board, this one included.
    pub votes: u64,
}

/// One side of a voted battle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevealedSide {
    /// The contestant's name in addresses.
    pub slug: ContestantSlug,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: ContestantKind,
    /// Bradley-Terry rating without this vote; `None` when it had no battle without it.
    pub rating_before: Option<f64>,
    /// Bradley-Terry rating with this vote; `None` once the vote is withdrawn and nothing else is known.
    pub rating_after: Option<f64>,
    /// Rank with this vote.
    pub rank: Option<u32>,
}

/// The method of a board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Bradley-Terry maximum likelihood with sandwich intervals.
    #[default]
    Bt,
    /// Online Elo, K = 4, in log order; no interval.
    Elo,
}

impl Method {
    /// All methods, the default first.
    pub const ALL: [Self; 2] = [Self::Bt, Self::Elo];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bt => "bt",
            Self::Elo => "elo",
        }
    }
}

/// Which votes a board counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slice {
    /// All of them.
    #[default]
    All,
    /// Those cast on this site.
    Here,
    /// Those imported from files.
    Imported,
}

impl Slice {
    /// All slices, the default first.
    pub const ALL: [Self; 3] = [Self::All, Self::Here, Self::Imported];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Here => "Cast here",
            Self::Imported => "Imported",
        }
    }

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Here => "here",
            Self::Imported => "imported",
        }
    }
}

/// A ranking of one arena under one method and one slice, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardView {
    /// The method.
    pub method: Method,
    /// The slice.
    pub slice: Slice,
    /// Grows with every change; an older board never replaces a newer one.
    pub version: u64,
    /// Votes counted on this board.
    pub votes: u64,
    /// Distinct voters among them; 0 where the log does not tell them apart.
    pub voters: u64,
    /// Why a weak prior stands behind the ratings, in words for a visitor; `None` when they are plain maximum likelihood.
    pub note: Option<String>,
    /// Best first; contestants without a battle last and unranked.
    pub rows: Vec<BoardRow>,
    /// Every pair that met, by position in `rows`.
    pub pairs: Vec<PairCell>,
}

/// All that a board is computed from: the counts of its votes, day by day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountsView {
    /// Which votes.
    pub slice: Slice,
    /// Grows with every change of the log.
    pub version: u64,
    /// By position, as the counts name them.
    pub contestants: Vec<CountedContestant>,
    /// Days with votes, oldest first.
    pub days: Vec<DayCounts>,
}

/// A contestant of a [`CountsView`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedContestant {
    /// Its name in addresses.
    pub slug: ContestantSlug,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: ContestantKind,
}

/// A board by one method, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodBoardView {
    /// Which votes.
    pub slice: Slice,
    /// By position, as the board names them.
    pub contestants: Vec<CountedContestant>,
    /// The board.
    pub board: MethodBoard,
}

/// One contestant on a board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardRow {
    /// 1 + the number of contestants that are better with 95 % confidence; `None` without a battle.
    pub rank: Option<u32>,
    /// Its name in addresses.
    pub slug: ContestantSlug,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: ContestantKind,
    /// Rating: 400·log10 odds, mean 1000.
    pub rating: Option<f64>,
    /// Lower end of the 95 % interval.
    pub lower: Option<f64>,
    /// Upper end of the 95 % interval.
    pub upper: Option<f64>,
    /// Battles it took part in.
    pub battles: u64,
    /// Share of battles won, ties as half.
    pub win_rate: Option<f64>,
}

/// How two contestants fared against each other. `first` and `second` are positions in [`BoardView::rows`], `first < second`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairCell {
    /// Position of the one.
    pub first: u32,
    /// Position of the other.
    pub second: u32,
    /// Battles won by the first.
    pub first_wins: u64,
    /// Battles won by the second.
    pub second_wins: u64,
    /// Ties of both kinds.
    pub ties: u64,
}

/// The leaderboard page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeaderboardView {
    /// The arena.
    pub arena: ArenaSummary,
    /// The board asked for.
    pub board: BoardView,
    /// Votes left out because their generations could not be reproduced from their seeds.
    #[serde(default)]
    pub excluded: u64,
}

/// A battle after its vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinishedBattle {
    /// The arena.
    pub arena: ArenaSummary,
    /// The battle.
    pub id: BattleId,
    /// The prompt, where the log has it.
    pub prompt: Option<SafeHtml>,
    /// The picture that the prompt asked to be changed, where it did.
    pub source: Option<PictureView>,
    /// The left side.
    pub left: FinishedSide,
    /// The right side.
    pub right: FinishedSide,
    /// The votes on it that may be shown to the reader, oldest first.
    pub votes: Vec<FinishedVote>,
    /// Further votes on it, whose voters do not want them published.
    pub kept_votes: u64,
    /// What the reader's own vote did, if one of them is theirs.
    pub yours: Option<Receipt>,
    /// A visitor's browser generated it. Somebody else sees its texts only after the server has reproduced them.
    #[serde(default)]
    pub live: bool,
    /// Why its vote is left out of the board, in words for a visitor.
    #[serde(default)]
    pub excluded: Option<String>,
}

/// One side of a finished battle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinishedSide {
    /// The contestant's name in addresses.
    pub slug: ContestantSlug,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: ContestantKind,
    /// What it made, where the log has it.
    pub generation: Option<GenerationView>,
    /// How it was made, where the log has it.
    #[serde(default)]
    pub provenance: Option<Provenance>,
}

/// How a generation was made: what somebody needs to make it again, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The seed.
    pub seed: Option<u64>,
    /// SHA-256 of the weights, in hexadecimal.
    pub weights_sha256: Option<String>,
    /// What it ran on.
    pub backend: Option<BackendKind>,
    /// The device in words, as the browser told it.
    pub device: Option<String>,
    /// Length in the contestant's tokens.
    pub tokens: Option<u32>,
    /// Tokens a second.
    pub tokens_per_second: Option<f64>,
    /// Whether the server has reproduced it; `None` for one that did not come from a visitor's browser.
    pub check: Option<GenerationCheck>,
}

/// What became of the server's attempt to make a browser's generation again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationCheck {
    /// Not attempted: only a share of them is, and only where the server has the model.
    Unchecked,
    /// The same weights, settings and seed give these tokens.
    Verified,
    /// They do not.
    Refuted,
}

/// One vote on a finished battle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinishedVote {
    /// The answer.
    pub outcome: Outcome,
    /// Imported from a file, not cast here.
    pub imported: bool,
    /// When it was cast, `2026-11-23 21:10 UTC`; `None` when the file does not say.
    pub cast_at: Option<String>,
    /// Taken back by its voter.
    pub withdrawn: bool,
    /// The reader's own.
    pub yours: bool,
}
