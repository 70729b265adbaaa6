use std::borrow::Cow;

use plaudit_domain::Task;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    ExportError, ExportFault, ExportSummary, ExportedSide, ExportedVote, VoteWriter,
    cells::{Hex, fastchat_winner, seconds, vote_type},
    rows::Rows,
};

/// GenAI-Arena's battle log, a JSON array: what [`crate::Format::BattleLog`] reads back. Models of arenas other than of
/// text are called `plaudit_NAME_generation`, `plaudit_NAME_edition` or `videogenhub_NAME_generation`, because there
/// the name alone tells the task.
pub(super) struct GenaiArena(pub(super) Rows);

#[derive(Serialize)]
struct Battle<'v> {
    question_id: Hex,
    model_a: Cow<'v, str>,
    model_b: Cow<'v, str>,
    winner: &'static str,
    judge: Hex,
    conversation_a: Vec<Turn<'v>>,
    conversation_b: Vec<Turn<'v>>,
    turn: u32,
    anony: Option<bool>,
    language: Option<&'v str>,
    tstamp: Option<f64>,
}

#[derive(Serialize)]
struct Turn<'v> {
    role: &'static str,
    content: &'v str,
}

fn model_name(vote: &ExportedVote, side: &ExportedSide) -> Cow<'static, str> {
    let slug = side.contestant.as_str();
    Cow::Owned(match vote.task {
        Task::Text => slug.to_owned(),
        Task::Image => format!("plaudit_{slug}_generation"),
        Task::ImageEdit => format!("plaudit_{slug}_edition"),
        Task::Video => format!("videogenhub_{slug}_generation"),
        Task::Audio => format!("plaudit_{slug}_audio"),
    })
}

/// Prompt and answer, as far as they are known.
fn conversation<'v>(vote: &'v ExportedVote, side: &'v ExportedSide) -> Vec<Turn<'v>> {
    let turn = |role: &'static str, content: Option<&'v str>| content.map(|content| Turn { role, content });
    let answer = side.text().or(side.media());
    [turn("user", vote.prompt_text()), turn("assistant", answer)].into_iter().flatten().collect()
}

impl VoteWriter for GenaiArena {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.0.vote(vote)?;
        self.0.row(&Battle {
            question_id: Hex::of(vote.battle.as_bytes()),
            model_a: model_name(vote, &vote.left),
            model_b: model_name(vote, &vote.right),
            winner: fastchat_winner(vote.outcome),
            judge: Hex::of(vote.voter.as_bytes()),
            conversation_a: conversation(vote, &vote.left),
            conversation_b: conversation(vote, &vote.right),
            turn: 1,
            anony: vote.anonymous,
            language: vote.prompt.as_ref().and_then(|prompt| prompt.language.as_deref()),
            tstamp: vote.cast_at.map(seconds),
        })
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.0.finish()
    }
}

/// GenAI-Bench's rows for pictures, edited pictures and clips; for texts the same with `left_text` and `right_text`,
/// which GenAI-Bench itself does not have. Of an edit the instruction and the source are known. One file holds one task.
pub(super) struct GenaiBench {
    rows: Rows,
    task: Option<Task>,
}

impl GenaiBench {
    pub(super) fn new(rows: Rows) -> Self {
        Self { rows, task: None }
    }
}

/// The columns differ from task to task, and so they are written one by one.
struct BenchRow<'v>(&'v ExportedVote);

impl Serialize for BenchRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let vote = self.0;
        let mut map = serializer.serialize_map(None)?;
        let [left, right] = match vote.task {
            Task::Text => ["left_text", "right_text"],
            Task::Image => ["left_image", "right_image"],
            Task::ImageEdit => ["left_output_image", "right_output_image"],
            Task::Video => ["left_video", "right_video"],
            Task::Audio => ["left_audio", "right_audio"],
        };
        if vote.task == Task::ImageEdit {
            let unknown: Option<&str> = None;
            map.serialize_entry("source_prompt", &unknown)?;
            map.serialize_entry("target_prompt", &unknown)?;
            map.serialize_entry("instruct_prompt", &vote.prompt_text())?;
            map.serialize_entry("source_image", &vote.prompt.as_ref().and_then(|prompt| prompt.source.as_deref()))?;
        } else {
            map.serialize_entry("prompt", &vote.prompt_text())?;
        }
        for (side, model, column) in [(&vote.left, "left_model", left), (&vote.right, "right_model", right)] {
            map.serialize_entry(model, side.contestant.as_str())?;
            let shown = if vote.task == Task::Text { side.text() } else { side.media().or(side.text()) };
            map.serialize_entry(column, &shown)?;
        }
        map.serialize_entry("vote_type", vote_type(vote.outcome))?;
        map.end()
    }
}

impl VoteWriter for GenaiBench {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.rows.vote(vote)?;
        let first = *self.task.get_or_insert(vote.task);
        if first != vote.task {
            let (first, second) = (first.as_str(), vote.task.as_str());
            return Err(self.rows.fail(ExportFault::MixedTasks { format: "genai-bench", first, second }));
        }
        self.rows.row(&BenchRow(vote))
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.rows.finish()
    }
}
