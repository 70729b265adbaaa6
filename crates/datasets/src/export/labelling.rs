use plaudit_domain::Outcome;
use serde::Serialize;

use super::{ExportError, ExportSummary, ExportedVote, LeftOut, VoteWriter, cells::Hex, rows::Rows};

/// Records as Argilla 2 reads them with `records.from_json`: fields `prompt`, `response-1` (left) and `response-2`, a
/// label question `preference` with the four outcomes, and a ranking question `ranking`, which is answered by decisive
/// votes alone: its answers are lists in order, which have no ties. Each vote is a record, with the voter as a metadata
/// property, because Argilla's users are accounts. Votes without all three texts are left out.
pub(super) struct Argilla(pub(super) Rows);

#[derive(Serialize)]
struct Record<'v> {
    id: Hex,
    status: &'static str,
    fields: Fields<'v>,
    metadata: RecordMetadata<'v>,
    suggestions: Suggestions,
    responses: Empty,
    vectors: Empty,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Fields<'v> {
    prompt: &'v str,
    #[serde(rename = "response-1")]
    left: &'v str,
    #[serde(rename = "response-2")]
    right: &'v str,
}

#[derive(Serialize)]
struct RecordMetadata<'v> {
    battle: Hex,
    voter: Hex,
    arena: &'v str,
    #[serde(rename = "model-1")]
    left: &'v str,
    #[serde(rename = "model-2")]
    right: &'v str,
}

/// A response needs a user of the workspace that imports it; a suggestion does not.
#[derive(Serialize)]
struct Suggestions {
    preference: Suggestion<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranking: Option<Suggestion<[&'static str; 2]>>,
}

#[derive(Serialize)]
struct Suggestion<T> {
    value: T,
    score: Option<f64>,
    agent: &'static str,
}

const AGENT: &str = "plaudit";

impl VoteWriter for Argilla {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.0.vote(vote)?;
        let Some([prompt, left, right]) = vote.texts() else {
            self.0.leave_out(LeftOut::NoText);
            return Ok(());
        };
        let order = match vote.outcome {
            Outcome::Left => Some(["response-1", "response-2"]),
            Outcome::Right => Some(["response-2", "response-1"]),
            Outcome::Tie | Outcome::BothBad => None,
        };
        self.0.row(&Record {
            id: Hex::of(vote.id.as_bytes()),
            status: "pending",
            fields: Fields { prompt, left, right },
            metadata: RecordMetadata {
                battle: Hex::of(vote.battle.as_bytes()),
                voter: Hex::of(vote.voter.as_bytes()),
                arena: vote.arena.as_str(),
                left: vote.left.contestant.as_str(),
                right: vote.right.contestant.as_str(),
            },
            suggestions: Suggestions {
                preference: Suggestion { value: vote.outcome.as_str(), score: None, agent: AGENT },
                ranking: order.map(|value| Suggestion { value, score: None, agent: AGENT }),
            },
            responses: Empty {},
            vectors: Empty {},
        })
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.0.finish()
    }
}

/// The labelling configuration that goes with the tasks for Label Studio.
pub const LABEL_STUDIO_CONFIG: &str = r#"<View>
  <Text name="prompt" value="$prompt"/>
  <Pairwise name="better" toName="left,right"/>
  <Text name="left" value="$left"/>
  <Text name="right" value="$right"/>
  <Choices name="equal" toName="prompt" choice="single">
    <Choice value="tie"/>
    <Choice value="both_bad"/>
  </Choices>
</View>
"#;

/// Tasks for Label Studio with their annotations, for [`LABEL_STUDIO_CONFIG`]: a decisive vote answers `Pairwise`, the two
/// kinds of ties, which that tag does not know, answer `Choices`. Votes without all three texts are left out.
pub(super) struct LabelStudio(pub(super) Rows);

#[derive(Serialize)]
struct Task<'v> {
    data: Data<'v>,
    meta: Meta,
    annotations: [Annotation; 1],
}

#[derive(Serialize)]
struct Data<'v> {
    prompt: &'v str,
    left: &'v str,
    right: &'v str,
    left_model: &'v str,
    right_model: &'v str,
}

#[derive(Serialize)]
struct Meta {
    vote_id: Hex,
    battle_id: Hex,
    voter: Hex,
}

#[derive(Serialize)]
struct Annotation {
    result: [Answer; 1],
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Pairwise { from_name: &'static str, to_name: [&'static str; 2], r#type: &'static str, value: Selected },
    Equal { from_name: &'static str, to_name: &'static str, r#type: &'static str, value: Chosen },
}

#[derive(Serialize)]
struct Selected {
    selected: &'static str,
}

#[derive(Serialize)]
struct Chosen {
    choices: [&'static str; 1],
}

impl VoteWriter for LabelStudio {
    fn write(&mut self, vote: &ExportedVote) -> Result<(), ExportError> {
        self.0.vote(vote)?;
        let Some([prompt, left, right]) = vote.texts() else {
            self.0.leave_out(LeftOut::NoText);
            return Ok(());
        };
        let word = vote.outcome.as_str();
        let answer = match vote.outcome {
            Outcome::Left | Outcome::Right => Answer::Pairwise {
                from_name: "better",
                to_name: ["left", "right"],
                r#type: "pairwise",
                value: Selected { selected: word },
            },
            Outcome::Tie | Outcome::BothBad => Answer::Equal {
                from_name: "equal",
                to_name: "prompt",
                r#type: "choices",
                value: Chosen { choices: [word] },
            },
        };
        self.0.row(&Task {
            data: Data {
                prompt,
                left,
                right,
                left_model: vote.left.contestant.as_str(),
                right_model: vote.right.contestant.as_str(),
            },
            meta: Meta {
                vote_id: Hex::of(vote.id.as_bytes()),
                battle_id: Hex::of(vote.battle.as_bytes()),
                voter: Hex::of(vote.voter.as_bytes()),
            },
            annotations: [Annotation { result: [answer] }],
        })
    }

    fn finish(self: Box<Self>) -> Result<ExportSummary, ExportError> {
        self.0.finish()
    }
}
