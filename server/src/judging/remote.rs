//! A judge behind an API: what it is asked, and how its words become an answer.

use minijinja::{Environment, UndefinedBehavior, context};
use plaudit_agreement::{Answer, Unparsed, parse_verdict};
use plaudit_domain::Outcome;

use super::{
    JudgingError, PairAnswer, PairJudge, PairQuestion,
    chat::{ChatAnswer, ChatClient, ChatFailure, ChatRequest, Purse},
    spec::Mode,
};
use crate::store::{JudgeRow, JudgmentCost};
use std::sync::Arc;

/// The template that is used where a judge names none.
pub const PAIRWISE: &str = include_str!("templates/pairwise.md");
/// The template of the judge who weighs the others.
pub const META: &str = include_str!("templates/meta.md");

/// How much of a text that cannot be read is kept, in characters.
const KEPT_CHARACTERS: usize = 2000;

/// How a remote judge is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// One verdict, several, or one after an answer of its own.
    pub mode: Mode,
    /// Whether it is to say why.
    pub rationale: bool,
    /// Whether a further question weighs the votes of [`Mode::Samples`].
    pub meta: bool,
    /// Sampling temperature of the verdicts.
    pub temperature: f64,
    /// The most tokens of one answer.
    pub max_tokens: u32,
    /// The question, as a template with `prompt`, `first`, `second`, `reference` and `rationale`.
    pub template: String,
    /// The meta-judge's question, with `prompt`, `first`, `second` and `votes`.
    pub meta_template: String,
}

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Its syntax.
    #[error("the template cannot be used: {0}")]
    Syntax(#[from] minijinja::Error),
    /// A name that no value has.
    #[error("the template names {name}; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that have one.
        known: String,
    },
    /// It does not show what is to be judged.
    #[error("the template never shows {0}")]
    Incomplete(&'static str),
}

/// A judge behind an API.
pub struct RemoteJudge {
    row: JudgeRow,
    client: ChatClient,
    manner: Manner,
    environment: Environment<'static>,
    purse: Arc<Purse>,
    parallel: usize,
}

/// No names but those that exist; texts go in as they are.
fn environment(manner: &Manner) -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_template_owned("pairwise", manner.template.clone())?;
    environment.add_template_owned("meta", manner.meta_template.clone())?;
    for (template, known) in [("pairwise", &PAIRWISE_NAMES[..]), ("meta", &META_NAMES[..])] {
        let mut unknown: Vec<String> =
            environment.get_template(template)?.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !known.contains(&name.as_str()));
        unknown.sort();
        if let Some(name) = unknown.into_iter().next() {
            return Err(TemplateError::Unknown { name, known: known.join(", ") });
        }
    }
    Ok(environment)
}

/// What a judge's template may show.
const PAIRWISE_NAMES: [&str; 5] = ["prompt", "first", "second", "reference", "rationale"];
/// What a meta-judge's may show.
const META_NAMES: [&str; 4] = ["prompt", "first", "second", "votes"];

