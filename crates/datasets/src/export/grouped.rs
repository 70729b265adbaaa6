use std::{collections::HashMap, sync::Arc};

use plaudit_domain::{GenerationId, Outcome, PromptId};
use serde::Serialize;

use super::{ExportError, ExportSummary, ExportedSide, ExportedVote, LeftOut, VoteWriter, cells::Hex, rows::Rows};

/// One row for each pair of answers to a prompt, in the order of their first votes.
///
/// The left one of a row is the one with the smaller id, so that further votes change no sides. `p_left` is its share of
/// the votes, ties of both kinds half a vote each; `strength` the mean of what voters said of how sure they were, where
/// any did. Rows are known only once all votes are: memory grows with the different pairs (some 200 bytes each) and the
/// different texts, not with the votes. Votes on pairs whose texts are not known are left out.
pub(super) struct SoftPreference {
    rows: Rows,
    texts: Texts,
    places: HashMap<(PromptId, GenerationId, GenerationId), usize>,
    groups: Vec<Pair>,
}

struct Pair {
    prompt: PromptId,
    sides: [Shown; 2],
    outcomes: [u64; 4],
    strength: f64,
    strengths: u64,
}

#[derive(Clone)]
struct Shown {
    id: GenerationId,
    model: Arc<str>,
}

/// Prompts and answers, each once.
#[derive(Default)]
struct Texts {
    prompts: HashMap<PromptId, Arc<str>>,
    answers: HashMap<GenerationId, Arc<str>>,
    models: HashMap<Box<str>, Arc<str>>,
}

impl Texts {
    /// Keeps what a vote shows; `None` where some of it is not known.
    fn keep(&mut self, vote: &ExportedVote) -> Option<(PromptId, [Shown; 2])> {
        let [asked, ..] = vote.texts()?;
        let prompt = vote.prompt.as_ref()?.id;
        let sides = [self.shown(&vote.left)?, self.shown(&vote.right)?];
        self.prompts.entry(prompt).or_insert_with(|| asked.into());
        Some((prompt, sides))
    }

    fn shown(&mut self, side: &ExportedSide) -> Option<Shown> {
        let (id, text) = (side.generation?, side.text()?);
        self.answers.entry(id).or_insert_with(|| text.into());
        let slug = side.contestant.as_str();
        let model = match self.models.get(slug) {
            Some(model) => model.clone(),
            None => {
                let model: Arc<str> = slug.into();
                self.models.insert(slug.into(), model.clone());
                model
            }
        };
        Some(Shown { id, model })
    }

    fn prompt(&self, id: PromptId) -> &str {
        self.prompts.get(&id).map_or("", |text| text)
    }

    fn answer(&self, id: GenerationId) -> &str {
        self.answers.get(&id).map_or("", |text| text)
    }
}

impl SoftPreference {
    pub(super) fn new(rows: Rows) -> Self {
        Self { rows, texts: Texts::default(), places: HashMap::new(), groups: Vec::new() }
    }
}

#[derive(Serialize)]
struct SoftRow<'g> {
    prompt: &'g str,
    left: &'g str,
    right: &'g str,
    left_model: &'g str,
    right_model: &'g str,
    p_left: f64,
    votes: u64,
    left_votes: u64,
    right_votes: u64,
    ties: u64,
    both_bad: u64,
    strength: Option<f64>,
    prompt_id: Hex,
    left_generation_id: Hex,
    right_generation_id: Hex,
}

