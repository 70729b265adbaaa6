use serde::{Deserialize, Serialize};

use super::{Figure, FinalAnswer, Unparsed};
use crate::Outcome;

/// How far one judge agrees with people. Shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeReport {
    /// Its number in the panel.
    pub judge: u32,
    /// What the report rests on.
    pub coverage: Coverage,
    /// Votes by what people and what the judge said.
    pub confusion: Confusion,
    /// Against every vote on the questions that were judged.
    pub votes: Agreement,
    /// Against the strict majority of each question's votes: the outcome that has more votes than any other. Questions without
    /// one are left out (see [`Coverage::majorities`]).
    pub majority: Agreement,
    /// Of the scores that the judge gave, against every vote.
    pub scores: Correlations,
    /// The judge's board against the people's.
    pub boards: BoardAgreement,
    /// Verdicts that could be read, as a share of all; counts verdicts, two for a question judged in both orders.
    pub parse_rate: Figure,
    /// Why the others could not, with how often, without the reasons that never occurred.
    pub unparsed: Vec<UnparsedCount>,
    /// Whether a side is preferred wherever it stands.
    pub position: Position,
    /// Of the questions judged and read in both orders, the share with the same answer.
    pub swap_consistency: Figure,
    /// Of the questions judged, the share on which the two orders gave different answers.
    pub abstention_rate: Figure,
    /// Of the confidence in the answer: the event is that a vote says the same.
    pub confidence: Calibration,
    /// Of the probability that left is better: the event is that a decisive vote says so.
    pub probability: Calibration,
    /// Questions with a clear human majority on which the judge says something else, those with the largest lead first.
    pub disagreements: Vec<Disagreement>,
    /// By day, for verdicts that have one, in order.
    pub days: Vec<DayAgreement>,
}

/// What a report rests on, and what it could not use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Questions that the judge judged, in any order.
    pub questions: u64,
    /// Of those, how many in both orders.
    pub both_orders: u64,
    /// Of those, how many in the order given alone.
    pub given_alone: u64,
    /// Of those, how many in the swapped order alone.
    pub swapped_alone: u64,
    /// Of those, how many without a vote: they count for parsing, position and consistency, not for agreement.
    pub without_votes: u64,
    /// Of those, how many with votes and a strict majority.
    pub majorities: u64,
    /// Of those, how many with votes and without a strict majority.
    pub without_majority: u64,
    /// Votes on them.
    pub votes: u64,
    /// Questions with votes that the judge did not judge.
    pub not_judged: u64,
    /// Verdicts that said once more what was known, and were counted once.
    pub repeated_verdicts: u64,
}

/// Votes by what people said (rows, in the order of [`Outcome::ALL`]) and what the judge said (columns, in the order of
/// [`FinalAnswer::ALL`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Counts of votes.
    pub votes: [[u64; 7]; 4],
}

/// Agreement with what people said. Left, tie, right is the order of the quadratic weights and ranks, and 1, ½, 0 are the
/// scores; both kinds of tie are one there. "Answered" means neither unparsed nor abstained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The same of four outcomes; unparsed and abstained are wrong, a tie of no kind is right for either kind.
    pub accuracy_four: Figure,
    /// The same of three outcomes, both kinds of tie being one; unparsed and abstained are wrong.
    pub accuracy_three: Figure,
    /// Of the decisive votes that the judge answered, the share with the same side; a tie is wrong.
    pub accuracy_decisive: Figure,
    /// The same over all decisive votes; unparsed and abstained are wrong.
    pub accuracy_decisive_all: Figure,
    /// Where both are decisive, the share with the same side; chance is ½.
    pub accuracy_both_decisive: Figure,
    /// Cohen's κ of four outcomes, over what was answered; a tie of no kind agrees with either kind, in what is observed and
    /// in what chance gives, so that a judge with many of them can fall below −1.
    pub kappa: Figure,
    /// Cohen's κ of three outcomes, over what was answered.
    pub kappa_three: Figure,
    /// Cohen's κ with quadratic weights of three outcomes in order, over what was answered.
    pub kappa_quadratic: Figure,
    /// Correlations of the answers as scores, over what was answered.
    pub answers: Correlations,
}

/// Three correlations, from −1 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Correlations {
    /// Pearson's r.
    pub pearson: Figure,
    /// Spearman's ρ, with mean ranks.
    pub spearman: Figure,
    /// Kendall's τ-b.
    pub kendall: Figure,
}

/// Two boards by Bradley-Terry of the same questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardAgreement {
    /// Spearman's ρ of the two; counts contestants.
    pub spearman: Figure,
    /// Kendall's τ-b of the two; counts contestants.
    pub kendall: Figure,
    /// By all votes on the questions judged: natural log-odds, mean zero; `None` for contestants without a vote.
    pub human: Vec<Option<f64>>,
    /// By the judge's answers to questions with votes, one each: likewise.
    pub judge: Vec<Option<f64>>,
    /// Whether the people's board needed the weak prior, because votes alone do not decide it.
    pub human_prior: bool,
    /// Whether the judge's board did.
    pub judge_prior: bool,
}

