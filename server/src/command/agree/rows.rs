//! Votes and judgments as rows of files.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use plaudit_agreement::{Answer, Unparsed, parse_verdict};
use plaudit_datasets::{outcome_of_label, read_fields};
use plaudit_domain::Outcome;

/// What the sides are called where a file does not name them.
pub(super) const UNNAMED: [&str; 2] = ["A", "B"];

/// The prompt, where both sides are named.
const PROMPT: [&str; 4] = ["question_id", "prompt_id", "prompt", "source_prompt"];
/// The row, where they are not.
const ROW: [&str; 4] = ["idx", "battle", "battle_id", "id"];
const LEFT: [&str; 4] = ["model_a", "left_model", "left", "model_a_name"];
const RIGHT: [&str; 4] = ["model_b", "right_model", "right", "model_b_name"];
const VOTE: [&str; 4] = ["human_vote", "winner", "vote_type", "outcome"];
const ANSWER: [&str; 6] = ["answer", "verdict", "winner", "vote_type", "outcome", "model_vote"];
const VOTER: [&str; 7] = ["voter", "voter_id", "worker", "judge", "user", "user_id", "session_hash"];

/// Someone's vote.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VoteRow {
    pub(super) key: String,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) voter: Option<String>,
    pub(super) outcome: Outcome,
}

/// A judge's answer, in the order of the row's sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JudgmentRow {
    pub(super) key: String,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) answer: Answer,
    pub(super) scores: Option<(f64, f64)>,
    pub(super) confidence: Option<f64>,
    pub(super) left_probability: Option<f64>,
}

/// Rows that were left out.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) count: u64,
    pub(super) first: Vec<String>,
    most: usize,
}

impl Rejected {
    pub(super) fn new(most: usize) -> Self {
        Self { count: 0, first: Vec::new(), most }
    }

    fn add(&mut self, path: &Path, line: u64, reason: &str) {
        self.count += 1;
        if self.first.len() < self.most {
            self.first.push(format!("{}, line {line}: {reason}", path.display()));
        }
    }
}

/// The fields of a row under the names that were wanted.
struct Fields<'r, 'f> {
    names: &'f [&'static str],
    values: &'r [Option<Cow<'r, str>>],
}

impl<'r> Fields<'r, '_> {
    /// The first of these fields that the row has.
    fn first(&self, names: &[&str]) -> Option<&'r str> {
        names.iter().find_map(|name| {
            let place = self.names.iter().position(|known| known == name)?;
            self.values[place].as_deref()
        })
    }

    fn number(&self, name: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.first(&[name]) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| format!("{name} is no number: {text:?}"))
    }

    /// What was asked, and of whom.
    fn question(&self) -> Result<(String, String, String), String> {
        match (self.first(&LEFT), self.first(&RIGHT)) {
            (Some(left), Some(right)) if left == right => Err("the same contestant on both sides".to_owned()),
            (Some(left), Some(right)) => {
                let key = self.first(&PROMPT).or_else(|| self.first(&ROW)).ok_or("no field tells the prompt")?;
                Ok((key.to_owned(), left.to_owned(), right.to_owned()))
            }
            (None, None) => {
                let key = self.first(&ROW).or_else(|| self.first(&PROMPT)).ok_or("no field tells the question")?;
                Ok((key.to_owned(), UNNAMED[0].to_owned(), UNNAMED[1].to_owned()))
            }
            _ => Err("one of the two sides has no name".to_owned()),
        }
    }

    fn vote(&self) -> Result<VoteRow, String> {
        let (key, left, right) = self.question()?;
        let label = self.first(&VOTE).ok_or("no outcome")?;
        let outcome = outcome_of_label(label).ok_or_else(|| format!("{label:?} is no outcome"))?;
        Ok(VoteRow { key, left, right, voter: self.first(&VOTER).map(str::to_owned), outcome })
    }

    fn judgment(&self) -> Result<JudgmentRow, String> {
        let (key, left, right) = self.question()?;
        let answer = match self.first(&["response"]) {
            Some(text) => parse_verdict(text),
            None => labelled(self.first(&ANSWER)),
        };
        let (score_left, score_right) = (self.number("score_left")?, self.number("score_right")?);
        let scores = match (score_left, score_right) {
            (Some(left), Some(right)) => Some((left, right)),
            (None, None) => None,
            _ => return Err("a score for one side alone".to_owned()),
        };
        let (confidence, left_probability) = (self.number("confidence")?, self.number("left_probability")?);
        let share = |value: Option<f64>| value.is_none_or(|value| (0.0..=1.0).contains(&value));
        let mut row = JudgmentRow { key, left, right, answer, scores, confidence, left_probability };
        // A number that is none must not become a verdict.
        if scores.is_some_and(|(left, right)| !left.is_finite() || !right.is_finite())
            || !share(confidence)
            || !share(left_probability)
        {
            row = JudgmentRow {
                answer: Answer::Unparsed(Unparsed::NonFinite),
                scores: None,
                confidence: None,
                left_probability: None,
                ..row
            };
        }
        match self.first(&["order"]) {
            None | Some("given") => Ok(row),
            Some("swapped") => {
                let (left, right) = (row.right.clone(), row.left.clone());
                Ok(JudgmentRow { left, right, ..row })
            }
            Some(other) => Err(format!("order is given or swapped, and not {other:?}")),
        }
    }
}