impl RemoteJudge {
    /// With templates that show everything.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn new(
        row: JudgeRow,
        client: ChatClient,
        manner: Manner,
        purse: Arc<Purse>,
        parallel: usize,
    ) -> Result<Self, TemplateError> {
        let environment = environment(&manner)?;
        let judge = Self { row, client, manner, environment, purse, parallel: parallel.max(1) };
        let probe = PairQuestion {
            pair: plaudit_domain::BattleId::from_bytes([0; 16]),
            seed: 0,
            prompt: "\u{1}prompt",
            left: "\u{1}first",
            right: "\u{1}second",
            pictures: None,
        };
        let mut texts = vec![judge.pairwise(&probe, Some("\u{1}reference"))?];
        if judge.manner.meta {
            texts.push(judge.meta(&probe, &["\u{1}vote".to_owned()])?);
        }
        for text in texts {
            for (mark, name) in [(probe.prompt, "prompt"), (probe.left, "first"), (probe.right, "second")] {
                if !text.contains(mark) {
                    return Err(TemplateError::Incomplete(name));
                }
            }
        }
        Ok(judge)
    }

    fn pairwise(&self, question: &PairQuestion<'_>, reference: Option<&str>) -> Result<String, minijinja::Error> {
        self.environment.get_template("pairwise")?.render(context! {
            prompt => question.prompt,
            first => question.left,
            second => question.right,
            reference => reference,
            rationale => self.manner.rationale,
        })
    }

    fn meta(&self, question: &PairQuestion<'_>, votes: &[String]) -> Result<String, minijinja::Error> {
        self.environment.get_template("meta")?.render(context! {
            prompt => question.prompt,
            first => question.left,
            second => question.right,
            votes => votes,
        })
    }

    /// One question; what it cost is added.
    fn ask(&self, text: &str, temperature: f64, seed: u64, cost: &mut JudgmentCost) -> Result<String, ChatFailure> {
        // Services take seeds of 32 bits.
        let seed = seed & 0x7fff_ffff;
        let (temperature, max_tokens) = (Some(temperature), self.manner.max_tokens);
        let request = ChatRequest { system: None, text, temperature, top_p: None, max_tokens, seed };
        match self.client.ask(&request, &self.purse) {
            Ok(ChatAnswer { text, cost: paid, .. }) => {
                add(cost, &paid);
                Ok(text)
            }
            Err(ChatFailure::Question { kind, reason, cost: paid }) => {
                add(cost, &paid);
                Err(ChatFailure::Question { kind, reason, cost: *cost })
            }
            Err(failure) => Err(failure),
        }
    }

    fn answer(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, ChatFailure> {
        let mut cost = JudgmentCost::default();
        let template = |error: minijinja::Error| {
            let judge = self.row.slug.to_string();
            ChatFailure::Job(JudgingError::Unusable { judge, reason: error.to_string() })
        };
        let reference = match self.manner.mode {
            Mode::SelfReference => Some(self.ask(question.prompt, 0.0, question.seed, &mut cost)?),
            Mode::Verdict | Mode::Samples(_) => None,
        };
        let text = self.pairwise(question, reference.as_deref()).map_err(template)?;
        let samples = match self.manner.mode {
            Mode::Samples(samples) => samples.get(),
            Mode::Verdict | Mode::SelfReference => 1,
        };
        let mut said = Vec::new();
        for sample in 0..samples {
            let seed = question.seed.wrapping_add(u64::from(sample));
            said.push(self.ask(&text, self.manner.temperature, seed, &mut cost)?);
        }
        let votes: Vec<Answer> = said.iter().map(|text| parse_verdict(text)).collect();
        let poll = Poll::of(&votes);
        let (answer, confidence, words) = if self.manner.meta && samples > 1 {
            let weighed = self.ask(&self.meta(question, &said).map_err(template)?, 0.0, question.seed, &mut cost)?;
            let answer = parse_verdict(&weighed);
            // How many of the votes said what the meta-judge says.
            (answer, poll.share(answer), weighed)
        } else {
            (poll.winner, (samples > 1).then(|| poll.share(poll.winner)).flatten(), said.swap_remove(poll.speaker))
        };
        if let Answer::Unparsed(kind) = answer {
            let failed = PairAnswer::failed(kind, "its text holds no verdict".to_owned(), cost);
            return Ok(PairAnswer { rationale: Some(shortened(&words)), ..failed });
        }
        let left_probability = (samples > 1).then(|| poll.left_probability()).flatten();
        Ok(PairAnswer {
            scores: None,
            left_probability,
            confidence,
            rationale: self.manner.rationale.then(|| shortened(&words)),
            cost,
            ..PairAnswer::plain(answer)
        })
    }
}

fn add(total: &mut JudgmentCost, part: &JudgmentCost) {
    fn sum(total: &mut Option<u64>, part: Option<u64>) {
        if let Some(part) = part {
            *total = Some(total.unwrap_or(0) + part);
        }
    }
    sum(&mut total.milliseconds, part.milliseconds);
    sum(&mut total.tokens_read, part.tokens_read);
    sum(&mut total.tokens_written, part.tokens_written);
    if let Some(usd) = part.usd {
        total.usd = Some(total.usd.unwrap_or(0.0) + usd);
    }
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(KEPT_CHARACTERS).collect()
}

