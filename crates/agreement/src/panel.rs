use std::collections::HashMap;

use plaudit_domain::Outcome;
use plaudit_ranking::{GroupInconsistency, InconsistencyOptions, PairCounts, RankingError, group_inconsistency};

use crate::{AgreementError, FinalAnswer, Order, Verdict};

/// People's votes and judges' verdicts on the same questions: what every report is computed from.
///
/// A question is one prompt with two generations in an order of its own; votes are in that order, verdicts in the order in
/// which the judge saw it. Questions, judges and contestants are numbers from 0.
///
/// ```
/// use plaudit_agreement::{Answer, Options, Order, Panel, Verdict};
/// use plaudit_domain::Outcome;
///
/// let mut panel = Panel::new(2);
/// let judge = panel.add_judge()?;
/// for (vote, answer) in [(Outcome::Left, Outcome::Left), (Outcome::Right, Outcome::Left)] {
///     let question = panel.add_question(0, 1)?;
///     panel.add_vote(question, None, vote)?;
///     panel.add_verdict(judge, question, Verdict::new(Order::Given, Answer::Outcome(answer)))?;
/// }
/// let report = panel.report(judge, &Options::default())?;
/// assert_eq!(report.votes.accuracy_four.value(), Some(0.5));
/// # Ok::<(), plaudit_agreement::AgreementError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Panel {
    contestants: u32,
    questions: Vec<Question>,
    /// By voter and question, so that nobody votes twice.
    voted: HashMap<(u32, u32), Outcome>,
    judges: Vec<Judge>,
    repeated_votes: u64,
}

/// One question with its votes in the order of [`Outcome::ALL`].
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) votes: [u32; 4],
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Judge {
    pub(crate) verdicts: Vec<Verdict>,
    /// Per question the place of its verdict in the order given and swapped, from 1; 0 where there is none. Not longer than
    /// to the last question that was judged.
    places: Vec<[u32; 2]>,
    pub(crate) repeated: u64,
}

/// What adding did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It counts.
    New,
    /// The same was there already: it is counted as repeated, and changes nothing else.
    Repeated,
}

impl Panel {
    /// Nothing yet, about so many contestants.
    pub fn new(contestants: u32) -> Self {
        Self { contestants, ..Self::default() }
    }

    /// Adds a question that shows these contestants, and says its number.
    ///
    /// # Errors
    /// A contestant that does not exist, or the same twice; more questions than 32 bits count.
    pub fn add_question(&mut self, left: u32, right: u32) -> Result<u32, AgreementError> {
        for index in [left, right] {
            if index >= self.contestants {
                return Err(AgreementError::UnknownContestant { index, contestants: self.contestants });
            }
        }
        if left == right {
            return Err(AgreementError::AgainstItself { index: left });
        }
        let number = next(self.questions.len(), "questions")?;
        self.questions.push(Question { left, right, votes: [0; 4] });
        Ok(number)
    }

    /// Adds somebody's vote, in the question's order. A voter who is known by a number votes once per question; votes without
    /// a voter all count.
    ///
    /// # Errors
    /// An unknown question; a voter with two different answers; more votes on a question than 32 bits count.
    pub fn add_vote(&mut self, question: u32, voter: Option<u32>, outcome: Outcome) -> Result<Added, AgreementError> {
        let questions = self.questions();
        let asked = self.questions.get_mut(question as usize);
        let asked = asked.ok_or(AgreementError::UnknownQuestion { question, questions })?;
        if let Some(voter) = voter
            && let Some(&first) = self.voted.get(&(voter, question))
        {
            if first == outcome {
                self.repeated_votes += 1;
                return Ok(Added::Repeated);
            }
            return Err(AgreementError::VotedTwice { voter, question, first, second: outcome });
        }
        if asked.votes.iter().try_fold(1_u32, |sum, &count| sum.checked_add(count)).is_none() {
            return Err(AgreementError::TooMany { what: "votes on one question" });
        }
        asked.votes[slot(outcome)] += 1;
        if let Some(voter) = voter {
            self.voted.insert((voter, question), outcome);
        }
        Ok(Added::New)
    }

