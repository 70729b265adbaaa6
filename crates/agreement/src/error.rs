use plaudit_domain::Outcome;
use plaudit_ranking::RankingError;

use crate::Verdict;

/// Why something was refused, or a report does not exist.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AgreementError {
    /// A contestant's number is not below the number of contestants.
    #[error("contestant {index} does not exist: there are {contestants}, numbered from 0")]
    UnknownContestant {
        /// The number that was given.
        index: u32,
        /// How many there are.
        contestants: u32,
    },
    /// A question compares a contestant with itself.
    #[error("contestant {index} stands against itself: a question needs two")]
    AgainstItself {
        /// The contestant on both sides.
        index: u32,
    },
    /// A question's number is not below the number of questions.
    #[error(
        "question {question} does not exist: there are {questions}, numbered from 0; add it before its votes and verdicts"
    )]
    UnknownQuestion {
        /// The number that was given.
        question: u32,
        /// How many there are.
        questions: u32,
    },
    /// A judge's number is not below the number of judges.
    #[error("judge {judge} does not exist: there are {judges}, numbered from 0; add it before its verdicts")]
    UnknownJudge {
        /// The number that was given.
        judge: u32,
        /// How many there are.
        judges: u32,
    },
    /// Numbers of questions, votes or judges no longer fit in 32 bits.
    #[error("more than {} {what}", u32::MAX)]
    TooMany {
        /// What there are too many of.
        what: &'static str,
    },
    /// One voter gave two answers to one question.
    #[error("voter {voter} answered question {question} with {first}, then with {second}: keep the one that counts")]
    VotedTwice {
        /// The voter.
        voter: u32,
        /// The question.
        question: u32,
        /// What was known already.
        first: Outcome,
        /// What came then.
        second: Outcome,
    },
    /// A score is not finite.
    #[error("judge {judge} scored question {question} with {score}: record it as unparsed, for it is no finite number")]
    Score {
        /// The judge.
        judge: u32,
        /// The question.
        question: u32,
        /// What was given.
        score: f64,
    },
    /// A confidence or a probability is not between 0 and 1.
    #[error(
        "judge {judge} is {value} sure of question {question}: expected a number from 0 to 1, or record it as unparsed"
    )]
    Certainty {
        /// The judge.
        judge: u32,
        /// The question.
        question: u32,
        /// What was given.
        value: f64,
    },
    /// One judge, question and order have two verdicts that differ.
    #[error("judge {judge} has two verdicts on question {question} in one order: {first:?}, then {second:?}")]
    JudgedTwice {
        /// The judge.
        judge: u32,
        /// The question.
        question: u32,
        /// What was known already, and stays.
        first: Box<Verdict>,
        /// What came then, and was not taken.
        second: Box<Verdict>,
    },
    /// An option is out of its range.
    #[error("{name} is {value}: expected {expected}")]
    Option {
        /// The option's name.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What would have been right.
        expected: &'static str,
    },
    /// The two versions of a judge are one and the same.
    #[error("judge {judge} is compared with itself: two versions are needed")]
    SameJudge {
        /// The judge on both sides.
        judge: u32,
    },
    /// Two questions are not about the same two contestants in the same order, so not one with its prompt exchanged.
    #[error("questions {question} and {contrast} show other contestants or another order: only the prompt may differ")]
    NoContrast {
        /// The one question.
        question: u32,
        /// The other.
        contrast: u32,
    },
    /// A board or a measure of the ranking crate could not be computed.
    #[error("no board: {0}")]
    Ranking(#[from] RankingError),
}
