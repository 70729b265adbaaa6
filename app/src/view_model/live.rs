//! Battles that the visitor's own browser generates, and the playground.

use plaudit_domain::agreement::FinalAnswer;
use plaudit_domain::{ArenaSlug, ContestantSlug, Finish, ModelManifest, Outcome, PictureSampler, Sampler};
use plaudit_runner::protocol::{BackendKind, JudgeModel, JudgeRole, JudgedBattle, LearnedVotes, Painter, RewardHead};
use serde::{Deserialize, Serialize};

use super::{ArenaSummary, PictureView, SafeHtml};

/// A model that a browser can load from this server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BrowserModel {
    /// What it is and which files it needs.
    pub manifest: ModelManifest,
    /// Where the files are: `/models/tiny/`.
    pub folder: String,
}

/// What an arena offers to generate in the browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveOffer {
    /// The arena.
    pub arena: ArenaSummary,
    /// The models of its contestants that this server has, the smallest first.
    pub models: Vec<OfferedModel>,
    /// Some prompts of the arena to take instead of typing one.
    pub prompts: Vec<String>,
    /// Pictures that may be changed, where that is the task.
    pub sources: Vec<OfferedSource>,
}

/// A picture of the arena that may be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedSource {
    /// Which: 64 hexadecimal digits.
    pub id: String,
    /// What it looks like.
    pub picture: PictureView,
}

/// What the contestants of a live battle have to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveSource {
    /// What it looks like.
    pub picture: PictureView,
    /// As models see it: red, green and blue of each pixel, row by row from the top left, in hexadecimal.
    pub rgb: String,
}

/// One model of an offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedModel {
    /// The model.
    pub model: BrowserModel,
    /// What it needs beside it: what reads prompts for models that draw.
    pub with: Option<BrowserModel>,
    /// How many contestants of the arena use it. A battle needs two contestants altogether.
    pub contestants: u32,
}

/// A battle to be generated in the browser. It has to tell the settings of both sides, and is marked as live for that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveBattle {
    /// The right to hand in the two generations.
    pub ticket: String,
    /// The prompt as the contestants get it.
    pub prompt: String,
    /// The prompt, rendered.
    pub prompt_html: SafeHtml,
    /// What is to be changed, where that is the task.
    pub source: Option<LiveSource>,
    /// Left (A).
    pub left: LiveSide,
    /// Right (B).
    pub right: LiveSide,
}

/// What one side has to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveSide {
    /// The weights.
    pub model: BrowserModel,
    /// What it does with them.
    pub work: LiveWork,
    /// The seed.
    pub seed: u64,
}

/// What a contestant does, with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveWork {
    /// It writes.
    Write {
        /// What it is told before the prompt.
        system_prompt: Option<String>,
        /// How it samples.
        sampler: Sampler,
    },
    /// It draws.
    Draw {
        /// What reads the prompt for it.
        captions: Box<BrowserModel>,
        /// How it draws.
        sampler: PictureSampler,
    },
}

/// What the browser made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveAnswers {
    /// Left (A).
    pub left: LiveAnswer,
    /// Right (B).
    pub right: LiveAnswer,
}

/// What one side made, with all that is needed to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveAnswer {
    /// It.
    pub content: LiveContent,
    /// SHA-256 of the weights, as the worker verified them.
    pub weights_sha256: String,
    /// What it ran on.
    pub backend: BackendKind,
    /// The device in words.
    pub device: String,
}

/// A text or a picture from a browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveContent {
    /// What was written.
    Text {
        /// The text.
        text: String,
        /// Its tokens, without the one that says the end.
        tokens: Vec<u32>,
        /// Why it ended; `None` when the voter stopped it.
        finish: Option<Finish>,
        /// Tokens a second, where there were enough to tell.
        tokens_per_second: Option<f64>,
    },
    /// What was drawn, to its end.
    Picture {
        /// Width and height in pixels.
        side: u32,
        /// Red, green and blue of each pixel, row by row from the top left, in hexadecimal.
        rgb: String,
    },
}

/// A live battle that can be voted on, like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveReady {
    /// The right to vote on this battle once, for `cast_vote` and `skip_battle`.
    pub ticket: String,
    /// The text on the left (A), rendered; nothing of a picture, which the page has.
    pub left: SafeHtml,
    /// The text on the right (B), rendered.
    pub right: SafeHtml,
}

/// The playground: every contestant that can run in a browser, by name. Nothing in it is ranked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaygroundView {
    /// The models.
    pub models: Vec<BrowserModel>,
    /// The contestants of all arenas that use them.
    pub contestants: Vec<PlaygroundContestant>,
    /// Models that this server could offer and does not have: name, size, and the command that gets them.
    pub absent: Vec<AbsentModel>,
}

/// One contestant of the playground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaygroundContestant {
    /// Its arena.
    pub arena: ArenaSlug,
    /// Its name in addresses.
    pub slug: ContestantSlug,
    /// Its name for people.
    pub name: String,
    /// A sentence.
    pub description: String,
    /// The `name` of its model's manifest.
    pub model: String,
    /// What it is told before every prompt.
    pub system_prompt: Option<String>,
    /// How it samples.
    pub sampler: Sampler,
}

/// A model that contestants name and this server does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentModel {
    /// The name of its weights.
    pub name: String,
    /// Size of the weights in bytes.
    pub bytes: u64,
}

/// What a browser needs to have a finished battle judged on its own device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgingOffer {
    /// What is judged: the texts as they were generated.
    pub battle: JudgedBattle,
    /// The models that this server has for judges, the smallest first.
    pub models: Vec<JudgeModel>,
    /// The head that was trained on this site's votes, if it was.
    pub reward: Option<RewardHead>,
    /// The judges that these models are enough for.
    pub judges: Vec<OfferedJudge>,
    /// What the reader voted.
    pub yours: Option<Outcome>,
}

/// What a browser needs to learn the arena's reward model anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearningOffer {
    /// Where the comparisons are, and the recipe.
    pub votes: LearnedVotes,
    /// How many there are.
    pub comparisons: u64,
    /// Folds of the server's cross-validation; one is held out here.
    pub folds: u32,
    /// Share of decisive comparisons that the server's heads predicted rightly over all folds, where it was measured.
    pub on_server: Option<f64>,
}

/// What draws in a browser, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedPainter {
    /// Its name for people: `Diffusion, 18 steps`.
    pub name: String,
    /// What it does, in a sentence.
    pub about: String,
    /// What it needs.
    pub painter: Painter,
    /// How it draws.
    pub sampler: PictureSampler,
}

/// A judge that a browser can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedJudge {
    /// As the worker knows it: `p-true-tiny/2`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The models that it reads with; none for one that counts.
    pub roles: Vec<JudgeRole>,
    /// Whether it reads with the trained head too.
    pub reward: bool,
    /// What it said on the server, with the same weights.
    pub on_server: Option<FinalAnswer>,
}

impl OfferedJudge {
    /// Whether these models are enough for it.
    pub fn can_read_with(&self, has: impl Fn(JudgeRole) -> bool) -> bool {
        self.roles.iter().all(|role| has(*role))
    }
}