    /// Adds a judge, and says its number.
    ///
    /// # Errors
    /// More judges than 32 bits count.
    pub fn add_judge(&mut self) -> Result<u32, AgreementError> {
        let number = next(self.judges.len(), "judges")?;
        self.judges.push(Judge::default());
        Ok(number)
    }

    /// Adds what a judge said of a question in one order.
    ///
    /// # Errors
    /// An unknown judge or question; a score that is not finite; a certainty outside of 0 to 1; a second verdict in the same
    /// order that differs from the first, which stays.
    pub fn add_verdict(&mut self, judge: u32, question: u32, verdict: Verdict) -> Result<Added, AgreementError> {
        let (questions, judges) = (self.questions(), self.judges());
        if question >= questions {
            return Err(AgreementError::UnknownQuestion { question, questions });
        }
        let known = self.judges.get_mut(judge as usize).ok_or(AgreementError::UnknownJudge { judge, judges })?;
        verdict.check(judge, question)?;
        if known.places.len() <= question as usize {
            known.places.resize(question as usize + 1, [0; 2]);
        }
        let place = &mut known.places[question as usize][usize::from(verdict.order == Order::Swapped)];
        if let Some(first) = place.checked_sub(1).map(|at| known.verdicts[at as usize]) {
            if first == verdict {
                known.repeated += 1;
                return Ok(Added::Repeated);
            }
            let (first, second) = (Box::new(first), Box::new(verdict));
            return Err(AgreementError::JudgedTwice { judge, question, first, second });
        }
        // The place counts from 1.
        *place = next(known.verdicts.len(), "verdicts of one judge")? + 1;
        known.verdicts.push(verdict);
        Ok(Added::New)
    }

    /// How many contestants there are.
    pub fn contestants(&self) -> u32 {
        self.contestants
    }

    /// How many questions there are.
    pub fn questions(&self) -> u32 {
        self.questions.len() as u32
    }

    /// How many judges there are.
    pub fn judges(&self) -> u32 {
        self.judges.len() as u32
    }

    /// Votes that repeated what the same voter had said of the same question, and were counted once.
    pub fn repeated_votes(&self) -> u64 {
        self.repeated_votes
    }

    /// What a judge says of a question in the end; `None` where it did not judge it.
    ///
    /// # Errors
    /// An unknown judge or question.
    pub fn final_answer(&self, judge: u32, question: u32) -> Result<Option<FinalAnswer>, AgreementError> {
        self.question(question)?;
        Ok(self.judge(judge)?.pair(question).answer())
    }

    /// Whether groups of voters want opposite things, by [`group_inconsistency`] of the ranking crate; `membership` has the
    /// group of each voter number, from 0. Votes without a voter are in no group and do not count.
    ///
    /// # Errors
    /// As [`group_inconsistency`]: as many memberships as voters (the highest voter number and one), each below `groups`.
    pub fn group_inconsistency(
        &self,
        membership: &[u32],
        groups: u32,
        options: &InconsistencyOptions,
    ) -> Result<GroupInconsistency, AgreementError> {
        // Before room is made for every number up to the highest.
        let (expected, given) = (self.voters(), membership.len());
        if expected != given {
            return Err(RankingError::DifferentVoters { expected, given }.into());
        }
        Ok(group_inconsistency(&self.voter_counts()?, membership, groups, options)?)
    }

    /// Each voter's votes as counts, by the number of the voter: what the ranking crate's measures of voters read. Votes
    /// without a voter are left out. Makes room for every number up to the highest, so that they should have no great gaps.
    ///
    /// # Errors
    /// Counts beyond 64 bits.
    pub fn voter_counts(&self) -> Result<Vec<PairCounts>, AgreementError> {
        let mut counts = vec![PairCounts::new(self.contestants); self.voters()];
        for (&(voter, question), &outcome) in &self.voted {
            let Question { left, right, .. } = self.questions[question as usize];
            counts[voter as usize].add(left, right, outcome, 1)?;
        }
        Ok(counts)
    }