/// How often verdicts could not be read for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnparsedCount {
    /// The reason.
    pub reason: Unparsed,
    /// Verdicts.
    pub count: u64,
}

/// Position bias, in the order in which the judge saw the sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Of the decisive verdicts, the share for what stood on the right, B.
    pub right_share: Figure,
    /// Standard errors of a fair coin by which that share lies above ½: (share − ½) / √(¼ / n). `None` without a decisive
    /// verdict.
    pub z: Option<f64>,
}

/// How far stated probabilities are true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The reliability curve: equally wide bins from 0 to 1.
    pub bins: Vec<CalibrationBin>,
    /// Expected calibration error: Σ bins (count / all) · |share right − mean stated|.
    pub expected_calibration_error: Figure,
    /// Mean of (stated − event)².
    pub brier: Figure,
    /// Mean of −ln of the probability stated for what happened, in nats; statements of 0 and 1 are drawn in by 2⁻⁵².
    pub log_loss: Figure,
    /// Votes on questions where the judge stated nothing of the kind, or has no answer for it to be about.
    pub not_stated: u64,
}

/// One bin of a reliability curve; the last one holds its upper end too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Votes.
    pub count: u64,
    /// Mean of what was stated; `None` in an empty bin.
    pub mean_stated: Option<f64>,
    /// Share of the votes in which the event happened, with a Wilson interval; absent in an empty bin.
    pub share_right: Figure,
}

/// A question on which the judge contradicts a clear human majority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The question.
    pub question: u32,
    /// What most people said.
    pub majority: Outcome,
    /// Votes in the order of [`Outcome::ALL`].
    pub votes: [u32; 4],
    /// Votes by which the first outcome leads the second.
    pub lead: u32,
    /// What the judge said.
    pub judge: FinalAnswer,
}

/// Agreement on one day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayAgreement {
    /// The day.
    pub day: i32,
    /// As [`Agreement::accuracy_four`].
    pub accuracy_four: Figure,
    /// As [`Agreement::accuracy_three`].
    pub accuracy_three: Figure,
}

/// A judge that does not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// Says left whatever it sees.
    AlwaysLeft,
    /// Says right whatever it sees.
    AlwaysRight,
    /// Says each of the four outcomes with a chance of ¼: expected values, not one draw.
    Random,
    /// Says the outcome that people say most often; of equally frequent ones the first in the order of [`Outcome::ALL`].
    MajorityOutcome(Outcome),
}

/// How far a judge that does not look agrees with people; fields as in [`Agreement`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Which one.
    pub kind: BaselineKind,
    /// Of four outcomes.
    pub accuracy_four: Figure,
    /// Of three outcomes.
    pub accuracy_three: Figure,
    /// Of decisive votes.
    pub accuracy_decisive: Figure,
    /// Where both are decisive.
    pub accuracy_both_decisive: Figure,
}

/// How far people agree with each other: what no judge can be expected to pass by much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HumanCeiling {
    /// Questions with several votes.
    pub questions: u64,
    /// Votes on them.
    pub votes: u64,
    /// Pairs of votes on the same question that say the same of four outcomes, as a share of all such pairs; counts pairs.
    pub raw_agreement: Figure,
    /// The same of three outcomes, both kinds of tie being one.
    pub raw_agreement_three: Figure,
    /// Krippendorff's α, nominal, of four outcomes; counts votes that can be paired.
    pub alpha_nominal: Figure,
    /// Krippendorff's α, nominal, of three outcomes.
    pub alpha_nominal_three: Figure,
    /// Krippendorff's α, ordinal: left, tie of either kind, right.
    pub alpha_ordinal: Figure,
    /// Each vote against the strict majority of the other votes on its question, of four outcomes; votes whose others have
    /// none are left out.
    pub leave_one_out_four: Figure,
    /// The same, both kinds of tie being one in the comparison.
    pub leave_one_out_three: Figure,
    /// The same for decisive votes alone; a majority for a tie is wrong.
    pub leave_one_out_decisive: Figure,
}

/// How far two versions of a judge say the same of the same questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionConsistency {
    /// One version.
    pub first: u32,
    /// The other.
    pub second: u32,
    /// Questions that both judged, with or without votes.
    pub questions: u64,
    /// Of those, how many both answered.
    pub answered: u64,
    /// Of those that both answered, the share with the same answer; a tie of no kind is the same as either kind.
    pub same_answers: Figure,
    /// Cohen's κ of three outcomes over those.
    pub kappa: Figure,
    /// Kendall's τ-b of the boards that their answers to those make; counts contestants.
    pub board_kendall: Figure,
    /// Spearman's ρ of the boards.
    pub board_spearman: Figure,
}
