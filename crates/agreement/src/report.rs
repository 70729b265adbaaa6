//! What is reported of one judge.

use std::collections::BTreeMap;

use plaudit_domain::Outcome;
use plaudit_ranking::normal_quantile;
use serde::{Deserialize, Serialize};

use crate::{
    Absence, AgreementError, Answer, Figure, FinalAnswer, Options, Panel, Unparsed,
    boards::Joint,
    calibration,
    cells::{Totals, cells, strict_majority},
    panel::{Judge, Judged, Question},
    proportion::Ratio,
    resample::bootstrap,
    scores::score_correlations,
    table::{MEASURES, agreement},
    versions::as_vote,
};

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

impl Panel {
    /// How far one judge agrees with people.
    ///
    /// A board that cannot be fitted leaves its own figures absent, and no others.
    ///
    /// Intervals: percentiles over `options.resamples` draws of the judged questions with replacement, made on counts of
    /// questions that look alike, so that they cost nothing per question; those of scores, boards, Brier score, log-loss, bins
    /// and days by formulas that treat the question as the unit too (see the README). Each is extended to its value where
    /// the resamples lie to one side of it, as they do at the edge of what is possible.
    ///
    /// # Errors
    /// An unknown judge; options out of range.
    pub fn report(&self, judge: u32, options: &Options) -> Result<JudgeReport, AgreementError> {
        options.check()?;
        let quantile = -normal_quantile((1.0 - options.level) / 2.0)?;
        let (questions, known) = (self.all_questions(), self.judge(judge)?);
        let judged = known.judged();
        let (cells, counts) = cells(questions, &judged);
        let figures = bootstrap(&counts, options, |drawn| Totals::of(&cells, drawn).measures());
        let observed = Totals::of(&cells, &counts.iter().map(|&count| count as f64).collect::<Vec<f64>>());
        let [parse_rate, right_share, swap_consistency, abstention_rate] =
            std::array::from_fn(|at| figures[2 * MEASURES + at]);
        let z = right_share.estimate().map(|share| (share.value - 0.5) / (0.25 / share.count as f64).sqrt());
        let boards = self.boards(&judged, options);
        Ok(JudgeReport {
            judge,
            coverage: self.coverage(&judged, known.repeated),
            confusion: Confusion { votes: observed.votes.map(|row| row.map(|count| count as u64)) },
            votes: agreement(std::array::from_fn(|at| figures[at])),
            majority: agreement(std::array::from_fn(|at| figures[MEASURES + at])),
            scores: score_correlations(questions, &judged, quantile),
            boards,
            parse_rate,
            unparsed: unparsed(known),
            position: Position { right_share, z },
            swap_consistency,
            abstention_rate,
            confidence: calibration::of_confidence(questions, &judged, options, quantile),
            probability: calibration::of_probability(questions, &judged, options, quantile),
            disagreements: disagreements(questions, &judged, options),
            days: days(questions, &judged, quantile),
        })
    }

    fn coverage(&self, judged: &[Judged], repeated_verdicts: u64) -> Coverage {
        let questions = self.all_questions();
        let mut coverage = Coverage { repeated_verdicts, ..Coverage::default() };
        let mut voted = 0;
        for found in judged {
            let asked = &questions[found.question as usize];
            let count = asked.count();
            coverage.questions += 1;
            coverage.votes += count;
            voted += u64::from(count > 0);
            match found.orders {
                [Some(_), Some(_)] => coverage.both_orders += 1,
                [Some(_), None] => coverage.given_alone += 1,
                _ => coverage.swapped_alone += 1,
            }
            let has_majority = strict_majority(&asked.votes).is_some();
            coverage.majorities += u64::from(has_majority);
            coverage.without_majority += u64::from(count > 0 && !has_majority);
        }
        coverage.without_votes = coverage.questions - voted;
        coverage.not_judged = questions.iter().filter(|question| question.count() > 0).count() as u64 - voted;
        coverage
    }

    fn boards(&self, judged: &[Judged], options: &Options) -> BoardAgreement {
        let mut joint = Joint::new(self.contestants());
        for found in judged {
            let asked = &self.all_questions()[found.question as usize];
            if asked.count() > 0 {
                joint.add(asked.left, asked.right, [asked.votes, as_vote(found.answer)]);
            }
        }
        let compared = joint.compare(options);
        let ([human, judge], [human_prior, judge_prior]) = (compared.boards, compared.priors);
        BoardAgreement {
            spearman: compared.spearman,
            kendall: compared.kendall,
            human,
            judge,
            human_prior,
            judge_prior,
        }
    }
}

fn unparsed(judge: &Judge) -> Vec<UnparsedCount> {
    let count = |reason: Unparsed| {
        let same = judge.verdicts.iter().filter(|verdict| verdict.answer == Answer::Unparsed(reason));
        UnparsedCount { reason, count: same.count() as u64 }
    };
    Unparsed::ALL.into_iter().map(count).filter(|found| found.count > 0).collect()
}

fn disagreements(questions: &[Question], judged: &[Judged], options: &Options) -> Vec<Disagreement> {
    let contradiction = |found: &Judged| {
        let votes = questions[found.question as usize].votes;
        let (outcome, lead) = strict_majority(&votes)?;
        let (majority, judge) = (Outcome::ALL[outcome], found.answer);
        let contradicts = judge.is_answer() && !judge.matches(majority) && lead >= options.clear_lead;
        contradicts.then_some(Disagreement { question: found.question, majority, votes, lead, judge })
    };
    let mut found: Vec<Disagreement> = judged.iter().filter_map(contradiction).collect();
    found.sort_by_key(|found| (std::cmp::Reverse(found.lead), found.question));
    found.truncate(options.disagreements as usize);
    found
}

fn days(questions: &[Question], judged: &[Judged], quantile: f64) -> Vec<DayAgreement> {
    let mut days: BTreeMap<i32, [Ratio; 2]> = BTreeMap::new();
    for found in judged {
        let (question, answer) = (&questions[found.question as usize], found.answer);
        let (Some(day), count @ 1..) = (found.day, question.count()) else { continue };
        let [four, three] = days.entry(day).or_default();
        let same = calibration::matching(question, answer) as f64;
        four.add(same, count as f64);
        let ties = f64::from(question.votes[2]) + f64::from(question.votes[3]);
        three.add(if answer.is_answer() && !answer.is_decisive() { ties } else { same }, count as f64);
    }
    let day = |(day, [four, three]): (i32, [Ratio; 2])| DayAgreement {
        day,
        accuracy_four: four.share(quantile, Absence::NoVotes),
        accuracy_three: three.share(quantile, Absence::NoVotes),
    };
    days.into_iter().map(day).collect()
}