    /// The highest voter number and one.
    fn voters(&self) -> usize {
        self.voted.keys().map(|(voter, _)| *voter as usize + 1).max().unwrap_or_default()
    }

    pub(crate) fn all_questions(&self) -> &[Question] {
        &self.questions
    }

    pub(crate) fn question(&self, question: u32) -> Result<&Question, AgreementError> {
        let questions = self.questions();
        self.questions.get(question as usize).ok_or(AgreementError::UnknownQuestion { question, questions })
    }

    pub(crate) fn judge(&self, judge: u32) -> Result<&Judge, AgreementError> {
        let judges = self.judges();
        self.judges.get(judge as usize).ok_or(AgreementError::UnknownJudge { judge, judges })
    }
}

impl Judge {
    /// The verdicts on a question.
    pub(crate) fn pair(&self, question: u32) -> VerdictPair<'_> {
        let places = self.places.get(question as usize).copied().unwrap_or_default();
        let find = |place: u32| place.checked_sub(1).map(|at| &self.verdicts[at as usize]);
        VerdictPair { given: find(places[0]), swapped: find(places[1]) }
    }

    /// The questions that were judged, in order.
    pub(crate) fn judged(&self) -> Vec<Judged> {
        let questions = 0..self.places.len() as u32;
        questions.filter_map(|question| Judged::new(question, self.pair(question))).collect()
    }
}

/// What a report reads of one judge's verdicts on one question, in the question's order: read once, because the verdicts lie
/// in the order in which they came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) question: u32,
    /// In the order given and swapped.
    pub(crate) orders: [Option<FinalAnswer>; 2],
    pub(crate) answer: FinalAnswer,
    pub(crate) score_difference: Option<f64>,
    pub(crate) confidence: Option<f64>,
    pub(crate) left_better: Option<f64>,
    pub(crate) day: Option<i32>,
}

impl Judged {
    fn new(question: u32, pair: VerdictPair<'_>) -> Option<Self> {
        Some(Self {
            question,
            orders: pair.answers(),
            answer: pair.answer()?,
            score_difference: pair.mean(Verdict::score_difference),
            confidence: pair.mean(Verdict::confidence),
            left_better: pair.mean(Verdict::left_better),
            day: pair.day(),
        })
    }
}

/// One judge's verdicts on one question.
#[derive(Clone, Copy)]
pub(crate) struct VerdictPair<'a> {
    given: Option<&'a Verdict>,
    swapped: Option<&'a Verdict>,
}

impl VerdictPair<'_> {
    /// Either order's answer, in the question's order.
    fn answers(&self) -> [Option<FinalAnswer>; 2] {
        [self.given, self.swapped].map(|verdict| verdict.map(|verdict| verdict.answer.seen_in(verdict.order)))
    }

    pub(crate) fn answer(&self) -> Option<FinalAnswer> {
        match self.answers() {
            [Some(given), Some(swapped)] => Some(FinalAnswer::of_both(given, swapped)),
            [one, other] => one.or(other),
        }
    }

    /// The mean over the orders in which there is one.
    fn mean(&self, read: impl Fn(&Verdict) -> Option<f64>) -> Option<f64> {
        match [self.given, self.swapped].map(|verdict| verdict.and_then(&read)) {
            [Some(one), Some(other)] => Some(one / 2.0 + other / 2.0),
            [one, other] => one.or(other),
        }
    }

    fn day(&self) -> Option<i32> {
        [self.given, self.swapped].into_iter().flatten().filter_map(|verdict| verdict.day).max()
    }
}

/// The place of an outcome in [`Outcome::ALL`].
pub(crate) fn slot(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Left => 0,
        Outcome::Right => 1,
        Outcome::Tie => 2,
        Outcome::BothBad => 3,
    }
}

impl Question {
    pub(crate) fn count(&self) -> u64 {
        self.votes.iter().map(|&count| u64::from(count)).sum()
    }
}

fn next(length: usize, what: &'static str) -> Result<u32, AgreementError> {
    // The greatest number stays free, so that a place counted from 1 fits.
    u32::try_from(length).ok().filter(|&number| number < u32::MAX).ok_or(AgreementError::TooMany { what })
}