/// Votes of one judge on one question.
#[derive(Debug, Clone, PartialEq)]
struct Poll {
    counts: Vec<(Answer, u32)>,
    total: u32,
    /// What most of them say; [`Answer::AnyTie`] where different answers are equally frequent, [`Answer::Unparsed`] where none
    /// can be read.
    winner: Answer,
    /// One who said so, or the first.
    speaker: usize,
}

impl Poll {
    fn of(votes: &[Answer]) -> Self {
        let mut counts: Vec<(Answer, u32)> = Vec::new();
        for vote in votes.iter().filter(|vote| !matches!(vote, Answer::Unparsed(_))) {
            match counts.iter_mut().find(|(answer, _)| answer == vote) {
                Some((_, count)) => *count += 1,
                None => counts.push((*vote, 1)),
            }
        }
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let mut leaders = counts.iter().filter(|(_, count)| *count == most);
        let winner = match (leaders.next(), leaders.next()) {
            (Some((answer, _)), None) => *answer,
            (Some(_), Some(_)) => Answer::AnyTie,
            (None, _) => votes.first().copied().unwrap_or(Answer::Unparsed(Unparsed::NoVerdict)),
        };
        let speaker = votes.iter().position(|vote| *vote == winner).unwrap_or(0);
        Self { counts, total: u32::try_from(votes.len()).unwrap_or(u32::MAX), winner, speaker }
    }

    /// The share of the votes that say this; votes that cannot be read say nothing.
    fn share(&self, answer: Answer) -> Option<f64> {
        let count = self.counts.iter().find(|(known, _)| *known == answer).map_or(0, |(_, count)| *count);
        (self.total > 0).then(|| f64::from(count) / f64::from(self.total))
    }

    /// The share for the left side, ties half, of the votes that can be read.
    fn left_probability(&self) -> Option<f64> {
        let score = |answer: &Answer| match answer {
            Answer::Outcome(outcome) => outcome.left_score(),
            _ => Outcome::Tie.left_score(),
        };
        let read: u32 = self.counts.iter().map(|(_, count)| count).sum();
        let sum: f64 = self.counts.iter().map(|(answer, count)| score(answer) * f64::from(*count)).sum();
        (read > 0).then(|| sum / f64::from(read))
    }
}

impl PairJudge for RemoteJudge {
    fn row(&self) -> &JudgeRow {
        &self.row
    }

    fn parallel(&self) -> usize {
        self.parallel
    }

    fn judge(&self, question: &PairQuestion<'_>) -> Result<PairAnswer, JudgingError> {
        match self.answer(question) {
            Ok(answer) => Ok(answer),
            Err(ChatFailure::Question { kind, reason, cost }) => Ok(PairAnswer::failed(kind, reason, cost)),
            Err(ChatFailure::Job(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Answer = Answer::Outcome(Outcome::Left);
    const RIGHT: Answer = Answer::Outcome(Outcome::Right);
    const NONE: Answer = Answer::Unparsed(Unparsed::NoVerdict);

    #[test]
    fn the_most_frequent_answer_wins_and_its_share_counts_votes_that_cannot_be_read() {
        let poll = Poll::of(&[RIGHT, LEFT, LEFT, NONE, LEFT]);
        assert_eq!((poll.winner, poll.speaker, poll.share(LEFT)), (LEFT, 1, Some(0.6)));
        assert_eq!(poll.left_probability(), Some(0.75));
    }

    #[test]
    fn divided_votes_are_a_tie_of_no_kind_and_never_the_first_of_them() {
        let poll = Poll::of(&[LEFT, RIGHT]);
        assert_eq!((poll.winner, poll.left_probability()), (Answer::AnyTie, Some(0.5)));
    }

    #[test]
    fn votes_that_cannot_be_read_are_no_answer() {
        let poll = Poll::of(&[NONE, NONE, NONE]);
        assert_eq!((poll.winner, poll.left_probability()), (NONE, None));
    }
}