impl VoteWriter for SoftPreference {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.rows.vote(vote)?;
        let Some((prompt, [left, right])) = self.texts.keep(vote) else {
            self.rows.leave_out(LeftOut::NoText);
            return Ok(());
        };
        let swap = right.id < left.id;
        let (sides, outcome) =
            if swap { ([right, left], vote.outcome.swapped()) } else { ([left, right], vote.outcome) };
        let key = (prompt, sides[0].id, sides[1].id);
        let place = *self.places.entry(key).or_insert_with(|| {
            self.groups.push(Pair { prompt, sides, outcomes: [0; 4], strength: 0.0, strengths: 0 });
            self.groups.len() - 1
        });
        let group = &mut self.groups[place];
        group.outcomes[outcome as usize] += 1;
        if let Some(strength) = vote.strength {
            group.strength += strength;
            group.strengths += 1;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        let Self { mut rows, texts, groups, .. } = *self;
        for group in &groups {
            let [left_votes, right_votes, ties, both_bad] = group.outcomes;
            let votes = group.outcomes.iter().sum::<u64>();
            let [left, right] = &group.sides;
            rows.row(&SoftRow {
                prompt: texts.prompt(group.prompt),
                left: texts.answer(left.id),
                right: texts.answer(right.id),
                left_model: &left.model,
                right_model: &right.model,
                p_left: (left_votes as f64 + (ties + both_bad) as f64 / 2.0) / votes as f64,
                votes,
                left_votes,
                right_votes,
                ties,
                both_bad,
                strength: (group.strengths > 0).then(|| group.strength / group.strengths as f64),
                prompt_id: Hex::of(group.prompt.as_bytes()),
                left_generation_id: Hex::of(left.id.as_bytes()),
                right_generation_id: Hex::of(right.id.as_bytes()),
            })?;
        }
        rows.finish()
    }
}

/// One row for each answer, in the order of their first votes. `score` is its share of wins, from 0 to 1, a tie of
/// either kind half a win: how good it is against what it met, which is not the same for every answer. Memory as for
/// [`SoftPreference`].
pub(super) struct RewardRows {
    rows: Rows,
    texts: Texts,
    places: HashMap<GenerationId, usize>,
    answers: Vec<Answer>,
}

struct Answer {
    prompt: PromptId,
    shown: Shown,
    /// Won, lost, tied, both bad.
    outcomes: [u64; 4],
}

impl RewardRows {
    pub(super) fn new(rows: Rows) -> Self {
        Self { rows, texts: Texts::default(), places: HashMap::new(), answers: Vec::new() }
    }

    fn add(&mut self, prompt: PromptId, shown: Shown, outcome: Outcome) {
        let place = *self.places.entry(shown.id).or_insert_with(|| {
            self.answers.push(Answer { prompt, shown, outcomes: [0; 4] });
            self.answers.len() - 1
        });
        self.answers[place].outcomes[outcome as usize] += 1;
    }
}

#[derive(Serialize)]
struct RewardRow<'g> {
    prompt: &'g str,
    response: &'g str,
    model: &'g str,
    score: f64,
    votes: u64,
    wins: u64,
    losses: u64,
    ties: u64,
    both_bad: u64,
    prompt_id: Hex,
    generation_id: Hex,
}

impl VoteWriter for RewardRows {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.rows.vote(vote)?;
        let Some((prompt, [left, right])) = self.texts.keep(vote) else {
            self.rows.leave_out(LeftOut::NoText);
            return Ok(());
        };
        self.add(prompt, left, vote.outcome);
        self.add(prompt, right, vote.outcome.swapped());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        let Self { mut rows, texts, answers, .. } = *self;
        for answer in &answers {
            let [wins, losses, ties, both_bad] = answer.outcomes;
            let votes = answer.outcomes.iter().sum::<u64>();
            rows.row(&RewardRow {
                prompt: texts.prompt(answer.prompt),
                response: texts.answer(answer.shown.id),
                model: &answer.shown.model,
                score: (wins as f64 + (ties + both_bad) as f64 / 2.0) / votes as f64,
                votes,
                wins,
                losses,
                ties,
                both_bad,
                prompt_id: Hex::of(answer.prompt.as_bytes()),
                generation_id: Hex::of(answer.shown.id.as_bytes()),
            })?;
        }
        rows.finish()
    }
}
