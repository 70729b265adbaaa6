//! What the pages of judges show. On the server alone: these pages are plain HTML.

use plaudit_domain::agreement::{Baseline, Figure, FinalAnswer, HumanCeiling, JudgeReport, VersionConsistency};
use plaudit_domain::{BattleId, JudgeSlug, Outcome};

use super::{ArenaSummary, live::LearningOffer};

/// The judges of one arena.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgesView {
    /// The arena.
    pub arena: ArenaSummary,
    /// Of which votes and judgments it is: another text as soon as there are more.
    pub version: String,
    /// What all of it rests on.
    pub basis: JudgedBasis,
    /// The newest version of each judge that judged here, the best first.
    pub judges: Vec<JudgeSummary>,
    /// Judges that do not look.
    pub baselines: Vec<Baseline>,
    /// How far people agree with each other.
    pub ceiling: HumanCeiling,
    /// Whether two halves of the voters want opposite things.
    pub splits: Vec<VoterSplit>,
}

/// What people said of stored pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JudgedBasis {
    /// Pairs of generations with votes.
    pub pairs: u64,
    /// Votes on them.
    pub votes: u64,
    /// Votes left out, because their voter had said something else of the same pair before.
    pub contradicting: u64,
}

/// One judge with its report.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeSummary {
    /// Name in addresses.
    pub slug: JudgeSlug,
    /// Which version.
    pub version: String,
    /// Name for people.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Where it runs, in words.
    pub place: &'static str,
    /// How far it agrees with people.
    pub report: JudgeReport,
    /// Whether it reads the prompt, where it was asked.
    pub prompt_reading: Option<PromptReading>,
    /// What its judgments have cost.
    pub cost: JudgeCost,
    /// Judgments handed in again with another answer, and not taken.
    pub conflicts: u64,
}

/// A judge between an answer to the prompt and the same contestant's answer to a similar prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptReading {
    /// Such questions that it was asked.
    pub questions: u64,
    /// How often it prefers the answer to the prompt, asked in both orders; everything else is wrong.
    pub notices: Figure,
    /// How often it says the same in both orders.
    pub same_both_ways: Figure,
}

/// By what the voters are put in two halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitBy {
    /// Fewer votes, more votes.
    Votes,
    /// Came earlier, came later.
    Arrival,
}

/// Two halves of the voters, and whether they want opposite things.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoterSplit {
    /// By what.
    pub by: SplitBy,
    /// Voters in each half.
    pub voters: [u64; 2],
    /// Of what both halves prefer, the share on which they prefer opposite contestants, from 0 to 1.
    pub opposed: f64,
    /// Its mean when the voters are dealt into such halves at random.
    pub by_chance: f64,
    /// The share of random dealings that are as opposed.
    pub p_value: f64,
    /// Pairs of contestants of which both halves prefer one.
    pub pairs: u64,
    /// Those of which they prefer different ones.
    pub opposed_pairs: u64,
    /// Random dealings.
    pub dealings: u32,
}

/// What a judge's judgments have cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct JudgeCost {
    /// Judgments, each of one pair in one order.
    pub judgments: u64,
    /// Median time of one, in milliseconds, where it was measured.
    pub median_milliseconds: Option<u64>,
    /// Tokens read and written.
    pub tokens: u64,
    /// US dollars, where prices are known.
    pub usd: Option<f64>,
}

/// One judge's page.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeView {
    /// The arena.
    pub arena: ArenaSummary,
    /// Of which votes and judgments it is: another text as soon as there are more.
    pub version: String,
    /// The judge.
    pub judge: JudgeSummary,
    /// What decides its answers, as JSON; empty where nothing is known.
    pub provenance: String,
    /// Judges that do not look, on what this one judged.
    pub baselines: Vec<Baseline>,
    /// How far people agree with each other on what this one judged.
    pub ceiling: HumanCeiling,
    /// The contestants' names, by their number in the report.
    pub contestants: Vec<String>,
    /// The largest disagreements, with what can be read of them.
    pub disagreements: Vec<DisagreementView>,
    /// Its other versions, and how far this one says the same.
    pub versions: Vec<VersionView>,
    /// Of the judge that is learned from votes: what a browser needs to learn it anew.
    pub lesson: Option<LearningOffer>,
}

/// A pair on which a judge contradicts a clear human majority.
#[derive(Debug, Clone, PartialEq)]
pub struct DisagreementView {
    /// A battle of the pair.
    pub battle: BattleId,
    /// The prompt, shortened.
    pub prompt: String,
    /// Who was on the left.
    pub left: String,
    /// Who was on the right.
    pub right: String,
    /// What most people said.
    pub majority: Outcome,
    /// Votes in the order of [`Outcome::ALL`].
    pub votes: [u32; 4],
    /// What the judge said.
    pub judge: FinalAnswer,
}

/// Another version of a judge.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionView {
    /// Which.
    pub version: String,
    /// How far both say the same.
    pub consistency: VersionConsistency,
}

/// What one judge said of a finished battle.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// Name in addresses.
    pub slug: JudgeSlug,
    /// Name for people.
    pub name: String,
    /// Its answer, in the battle's order.
    pub answer: FinalAnswer,
    /// Whether it was asked in both orders.
    pub both_orders: bool,
    /// What it says for itself, where it does.
    pub rationale: Option<String>,
    /// Whether a reader who voted said the same; `None` where the reader did not vote, or the judge has no answer.
    pub agrees: Option<bool>,
}