/// A label, a text with a verdict, or neither.
fn labelled(text: Option<&str>) -> Answer {
    let Some(text) = text else { return Answer::Unparsed(Unparsed::NoVerdict) };
    if text.eq_ignore_ascii_case("equal") {
        return Answer::AnyTie;
    }
    match outcome_of_label(text) {
        Some(outcome) => Answer::Outcome(outcome),
        None => parse_verdict(text),
    }
}

fn wanted() -> Vec<&'static str> {
    let mut names = vec!["response", "judge", "order", "score_left", "score_right", "confidence", "left_probability"];
    for more in [&PROMPT[..], &ROW, &LEFT, &RIGHT, &VOTE, &ANSWER, &VOTER] {
        names.extend(more.iter().filter(|name| !names.contains(name)).copied().collect::<Vec<_>>());
    }
    names
}

/// Reads votes; rows that are none are left out and listed.
pub(super) fn read_votes(path: &Path, votes: &mut Vec<VoteRow>, rejected: &mut Rejected) -> anyhow::Result<()> {
    let names = wanted();
    read_fields(path, &names, |line, values| {
        match (Fields { names: &names, values }).vote() {
            Ok(vote) => votes.push(vote),
            Err(reason) => rejected.add(path, line, &reason),
        }
        Ok(())
    })?;
    Ok(())
}

/// Reads judgments, by judge. `with_votes`: rows hold people's votes too, in `human_vote`; the same question's vote counts
/// once, however many judges' files hold it.
pub(super) fn read_judgments(
    path: &Path,
    judgments: &mut BTreeMap<String, Vec<JudgmentRow>>,
    votes: &mut Vec<VoteRow>,
    with_votes: bool,
    rejected: &mut Rejected,
) -> anyhow::Result<()> {
    let names = wanted();
    let first_file = votes.is_empty();
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = ["gz", "jsonl", "json", "csv", "tsv"]
        .into_iter()
        .fold(file, |name, end| name.strip_suffix(&format!(".{end}")).map_or(name.clone(), str::to_owned));
    read_fields(path, &names, |line, values| {
        let fields = Fields { names: &names, values };
        match fields.judgment() {
            Ok(judgment) => {
                let judge = fields.first(&["judge"]).map_or_else(|| file.clone(), str::to_owned);
                judgments.entry(judge).or_default().push(judgment);
            }
            Err(reason) => rejected.add(path, line, &reason),
        }
        if with_votes && first_file && fields.first(&["human_vote"]).is_some() {
            match fields.vote() {
                Ok(vote) => votes.push(vote),
                Err(reason) => rejected.add(path, line, &reason),
            }
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_nobody_knows_is_no_verdict_and_never_a_tie() {
        assert_eq!(labelled(Some("model_b")), Answer::Outcome(Outcome::Right));
        assert_eq!(labelled(Some("[[A=B]]")), Answer::AnyTie);
        assert_eq!(labelled(Some("EQUAL")), Answer::AnyTie);
        for nothing in [None, Some("maybe"), Some("")] {
            assert!(matches!(labelled(nothing), Answer::Unparsed(_)), "{nothing:?}");
        }
    }
}
