use serde::{Deserialize, Serialize};

use crate::{
    Absence, AgreementError, Figure, FinalAnswer, Options, Panel, cells::strict_majority, estimate::Measure,
    resample::bootstrap, versions::place,
};

/// Two questions with the same two generations, left and right, of which the second has a similar prompt in place of the
/// first's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContrastPair {
    /// The question with the prompt that the generations were made for.
    pub question: u32,
    /// The question with the other prompt.
    pub contrast: u32,
}

/// Whether a judge notices that the prompt was exchanged.
///
/// People's answer to a question is its strict majority, in three outcomes (left, right, tie of either kind).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ContrastConsistency {
    /// Pairs given.
    pub pairs: u64,
    /// Of those, left out because a question of them has no strict majority.
    pub without_majority: u64,
    /// Of the others, left out because the judge did not judge both questions.
    pub not_judged: u64,
    /// Of the others, with a question that the judge did not answer: they count as neither changed nor stayed, so as wrong.
    pub unanswered: u64,
    /// Where people's answer changes with the prompt, the share in which the judge's changes too.
    pub changes: Figure,
    /// Where people's answer stays, the share in which the judge's stays.
    pub stays: Figure,
    /// Where people's answer changes, the share in which the judge gives people's answer to both questions.
    pub changes_rightly: Figure,
    /// Of all, the share in which the judge changes or stays as people do.
    pub consistency: Figure,
}

impl Panel {
    /// Whether a judge changes its answer when people do because the prompt was exchanged for a similar one, and keeps it
    /// when they keep theirs. Intervals draw pairs.
    ///
    /// Source: the idea of contrast instructions, lexically similar instructions with different best responses, on which
    /// reward models fall to chance: L. Shen et al., *The Trickle-down Impact of Reward (In-)consistency on RLHF* (2023);
    /// here with votes as the truth, in the definitions of [`ContrastConsistency`].
    ///
    /// # Errors
    /// An unknown judge or question; a pair of questions about other contestants or in another order; options out of range.
    pub fn contrast(
        &self,
        judge: u32,
        pairs: &[ContrastPair],
        options: &Options,
    ) -> Result<ContrastConsistency, AgreementError> {
        options.check()?;
        let judge = self.judge(judge)?;
        let mut found = ContrastConsistency {
            pairs: pairs.len() as u64,
            without_majority: 0,
            not_judged: 0,
            unanswered: 0,
            changes: Figure::Absent(Absence::NoPairs),
            stays: Figure::Absent(Absence::NoPairs),
            changes_rightly: Figure::Absent(Absence::NoPairs),
            consistency: Figure::Absent(Absence::NoPairs),
        };
        // By whether people change their answer, whether the judge does as they do, and whether it says what they say.
        let mut counts = [0_u64; 8];
        for pair in pairs {
            let (question, contrast) = (self.question(pair.question)?, self.question(pair.contrast)?);
            if (question.left, question.right) != (contrast.left, contrast.right) {
                return Err(AgreementError::NoContrast { question: pair.question, contrast: pair.contrast });
            }
            let majorities = [question, contrast].map(|question| strict_majority(&question.votes));
            let [Some((before, _)), Some((after, _))] = majorities else {
                found.without_majority += 1;
                continue;
            };
            let people = [before, after].map(|outcome| place(FinalAnswer::ALL[outcome]));
            let answers = [pair.question, pair.contrast].map(|question| judge.pair(question).answer());
            let [Some(before), Some(after)] = answers else {
                found.not_judged += 1;
                continue;
            };
            let is_answered = before.is_answer() && after.is_answer();
            found.unanswered += u64::from(!is_answered);
            let judged = [before, after].map(place);
            let people_change = people[0] != people[1];
            let as_people = is_answered && (judged[0] != judged[1]) == people_change;
            let rightly = is_answered && judged == people;
            counts[usize::from(people_change) << 2 | usize::from(as_people) << 1 | usize::from(rightly)] += 1;
        }
        let figures = bootstrap(&counts, options, |drawn| {
            let sum = |mask: usize, wanted: usize| {
                drawn.iter().enumerate().filter(|(at, _)| at & mask == wanted).map(|(_, times)| times).sum::<f64>()
            };
            [
                Measure::share(sum(6, 6), sum(4, 4), Absence::NoPairs),
                Measure::share(sum(6, 2), sum(4, 0), Absence::NoPairs),
                Measure::share(sum(5, 5), sum(4, 4), Absence::NoPairs),
                Measure::share(sum(2, 2), sum(0, 0), Absence::NoPairs),
            ]
        });
        [found.changes, found.stays, found.changes_rightly, found.consistency] = figures;
        Ok(found)
    }
}
