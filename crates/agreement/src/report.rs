//! What is reported of one judge.

use std::collections::BTreeMap;

use plaudit_domain::Outcome;
use plaudit_ranking::normal_quantile;

use crate::{
    Absence, AgreementError, Answer, BoardAgreement, Confusion, Coverage, DayAgreement, Disagreement, JudgeReport,
    Options, Panel, Position, Unparsed, UnparsedCount,
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
